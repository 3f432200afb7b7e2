//! The thread that writes: all deeds that wait, one commit, then their answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use keyward_ports::LedgerError;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::prepared::{Prepared, Row};
use crate::trouble::{translated, trouble};

/// So many deeds share one commit at most, so that the first is not kept waiting by those that come after it.
const MOST: usize = 512;

/// What is asked of the thread that writes.
pub(crate) enum Order {
    /// A deed, and whom to tell.
    Deed(Prepared, Reply),
    /// Something to do between two commits.
    Alone(Task),
    /// Ends the thread.
    Close,
}

/// What became of a deed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done and durable.
    Done,
    /// A version was not the one that was read.
    Conflict,
    /// The answer that was there, as it stands in the table.
    Answered(String),
}

pub(crate) type Reply = oneshot::Sender<Result<Outcome, LedgerError>>;
pub(crate) type Task = Box<dyn FnOnce(&mut Connection) + Send>;
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// The thread that writes.
pub(crate) struct Writer {
    connection: Connection,
    waiting: Receiver<Order>,
    before_commit: Option<Hook>,
}

/// Deeds that share a commit: whom to tell of each, and what.
#[derive(Default)]
struct Batch {
    replies: Vec<Reply>,
    outcomes: Vec<Outcome>,
    /// What comes after them.
    next: Option<Order>,
}

impl Writer {
    pub(crate) fn new(connection: Connection, waiting: Receiver<Order>, before_commit: Option<Hook>) -> Self {
        Self { connection, waiting, before_commit }
    }

    /// Does what it is asked until it is closed, or until nobody is left who could ask.
    pub(crate) fn run(mut self) -> Result<(), LedgerError> {
        let mut next = None;
        while let Some(order) = next.take().or_else(|| self.waiting.recv().ok()) {
            match order {
                Order::Deed(deed, reply) => next = self.commit((deed, reply)),
                Order::Alone(task) => task(&mut self.connection),
                Order::Close => break,
            }
        }
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).map_err(trouble)?;
        self.connection.close().map_err(|(_, cause)| trouble(cause))
    }

    /// Commits a deed together with all that wait behind it, then answers them. Gives back an order that is no deed, if one came between.
    fn commit(&mut self, first: (Prepared, Reply)) -> Option<Order> {
        let mut batch = Batch::default();
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

    /// Each deed is decided before any of it is written, so that one that does not stand leaves nothing to undo. An error undoes them all.
    fn together(&mut self, first: (Prepared, Reply), batch: &mut Batch) -> rusqlite::Result<()> {
        let (mut deed, reply) = first;
        batch.replies.push(reply);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        loop {
            batch.outcomes.push(apply(&transaction, &deed)?);
            if batch.outcomes.len() == MOST {
                break;
            }
            match self.waiting.try_recv() {
                Ok(Order::Deed(another, reply)) => {
                    deed = another;
                    batch.replies.push(reply);
                }
                Ok(other) => {
                    batch.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let done = batch.outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count();
        if done == 0 {
            return Ok(());
        }
        transaction.prepare_cached("UPDATE meta SET value = value + ? WHERE key = 'position'")?.execute([done])?;
        if let Some(before_commit) = &self.before_commit {
            before_commit();
        }
        transaction.commit()
    }
}

/// Opens a new epoch.
pub(crate) fn raise_epoch(connection: &mut Connection) -> rusqlite::Result<u64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'", ())?;
    let epoch = transaction.query_row("SELECT value FROM meta WHERE key = 'epoch'", (), |row| row.get(0))?;
    transaction.commit()?;
    Ok(epoch)
}

fn apply(transaction: &Transaction<'_>, deed: &Prepared) -> rusqlite::Result<Outcome> {
    for answer in &deed.answers {
        let mut known = transaction.prepare_cached("SELECT body FROM answer WHERE name = ?")?;
        if let Some(body) = known.query_row([answer.name], |row| row.get(0)).optional()? {
            return Ok(Outcome::Answered(body));
        }
    }
    let names: BTreeSet<_> = deed.answers.iter().map(|answer| answer.name).collect();
    let keys: BTreeSet<_> = deed.writes.iter().map(|row| &row.key).collect();
    if names.len() < deed.answers.len() || keys.len() < deed.writes.len() {
        return Ok(Outcome::Conflict);
    }
    let mut places = Vec::with_capacity(deed.writes.len());
    for row in &deed.writes {
        let stored = stored(transaction, row)?;
        if stored.as_ref().map_or(0, |it| it.version) != row.read {
            return Ok(Outcome::Conflict);
        }
        places.push(stored);
    }
    for (row, stored) in deed.writes.iter().zip(places) {
        write(transaction, row, stored.as_ref())?;
    }
    for answer in &deed.answers {
        transaction.prepare_cached("INSERT INTO answer (name, body) VALUES (?, ?)")?.execute((answer.name, &answer.body))?;
    }
    for line in &deed.log {
        transaction.prepare_cached("INSERT INTO log (entitlement, body) VALUES (?, ?)")?.execute((&line.entitlement, &line.body))?;
    }
    Ok(Outcome::Done)
}

/// Where a record stands.
struct Stored {
    number: i64,
    version: u64,
}

fn stored(transaction: &Transaction<'_>, row: &Row) -> rusqlite::Result<Option<Stored>> {
    transaction
        .prepare_cached("SELECT number, version FROM record WHERE kind = ? AND id = ?")?
        .query_row((row.key.kind, &row.key.id), |it| Ok(Stored { number: it.get(0)?, version: it.get(1)? }))
        .optional()
}

fn write(transaction: &Transaction<'_>, row: &Row, stored: Option<&Stored>) -> rusqlite::Result<()> {
    let (number, before): (i64, Vec<String>) = match stored {
        None => {
            let mut insert = transaction.prepare_cached("INSERT INTO record (kind, id, version, body) VALUES (?, ?, 1, ?)")?;
            (insert.insert((row.key.kind, &row.key.id, &row.body))?, Vec::new())
        }
        Some(&Stored { number, version }) => {
            let mut update = transaction.prepare_cached("UPDATE record SET version = ?, body = ? WHERE number = ?")?;
            update.execute((version + 1, &row.body, number))?;
            let mut lookups = transaction.prepare_cached("SELECT value FROM lookup WHERE record = ? ORDER BY value")?;
            let before = lookups.query_map([number], |it| it.get(0))?.collect::<rusqlite::Result<_>>()?;
            (number, before)
        }
    };
    for gone in only_in(&before, &row.lookups) {
        transaction.prepare_cached("DELETE FROM lookup WHERE value = ? AND record = ?")?.execute((gone, number))?;
    }
    for new in only_in(&row.lookups, &before) {
        transaction.prepare_cached("INSERT INTO lookup (value, record) VALUES (?, ?)")?.execute((new, number))?;
    }
    Ok(())
}

/// What stands in the first list and not in the second; both are sorted, as SQLite sorts and as Rust does: by bytes.
fn only_in<'a>(first: &'a [String], second: &'a [String]) -> impl Iterator<Item = &'a String> {
    let mut second = second.iter().peekable();
    first.iter().filter(move |value| {
        while second.next_if(|other| other < value).is_some() {}
        second.peek() != Some(value)
    })
}

#[cfg(test)]
mod tests;
