//! A server that was restored from a backup: what it is shown of itself is its backup (promise 8).

use super::asking::Case;
use super::books::Books;
use super::fact::{Adopted, Choice, Ending, Fact, Sitter};
use super::hold::Hold;
use super::{Pool, whole};
use crate::document::{Certificate, Contact, Hold as As, Place};
use crate::names::ActivationId;
use crate::refusal::Refusal;
use crate::time::{Now, Place as In, Timestamp, after, between};

impl Pool {
    /// A restored server signs a lease anew only for who shows that it has not ended: the seat may have been given to another since the backup.
    pub(super) fn believe(&self, case: &Case<'_>, place: Place) -> Result<(), Refusal> {
        if self.believes(case, place) {
            return Ok(());
        }
        let leases = after(case.now.wall, self.quiet_left(case.now).unwrap_or_default());
        let lease = self.books.written.holds.get(&place).is_some_and(|hold| hold.is_lease());
        let until = self.withholds_until(case.now).filter(|_| !lease).unwrap_or(leases);
        Err(Refusal::ServerRestored { until: whole(until) })
    }

    pub(super) fn believes(&self, case: &Case<'_>, place: Place) -> bool {
        let activation = self.books.written.holds.get(&place).map(|hold| &hold.activation);
        let open = |shown: &Certificate| Some(&shown.activation) == activation && shown.window.place(case.at()) == In::Inside;
        !self.doubts(place, case.now)
            || case.shows(None).is_some_and(|(answer, shown, _)| open(shown) && is_heard(case, shown, answer.issued))
    }

    /// What to say of a seat that is not in the books: a restored server cannot tell what became of a loan that it forgot, and is not to take up.
    pub(super) fn unknown(&self, case: &Case<'_>, activation: &ActivationId) -> Refusal {
        let forgotten = case.shows(Some(activation)).is_some_and(|(_, shown, place)| {
            !self.books.knows(place) && matches!(shown.hold, As::Loan { .. }) && shown.window.place(case.at()) == In::Inside
        });
        let until = self.withholds_until(case.now).filter(|_| forgotten);
        until.map_or(Refusal::SeatGone, |until| Refusal::ServerRestored { until })
    }

    /// The server is shown its own signature. If it knows nothing of that place, it was restored from a backup, or is one of two.
    pub(super) fn notice(&mut self, facts: &mut Vec<Fact>, place: Place, signed: Timestamp, now: &Now) -> Seen {
        if self.books.knows(place) {
            return Seen::Before;
        }
        self.forgot(facts, signed, now);
        Seen::Forgotten
    }

    /// Something was signed that is not in the books.
    fn forgot(&mut self, facts: &mut Vec<Fact>, signed: Timestamp, now: &Now) {
        // What was signed before a restore that is known of says nothing new.
        if self.books.written.restored.is_none_or(|restored| signed > restored.at) {
            // It is as late at least as when that was signed, whatever the clock shows.
            self.record(facts, Fact::Restored { at: now.wall.max(whole(signed)) });
            self.quiet = self.quiet.max(now.running + self.longest);
        }
    }

