//! In-memory twins of every driven port, and decorators that make them fail: for a vendor's own test-suite as much as for ours.
//!
//! A product that embeds Keyward is tested against these instead of a network, a disk and a wall clock: nothing sleeps, nothing is
//! left behind, and every run is the same. A fake has no rules of its own: the domain decides, a fake keeps and brings. Each runs the
//! same list of promises as the real adapter does (`tests/conformance`).
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use keyward_fakes::{FakeClock, FakeEntropy, FakeHost};
//! use keyward_ports::{Clock as _, HostProbe as _};
//!
//! let clock = Arc::new(FakeClock::at("2027-01-01T09:00:00Z".parse()?));
//! clock.advance(Duration::from_secs(31 * 86_400)); // The trial is over, and nobody waited.
//! assert_eq!(clock.now().wall.to_string(), "2027-02-01T09:00:00Z");
//!
//! let drawing_office = FakeHost::named("drawing-office")?;
//! let stolen_copy = drawing_office.clone(); // The same parts: a cloned machine.
//! assert_eq!(drawing_office.look().parts, stolen_copy.look().parts);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - Twins: [`FakeLedger`], [`FakeJournal`], [`FakeVault`], [`FakeAnchor`], [`FakeSecrets`], [`FakeClock`], [`FakeTimer`], [`FakeEntropy`], [`FakeHost`],
//!   [`FakeMailer`], [`FakeFileExchange`], [`FakeKeyServer`] (the real issuer, asked directly), [`FakeLicenseServers`] (real license servers, each at its address).
//!   What keeps something gives an image of it away (`image`) and takes one back (`restore`): a backup, a restored backup, a copy on
//!   another host. `dump` shows everything that was kept, so that a test can search it for what must not be there.
//! - Decorators: [`Flaky`] loses and delays what travels, [`Recording`] remembers it, [`Crashing`] dies at a named point.
//! - [`ToyBackend`], a foreign backend with a format of its own, and [`ToyScheme`], which opens what it says: an example to start from
//!   for whoever puts Keyward in front of another licensing service.

mod anchor;
mod clock;
mod crash;
mod entropy;
mod file_exchange;
mod flaky;
mod host;
mod journal;
mod key_server;
mod ledger;
mod mailer;
mod recording;
mod seats;
mod secrets;
#[cfg(test)]
mod testing;
mod timer;
mod toy;
mod vault;
pub mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use anchor::{AnchorImage, FakeAnchor};
pub use clock::FakeClock;
pub use crash::{CrashPlan, CrashPoint, Crashed, Crashing, UnknownCrashPoint};
pub use entropy::FakeEntropy;
pub use file_exchange::FakeFileExchange;
pub use flaky::{Chances, Fate, Flaky, Tally};
pub use host::FakeHost;
pub use journal::{FakeJournal, JournalImage};
pub use key_server::FakeKeyServer;
pub use ledger::{FakeLedger, LedgerImage};
pub use mailer::FakeMailer;
pub use recording::Recording;
pub use seats::FakeLicenseServers;
pub use secrets::{FakeSecrets, SecretsImage};
pub use timer::FakeTimer;
pub use toy::{ToyBackend, ToyScheme, ToyTerms};
pub use vault::{FakeVault, VaultImage};

/// What lies behind a lock. A test that panicked while it held the lock has failed already; the others go on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The disk of a fake that was told to be full.
#[derive(Debug, thiserror::Error)]
#[error("no space left on the fake disk")]
struct DiskFull;
