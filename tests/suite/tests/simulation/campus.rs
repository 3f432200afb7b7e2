//! The other kind of world: a vendor, three license servers or four, and fifty hosts or more that share their seats. Everything is real but
//! disks, cables and clocks: hosts ask through the real `Network`, servers are the real `LicenseServer` over journals that can crash.
//!
//! An observer outside hears what leaves the servers' doors and reads what is on the hosts' disks. It counts windows of signed leases and
//! loans by itself; it is not told what the books say, but compares them with what it counted.

mod acts;
mod administering;
mod by_file;
mod clocks;
mod desk;
mod ending;
mod events;
mod machines;
mod minding;
mod planted;
mod plants;
mod pools;
mod power;
mod refusals;
mod site;
mod time;
mod twins;
mod windows;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Borrowing, Per, Seats, Terms};
use keyward_domain::keys::PublicKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{EntitlementId, ServerAddress};
use keyward_domain::pool::Beat;
use keyward_domain::seal::Digest;
use keyward_domain::time::{Timestamp, after, days};
use keyward_engine::license_manager::unheard;
use keyward_fakes::CrashPlan;
use keyward_fakes::world::{Outfit, World, run};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::Honest;
use crate::tally::Tally;
use crate::tap::Tap;
use crate::trail::{Broken, Trail};
use desk::Desk;
use pools::{Fault, Pool};
use power::Power;
use site::{Backup, Site};
use windows::Notes;
use wire::Lan;
pub(crate) use wire::Plant;

/// So many hosts there are at the least.
const HOSTS: usize = 50;
const SITES: [&str; 4] = ["cellar", "attic", "annex", "lodge"];
/// Hosts' outfits are those of the other world's hosts.
const VENDOR: &str = "keys";

impl Plant for Honest {}

pub(crate) struct Campus {
    seed: u64,
    step: u64,
    world: World,
    power: Power,
    lan: Arc<Lan>,
    dice: ChaCha8Rng,
    sites: Vec<Site>,
    desks: Vec<Desk>,
    pools: BTreeMap<EntitlementId, Pool>,
    keys: BTreeMap<EntitlementId, Arc<LicenseKey>>,
    /// Backups of servers, and what the observer had heard when they were made.
    backups: Vec<(usize, Backup, BTreeMap<EntitlementId, Notes>)>,
    machines: Vec<(usize, keyward_fakes::world::Backup)>,
    drawer: by_file::Drawer,
    beats: Vec<(Beat, ServerAddress)>,
    /// How often each request came to a server.
    asked: BTreeMap<(usize, Digest), u32>,
    /// Who was refused what in the act that goes on.
    refused: BTreeSet<(String, &'static str)>,
    /// Hosts and servers that something happened to.
    touched: BTreeSet<usize>,
    stirred: BTreeSet<usize>,
    clones: usize,
    /// Keys of vaults that there are two of.
    copied: BTreeSet<PublicKey>,
    twins: usize,
    tally: Tally,
    trail: Trail,
    broken: Option<Broken>,
}

impl Campus {
    pub(crate) fn new(seed: u64, plant: Arc<dyn Plant>) -> Self {
        let tap = Tap::new();
        let world = World::fitted(seed, Arc::clone(&plant) as Arc<dyn Outfit>);
        tap.is_of(world.vendor().profile().vendor);
        let mut campus = Self {
            seed,
            step: 0,
            power: Power::default(),
            lan: Lan::new(plant, tap),
            dice: ChaCha8Rng::seed_from_u64(seed),
            sites: Vec::new(),
            desks: Vec::new(),
            pools: BTreeMap::new(),
            keys: BTreeMap::new(),
            backups: Vec::new(),
            machines: Vec::new(),
            drawer: by_file::Drawer::default(),
            beats: Vec::new(),
            asked: BTreeMap::new(),
            refused: BTreeSet::new(),
            touched: BTreeSet::new(),
            stirred: BTreeSet::new(),
            clones: 0,
            copied: BTreeSet::new(),
            twins: 0,
            tally: Tally { worlds: 1, ..Tally::default() },
            trail: Trail::default(),
            broken: None,
            world,
        };
        let sites = campus.dice.random_range(3..=SITES.len());
        for name in &SITES[..sites] {
            campus.sites.push(Site::new(&campus.world, name));
        }
        for site in 0..sites {
            assert!(campus.start(site, CrashPlan::never()), "nothing kills it");
            campus.license(site);
        }
        for n in 0..HOSTS + campus.dice.random_range(0..8) {
            campus.meet(&format!("host-{n}"));
        }
        campus.look();
        campus
    }

    /// Sells a license for a site, and activates it there.
    fn license(&mut self, site: usize) {
        let terms = self.terms(site);
        let sold = self.world.vendor().sell(terms).expect("it can be sold");
        self.keys.insert(sold.id.clone(), Arc::clone(&sold.key));
        let manager = self.sites[site].host.licenses();
        if run(manager.delegate(sold.key, &unheard)).is_ok() {
            let name = self.sites[site].name().to_owned();
            self.note(format_args!("vendor: {} is delegated to {name}", sold.id));
            self.stirred.insert(site);
            self.mind(site);
        }
    }

    /// Pools of all kinds: small enough to be fought for.
    fn terms(&mut self, site: usize) -> Terms {
        let vendor = self.world.vendor();
        let days_of_loans = self.dice.random_range(3..8);
        let borrowing = (site != 2).then_some(Borrowing { days: days_of_loans, seats: self.dice.random_range(1..4) });
        let per = [Per::User, Per::User, Per::Host, Per::User][site % 4];
        // As short as may be, so that it is renewed in time, or is not.
        let delegated_days = Some(days_of_loans + self.dice.random_range(0..3));
        let overdraft = self.dice.random_range(0..3);
        let pool = Seats { overdraft, borrowing, per, delegated_days, ..Seats::of(self.dice.random_range(3..9)) };
        let contact = if site == 1 { Contact::Every { days: 2, grace: 1 } } else { Contact::None };
        let rented = after(self.world.now(), days(self.dice.random_range(20..60)));
        let terms = if site == 3 { vendor.rental(rented) } else { vendor.terms() };
        Terms { allowance: Allowance::Seats(pool), contact, ..Terms { key_type: vendor.network(1).key_type, ..terms } }
    }

