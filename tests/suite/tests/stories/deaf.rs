//! A LAN on which some answers of license servers get lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use keyward_domain::document::{Request, Ticket};
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Beat, Offer, Waited};
use keyward_domain::seal::{Sealed, Statement, Trust};
use keyward_fakes::FakeLicenseServers;
use keyward_ports::{Attempt, Beaten, CheckedOut, KeyServer, KeyServerError, LicenseServers, MeetError, Met, Seats, SeatsError, Trouble};

/// What gets lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// What is said to whoever waits.
    Waits,
    /// What is said to whoever checks a seat out, which the license server has done by then.
    CheckOuts,
}

/// The LAN.
pub(super) struct Deaf {
    pub(super) lan: Arc<FakeLicenseServers>,
    pub(super) lost: Lost,
    /// So many more times.
    pub(super) times: Arc<AtomicU32>,
}

struct DeafLine {
    inner: Arc<dyn Seats>,
    lost: Lost,
    times: Arc<AtomicU32>,
}

impl DeafLine {
    fn loses(&self, what: Lost) -> Option<Attempt> {
        let lost = self.lost == what && self.times.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |times| times.checked_sub(1)).is_ok();
        lost.then(|| Attempt { server: "licenses.example".into(), proxy: None, trouble: Trouble::NoConnection, cause: None })
    }
}

#[async_trait]
impl LicenseServers for Deaf {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        let Met { introduced, line } = self.lan.meet(at, trust).await?;
        Ok(Met { introduced, line: Arc::new(DeafLine { inner: line, lost: self.lost, times: self.times.clone() }) })
    }
}

#[async_trait]
impl KeyServer for DeafLine {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.inner.exchange(request).await
    }
}

#[async_trait]
impl Seats for DeafLine {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        let answered = self.inner.check_out(request).await;
        self.loses(Lost::CheckOuts).map_or(answered, |lost| Err(KeyServerError::Silent { attempts: vec![lost] }))
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        self.inner.beat(beat).await
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        match self.loses(Lost::Waits) {
            Some(lost) => Err(SeatsError::NoAnswer(lost)),
            None => self.inner.wait(ticket).await,
        }
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        self.inner.list().await
    }
}
