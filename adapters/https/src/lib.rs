//! Clients of a key server over HTTPS: the product's [`HttpsKeyServer`], the vendor's [`HttpsConsole`], and the [`Way`] to one for who cannot reach it;
//! and of license servers on the LAN, [`HttpsLicenseServers`].
//!
//! They are given a client (`keyward-proxy` makes it) and decide neither whom to believe nor which way to go out. Nothing here
//! opens an answer, keeps a cookie, follows a redirect or outlives the call that was made.

mod address;
mod admin;
mod call;
mod dead;
mod key_server;
mod license_servers;
#[cfg(test)]
mod loopback;
mod problem;
mod way;

pub use address::BadAddress;
pub use admin::{AdminError, AdminToken, BadToken, HttpsConsole, Method};
pub use key_server::{HttpsKeyServer, Options};
pub use license_servers::{HttpsLicenseServers, KeyOfLine, NewLine, Patience};
pub use way::{Step, Way};
