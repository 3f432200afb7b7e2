//! How facts are read: all from a snapshot on, or pages from the end.

use std::sync::mpsc::{self, SyncSender};
use std::thread;

use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Books, Fact};
use keyward_ports::LedgerError;
use rusqlite::{Connection, OptionalExtension as _};

use super::run;
use super::table::Pool;
use crate::prepared::parse;
use crate::trouble::{damaged, trouble};

/// A page is never longer.
const MOST: u32 = 1000;
/// So many facts at least go from the thread that reads to the one that takes them in, in one piece.
const PIECE: usize = 4096;
/// So many pieces wait.
const PIECES: usize = 4;

/// The books that all facts of a pool come to. One thread reads the facts, another takes them in.
pub(super) fn replay(connection: &Connection, of: &EntitlementId) -> Result<Books, LedgerError> {
    // One transaction: what is appended meanwhile is not in it.
    let transaction = connection.unchecked_transaction().map_err(trouble)?;
    let Some(pool) = Pool::find(&transaction, of).map_err(trouble)? else { return Ok(Books::default()) };
    let mut books = snapshot(&transaction, pool)?;
    let from = books.position();
    let (pieces, taken) = mpsc::sync_channel(PIECES);
    thread::scope(|threads| {
        let taking = threads.spawn(move || {
            for facts in taken {
                let facts: Vec<Fact> = facts;
                facts.iter().for_each(|fact| books.apply(fact));
            }
            books
        });
        let read = facts(&transaction, pool, from, &pieces);
        // Whoever takes them ends when no more can come.
        drop(pieces);
        let books = taking.join().map_err(|_| damaged("facts that do not fit together"))?;
        read.map(|()| books)
    })
}

fn snapshot(connection: &Connection, pool: Pool) -> Result<Books, LedgerError> {
    let mut newest = connection.prepare_cached("SELECT body FROM snapshot WHERE pool = ?").map_err(trouble)?;
    let body: Option<String> = newest.query_row([pool.number], |row| row.get(0)).optional().map_err(trouble)?;
    body.map_or(Ok(Books::default()), |body| parse(&body))
}

/// Hands over all facts from a position on.
fn facts(connection: &Connection, pool: Pool, from: u64, pieces: &SyncSender<Vec<Fact>>) -> Result<(), LedgerError> {
    let mut runs =
        connection.prepare_cached("SELECT place, facts, body FROM run WHERE place > ? AND place < ? ORDER BY place").map_err(trouble)?;
    let first = pool.place(0).max(pool.place(from).saturating_sub(run::MOST as u64));
    let mut rows = runs.query((first.saturating_sub(1), pool.end())).map_err(trouble)?;
    let (mut next, mut piece) = (from, Vec::with_capacity(PIECE));
    while let Some(row) = rows.next().map_err(trouble)? {
        let position = pool.position(row.get(0).map_err(trouble)?);
        let end = position + row.get::<_, u64>(1).map_err(trouble)?;
        if end <= from {
            continue;
        }
        if position > next {
            return Err(missing(next));
        }
        let body = row.get_ref(2).map_err(trouble)?.as_str().map_err(damaged)?;
        if position + run::read(body, next - position, |fact| piece.push(fact))? != end {
            return Err(missing(end - 1));
        }
        next = end;
        if piece.len() >= PIECE {
            // Whoever takes them broke off; that is found where it is waited for.
            let _ = pieces.send(std::mem::replace(&mut piece, Vec::with_capacity(PIECE)));
        }
    }
    let _ = pieces.send(piece);
    // A snapshot is made of facts that are written: what comes next is written after the last of them.
    let end = pool.next(connection).map_err(trouble)?;
    if end < from { Err(missing(end)) } else { Ok(()) }
}

fn missing(position: u64) -> LedgerError {
    damaged(format!("fact {position} is not there"))
}

/// Facts with their positions, newest first, that stand before a position.
pub(super) fn page(connection: &Connection, of: &EntitlementId, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, LedgerError> {
    let (most, before) = (most.min(MOST) as usize, before.unwrap_or(u64::MAX));
    let Some(pool) = Pool::find(connection, of).map_err(trouble)? else { return Ok(Vec::new()) };
    let mut runs =
        connection.prepare_cached("SELECT place, body FROM run WHERE place >= ? AND place < ? ORDER BY place DESC").map_err(trouble)?;
    let mut rows = runs.query((pool.place(0), pool.place(before))).map_err(trouble)?;
    let mut page = Vec::new();
    while page.len() < most
        && let Some(row) = rows.next().map_err(trouble)?
    {
        let mut position = pool.position(row.get(0).map_err(trouble)?);
        let mut run = Vec::new();
        run::read(row.get_ref(1).map_err(trouble)?.as_str().map_err(damaged)?, 0, |fact| {
            run.push((position, fact));
            position += 1;
        })?;
        page.extend(run.into_iter().rev().filter(|(position, _)| *position < before));
    }
    page.truncate(most);
    Ok(page)
}
