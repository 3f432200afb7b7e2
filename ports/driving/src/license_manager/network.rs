//! Seats at license servers (rows N2, N3, N5, B1, B2): checked out, kept, waited for, given back; borrowed, and brought back.
//!
//! A seat is kept by whoever drives [`Network::keep`], or calls [`Network::beat`] as often as that says. What a beat is answered gives no
//! right and takes none: only a fresh lease, signed and written down, does. Several processes of one user share a seat through the vault:
//! one that finds a lease which somebody keeps only watches, and takes the keeping over when the lease is two thirds spent. Each is written
//! down as one that uses the seat, and who leaves gives it back only if nobody else does.

mod keeping;
mod loans;
mod meeting;
mod queue;
mod sitting;
mod waiting;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use keyward_domain::document::{Ticket, Wish};
use keyward_domain::keys::KeyId;
use keyward_domain::names::{ActivationId, ServerAddress};
use keyward_domain::pool::{Lifeline, Offer};
use keyward_domain::refusal::Refusal;
use keyward_domain::time::Reading;
use keyward_domain::vault::{Loss, Sitter};
use keyward_ports::{LicenseServers, MeetError, Retry, Seats, SeatsError, VaultError};

use super::{ActError, LicenseManager};
use meeting::Known;
use queue::InLine;
pub use waiting::Brought;

/// How often a host that hears nothing tries again, and writes down what of its grace is spent.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// No longer does whoever keeps a seat sleep on after its host woke.
const NAP: Duration = Duration::from_secs(5);
/// No longer does whoever keeps a seat look away from it.
const LONGEST_LOOK: Duration = Duration::from_secs(60);

/// A user's seat at the license servers of a site.
pub struct Network {
    licenses: Arc<LicenseManager>,
    finder: Arc<dyn LicenseServers>,
    servers: Vec<ServerAddress>,
    wish: Wish,
    /// Who answered last, and who did not.
    known: Mutex<Known>,
    line: Mutex<Option<Line>>,
    /// How the seat of this process is kept.
    lifeline: Mutex<Option<Held>>,
    /// What this process wants.
    wants: Mutex<Wants>,
    /// Why the last look after the seat did not come to its end.
    trouble: Mutex<Option<Arc<NetworkError>>>,
    /// What this process is known by among those that share a seat.
    process: OnceLock<u64>,
}

/// What a process wants of its license servers: it is not to be read from the leases that are there, for a lease can be gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Wants {
    /// It did not say: it keeps the seat that its user has.
    #[default]
    Unsaid,
    /// No seat: it was left, or it was taken away and is not taken back unasked.
    Nothing,
    /// A seat.
    Seat {
        /// Its place in the line.
        mine: Option<InLine>,
        /// It is counted among those that use the seat.
        counted: bool,
    },
}

/// The way to a license server that was met.
#[derive(Clone)]
struct Line {
    at: ServerAddress,
    server: KeyId,
    seats: Arc<dyn Seats>,
    /// Whether the last of what it may sign has ended, by the clock of this host: then something new is rather asked of another.
    ended: bool,
}

/// A seat that this process keeps.
#[derive(Clone)]
struct Held {
    server: KeyId,
    activation: ActivationId,
    lifeline: Lifeline,
}

/// What came of asking for a seat.
#[derive(Debug, Clone, PartialEq)]
pub enum Seated {
    /// A seat, kept by this process from now on.
    Has(ActivationId),
    /// The seat that the same user has on this host already: another process keeps it and both use it. Or none is to be had now, for the reason
    /// that [`Network::trouble`] tells, and it is used for as long as it lasts.
    Shares(ActivationId),
    /// What is borrowed is used here too: it takes no second seat.
    Borrowed(ActivationId),
    /// All seats are in use.
    Full {
        /// The server's answer: place, ticket, and who has the seats.
        refusal: Refusal,
        /// The place in the line.
        ticket: Ticket,
    },
}

/// How a seat was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The license server heard it: others can have the seat.
    Free,
    /// It did not, or it said no: the seat is off here, and others can have it when its lease ends.
    Unheard,
}

/// What one look after a seat came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tended {
    /// When to look again.
    pub next: Duration,
    /// Why the seat is not kept, if it is not.
    pub loss: Option<Loss>,
}

/// Where somebody stands who waits, for whoever watches.
pub type Turns<'a> = &'a (dyn Fn(u32) + Send + Sync);

/// Addresses where no license server was met, and why.
pub type Unmet = Vec<(ServerAddress, MeetError)>;

