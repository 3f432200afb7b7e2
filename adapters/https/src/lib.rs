//! Clients of a key server over HTTPS: the product's [`HttpsKeyServer`] and the vendor's [`HttpsConsole`].
//!
//! They are given a client (`keyward-proxy` makes it) and decide neither whom to believe nor which way to go out. Nothing here
//! opens an answer, keeps a cookie, follows a redirect or outlives the call that was made.

mod address;
mod admin;
mod call;
mod dead;
mod key_server;
#[cfg(test)]
mod loopback;
mod problem;

pub use address::BadAddress;
pub use admin::{AdminError, AdminToken, BadToken, HttpsConsole, Method};
pub use key_server::{HttpsKeyServer, Options};
