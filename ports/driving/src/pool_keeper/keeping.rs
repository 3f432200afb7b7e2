//! The one task that writes what is decided in a pool.

use std::sync::{Arc, PoisonError, RwLock};

use futures_channel::mpsc;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Either, FutureExt as _, select};
use keyward_domain::pool::{Books, Charter};
use keyward_ports::{Journal, JournalError};

use super::running::Running;

/// After so many facts a snapshot is made. With those that come while it is made there are fewer than a million to be replayed, which takes
/// less than two seconds.
const FACTS_BETWEEN_SNAPSHOTS: u64 = 800_000;

/// What is decided in a pool, in the hands of the task that writes it.
#[must_use = "nothing is written until it runs"]
pub struct Keeping {
    running: Arc<Running>,
    journal: Arc<dyn Journal>,
    woken: mpsc::UnboundedReceiver<()>,
    charter: Arc<RwLock<Option<Arc<Charter>>>>,
    between: u64,
    /// The position of the last snapshot.
    snapshot: u64,
    /// The snapshot that is being made, while the pool goes on.
    making: Option<BoxFuture<'static, Result<(), JournalError>>>,
}

impl Keeping {
    pub(super) fn new(
        running: Arc<Running>,
        journal: Arc<dyn Journal>,
        woken: mpsc::UnboundedReceiver<()>,
        charter: Arc<RwLock<Option<Arc<Charter>>>>,
    ) -> Self {
        // Where the last snapshot stands is not known: one more is made soon, so that a server which is always killed makes one at all.
        Self { running, journal, woken, charter, between: FACTS_BETWEEN_SNAPSHOTS, snapshot: 0, making: None }
    }

    /// Makes a snapshot after so many facts: the fewer, the sooner the next start, and the more is written.
    pub fn with_snapshots_after(mut self, facts: u64) -> Self {
        self.between = facts;
        self
    }

    /// Keeps the pool until nobody can ask it any more, then makes a snapshot. If something that happened cannot be written, nobody is told of
    /// it and the pool is kept no longer: a server whose journal fails stops.
    pub async fn run(mut self) -> Result<(), JournalError> {
        while self.woken().await? {
            self.write().await?;
        }
        self.write().await?;
        if let Some(making) = self.making.take() {
            making.await?;
        }
        self.make_snapshot(self.running.books()).await
    }

    /// Waits until there is something to write; not if nobody is left who asks. The snapshot that is being made goes on meanwhile; one that
    /// fails ends the pool as a write that fails does.
    async fn woken(&mut self) -> Result<bool, JournalError> {
        if let Some(making) = &mut self.making {
            match select(making, self.woken.next()).await {
                Either::Left((made, _)) => {
                    self.making = None;
                    made?;
                }
                Either::Right((woken, _)) => return Ok(woken.is_some()),
            }
        }
        Ok(self.woken.next().await.is_some())
    }

    /// Writes all that was decided, and tells it. What is decided while the disk is at work goes with the next write.
    async fn write(&mut self) -> Result<(), JournalError> {
        loop {
            if let Some(made) = self.making.as_mut().and_then(|making| making.now_or_never()) {
                self.making = None;
                made?;
            }
            let (idle, last, between) = (self.making.is_none(), self.snapshot, self.between);
            let Some(mut batch) = self.running.batch(|position| idle && position - last >= between) else { return Ok(()) };
            if !batch.facts.is_empty() {
                self.journal.append(std::mem::take(&mut batch.facts)).await?;
            }
            if let Some(charter) = batch.charter.take() {
                *self.charter.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(charter));
            }
            if let Some(books) = batch.books.take() {
                self.making = Some(self.make_snapshot(books));
            }
            batch.tell();
        }
    }

    fn make_snapshot(&mut self, books: Books) -> BoxFuture<'static, Result<(), JournalError>> {
        let journal = Arc::clone(&self.journal);
        self.snapshot = books.position();
        Box::pin(async move { journal.snapshot(books).await })
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.running.stop();
    }
}
