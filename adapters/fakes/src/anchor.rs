//! An anchor in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use keyward_domain::anchor::AnchorContents;
use keyward_domain::signers::VendorId;
use keyward_ports::{Anchor, AnchorError};

use crate::locked;

/// An anchor in memory: one host's, for all vendors.
#[derive(Debug, Default)]
pub struct FakeAnchor {
    kept: Mutex<AnchorImage>,
}

/// All that an anchor keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnchorImage(BTreeMap<VendorId, AnchorContents>);

impl FakeAnchor {
    /// An anchor that was never saved.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all it keeps.
    pub fn image(&self) -> AnchorImage {
        locked(&self.kept).clone()
    }

    /// Puts a copy back, as somebody does who restores a whole host. Unlike a save, this forgets.
    pub fn restore(&self, image: AnchorImage) {
        *locked(&self.kept) = image;
    }

    /// Everything that was kept, as JSON.
    pub fn dump(&self) -> String {
        serde_json::to_string(&locked(&self.kept).0.iter().collect::<Vec<_>>()).unwrap_or_default()
    }
}

impl Anchor for FakeAnchor {
    fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError> {
        Ok(locked(&self.kept).0.get(vendor).cloned().unwrap_or_default())
    }

    fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError> {
        locked(&self.kept).0.entry(*vendor).or_default().absorb(contents);
        Ok(())
    }
}
