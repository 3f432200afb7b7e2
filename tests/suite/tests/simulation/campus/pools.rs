//! What the observer outside knows of each pool: what was delegated, and every lease and loan that left a server's door. It counts by itself.

mod counting;
mod line;
mod restoring;
mod signing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keyward_domain::document::{Delegation, Place};
use keyward_domain::keys::KeyId;
use keyward_domain::names::ActivationId;
use keyward_domain::pool::Seat;
use keyward_domain::time::{Timestamp, after};

use super::clocks::Known;
use super::windows::{Away, Ghost, Window};
pub(crate) use counting::room;

/// So long is a lease.
pub(crate) const LEASE: Duration = Duration::from_secs(600);
/// Whoever waits and is silent for so long is forgotten.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server was restored from a backup that did not know everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restored {
    /// It was put back: from here on it signs nothing that it forgets.
    pub(crate) at: Timestamp,
    /// It came up after that, and wrote down at the latest now what it is; none if it has died over it each time.
    pub(crate) up: Option<Timestamp>,
    /// Its clock was believed, and that was noted: from here on the longest loan is out.
    believed: Timestamp,
    /// No loan that it forgot goes on, as an administrator said.
    pub(crate) accepted: bool,
}

/// Somebody in the line.
#[derive(Debug, Clone)]
pub(crate) struct Waiter {
    pub(crate) host: String,
    /// When it said so last, or until when a seat is held for it.
    pub(crate) until: Timestamp,
    pub(crate) is_ready: bool,
}

/// A pool, as it is seen from outside.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) site: usize,
    pub(crate) delegation: Delegation,
    pub(crate) windows: BTreeMap<ActivationId, Window>,
    pub(crate) generations: BTreeMap<ActivationId, u64>,
    /// Up to which generation a host was told that what it has was taken away.
    revoked: BTreeMap<ActivationId, u64>,
    /// Whose each place in the journal is.
    places: BTreeMap<Place, ActivationId>,
    /// What the server that signed for a place had forgotten.
    strangers: BTreeMap<Place, BTreeSet<ActivationId>>,
    /// When each place was kept last, as far as anybody can have noticed.
    pub(crate) kept: BTreeMap<Place, Timestamp>,
    /// What was given back, and acknowledged: nothing of it may go on.
    pub(crate) back: BTreeSet<Place>,
    /// Who had a seat at the last look, whether or not anybody heard of it.
    listed: Vec<Seat>,
    /// What came back and was signed at once, nobody knows in which order.
    perhaps_back: BTreeSet<ActivationId>,
    ended: BTreeSet<ActivationId>,
    /// What came back after the backup was made that the server was restored from.
    forgotten_ends: BTreeSet<ActivationId>,
    /// What came back when it was over already: in a backup that does not know why it ended early it goes on.
    late_ends: BTreeSet<ActivationId>,
    pub(crate) started: Timestamp,
    /// How late it is by what the server knows.
    clock: Known,
    pub(crate) restored: Option<Restored>,
    /// What went on when it was put back last, and has not come back since.
    sat: BTreeSet<ActivationId>,
    /// What a seat may be kept for though nobody has it: its return was not heard, or is forgotten.
    pub(crate) ghosts: BTreeMap<Place, Ghost>,
    /// Hosts that asked to borrow and heard nothing, and until when what they asked for may be borrowed.
    pub(crate) unheard: BTreeMap<String, Timestamp>,
    /// Loans that nobody has and that seats for emergencies stand in for, while there are others that the server forgot.
    in_vain: BTreeSet<Place>,
    /// Until when a restored server gives no new seat; none if it ran for so long.
    pub(crate) quiet: Option<Timestamp>,
    /// Of which activation it is closed, to be given back.
    pub(crate) closed: Option<ActivationId>,
    pub(crate) line: BTreeMap<(u64, u32), Waiter>,
    /// Until here the line may be another than is known.
    pub(crate) unknown: Option<Timestamp>,
}

/// Whether a server said that it heard something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Acknowledged,
    Perhaps,
}

