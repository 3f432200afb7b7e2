//! The command lines, run as people and scripts run them: the real programs, real HTTPS, files on a disk.
//!
//! Hosts and dates are played (`--simulate`), so that several hosts fit on one machine and no test waits. What is asserted is what a
//! person reads and what a script sees: exit code, stdout, stderr.

#![expect(clippy::expect_used, reason = "what these tests share says its steps as they do")]

mod by_file;
mod by_hand;
#[cfg(unix)]
mod carried;
mod crashes;
#[cfg(target_os = "linux")]
mod cut;
#[cfg(unix)]
mod dying;
mod grammar;
#[cfg(unix)]
mod holding;
mod license_server;
#[cfg(unix)]
mod network;
#[cfg(unix)]
mod office;
#[cfg(unix)]
mod readme;
mod reseller;
mod site;
mod status;
mod trouble;
#[cfg(unix)]
mod twins;
mod vendor;
