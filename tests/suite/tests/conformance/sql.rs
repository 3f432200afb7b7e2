//! The ledger and the journal on SQLite as subjects.

use std::sync::Arc;

use keyward_conformance::journal::JournalSubject;
use keyward_conformance::ledger::LedgerSubject;
use keyward_ports::{Journal, Ledger};
use keyward_sql::{Options, SqlJournals, SqlLedger};
use tempfile::TempDir;

/// A folder for one ledger, or for the journals of one server.
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

impl JournalSubject for Folder {
    fn open(&self) -> Arc<dyn Journal> {
        let journals = SqlJournals::open(&self.0.path().join("journal.db"), Options::default()).expect("the journals open");
        Arc::new(journals.of("E-1".parse().expect("an id")))
    }
}
