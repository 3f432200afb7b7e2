//! keyward-load and the criterion benches.
