//! Matrix, stories, simulation, architecture, command lines, durability: what the product does as a whole.
//!
//! The tests stand in `tests/`; here is what several of their binaries share.

pub mod guides;
pub mod pool;
mod programs;

pub use programs::program;
