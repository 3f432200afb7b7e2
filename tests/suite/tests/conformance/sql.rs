//! The ledger on SQLite as a subject.

use std::sync::Arc;

use keyward_conformance::ledger::LedgerSubject;
use keyward_ports::Ledger;
use keyward_sql::{Options, SqlLedger};
use tempfile::TempDir;

/// A folder for one ledger.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder of its own"))
    }
}

impl LedgerSubject for Folder {
    fn open(&self) -> Arc<dyn Ledger> {
        Arc::new(SqlLedger::open(&self.0.path().join("ledger.db"), Options::default()).expect("the ledger opens"))
    }
}
