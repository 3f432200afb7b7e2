//! What the outside may ask of the hexagon: plain structs over driven ports.
//!
//! - [`LicenseManager`]: a host's side: trial, activate, refresh, return, standing.
//! - [`Issuer`]: the key server's side of the exchange: a request in, a signed answer out.
//! - [`PoolKeeper`]: a license server's pool: seats, loans, beats and the queue.
//! - [`LicenseServer`]: all pools of a license server, and the way to its vendor.
//! - [`Console`]: the vendor's administration: products, license keys, the vendor's keys.
//! - [`Portal`]: the vendor's customers in a browser: requests and answers as files, a lost device's slot.
//!
//! Nothing here decides about licenses: it loads, asks the domain, saves, and only then tells (promise 3).

pub mod answer_file;
pub mod console;
pub mod issuer;
pub mod license_manager;
pub mod license_server;
pub mod pool_keeper;
pub mod portal;
mod vendor_keys;

pub use console::{Console, ConsoleError};
pub use issuer::{Answered, Issuer, IssuerError, Says};
pub use license_manager::{ActError, HostPorts, LicenseManager, OpenError, Step};
pub use license_server::{LicenseServer, ServerError};
pub use pool_keeper::{KeeperError, PoolKeeper};
pub use portal::{Portal, PortalError};
pub use vendor_keys::KeysError;
