//! Which license servers were met from this host: their addresses and their keys, newest first.
//!
//! It is a convenience and gives no right: whoever answers at an address shows anew who it is. A book that cannot be read is an empty one.

use std::fs;
use std::io;
use std::path::PathBuf;

use keyward_domain::keys::KeyId;
use keyward_domain::names::ServerAddress;
use keyward_files::atomic;

use crate::Places;

/// The book's file, beside the vault.
const FILE: &str = "license-servers";
/// No more are remembered.
const MOST: usize = 16;

/// The license servers that were met from this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBook(PathBuf);

impl ServerBook {
    /// The book of a vault.
    pub fn at(places: &Places) -> Self {
        Self(places.vault.join(FILE))
    }

    /// Whom it has, who was met last first.
    pub fn servers(&self) -> Vec<(ServerAddress, KeyId)> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        let line = |line: &str| {
            let (at, key) = line.split_once(' ')?;
            Some((at.parse().ok()?, key.parse().ok()?))
        };
        text.lines().filter_map(line).take(MOST).collect()
    }

    /// Their addresses.
    pub fn addresses(&self) -> Vec<ServerAddress> {
        self.servers().into_iter().map(|(at, _)| at).collect()
    }

    /// The key of the server at an address.
    pub fn key_of(&self, at: &ServerAddress) -> Option<KeyId> {
        self.servers().into_iter().find_map(|(known, key)| (known == *at).then_some(key))
    }

    /// Writes down who was met. Nothing is written before there is a vault.
    pub fn met(&self, at: &ServerAddress, server: KeyId) -> io::Result<()> {
        let known = self.servers();
        if known.first() == Some(&(at.clone(), server)) || !self.0.parent().is_some_and(std::path::Path::is_dir) {
            return Ok(());
        }
        let others = known.into_iter().filter(|(other, _)| other != at);
        let lines = std::iter::once((at.clone(), server)).chain(others).take(MOST).map(|(at, key)| format!("{at} {key}\n"));
        atomic::replace(&self.0, lines.collect::<String>().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(dir: &std::path::Path) -> ServerBook {
        ServerBook::at(&Places { vault: dir.into(), anchor: dir.into() })
    }

    fn at(text: &str) -> ServerAddress {
        text.parse().expect("an address")
    }

    fn key(digit: &str) -> KeyId {
        digit.repeat(32).parse().expect("a key id")
    }

    #[test]
    fn who_was_met_last_comes_first_and_a_new_key_takes_the_place_of_the_old() {
        let dir = tempfile::tempdir().expect("a folder");
        let book = book(dir.path());
        assert_eq!(book.addresses(), []);
        for (place, digit) in [("cellar", "1"), ("[2001:db8::7]:9", "2"), ("cellar", "3")] {
            book.met(&at(place), key(digit)).expect("it is written");
        }
        assert_eq!(book.servers(), [(at("cellar"), key("3")), (at("[2001:db8::7]:9"), key("2"))]);
        assert_eq!((book.key_of(&at("cellar:27487")), book.key_of(&at("attic"))), (Some(key("3")), None));
    }

    #[test]
    fn a_line_that_is_spoilt_is_left_out_and_the_next_who_is_met_puts_the_book_right() {
        let dir = tempfile::tempdir().expect("a folder");
        let (book, file) = (book(dir.path()), dir.path().join(FILE));
        let good = format!("cellar {}\n", key("1"));
        for spoilt in ["what is this\n".to_owned(), format!("attic {}\n", &good[..9]), format!("at tic {}\n", key("2")), "\0\n\n".into()] {
            fs::write(&file, format!("{spoilt}{good}")).expect("it is spoilt");
            assert_eq!(book.servers(), [(at("cellar"), key("1"))], "{spoilt:?}");
            book.met(&at("attic"), key("2")).expect("it is written");
            assert_eq!(book.servers(), [(at("attic"), key("2")), (at("cellar"), key("1"))], "{spoilt:?}");
        }
        fs::write(&file, [0xff, 0xfe]).expect("it is no text");
        assert_eq!(book.servers(), []);
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let dir = tempfile::tempdir().expect("a folder");
        let book = book(dir.path());
        for n in 0..MOST + 3 {
            book.met(&at(&format!("server-{n}")), key("1")).expect("it is written");
        }
        let expected: Vec<_> = (3..MOST + 3).rev().map(|n| at(&format!("server-{n}"))).collect();
        assert_eq!(book.addresses(), expected);
    }

    #[test]
    fn nothing_is_written_before_there_is_a_vault() {
        let dir = tempfile::tempdir().expect("a folder");
        let vault = dir.path().join("vault");
        let book = book(&vault);
        book.met(&at("cellar"), key("1")).expect("it is no failure");
        assert!(!vault.exists() && book.servers().is_empty());
        fs::create_dir(&vault).expect("a vault is made");
        book.met(&at("cellar"), key("1")).expect("it is written");
        assert_eq!(book.addresses(), [at("cellar")]);
    }
}
