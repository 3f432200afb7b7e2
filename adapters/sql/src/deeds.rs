//! How a deed is written: the records, answers and lines of the log that belong together.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::prepared::{Prepared, Row};
use crate::writer::Work;

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

impl Work for Prepared {
    type Outcome = Outcome;

    /// A deed is decided before any of it is written.
    fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Outcome> {
        for answer in &self.answers {
            let mut known = transaction.prepare_cached("SELECT body FROM answer WHERE name = ?")?;
            if let Some(body) = known.query_row([answer.name], |row| row.get(0)).optional()? {
                return Ok(Outcome::Answered(body));
            }
        }
        let names: BTreeSet<_> = self.answers.iter().map(|answer| answer.name).collect();
        let keys: BTreeSet<_> = self.writes.iter().map(|row| &row.key).collect();
        if names.len() < self.answers.len() || keys.len() < self.writes.len() {
            return Ok(Outcome::Conflict);
        }
        let mut places = Vec::with_capacity(self.writes.len());
        for row in &self.writes {
            let stored = stored(transaction, row)?;
            if stored.as_ref().map_or(0, |it| it.version) != row.read {
                return Ok(Outcome::Conflict);
            }
            places.push(stored);
        }
        for (row, stored) in self.writes.iter().zip(places) {
            write(transaction, row, stored.as_ref())?;
        }
        for answer in &self.answers {
            transaction.prepare_cached("INSERT INTO answer (name, body) VALUES (?, ?)")?.execute((answer.name, &answer.body))?;
        }
        for line in &self.log {
            transaction.prepare_cached("INSERT INTO log (entitlement, body) VALUES (?, ?)")?.execute((&line.entitlement, &line.body))?;
        }
        Ok(Outcome::Done)
    }

    fn finish(transaction: &Transaction<'_>, outcomes: &[Outcome]) -> rusqlite::Result<bool> {
        let done = outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count();
        if done > 0 {
            transaction.prepare_cached("UPDATE meta SET value = value + ? WHERE key = 'position'")?.execute([done])?;
        }
        Ok(done > 0)
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
