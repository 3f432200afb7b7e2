//! Keyward for products: open a profile, ask the standing, and act when a person wants to.
//!
//! ```no_run
//! # #[cfg(feature = "online")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use keyward::{Keyward, profile_from_toml};
//!
//! // The profile is a value: a product ships it inside itself.
//! # const PROFILE: &str = "";
//! // const PROFILE: &str = include_str!("cad.toml");
//! let keyward = Keyward::open(profile_from_toml(PROFILE)?)?;
//!
//! if !keyward.standing().may_run() {
//!     keyward.activate("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE".parse()?).wait()?;
//! }
//! # Ok(()) }
//! # #[cfg(not(feature = "online"))] fn main() {}
//! ```
//!
//! [`Keyward::standing`] takes nanoseconds and asks nobody. Acts run on a thread of the SDK; each is a future and can be waited for from
//! code that knows nothing of async. Dropping or cancelling an act loses nothing.
//!
//! A host without a network activates and returns with two files, and so does a build without `online`:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::path::Path;
//! # use keyward::{Keyward, profile_from_toml};
//! # let keyward = Keyward::open(profile_from_toml("")?)?;
//! let request = keyward.request_activation("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE".parse()?)?;
//! let file = request.save(Path::new("/media/stick"))?; // cad2027-03-31.xml
//!
//! // Somebody carries it to the vendor's portal or the reseller, and brings what comes back.
//! let loaded = keyward.load(Path::new("/media/stick/cad2027-03-31-resp.xml"))?;
//! # let _ = (file, loaded);
//! # Ok(()) }
//! ```
//!
//! A seat of a license server is taken at the start, kept in the background, and given back at the end:
//!
//! ```no_run
//! # #[cfg(feature = "online")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use keyward::{Keyward, Seated, profile_from_toml, wish};
//! # let keyward = Keyward::open(profile_from_toml("")?)?;
//! let network = keyward.network(vec!["licenses.example.com".parse()?], wish());
//! if let Seated::Full { refusal, .. } = network.use_seat().wait()? {
//!     println!("{refusal}"); // who has the seats, and the place in the line
//!     network.wait_for_seat(|place| println!("place {place}")).wait()?;
//! }
//! // The product runs; `keyward.watch()` tells what becomes of the seat.
//! network.leave().wait()?;
//! # Ok(()) }
//! # #[cfg(not(feature = "online"))] fn main() {}
//! ```
//!
//! With `default-features = false` the crate has no HTTP client and no async runtime: it reads the vault and verifies it, and exchanges
//! files.

#[cfg(feature = "online")]
mod act;
mod by_file;
mod facade;
#[cfg(feature = "online")]
mod network;
mod profile;
mod server_book;
#[cfg(feature = "vendor")]
pub mod vendor;
#[cfg(feature = "online")]
mod watch;
mod wiring;

#[cfg(feature = "online")]
pub use act::Act;
#[cfg(feature = "pictures")]
pub use by_file::read_answer_pictures;
pub use by_file::{Carried, LoadError, can_be_saved, read_answer, read_answer_codes};
pub use facade::Keyward;
pub use keyward_domain::document::{Hold, Kind, Until, Wish};
pub use keyward_domain::keys::KeyId;
pub use keyward_domain::license_key::{LicenseKey, LicenseKeyError};
pub use keyward_domain::names::{ActivationId, Edition, EntitlementId, Feature, ProductId, ServerAddress, UserName, Version};
pub use keyward_domain::pool::Offer;
pub use keyward_domain::profile::ProductProfile;
pub use keyward_domain::refusal::Refusal;
pub use keyward_domain::standing::{Flag, Reason, Row, Standing, Status, Verdict};
pub use keyward_domain::time::Timestamp;
pub use keyward_domain::vault::{Loss, Taken};
#[cfg(feature = "online")]
pub use keyward_engine::license_manager::network::{Brought, Left, NetworkError, Seated, Tended};
pub use keyward_engine::license_manager::{Awaited, Loaded, TrialBegun, unheard};
pub use keyward_engine::{ActError, HostPorts, LicenseManager, OpenError, Step};
pub use keyward_ports::FileExchangeError;
pub use keyward_wire::Unreadable;
#[cfg(feature = "pictures")]
pub use keyward_wire::pictures::Terminal;
pub use keyward_wire::qr::{MOST_PARTS as MOST_CODES, TooLong};
#[cfg(feature = "online")]
pub use network::{Network, wish};
pub use profile::{profile_from_toml, profile_to_toml};
pub use server_book::ServerBook;
#[cfg(feature = "online")]
pub use watch::Watch;
#[cfg(feature = "online")]
pub use wiring::license_servers;
pub use wiring::{ConfigError, Places, wire};
