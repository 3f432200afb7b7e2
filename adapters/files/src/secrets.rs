//! Secrets in a folder: one file each, for its owner alone.
//!
//! They are not encrypted: who can read their owner's files can read them. A hardware key is a `Signer` of its own.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;

use keyward_ports::{SecretName, Secrets, SecretsError};
use zeroize::Zeroizing;

use crate::{atomic, lock};

const LOCK: &str = "keys.lock";

/// Secrets in a folder of their own.
#[derive(Debug)]
pub struct FileSecrets {
    dir: PathBuf,
}

impl FileSecrets {
    /// The secrets in a folder, which is made with the first of them.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn path(&self, name: &SecretName) -> PathBuf {
        self.dir.join(file(name))
    }

    fn storage(&self, cause: io::Error) -> SecretsError {
        let place = self.dir.display().to_string();
        if atomic::is_full(&cause) {
            return SecretsError::Full { place, cause: cause.into() };
        }
        SecretsError::Storage { place, cause: cause.into() }
    }

    /// Keeps other writers out, and removes what a writer of this secret left when it died.
    fn hold(&self, name: &SecretName) -> io::Result<File> {
        let held = lock::hold(&self.dir.join(LOCK))?;
        atomic::sweep(&self.dir, name.as_str())?;
        Ok(held)
    }
}

impl Secrets for FileSecrets {
    fn get(&self, name: &SecretName) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        match atomic::open(&self.path(name)).and_then(read) {
            Ok(secret) => Ok(Some(secret)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.storage(error)),
        }
    }

    fn put(&self, name: &SecretName, secret: &[u8]) -> Result<(), SecretsError> {
        atomic::make_folder(&self.dir).map_err(|error| self.storage(error))?;
        let held = self.hold(name).map_err(|error| self.storage(error))?;
        let put = atomic::create(&self.path(name), secret);
        drop(held);
        put.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => SecretsError::Taken(name.as_str().into()),
            _ => self.storage(error),
        })
    }

    fn remove(&self, name: &SecretName) -> Result<(), SecretsError> {
        if !fs::exists(&self.dir).map_err(|error| self.storage(error))? {
            return Ok(());
        }
        let _held = self.hold(name).map_err(|error| self.storage(error))?;
        atomic::remove(&self.path(name)).map_err(|error| self.storage(error))
    }
}

fn file(name: &SecretName) -> String {
    format!("{}.key", name.as_str())
}

fn read(mut file: File) -> io::Result<Zeroizing<Vec<u8>>> {
    // All the room at once: a buffer that grows leaves copies behind that nobody wipes.
    let length = usize::try_from(file.metadata()?.len()).unwrap_or_default();
    let mut secret = Zeroizing::new(Vec::with_capacity(length + 1));
    file.read_to_end(&mut secret)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(dir: &tempfile::TempDir) -> FileSecrets {
        FileSecrets::new(dir.path().join("keys"))
    }

    #[test]
    fn a_secret_is_put_once_and_is_gone_when_removed() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let (secrets, name) = (secrets(&dir), SecretName::new("device"));
        assert_eq!(secrets.get(&name).expect("none is no error"), None);
        secrets.remove(&name).expect("none is no error");
        secrets.put(&name, b"first").expect("the name is free");
        let taken = secrets.put(&name, b"second").expect_err("the name is taken");
        assert!(matches!(&taken, SecretsError::Taken(said) if said == "device"), "{taken:?}");
        assert_eq!(secrets.get(&name).expect("it is there").as_deref(), Some(&b"first".to_vec()));
        assert_eq!(secrets.get(&SecretName::new("devic")).expect("another name is free"), None);
        secrets.remove(&name).expect("it is removed");
        assert_eq!(FileSecrets::new(dir.path().join("keys")).get(&name).expect("none is no error"), None);
        secrets.put(&name, b"second").expect("the name is free again");
    }

    #[test]
    fn what_a_writer_left_when_it_died_goes_with_the_next() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let (secrets, name) = (secrets(&dir), SecretName::new("device"));
        secrets.put(&SecretName::new("other"), b"x").expect("the name is free");
        fs::write(dir.path().join("keys/.device.key-a1b2c3.new"), b"half").expect("it is left");
        assert_eq!(secrets.get(&name).expect("it has no name"), None);
        secrets.put(&name, b"whole").expect("the name is free");
        let left = fs::read_dir(dir.path().join("keys")).expect("the folder is there").count();
        assert_eq!(left, 3, "two keys and the lock");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_and_its_folder_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a folder of its own");
        secrets(&dir).put(&SecretName::new("device"), b"first").expect("the name is free");
        for (path, expected) in [("keys", 0o700), ("keys/device.key", 0o600)] {
            let mode = fs::metadata(dir.path().join(path)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, expected, "{path}");
        }
    }

    #[test]
    fn nothing_it_shows_tells_a_secret() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let (secrets, name) = (secrets(&dir), SecretName::new("device"));
        secrets.put(&name, b"hush-hush").expect("the name is free");
        let taken = secrets.put(&name, b"hush-hush").expect_err("the name is taken");
        let shown = format!("{secrets:?} {taken:?} {taken}");
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn a_full_disk_is_not_called_a_lack_of_rights() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        for full in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge] {
            let error = secrets(&dir).storage(full.into());
            assert!(matches!(&error, SecretsError::Full { .. }) && error.to_string().contains("free some space"), "{error}");
        }
        let error = secrets(&dir).storage(io::ErrorKind::PermissionDenied.into());
        assert!(matches!(&error, SecretsError::Storage { .. }) && !error.to_string().contains("space"), "{error}");
    }
}
