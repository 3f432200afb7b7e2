//! What a seat is worth: the certificate that is signed for it, and how it is kept.

use std::time::Duration;

use super::fact::Choice;
use super::hold::Held;
use super::op::Lifeline;
use super::{Pool, whole};
use crate::document::{Binding, Certificate, Contact, Delegation, Hold, Place, Wish};
use crate::refusal::Refusal;
use crate::time::{Now, Place as In, Timestamp, Window, after, between};

/// So many certificates of one seat can be signed in one epoch.
const GENERATIONS: u32 = 20;

/// Below all generations that are signed in an epoch.
fn first_generation(epoch: u64) -> u64 {
    epoch << GENERATIONS
}

/// Above all generations that are signed in an epoch.
pub(super) fn last_generation(epoch: u64) -> u64 {
    first_generation(epoch + 1)
}

impl Pool {
    /// What the time is at least. A clock that was set back ends no delegation later: what was written since the vendor was heard last, and
    /// when the vendor was heard, is of the past.
    pub fn time(&self, now: &Now) -> Timestamp {
        now.wall.max(self.books.written.latest)
    }

    /// Whether anything can be signed now.
    pub(super) fn charter(&self, now: &Now) -> Result<&Delegation, Refusal> {
        let Some(delegation) = self.books.delegation() else { return Err(Refusal::ServerClosed) };
        if self.books.written.closed.is_some() {
            return Err(Refusal::ServerClosed);
        }
        if let Some(why) = self.books.written.revoked {
            return Err(Refusal::ServerRevoked { why });
        }
        let window = delegation.window;
        match (window.place(now.wall), window.place(self.time(now)), window.until) {
            (In::Before, _, _) => Err(Refusal::DelegationEnded { until: window.from }),
            (_, In::After, Some(until)) => Err(Refusal::DelegationEnded { until }),
            (_, _, _) => Ok(delegation),
        }
    }

    /// The certificate of the seat at a place, one generation above the last; what it was signed for is remembered.
    pub(super) fn certify(&mut self, place: Place, now: &Now) -> Option<Certificate> {
        let epoch = self.books.epoch();
        let lease = self.rhythm.lease;
        let written = &mut self.books.written;
        let delegation = written.charter.as_ref()?.delegation();
        let hold = written.holds.get_mut(&place)?;
        let guest = written.guests.get(&hold.guest)?;
        let until = match &hold.held {
            Held::Lease(_) => {
                let until = delegation.window.until.map_or(after(now.wall, lease), |end| end.min(after(now.wall, lease)));
                // Never earlier than what was signed before: leases may have been longer.
                hold.live.newest_until = now.running + between(now.wall, until);
                hold.live.signed_until = hold.live.signed_until.max(hold.live.newest_until);
                hold.live.deadline = hold.live.deadline.max(now.running + lease);
                until
            }
            Held::Loan(loan) => delegation.window.until.map_or(loan.until, |end| end.min(loan.until)),
        };
        hold.live.generation = hold.live.generation.max(hold.floor).max(first_generation(epoch)) + 1;
        let choice = hold.choice.as_deref();
        Some(Certificate {
            entitlement: Some(delegation.entitlement.clone()),
            activation: hold.activation.clone(),
            generation: hold.live.generation,
            binding: Binding::Host { device: guest.device.key, fingerprint: guest.looks.clone() },
            rights: Choice::of(choice, delegation),
            window: Window { from: now.wall.min(until), until: Some(until) },
            contact: if hold.is_lease() { Contact::None } else { delegation.contact },
            hold: match &hold.held {
                Held::Lease(_) => Hold::Lease { seat: hold.seat, place },
                Held::Loan(_) => Hold::Loan { seat: hold.seat, place },
            },
            last_five: delegation.last_five.clone(),
        })
    }

    /// How the lease at a place is kept.
    pub(super) fn lifeline(&mut self, place: Place, now: &Now) -> Lifeline {
        self.lapse.insert((now.running + self.rhythm.lease, place));
        Lifeline { place, secret: self.secret.of_lease(place), next: self.next_beat(place, now) }
    }

    /// When to beat next: the rhythm, spread by a tenth either way so that hosts which started together do not beat together.
    pub(super) fn next_beat(&self, place: Place, now: &Now) -> Duration {
        spread(self.rhythm.beat, place.position ^ u64::try_from(now.running.as_millis()).unwrap_or_default())
    }

    /// Whether a seat lies above the last, as there are fewer than there were or it was taken up while all were taken: it is not signed again
    /// there, and counts until what was signed ends.
    pub(super) fn lies_above(&self, place: Place) -> bool {
        let limit = self.books.delegation().map_or(0, Delegation::limit);
        self.books.written.holds.get(&place).is_some_and(|hold| hold.seat >= limit)
    }
}

impl Choice {
    /// What is wished for, if the license has it.
    pub(super) fn wished(wish: &Wish, delegation: &Delegation) -> Result<Option<Box<Self>>, Refusal> {
        let own = &delegation.rights;
        if let Some(edition) = wish.editions.difference(&own.editions).next() {
            return Err(Refusal::UnknownEdition { edition: edition.clone(), editions: own.editions.iter().cloned().collect() });
        }
        if let Some(feature) = wish.features.difference(&own.features).next() {
            return Err(Refusal::UnknownFeature { feature: feature.clone(), features: own.features.iter().cloned().collect() });
        }
        let all = wish.editions.is_empty() && wish.features.is_empty();
        Ok((!all).then(|| Box::new(Self { editions: wish.editions.clone(), features: wish.features.clone() })))
    }

    /// The rights of a seat: what was chosen of what the license has now.
    fn of(choice: Option<&Self>, delegation: &Delegation) -> crate::document::Rights {
        let mut rights = delegation.rights.clone();
        if let Some(choice) = choice {
            if !choice.editions.is_empty() {
                rights.editions.retain(|edition| choice.editions.contains(edition));
            }
            if !choice.features.is_empty() {
                rights.features.retain(|feature| choice.features.contains(feature));
            }
        }
        rights
    }
}

/// A length of time, changed by up to a tenth either way.
pub(super) fn spread(length: Duration, seed: u64) -> Duration {
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let thousandths = 900 + u32::try_from(mixed % 201).unwrap_or(100);
    length * thousandths / 1_000
}

/// The end that is wished for.
pub(super) fn wished_end(until: crate::document::Until, now: &Now) -> Timestamp {
    whole(match until {
        crate::document::Until::At(at) => at,
        crate::document::Until::For(length) => after(now.wall, length),
    })
}
