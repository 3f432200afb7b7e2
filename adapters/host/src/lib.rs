//! Fingerprint parts, clock, host name, entropy.
