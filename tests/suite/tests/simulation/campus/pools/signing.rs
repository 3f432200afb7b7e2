//! What leaves a server's door, comes back, or is taken away.

use std::collections::BTreeSet;
use std::time::Duration;

use keyward_domain::document::{Certificate, Contact, Hold, Until};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::ActivationId;
use keyward_domain::pool::{Release, Seat, SeatState};
use keyward_domain::time::{Timestamp, after, between, days};

use super::super::windows::{Away, Ghost, Window};
use super::{Fault, Heard, LEASE, Pool};

impl Pool {
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
        let sits = |(other, window): &(&ActivationId, &Window)| {
            **other != it.activation && window.seat == seat && window.is_known(now) && !window.gives_way.contains(&it.activation)
        };
        if let Some((other, window)) = self.windows.iter().find(sits) {
            faults.push(("P1", format!("seat {seat} is {other}'s of {} until {}, and {}'s", window.host, window.until, it.activation)));
        }
        let known = self.windows.get(&it.activation).cloned();
        let known = known.as_ref();
        if is_loan && (known.is_some_and(|known| known.is_forgotten) || self.forgotten_ends.contains(&it.activation)) {
            self.borrowed_again(&it.activation, &device, now);
        }
        let is_away = |away| match away {
            Away::Not => false,
            Away::AtEnd | Away::AtOnce | Away::AtOnceThenAtEnd => true,
            Away::AtOnceAsLoan | Away::AtOnceOnce => self.restored.is_none(),
        };
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
            confirmed: now,
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
            gives_way: BTreeSet::new(),
        };
        self.ghosts.retain(|_, ghost| ghost.of.as_ref() != Some(&it.activation));
        if is_loan {
            self.unheard.remove(host);
        }
        self.kept.insert(place, now);
        let forgotten = self.windows.iter().filter(|(_, window)| window.is_forgotten).map(|(other, _)| other.clone());
        self.strangers.entry(place).or_insert_with(|| forgotten.collect());
        self.late_ends.remove(&it.activation);
        self.windows.insert(it.activation.clone(), window);
        (is_new, faults)
    }

    /// A server signs nothing beyond what was delegated to it.
    pub(super) fn beyond(&self, it: &Certificate, now: Timestamp) -> Vec<Fault> {
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
            self.sat.remove(activation);
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

    /// A loan took the place of a lease: that is over for each copy of its host.
    pub(crate) fn ends_by_a_loan(&mut self, lease: &ActivationId) {
        self.windows.remove(lease);
        self.ended.insert(lease.clone());
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
        // So they say who gave way: then it does not stand there any more.
        for window in self.windows.values_mut().filter(|window| !window.gives_way.is_empty()) {
            window.gives_way.clear();
            let of_that_number = || listed.iter().filter(|seat| seat.number == window.seat);
            window.is_forgotten = !of_that_number().any(|seat| seat.device == window.device.id());
            if !window.is_forgotten && of_that_number().count() > 1 {
                faults.push(("P1", format!("seat {} is {}'s, and another's: {listed:?}", window.seat, window.host)));
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
                (_, Release::AtOnce) => lease.away = Away::AtOnceAsLoan,
                (_, Release::AtEnd) => {}
            }
        }
        // What a restored server was shown has another place too; not that of something else, which came back after the backup.
        let of = self.places.get(&place);
        if let (false, SeatState::Borrowed { until } | SeatState::GivenBack { until } | SeatState::Released { until: Some(until) }) =
            (self.windows.values().any(|window| window.place == place), seat.state)
        {
            let is_its = |(activation, it): &(&ActivationId, &mut Window)| {
                let is_one = it.is_loan && it.is_forgotten && it.device.id() == seat.device && it.until >= until;
                is_one && of.is_none_or(|of| of == *activation)
            };
            let loans = self.windows.iter_mut().filter(is_its).map(|(_, loan)| loan);
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
        window.away = window.away.again(how);
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
            // A restored server knows when its holder was heard last, and what contact was asked for then, only of what it signed since.
            if self.restored.is_none_or(|it| window.signed > it.up.unwrap_or(now).max(it.believed)) {
                window.due = window.due.min(after(window.confirmed, contact));
            }
            window.known_until = window.known_until.min(window.until);
        }
    }

    /// A host asked about a loan of its own, perhaps for a later end, and nobody heard the answer: its seat may be kept until then.
    pub(crate) fn may_have_confirmed(&mut self, activation: &ActivationId, asker: &PublicKey, until: Option<Until>, now: Timestamp) {
        let end = until.and_then(|until| self.may_be_until(until, now));
        if let Some(window) = self.windows.get_mut(activation).filter(|window| window.is_loan && window.device == *asker) {
            window.confirmed = now;
            window.due = end.map_or(window.due, |end| window.due.max(end));
        }
    }

    /// A host asked to borrow, and nobody heard the answer.
    pub(crate) fn may_have_lent(&mut self, host: &str, now: Timestamp) {
        let longest = days(self.delegation.loans.map_or(0, |loans| loans.days).into());
        self.unheard.insert(host.into(), after(now, longest));
    }
}
