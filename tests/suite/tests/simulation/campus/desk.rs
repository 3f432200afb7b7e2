//! A host of the campus, its user's seat, and what the observer knows of both: by what was signed and by the host's running time alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Answer, Ask, Certificate, Contact, Hold, Request, Ticket, Wish};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::{ActivationId, EntitlementId, ServerAddress, UserName};
use keyward_domain::standing::Verdict;
use keyward_domain::time::{Boot, Now, Timestamp, after, between, days};
use keyward_domain::vault::VaultContents;
use keyward_engine::license_manager::network::Network;
use keyward_fakes::world::Host;
use keyward_ports::{Clock as _, Vault as _};

use super::wire::Lan;
use crate::tap::words;

/// What a pool gives a host that earned nothing, once in a day.
const GIVEN: Duration = Duration::from_secs(900);
/// The most that can be earned.
const MOST: Duration = Duration::from_secs(7_200);
/// Clocks differ.
const MINUTE: Duration = Duration::from_secs(60);
/// Running time is counted in whole seconds, and acts wait for seconds.
const ROUNDING: Duration = Duration::from_secs(120);

pub(crate) struct Desk {
    pub(crate) host: Arc<Host>,
    pub(crate) user: UserName,
    pub(crate) servers: Vec<ServerAddress>,
    pub(crate) network: Arc<Network>,
    pub(crate) ticket: Option<Ticket>,
    /// When its seat is to be looked after next.
    pub(crate) next: Option<Timestamp>,
    pub(crate) is_asleep: bool,
    pub(crate) model: Model,
}

/// What the observer knows of a host. It goes with a clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) device: Option<PublicKey>,
    /// When the host sent what each certificate answered, by its running time, and in which step that was.
    pub(crate) sent: BTreeMap<(ActivationId, u64), (Boot, Duration, u64)>,
    pub(crate) leases: BTreeMap<ActivationId, Lease>,
    pub(crate) loans: BTreeMap<ActivationId, Loan>,
    /// What was given back here, up to which generation. A lease can be signed anew after that, a loan cannot.
    pub(crate) off: BTreeMap<ActivationId, u64>,
    /// What was in its vault when that was put back, and has not been given back since, whatever was before.
    pub(crate) put_back: BTreeSet<ActivationId>,
    /// What came back from here and was refused, as there are two of it: its server does not know that it came back.
    pub(crate) refused_back: BTreeSet<ActivationId>,
    /// Whose return waits, or is never forgotten.
    pub(crate) returning: BTreeSet<ActivationId>,
    /// Running time under a lease, and running time that it worked on without one.
    pub(crate) earned: Duration,
    pub(crate) spent: Duration,
    /// The same since the last lease ended.
    pub(crate) episode: Duration,
    pub(crate) since: Option<Timestamp>,
    /// Each gives a quarter of an hour.
    pub(crate) pools: BTreeSet<EntitlementId>,
    pub(crate) boots: u32,
    /// How often its vault was put back as it was, perhaps before it ever had a seat: then it is given what it was given before.
    pub(crate) restored: u32,
    /// By so much its clocks went faster than those of the world, while an act waited.
    pub(crate) ahead: Duration,
    /// There are two of it, with one vault: what one does the other is told of, or not.
    pub(crate) is_copy: bool,
    /// The step in which its wall clock was set last, right or wrong, or its vault was put back. Until its server is heard after that it is
    /// not known what a loan must do, only what it must not.
    pub(crate) disturbed: u64,
    /// The step in which its vault was put back last: a lease of before may have gone to another.
    pub(crate) wound_back: u64,
}

/// A lease as its host has it.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) boot: Boot,
    /// The running time of this boot in which it ends.
    pub(crate) ends: Duration,
    /// The step in which it was signed.
    pub(crate) heard: u64,
}

/// A loan as its host has it.
#[derive(Debug, Clone)]
pub(crate) struct Loan {
    pub(crate) until: Timestamp,
    /// When its issuer must have been heard, with all grace.
    pub(crate) contact: Option<Timestamp>,
    /// The step in which its newest certificate was signed.
    pub(crate) heard: u64,
}

impl Desk {
    pub(crate) fn new(host: Arc<Host>, user: UserName, servers: Vec<ServerAddress>, lan: &Arc<Lan>) -> Self {
        let network = Arc::new(open(&host, &user, &servers, None, lan));
        Self { host, user, servers, network, ticket: None, next: None, is_asleep: false, model: Model::default() }
    }

    pub(crate) fn name(&self) -> &str {
        self.host.name()
    }

