//! Beats and waiting: what comes often, is not signed, and is not written down.

use std::time::Duration;

use super::Pool;
use super::op::{Beat, Gone, Pulse, Wait, Waited};
use super::queue::{Turn, WAIT_BEAT};
use crate::document::{Answer, Body, Delegation, Place, Ticket};
use crate::refusal::Refusal;
use crate::time::Now;

impl Pool {
    /// Keeps a seat. It never extends a right, and never brings back a seat that was given away (promise 2).
    pub(super) fn beat(&mut self, beat: &Beat, now: &Now) -> Pulse {
        if self.secret.of_lease(beat.place) != beat.secret {
            return Pulse::Stranger;
        }
        if !self.books.written.holds.get(&beat.place).is_some_and(|hold| hold.is_lease()) {
            return self.missing(beat.place);
        }
        if self.doubts(beat.place, now) {
            return Pulse::Show;
        }
        if let Some(why) = self.ends(beat.place, now) {
            let signed = self.books.written.holds.get(&beat.place).map_or(Duration::ZERO, |hold| hold.live.signed_until);
            return Pulse::Ending { why, left: signed.saturating_sub(now.running) };
        }
        let next = self.next_beat(beat.place, now);
        let lease = self.rhythm.lease;
        let Some(hold) = self.books.written.holds.get_mut(&beat.place) else { return Pulse::Gone(Gone::Ended) };
        hold.live.deadline = hold.live.deadline.max(now.running + lease);
        let newest = beat.generation == hold.live.generation;
        if newest && hold.live.newest_until > now.running + lease / 2 {
            return Pulse::Kept { next };
        }
        let request = hold.request;
        let Some(certificate) = self.certify(beat.place, now) else { return Pulse::Kept { next } };
        let answer = Answer {
            needs: Vec::new(),
            request,
            issued: now.wall,
            recount: None,
            body: Body::Certificate(certificate),
            revocations: Vec::new(),
        };
        Pulse::Fresh { answer: Box::new(answer), next }
    }

    /// Somebody who waits asks where it stands.
    pub(super) fn wait(&mut self, ticket: &Ticket, now: &Now) -> Waited {
        if !self.secret.gave(ticket) {
            return Waited { wait: Wait::Lost, next: Duration::ZERO };
        }
        let charter = self.charter(now);
        if let Err(Refusal::ServerClosed | Refusal::ServerRevoked { .. }) = charter {
            // There is nothing to wait for: whoever asks again is told why.
            return Waited { wait: Wait::Lost, next: Duration::ZERO };
        }
        let closed = self.quiet_left(now).is_some() || charter.is_err();
        let room = if closed { 0 } else { self.room(now) };
        let next = super::granting::spread(WAIT_BEAT, u64::from(ticket.number) ^ ticket.epoch);
        match self.queue.beat(ticket, room, now.running) {
            Turn::Waiting(place) => Waited { wait: Wait::Waiting { place }, next },
            Turn::Ready(left) => Waited { wait: Wait::Ready { left }, next: Duration::ZERO },
            Turn::Lost => Waited { wait: Wait::Lost, next: Duration::ZERO },
        }
    }

    /// A lease that is not there: somebody else has it, it is over, or this server never knew it.
    fn missing(&self, place: Place) -> Pulse {
        if self.books.before.contains_key(&place) {
            return Pulse::Gone(Gone::TakenOver);
        }
        if self.books.knows(place) { Pulse::Gone(Gone::Ended) } else { Pulse::Show }
    }

    /// Why a lease is kept to its end and no longer.
    fn ends(&self, place: Place, now: &Now) -> Option<Gone> {
        let hold = self.books.written.holds.get(&place)?;
        if hold.away.is_some() {
            return Some(Gone::Released);
        }
        match self.charter(now) {
            Err(Refusal::DelegationEnded { .. }) => Some(Gone::DelegationEnded),
            Err(Refusal::ServerRevoked { .. }) => Some(Gone::Revoked),
            Err(_) => Some(Gone::Closed),
            Ok(delegation) => (hold.seat >= Delegation::limit(delegation)).then_some(Gone::Reduced),
        }
    }
}
