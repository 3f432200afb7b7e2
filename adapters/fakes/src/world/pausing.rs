//! Ports at which an act can be interrupted.

use std::sync::Arc;

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Sealed, Statement};
use keyward_ports::{Committed, Deed, KeyServer, KeyServerError, Ledger, LedgerError, Look, Page, Query, Versioned};

use super::run::pause;

/// Waits one step before and one step after whatever changes something on the other side.
pub(super) struct Pausing<P: ?Sized>(pub(super) Arc<P>);

#[async_trait]
impl<P: KeyServer + ?Sized> KeyServer for Pausing<P> {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        pause().await;
        let answer = self.0.exchange(request).await;
        pause().await;
        answer
    }
}

#[async_trait]
impl<P: Ledger + ?Sized> Ledger for Pausing<P> {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.0.answered(name).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        self.0.read(key).await
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.0.find(lookup).await
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        self.0.look(look).await
    }

    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        pause().await;
        let committed = self.0.commit(deed).await;
        pause().await;
        committed
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        self.0.page(query).await
    }
}