    /// The key that its vault has now.
    pub(crate) fn key(&self) -> Option<PublicKey> {
        self.host.vault().load().ok().flatten().map(|contents| contents.device)
    }

    /// The product was started again: it keeps no seat yet.
    pub(crate) fn opens(&mut self, lan: &Arc<Lan>) {
        self.network = Arc::new(open(&self.host, &self.user, &self.servers, self.ticket, lan));
    }

    pub(crate) fn wish(&self) -> Wish {
        wish(&self.user, None)
    }

    /// Reads the vault as the observer reads it. `taken` is not asked what counts: only what was signed, to whom, and when it was sent.
    pub(crate) fn reads_vault(&mut self) {
        let now = self.host.clock().now();
        let Ok(contents) = self.host.vault().load() else { return };
        let model = &mut self.model;
        let device = contents.as_ref().map(|contents| contents.device);
        if model.device != device {
            let Model { boots, ahead, restored, is_copy, disturbed, wound_back, .. } = *model;
            *model = Model {
                device,
                boots,
                ahead,
                restored,
                is_copy,
                disturbed,
                wound_back,
                sent: std::mem::take(&mut model.sent),
                put_back: std::mem::take(&mut model.put_back),
                ..Model::default()
            };
        }
        model.leases.clear();
        model.loans.clear();
        let Some(contents) = contents else { return };
        let returns = given_back(&contents);
        let answers: Vec<_> = contents.kept.iter().filter_map(|kept| words(&kept.statement)).collect();
        model.returning.clone_from(&returns);
        for it in answers.iter().filter_map(Answer::certificate) {
            if returns.contains(&it.activation) {
                model.off.entry(it.activation.clone()).or_insert(it.generation);
            } else if matches!(it.hold, Hold::Lease { .. }) && model.off.get(&it.activation).is_some_and(|off| it.generation > *off) {
                model.off.remove(&it.activation);
            }
        }
        let taken: Vec<_> = answers.iter().flat_map(|answer| answer.all_revocations().cloned().collect::<Vec<_>>()).collect();
        for answer in &answers {
            let Some(it) = answer.certificate() else { continue };
            let revoked = taken.iter().any(|no| no.activation == it.activation && no.generation >= it.generation);
            let off = model.off.contains_key(&it.activation) || returns.contains(&it.activation);
            let (Some(until), false) = (it.window.until, revoked || off) else { continue };
            if it.binding.device() != device {
                continue;
            }
            match it.hold {
                Hold::Lease { .. } => drop(model.lease(it, answer.issued, until, &now)),
                Hold::Loan { .. } => {
                    let contact = match it.contact {
                        Contact::None => None,
                        Contact::Every { days: every, grace } => Some(after(answer.issued, days(u64::from(every) + u64::from(grace)))),
                    };
                    let heard = model.sent.get(&(it.activation.clone(), it.generation)).map_or(0, |(.., step)| *step);
                    model.loans.insert(it.activation.clone(), Loan { until, contact, heard });
                }
                Hold::Trial | Hold::Activation => {}
            }
        }
    }

    /// What its vault has and has not given back.
    pub(crate) fn has(&self) -> BTreeSet<ActivationId> {
        let Ok(Some(contents)) = self.host.vault().load() else { return BTreeSet::new() };
        let answers = contents.kept.iter().filter_map(|kept| words(&kept.statement));
        let all: BTreeSet<_> = answers.filter_map(|answer| Some(answer.certificate()?.activation.clone())).collect();
        all.difference(&given_back(&contents)).cloned().collect()
    }

    /// Time passed while an act of the host's waited. Where that brought a lease nobody knows when it did.
    pub(crate) fn waited(&mut self, by: Duration, now: Timestamp) -> Option<String> {
        if matches!(self.host.standing().verdict, Verdict::Grace { .. }) {
            return self.worked(by, now);
        }
        self.earns(by);
        None
    }

    /// Time passes while the host is awake: what it earns and what it spends is counted. Gives what is wrong.
    pub(crate) fn worked(&mut self, by: Duration, now: Timestamp) -> Option<String> {
        let over = self.earns(by)?;
        let clock = self.host.clock().now();
        if over.is_zero() || self.model.lends(now, &clock) {
            return None;
        }
        if !self.host.standing().may_run() {
            return None;
        }
        // A product writes down what of its grace is spent, every ten minutes at the least.
        let _ = self.host.tick();
        self.model.spent += over;
        self.model.episode += over;
        self.model.is_overdrawn(now)
    }

