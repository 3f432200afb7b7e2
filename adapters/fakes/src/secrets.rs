//! Secrets in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use keyward_ports::{SecretName, Secrets, SecretsError};
use zeroize::Zeroizing;

use crate::locked;

/// Secrets in memory.
#[derive(Debug, Default)]
pub struct FakeSecrets {
    kept: Mutex<SecretsImage>,
}

/// All the secrets of one place. `Debug` shows their names alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretsImage(BTreeMap<SecretName, Zeroizing<Vec<u8>>>);

impl FakeSecrets {
    /// A place without a secret.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all of them.
    pub fn image(&self) -> SecretsImage {
        locked(&self.kept).clone()
    }

    /// Puts a copy back.
    pub fn restore(&self, image: SecretsImage) {
        *locked(&self.kept) = image;
    }
}

impl fmt::Debug for SecretsImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets for FakeSecrets {
    fn get(&self, name: &SecretName) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        Ok(locked(&self.kept).0.get(name).cloned())
    }

    fn put(&self, name: &SecretName, secret: &[u8]) -> Result<(), SecretsError> {
        let mut kept = locked(&self.kept);
        if kept.0.contains_key(name) {
            return Err(SecretsError::Taken(name.as_str().into()));
        }
        kept.0.insert(name.clone(), Zeroizing::new(secret.into()));
        Ok(())
    }

    fn remove(&self, name: &SecretName) -> Result<(), SecretsError> {
        locked(&self.kept).0.remove(name);
        Ok(())
    }
}
