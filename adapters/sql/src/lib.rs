//! The ledger of a key server, and the journals of a license server, on SQLite.
//!
//! Each stands in a file of its own. One thread writes: it takes all that waits, decides each, writes what stands, commits once, and only
//! then answers. So many committers share one wait for the disk, and nobody waits for company. Reads go to connections of their
//! own and see what was committed. One process owns a file at a time.
//!
//! Nothing here decides what a record means or which version wins: that is the domain's and the port's. Records are stored as
//! the JSON the domain gives them, under the look-ups the domain names.

mod backup;
mod connection;
mod deeds;
mod journal;
mod known;
mod migrations;
mod owner;
mod prepared;
mod queries;
mod readers;
mod store;
mod trouble;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::Digest;
use keyward_ports::{Committed, Deed, Ledger, LedgerError, Look, Page, Query, Versioned};

pub use crate::journal::{SqlJournal, SqlJournals, mark_restored as mark_journals_restored};

use crate::deeds::Outcome;
use crate::known::Known;
use crate::prepared::Prepared;
use crate::store::Store;
use crate::writer::Hook;

/// A ledger in one SQLite file. Clones are handles of the same ledger; when the last is dropped, it is closed.
#[derive(Clone, Debug)]
pub struct SqlLedger(Arc<Open>);

/// How a ledger, or a file of journals, is opened.
#[derive(Clone, Default)]
pub struct Options {
    before_commit: Option<Hook>,
    kept: Option<u64>,
    #[cfg(feature = "plant")]
    synchronous_off: bool,
}

/// Where a ledger stands. A later one is greater: whoever remembers a greater one than the ledger has, sees that it was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// How often [`SqlLedger::bump_epoch`] was called.
    pub epoch: u64,
    /// How many deeds were done.
    pub position: u64,
}

impl Options {
    /// Calls this in the writing thread each time it is about to commit deeds.
    #[must_use]
    pub fn before_commit(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.before_commit = Some(Arc::new(hook));
        self
    }

    /// Of journals: keeps at least so many facts of each pool. Older ones are let go of, a few with each append, once a snapshot has them.
    #[must_use]
    pub fn keep_facts(mut self, facts: u64) -> Self {
        self.kept = Some(facts);
        self
    }

    /// Plants a bug: commits are not waited for, and that is not noticed at start.
    #[cfg(feature = "plant")]
    #[must_use]
    pub fn synchronous_off(mut self) -> Self {
        self.synchronous_off = true;
        self
    }
}

impl SqlLedger {
    /// Opens the ledger in a file, makes it if it is not there, and brings it up to date. Beside the file, a file of the same name that
    /// ends in `.lock` is locked for as long as the ledger is open. Blocks while it checks the file.
    ///
    /// # Errors
    /// `InUse` if it is open already, here or in another process; `Unreadable` if the file is damaged, was written by a newer Keyward,
    /// or does not keep what it is told; `Full` and `Storage` as the disk says.
    pub fn open(file: &Path, options: Options) -> Result<Self, LedgerError> {
        let store = Store::open(file, options, &migrations::LEDGER)?;
        Ok(Self(Arc::new(Open { store, known: Arc::new(Known::new()) })))
    }

    /// Where the ledger stands.
    pub async fn place(&self) -> Result<Place, LedgerError> {
        self.0.store.read(queries::place).await
    }

    /// Opens a new epoch and says which. It is on the disk when this returns.
    pub async fn bump_epoch(&self) -> Result<u64, LedgerError> {
        self.0.store.alone(deeds::raise_epoch).await
    }

    /// Copies the ledger as it stands to one file, while others read and write it. The copy is checked and is on the disk when this
    /// returns; what stood there before is replaced in one step, and after an error it still stands.
    pub async fn backup(&self, to: &Path) -> Result<(), LedgerError> {
        self.0.store.backup(to).await
    }

    /// Does what was asked before, takes nothing more, and leaves one file that needs no other. Blocks until that is done.
    /// Whoever comes later, through any clone, is told [`LedgerError::Closed`].
    pub fn close(&self) -> Result<(), LedgerError> {
        self.0.store.close()
    }
}

/// Copies the ledger, or the journals, in a file to another file, whether or not a process has it open: what was committed when this began is in the copy.
pub fn backup(file: &Path, to: &Path) -> Result<(), LedgerError> {
    backup::copy(&connection::reading(file)?, to)
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        let name = *name;
        self.0.store.read(move |connection| queries::answered(connection, &name)).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        let (key, known) = (key.clone(), Arc::clone(&self.0.known));
        let read = self.0.store.read(move |connection| queries::read(connection, &known, &key)).await?;
        Ok(read.map(Arc::unwrap_or_clone))
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        let lookup = lookup.clone();
        self.0.store.read(move |connection| queries::find(connection, &lookup)).await
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        let known = Arc::clone(&self.0.known);
        self.0.store.read(move |connection| queries::look(connection, &known, look)).await
    }

    /// If this is dropped before it returns, the deed is done or not done, but never half.
    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        let prepared = Prepared::of(&deed)?;
        let sizes: Vec<_> = prepared.writes.iter().map(|row| row.body.len()).collect();
        match self.0.store.write(prepared).await? {
            Outcome::Done => {
                for (write, json) in deed.writes.into_iter().zip(sizes) {
                    let written = Versioned { version: write.read + 1, record: write.record };
                    self.0.known.renew(written.record.key(), written, json);
                }
                Ok(Committed::Done)
            }
            Outcome::Conflict => Ok(Committed::Conflict),
            Outcome::Answered(body) => Ok(Committed::Answered(prepared::parse::<Remembered>(&body)?.statement)),
        }
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        let query = query.clone();
        self.0.store.read(move |connection| queries::page(connection, &query)).await
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("before_commit", &self.before_commit.is_some()).finish_non_exhaustive()
    }
}

/// A ledger that is open.
#[derive(Debug)]
struct Open {
    store: Store<Prepared>,
    known: Arc<Known>,
}
