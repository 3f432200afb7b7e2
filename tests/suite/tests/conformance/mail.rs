//! Letters in a folder as subjects, read by a library that did not write them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use keyward_conformance::mailer::MailerSubject;
use keyward_mail::FolderMailer;
use keyward_ports::{Letter, Mailer};
use mail_parser::MessageParser;
use tempfile::TempDir;

/// A folder for letters.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder of its own"))
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("mail")
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.folder()) else { return Vec::new() };
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }
}

impl MailerSubject for Folder {
    fn open(&self) -> Arc<dyn Mailer> {
        Arc::new(FolderMailer::new(self.folder(), "Example <licenses@example.com>").expect("a sender"))
    }

    fn letters(&self) -> Vec<Letter> {
        self.files().iter().map(|file| read(&fs::read(file).expect("a letter can be read"))).collect()
    }

    fn block(&self) {
        fs::write(self.folder(), "").expect("a file takes the folder's place");
    }

    fn traces(&self) -> usize {
        self.files().len()
    }
}

fn read(bytes: &[u8]) -> Letter {
    let message = MessageParser::default().parse(bytes).expect("it is a message");
    assert!(message.bcc().is_none() && message.cc().is_none());
    let to: Vec<_> = message.to().expect("it has a receiver").iter().filter_map(|it| it.address()).collect();
    let text = message.body_text(0).expect("it has a text").replace("\r\n", "\n");
    Letter { to: to.join(", ").parse().expect("one receiver"), subject: message.subject().unwrap_or_default().into(), text: text.into() }
}
