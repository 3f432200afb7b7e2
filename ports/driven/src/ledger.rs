//! What a key server remembers.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::names::EntitlementId;
use keyward_domain::record::{LogEntry, Lookup, Record, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Statement};

use crate::{Cause, Retry};

/// Keeps records, answers and the log of a key server.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The answer a request got, if it changed something. Known by the request's name alone, for ever.
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError>;

    /// A record and its version.
    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError>;

    /// The records found by a look-up, lowest key first.
    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError>;

    /// Shows the ledger as it stands at one moment, with everything that was committed before this was called; what is committed meanwhile is
    /// not seen. An error of the look comes back as it is. Who only looks for one thing has the methods above; see [`look`] for one that
    /// brings something back.
    async fn look(&self, look: Look) -> Result<(), LedgerError>;

    /// Does all of a deed or nothing of it. When this returns `Done` it survives the loss of power. Of two deeds that name the same version of a record, one is a conflict;
    /// of two that answer the same request, the second is told the first's answer, even if it is a conflict too. A deed that writes one record
    /// twice, or answers one request twice, is a conflict.
    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError>;

    /// Lists records or the log, in the order of their keys or positions, in pages: each begins after the one before it and none is left out.
    async fn page(&self, query: &Query) -> Result<Page, LedgerError>;
}

/// A ledger at one moment.
pub trait View {
    /// As [`Ledger::answered`].
    fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError>;

    /// As [`Ledger::read`]. A record may have thousands of parts; whoever only looks shares it.
    fn read(&self, key: &RecordKey) -> Result<Option<Arc<Versioned>>, LedgerError>;

    /// As [`Ledger::find`].
    fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError>;
}

/// What is done with a view. It may be called on any thread, and others wait for it: it reads, and decides nothing.
pub type Look = Box<dyn FnOnce(&dyn View) -> Result<(), LedgerError> + Send>;

/// Looks at a ledger and brings back what was seen.
pub async fn look<T: Send + 'static>(
    ledger: &dyn Ledger,
    look: impl FnOnce(&dyn View) -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let (seen, shown) = mpsc::channel();
    ledger
        .look(Box::new(move |view| {
            // Whoever looked may be gone; then nobody is told.
            let _ = seen.send(look(view)?);
            Ok(())
        }))
        .await?;
    // A ledger that says it has shown itself and has not, is none any more.
    shown.try_recv().map_err(|_| LedgerError::Closed)
}

/// A record and how often it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// 1 for a record written once.
    pub version: u64,
    /// The record.
    pub record: Record,
}

/// What is to be done, all or nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Deed {
    /// Records to write.
    pub writes: Vec<Write>,
    /// The answers to remember, by their requests' names.
    pub answers: Vec<(Digest, Remembered)>,
    /// What to log.
    pub log: Vec<LogEntry>,
}

/// A record to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The version that was read; 0 = the record must not be there.
    pub read: u64,
    /// What to write, under its own key.
    pub record: Record,
}

/// What became of a deed.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// It is done and durable.
    Done,
    /// A record was written by somebody else in between: read again and decide again. Nothing was done.
    Conflict,
    /// One of the requests was answered in between: the first of them that was, and its answer. Nothing was done.
    Answered(Statement),
}

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Products.
    Products {
        /// Begin after this id.
        after: Option<String>,
        /// At most so many.
        most: u32,
    },
    /// Entitlements.
    Entitlements {
        /// Begin after this id.
        after: Option<String>,
        /// At most so many.
        most: u32,
    },
    /// The log, newest first.
    Log {
        /// Of one entitlement only.
        of: Option<EntitlementId>,
        /// Begin before this position.
        before: Option<u64>,
        /// At most so many.
        most: u32,
    },
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Records, if records were asked for.
    pub records: Vec<Versioned>,
    /// Lines of the log and their positions, if it was asked for.
    pub log: Vec<(u64, LogEntry)>,
    /// Whether there is more.
    pub more: bool,
}

/// Why a ledger cannot be used. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// There is no room.
    #[error("the disk that holds the ledger is full; free some space; nothing was lost and nothing was promised")]
    Full(#[source] Cause),
    /// Another process has it.
    #[error("the ledger is in use by another process; stop it first")]
    InUse(#[source] Cause),
    /// It was written by a newer Keyward, or is damaged.
    #[error("the ledger cannot be read: {why}")]
    Unreadable {
        /// What is wrong and what to do.
        why: String,
        /// What the library said.
        #[source]
        cause: Option<Cause>,
    },
    /// Anything else that storage says.
    #[error("the ledger's storage failed; see the server's log")]
    Storage(#[source] Cause),
    /// The ledger was closed: the server stops.
    #[error("the ledger is closed; the server is stopping")]
    Closed,
}

impl LedgerError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Full(_) | Self::Storage(_) | Self::InUse(_) => Retry::After(Duration::from_secs(5)),
            Self::Unreadable { .. } | Self::Closed => Retry::Never,
        }
    }
}
