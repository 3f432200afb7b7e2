//! A private key that signs without being seen.

use keyward_domain::keys::{PublicKey, SigningKey};

use crate::{Cause, Retry};

/// Signs with one key. Hardware keys never give theirs away.
pub trait Signer: Send + Sync {
    /// The public half. Always the same.
    fn public(&self) -> PublicKey;

    /// Signs a message; the signature verifies under [`Self::public`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// The key could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the key {key} could not sign; check the device that holds it")]
pub struct SignerError {
    /// Which key.
    pub key: PublicKey,
    /// What it said.
    #[source]
    pub cause: Cause,
}

impl SignerError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        Retry::Now
    }
}

/// A key in memory.
#[derive(Debug)]
pub struct SoftwareSigner(SigningKey);

impl SoftwareSigner {
    /// The key that a seed stands for.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_seed(seed))
    }
}

impl Signer for SoftwareSigner {
    fn public(&self) -> PublicKey {
        self.0.public()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(message))
    }
}
