//! A world in one process: a vendor, its key servers, and hosts, with clocks that are turned by numbers.
//!
//! Everything is real but the outside: hosts run the real `LicenseManager`, the vendor the real `Console`, servers the real `Issuer`; disks,
//! networks, clocks and random bytes are fakes that one seed stands for. Nothing waits, nothing is left behind, and the same seed is the same
//! world. What a world does not have: bytes on a wire and files on a disk; the adapters' own tests are for those.
//!
//! ```
//! use keyward_domain::standing::{Reason, Verdict};
//! use keyward_domain::time::days;
//! use keyward_fakes::Fate;
//! use keyward_fakes::world::World;
//!
//! let world = World::new(7);
//! let vendor = world.vendor();
//! let sold = vendor.sell(vendor.rental(world.day(365)))?;
//!
//! // The first answer is lost on its way. Asked again, the server gives it again.
//! let office = world.host("office");
//! office.carrier().script([Fate::ReplyLost]);
//! assert_eq!(office.activate(&sold.key).expect_err("nobody answered").code(), "no-answer");
//! let activation = office.activate(&sold.key)?;
//! assert!(office.standing().may_run());
//!
//! // One activation was sold, and it is in use.
//! let home = world.host("home");
//! assert_eq!(home.activate(&sold.key).expect_err("it is in use").code(), "no-activation-left");
//! office.return_license(&activation)?;
//! home.activate(&sold.key)?;
//!
//! // A year later.
//! world.advance(days(365));
//! assert!(matches!(home.standing().verdict, Verdict::Stopped { reason: Reason::Expired { .. } }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What goes wrong in the world goes wrong here: [`Host::crash_at`], [`Host::restore`], [`Host::copy_vault_to`], [`World::clone_host`],
//! [`Server::stop`], [`Server::restore`], and whatever a test puts in between with an [`Outfit`].

mod host;
mod outfit;
mod pausing;
mod route;
mod run;
mod server;
mod vendor;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_domain::seal::Keyward;
use keyward_domain::time::{Timestamp, after, days};

use crate::{FakeClock, FakeHost, locked};
use host::Home;
pub use host::{Backup, Host, Installed, Refreshed};
pub use outfit::Outfit;
use outfit::Plain;
use route::Route;
pub use run::{cancel_after, in_turn, run};
pub use server::Server;
pub use vendor::{Sold, Vendor};

/// A vendor, its servers and hosts.
pub struct World {
    seed: u64,
    born: Timestamp,
    outfit: Arc<dyn Outfit>,
    vendor: Vendor,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    passed: Mutex<Duration>,
    /// So many hosts were ever made.
    made: Mutex<u64>,
}

impl World {
    /// The world that a seed stands for. It begins on 2027-01-01 with one server, `keys`, that sells nothing yet.
    pub fn new(seed: u64) -> Self {
        Self::fitted(seed, Arc::new(Plain))
    }

    /// The same, with something of a test's own between its processes and their ports.
    pub fn fitted(seed: u64, outfit: Arc<dyn Outfit>) -> Self {
        // 2027-01-01T00:00:00Z.
        let born = after(Timestamp::UNIX_EPOCH, Duration::from_secs(1_798_761_600));
        let vendor = Vendor::new(mix(seed, 0), born, Arc::clone(&outfit));
        vendor.server("keys");
        Self { seed, born, outfit, vendor, hosts: Mutex::default(), passed: Mutex::default(), made: Mutex::default() }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The vendor.
    pub fn vendor(&self) -> &Vendor {
        &self.vendor
    }

    /// A host by its name. At the first mention it is made, with parts of its own and the vendor's product installed.
    pub fn host(&self, name: &str) -> Arc<Host> {
        let route = Route::to(self.vendor.list());
        let key_server = Arc::new(route.clone());
        let installed = || Installed { profile: self.vendor.profile(), key_server, scheme: Arc::new(Keyward) };
        self.make(name, || Home { installed: installed(), outfit: Arc::clone(&self.outfit), route: Some(route) })
    }

    /// A host with another product, or another backend, installed.
    pub fn host_with(&self, name: &str, installed: Installed) -> Arc<Host> {
        self.make(name, || Home { installed, outfit: Arc::clone(&self.outfit), route: None })
    }

    /// A copy of a whole machine, private keys, parts, name and all, as a virtual machine is cloned. It is booted just now.
    pub fn clone_host(&self, original: &Host, name: &str) -> Arc<Host> {
        let mut hosts = locked(&self.hosts);
        let clone = Host::new(name, self.seed_of_next(), original.clock().of_a_copy(), FakeHost::clone(original.parts()), original.home());
        let clone = Arc::new(clone);
        clone.restore_both(&original.snapshot());
        hosts.insert(name.into(), Arc::clone(&clone));
        clone
    }

    /// All hosts, in the order of their names.
    pub fn hosts(&self) -> Vec<Arc<Host>> {
        locked(&self.hosts).values().cloned().collect()
    }

    /// Lets time pass everywhere. Products run, but write nothing down unless they [`Host::tick`].
    pub fn advance(&self, by: Duration) {
        *locked(&self.passed) += by;
        self.vendor.clock().advance(by);
        for server in self.vendor.servers() {
            server.clock().advance(by);
        }
        for host in self.hosts() {
            host.clock().advance(by);
        }
    }

    /// Lets time pass while every host sleeps: wall clocks go on, running time does not.
    pub fn sleep(&self, by: Duration) {
        *locked(&self.passed) += by;
        self.vendor.clock().advance(by);
        for server in self.vendor.servers() {
            server.clock().advance(by);
        }
        for host in self.hosts() {
            host.clock().sleep_through(by);
        }
    }

    /// What time it really is, whatever anybody's clock shows.
    pub fn now(&self) -> Timestamp {
        after(self.born, *locked(&self.passed))
    }

    /// So many days after the world began.
    pub fn day(&self, n: u64) -> Timestamp {
        after(self.born, days(n))
    }

    #[expect(clippy::expect_used, reason = "documented: a host's name is a host's name")]
    fn make(&self, name: &str, home: impl FnOnce() -> Home) -> Arc<Host> {
        let mut hosts = locked(&self.hosts);
        if let Some(known) = hosts.get(name) {
            return Arc::clone(known);
        }
        let parts = FakeHost::named(name).expect("a host's name is printable and short");
        let host = Arc::new(Host::new(name, self.seed_of_next(), FakeClock::at(self.now()), parts, home()));
        hosts.insert(name.into(), Arc::clone(&host));
        host
    }

    /// No two hosts have the same random bytes, whatever became of those that were called the same.
    fn seed_of_next(&self) -> u64 {
        let mut made = locked(&self.made);
        *made += 1;
        mix(self.seed, *made)
    }
}

/// Seeds that have nothing to do with one another (SplitMix64).
fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A name that is known to be one.
#[expect(clippy::expect_used, reason = "the names of a world are constants, or said to be names by whoever calls")]
fn name<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}
