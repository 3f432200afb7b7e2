//! The Keyward servers.

fn main() {}
