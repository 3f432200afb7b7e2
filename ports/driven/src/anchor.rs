//! A second place, outside the vault.

use keyward_domain::anchor::AnchorContents;
use keyward_domain::signers::VendorId;

use crate::{Cause, Retry};

/// Keeps a vault's count, its trials' first days and its tombstones where deleting or restoring the vault does not reach.
pub trait Anchor: Send + Sync {
    /// What was saved last; an anchor that was never saved is empty.
    fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError>;

    /// Saves. It is on the disk when this returns. What it knew is never lost by it: the larger count, the earlier first day and all tombstones stay.
    fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError>;
}

/// Why an anchor cannot be used. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// It is there and cannot be read.
    #[error("the license anchor at {place} is damaged ({why}); it is written anew by the next activation or refresh")]
    Damaged {
        /// Where it is.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// It uses words this program does not know.
    #[error("the license anchor at {place} was written by a newer Keyward; update the product")]
    Newer {
        /// Where it is.
        place: String,
    },
    /// There is no room for it.
    #[error("there is no room for the license anchor at {place}; free some space, then try again")]
    Full {
        /// Where it is.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// Its place cannot be read or written.
    #[error("the license anchor at {place} cannot be used; check the folder's permissions")]
    Storage {
        /// Where it is.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
}

impl AnchorError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        Retry::Never
    }
}
