//! What the hexagon asks of the outside: traits, their promises, their errors.
//!
//! A promise is a sentence in a trait's documentation; each has a case in `tests/conformance`, which every adapter runs, fakes included.
//! Errors speak the caller's words; the library's cause is boxed behind them.

mod anchor;
mod clock;
mod entropy;
mod file_exchange;
mod host_probe;
mod journal;
mod key_server;
mod ledger;
mod mailer;
mod seats;
mod secrets;
mod signer;
mod timer;
mod vault;

use std::time::Duration;

pub use anchor::{Anchor, AnchorError};
pub use clock::{Clock, Second};
pub use entropy::{Entropy, EntropyError};
pub use file_exchange::{Document, FileExchange, FileExchangeError, FileName, FilePlace};
pub use host_probe::{HostProbe, Probed};
pub use journal::{Journal, JournalError};
pub use key_server::{Attempt, KeyServer, KeyServerError, Trouble};
pub use ledger::{Committed, Deed, Ledger, LedgerError, Look, Page, Query, Versioned, View, Write, look};
pub use mailer::{Letter, Mailer, MailerError};
pub use seats::{Beaten, CheckedOut, LicenseServers, MeetError, Met, Seats, SeatsError};
pub use secrets::{SecretName, Secrets, SecretsError};
pub use signer::{Signer, SignerError, SoftwareSigner};
pub use timer::Timer;
pub use vault::{Lead, Vault, VaultError};

/// What a library said, kept for those who look closely.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Whether the same thing may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// At once.
    Now,
    /// After so long.
    After(Duration),
    /// Not before something was done about it.
    Never,
}
