//! The one task that owns a pool.

use std::sync::{Arc, PoisonError, RwLock};

use futures_channel::{mpsc, oneshot};
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Either, select};
use keyward_domain::keys::PublicKey;
use keyward_domain::pool::{Anchored, Charter, Fact, Op, Outcome, Overview, Pool, Seat};
use keyward_ports::{Clock, Journal, JournalError};

/// So many jobs are decided between two writes at most.
const MOST_AT_ONCE: usize = 1_024;
/// After so many facts a snapshot is made. With those that come while it is made there are fewer than a million to be replayed, which takes
/// less than two seconds.
const FACTS_BETWEEN_SNAPSHOTS: u64 = 800_000;

/// Something to be decided or looked at, and where to tell what came of it.
pub(super) enum Job {
    Decide(Op, oneshot::Sender<Outcome>),
    /// With so many of those who have a seat.
    Look(usize, oneshot::Sender<Look>),
    Glance(PublicKey, oneshot::Sender<Glance>),
    Anchor(oneshot::Sender<Anchored>),
}

/// What matters to a host that could have a seat of several licenses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance {
    /// It has a seat of this one.
    pub(crate) sits: bool,
    /// So many are free.
    pub(crate) free: u32,
}

/// A pool as it stands.
pub(super) struct Look {
    pub(super) overview: Option<Overview>,
    pub(super) seats: Vec<Seat>,
}

/// A pool in the hands of the task that runs it.
#[must_use = "nothing is answered until it runs"]
pub struct Keeping {
    pool: Pool,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    jobs: mpsc::UnboundedReceiver<Job>,
    charter: Arc<RwLock<Option<Arc<Charter>>>>,
    between: u64,
    snapshot: u64,
    /// The snapshot that is being made, while the pool goes on.
    making: Option<BoxFuture<'static, Result<(), JournalError>>>,
}

impl Keeping {
    pub(super) fn new(
        pool: Pool,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        jobs: mpsc::UnboundedReceiver<Job>,
        charter: Arc<RwLock<Option<Arc<Charter>>>>,
    ) -> Self {
        let snapshot = pool.books().position();
        Self { pool, journal, clock, jobs, charter, between: FACTS_BETWEEN_SNAPSHOTS, snapshot, making: None }
    }

    /// Makes a snapshot after so many facts: the fewer, the sooner the next start, and the more is written.
    pub fn with_snapshots_after(self, facts: u64) -> Self {
        Self { between: facts, ..self }
    }

    /// Keeps the pool until nobody can ask it any more, then makes a snapshot. If something that happened cannot be written, nobody is told of
    /// it and the pool is kept no longer: a server whose journal fails stops.
    pub async fn run(mut self) -> Result<(), JournalError> {
        while let Some(first) = self.next().await? {
            let mut jobs = vec![first];
            while jobs.len() < MOST_AT_ONCE
                && let Ok(job) = self.jobs.try_recv()
            {
                jobs.push(job);
            }
            self.keep(jobs).await?;
            if self.making.is_none() && self.pool.books().position() - self.snapshot >= self.between {
                self.making = Some(self.make_snapshot());
            }
        }
        if let Some(making) = self.making.take() {
            making.await?;
        }
        self.make_snapshot().await
    }

    /// Waits for the next job. The snapshot that is being made goes on meanwhile; one that fails ends the pool as a write that fails does.
    async fn next(&mut self) -> Result<Option<Job>, JournalError> {
        if let Some(making) = &mut self.making {
            match select(making, self.jobs.next()).await {
                Either::Left((made, _)) => {
                    self.making = None;
                    made?;
                }
                Either::Right((job, _)) => return Ok(job),
            }
        }
        Ok(self.jobs.next().await)
    }

    /// Decides all, writes once, then tells.
    async fn keep(&mut self, jobs: Vec<Job>) -> Result<(), JournalError> {
        let now = self.clock.now();
        let (mut facts, mut told) = (Vec::new(), Vec::with_capacity(jobs.len()));
        let (mut looks, mut anchors) = (Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Decide(op, tell) => {
                    let decision = self.pool.decide(op, &now);
                    facts.extend(decision.facts);
                    told.push((tell, decision.outcome));
                }
                Job::Look(most, tell) => looks.push((most, tell)),
                Job::Anchor(tell) => anchors.push(tell),
                Job::Glance(device, tell) => {
                    let free = self.pool.overview(&now).map_or(0, |it| it.free);
                    // It gives no right: whoever asked checks out next.
                    let _ = tell.send(Glance { sits: self.pool.sits(&device), free });
                }
            }
        }
        let delegated = facts.iter().any(|fact| matches!(fact, Fact::Delegated { .. }));
        if !facts.is_empty() {
            self.journal.append(facts).await?;
        }
        if delegated {
            let charter = self.pool.books().charter().cloned().map(Arc::new);
            *self.charter.write().unwrap_or_else(PoisonError::into_inner) = charter;
        }
        for (tell, outcome) in told {
            // Whoever asked may be gone; what was decided stands.
            let _ = tell.send(outcome);
        }
        for (most, tell) in looks {
            let (overview, seats) = (self.pool.overview(&now), self.pool.seats(&now).take(most).collect());
            let _ = tell.send(Look { overview, seats });
        }
        for tell in anchors {
            let _ = tell.send(self.pool.anchored());
        }
        Ok(())
    }

    fn make_snapshot(&mut self) -> BoxFuture<'static, Result<(), JournalError>> {
        let (journal, books) = (Arc::clone(&self.journal), self.pool.books().clone());
        self.snapshot = books.position();
        Box::pin(async move { journal.snapshot(books).await })
    }
}
