//! What the observer outside knows of each pool: what was delegated, and every lease and loan that left a server's door. It counts by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keyward_domain::document::{Certificate, Contact, Delegation, Hold, Place, Ticket};
use keyward_domain::keys::{KeyId, PublicKey};
use keyward_domain::names::ActivationId;
use keyward_domain::pool::{Overview, READY, Release, Seat, SeatState};
use keyward_domain::time::{Timestamp, after, between, days};

use super::clocks::Known;
use super::windows::{Away, Ghost, Notes, Window};

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

    /// A lease that was taken away counts as renewed too when the server comes up: so long another seat stands in for it.
    fn stands_in_from(&mut self, now: Timestamp) {
        for (activation, window) in self.windows.iter().filter(|(_, window)| !window.is_loan && window.away == Away::AtOnce) {
            let (of, until, is_forgotten) = (Some(activation.clone()), after(now, LEASE), window.is_forgotten);
            self.ghosts.insert(window.place, Ghost { of, until, is_loan: false, away: Away::AtOnce, is_forgotten });
        }
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

    /// What a backup that is made now knows.
    pub(crate) fn notes(&self) -> Notes {
        let (windows, ghosts) = (self.windows.clone(), self.ghosts.clone());
        Notes { windows, ghosts, back: self.back.clone(), ended: self.ended.clone(), closed: self.closed.clone(), clock: Some(self.clock) }
    }

    /// It was put back as it was: what was signed since, what came back since and what was taken away since is forgotten, and nothing else.
    pub(crate) fn restores(&mut self, notes: &Notes, now: Timestamp) {
        self.restored = Some(Restored { at: now, up: None, believed: now, accepted: false });
        self.clock.is_put_back(notes.clock.as_ref());
        self.quiet = Some(after(now, LEASE));
        self.closed.clone_from(&notes.closed);
        for (place, ghost) in &mut self.ghosts {
            ghost.away = ghost.away.put_back(notes.ghosts.get(place).map_or(Away::Not, |then| then.away));
        }
        for (activation, then) in notes.windows.iter().filter(|(it, then)| !self.windows.contains_key(*it) && !then.is_forgotten) {
            let until = if then.is_loan { then.due } else { after(now, LEASE) };
            let ghost = Ghost { of: Some(activation.clone()), until, is_loan: then.is_loan, away: then.away, is_forgotten: false };
            self.ghosts.insert(then.place, ghost);
            if self.late_ends.remove(activation) {
                self.forgotten_ends.insert(activation.clone());
            }
        }
        // What nobody had any more stands in its books again too: perhaps its return was heard only after that.
        for (place, then) in &notes.ghosts {
            if !then.of.as_ref().is_some_and(|of| self.windows.contains_key(of)) {
                let until = if then.is_loan { then.until } else { after(now, LEASE) };
                self.ghosts.entry(*place).or_insert_with(|| Ghost { until, ..then.clone() });
            }
        }
        for (activation, window) in &mut self.windows {
            let is_same = |then: &&Window| !then.is_forgotten && then.seat == window.seat && then.is_loan == window.is_loan;
            let then = notes.windows.get(activation).filter(is_same);
            window.is_forgotten = then.is_none();
            window.taken_up = notes.windows.get(activation).and_then(|then| then.taken_up);
            if let Some(then) = then.filter(|then| then.is_loan) {
                window.known_until = then.known_until.min(window.until);
                window.due = window.due.max(then.due);
            }
            window.away = window.away.put_back(then.map_or(Away::Not, |then| then.away));
            if window.came_by_file && then.is_none_or(|then| !then.came_by_file) {
                self.forgotten_ends.insert(activation.clone());
            }
        }
        self.stands_in_from(now);
        self.back.retain(|place| notes.back.contains(place));
        let ends = std::mem::take(&mut self.ended);
        (self.ended, self.forgotten_ends) =
            ends.into_iter().chain(std::mem::take(&mut self.forgotten_ends)).partition(|it| notes.ended.contains(it));
    }

    /// A certificate left the server's door. Says whether the seat is new to its host.
    pub(crate) fn signed(&mut self, host: &str, it: &Certificate, now: Timestamp) -> (bool, Vec<Fault>) {
        let mut faults = self.beyond(it, now);
        let (Some(device), Some(until)) = (it.binding.device(), it.window.until) else {
            faults.push(("P1", format!("{} is no seat's", it.activation)));
            return (false, faults);
        };
        let (seat, place, is_loan) = match it.hold {
            Hold::Lease { seat, place } => (seat, place, false),
            Hold::Loan { seat, place } => (seat, place, true),
            Hold::Trial | Hold::Activation => {
                faults.push(("P1", format!("{} has no seat", it.activation)));
                return (false, faults);
            }
        };
        // Of a loan whose return is forgotten nobody takes anything any more, however it is numbered.
        let is_for_nobody = is_loan && self.forgotten_ends.contains(&it.activation);
        let before = self.generations.get(&it.activation).copied();
        self.generations.insert(it.activation.clone(), it.generation.max(before.unwrap_or_default()));
        if !is_for_nobody && before.is_some_and(|before| before >= it.generation) {
            faults.push(("GEN", format!("{} goes from {before:?} to {}: no host takes it", it.activation, it.generation)));
        }
        let of = self.places.insert(place, it.activation.clone());
        if of.as_ref().is_some_and(|of| *of != it.activation) {
            faults.push(("P1", format!("place {place:?} is {of:?}'s and {}'s", it.activation)));
        }
        // Whom a restored server does not know can sit on the same number: it counts such loans, and cannot tell which numbers they have.
        let sits = |(other, window): &(&ActivationId, &Window)| **other != it.activation && window.seat == seat && window.is_known(now);
        if let Some((other, window)) = self.windows.iter().find(sits) {
            faults.push(("P1", format!("seat {seat} is {other}'s of {} until {}, and {}'s", window.host, window.until, it.activation)));
        }
        let known = self.windows.get(&it.activation).cloned();
        let known = known.as_ref();
        if is_loan && (known.is_some_and(|known| known.is_forgotten) || self.forgotten_ends.contains(&it.activation)) {
            self.borrowed_again(&it.activation, &device, now);
        }
        let is_away = |away| matches!(away, Away::AtEnd | Away::AtOnce) || away == Away::AtOnceOnce && self.restored.is_none();
        if known.is_some_and(|known| is_away(known.away)) {
            faults.push(("P9", format!("{} was taken away and is signed again", it.activation)));
        }
        // A lease that a restored server is shown may be signed anew, for its host alone.
        if self.ended.contains(&it.activation) && (is_loan || self.restored.is_none()) {
            faults.push(("P2", format!("{} was given back and is signed again", it.activation)));
        }
        let is_new = before.is_none();
        let forgets = is_new && self.restored.is_some_and(|restored| !is_loan && now < after(restored.at, LEASE));
        let lends = is_new && is_loan && self.must_hold_loans_back(now);
        if forgets || lends {
            faults.push((
                "P8",
                format!("it was restored, cannot know what it has signed, and signs something new: {it:?} {:?}", self.restored),
            ));
        }
        if is_for_nobody {
            // The backup has it, or its host showed an old file. It is lent for nobody: from when its return was written down no host takes it.
            self.kept.insert(place, now);
            if !self.windows.contains_key(&it.activation) {
                self.ghosts.insert(place, Ghost { of: Some(it.activation.clone()), until, is_loan, away: Away::Not, is_forgotten: true });
            }
            return (false, faults);
        }
        let latest = known.map_or(until, |known| known.until.max(until));
        let known_until = known.filter(|known| is_loan && !known.is_forgotten).map_or(until, |known| known.known_until.max(until));
        let window = Window {
            host: host.into(),
            device,
            seat,
            place,
            signed: now,
            until: latest,
            due: latest,
            known_until: if is_loan { known_until } else { latest },
            is_loan,
            away: known.map_or(Away::Not, |known| known.away),
            is_forgotten: false,
            was_forgotten: known.is_some_and(|known| known.is_forgotten || known.was_forgotten),
            came_by_file: false,
            instead_of: known.and_then(|known| known.instead_of.clone()),
            is_a_copys: known.is_some_and(|known| known.is_a_copys),
            taken_up: None,
        };
        self.ghosts.retain(|_, ghost| ghost.of.as_ref() != Some(&it.activation));
        if is_loan {
            self.unheard.remove(host);
        }
        self.kept.insert(place, now);
        self.late_ends.remove(&it.activation);
        self.windows.insert(it.activation.clone(), window);
        (is_new, faults)
    }

    /// A restored server that is shown a loan takes an earlier one of its host for given back. So it was, by a file that the server forgot.
    fn borrowed_again(&mut self, activation: &ActivationId, device: &PublicKey, now: Timestamp) {
        let is_before = |(other, window): &(&ActivationId, &Window)| {
            *other != activation && window.device == *device && window.came_by_file && self.forgotten_ends.contains(*other)
        };
        let before: Vec<_> = self.windows.iter().filter(is_before).map(|(other, _)| other.clone()).collect();
        before.iter().for_each(|other| self.returns(other, Heard::Acknowledged, now));
    }

    /// A request that another license of its server answered, and forgot with the return of what that brought, brings it under this one. No
    /// host takes it.
    pub(crate) fn is_lent_again(&mut self, it: &Certificate) {
        if matches!(it.hold, Hold::Loan { .. }) && !self.generations.contains_key(&it.activation) {
            self.forgotten_ends.insert(it.activation.clone());
        }
    }

    /// One of two copies of a vault has it. What the other gave back may have gone to another, and a restored server does not know that.
    pub(crate) fn is_a_copys(&mut self, activation: &ActivationId) {
        if self.forgotten_ends.contains(activation)
            && let Some(window) = self.windows.get_mut(activation)
        {
            window.is_a_copys = true;
        }
    }

    /// Whether a restored server cannot know what is borrowed.
    fn must_hold_loans_back(&self, now: Timestamp) -> bool {
        self.restored.is_some_and(|restored| !restored.accepted && now < self.end_of_loans(restored.at))
    }

    /// Whether it may go by the last start at which it found out: how long it was off before that it cannot know.
    pub(crate) fn holds_loans_back(&self, now: Timestamp) -> bool {
        self.restored.is_some_and(|it| !it.accepted && it.up.is_none_or(|up| now < self.end_of_loans(up.max(it.believed))))
    }

    /// When the last loan is over that was signed until an instant.
    fn end_of_loans(&self, at: Timestamp) -> Timestamp {
        after(at, days(self.delegation.loans.map_or(0, |loans| loans.days).into()))
    }

    /// A server signs nothing beyond what was delegated to it.
    fn beyond(&self, it: &Certificate, now: Timestamp) -> Vec<Fault> {
        let (may, mut faults) = (&self.delegation, Vec::new());
        let mut within = |good: bool, what: &str| {
            if !good {
                faults.push(("DELEGATED", format!("{} is beyond what was delegated: {what}: {it:?}", it.activation)));
            }
        };
        let (until, end) = (it.window.until, may.window.until);
        within(until.is_some_and(|until| end.is_none_or(|end| until <= end)), "its end");
        within(it.rights.editions.is_subset(&may.rights.editions) && it.rights.product == may.rights.product, "its rights");
        let longest = match it.hold {
            Hold::Lease { seat, .. } => {
                within(seat < may.limit(), "its seat");
                LEASE
            }
            Hold::Loan { seat, .. } => {
                within(seat < may.limit(), "its seat");
                within(it.contact == may.contact, "its contact");
                days(may.loans.map_or(0, |loans| loans.days).into())
            }
            Hold::Trial | Hold::Activation => Duration::ZERO,
        };
        // A second is left to clocks that differ.
        within(until.is_some_and(|until| between(now, until) <= longest + Duration::from_secs(1)), "its length");
        faults
    }

    /// A host gives back what it has: from when it wrote that down it uses nothing of it, whether or not the server heard it.
    pub(crate) fn returns(&mut self, activation: &ActivationId, heard: Heard, now: Timestamp) {
        if let Some(window) = self.windows.remove(activation) {
            let until = if window.is_loan { window.due } else { after(now, LEASE) };
            self.ghosts.insert(window.place, window.ghost(activation.clone(), until));
        }
        if heard == Heard::Acknowledged {
            let back: Vec<_> = self.ghosts.extract_if(.., |_, ghost| ghost.of.as_ref() == Some(activation)).collect();
            if back.is_empty() && self.generations.contains_key(activation) {
                self.late_ends.insert(activation.clone());
            }
            for (place, ghost) in back {
                self.back.insert(place);
                // A restored server keeps no note of what it did not know when it came back: an old file can show it again.
                if ghost.is_forgotten && ghost.is_loan {
                    self.forgotten_ends.insert(activation.clone());
                } else {
                    self.ended.insert(activation.clone());
                    self.forgotten_ends.remove(activation);
                }
            }
        }
    }

    /// It came back, and was signed again, and nobody knows which was first.
    pub(crate) fn may_be_back(&mut self, activation: &ActivationId) {
        if self.windows.contains_key(activation) {
            self.perhaps_back.insert(activation.clone());
        }
    }

    /// The books say which was first. What they have came back before, and a server that knows that does not sign for it again.
    pub(crate) fn settles(&mut self, listed: &[Seat], now: Timestamp) -> Vec<Fault> {
        let mut faults = Vec::new();
        for activation in std::mem::take(&mut self.perhaps_back) {
            let Some(window) = self.windows.get(&activation) else { continue };
            let is_its = |seat: &Seat| seat.number == window.seat && seat.device == window.device.id();
            if !listed.iter().any(is_its) {
                self.returns(&activation, Heard::Acknowledged, now);
            } else if window.is_loan || self.restored.is_none() {
                faults.push(("P2", format!("{activation} was given back and is signed again")));
            }
        }
        faults
    }

    /// A file says that something came back. A lease it is true of at once.
    pub(crate) fn returns_by_file(&mut self, activation: &ActivationId, heard: Heard, now: Timestamp) {
        let is_loan = self.ghosts.values().any(|ghost| ghost.is_loan && ghost.of.as_ref() == Some(activation));
        match self.windows.get_mut(activation) {
            Some(window) if window.is_loan => window.came_by_file = true,
            None if is_loan => {}
            Some(_) | None => self.returns(activation, heard, now),
        }
    }

    /// A host is told that what it has was taken away.
    pub(crate) fn revokes(&mut self, activation: &ActivationId, generation: u64) {
        if self.generations.contains_key(activation) {
            let until = self.revoked.entry(activation.clone()).or_default();
            *until = generation.max(*until);
        }
    }

    /// Whether something newer was signed for what was granted, or its host was told that it was taken away.
    pub(crate) fn is_of_the_past(&self, activation: &ActivationId, found: u64) -> bool {
        let newest = self.generations.get(activation).is_some_and(|newest| *newest > found);
        newest || self.revoked.get(activation).is_some_and(|until| *until >= found)
    }

    /// Whether by all that was heard it grants nothing more.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.delegation.window.until.is_some_and(|end| end <= now) || self.closed.as_ref() == Some(&self.delegation.activation)
    }

    /// Whether a return may not have been heard.
    pub(crate) fn may_have(&self, activation: &ActivationId) -> bool {
        self.windows.contains_key(activation) || self.ghosts.values().any(|ghost| ghost.of.as_ref() == Some(activation))
    }

    /// Whether something came back that a restored server does not know of.
    pub(crate) fn forgot_return_of(&self, activation: &ActivationId) -> bool {
        self.forgotten_ends.contains(activation)
    }

    /// It takes up a loan that it does not know, also where it signs nothing for it; and one whose return it does not know of, which an old
    /// file shows.
    pub(crate) fn is_shown(&mut self, activation: &ActivationId, shown: &Certificate) {
        let is_its = |window: &&mut Window| window.is_loan && window.is_forgotten && shown.binding.device() == Some(window.device);
        if let Some(window) = self.windows.get_mut(activation).filter(is_its) {
            window.taken_up = window.taken_up.max(shown.window.until);
        }
        let known = self.may_have(activation) || !self.forgot_return_of(activation);
        if let (false, Hold::Loan { place, .. }, Some(until)) = (known, shown.hold, shown.window.until) {
            let of = Some(activation.clone());
            self.ghosts.insert(place, Ghost { of, until, is_loan: true, away: Away::Not, is_forgotten: true });
        }
    }

    /// Whether a restored server does not know of something, or that it came back.
    pub(crate) fn forgot(&self, activation: &ActivationId) -> bool {
        self.forgot_return_of(activation) || self.windows.get(activation).is_some_and(|window| window.is_forgotten)
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

    /// An administrator took a seat away: it is signed for no more, and a loan ends where its holder misses its next contact.
    pub(crate) fn released(&mut self, seat: &Seat, how: Release, now: Timestamp) {
        let (contact, place) = (self.delegation.contact, seat.place);
        // What was taken up without being signed stands at a place and on a number that nobody heard of, and is known from here on.
        let end = match seat.state {
            SeatState::Borrowed { until } | SeatState::GivenBack { until } => Some(until),
            SeatState::Leased | SeatState::Released { .. } => None,
        };
        let is_it = |it: &&mut Window| it.is_forgotten && it.device.id() == seat.device && it.taken_up == end;
        let is_new = !self.places.contains_key(&place);
        if let Some((until, loan)) = end.filter(|_| is_new).zip(self.windows.values_mut().find(is_it)) {
            (loan.place, loan.seat, loan.known_until) = (place, seat.number, until);
            (loan.is_forgotten, loan.was_forgotten) = (false, true);
        }
        // What nobody heard of was written down all the same: a lease has another place since, or is a loan.
        let is_its = |it: &&mut Window| !it.is_loan && !it.is_forgotten && it.seat == seat.number && it.device.id() == seat.device;
        if !self.windows.values().any(|window| window.place == place)
            && let Some(lease) = self.windows.values_mut().find(is_its)
        {
            match (seat.state, how) {
                (SeatState::Leased, _) => lease.place = place,
                (_, Release::AtOnce) => lease.away = Away::AtOnceOnce,
                (_, Release::AtEnd) => {}
            }
        }
        // What a restored server was shown has another place too.
        if let (false, SeatState::Borrowed { until } | SeatState::GivenBack { until } | SeatState::Released { until: Some(until) }) =
            (self.windows.values().any(|window| window.place == place), seat.state)
        {
            let is_its = |it: &&mut Window| it.is_loan && it.is_forgotten && it.device.id() == seat.device && it.until >= until;
            let loans = self.windows.values_mut().filter(is_its);
            loans.max_by_key(|it| (it.seat == seat.number, it.signed)).into_iter().for_each(|loan| loan.place = place);
        }
        let Some(window) = self.windows.values_mut().find(|window| window.place == place) else {
            let lease = after(now, LEASE);
            let (until, is_loan) = match seat.state {
                SeatState::Leased => (lease, false),
                SeatState::Released { until } => until.filter(|until| lease < *until).map_or((lease, false), |until| (until, true)),
                SeatState::Borrowed { until } | SeatState::GivenBack { until } => (until, true),
            };
            self.ghosts.entry(place).or_insert(Ghost { of: None, until, is_loan, away: Away::Not, is_forgotten: false }).away =
                Away::by(how);
            return;
        };
        window.away = Away::by(how);
        if !window.is_loan {
            // Whoever had it when the server came up may have had a fresh lease just before, which nobody heard of.
            let of = self.windows.iter().find(|(_, window)| window.place == place).map(|(activation, _)| activation.clone());
            let ghost = Ghost { of, until: after(self.started, LEASE), is_loan: false, away: Away::by(how), is_forgotten: false };
            self.ghosts.insert(place, ghost);
            return;
        }
        if let (true, Contact::Every { days: every, grace }) = (window.is_loan, contact) {
            let contact = days(u64::from(every) + u64::from(grace));
            window.until = window.until.min(after(window.signed, contact));
            // A restored server does not know when its holder was heard last: perhaps just before.
            let heard = self.restored.map_or(window.signed, |it| window.signed.max(it.up.unwrap_or(now)).max(it.believed));
            window.due = window.due.min(after(heard, contact));
            window.known_until = window.known_until.min(window.until);
        }
    }

    /// A host asked to borrow, and nobody heard the answer.
    pub(crate) fn may_have_lent(&mut self, host: &str, now: Timestamp) {
        let longest = days(self.delegation.loans.map_or(0, |loans| loans.days).into());
        self.unheard.insert(host.into(), after(now, longest));
    }

    /// Somebody may stand in the line whom nobody heard of.
    pub(crate) fn line_is_unknown(&mut self, now: Timestamp) {
        self.unknown = Some(after(now, PATIENCE));
    }

    /// Somebody joins the line, or is heard of there anew: by saying that it still waits, or by asking again.
    pub(crate) fn waits(&mut self, host: &str, ticket: &Ticket, now: Timestamp) {
        let waiter = Waiter { host: host.into(), until: after(now, PATIENCE), is_ready: false };
        self.line.insert((ticket.epoch, ticket.number), waiter);
    }

    /// A seat is held for somebody.
    pub(crate) fn is_ready(&mut self, host: &str, ticket: &Ticket, left: Duration, now: Timestamp) {
        let waiter = Waiter { host: host.into(), until: after(now, left.min(READY)), is_ready: true };
        self.line.insert((ticket.epoch, ticket.number), waiter);
    }

    /// How many have waited longer than a host for which no seat is held. None if it is its turn. After a restart a ticket of before takes its
    /// place again.
    pub(crate) fn before(&self, host: &str, ticket: Option<&Ticket>, now: Timestamp) -> Option<usize> {
        let mine = self.line.iter().find(|(_, waiter)| waiter.host == *host && waiter.until > now);
        if mine.is_some_and(|(_, waiter)| waiter.is_ready) {
            return None;
        }
        let shown = ticket.filter(|_| now < after(self.started, LEASE)).map(|ticket| (ticket.epoch, ticket.number));
        let number = mine.map(|(number, _)| *number).or(shown);
        let waits = |(other, waiter): &(&(u64, u32), &Waiter)| {
            waiter.host != *host && !waiter.is_ready && waiter.until > now && number.is_none_or(|number| **other < number)
        };
        Some(self.line.iter().filter(waits).count())
    }

    pub(crate) fn leaves_line(&mut self, host: &str) {
        self.line.retain(|_, waiter| waiter.host != *host);
    }

    /// Promise 1: what is signed for and goes on is never more than the seats there are, and those for emergencies where one stands in.
    pub(crate) fn count(&mut self, glance: &Overview, now: Timestamp) -> Vec<Fault> {
        let late = self.clock.late(now);
        for (activation, window) in self.windows.extract_if(.., |_, window| window.until <= now) {
            if window.is_loan && window.due > late {
                self.ghosts.insert(window.place, window.ghost(activation, window.due));
            }
        }
        self.ghosts.retain(|_, ghost| ghost.until > if ghost.is_loan { late } else { now });
        let (beyond, shown) = self.beyond_seats();
        let mut faults = Vec::new();
        let (may, ready) = (&self.delegation, glance.ready as usize);
        let counted: Vec<_> = self.windows.iter().filter(|(it, _)| !self.became_a_loan(it)).map(|(_, window)| window).collect();
        let all = counted.len() + ready;
        let without = counted.iter().filter(|window| !window.away.is_stood_in_for()).count() + ready;
        let loans = self.windows.values().filter(|window| window.is_loan).count();
        if all > may.limit() as usize + shown || without > may.seats as usize + beyond {
            let who: Vec<_> = self.windows.iter().map(|(it, window)| format!("{it} seat {} of {}", window.seat, window.host)).collect();
            let there = format!("{} seats and {} for emergencies", may.seats, may.overdraft);
            faults.push(("P1", format!("{all} are signed for or held, {without} with no other in their place, of {there}: {who:?}")));
        }
        let may = may.loans.map_or(0, |loans| loans.seats as usize);
        if loans > may {
            let who: Vec<_> = self.windows.iter().filter(|(_, window)| window.is_loan).collect();
            faults.push(("LOANS", format!("{loans} seats are borrowed, {may} may be: {who:?}")));
        }
        faults
    }

    /// How many more are signed for than there are seats because a server was restored, and how many of those than there are at all. They are
    /// never more than what was forgotten and goes on:
    /// - A seat for emergencies stands in for a loan that nobody has any more, and the server counts that one among those that are out: whoever
    ///   borrowed in its place counts too. Leases that were forgotten are over before it gives a seat.
    /// - A lease came back, and a copy of its host shows it to the server, which does not know that.
    fn beyond_seats(&mut self) -> (usize, usize) {
        let forgotten: Vec<_> = self.windows.values().filter(|window| window.is_forgotten || window.was_forgotten).collect();
        let loans = forgotten.iter().filter(|window| window.is_loan).count();
        if forgotten.iter().any(|window| window.is_loan && window.is_forgotten) {
            let has = |of: &ActivationId| self.windows.contains_key(of);
            let in_vain = |ghost: &Ghost| ghost.is_loan && ghost.away == Away::AtOnce && !ghost.of.as_ref().is_some_and(has);
            self.in_vain.extend(self.ghosts.iter().filter(|(_, ghost)| in_vain(ghost)).map(|(place, _)| *place));
        } else if loans == 0 {
            self.in_vain.clear();
        }
        let in_vain = self.in_vain.len().min(self.delegation.overdraft as usize).min(loans);
        let shown = self.windows.values().filter(|window| !window.is_loan && window.is_a_copys).count();
        ((in_vain + shown).min(forgotten.len()), shown.min(forgotten.len()))
    }

    /// Whether a lease became a loan, and its host showed it to a server that does not know that: it has one seat, not two.
    fn became_a_loan(&self, lease: &ActivationId) -> bool {
        self.windows.values().any(|it| (it.is_forgotten || it.was_forgotten) && it.instead_of.as_ref() == Some(lease))
    }

    /// Promise 5: what was acknowledged and goes on is in the server's books; and nothing is there that nobody has: a seat is never lost.
    pub(crate) fn compare(&mut self, listed: &[Seat], now: Timestamp) -> Vec<Fault> {
        let mut faults = Vec::new();
        let places: BTreeMap<_, _> = listed.iter().map(|seat| (seat.place, seat)).collect();
        for (activation, window) in self.windows.iter().filter(|(_, window)| window.is_known(now)) {
            // Its place may be another: what nobody heard of was written down all the same.
            let is_its = |seat: &&Seat| seat.number == window.seat && seat.device == window.device.id();
            if !listed.iter().any(|seat| is_its(&seat)) {
                faults.push(("P5", format!("{activation} of {} was acknowledged and is not in the books: {window:?}", window.host)));
            }
        }
        for seat in listed {
            let kept = *self.kept.entry(seat.place).or_insert(now);
            let (over, late) = match seat.state {
                SeatState::Leased => (after(kept.max(self.started), LEASE + Duration::from_secs(1)), now),
                SeatState::Borrowed { until } | SeatState::GivenBack { until } => (until, self.clock.late(now)),
                SeatState::Released { .. } => continue,
            };
            if over < late {
                faults.push(("LOST", format!("seat {} of {} should be free since {over}: {:?}", seat.number, seat.host, seat.state)));
            }
            if self.back.contains(&seat.place) && !matches!(seat.state, SeatState::GivenBack { .. }) {
                faults.push(("LOST", format!("seat {} of {} was given back: {:?}", seat.number, seat.host, seat.state)));
            }
        }
        self.kept.retain(|place, _| places.contains_key(place));
        self.listed = listed.to_vec();
        self.line.retain(|_, waiter| waiter.until > now);
        faults
    }
}

/// Seats that are free and held for nobody.
pub(crate) fn room(glance: &Overview) -> usize {
    let held = glance.ready + glance.withheld;
    let free = glance.seats.saturating_sub(glance.used + held);
    let all = glance.used + glance.stood_in_for;
    free.min((glance.seats + glance.overdraft).saturating_sub(all + held)) as usize
}
