//! What becomes of what is known when a server is put back as it was, and what a restored one cannot know.

use keyward_domain::document::{Certificate, Hold};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::ActivationId;
use keyward_domain::time::{Timestamp, after, days};

use super::super::windows::{Away, Ghost, Notes, Window};
use super::{Heard, LEASE, Pool, Restored};

impl Pool {
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
        self.sat = self.windows.keys().cloned().collect();
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
            // It stands where it stood then, and not where the server put it that was shown it in between.
            window.place = then.map_or(window.place, |then| then.place);
            window.taken_up = notes.windows.get(activation).and_then(|then| then.taken_up);
            window.gives_way = then.map(|then| then.gives_way.clone()).unwrap_or_default();
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

    /// A lease that was taken away counts as renewed too when the server comes up: so long another seat stands in for it.
    pub(super) fn stands_in_from(&mut self, now: Timestamp) {
        for (activation, window) in self.windows.iter().filter(|(_, window)| !window.is_loan && window.away == Away::AtOnce) {
            let (of, until, is_forgotten) = (Some(activation.clone()), after(now, LEASE), window.is_forgotten);
            self.ghosts.insert(window.place, Ghost { of, until, is_loan: false, away: Away::AtOnce, is_forgotten });
        }
    }

    /// A restored server that is shown a loan takes an earlier one of its host for given back. So it was, by a file that the server forgot.
    pub(super) fn borrowed_again(&mut self, activation: &ActivationId, device: &PublicKey, now: Timestamp) {
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
    pub(super) fn must_hold_loans_back(&self, now: Timestamp) -> bool {
        self.restored.is_some_and(|restored| !restored.accepted && now < self.end_of_loans(restored.at))
    }

    /// Whether it may go by the last start at which it found out: how long it was off before that it cannot know.
    pub(crate) fn holds_loans_back(&self, now: Timestamp) -> bool {
        self.restored.is_some_and(|it| !it.accepted && it.up.is_none_or(|up| now < self.end_of_loans(up.max(it.believed))))
    }

    /// When the last loan is over that was signed until an instant.
    pub(super) fn end_of_loans(&self, at: Timestamp) -> Timestamp {
        after(at, days(self.delegation.loans.map_or(0, |loans| loans.days).into()))
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

    /// A restored server that is shown a later seat, which it does not know, of the number of a lease that it knows takes it that whoever had
    /// that lease had left. Of what it signed itself after it was put back from another backup, which did not know the lease, that is not true,
    /// and it cannot tell.
    pub(crate) fn gives_way(&mut self, shown: &Certificate) {
        let (Hold::Lease { seat, place } | Hold::Loan { seat, place }) = shown.hold else { return };
        let Some(strangers) = self.strangers.get(&place) else { return };
        // For what it knows nobody gives way.
        if self.windows.get(&shown.activation).is_some_and(|window| !window.is_forgotten) {
            return;
        }
        let is_there = |lease: &Window| !lease.is_loan && !lease.is_forgotten && lease.seat == seat && lease.place < place;
        let leases = self.windows.iter_mut().filter(|(it, lease)| strangers.contains(*it) && is_there(lease));
        leases.for_each(|(_, lease)| lease.gives_way.extend([shown.activation.clone()]));
    }

    /// Whether a restored server does not know of something, or that it came back.
    pub(crate) fn forgot(&self, activation: &ActivationId) -> bool {
        self.forgot_return_of(activation) || self.windows.get(activation).is_some_and(|window| window.is_forgotten)
    }
}
