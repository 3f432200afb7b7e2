//! Makes the HTTP client that every client adapter is given: whom it believes, which way it goes out, how long it waits.
//!
//! Nothing here knows what is asked of a server. There is no way to switch the checking of certificates off; a profile's
//! authorities replace the platform's, and its pins come on top of whichever are used. Clients of license servers, which no authority
//! vouches for, hold one key for all their connections instead ([`HeldKey`]).

mod client;
mod held;
mod pins;
mod verifier;

pub use client::{ClientConfig, ClientError, LanConfig, Proxy, client, lan_client};
pub use held::HeldKey;
