//! How tables came to be: numbered steps, each done once, in order, all or nothing.

use keyward_ports::LedgerError;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest as _, Sha256};

use crate::trouble::{trouble, unreadable};

/// A kind of file, and how its tables came to be.
pub(crate) struct Kind {
    /// What it holds.
    pub(crate) of: &'static str,
    /// The write-ahead log goes into the file after so many pages of 4 KiB.
    pub(crate) pages_ahead: u32,
    /// KiB of the file that the writing connection keeps in memory.
    pub(crate) cache: u32,
    steps: &'static [Migration],
}

/// A step. What it says never changes once it was released: it is known by its digest.
struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
}

/// A ledger. The same pages are written again and again: it pays to let many gather.
pub(crate) const LEDGER: Kind = Kind {
    of: "ledger",
    pages_ahead: 16_384,
    cache: 16_384,
    steps: &[Migration { number: 1, name: "ledger", sql: include_str!("../migrations/0001_ledger.sql") }],
};

/// The journals of a license server. Each page is written once or twice: little is gained by waiting, and a short log keeps nobody waiting.
pub(crate) const JOURNAL: Kind = Kind {
    of: "journal",
    pages_ahead: 1_024,
    // It is written at its end only.
    cache: 1_024,
    steps: &[
        Migration { number: 1, name: "journal", sql: include_str!("../migrations/journal/0001_journal.sql") },
        Migration { number: 2, name: "restored", sql: include_str!("../migrations/journal/0002_restored.sql") },
    ],
};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    number  INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    applied TEXT NOT NULL
) STRICT";

/// Brings a file up to date.
pub(crate) fn apply(connection: &mut Connection, kind: &Kind) -> Result<(), LedgerError> {
    begin(connection)?;
    for (number, name, digest) in applied(connection).map_err(trouble)? {
        let known = kind.steps.iter().find(|it| i64::from(it.number) == number);
        if known.is_some_and(|it| it.number == 1 && it.name != name) {
            return Err(unreadable(format!("its file holds a {name} and no {}; name the right file", kind.of), None));
        }
        if known.is_none_or(|it| it.digest() != digest) {
            let why = format!("it was written by a newer Keyward (its step {number} is not known here); update the server");
            return Err(unreadable(why, None));
        }
    }
    for migration in kind.steps {
        migration.apply(connection).map_err(trouble)?;
    }
    Ok(())
}

/// Makes the table of steps in a file that is empty. A file with other tables is somebody else's.
fn begin(connection: &mut Connection) -> Result<(), LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(trouble)?;
    let tables = "SELECT count(*), coalesce(sum(name = 'migration'), 0) FROM sqlite_schema WHERE type = 'table'";
    let (all, ours): (i64, i64) = transaction.query_row(tables, (), |row| Ok((row.get(0)?, row.get(1)?))).map_err(trouble)?;
    if all > 0 && ours == 0 {
        return Err(unreadable("its file is a database of another program; name the server's own file", None));
    }
    transaction.execute(TABLE, ()).map_err(trouble)?;
    transaction.commit().map_err(trouble)
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<(i64, String, String)>> {
    let mut statement = connection.prepare("SELECT number, name, sha256 FROM migration ORDER BY number")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

impl Migration {
    fn apply(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = transaction.query_row("SELECT EXISTS (SELECT 1 FROM migration WHERE number = ?)", [self.number], |row| row.get(0))?;
        if done {
            return Ok(());
        }
        transaction.execute_batch(self.sql)?;
        transaction.execute(
            "INSERT INTO migration (number, name, sha256, applied) VALUES (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ'))",
            (self.number, self.name, self.digest()),
        )?;
        transaction.commit()
    }

    fn digest(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.sql.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was released is kept: a step that needs a change becomes a new step.
    #[test]
    fn steps_are_numbered_from_one_without_gaps() {
        for Kind { steps, .. } in [LEDGER, JOURNAL] {
            assert!(steps.iter().zip(1..).all(|(migration, number)| migration.number == number));
        }
    }
}
