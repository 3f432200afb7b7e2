//! Connections, and what is asked of SQLite before one is used.

use std::fs;
use std::path::Path;
use std::time::Duration;

use keyward_ports::LedgerError;
use rusqlite::{Connection, OpenFlags};

use crate::Options;
use crate::migrations::Kind;
use crate::trouble::{damaged, trouble, unreadable};

/// How long to wait for a program that looks into the file by itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// `PRAGMA synchronous`: each commit is on the disk before it returns.
const FULL: i64 = 2;
/// A file of at most so many bytes is checked whole at start; a larger one is not kept waiting for.
const CHECKED_WHOLE: u64 = 64 << 20;

/// The one connection that writes.
pub(crate) fn writing(file: &Path, kind: &Kind, options: &Options) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(trouble)?;
    prepare(&connection)?;
    if fs::metadata(file).is_ok_and(|file| file.len() <= CHECKED_WHOLE) {
        check(&connection)?;
    }
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON;
             PRAGMA wal_autocheckpoint = {};
             PRAGMA cache_size = -{};",
            kind.pages_ahead, kind.cache
        ))
        .map_err(trouble)?;
    plant(&connection, options)?;
    durable(&connection, options)?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reading(file: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(trouble)?;
    prepare(&connection)?;
    Ok(connection)
}

/// Reads a whole file and finds out whether it is sound.
pub(crate) fn check(connection: &Connection) -> Result<(), LedgerError> {
    let says: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(trouble)?;
    if says == "ok" { Ok(()) } else { Err(damaged(says)) }
}

fn prepare(connection: &Connection) -> Result<(), LedgerError> {
    connection.busy_timeout(PATIENCE).map_err(trouble)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;").map_err(trouble)
}

/// Asks SQLite whether it will keep what it is told: it says nothing if it will not.
fn durable(connection: &Connection, options: &Options) -> Result<(), LedgerError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).map_err(trouble);
    let wanted = [("journal_mode", rusqlite::types::Value::Text("wal".into())), ("synchronous", FULL.into()), ("foreign_keys", 1.into())];
    for (name, wanted) in wanted {
        let found = pragma(name)?;
        if found != wanted && !(name == "synchronous" && planted(options)) {
            return Err(unreadable(
                format!(
                    "its disk or its build of SQLite does not keep `{name}` (it says {found:?} for {wanted:?}), so an answer might be given before \
                     it is safe; keep the data folder on a local disk"
                ),
                None,
            ));
        }
    }
    Ok(())
}

#[cfg(feature = "plant")]
fn planted(options: &Options) -> bool {
    options.synchronous_off
}

#[cfg(not(feature = "plant"))]
fn planted(_: &Options) -> bool {
    false
}

fn plant(connection: &Connection, options: &Options) -> Result<(), LedgerError> {
    if planted(options) { connection.execute_batch("PRAGMA synchronous = OFF").map_err(trouble) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::LEDGER;

    #[test]
    fn a_connection_that_does_not_wait_for_the_disk_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = writing(&folder.path().join("ledger.db"), &LEDGER, &Options::default()).expect("it opens");
        for (pragma, sound) in
            [("synchronous = NORMAL", false), ("synchronous = OFF", false), ("synchronous = FULL", true), ("foreign_keys = OFF", false)]
        {
            connection.execute_batch(&format!("PRAGMA {pragma}")).expect("a pragma");
            assert_eq!(durable(&connection, &Options::default()).is_ok(), sound, "{pragma}");
        }
    }

    #[cfg(feature = "plant")]
    #[test]
    fn a_planted_connection_does_not_wait_for_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = writing(&folder.path().join("ledger.db"), &LEDGER, &Options::default().synchronous_off()).expect("it opens");
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).expect("a pragma");
        assert_eq!(synchronous, 0);
    }
}
