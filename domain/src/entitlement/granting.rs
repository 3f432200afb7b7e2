//! What is signed for who holds a slot: a host's certificate, or what a license server may sign itself.

use super::{Allowance, Entitlement, Outcome, Seats, Shown, Slot, Tenure, Terms};
use crate::document::{Binding, Body, Certificate, Delegation, Hold, Request};
use crate::names::EntitlementId;
use crate::rights::TenureKind;
use crate::seal::Verified;
use crate::time::{Timestamp, Window, after, days};

impl Entitlement {
    /// The next generation of a slot: a certificate of an activation, a delegation of a pool.
    pub(super) fn grant(&mut self, place: usize, request: &Verified<Request>, now: Timestamp, happened: &'static str) -> Outcome {
        self.slots[place].hear(request, now);
        let slot = &self.slots[place];
        let body = match self.terms.allowance {
            Allowance::Activations(_) => Body::Certificate(self.certificate(slot)),
            Allowance::Seats(pool) => Body::Delegation(self.delegation(slot, pool, now)),
        };
        Outcome { body, happened, changed: true }
    }

    fn certificate(&self, slot: &Slot) -> Certificate {
        Certificate {
            entitlement: Some(self.id.clone()),
            activation: slot.activation.clone(),
            generation: slot.generation,
            binding: Binding::Host { device: slot.device, fingerprint: slot.fingerprint.clone() },
            rights: self.terms.rights(),
            window: self.terms.tenure.window,
            contact: self.terms.contact,
            hold: Hold::Activation,
            last_five: self.last_five.clone(),
        }
    }

    fn delegation(&self, slot: &Slot, pool: Seats, now: Timestamp) -> Delegation {
        let sold = self.terms.tenure.window;
        Delegation {
            entitlement: self.id.clone(),
            activation: slot.activation.clone(),
            generation: slot.generation,
            server: slot.device,
            rights: self.terms.rights(),
            seats: pool.seats,
            overdraft: pool.overdraft,
            per: pool.per,
            loans: pool.borrowing,
            contact: self.terms.contact,
            window: pool.signing(sold, now),
            sold_until: sold.until,
            last_five: self.last_five.clone(),
        }
    }

    /// An entitlement that this server had sold before it was restored, taken up again from its own signature: for the one holder who shows it.
    pub fn adopted(id: EntitlementId, shown: &Shown<'_>, now: Timestamp) -> Self {
        let (rights, contact, last_five) = match shown {
            Shown::Certificate(it) => (it.rights.clone(), it.contact, &it.last_five),
            Shown::Delegation(it) => (it.rights.clone(), it.contact, &it.last_five),
        };
        let (allowance, window) = match shown {
            Shown::Certificate(it) => (Allowance::Activations(1), it.window),
            Shown::Delegation(it) => {
                let pool = Seats { overdraft: it.overdraft, borrowing: it.loans, per: it.per, ..Seats::of(it.seats) };
                let until = it.sold_until.or(it.window.until).filter(|_| rights.tenure != TenureKind::Perpetual);
                (Allowance::Seats(pool), Window { from: it.window.from, until })
            }
        };
        let terms = Terms {
            product: rights.product,
            editions: rights.editions,
            key_type: rights.key_type,
            medium: rights.medium,
            tenure: Tenure { kind: rights.tenure, window },
            allowance,
            moves: super::Budget::default(),
            transfers: super::Budget::default(),
            contact,
            features: rights.features,
            maintenance_until: rights.maintenance_until,
        };
        Self { last_five: last_five.clone(), ..Self::bare(id, terms, now) }
    }
}

impl Seats {
    /// When a license server may sign that is heard from now: from the beginning of what was sold, and never beyond its end.
    fn signing(&self, sold: Window, now: Timestamp) -> Window {
        let until = after(now.max(sold.from), days(self.delegated_days().into()));
        Window { from: sold.from, until: Some(sold.until.map_or(until, |end| end.min(until))) }
    }
}
