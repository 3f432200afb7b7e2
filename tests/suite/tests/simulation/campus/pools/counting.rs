//! Whether what was signed for is more than there is, and whether the books say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use keyward_domain::names::ActivationId;
use keyward_domain::pool::{Overview, Seat, SeatState};
use keyward_domain::time::{Timestamp, after};

use super::super::windows::{Away, Ghost};
use super::{Fault, LEASE, Pool};

impl Pool {
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
        let counted: Vec<_> = self.windows.iter().filter(|(it, _)| !self.became_a_loan(it)).collect();
        let all = counted.len() + ready;
        let without = counted.iter().filter(|(_, window)| !window.away.is_stood_in_for()).count() + ready;
        // What another stood in for is counted in full by a server that was put back and does not know that: whoever sits there keeps the seat,
        // and nobody comes in the place of whoever leaves.
        let in_full = || counted.iter().filter(|(_, window)| !window.away.is_known_stood_in_for());
        let sat =
            in_full().filter(|(it, window)| self.sat.contains(*it) || window.instead_of.as_ref().is_some_and(|it| self.sat.contains(it)));
        let most = sat.count().max(may.seats as usize);
        let loans = self.windows.values().filter(|window| window.is_loan).count();
        let full = in_full().count() + ready;
        if all > may.limit() as usize + shown || without > may.seats as usize + beyond || full > most + beyond {
            let who: Vec<_> = self.windows.iter().map(|(it, window)| format!("{it} seat {} of {}", window.seat, window.host)).collect();
            let there = format!("{} seats and {} for emergencies", may.seats, may.overdraft);
            let counts = format!("{all} are signed for or held, {without} with no other in their place, {full} that its server counts");
            faults.push(("P1", format!("{counts}, of {there}: {who:?}")));
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
    pub(super) fn beyond_seats(&mut self) -> (usize, usize) {
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
    pub(super) fn became_a_loan(&self, lease: &ActivationId) -> bool {
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
