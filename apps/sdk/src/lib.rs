//! Keyward for products: open a profile, ask the standing.
