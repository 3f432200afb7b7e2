//! Ledger on SQLite.
