//! Files on disk as subjects.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyward_conformance::anchor::AnchorSubject;
use keyward_conformance::file_exchange::{FileExchangeSubject, Spoiled};
use keyward_conformance::secrets::SecretsSubject;
use keyward_conformance::vault::VaultSubject;
use keyward_domain::seal::Envelope;
use keyward_domain::vault::VaultContents;
use keyward_fakes::FakeEntropy;
use keyward_files::{FileAnchor, FileSecrets, FileVault, FolderExchange};
use keyward_ports::{Anchor, Document, FileExchange, FilePlace, Secrets, Vault};
use tempfile::TempDir;

/// A folder of a host, for one vault, one anchor and one set of secrets.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder of its own"))
    }

    fn vault(&self) -> PathBuf {
        self.0.path().join("vault")
    }
}

impl VaultSubject for Folder {
    fn open(&self) -> Box<dyn Vault> {
        Box::new(FileVault::new(self.vault(), Arc::new(FakeEntropy::seeded(1))))
    }

    fn crash_in_save(&self, contents: &VaultContents) {
        // The new generation is half written, and the present one has its second name already.
        fs::create_dir_all(self.vault()).expect("the folder is made");
        let text = serde_json::to_vec(contents).expect("it is JSON");
        fs::write(self.vault().join(".vault.json-a1b2c3.new"), &text[..text.len() / 2]).expect("half of it is written");
        if self.vault().join("vault.json").exists() {
            fs::hard_link(self.vault().join("vault.json"), self.vault().join(".vault.prev.json-d4e5f6.new")).expect("a second name");
        }
    }

    fn ruin(&self) {
        for name in ["vault.json", "vault.prev.json"] {
            let path = self.vault().join(name);
            if let Ok(text) = fs::read_to_string(&path) {
                fs::write(path, text.replace('{', "[")).expect("it is ruined");
            }
        }
    }

    fn aside(&self) -> usize {
        let names = fs::read_dir(self.vault()).expect("the folder is there").map(|entry| entry.expect("an entry").file_name());
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with("vault.aside-") && !name.ends_with(".key")).count()
    }
}

impl AnchorSubject for Folder {
    fn open(&self) -> Box<dyn Anchor> {
        Box::new(FileAnchor::new(self.0.path().join("anchor")))
    }
}

impl SecretsSubject for Folder {
    fn open(&self) -> Box<dyn Secrets> {
        Box::new(FileSecrets::new(self.0.path().join("keys")))
    }
}

impl FileExchangeSubject for Folder {
    fn open(&self) -> Box<dyn FileExchange> {
        Box::new(FolderExchange)
    }

    fn folder(&self) -> PathBuf {
        self.0.path().into()
    }

    fn spoil(&self, file: &Path, with: Spoiled) {
        let place = FilePlace::File(self.0.path().join("whole"));
        let document = Document::Request(Envelope::new("a type", vec![7; 300], Vec::new()));
        let whole = FolderExchange.put(&document, &[], &place).expect("it is put");
        let text = fs::read_to_string(&whole).expect("it is text");
        fs::remove_file(whole).expect("it is removed");
        let spoiled = match with {
            Spoiled::Half => text[..text.len() / 2].into(),
            Spoiled::Changed => text.replacen("QndjSEJ3", "QndjSEJ4", 1),
            Spoiled::Other => "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into(),
            Spoiled::Newer => text.replace("version=\"1\"", "version=\"2\""),
            Spoiled::Larger => text.clone() + &" ".repeat(1 << 20),
        };
        assert_ne!(spoiled, text, "{with:?}");
        fs::write(file, spoiled).expect("it is written");
    }

    fn files(&self) -> usize {
        fs::read_dir(self.0.path()).expect("the folder is there").count()
    }
}
