//! Which license server an administrator's token is for.
//!
//! Whoever was once a license server of the vendor can show that it was. The token goes to the one it was sent to first, or that it names
//! itself (`TOKEN@KEYID`), and to no other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use keyward::KeyId;
use keyward_files::atomic;

use crate::exit::Failure;

/// The license server that a token file is for.
pub(super) struct Pin {
    token: PathBuf,
    /// Said in the token file itself.
    said: Option<KeyId>,
}

impl Pin {
    /// Takes what the token file says of its server off the token.
    pub(super) fn of<'a>(token: &Path, text: &'a str) -> (&'a str, Self) {
        let named = text.trim().rsplit_once('@').and_then(|(rest, key)| Some((rest, key.parse().ok()?)));
        let (rest, said) = named.map_or((text, None), |(rest, key)| (rest, Some(key)));
        (rest, Self { token: token.into(), said })
    }

    /// Whether the token may go to this server, which answers at an address. From the first that it goes to on, it goes to no other.
    pub(super) fn check(&self, server: KeyId, at: &str) -> Result<(), Failure> {
        let book = self.book();
        let (known, way_on) = match self.said {
            Some(known) => (Some(known), format!("name the token file of {server}")),
            None => (self.remembered()?, format!("if this server took the other's place, remove {} and do the same again", book.display())),
        };
        match known {
            Some(known) if known == server => Ok(()),
            Some(known) => Err(Failure::refused(
                "other-license-server",
                format!(
                    "the token in {} is for license server {known}, and {server} answers at {at}; nothing was sent to it; {way_on}, else look who answers there",
                    self.token.display()
                ),
            )),
            None => atomic::replace(&book, format!("{server}\n").as_bytes()).map_err(|error| self.unusable(&error)),
        }
    }

    fn remembered(&self) -> Result<Option<KeyId>, Failure> {
        match fs::read_to_string(self.book()) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| self.unusable(&io::Error::other("it is no key id"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unusable(&error)),
        }
    }

    fn unusable(&self, error: &io::Error) -> Failure {
        let book = self.book();
        Failure::usage(format!(
            "could not use {}, which remembers the license server that the token is for: {error}; remove it, or copy the token to a folder of your own",
            book.display()
        ))
    }

    /// Beside the token file.
    fn book(&self) -> PathBuf {
        let mut name = self.token.file_name().unwrap_or_default().to_owned();
        name.push(".server");
        self.token.with_file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: &str) -> KeyId {
        digit.repeat(32).parse().expect("a key id")
    }

    #[test]
    fn a_token_goes_to_the_server_that_had_it_first_and_to_no_other() {
        let dir = tempfile::tempdir().expect("a folder");
        let token = dir.path().join("admin-token");
        let (text, pin) = Pin::of(&token, "secret\n");
        assert_eq!(text, "secret\n");
        for _ in 0..2 {
            pin.check(key("1"), "cellar:27487").expect("the first");
        }
        let says = format!("{:?}", pin.check(key("2"), "cellar:27487").expect_err("another"));
        for part in [&key("1").to_string(), &key("2").to_string(), "cellar:27487", "admin-token.server"] {
            assert!(says.contains(part), "{says}");
        }
        fs::write(dir.path().join("admin-token.server"), "spoilt").expect("it is spoilt");
        pin.check(key("2"), "cellar:27487").expect_err("what cannot be read is not what was never written");
        fs::remove_file(dir.path().join("admin-token.server")).expect("the way on");
        pin.check(key("2"), "cellar:27487").expect("the one that took its place");
    }

    #[test]
    fn a_token_that_names_its_server_goes_there_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let token = dir.path().join("admin-token");
        let written = format!("secret@{}\n", key("1"));
        let (text, pin) = Pin::of(&token, &written);
        assert_eq!(text, "secret");
        pin.check(key("1"), "cellar").expect("the one it names");
        pin.check(key("2"), "cellar").expect_err("another");
        assert!(!dir.path().join("admin-token.server").exists());
    }
}