    /// A new host: one server is its own, the others it asks when that is silent.
    fn meet(&mut self, name: &str) -> usize {
        let host = self.world.host(name);
        let own = self.dice.random_range(0..self.sites.len());
        let mut servers: Vec<ServerAddress> = vec![self.sites[own].at.clone()];
        let other = self.dice.random_range(0..self.sites.len());
        if other != own && self.chance(50) {
            servers.push(self.sites[other].at.clone());
        }
        let user = format!("user-of-{name}").parse().expect("a name");
        self.desks.push(Desk::new(Arc::clone(&host), user, servers, &self.lan));
        self.watch(name);
        self.desks.len() - 1
    }

    /// The observer looks at a host's disks from now on.
    fn watch(&mut self, name: &str) {
        let host = self.world.host(name);
        self.lan.tap.heard().disks.insert(name.into(), (Arc::clone(host.vault()), Arc::clone(host.anchor())));
    }

    /// Plays one event and looks.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        self.step += 1;
        let event = events::draw(self);
        self.tally.event(event.name);
        (event.play)(self);
        self.look();
        if self.step % 500 == 250 {
            self.search();
        }
        self.broken.take().map_or(Ok(()), Err)
    }

    pub(crate) fn into_tally(self) -> Tally {
        self.tally
    }

    fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Whatever was observed, the first promise that is broken counts.
    fn broken(&mut self, promise: &'static str, about: &str, what: impl Into<String>) {
        if self.broken.is_some() {
            return;
        }
        let words: Vec<_> = about.split(' ').chain(["vendor", "time"]).collect();
        let trail = self.trail.about(&words);
        let what = if about.is_empty() { what.into() } else { format!("at {about}: {}", what.into()) };
        self.broken = Some(Broken { promise, step: self.step, seed: self.seed, what, trail });
    }

    fn faults(&mut self, about: &str, faults: Vec<Fault>) {
        for (promise, what) in faults {
            self.broken(promise, about, what);
        }
    }

    fn note(&mut self, line: impl fmt::Display) {
        self.trail.note(format!("{:>5} {} {line}", self.step, self.world.now()));
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.dice.random_range(0..all.len())]
    }

    /// A chance in a hundred.
    fn chance(&mut self, percent: u32) -> bool {
        self.dice.random_range(0..100) < percent
    }

    /// A host that is awake.
    fn a_desk(&mut self) -> usize {
        let place = (0..5).map(|_| self.dice.random_range(0..self.desks.len())).find(|place| !self.desks[*place].is_asleep);
        let place = place.unwrap_or(0);
        self.touched.insert(place);
        place
    }

    /// One of those for which something is true, if there is one.
    fn a_desk_that(&mut self, is: impl Fn(&Desk) -> bool) -> Option<usize> {
        let all: Vec<_> = (0..self.desks.len()).filter(|place| !self.desks[*place].is_asleep && is(&self.desks[*place])).collect();
        if all.is_empty() {
            return None;
        }
        let place = *self.pick(&all);
        self.touched.insert(place);
        Some(place)
    }

    fn a_site(&mut self) -> usize {
        let site = self.dice.random_range(0..self.sites.len());
        self.stirred.insert(site);
        site
    }

    fn site_at(&self, at: &ServerAddress) -> usize {
        self.sites.iter().position(|site| site.at == *at).expect("an address of the campus")
    }

    /// Starts a server; every lease counts as renewed.
    fn start(&mut self, site: usize, plan: CrashPlan) -> bool {
        let up = self.sites[site].start(&self.power, &self.lan, plan);
        let now = self.now();
        for pool in self.pools.values_mut().filter(|pool| pool.site == site) {
            pool.starts(now);
            if up {
                pool.is_up(now);
            }
        }
        self.stirred.insert(site);
        up
    }
}

/// What tens of thousands of steps must have brought about; else the simulation has gone blind.
pub(crate) const MUST_HAPPEN: [&str; 42] = [
    "a journal restored",
    "a license given back and activated again",
    "a return by file accepted",
    "a restore accepted",
    "a twin shown",
    "beat: a fresh lease",
    "beat: ending, released",
    "beat: gone, ended",
    "beat: gone, taken-over",
    "beat: show",
    "beat: stranger",
    "borrow: borrowed",
    "check-out: full",
    "check-out: server-restored",
    "check-out: shares a seat",
    "check-out: uses its loan",
    "crash: it dies",
    "delegation not renewed",
    "delegation renewed",
    "every seat taken at the end",
    "extend: borrowed",
    "file: extend",
    "file: return",
    "given back by file",
    "host: borrowed",
    "host: grace",
    "host: seated",
    "leave everywhere: left unheard",
    "license revoked",
    "loaded: answer-used",
    "loaded: granted",
    "loaded: returned",
    "not closed: loans-out",
    "not released: overdraft-spent",
    "refused borrow: loan-too-long",
    "refused borrow: no-loan-left",
    "refused borrow: not-borrowable",
    "released at-end: a loan",
    "released at-once: a lease",
    "released at-once: a loan",
    "told that a loan was taken away",
    "waits: ready",
];

/// What every event of this kind of world is called.
pub(crate) fn events() -> Vec<&'static str> {
    events::names()
}