    /// Own signatures are the backup: takes up again what this server signed and no longer knows (promise 8).
    pub(super) fn adopt(
        &mut self,
        facts: &mut Vec<Fact>,
        case: &Case<'_>,
        activation: Option<&ActivationId>,
        sitter: &Sitter,
        choice: Option<&Choice>,
    ) {
        let Some((answer, shown, place)) = case.shows(activation) else { return };
        let (issued, shown) = (answer.issued, shown.clone());
        let seen = self.notice(facts, place, issued, case.now);
        if shown.window.place(case.at()) != In::Inside {
            return;
        }
        let (seat, until) = match shown.hold {
            As::Lease { seat, .. } => (seat, None),
            As::Loan { seat, .. } => (seat, shown.window.until.map(whole)),
            As::Trial | As::Activation => return,
        };
        if let Some((until, held)) = until.zip(self.held_by(&case.request.device, &shown.activation)) {
            return self.goes_on(facts, case, held, (until, shown.contact), issued);
        }
        if seen == Seen::Before || !is_heard(case, &shown, issued) {
            return;
        }
        let own = if until.is_some() { self.loan_of(case) } else { self.lease_of(case, sitter) };
        // What it has at a later place came after what it shows.
        if own.is_some_and(|own| own > place) || self.books.activations.contains_key(&shown.activation) {
            return;
        }
        // Whoever had that number at an earlier place had it no more when this was signed, if whoever signed knew of that: it may have been put
        // back from another backup than these books. A lease was over then. A loan is not: it may have come down to another number.
        let limit = self.books.delegation().map_or(0, |it| it.limit());
        let knew = self.books.began(place.epoch);
        let had_it = |hold: &Hold| hold.seat == seat && hold.numbered.is_none_or(|numbered| numbered < place) && (hold.is_lease() || knew);
        let had_left = |hold: &Hold| hold.is_lease() && had_it(hold);
        let before = self.books.written.holds.range(..place).find(|(_, hold)| had_left(hold)).map(|(place, _)| *place);
        for superseded in before.into_iter().chain(own.filter(|own| Some(*own) != before)) {
            self.record(facts, Fact::Ended { place: superseded, why: Ending::Superseded, asked: None, by: None, at: case.at() });
        }
        // A loan that had it goes on under another.
        let is_had = |books: &Books| books.numbers.is_free(seat) || books.written.holds.range(..place).any(|(_, hold)| had_it(hold));
        let seat = if seat < limit && is_had(&self.books) { seat } else { self.books.numbers.lowest() };
        let adopted = Adopted {
            guest: self.meet(facts, case),
            asked: case.asked(),
            sitter: sitter.clone(),
            choice: choice.cloned().map(Box::new),
            activation: shown.activation,
            generation: shown.generation,
            seat,
            until,
            contact: shown.contact,
            at: case.at(),
        };
        let place = self.record(facts, Fact::Adopted(Box::new(adopted)));
        // As long as what was shown goes on, however long leases are now.
        let lease = self.rhythm.lease.max(between(case.at(), shown.window.until.unwrap_or(case.at())));
        if let Some(hold) = self.books.written.holds.get_mut(&place).filter(|hold| hold.is_lease()) {
            (hold.live.deadline, hold.live.signed_until) = (case.now.running + lease, case.now.running + lease);
            self.lapse.insert((hold.live.deadline, place));
        }
        self.queue.hold_at_most(self.to_give(case.now));
    }

    /// A loan whose later end was forgotten is out until then, and one whose holder may be silent for longer is out as long. What was taken
    /// away or given back meanwhile is not longer by it.
    fn goes_on(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>, place: Place, (until, contact): (Timestamp, Contact), issued: Timestamp) {
        let Some(hold) = self.books.written.holds.get(&place) else { return };
        let (Some(loan), stands) = (hold.loan(), hold.away.is_none() && !hold.is_given_back()) else { return };
        let is_longer = loan.until < until;
        // Only a restored server can have signed it on terms that it does not know, and not written them down.
        let is_looser = self.books.written.restored.is_some() && loan.contact.looser(contact) != loan.contact;
        let until = until.max(loan.until);
        if is_longer {
            self.forgot(facts, issued, case.now);
        }
        if stands && (is_longer || is_looser) {
            let (asked, contact) = (case.asked(), Some(contact));
            self.record(facts, Fact::Renewed { place, asked, until, contact, seat: None, at: case.at() });
        }
    }
}

/// Whether whoever shows a seat has missed no contact since it was signed: it may have been taken away since, and by that be another's.
fn is_heard(case: &Case<'_>, shown: &Certificate, issued: Timestamp) -> bool {
    shown.contact.missed(issued).is_none_or(|missed| case.at() < missed)
}

/// Whether a place that was shown is in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Before,
    Forgotten,
}
