//! What a license is and what may happen to it: every decision Keyward makes.
//!
//! Nothing here reads a clock, a file, a socket or a random number. Whoever drives the domain hands it documents,
//! observations and [`time::Now`], and carries out what it answers.
//!
//! The four circles, from the inside out:
//! - words and proofs: [`names`], [`keys`], [`seal`], [`document`], [`license_key`], [`time`], [`host`], [`rights`], [`refusal`];
//! - the licensed host: [`license`], [`standing`], [`vault`], [`anchor`], [`profile`];
//! - the license server: [`pool`];
//! - the vendor: [`product`], [`entitlement`], [`trial`], [`device`], [`record`], [`signers`], [`staff`].

pub mod anchor;
pub mod device;
pub mod document;
pub mod entitlement;
#[cfg(test)]
mod golden;
pub mod host;
pub mod keys;
pub mod license;
pub mod license_key;
pub mod names;
pub mod pool;
pub mod product;
pub mod profile;
pub mod record;
pub mod refusal;
pub mod rights;
pub mod seal;
pub mod signers;
pub mod staff;
pub mod standing;
#[cfg(test)]
mod testing;
pub mod time;
pub mod trial;
pub mod vault;