/// A promise that does not hold, and what is wrong.
pub(crate) type Fault = (&'static str, String);

impl Pool {
    pub(crate) fn new(site: usize, delegation: Delegation, now: Timestamp) -> Self {
        Self {
            site,
            delegation,
            windows: BTreeMap::new(),
            generations: BTreeMap::new(),
            revoked: BTreeMap::new(),
            places: BTreeMap::new(),
            strangers: BTreeMap::new(),
            kept: BTreeMap::new(),
            back: BTreeSet::new(),
            listed: Vec::new(),
            perhaps_back: BTreeSet::new(),
            ended: BTreeSet::new(),
            forgotten_ends: BTreeSet::new(),
            late_ends: BTreeSet::new(),
            started: now,
            clock: Known::new(now),
            restored: None,
            sat: BTreeSet::new(),
            ghosts: BTreeMap::new(),
            unheard: BTreeMap::new(),
            in_vain: BTreeSet::new(),
            quiet: None,
            closed: None,
            line: BTreeMap::new(),
            unknown: None,
        }
    }

    /// The server came up.
    pub(crate) fn is_up(&mut self, now: Timestamp) {
        if let Some(restored) = &mut self.restored {
            restored.up.get_or_insert(now);
        }
    }

    /// The server came up again: every lease counts as renewed, and nobody stands in line.
    pub(crate) fn starts(&mut self, now: Timestamp) {
        self.started = now;
        self.clock.starts(now);
        self.line.clear();
        self.quiet = self.quiet.map(|_| after(now, LEASE));
        self.ghosts.values_mut().filter(|ghost| !ghost.is_loan).for_each(|ghost| ghost.until = after(now, LEASE));
        self.stands_in_from(now);
    }

    /// What the vendor delegates, as it stands on the server's computer.
    pub(crate) fn is_delegated(&mut self, site: usize, delegation: Delegation, now: Timestamp) {
        if self.delegation != delegation {
            self.clock.hears(now);
        }
        (self.site, self.delegation) = (site, delegation);
    }

    /// It runs.
    pub(crate) fn runs(&mut self, now: Timestamp) {
        if let Some(believed) = self.clock.runs(now) {
            self.restored.iter_mut().for_each(|restored| restored.believed = believed);
        }
        self.quiet = self.quiet.filter(|until| now < *until);
    }

    /// Whether by all that was heard it grants nothing more.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.delegation.window.until.is_some_and(|end| end <= now) || self.closed.as_ref() == Some(&self.delegation.activation)
    }

    /// Whether a return may not have been heard.
    pub(crate) fn may_have(&self, activation: &ActivationId) -> bool {
        self.windows.contains_key(activation) || self.ghosts.values().any(|ghost| ghost.of.as_ref() == Some(activation))
    }

    /// Whether a host had a seat at the last look.
    pub(crate) fn had_one(&self, device: KeyId) -> bool {
        self.listed.iter().any(|seat| seat.device == device)
    }

    /// How many seats may stand in the books beside what is asked for, by all that is known: by what was signed; or by what was seen there, as
    /// a seat that nobody heard of has one too, and one whose lease ended while its host was silent for less than a whole one.
    pub(crate) fn may_have_beside(&self, activation: &ActivationId, device: KeyId, now: Timestamp) -> usize {
        let is_anothers = |seat: &&Seat| match self.places.get(&seat.place) {
            Some(of) => of != activation,
            None => seat.device != device,
        };
        let lies_below = |seat: &&Seat| seat.number < self.delegation.limit() && !self.back.contains(&seat.place);
        let seen = self.listed.iter().filter(lies_below).filter(is_anothers).count();
        let windows = self.windows.iter().filter(|(it, window)| *it != activation && !window.is_forgotten && window.until > now);
        let known: BTreeSet<_> = windows.map(|(it, _)| it).collect();
        let others = |of: &ActivationId| of != activation && !known.contains(of);
        let ghosts = self.ghosts.values().filter(|ghost| ghost.until > now && ghost.of.as_ref().is_none_or(others));
        seen.max(known.len() + ghosts.count())
    }

    /// Whether its host has a loan that the server must know.
    pub(crate) fn has(&self, activation: &ActivationId, device: KeyId, now: Timestamp) -> bool {
        let window = self.windows.get(activation).filter(|it| it.is_loan && it.is_known(now) && !it.came_by_file);
        window.is_some_and(|window| window.device.id() == device)
    }

    /// How many seats may be borrowed by all that is known.
    pub(crate) fn loans(&self, now: Timestamp) -> usize {
        let windows = self.windows.values().filter(|it| it.is_loan && it.until > now).count();
        let ghosts = self.ghosts.values().filter(|it| it.is_loan && it.until > self.clock.late(now)).count();
        windows + ghosts + self.unheard.values().filter(|until| **until > now).count()
    }

    /// How many seats an administrator may have taken away at once that are not over, by all that is known.
    pub(crate) fn stood_in_for(&self) -> usize {
        let windows = self.windows.values().map(|it| it.away);
        let ghosts = self.ghosts.values().filter(|it| it.of.as_ref().is_none_or(|of| !self.windows.contains_key(of)));
        windows.chain(ghosts.map(|it| it.away)).filter(|away| *away == Away::AtOnce).count()
    }
}
