//! Whether a server that says no is right, by all that was heard: who has what, what is borrowed, what was restored, what was delegated.

use std::time::Duration;

use keyward_domain::document::{Ask, Request, Until};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Sealed;
use keyward_domain::time::{Timestamp, after, days};
use keyward_domain::vault::NotTaken;

use super::Campus;
use super::desk::Desk;
use super::pools::Pool;
use super::wire::Said;

/// Clocks differ, and acts wait for seconds.
const SECONDS: Duration = Duration::from_secs(5);

/// The end of a loan that somebody asks for.
fn end_of(until: Until, now: Timestamp) -> Timestamp {
    match until {
        Until::At(at) => at,
        Until::For(length) => after(now, length),
    }
}

impl Campus {
    /// A server says no to a request.
    pub(super) fn look_at_refusal(&mut self, said: &Said, request: &Sealed<Request>, refusal: &Refusal) {
        let site = self.site_at(&said.at);
        let right = match refusal {
            // Two copies of one vault count alike.
            Refusal::CopiedHost => self.copied.contains(&request.words().device),
            // Somebody brought it before.
            Refusal::RequestSpent => self.asked.get(&(site, request.name())).is_some_and(|times| *times > 1),
            _ => self.pools.iter().filter(|(_, pool)| pool.site == site).any(|(id, pool)| match refusal {
                Refusal::ServerRevoked { .. } => !self.keys.contains_key(id),
                _ => pool.may_refuse(request.words(), refusal, self.now()),
            }),
        };
        self.refused.insert((said.host.clone(), refusal.code()));
        if !right {
            let about = format!("{} {}", self.sites[site].name(), said.host);
            let pools: Vec<_> = self.pools.values().filter(|pool| pool.site == site).collect();
            let what =
                format!("{} is refused without a cause: {refusal:?}; {:?}; {pools:?}", request.words().ask.kind(), request.words().ask);
            self.broken("REFUSED", &about, what);
        }
    }

    /// Whether a host is right not to take an answer. A server that was restored signs again for what came back since; and where a return was
    /// not heard and its host's vault was put back, or where it was refused, the server signs for what the host must not use any more.
    pub(super) fn may_not_take(&self, desk: &Desk, why: &NotTaken) -> bool {
        let NotTaken::Returned { activation } = why else { return false };
        let is_unheard = desk.model.wound_back > 0 || desk.model.refused_back.contains(activation);
        let unheard = |pool: &Pool| is_unheard && pool.may_have(activation);
        desk.model.off.contains_key(activation) && self.pools.values().any(|pool| pool.forgot_return_of(activation) || unheard(pool))
    }
}

impl Pool {
    /// Whether a no is right by all that was heard.
    fn may_refuse(&self, request: &Request, refusal: &Refusal, now: Timestamp) -> bool {
        match (refusal, &request.ask) {
            // Whose turn it is is looked at beside the line.
            (Refusal::PoolFull { .. }, Ask::CheckOut { .. }) | (Refusal::NoSeatFree { .. }, Ask::Borrow { .. }) => true,
            (Refusal::SeatGone, Ask::Extend { activation, .. } | Ask::Refresh { activation, .. } | Ask::Return { activation, .. }) => {
                !self.has(activation, request.device.id(), now)
            }
            (Refusal::DelegationEnded { .. }, _) => self.delegation.window.until.is_some_and(|end| end <= now),
            (Refusal::ServerClosed, _) => self.closed.as_ref() == Some(&self.delegation.activation),
            (Refusal::ServerRestored { .. }, Ask::CheckOut { .. }) => self.quiet.is_some_and(|until| now < until),
            (Refusal::ServerRestored { .. }, Ask::Borrow { .. } | Ask::Extend { .. } | Ask::Refresh { .. }) => {
                self.quiet.is_some_and(|until| now < until) || self.holds_loans_back(now)
            }
            (Refusal::NotBorrowable, Ask::Borrow { .. } | Ask::Extend { .. }) => self.delegation.loans.is_none_or(|loans| loans.seats == 0),
            (Refusal::NoLoanLeft { .. }, Ask::Borrow { .. }) => {
                self.delegation.loans.is_some_and(|loans| self.loans(now) >= loans.seats as usize)
            }
            // What it does not know it takes up above the last seat while all are taken, and cannot sign.
            (Refusal::NoSeatFree { .. }, Ask::Extend { activation, .. } | Ask::Refresh { activation, .. }) => {
                let beside = self.may_have_beside(activation, request.device.id(), now);
                self.forgot(activation) && beside >= self.delegation.limit() as usize
            }
            (Refusal::LoanTooLong { .. }, Ask::Borrow { until, .. } | Ask::Extend { until, .. }) => self.is_too_long(*until, now),
            _ => false,
        }
    }

    /// Whether a loan that ends so late is longer than may be, or ends at once.
    fn is_too_long(&self, until: Until, now: Timestamp) -> bool {
        let until = end_of(until, now);
        until < after(now, SECONDS) || after(until, SECONDS) > self.latest_loan(now)
    }

    /// Until when a loan may be asked for, if it may.
    pub(super) fn may_be_until(&self, until: Until, now: Timestamp) -> Option<Timestamp> {
        Some(end_of(until, now)).filter(|until| *until <= after(self.latest_loan(now), SECONDS))
    }

    fn latest_loan(&self, now: Timestamp) -> Timestamp {
        let most = after(now, days(self.delegation.loans.map_or(0, |loans| loans.days).into()));
        self.delegation.window.until.map_or(most, |end| end.min(most))
    }
}
