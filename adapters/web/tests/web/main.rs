//! A key server over real loopback sockets, with everything behind it in memory.

#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

mod admin;
mod connections;
mod description;
mod exchange;
mod life;
mod limits;
mod logs;
mod portal;
mod problems;
mod seats;
mod staff;
mod watch;
mod world;
