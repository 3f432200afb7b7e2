//! Key pairs: who may have signed something.
//!
//! Public keys are an enum from the first version on, so that a TPM's or a FIDO key's P-256 fits beside Ed25519 without a new format.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::Verifier as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A public key, written `ed25519:` or `p256:` and base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PublicKey {
    /// Ed25519 (RFC 8032), 32 bytes.
    Ed25519([u8; 32]),
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5), the compressed point of 33 bytes; signatures are r and s, 64 bytes.
    P256([u8; 33]),
}

/// The bytes do not form a public key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a public key: it begins with ed25519: or p256: and goes on in base64url")]
pub struct BadKey;

/// A signature does not belong to the message and the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// A short name of a public key: the first 16 bytes of its SHA-256, in hex. It narrows a search and never gives a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 16]);

impl PublicKey {
    /// Checks a signature over a message. Ed25519 is checked strictly: small-order keys and malleable forms are refused.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Ed25519(bytes) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| BadSignature)?;
                let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| BadSignature)?;
                key.verify_strict(message, &signature).map_err(|_| BadSignature)
            }
            Self::P256(bytes) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map_err(|_| BadSignature)?;
                let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| BadSignature)?;
                key.verify(message, &signature).map_err(|_| BadSignature)
            }
        }
    }

    /// The bytes that are spelt; whether they are a point of the curve shows when something is verified with them, which costs as much again.
    pub(crate) fn spelt(text: &str) -> Result<Self, BadKey> {
        let (kind, rest) = text.split_once(':').ok_or(BadKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(rest).map_err(|_| BadKey)?;
        match kind {
            "ed25519" => bytes.try_into().map(Self::Ed25519).map_err(|_| BadKey),
            "p256" => bytes.try_into().map(Self::P256).map_err(|_| BadKey),
            _ => Err(BadKey),
        }
    }

    /// The key's short name.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::digest(self.to_string().as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        KeyId(id)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519(bytes) => write!(f, "ed25519:{}", URL_SAFE_NO_PAD.encode(bytes)),
            Self::P256(bytes) => write!(f, "p256:{}", URL_SAFE_NO_PAD.encode(bytes)),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    /// Reads what people type: bytes that are no point of the curve are refused at once.
    fn from_str(text: &str) -> Result<Self, BadKey> {
        let key = Self::spelt(text)?;
        match &key {
            Self::Ed25519(bytes) => ed25519_dalek::VerifyingKey::from_bytes(bytes).map(drop).map_err(|_| BadKey)?,
            Self::P256(bytes) => p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(drop).map_err(|_| BadKey)?,
        }
        Ok(key)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = BadKey;

    /// Reads what stands in documents, where each key is either checked by a signature or compared with one that was.
    fn try_from(text: String) -> Result<Self, BadKey> {
        Self::spelt(&text)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl KeyId {
    /// Its 16 bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for KeyId {
    type Err = BadKeyId;

    fn from_str(text: &str) -> Result<Self, BadKeyId> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| BadKeyId)?;
        Ok(Self(bytes.try_into().map_err(|_| BadKeyId)?))
    }
}

/// Not the short name of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key id: 32 hexadecimal digits are expected, as `keys list` prints them")]
pub struct BadKeyId;

impl TryFrom<String> for KeyId {
    type Error = BadKeyId;

    fn try_from(text: String) -> Result<Self, BadKeyId> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// A private Ed25519 key held in memory; wiped when dropped. Hardware keys stand behind the `Signer` port instead.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that a seed of 32 random bytes stands for.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::Ed25519(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;

    use super::*;

    #[test]
    fn both_kinds_of_key_sign_and_are_told_apart() {
        let ours = SigningKey::from_seed(&[7; 32]);
        let theirs = p256::ecdsa::SigningKey::from_slice(&[9; 32]).expect("a scalar");
        let point = theirs.verifying_key().to_sec1_point(true);
        let p256 = PublicKey::P256(point.as_bytes().try_into().expect("33 bytes"));
        let signature: p256::ecdsa::Signature = theirs.sign(b"hello");
        assert_eq!(p256.verify(b"hello", &signature.to_bytes()), Ok(()));
        assert_eq!(p256.verify(b"hallo", &signature.to_bytes()), Err(BadSignature));
        assert_eq!(ours.public().verify(b"hello", &ours.sign(b"hello")), Ok(()));
        assert_eq!(ours.public().verify(b"hello", &signature.to_bytes()), Err(BadSignature));
        for key in [ours.public(), p256] {
            assert_eq!(key.to_string().parse(), Ok(key));
            assert_eq!(key.id().to_string().parse(), Ok(key.id()));
        }
    }

    #[test]
    fn a_private_key_is_not_printed() {
        let key = SigningKey::from_seed(&[7; 32]);
        assert!(!format!("{key:?}").contains("7, 7"));
    }
}
