//! One world and its observer: a step is one event, then a look at everything it can have touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Budget, Terms};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::signers::VendorId;
use keyward_domain::time::Timestamp;
use keyward_fakes::LedgerImage;
use keyward_fakes::world::{Backup, Host, Outfit, World};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::by_file::Drawer;
use crate::events;
use crate::observer::{Books, HostModel, Key, ServerModel, Truth};
use crate::tally::Tally;
use crate::tap::{Tap, Tapped};
use crate::trail::{Broken, Trail};

const HOSTS: [&str; 6] = ["ada", "bob", "cyd", "dan", "eve", "fay"];
pub(crate) const SERVERS: [&str; 2] = ["keys", "keys-2"];

pub(crate) struct Simulation {
    pub(crate) seed: u64,
    pub(crate) step: u64,
    pub(crate) world: World,
    pub(crate) vendor: VendorId,
    pub(crate) tap: Arc<Tap>,
    pub(crate) dice: ChaCha8Rng,
    pub(crate) keys: Vec<Key>,
    pub(crate) hosts: BTreeMap<String, HostModel>,
    pub(crate) server: ServerModel,
    pub(crate) truth: Truth,
    pub(crate) books: Books,
    pub(crate) backups: Vec<(String, Backup, HostModel)>,
    pub(crate) ledgers: Vec<(LedgerImage, ServerModel)>,
    pub(crate) drawer: Drawer,
    pub(crate) freed: Option<(EntitlementId, ActivationId)>,
    /// What was given back or moved in this step, and whose it was.
    pub(crate) lost: BTreeSet<(ActivationId, PublicKey)>,
    /// The devices that the servers knew before this step.
    pub(crate) known: BTreeSet<PublicKey>,
    pub(crate) touched: BTreeSet<String>,
    pub(crate) tally: Tally,
    trail: Trail,
    broken: Option<Broken>,
}

impl Simulation {
    pub(crate) fn new(seed: u64, plant: Arc<dyn Outfit>) -> Self {
        let tap = Tap::new();
        let world = World::fitted(seed, Arc::new(Tapped { tap: Arc::clone(&tap), plant }));
        let vendor = world.vendor().profile().vendor;
        tap.is_of(vendor);
        let mut simulation = Self {
            seed,
            step: 0,
            vendor,
            tap,
            dice: ChaCha8Rng::seed_from_u64(seed),
            keys: Vec::new(),
            hosts: BTreeMap::new(),
            server: ServerModel::default(),
            truth: Truth { statement: 1, ..Truth::default() },
            books: Books::default(),
            backups: Vec::new(),
            ledgers: Vec::new(),
            drawer: Drawer::default(),
            freed: None,
            lost: BTreeSet::new(),
            known: BTreeSet::new(),
            touched: BTreeSet::new(),
            tally: Tally { worlds: 1, ..Tally::default() },
            trail: Trail::default(),
            broken: None,
            world,
        };
        for server in SERVERS {
            simulation.world.vendor().server(server);
        }
        for (activations, rented) in [(1, false), (2, false), (1, true), (2, false), (3, true), (1, false)] {
            simulation.sell(activations, rented);
        }
        for host in HOSTS {
            simulation.meet(&simulation.world.host(host), HostModel::default());
        }
        simulation.balance(&[]);
        simulation
    }

    /// Sells something: every second one with a duty of contact, budgets of all sizes.
    pub(crate) fn sell(&mut self, activations: u32, rented: bool) {
        let vendor = self.world.vendor();
        let contact = if self.keys.len() % 2 == 1 { Contact::Every { days: 30, grace: 14 } } else { Contact::None };
        let terms = if rented {
            vendor.rental(keyward_domain::time::after(self.world.now(), keyward_domain::time::days(60)))
        } else {
            vendor.terms()
        };
        let (moves, transfers) = (self.budget(), self.budget());
        let terms = Terms { allowance: Allowance::Activations(activations), contact, moves, transfers, ..terms };
        let sold = self.world.vendor().sell(terms).expect("it can be sold");
        self.truth.sold.insert(sold.id.clone());
        self.keys.push(Key { id: sold.id, key: sold.key, replaced: Vec::new(), activations, moves, transfers });
    }

    fn budget(&mut self) -> Budget {
        Budget { times: self.dice.random_range(1..4), days: *self.pick(&[30, 60, 90]) }
    }

    /// A new host: the observer looks at its disks from now on.
    pub(crate) fn meet(&mut self, host: &Host, model: HostModel) {
        let disks = (Arc::clone(host.vault()), Arc::clone(host.anchor()));
        self.tap.heard().disks.insert(host.name().into(), disks);
        self.hosts.insert(host.name().into(), model);
        self.touched.insert(host.name().into());
    }

    /// Plays one event and looks.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        self.step += 1;
        let event = events::draw(self);
        self.tally.event(event.name);
        (event.play)(self);
        self.look();
        if self.step % 1000 == 400 {
            self.search();
        }
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Looks at everything that was touched and heard since the last look.
    pub(crate) fn look(&mut self) {
        let (arrivals, sent, untold) = {
            let mut heard = self.tap.heard();
            heard.brought.clear();
            (std::mem::take(&mut heard.arrivals), std::mem::take(&mut heard.sent), std::mem::take(&mut heard.untold))
        };
        for (host, what) in untold {
            self.broken("P3", &host, what);
        }
        for (host, request) in &sent {
            self.look_at_count(host, request);
        }
        self.lost.clear();
        self.known = self.server.devices.keys().copied().collect();
        for place in 0..arrivals.len() {
            self.look_at_delivery(&arrivals, place);
        }
        if !arrivals.is_empty() || self.freed.is_some() {
            self.balance(&arrivals);
        }
        for host in std::mem::take(&mut self.touched) {
            self.look_at_host(&host);
        }
    }

    /// Whatever was observed, the first promise that is broken counts.
    pub(crate) fn broken(&mut self, promise: &'static str, host: &str, what: impl Into<String>) {
        if self.broken.is_some() {
            return;
        }
        let trail = self.trail.about(&[host, "vendor", "time"]);
        let what = if host.is_empty() { what.into() } else { format!("on {host}: {}", what.into()) };
        self.broken = Some(Broken { promise, step: self.step, seed: self.seed, what, trail });
    }

    pub(crate) fn note(&mut self, line: impl fmt::Display) {
        self.trail.note(format!("{:>5} {} {line}", self.step, self.world.now()));
    }

    /// Time passes; every host sleeps but those that are awake.
    pub(crate) fn sleep(&mut self, by: Duration, awake: &[Arc<Host>]) {
        self.world.sleep(by);
        for (_, model) in self.hosts.iter_mut().filter(|(name, _)| !awake.iter().any(|host| host.name() == *name)) {
            model.slept += by;
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.dice.random_range(0..all.len())]
    }

    /// A chance in a hundred.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.dice.random_range(0..100) < percent
    }

    pub(crate) fn a_host(&mut self) -> Arc<Host> {
        let names: Vec<_> = self.hosts.keys().cloned().collect();
        let name = self.pick(&names).clone();
        self.touched.insert(name.clone());
        self.world.host(&name)
    }

    pub(crate) fn model(&mut self, host: &Host) -> &mut HostModel {
        self.hosts.entry(host.name().into()).or_default()
    }

    pub(crate) fn into_tally(self) -> Tally {
        self.tally
    }
}
