//! What an administrator does. Each act leaves a fact with a name on it.

use std::time::Duration;

use super::Pool;
use super::charter::Charter;
use super::fact::{Ending, Fact, Release};
use super::op::{Act, Acted};
use crate::document::{Place, Revocation, RevocationReason};
use crate::refusal::Refusal;
use crate::time::{Now, Timestamp, after};

impl Pool {
    /// Carries an act out.
    pub(super) fn act(&mut self, facts: &mut Vec<Fact>, act: Act, now: &Now) -> Result<Acted, Refusal> {
        let at = now.wall;
        match act {
            Act::Release { place, how, by } => self.release(facts, place, how, by, now),
            Act::AcceptReturn { place, by } => {
                if !self.books.written.holds.get(&place).is_some_and(|hold| hold.is_given_back()) {
                    return Ok(Acted::Nothing);
                }
                self.record(facts, Fact::Ended { place, why: Ending::Accepted, asked: None, by: Some(by), at });
                Ok(Acted::Done)
            }
            Act::AcceptRestore { by } => {
                if self.withholds_until(now).is_none() {
                    return Ok(Acted::Nothing);
                }
                self.record(facts, Fact::Accepted { by, at });
                Ok(Acted::Done)
            }
            Act::Delegate(charter) => self.delegate(facts, charter, now),
            Act::Revoke(revocation) => Ok(self.revoke(facts, &revocation, at)),
            Act::Close { by } => self.close(facts, by, now),
            Act::Reopen { by } => {
                if self.books.written.closed.is_none() {
                    return Ok(Acted::Nothing);
                }
                self.record(facts, Fact::Reopened { by, at });
                Ok(Acted::Done)
            }
        }
    }

    /// Takes a seat away: when what was signed for it has ended, or at once if a seat for emergencies can stand in for it (promise 9).
    fn release(&mut self, facts: &mut Vec<Fact>, place: Place, how: Release, by: Box<str>, now: &Now) -> Result<Acted, Refusal> {
        let Some(hold) = self.books.written.holds.get(&place) else { return Ok(Acted::Nothing) };
        if hold.away == Some(Release::AtOnce) || hold.away == Some(how) {
            return Ok(Acted::Nothing);
        }
        let overdraft = self.books.delegation().map_or(0, |it| it.overdraft);
        if how == Release::AtOnce && self.books.stood_in_for >= overdraft {
            return Err(Refusal::OverdraftSpent { overdraft, next: self.next_stand_in(now) });
        }
        self.record(facts, Fact::Released { place, how, by, at: now.wall });
        // From here on it is not renewed: it ends with what was signed.
        if let Some(hold) = self.books.written.holds.get_mut(&place).filter(|hold| hold.is_lease()) {
            hold.live.deadline = hold.live.signed_until;
            self.lapse.insert((hold.live.deadline, place));
        }
        Ok(Acted::Done)
    }

    /// When the first seat that one for emergencies stands in for is over.
    fn next_stand_in(&self, now: &Now) -> Option<Timestamp> {
        let stood_in_for = self.books.written.holds.iter().filter(|(_, hold)| hold.is_stood_in_for());
        stood_in_for.filter_map(|(place, hold)| hold.free_at().or_else(|| self.lease_end(place, now))).min()
    }

    fn delegate(&mut self, facts: &mut Vec<Fact>, charter: Box<Charter>, now: &Now) -> Result<Acted, Refusal> {
        let delegation = charter.delegation();
        if let Some(held) = self.books.delegation() {
            if held.server != delegation.server || held.entitlement != delegation.entitlement {
                return Err(Refusal::OtherServer);
            }
            if held.activation == delegation.activation && held.generation >= delegation.generation {
                return Ok(Acted::Nothing);
            }
            // The license was activated again since: what the vendor said of it before is not its last word.
            let older = held.activation != delegation.activation && self.books.charter().is_some_and(|it| charter.issued() < it.issued());
            if older && self.books.written.revoked.is_none() {
                return Ok(Acted::Nothing);
            }
        }
        self.record(facts, Fact::Delegated { charter, at: now.wall });
        self.queue.hold_at_most(self.to_give(now));
        Ok(Acted::Done)
    }

    /// The vendor took the delegation away, up to a generation: nothing more is granted. Nothing ends sooner by it than what was signed. That a
    /// license was returned is no news of a pool that was closed for it.
    fn revoke(&mut self, facts: &mut Vec<Fact>, revocation: &Revocation, at: Timestamp) -> Acted {
        let held = self.books.delegation().is_some_and(|held| {
            held.activation == revocation.activation && held.server.id() == revocation.device && held.generation <= revocation.generation
        });
        let closed_for_it = revocation.reason == RevocationReason::Returned && self.books.written.closed.is_some();
        if !held || closed_for_it || self.books.written.revoked.is_some() {
            return Acted::Nothing;
        }
        self.record(facts, Fact::Revoked { why: revocation.reason, at });
        Acted::Done
    }

    /// Nothing more is granted. The license can be given back only when nothing that was signed is left (row N1).
    fn close(&mut self, facts: &mut Vec<Fact>, by: Box<str>, now: &Now) -> Result<Acted, Refusal> {
        let held_back = self.withholds_until(now).filter(|_| self.withheld(now) > 0);
        if let Some((due, _)) = self.books.due.last() {
            let until = held_back.map_or(*due, |until| until.max(*due));
            return Err(Refusal::LoansOut { loans: self.books.loans, until });
        }
        if let Some(until) = held_back {
            return Err(Refusal::ServerRestored { until });
        }
        if self.books.written.closed.is_none() {
            self.record(facts, Fact::Closed { by, at: now.wall });
        }
        let leases = self.books.written.holds.values().map(|hold| hold.live.signed_until.saturating_sub(now.running));
        let left = leases.chain(self.quiet_left(now)).fold(Duration::ZERO, Duration::max);
        Ok(Acted::Closing { left })
    }

    /// When a lease that is taken away now has ended, as far as it is known.
    pub(super) fn lease_end(&self, place: &Place, now: &Now) -> Option<Timestamp> {
        let hold = self.books.written.holds.get(place).filter(|hold| hold.is_lease())?;
        Some(after(now.wall, hold.live.signed_until.saturating_sub(now.running)))
    }
}
