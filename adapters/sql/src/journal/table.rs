//! How facts and snapshots are written.

use keyward_domain::names::EntitlementId;
use keyward_domain::pool::Books;
use keyward_ports::LedgerError;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::Run;
use crate::trouble::{damaged, trouble};
use crate::writer::Work;

/// Positions of one pool lie below this; a license server that does nothing but grant seats comes there in a lifetime.
const POSITIONS: u64 = 1 << 44;

/// Facts of one pool, to be written at its end.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(super) of: EntitlementId,
    pub(super) runs: Vec<Run>,
    /// One of them says that the journal was restored.
    pub(super) says_restored: bool,
    /// So many facts are kept, whatever snapshots there are.
    pub(super) kept: u64,
}

/// The places of one pool: its number, and where its facts lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool {
    pub(super) number: u64,
}

impl Pool {
    pub(super) fn find(connection: &Connection, of: &EntitlementId) -> rusqlite::Result<Option<Self>> {
        let mut known = connection.prepare_cached("SELECT number FROM pool WHERE entitlement = ?")?;
        known.query_row([of.as_str()], |row| Ok(Self { number: row.get(0)? })).optional()
    }

    fn find_or_make(transaction: &Transaction<'_>, of: &EntitlementId) -> rusqlite::Result<Self> {
        if let Some(known) = Self::find(transaction, of)? {
            return Ok(known);
        }
        let number = transaction.prepare_cached("INSERT INTO pool (entitlement) VALUES (?)")?.insert([of.as_str()])?;
        Ok(Self { number: number.unsigned_abs() })
    }

    /// The place of a position.
    pub(super) fn place(self, position: u64) -> u64 {
        self.number * POSITIONS + position.min(POSITIONS - 1)
    }

    /// Where its places end.
    pub(super) fn end(self) -> u64 {
        (self.number + 1) * POSITIONS
    }

    /// The position of a place.
    pub(super) fn position(self, place: u64) -> u64 {
        place - self.number * POSITIONS
    }

    /// The position of the next fact.
    pub(super) fn next(self, connection: &Connection) -> rusqlite::Result<u64> {
        let mut last =
            connection.prepare_cached("SELECT place + facts FROM run WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT 1")?;
        let next = last.query_row((self.place(0), self.end()), |row| row.get(0)).optional()?;
        Ok(next.map_or(0, |place| self.position(place)))
    }

    /// The position of the snapshot, if there is one.
    fn snapshot(self, connection: &Connection) -> rusqlite::Result<Option<u64>> {
        let mut snapshot = connection.prepare_cached("SELECT position FROM snapshot WHERE pool = ?")?;
        snapshot.query_row([self.number], |row| row.get(0)).optional()
    }

    /// Lets go of the oldest runs, a few with each append, so that none takes long: of what lies before a snapshot, and is not among the
    /// facts that are kept.
    fn forget(self, transaction: &Transaction<'_>, before: u64, runs: usize) -> rusqlite::Result<()> {
        let Some(snapshot) = self.snapshot(transaction)? else { return Ok(()) };
        let end = self.place(before.min(snapshot));
        transaction
            .prepare_cached(
                "DELETE FROM run WHERE place IN (SELECT place FROM run WHERE place >= ? AND place + facts <= ? ORDER BY place LIMIT ?)",
            )?
            .execute((self.place(0), end, runs))
            .map(drop)
    }
}

impl Work for Writing {
    /// The position of the next fact.
    type Outcome = u64;

    fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
        let pool = Pool::find_or_make(transaction, &self.of)?;
        let mut next = pool.next(transaction)?;
        for run in &self.runs {
            let mut insert = transaction.prepare_cached("INSERT INTO run (place, facts, body) VALUES (?, ?, ?)")?;
            insert.execute((pool.place(next), run.facts, &run.body))?;
            next += run.facts;
        }
        if self.says_restored {
            transaction.prepare_cached("UPDATE pool SET marked = 0 WHERE number = ?")?.execute([pool.number])?;
        }
        if next > self.kept {
            pool.forget(transaction, next - self.kept, 2 * self.runs.len())?;
        }
        Ok(next)
    }

    fn finish(_: &Transaction<'_>, _: &[u64]) -> rusqlite::Result<bool> {
        Ok(true)
    }
}

/// Books that facts have come to, to be kept.
#[derive(Debug)]
pub(super) struct Snapshot {
    of: EntitlementId,
    position: u64,
    body: String,
}

impl Snapshot {
    pub(super) fn of(of: EntitlementId, books: &Books) -> Result<Self, LedgerError> {
        let body = serde_json::to_string(books).map_err(|cause| LedgerError::Storage(cause.into()))?;
        Ok(Self { of, position: books.position(), body })
    }

    /// Takes the place of an older one.
    pub(super) fn write(self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let pool = Pool::find_or_make(&transaction, &self.of)?;
        transaction.execute(
            "INSERT INTO snapshot (pool, position, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (pool) DO UPDATE SET position = ?2, body = ?3 WHERE position < ?2",
            (pool.number, self.position, self.body),
        )?;
        transaction.commit()
    }
}

/// The position of the next fact of a pool.
pub(super) fn next(connection: &Connection, of: &EntitlementId) -> Result<u64, LedgerError> {
    let next = Pool::find(connection, of).and_then(|pool| pool.map_or(Ok(0), |pool| pool.next(connection)));
    next.map_err(trouble)
}

/// The pools that something was written of.
pub(super) fn pools(connection: &Connection) -> Result<Vec<EntitlementId>, LedgerError> {
    let names: Vec<String> = connection
        .prepare_cached("SELECT entitlement FROM pool ORDER BY entitlement")
        .and_then(|mut it| it.query_map((), |row| row.get(0))?.collect())
        .map_err(trouble)?;
    names.into_iter().map(|name| name.parse().map_err(damaged)).collect()
}

/// A pool that nothing was written of may be one that the backup does not have.
pub(super) fn is_marked(connection: &Connection, of: &EntitlementId) -> Result<bool, LedgerError> {
    connection
        .prepare_cached("SELECT coalesce((SELECT marked FROM pool WHERE entitlement = ?), EXISTS (SELECT 1 FROM restored))")
        .and_then(|mut it| it.query_row([of.as_str()], |row| row.get(0)))
        .map_err(trouble)
}

/// Marks all pools as restored, and those that are not there yet.
pub(super) fn mark(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE pool SET marked = 1", ())?;
    transaction.execute("INSERT OR IGNORE INTO restored (once) VALUES (1)", ())?;
    transaction.commit()
}
