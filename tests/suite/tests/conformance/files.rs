//! Files on disk as subjects.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use keyward_conformance::anchor::AnchorSubject;
use keyward_conformance::secrets::SecretsSubject;
use keyward_conformance::vault::VaultSubject;
use keyward_domain::vault::VaultContents;
use keyward_fakes::FakeEntropy;
use keyward_files::{FileAnchor, FileSecrets, FileVault};
use keyward_ports::{Anchor, Secrets, Vault};
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
