//! What is fuzzed: the functions that the tests of `keyward-wire` call with inputs of their own.

#[path = "../../adapters/wire/tests/readers/targets.rs"]
mod targets;

/// Hands bytes to a reader.
///
/// # Panics
/// Where the reader is wrong, or where there is no reader of that name.
pub fn run(name: &str, bytes: &[u8]) {
    let known = targets::TARGETS.iter().find(|(known, _)| *known == name);
    let Some((_, target)) = known else { panic!("no reader is called {name}") };
    target(bytes);
}
