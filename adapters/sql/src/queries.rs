//! What is read, each in one statement or one transaction, so that each sees the ledger as it was at one moment.

use std::sync::Arc;

use keyward_domain::names::EntitlementId;
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::Digest;
use keyward_ports::{LedgerError, Look, Page, Query, Versioned, View};
use rusqlite::{Connection, OptionalExtension as _};

use crate::Place;
use crate::known::Known;
use crate::prepared::{ENTITLEMENT, Key, PRODUCT, parse, record_key, value};
use crate::trouble::trouble;

/// A page is never longer.
const MOST: u32 = 1000;

pub(crate) fn answered(connection: &Connection, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM answer WHERE name = ?")
        .and_then(|mut it| it.query_row([name.bytes()], |row| row.get(0)).optional())
        .map_err(trouble)?;
    body.as_deref().map(parse).transpose()
}

/// Shows all at one moment: SQLite keeps a transaction that reads at the commit where it first read.
pub(crate) fn look(connection: &Connection, known: &Known, look: Look) -> Result<(), LedgerError> {
    let say = |what| connection.prepare_cached(what).and_then(|mut it| it.execute(())).map_err(trouble);
    say("BEGIN")?;
    let looked = look(&Moment { connection, known });
    // Nothing was written: how it ends is the same.
    say("COMMIT")?;
    looked
}

/// The ledger at one moment, through one connection.
struct Moment<'a> {
    connection: &'a Connection,
    known: &'a Known,
}

impl View for Moment<'_> {
    fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        answered(self.connection, name)
    }

    fn read(&self, key: &RecordKey) -> Result<Option<Arc<Versioned>>, LedgerError> {
        read(self.connection, self.known, key)
    }

    fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        find(self.connection, lookup)
    }
}

pub(crate) fn read(connection: &Connection, known: &Known, key: &RecordKey) -> Result<Option<Arc<Versioned>>, LedgerError> {
    let Key { kind, id } = Key::of(key);
    if let Some(kept) = known.get(key) {
        let version: Option<u64> = connection
            .prepare_cached("SELECT version FROM record WHERE kind = ? AND id = ?")
            .and_then(|mut it| it.query_row((kind, &id), |row| row.get(0)).optional())
            .map_err(trouble)?;
        if version == Some(kept.version) {
            return Ok(Some(kept));
        }
    }
    let found: Option<(u64, String)> = connection
        .prepare_cached("SELECT version, body FROM record WHERE kind = ? AND id = ?")
        .and_then(|mut it| it.query_row((kind, id), |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(trouble)?;
    let Some((version, body)) = found else { return Ok(None) };
    let read = Arc::new(Versioned { version, record: parse(&body)? });
    known.keep(key.clone(), Arc::clone(&read), body.len());
    Ok(Some(read))
}

pub(crate) fn find(connection: &Connection, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
    let value = value(lookup)?;
    let sql = "SELECT kind, id FROM lookup JOIN record ON record.number = lookup.record WHERE value = ?";
    let rows: Vec<(String, String)> = connection
        .prepare_cached(sql)
        .and_then(|mut it| it.query_map([value], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(trouble)?;
    let mut keys = rows.iter().map(|(kind, id)| record_key(kind, id)).collect::<Result<Vec<_>, _>>()?;
    keys.sort_unstable();
    Ok(keys)
}

pub(crate) fn page(connection: &Connection, query: &Query) -> Result<Page, LedgerError> {
    match query {
        Query::Products { after, most } => records(connection, PRODUCT, after.as_deref(), *most),
        Query::Entitlements { after, most } => records(connection, ENTITLEMENT, after.as_deref(), *most),
        Query::Log { of, before, most } => log(connection, of.as_ref(), *before, *most),
    }
}

fn records(connection: &Connection, kind: &str, after: Option<&str>, most: u32) -> Result<Page, LedgerError> {
    let most = most.min(MOST);
    let mut rows: Vec<(u64, String)> = connection
        .prepare_cached("SELECT version, body FROM record WHERE kind = ? AND id > ? ORDER BY id LIMIT ?")
        .and_then(|mut it| it.query_map((kind, after.unwrap_or_default(), most + 1), |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(trouble)?;
    let more = shorten(&mut rows, most);
    let records = rows.iter().map(|(version, body)| Ok(Versioned { version: *version, record: parse(body)? }));
    Ok(Page { records: records.collect::<Result<_, LedgerError>>()?, log: Vec::new(), more })
}

fn log(connection: &Connection, of: Option<&EntitlementId>, before: Option<u64>, most: u32) -> Result<Page, LedgerError> {
    let most = most.min(MOST);
    let before = before.map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX));
    let line = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows: rusqlite::Result<Vec<(u64, String)>> = match of {
        None => connection
            .prepare_cached("SELECT position, body FROM log WHERE position < ? ORDER BY position DESC LIMIT ?")
            .and_then(|mut it| it.query_map((before, most + 1), line)?.collect()),
        Some(of) => connection
            .prepare_cached("SELECT position, body FROM log WHERE entitlement = ? AND position < ? ORDER BY position DESC LIMIT ?")
            .and_then(|mut it| it.query_map((of.as_str(), before, most + 1), line)?.collect()),
    };
    let mut rows = rows.map_err(trouble)?;
    let more = shorten(&mut rows, most);
    let log = rows.iter().map(|(position, body)| Ok((*position, parse(body)?)));
    Ok(Page { records: Vec::new(), log: log.collect::<Result<_, LedgerError>>()?, more })
}

/// Takes away the row that was read only to see whether there is more.
fn shorten<T>(rows: &mut Vec<T>, most: u32) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    more
}

pub(crate) fn place(connection: &Connection) -> Result<Place, LedgerError> {
    connection
        .prepare_cached("SELECT (SELECT value FROM meta WHERE key = 'epoch'), (SELECT value FROM meta WHERE key = 'position')")
        .and_then(|mut it| it.query_row((), |row| Ok(Place { epoch: row.get(0)?, position: row.get(1)? })))
        .map_err(trouble)
}
