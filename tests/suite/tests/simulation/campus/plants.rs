//! Bugs to be found: decorators that break one promise each. None of them is in the product.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Place, Request, Ticket};
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Beat, Books, Ending, Fact, LeaseSecret, Offer, Start, Wait, Waited};
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::time::Now;
use keyward_domain::vault::VaultContents;
use keyward_fakes::world::Outfit;
use keyward_ports::{
    Beaten, CheckedOut, Clock, Journal, JournalError, KeyServer, KeyServerError, Lead, Seats, SeatsError, Vault, VaultError,
};
use serde_json::Value;

use super::wire::Plant;
use crate::plants::{ForgetfulAnchors, StandingClocks};

/// Journals that say that facts are written, and write them when the next come.
pub(super) struct HastyJournals;

/// Journals that change what is written.
pub(super) struct LyingJournals(pub(super) fn(&mut Fact));

/// Journals that change what the books come to.
pub(super) struct LyingBooks(pub(super) fn(&mut Value));

/// License servers whose running time runs away.
pub(super) struct FastServers;

/// License servers that are told nothing of what stands beside their journals.
pub(super) struct ForgetfulStarts;

/// License servers that do not look at the secret of a beat.
#[derive(Default)]
pub(super) struct CredulousServers(Arc<Mutex<BTreeMap<Place, LeaseSecret>>>);

/// License servers that tell those who wait to wait on, and do not note that they do.
pub(super) struct DeafServers;

/// Vaults that forget that grace was given.
pub(super) struct GenerousVaults;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A decorator of some port.
struct Planted<P: ?Sized, T> {
    inner: Arc<P>,
    plant: T,
}

impl Plant for StandingClocks {}

impl Plant for ForgetfulAnchors {}

impl Outfit for HastyJournals {}

impl Plant for HastyJournals {
    fn journal(&self, _license: &EntitlementId, inner: Arc<dyn Journal>) -> Arc<dyn Journal> {
        Arc::new(Planted { inner, plant: futures_util::lock::Mutex::new(Vec::new()) })
    }
}

#[async_trait]
impl Journal for Planted<dyn Journal, futures_util::lock::Mutex<Vec<Fact>>> {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        let mut late = self.plant.lock().await;
        let length = facts.len() as u64;
        let before = std::mem::replace(&mut *late, facts);
        Ok(self.inner.append(before).await? + length)
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.inner.replay().await
    }

    /// Facts that are not written are not in it either.
    async fn snapshot(&self, _: Books) -> Result<(), JournalError> {
        Ok(())
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.inner.page(before, most).await
    }
}

impl Outfit for LyingJournals {}

impl Plant for LyingJournals {
    fn journal(&self, _license: &EntitlementId, inner: Arc<dyn Journal>) -> Arc<dyn Journal> {
        Arc::new(Planted { inner, plant: self.0 })
    }
}

#[async_trait]
impl Journal for Planted<dyn Journal, fn(&mut Fact)> {
    async fn append(&self, mut facts: Vec<Fact>) -> Result<u64, JournalError> {
        facts.iter_mut().for_each(self.plant);
        self.inner.append(facts).await
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.inner.replay().await
    }

    /// The pool knows better what happened.
    async fn snapshot(&self, _: Books) -> Result<(), JournalError> {
        Ok(())
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.inner.page(before, most).await
    }
}

/// A fact that says nothing, in the place of the return of a seat.
pub(super) fn no_return(fact: &mut Fact) {
    if let Fact::Ended { why: Ending::Returned, at, .. } = fact {
        *fact = Fact::Settled { at: *at };
    }
}

/// Whoever has a seat has the first.
pub(super) fn first_seat(fact: &mut Fact) {
    if let Fact::Seated { seat, .. } = fact {
        *seat = 0;
    }
}

impl Outfit for LyingBooks {}

impl Plant for LyingBooks {
    fn journal(&self, _license: &EntitlementId, inner: Arc<dyn Journal>) -> Arc<dyn Journal> {
        Arc::new(Planted { inner, plant: self.0 })
    }
}

