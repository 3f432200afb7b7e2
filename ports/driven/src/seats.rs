//! A license server, as its clients reach it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Request, Ticket};
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Beat, Lifeline, Offer, PulseHeard, Waited};
use keyward_domain::seal::{Introduced, SealError, Sealed, Statement, Trust};

use crate::{Attempt, KeyServer, KeyServerError, Retry, Trouble};

/// The seats of one license server that was met. What it signs comes as statements, unopened; everything else gives no right.
///
/// `exchange` brings what needs no lifeline: loans, later ends of them, refreshes, returns; and what is addressed to the vendor, which the
/// license server carries on byte for byte. It promises what every [`KeyServer`] does.
#[async_trait]
pub trait Seats: KeyServer {
    /// Checks a seat out. Asked again with the same request, it brings the same seat with a secret of its own. A refusal is an answer, not an
    /// error, and brings no lifeline.
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError>;

    /// Keeps a seat. A late beat never revives a seat that was given away, and whoever does not know the secret of the lease keeps nothing and
    /// learns nothing of it. A beat that finds the lease half spent brings a fresh one.
    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError>;

    /// Keeps a place in the queue and says where it stands, or that a seat is held now.
    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError>;

    /// What the license server offers: every license it has, what is free of it, what may be borrowed, and who has the rest.
    async fn list(&self) -> Result<Vec<Offer>, SeatsError>;
}

/// Finds license servers by their addresses.
#[async_trait]
pub trait LicenseServers: Send + Sync {
    /// Meets whoever answers at an address. Nothing but the question who it is leaves this host before the answer was held against the key of
    /// the connection it came by, and against `trust`; what is sent later goes to the holder of that very key and to nobody else.
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError>;
}

/// A license server that showed who it is.
#[derive(Clone)]
pub struct Met {
    /// Who it is, and what it may sign.
    pub introduced: Introduced,
    /// The way to it.
    pub line: Arc<dyn Seats>,
}

/// An answer to a check-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedOut {
    /// The answer, unopened.
    pub statement: Statement,
    /// How the lease in it is kept; none with a refusal.
    pub lifeline: Option<Lifeline>,
}

/// An answer to a beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beaten {
    /// What became of the seat, unsigned.
    pub pulse: PulseHeard,
    /// A fresh lease, unopened: it answers the check-out again.
    pub fresh: Option<Statement>,
}

/// Why a license server did not say. It changes nothing: a seat is kept until its lease ends. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeatsError {
    /// Nobody answered.
    #[error("the license server did not answer: {0}")]
    NoAnswer(Attempt),
    /// It answered that it cannot.
    #[error("{server} did not take it: {detail} (status {status}); {next}")]
    Rejected {
        /// Which server.
        server: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
        /// What to do next.
        next: String,
        /// When it may be tried again.
        after: Option<Duration>,
    },
}

/// Why a license server could not be met. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeetError {
    /// Nobody answered.
    #[error("the license server could not be reached: {0}")]
    NoAnswer(Attempt),
    /// It answered that it cannot say.
    #[error("{server} did not say who it is: {detail} (status {status}); {next}")]
    Rejected {
        /// Which server.
        server: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
        /// What to do next.
        next: String,
        /// When it may be tried again.
        after: Option<Duration>,
    },
    /// It said something that is not believed. Nothing else was sent to it.
    #[error("what answers at {server} is not a license server to be believed: {why}")]
    NotBelieved {
        /// Host and port.
        server: String,
        /// Why not.
        why: SealError,
    },
}

impl SeatsError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::NoAnswer(_) => Retry::Now,
            Self::Rejected { after, .. } => after.map_or(Retry::Never, Retry::After),
        }
    }

    /// Whether somebody else answers there now, or the server has another TLS key: it has to be met again.
    pub fn is_other_key(&self) -> bool {
        matches!(self, Self::NoAnswer(Attempt { trouble: Trouble::OtherKey, .. }))
    }
}

impl MeetError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::NoAnswer(_) => Retry::After(Duration::from_secs(10)),
            Self::Rejected { after, .. } => after.map_or(Retry::Never, Retry::After),
            Self::NotBelieved { .. } => Retry::Never,
        }
    }
}
