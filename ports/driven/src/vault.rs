//! Where a host keeps its licenses.

use keyward_domain::vault::VaultContents;

use crate::{Cause, Retry};

/// Keeps the vault of one vendor on one host.
pub trait Vault: Send + Sync {
    /// What was saved last; none = there is no vault. After a crash in the middle of a save it is what was saved before.
    fn load(&self) -> Result<Option<VaultContents>, VaultError>;

    /// Saves, all or nothing. It is on the disk when this returns. Only who leads may save.
    fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError>;

    /// Takes the lead. One process has it at a time; it passes on when it is dropped or its process dies.
    fn lead(&self) -> Result<Lead, VaultError>;

    /// Moves a vault that cannot be read out of the way, so that a new one can be begun. Nothing is thrown away: it stays beside it under another name.
    fn set_aside(&self, lead: &Lead) -> Result<(), VaultError>;

    /// Rises whenever the vault was saved, by whichever process; a watcher that sees it unchanged need not load again.
    fn generation(&self) -> Result<u64, VaultError>;
}

/// The right to save. Dropping it passes it on.
pub struct Lead(#[expect(dead_code, reason = "holding it is its use")] Box<dyn Send + Sync>);

impl Lead {
    /// A lead that lasts as long as a guard.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self(Box::new(guard))
    }
}

/// Why a vault cannot be used. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Another process has the lead.
    #[error("another program is changing the licenses just now{}; try again", .by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default())]
    Led {
        /// Which, if it said so.
        by: Option<String>,
    },
    /// It is there and cannot be read.
    #[error("the license vault at {place} is damaged ({why}); activate again with the license key: this host gets its own slot back")]
    Damaged {
        /// Where it is.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// It was changed by hand.
    #[error("the license vault at {place} was changed by something other than Keyward; activate again with the license key")]
    Tampered {
        /// Where it is.
        place: String,
    },
    /// It uses words this program does not know.
    #[error("the license vault at {place} was written by a newer Keyward (it needs {}); update the product", .needs.join(", "))]
    Newer {
        /// Where it is.
        place: String,
        /// The words.
        needs: Vec<String>,
    },
    /// There is no room.
    #[error("there is no room for the license vault at {place}; free some space; nothing was lost")]
    Full {
        /// Where it is.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// Its place cannot be read or written.
    #[error("the license vault at {place} cannot be used; check the folder's permissions")]
    Storage {
        /// Where it is.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
}

impl VaultError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Led { .. } => Retry::Now,
            Self::Damaged { .. } | Self::Tampered { .. } | Self::Newer { .. } | Self::Full { .. } | Self::Storage { .. } => Retry::Never,
        }
    }
}
