//! Key server over HTTPS: exchange, admin API, health, metrics.
