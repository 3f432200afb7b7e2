//! Matrix, stories, simulation, architecture, command lines, durability: what the product does as a whole.
//!
//! The tests stand in `tests/`; here is what several of their binaries share.

pub mod guides;
mod nobody;
pub mod pool;
mod programs;

pub use nobody::Nobody;
pub use programs::program;
