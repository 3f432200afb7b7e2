//! Vault, anchor, secrets and the exchange by file on disk.
//!
//! What is here writes whole files or none and reads them back with suspicion. It decides nothing about licenses, and encrypts
//! nothing with parts of the host: a vault stays readable on whatever host its folder is put, where the domain judges it.

mod anchor;
pub mod atomic;
mod exchange;
mod lock;
mod places;
mod rights;
mod secrets;
mod vault;
mod wrapper;

pub use anchor::FileAnchor;
#[cfg(feature = "pictures")]
pub use exchange::CodesError;
pub use exchange::{FolderExchange, Wanted};
pub use places::{NoPlace, Place, Reach, default_anchor_dir, default_vault_dir};
pub use secrets::FileSecrets;
pub use vault::FileVault;

#[cfg(test)]
mod testing;
