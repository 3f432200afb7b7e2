//! The carriers' clothes: what a key server and its clients say to each other over HTTP, besides what the domain says itself, and what
//! people carry for them: [`xml`] files and [`qr`] codes.
//!
//! Products, terms, entitlements, lines of the log, profiles, envelopes and key statements have serde forms of their own and travel as
//! they are. Here stands what only the carrier needs: lists in pages, small request bodies, the secrets that are handed over once,
//! and the [`Problem`] that every error is.
//!
//! Nothing here does I/O or decides anything. Golden files in `tests/golden` pin every form.

pub mod armour;
mod bodies;
pub mod media;
mod pages;
#[cfg(feature = "pictures")]
pub mod pictures;
mod problem;
pub mod qr;
pub mod seats;
mod secrets;
mod unreadable;
pub mod xml;

pub use bodies::{Accepted, AddToken, Extend, Free, Health, Owner, Pulse};
pub use pages::{EntitlementPage, LogLine, LogPage, ProductPage, TokenLine, TokenList};
pub use problem::Problem;
pub use secrets::{Issued, IssuedToken, RootSeed};
pub use unreadable::{Paper, Unreadable};

/// The name of a scheme as a file or a code says it.
fn scheme(name: &str) -> Result<keyward_domain::seal::SchemeName, Unreadable> {
    name.to_owned().try_into().map_err(|_| Unreadable::Hostile("a name of extraordinary length"))
}

/// Where requests are sent: `POST`, an envelope in, an answer out.
pub const EXCHANGE_PATH: &str = "/v1/exchange";
/// What the paths of the admin API begin with.
pub const ADMIN_PATH: &str = "/v1/admin";
