//! Who waits for the disk: whoever is told something that is written, and nobody else.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use keyward_domain::document::Place;
use keyward_domain::keys::SigningKey;
use keyward_domain::pool::{Beat, Books, Fact, LeaseSecret, Pulse, Rhythm, ServerSecret, Start};
use keyward_domain::seal::Trust;
use keyward_domain::signers::VendorId;
use keyward_domain::time::Timestamp;
use keyward_engine::pool_keeper::{KeeperError, Keeping, Outset, PoolKeeper};
use keyward_fakes::{FakeClock, FakeJournal};
use keyward_ports::{Journal, JournalError, SoftwareSigner};
use tokio::sync::Semaphore;

/// A journal on a disk that works when it is let.
struct Slow {
    journal: FakeJournal,
    /// One for each append that has begun.
    begun: Semaphore,
    /// One for each append that may go on.
    let_go: Semaphore,
}

#[async_trait]
impl Journal for Slow {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        self.begun.add_permits(1);
        self.let_go.acquire().await.expect("it is open").forget();
        self.journal.append(facts).await
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.journal.replay().await
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        self.journal.snapshot(books).await
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.journal.page(before, most).await
    }
}

/// A pool that was restored from a backup a whole lease ago: the next thing that happens in it leaves a fact.
async fn pool() -> (Arc<Slow>, PoolKeeper, Keeping) {
    let journal = Arc::new(Slow { journal: FakeJournal::new(), begun: Semaphore::new(0), let_go: Semaphore::new(1) });
    let clock = Arc::new(FakeClock::at(Timestamp::UNIX_EPOCH));
    let vendor = SigningKey::from_seed(&[1; 32]).public();
    let outset = Outset {
        trust: Trust::new(VendorId::of(&vendor), vec![vendor], 0),
        secret: ServerSecret::new([9; 32]),
        rhythm: Rhythm::default(),
        lending: Default::default(),
        start: Start { marked: true, ..Start::default() },
    };
    let signer = Arc::new(SoftwareSigner::from_seed(&[3; 32]));
    let opened = PoolKeeper::open(journal.clone(), clock.clone(), signer, outset).await;
    let (keeper, keeping) = opened.unwrap_or_else(|error| panic!("it starts: {error}"));
    journal.begun.acquire().await.expect("it is open").forget();
    clock.advance(Rhythm::default().lease() + Duration::from_secs(1));
    (journal, keeper, keeping)
}

fn stranger() -> Beat {
    Beat { place: Place { epoch: 1, position: 0 }, secret: LeaseSecret::new([0; 32]), generation: 1 }
}

fn is_told_that_it_stops<T>(told: &Result<T, KeeperError>) -> bool {
    matches!(told, Err(KeeperError::Stopped))
}

/// Promise 3: what is told is written. What nothing written bears on is told while the disk is at work.
#[tokio::test]
async fn a_beat_does_not_wait_for_the_disk_and_whatever_is_written_does() {
    let (journal, keeper, keeping) = pool().await;
    let kept = tokio::spawn(keeping.run());
    let (first, second) = (keeper.clone(), keeper.clone());
    let settled = tokio::spawn(async move { first.tick().await });
    journal.begun.acquire().await.expect("it is open").forget();

    let beaten = keeper.beat(stranger()).now_or_never().expect("it does not wait").expect("the pool is kept");
    assert_eq!(beaten.pulse, Pulse::Stranger);
    assert!(keeper.anchored().now_or_never().is_none(), "the anchor remembers what is written");
    let looking = tokio::spawn(async move { second.anchored().await });
    tokio::task::yield_now().await;
    assert!(!settled.is_finished() && !looking.is_finished());

    journal.let_go.add_permits(1);
    settled.await.expect("it ends").expect("it is written");
    let anchored = looking.await.expect("it ends").expect("it is written");
    assert_eq!(anchored.place.position + 1, journal.replay().await.expect("it is read").position());

    drop(keeper);
    kept.await.expect("it ends").expect("nobody can ask any more");
}

/// What was decided while the disk was at work goes with the next write, and nothing is left behind when the pool is no longer asked.
#[tokio::test]
async fn a_beat_that_leaves_a_fact_is_told_at_once_and_the_fact_is_written_all_the_same() {
    let (journal, keeper, keeping) = pool().await;
    let before = journal.replay().await.expect("it is read").position();
    let beaten = keeper.beat(stranger()).now_or_never().expect("it does not wait").expect("the pool is kept");
    assert_eq!(beaten.pulse, Pulse::Stranger);
    journal.let_go.add_permits(1);
    drop(keeper);
    keeping.run().await.expect("nobody can ask any more");
    assert_eq!(journal.replay().await.expect("it is read").position(), before + 1);
}

#[tokio::test]
async fn a_pool_whose_journal_fails_tells_nobody_what_was_not_written() {
    let (journal, keeper, keeping) = pool().await;
    let kept = tokio::spawn(keeping.run());
    let first = keeper.clone();
    let settled = tokio::spawn(async move { first.tick().await });
    journal.begun.acquire().await.expect("it is open").forget();
    journal.journal.fill_up();
    journal.let_go.add_permits(1);
    assert!(is_told_that_it_stops(&settled.await.expect("it ends")));
    assert!(matches!(kept.await.expect("it ends"), Err(JournalError::Full(_))));
    assert!(is_told_that_it_stops(&keeper.beat(stranger()).await));
}

#[tokio::test]
async fn a_pool_that_nobody_writes_any_more_decides_nothing() {
    let (_journal, keeper, keeping) = pool().await;
    let mut waiting = Box::pin(keeper.tick());
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(keeping);
    assert!(is_told_that_it_stops(&waiting.await));
    assert!(is_told_that_it_stops(&keeper.beat(stranger()).await));
}
