//! Key server client over HTTPS.
