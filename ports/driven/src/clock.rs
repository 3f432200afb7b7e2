//! The host's clocks.

use keyward_domain::time::Now;

/// Reads the host's clocks: wall, running time, boot.
pub trait Clock: Send + Sync {
    /// One reading. Within one boot, running time never goes back.
    fn now(&self) -> Now;

    /// Which second it is: cheaper than [`Self::now`], for whoever only wants to know whether anything has changed. Two that are equal have no
    /// full second between them, neither of wall nor of running time; it may come late by a tick of the system's clock, some milliseconds.
    fn second(&self) -> Second {
        let now = self.now();
        Second { wall: now.wall.as_second(), running: now.running.as_secs() }
    }
}

/// One second of a host's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Second {
    /// Of the wall clock, since 1970.
    pub wall: i64,
    /// Of a clock that nobody sets; comparable within one process.
    pub running: u64,
}
