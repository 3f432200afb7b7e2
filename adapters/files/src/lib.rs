//! Vault, anchor and secrets on disk.
