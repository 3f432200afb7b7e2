//! What there is to see of a pool: who has what, what is free, what may be borrowed.

use serde::{Deserialize, Serialize};

use super::Pool;
use super::fact::{GuestNo, Sitter};
use super::hold::Hold;
use crate::document::{Place, Request, RevocationReason};
use crate::keys::{KeyId, PublicKey};
use crate::names::{ActivationId, EntitlementId, HostName, ProductId, UserName};
use crate::refusal::Occupant;
use crate::seal::Verified;
use crate::time::{Now, Timestamp};

/// So many holders are named in a refusal; there may be thousands.
const MOST_HOLDERS: usize = 20;

/// A pool at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Of which license.
    pub license: EntitlementId,
    /// Of which product.
    pub product: ProductId,
    /// Seats.
    pub seats: u32,
    /// Seats for emergencies.
    pub overdraft: u32,
    /// Seats in use, loans among them.
    pub used: u32,
    /// Seats that anybody can have now.
    pub free: u32,
    /// Seats held for somebody who waited.
    pub ready: u32,
    /// How many wait.
    pub waiting: u32,
    /// Seats that are borrowed.
    pub loans: u32,
    /// Seats that can be borrowed now.
    pub borrowable: u32,
    /// Until when at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
    /// Seats that a seat for emergencies stands in for.
    pub stood_in_for: u32,
    /// Seats held back because the server was restored from a backup.
    pub withheld: u32,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_until: Option<Timestamp>,
    /// When the vendor's delegation ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Since when nothing is granted because giving the license back was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
    /// Why nothing is granted, if the vendor took the delegation away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<RevocationReason>,
}

/// One seat that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Its place in the journal; acts go by it.
    pub place: Place,
    /// Its number.
    pub number: u32,
    /// What the host calls itself.
    pub host: HostName,
    /// Its vault's key.
    pub device: KeyId,
    /// Who sits on it.
    #[serde(deserialize_with = "UserName::read")]
    pub user: UserName,
    /// Since when.
    pub since: Timestamp,
    /// How it is held.
    pub state: SeatState,
}

/// Whose seat a line of the journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whose {
    /// The seat that it was given; a loan may have come down to another since.
    pub seat: u32,
    /// The number that the pool gave its host.
    pub guest: GuestNo,
    /// What that calls itself now, unless the pool has forgotten it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// Who sits on it.
    #[serde(deserialize_with = "UserName::read")]
    pub user: UserName,
}

/// How a seat is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SeatState {
    /// By a lease.
    Leased,
    /// Borrowed.
    Borrowed {
        /// Until when.
        until: Timestamp,
    },
    /// Borrowed and given back by file: free when it is due, or when an administrator accepts it.
    GivenBack {
        /// When it is due.
        until: Timestamp,
    },
    /// Taken away; what was signed for it ends here, if that is known.
    Released {
        /// When.
        until: Option<Timestamp>,
    },
}

impl Pool {
    /// The pool at a glance. None before anything was delegated.
    pub fn overview(&self, now: &Now) -> Option<Overview> {
        let delegation = self.books.delegation()?;
        let granting = self.charter(now).is_ok() && self.quiet_left(now).is_none();
        let free = if granting { self.room(now).saturating_sub(self.queue.waiting()) } else { 0 };
        let withheld_until = self.withholds_until(now);
        let loans = delegation.loans.map_or(0, |loans| loans.seats).saturating_sub(self.books.loans);
        Some(Overview {
            license: delegation.entitlement.clone(),
            product: delegation.rights.product.clone(),
            seats: delegation.seats,
            overdraft: delegation.overdraft,
            used: self.books.used(),
            free,
            ready: self.queue.ready(),
            waiting: self.queue.waiting(),
            loans: self.books.loans,
            borrowable: if withheld_until.is_some() { 0 } else { loans.min(free) },
            latest: self.latest_loan(now),
            stood_in_for: self.books.stood_in_for,
            withheld: self.withheld(now),
            withheld_until,
            until: delegation.window.until,
            closed: self.books.written.closed,
            revoked: self.books.written.revoked,
        })
    }

