//! What a host is and tells: its clocks, its random numbers, its name and its physical parts.
//!
//! What is here looks and reports. Whether it is the host a license was bound to, and what the time is, the domain judges.
//! Nothing here asks for rights, opens a socket or, on Linux, macOS and Windows, starts another program.

mod clock;
mod entropy;
mod probe;
#[cfg(any(windows, test))]
mod smbios;

pub use clock::SystemClock;
pub use entropy::SystemEntropy;
pub use probe::SystemProbe;
