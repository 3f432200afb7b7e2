//! The journals of a license server on SQLite.
//!
//! All pools of a server share one file and one thread that writes: facts of several pools that wait at the same time share one commit and
//! one wait for the disk, a backup holds all pools at one moment, and one lock says who has them. Each pool's facts lie side by side, so
//! that a pool is replayed without reading the others.
//!
//! Facts are kept as the JSON the domain gives them, a line each, in runs. It is read by every later version, and by people with nothing
//! but SQLite; that a binary form would take a third of the room is worth less.

mod replay;
mod run;
mod table;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Books, Fact};
use keyward_ports::{Journal, JournalError, LedgerError};

use self::run::Run;
use self::table::{Snapshot, Writing};
use crate::Options;
use crate::connection;
use crate::migrations::{self, JOURNAL};
use crate::owner::Ownership;
use crate::store::Store;
use crate::trouble::trouble;

/// So many facts of a pool are kept at least, if nothing else was said: about 2 GB, some years of a pool of 500 seats.
const KEPT: u64 = 10_000_000;

/// The journals of a license server in one SQLite file, one for each pool. Clones are handles of the same file; when the last is dropped,
/// and the last [`SqlJournal`] made of it, the file is closed.
#[derive(Clone, Debug)]
pub struct SqlJournals {
    store: Arc<Store<Writing>>,
    kept: u64,
}

/// The journal of one pool.
#[derive(Clone)]
pub struct SqlJournal {
    journals: SqlJournals,
    of: EntitlementId,
}

impl SqlJournals {
    /// Opens the journals in a file, makes it if it is not there, and brings it up to date. Beside the file, a file of the same name that
    /// ends in `.lock` is locked for as long as it is open. Blocks while it checks the file.
    ///
    /// # Errors
    /// `InUse` if it is open already, here or in another process; `Unreadable` if the file is damaged, is none of journals, was written by a
    /// newer Keyward, or does not keep what it is told; `Full` and `Storage` as the disk says.
    pub fn open(file: &Path, options: Options) -> Result<Self, JournalError> {
        let kept = options.kept.unwrap_or(KEPT);
        let store = Store::open(file, options, &JOURNAL).map_err(told)?;
        Ok(Self { store: Arc::new(store), kept })
    }

    /// The pools that something was written of.
    pub async fn pools(&self) -> Result<Vec<EntitlementId>, JournalError> {
        self.store.read(table::pools).await.map_err(told)
    }

    /// The journal of the pool that was delegated under an entitlement. It may never have been written.
    pub fn of(&self, entitlement: EntitlementId) -> SqlJournal {
        SqlJournal { journals: self.clone(), of: entitlement }
    }

    /// Copies the journals as they stand to one file, while others read and write them. The copy is checked and is on the disk when this
    /// returns; what stood there before is replaced in one step, and after an error it still stands.
    pub async fn backup(&self, to: &Path) -> Result<(), JournalError> {
        self.store.backup(to).await.map_err(told)
    }

    /// Does what was asked before, takes nothing more, and leaves one file that needs no other. Blocks until that is done. Whoever comes
    /// later is told [`JournalError::Closed`].
    pub fn close(&self) -> Result<(), JournalError> {
        self.store.close().map_err(told)
    }
}

impl SqlJournal {
    /// Whether it was restored from a backup, and no fact says so yet. The fact itself takes the mark away.
    pub async fn is_marked(&self) -> Result<bool, JournalError> {
        let of = self.of.clone();
        self.journals.store.read(move |connection| table::is_marked(connection, &of)).await.map_err(told)
    }
}

/// Marks the journals in a file as restored from a backup: each pool says so when it is taken up next. Nobody may have them open.
pub fn mark_restored(file: &Path) -> Result<(), JournalError> {
    let mark = || {
        let _ownership = Ownership::take(file)?;
        let mut connection = connection::writing(file, &JOURNAL, &Options::default())?;
        migrations::apply(&mut connection, &JOURNAL)?;
        table::mark(&mut connection).map_err(trouble)?;
        connection.close().map_err(|(_, cause)| trouble(cause))
    };
    mark().map_err(told)
}

#[async_trait]
impl Journal for SqlJournal {
    /// If this is dropped before it returns, the facts are written or not written, but never some of them.
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        let of = self.of.clone();
        if facts.is_empty() {
            return self.journals.store.read(move |connection| table::next(connection, &of)).await.map_err(told);
        }
        let runs = run::runs(&facts).map_err(told)?;
        let says_restored = facts.iter().any(|fact| matches!(fact, Fact::Restored { .. }));
        let writing = Writing { of, runs, says_restored, kept: self.journals.kept };
        self.journals.store.write(writing).await.map_err(told)
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        let of = self.of.clone();
        self.journals.store.read(move |connection| replay::replay(connection, &of)).await.map_err(told)
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        let of = self.of.clone();
        // Written out where nobody waits for it: the books of thousands of hosts have many megabytes.
        let snapshot = self.journals.store.read(move |_| Snapshot::of(of, &books)).await.map_err(told)?;
        self.journals.store.alone(move |connection| snapshot.write(connection)).await.map_err(told)
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        let of = self.of.clone();
        self.journals.store.read(move |connection| replay::page(connection, &of, before, most)).await.map_err(told)
    }
}

impl fmt::Debug for SqlJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlJournal").field("of", &self.of).field("journals", &self.journals).finish()
    }
}

/// What is said of a ledger's file, said of a journal's.
fn told(trouble: LedgerError) -> JournalError {
    match trouble {
        LedgerError::Full(cause) => JournalError::Full(cause),
        LedgerError::InUse(cause) => JournalError::InUse(cause),
        LedgerError::Unreadable { why, cause } => JournalError::Unreadable { why, cause },
        LedgerError::Closed => JournalError::Closed,
        LedgerError::Storage(cause) => JournalError::Storage(cause),
        other => JournalError::Storage(other.into()),
    }
}
