//! The ledger and the journal on SQLite as subjects.

use std::sync::Arc;

use async_trait::async_trait;
use keyward_conformance::journal::JournalSubject;
use keyward_conformance::key_server::KeyServerSubject;
use keyward_conformance::ledger::LedgerSubject;
use keyward_domain::document::Request;
use keyward_domain::seal::{Sealed, Statement};
use keyward_ports::{Journal, KeyServer, KeyServerError, Ledger};
use keyward_sql::{Options, SqlJournals, SqlLedger};
use tempfile::TempDir;

use crate::fakes;

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

/// A key server of ours over a ledger on SQLite.
pub(crate) fn key_server() -> KeyServerSubject {
    let folder = Folder::new();
    let (subject, _, _) = pollster::block_on(fakes::shop_over(LedgerSubject::open(&folder)));
    KeyServerSubject { server: Arc::new(OnDisk { inner: subject.server, _folder: folder }), ..subject }
}

/// A key server, and the folder that its ledger is in.
struct OnDisk {
    inner: Arc<dyn KeyServer>,
    _folder: Folder,
}

#[async_trait]
impl KeyServer for OnDisk {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.inner.exchange(request).await
    }
}
