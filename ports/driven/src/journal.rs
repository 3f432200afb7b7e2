//! What a license server writes down of a pool.

use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::pool::{Books, Fact};

use crate::{Cause, Retry};

/// Keeps the facts of one pool, in the order they happened.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes facts at the end: all of them or none. When this returns they survive the loss of power. Gives the position of the next fact;
    /// positions count every fact there ever was, from 0.
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError>;

    /// The books that all facts come to, in the order they were appended: from the beginning, or from the newest snapshot on, which comes to
    /// the same. Decides nothing. A journal that was never written comes to empty books.
    async fn replay(&self) -> Result<Books, JournalError>;

    /// Keeps books that facts have come to, so that the next replay begins there. No fact is lost by it, and an older snapshot does not take
    /// the place of a newer one. What a snapshot has may be let go of when millions of facts have followed, so that no disk fills for ever.
    async fn snapshot(&self, books: Books) -> Result<(), JournalError>;

    /// Lists facts with their positions, newest first, in pages: each ends before a position, and none is left out.
    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError>;
}

/// Why a journal cannot be used. Fits after "could not ...: ". A server whose facts were not written stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// There is no room.
    #[error("the disk that holds the journal is full; free some space and start the license server again; what was promised is kept")]
    Full(#[source] Cause),
    /// Another process has it.
    #[error("the journal is in use by another process; stop it first")]
    InUse(#[source] Cause),
    /// It was written by a newer Keyward, or is damaged.
    #[error("the journal cannot be read: {why}")]
    Unreadable {
        /// What is wrong and what to do.
        why: String,
        /// What the library said.
        #[source]
        cause: Option<Cause>,
    },
    /// Anything else that storage says.
    #[error("the journal's storage failed; see the server's log")]
    Storage(#[source] Cause),
    /// The journal was closed: the server stops.
    #[error("the journal is closed; the license server is stopping")]
    Closed,
}

impl JournalError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Full(_) | Self::Storage(_) | Self::InUse(_) => Retry::After(Duration::from_secs(5)),
            Self::Unreadable { .. } | Self::Closed => Retry::Never,
        }
    }
}
