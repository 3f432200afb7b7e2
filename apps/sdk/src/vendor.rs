//! The vendor's admin client: products, license keys and the vendor's keys on a key server.

pub use keyward_https::{AdminError, AdminToken, BadToken, HttpsConsole, Method};
pub use keyward_wire as wire;
