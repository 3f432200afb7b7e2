//! What the tests of this crate share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use keyward_domain::keys::SigningKey;
use keyward_domain::signers::VendorId;
use keyward_domain::time::{Boot, Now, Timestamp};
use keyward_domain::vault::VaultContents;
use keyward_ports::{Entropy, EntropyError};

/// Random enough for a test: every call gives other bytes.
#[derive(Default)]
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(0xA0));
        Ok(())
    }
}

pub(crate) fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counting::default())
}

pub(crate) fn vendor(n: u8) -> VendorId {
    VendorId::of(&SigningKey::from_seed(&[n; 32]).public())
}

/// A vault that is told from others by its count.
pub(crate) fn contents(count: u64) -> VaultContents {
    let now = Now { wall: Timestamp::UNIX_EPOCH, running: Duration::ZERO, boot: Boot("first".into()) };
    VaultContents { count, ..VaultContents::new(vendor(1), SigningKey::from_seed(&[2; 32]).public(), &now) }
}
