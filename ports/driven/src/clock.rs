//! The host's clocks.

use keyward_domain::time::Now;

/// Reads the host's clocks: wall, running time, boot.
pub trait Clock: Send + Sync {
    /// One reading. Within one boot, running time never goes back.
    fn now(&self) -> Now;
}
