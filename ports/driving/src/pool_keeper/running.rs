//! A pool that runs, and what was decided in it that is not written yet.

use std::sync::{Arc, Mutex, PoisonError};

use futures_channel::{mpsc, oneshot};
use keyward_domain::pool::{Books, Charter, Fact, Op, Outcome, Pool, Pulse};
use keyward_domain::time::Now;
use keyward_ports::Clock;

use super::KeeperError;

/// A pool that all who ask take in turn. What they decide is written by one, who is woken when there is something to write.
pub(super) struct Running {
    clock: Arc<dyn Clock>,
    floor: Mutex<Floor>,
}

struct Floor {
    pool: Pool,
    /// What happened since the last write began.
    facts: Vec<Fact>,
    /// Tells what was decided since the last write began.
    tells: Vec<Tell>,
    stage: Stage,
}

/// What becomes of what is decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// All is written, and who writes waits to be woken.
    Written,
    /// Who writes was woken, or writes what was decided before.
    Writing,
    /// Nothing is written any more, so nothing is decided.
    Over,
}

/// Tells somebody what was decided. Who is told may be gone; what was decided stands.
type Tell = Box<dyn FnOnce() + Send>;

/// When something may be told.
pub(super) enum When {
    /// Nothing that is written bears on it.
    AtOnce,
    /// When all that was decided up to it is written.
    Written,
}

/// What is to be written, and what is to be told then.
pub(super) struct Batch {
    pub(super) facts: Vec<Fact>,
    tells: Vec<Tell>,
    /// What the vendor delegated, if a fact says so.
    pub(super) charter: Option<Charter>,
    /// What the journal comes to with these facts, if a snapshot is due.
    pub(super) books: Option<Books>,
}

impl Batch {
    /// Tells everybody. All of it is written.
    pub(super) fn tell(self) {
        self.tells.into_iter().for_each(|tell| tell());
    }
}

impl Running {
    pub(super) fn new(pool: Pool, clock: Arc<dyn Clock>) -> Self {
        let floor = Floor { pool, facts: Vec::new(), tells: Vec::new(), stage: Stage::Written };
        Self { clock, floor: Mutex::new(floor) }
    }

    /// Decides what follows from something that happens. Returns when it may be told.
    pub(super) async fn decide(&self, op: Op, wake: &mpsc::UnboundedSender<()>) -> Result<Outcome, KeeperError> {
        self.take(wake, |pool, facts, now| {
            let decision = pool.decide(op, now);
            facts.extend(decision.facts);
            // A lease that is kept was told to somebody before, so it is written; and neither who is a stranger nor the queue ever is.
            let at_once = matches!(decision.outcome, Outcome::Pulse(Pulse::Kept { .. } | Pulse::Stranger) | Outcome::Waited(_));
            (decision.outcome, if at_once { When::AtOnce } else { When::Written })
        })
        .await
    }

    /// Looks at the pool. What gives no right may be told at once.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        wake: &mpsc::UnboundedSender<()>,
        when: When,
        look: impl FnOnce(&Pool, &Now) -> T,
    ) -> Result<T, KeeperError> {
        self.take(wake, |pool, _, now| (look(pool, now), when)).await
    }

    async fn take<T: Send + 'static>(
        &self,
        wake: &mpsc::UnboundedSender<()>,
        act: impl FnOnce(&mut Pool, &mut Vec<Fact>, &Now) -> (T, When),
    ) -> Result<T, KeeperError> {
        let written = {
            let Ok(mut floor) = self.floor.lock() else {
                // Whoever had it last broke off in the middle: it is kept no longer, and who writes finds that out.
                let _ = wake.unbounded_send(());
                return Err(KeeperError::Stopped);
            };
            let floor = &mut *floor;
            if floor.stage == Stage::Over {
                return Err(KeeperError::Stopped);
            }
            let (came, when) = act(&mut floor.pool, &mut floor.facts, &self.clock.now());
            if floor.stage == Stage::Written && !floor.facts.is_empty() {
                floor.stage = Stage::Writing;
                wake.unbounded_send(()).map_err(|_| KeeperError::Stopped)?;
            }
            if matches!(when, When::AtOnce) || floor.stage == Stage::Written {
                return Ok(came);
            }
            let (tell, written) = oneshot::channel();
            floor.tells.push(Box::new(move || drop(tell.send(came))));
            written
        };
        written.await.map_err(|_| KeeperError::Stopped)
    }

    /// What was decided since the last batch, which is written; none if that is nothing. `snapshot` is asked, with the position of the next
    /// fact, whether books are wanted.
    pub(super) fn batch(&self, snapshot: impl FnOnce(u64) -> bool) -> Option<Batch> {
        #[expect(clippy::expect_used, reason = "a pool that was left in the middle of a decision is not kept")]
        let mut floor = self.floor.lock().expect("a whole pool");
        if floor.facts.is_empty() && floor.tells.is_empty() {
            floor.stage = Stage::Written;
            return None;
        }
        let (facts, tells) = (std::mem::take(&mut floor.facts), std::mem::take(&mut floor.tells));
        let delegated = facts.iter().any(|fact| matches!(fact, Fact::Delegated { .. }));
        let books = floor.pool.books();
        let charter = if delegated { books.charter().cloned() } else { None };
        let books = snapshot(books.position()).then(|| books.clone());
        Some(Batch { facts, tells, charter, books })
    }

    /// What the journal has come to. All must be written.
    pub(super) fn books(&self) -> Books {
        #[expect(clippy::expect_used, reason = "a pool that was left in the middle of a decision is not kept")]
        let floor = self.floor.lock().expect("a whole pool");
        floor.pool.books().clone()
    }

    /// Keeps the pool no longer: whoever waits is told so.
    pub(super) fn stop(&self) {
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        floor.stage = Stage::Over;
        floor.tells.clear();
    }
}