#[async_trait]
impl Journal for Planted<dyn Journal, fn(&mut Value)> {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        self.inner.append(facts).await
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        let mut books = serde_json::to_value(self.inner.replay().await?).expect("books are JSON");
        (self.plant)(&mut books);
        Ok(serde_json::from_value(books).expect("books"))
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        self.inner.snapshot(books).await
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.inner.page(before, most).await
    }
}

/// Changes a term of what was delegated.
pub(super) fn delegated(books: &mut Value, change: impl FnOnce(&mut Value)) {
    if let Some(delegation) = books.get_mut("charter").and_then(|charter| charter.get_mut("delegation")) {
        change(delegation);
    }
}

impl Outfit for FastServers {
    fn server_clock(&self, _server: &str, inner: Arc<dyn Clock>) -> Arc<dyn Clock> {
        Arc::new(Planted { inner, plant: Self })
    }
}

impl Plant for FastServers {}

impl Clock for Planted<dyn Clock, FastServers> {
    fn now(&self) -> Now {
        let now = self.inner.now();
        Now { running: now.running * 2, ..now }
    }
}

impl Outfit for ForgetfulStarts {}

impl Plant for ForgetfulStarts {
    fn start(&self, _: Start) -> Start {
        Start::default()
    }
}

impl Outfit for CredulousServers {}

impl Plant for CredulousServers {
    fn line(&self, inner: Arc<dyn Seats>) -> Arc<dyn Seats> {
        Arc::new(Planted { inner, plant: Self(Arc::clone(&self.0)) })
    }
}

#[async_trait]
impl KeyServer for Planted<dyn Seats, CredulousServers> {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.inner.exchange(request).await
    }
}

#[async_trait]
impl Seats for Planted<dyn Seats, CredulousServers> {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        let checked_out = self.inner.check_out(request).await?;
        if let Some(lifeline) = &checked_out.lifeline {
            locked(&self.plant.0).insert(lifeline.place, lifeline.secret.clone());
        }
        Ok(checked_out)
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        let right = locked(&self.plant.0).get(&beat.place).cloned();
        let secret = right.unwrap_or_else(|| beat.secret.clone());
        self.inner.beat(&Beat { secret, ..beat.clone() }).await
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        self.inner.wait(ticket).await
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        self.inner.list().await
    }
}

impl Outfit for DeafServers {}

impl Plant for DeafServers {
    fn line(&self, inner: Arc<dyn Seats>) -> Arc<dyn Seats> {
        Arc::new(Planted { inner, plant: Self })
    }
}

#[async_trait]
impl KeyServer for Planted<dyn Seats, DeafServers> {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.inner.exchange(request).await
    }
}

#[async_trait]
impl Seats for Planted<dyn Seats, DeafServers> {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        self.inner.check_out(request).await
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        self.inner.beat(beat).await
    }

    async fn wait(&self, _: &Ticket) -> Result<Waited, SeatsError> {
        // Somebody who waits is answered, a look later.
        let _ = self.inner.list().await?;
        Ok(Waited { wait: Wait::Waiting { place: 1 }, next: Duration::from_secs(10) })
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        self.inner.list().await
    }
}

impl Outfit for GenerousVaults {
    fn vault(&self, _host: &str, inner: Arc<dyn Vault>) -> Arc<dyn Vault> {
        Arc::new(Planted { inner, plant: Self })
    }
}

impl Plant for GenerousVaults {}

impl Vault for Planted<dyn Vault, GenerousVaults> {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        self.inner.load()
    }

    fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        let mut contents = contents.clone();
        contents.gifts.clear();
        self.inner.save(lead, &contents)
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        self.inner.lead()
    }

    fn set_aside(&self, lead: &Lead) -> Result<(), VaultError> {
        self.inner.set_aside(lead)
    }

    fn generation(&self) -> Result<u64, VaultError> {
        self.inner.generation()
    }
}