    /// What of a time that passed was under a lease is counted. Gives how long it was without one, if it ever had one.
    fn earns(&mut self, by: Duration) -> Option<Duration> {
        self.model.since?;
        let clock = self.host.clock().now();
        let before = clock.running.saturating_sub(by);
        let lasts = self.model.lasts(&clock.boot).clamp(before, clock.running);
        self.model.earned += lasts - before;
        Some(clock.running - lasts)
    }
}

impl Model {
    /// A lease in the vault: it lasts from when it was asked for.
    fn lease(&mut self, it: &Certificate, issued: Timestamp, until: Timestamp, now: &Now) -> Option<()> {
        self.pools.extend(it.entitlement.clone());
        let (boot, sent, heard) = self.sent.get(&(it.activation.clone(), it.generation))?;
        if *boot == now.boot {
            let lease = Lease { boot: boot.clone(), ends: *sent + between(issued, until), heard: *heard };
            self.leases.insert(it.activation.clone(), lease);
        }
        Some(())
    }

    /// Until when of this boot a lease lasts.
    pub(crate) fn lasts(&self, boot: &Boot) -> Duration {
        self.leases.values().filter(|lease| lease.boot == *boot).map(|lease| lease.ends).max().unwrap_or_default()
    }

    /// Whether a loan may be in use: by the true time, and while the clock is behind by what it shows.
    pub(crate) fn lends(&self, now: Timestamp, clock: &Now) -> bool {
        // A minute is left to clocks that differ; one that is behind has its own grace, which the other world looks at.
        let slack = if after(clock.wall, MINUTE) < now { days(16) } else { MINUTE };
        self.loans.values().any(|loan| now.min(clock.wall) < after(loan.until, slack))
    }

    /// Whether by all that was signed the host must work.
    pub(crate) fn must_work(&self, now: Timestamp, clock: &Now) -> bool {
        let ahead = after(now, self.ahead + MINUTE);
        let is_right = clock.wall <= after(now, MINUTE) && now <= after(clock.wall, MINUTE);
        let lent = |loan: &Loan| {
            is_right && loan.heard > self.disturbed && ahead < loan.until && loan.contact.is_none_or(|contact| ahead < contact)
        };
        // A lease goes by running time, whatever the clock shows.
        let sure = self.leases.values().filter(|lease| lease.boot == clock.boot && lease.heard > self.wound_back);
        let leased = sure.map(|lease| lease.ends).max().is_some_and(|ends| clock.running + self.ahead + Duration::from_secs(2) < ends);
        !self.is_copy && (leased || self.loans.values().any(lent))
    }

    /// Whether it worked without a lease for longer than it earned and is given.
    fn is_overdrawn(&self, now: Timestamp) -> Option<String> {
        let pools = u32::try_from(self.pools.len()).unwrap_or(u32::MAX);
        let gifts =
            1 + self.restored + self.since.map_or(0, |since| u32::try_from(between(since, now).as_secs() / 86_400).unwrap_or(u32::MAX));
        let rounding = ROUNDING * (1 + self.boots);
        let gifts = gifts.saturating_mul(pools);
        let episode = MOST.saturating_mul(pools).min(self.earned / 2) + GIVEN * pools * (1 + self.restored) + rounding;
        let all = self.earned / 2 + GIVEN.saturating_mul(gifts) + rounding;
        let minutes = |length: Duration| length.as_secs() / 60;
        (self.episode > episode || self.spent > all).then(|| {
            format!(
                "it worked {} min without a lease, {} min of that since the last; it earned {} min and was given a quarter of an hour {gifts} times",
                minutes(self.spent),
                minutes(self.episode),
                minutes(self.earned / 2),
            )
        })
    }
}

/// Whose return waits in a vault, or is never forgotten there.
fn given_back(contents: &VaultContents) -> BTreeSet<ActivationId> {
    let asked = contents.outbox.iter().filter_map(|it| serde_json::from_slice::<Request>(it.request.payload()).ok());
    let returns = asked.filter_map(|asked| if let Ask::Return { activation, .. } = asked.ask { Some(activation) } else { None });
    returns.chain(contents.tombstones.iter().cloned()).collect()
}

pub(crate) fn wish(user: &UserName, ticket: Option<Ticket>) -> Wish {
    Wish { user: user.clone(), process: None, license: None, editions: [].into(), features: [].into(), ticket }
}

fn open(host: &Host, user: &UserName, servers: &[ServerAddress], ticket: Option<Ticket>, lan: &Arc<Lan>) -> Network {
    let finder = lan.wire(host.name(), host.clock());
    Network::new(host.licenses(), finder, servers.to_vec(), wish(user, ticket))
}