    /// Whether anything is granted now.
    pub fn grants(&self, now: &Now) -> bool {
        self.charter(now).is_ok()
    }

    /// Whether somebody on a host has a seat to go on with, as far as the license tells people apart: a lease that is renewed, or a loan.
    pub fn sits(&self, device: &PublicKey, sitter: &Sitter, now: &Now) -> bool {
        let Some((guest, _)) = self.books.guest_of(device) else { return false };
        self.grants(now) && self.books.sitters.contains_key(&self.books.seatmate(guest, sitter))
            || self.books.loan_for(guest, &sitter.user).is_some_and(|loan| self.has_number(loan))
    }

    /// Whether this very request was granted something before. Whoever has a copy of it can bring it again.
    pub fn granted_before(&self, request: &Verified<Request>) -> bool {
        let guest = self.books.guest_of(&request.device);
        guest.is_some_and(|(_, it)| it.device.knows(request.count, request.name())) || self.books.has_brought(&request.name())
    }

    /// Whether a host has a seat under an activation.
    pub fn holds(&self, device: &PublicKey, activation: &ActivationId) -> bool {
        self.held_by(device, activation).is_some()
    }

    /// The place of what a host holds under an activation.
    pub(super) fn held_by(&self, device: &PublicKey, activation: &ActivationId) -> Option<Place> {
        let place = *self.books.activations.get(activation)?;
        let (guest, _) = self.books.guest_of(device)?;
        (self.books.written.holds.get(&place)?.guest == guest).then_some(place)
    }

    /// What a host calls itself, unless the pool has forgotten it.
    pub fn host(&self, guest: GuestNo) -> Option<&HostName> {
        self.books.written.guests.get(&guest).map(|it| &it.device.host)
    }

    /// Who has what, in the order it was taken.
    pub fn seats<'a>(&'a self, now: &'a Now) -> impl Iterator<Item = Seat> + 'a {
        self.books.written.holds.iter().filter_map(move |(place, hold)| self.seat(*place, hold, now))
    }

    fn seat(&self, place: Place, hold: &Hold, now: &Now) -> Option<Seat> {
        let guest = self.books.written.guests.get(&hold.guest)?;
        let state = match (hold.away, hold.loan()) {
            (Some(_), Some(_)) => SeatState::Released { until: hold.free_at() },
            (Some(_), None) => SeatState::Released { until: self.lease_end(&place, now) },
            (None, None) => SeatState::Leased,
            (None, Some(loan)) if hold.is_given_back() => SeatState::GivenBack { until: loan.until },
            (None, Some(loan)) => SeatState::Borrowed { until: loan.until },
        };
        Some(Seat {
            place,
            number: hold.seat,
            host: guest.device.host.clone(),
            device: guest.device.key.id(),
            user: hold.sitter.user.clone(),
            since: hold.since,
            state,
        })
    }

    /// Some of those who have a seat, for a refusal.
    pub(super) fn occupants(&self) -> Vec<Occupant> {
        self.books.written.holds.values().take(MOST_HOLDERS).filter_map(|hold| self.occupant(hold)).collect()
    }

    /// Some of those who borrowed, the next that is due first.
    pub(super) fn borrowers(&self) -> Vec<Occupant> {
        let loans = self.books.due.iter().take(MOST_HOLDERS);
        loans.filter_map(|(_, place)| self.occupant(self.books.written.holds.get(place)?)).collect()
    }

    fn occupant(&self, hold: &Hold) -> Option<Occupant> {
        let guest = self.books.written.guests.get(&hold.guest)?;
        let due = hold.loan().map(|loan| loan.until);
        Some(Occupant { host: guest.device.host.clone(), user: hold.sitter.user.clone(), since: hold.since, due })
    }
}
