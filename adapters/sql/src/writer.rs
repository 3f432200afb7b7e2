//! The thread that writes: all that waits, one commit, then the answers.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use keyward_ports::LedgerError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::trouble::{translated, trouble};

/// So much shares one commit at most, so that the first is not kept waiting by those that come after it.
const MOST: usize = 512;

/// What the thread writes: each piece stands or falls by itself, and all that wait share a commit.
pub(crate) trait Work: Send + 'static {
    /// What becomes of it.
    type Outcome: Send + 'static;

    /// Writes it if it stands; one that does not leaves nothing to undo. An error undoes all that share the commit.
    fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Self::Outcome>;

    /// Writes what is written once for all that share a commit. Says whether there is anything to commit.
    fn finish(transaction: &Transaction<'_>, outcomes: &[Self::Outcome]) -> rusqlite::Result<bool>;
}

/// What is asked of the thread that writes.
pub(crate) enum Order<W: Work> {
    /// Something to write, and whom to tell.
    Work(W, Reply<W>),
    /// Something to do between two commits.
    Alone(Task),
    /// Ends the thread.
    Close,
}

pub(crate) type Reply<W> = oneshot::Sender<Result<<W as Work>::Outcome, LedgerError>>;
pub(crate) type Task = Box<dyn FnOnce(&mut Connection) + Send>;
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// The thread that writes.
pub(crate) struct Writer<W: Work> {
    connection: Connection,
    waiting: Receiver<Order<W>>,
    before_commit: Option<Hook>,
}

/// What shares a commit: whom to tell of each, and what.
struct Batch<W: Work> {
    replies: Vec<Reply<W>>,
    outcomes: Vec<W::Outcome>,
    /// What comes after them.
    next: Option<Order<W>>,
}

impl<W: Work> Writer<W> {
    pub(crate) fn new(connection: Connection, waiting: Receiver<Order<W>>, before_commit: Option<Hook>) -> Self {
        Self { connection, waiting, before_commit }
    }

    /// Does what it is asked until it is closed, or until nobody is left who could ask.
    pub(crate) fn run(mut self) -> Result<(), LedgerError> {
        let mut next = None;
        while let Some(order) = next.take().or_else(|| self.waiting.recv().ok()) {
            match order {
                Order::Work(work, reply) => next = self.commit((work, reply)),
                Order::Alone(task) => task(&mut self.connection),
                Order::Close => break,
            }
        }
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).map_err(trouble)?;
        self.connection.close().map_err(|(_, cause)| trouble(cause))
    }

    /// Commits something together with all that waits behind it, then answers. Gives back an order that is no work, if one came between.
    fn commit(&mut self, first: (W, Reply<W>)) -> Option<Order<W>> {
        let mut batch = Batch { replies: Vec::new(), outcomes: Vec::new(), next: None };
        match self.together(first, &mut batch) {
            Ok(()) => {
                for (reply, outcome) in batch.replies.into_iter().zip(batch.outcomes) {
                    // Whoever asked may be gone; then nobody is told.
                    let _ = reply.send(Ok(outcome));
                }
            }
            Err(cause) => {
                let cause = Arc::new(cause);
                for reply in batch.replies {
                    let _ = reply.send(Err(translated(&cause)));
                }
            }
        }
        batch.next
    }

    fn together(&mut self, first: (W, Reply<W>), batch: &mut Batch<W>) -> rusqlite::Result<()> {
        let (mut work, reply) = first;
        batch.replies.push(reply);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        loop {
            batch.outcomes.push(work.apply(&transaction)?);
            if batch.outcomes.len() == MOST {
                break;
            }
            match self.waiting.try_recv() {
                Ok(Order::Work(another, reply)) => {
                    work = another;
                    batch.replies.push(reply);
                }
                Ok(other) => {
                    batch.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        if !W::finish(&transaction, &batch.outcomes)? {
            return Ok(());
        }
        if let Some(before_commit) = &self.before_commit {
            before_commit();
        }
        transaction.commit()
    }
}

#[cfg(test)]
mod tests;
