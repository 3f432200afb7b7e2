//! What was acknowledged stays: the real servers and the real client on real disks, killed, traced, out of room, restored.
//!
//! Everything here is a process on loopback with a folder of its own, and dies with its test.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "an expectation of a test says its step; clippy sees tests in `#[test]` functions alone")]

mod backups;
mod books;
mod crashes;
mod first_start;
mod full_disk;
mod host;
mod journal;
mod killed;
mod planted;
mod race;
mod restored;
mod server;
mod shop;
mod syscalls;
mod trace;
