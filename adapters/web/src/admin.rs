//! The vendor's admin API: each handler reads, asks the console once, and writes what came back.

pub(crate) mod answers;
pub(crate) mod entitlements;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod products;
pub(crate) mod tokens;

use serde::Deserialize;

/// Entries of a page, if nobody says how many.
const USUAL: u32 = 100;
/// Entries of a page, at most.
const MOST: u32 = 1_000;

/// Which page of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    after: Option<String>,
    most: Option<u32>,
}

/// How many entries a page has.
pub(crate) fn most(asked: Option<u32>) -> u32 {
    asked.unwrap_or(USUAL).clamp(1, MOST)
}
