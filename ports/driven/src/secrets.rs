//! Private keys and other secrets at rest.

use zeroize::Zeroizing;

use crate::{Cause, Retry};

/// Keeps secrets where only their owner can read them.
pub trait Secrets: Send + Sync {
    /// The secret of a name; none if there is none.
    fn get(&self, name: &SecretName) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError>;

    /// Saves a secret under a name that is free. It is on the disk when this returns. One that is taken stays as it is and is an error.
    fn put(&self, name: &SecretName, secret: &[u8]) -> Result<(), SecretsError>;

    /// Removes a secret. It is off the disk when this returns. One that is not there is no error.
    fn remove(&self, name: &SecretName) -> Result<(), SecretsError>;
}

/// What a secret is called: lower-case letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// A name; characters that no file system likes are replaced by `-`.
    pub fn new(name: &str) -> Self {
        Self(name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a secret cannot be used. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// The name is taken.
    #[error("there is a key {0:?} already")]
    Taken(String),
    /// There is no room for them.
    #[error("there is no room for the keys at {place}; free some space, then try again")]
    Full {
        /// Where they are.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// The place cannot be read or written.
    #[error("the keys at {place} cannot be used; check the folder's permissions")]
    Storage {
        /// Where they are.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
}

impl SecretsError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        Retry::Never
    }
}