/// Why an act at a license server did not come to its end. Fits after "could not ...: ". Nothing is lost by any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No server was named.
    #[error("no license server is named; give one as HOST or HOST:PORT")]
    NoServer,
    /// None of the servers could be met.
    #[error("no license server was met: {}", list(.0))]
    NotMet(Unmet),
    /// Another license server answers than the one that the seat is of.
    #[error(
        "the license server {server} that row {row} belongs to does not answer at any of the addresses given{}; name its address",
        in_brackets(unmet)
    )]
    OtherServer {
        /// The server wanted.
        server: KeyId,
        /// The row.
        row: ActivationId,
        /// The addresses where no license server was met, among them perhaps its own.
        unmet: Unmet,
    },
    /// The row is not of a license server.
    #[error("row {row} was not borrowed from a license server; return it to the vendor instead")]
    NotBorrowed {
        /// The row.
        row: String,
    },
    /// A return is written down and what was borrowed is off; the license server did not confirm it.
    #[error(
        "it is off on this host, but its return is not confirmed: {0}; it goes out by itself at the next contact with that license server"
    )]
    ReturnWaits(#[source] Box<NetworkError>),
    /// The license server did not say.
    #[error(transparent)]
    Seats(#[from] SeatsError),
    /// The act itself.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl NetworkError {
    /// Its stable code, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoServer => "no-license-server",
            Self::NotMet(_) => "license-server-not-met",
            Self::OtherServer { .. } => "other-license-server",
            Self::NotBorrowed { .. } => "not-borrowed",
            Self::ReturnWaits(_) => "return-waits",
            Self::Seats(SeatsError::Rejected { .. }) => "rejected",
            Self::Seats(_) => "license-server-silent",
            Self::Act(error) => error.code(),
        }
    }

    /// Whether no license server was heard.
    pub fn is_silence(&self) -> bool {
        match self {
            Self::NotMet(_) | Self::Seats(_) => true,
            Self::Act(error) => error.is_silence(),
            Self::NoServer | Self::OtherServer { .. } | Self::NotBorrowed { .. } | Self::ReturnWaits(_) => false,
        }
    }

    /// Whether a license server said that it has no seats to give, whoever asks: another one may have.
    fn is_for_another(&self) -> bool {
        let Self::Act(ActError::Refused(no)) = self else { return false };
        matches!(no, Refusal::NoPool { .. } | Refusal::DelegationEnded { .. } | Refusal::ServerClosed | Refusal::ServerRevoked { .. })
    }

    /// Whether whoever has a seat goes on with it until another answer comes: nobody is heard, whoever is heard gives nothing to anybody now, or
    /// another process has the vault.
    fn is_for_later(&self) -> bool {
        let restored = matches!(self, Self::Act(ActError::Refused(Refusal::ServerRestored { .. })));
        self.is_silence() || self.is_for_another() || self.is_led() || restored
    }

    /// Whether another process has the vault.
    fn is_led(&self) -> bool {
        matches!(self, Self::Act(ActError::Vault(VaultError::Led { .. })))
    }

    /// Whether the same act may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::NoServer | Self::NotBorrowed { .. } => Retry::Never,
            Self::NotMet(all) | Self::OtherServer { unmet: all, .. } => all.first().map_or(Retry::Never, |(_, error)| error.retry()),
            Self::ReturnWaits(error) => error.retry(),
            Self::Seats(error) => error.retry(),
            Self::Act(error) => error.retry(),
        }
    }
}

fn in_brackets(all: &[(ServerAddress, MeetError)]) -> String {
    if all.is_empty() { String::new() } else { format!(" ({})", list(all)) }
}

fn list(all: &[(ServerAddress, MeetError)]) -> String {
    all.iter().map(|(_, error)| error.to_string()).collect::<Vec<_>>().join("; ")
}

impl Network {
    /// A user's seat. Nothing is asked of anybody yet; the servers are tried in this order. From here on seats of other users on this host do
    /// not speak for the product in this process.
    pub fn new(licenses: Arc<LicenseManager>, finder: Arc<dyn LicenseServers>, servers: Vec<ServerAddress>, wish: Wish) -> Self {
        licenses.sit_as(Sitter::of(&wish));
        let (known, line, lifeline, wants) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        Self { licenses, finder, servers, wish, known, line, lifeline, wants, trouble: Mutex::default(), process: OnceLock::new() }
    }

    /// What the license server offers (row B1, Query): each license, what is free, what may be borrowed, and who has the rest.
    pub async fn query(&self) -> Result<Vec<Offer>, NetworkError> {
        let line = self.meet_open().await?;
        // Whoever looks takes nothing.
        let _ = self.bring_returns_to(&line).await;
        Ok(line.seats.list().await?)
    }

    /// The license server that was met last, while the way to it is open: where it is, and its key.
    pub fn server(&self) -> Option<(ServerAddress, KeyId)> {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.as_ref().map(|line| (line.at.clone(), line.server))
    }

    /// Keeps the seat until it is dropped: beats as often as the server says, reconnects, and takes the seat up again.
    pub async fn keep(&self) -> std::convert::Infallible {
        loop {
            let tended = self.beat().await;
            self.rest(tended.next).await;
        }
    }

    /// Waits until it is time to look again. A host that slept has waited enough: timers of its system may have stood still meanwhile, and the
    /// seat may be over.
    pub async fn rest(&self, length: Duration) {
        let begun = Reading::of(&self.licenses.ports.clock.now());
        loop {
            let now = self.licenses.ports.clock.now();
            let passed = if now.boot == begun.boot { now.running.saturating_sub(begun.running) } else { length };
            let Some(left) = length.checked_sub(passed).filter(|left| !left.is_zero()) else { return };
            self.licenses.ports.timer.wait(left.min(NAP)).await;
        }
    }

    /// Why the last look after the seat did not come to its end, if it did not: the license servers are not heard, one said no, or something is
    /// wrong on this host, such as a disk that is full. A seat that is [not kept](Tended::loss) because of the last is told as not heard.
    pub fn trouble(&self) -> Option<Arc<NetworkError>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn troubled(&self, error: Option<NetworkError>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = error.map(Arc::new);
    }

    fn sitter(&self) -> Sitter {
        Sitter::of(&self.wish)
    }

    fn held(&self) -> Option<Held> {
        self.lifeline.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn wants(&self) -> Wants {
        *self.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want(&self, wants: Wants) {
        *self.wants.lock().unwrap_or_else(PoisonError::into_inner) = wants;
    }

    fn process(&self) -> Result<u64, ActError> {
        if let Some(process) = self.process.get() {
            return Ok(*process);
        }
        let mut bytes = [0; 8];
        self.licenses.ports.entropy.fill(&mut bytes)?;
        Ok(*self.process.get_or_init(|| u64::from_be_bytes(bytes)))
    }

    fn hold(&self, held: Option<Held>) {
        *self.lifeline.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}
