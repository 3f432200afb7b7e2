//! Activation, refresh and return, decided.

use super::{Allowance, Entitlement, Next, Slot, Terms};
use crate::document::{Answer, Binding, Body, Certificate, Hold, Receipt, Request, RevocationReason};
use crate::host::Match;
use crate::keys::PublicKey;
use crate::names::{ActivationId, EntitlementId};
use crate::product::Product;
use crate::refusal::{Holder, Refusal};
use crate::rights::{KeyType, Medium};
use crate::seal::Verified;
use crate::time::{Place, Timestamp};

/// So many holders are named in a refusal; there may be thousands.
const MOST_HOLDERS: usize = 20;

/// What was decided, and in a word what happened, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What to answer.
    pub body: Body,
    /// What happened.
    pub happened: &'static str,
    /// Whether it changed anything: then it is written down and remembered.
    pub changed: bool,
}

/// What a device showed of what it holds.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The answer it holds, opened with this server's own trust.
    pub answer: &'a Verified<Answer>,
    /// Whether this server remembers having given it. If not, it was restored from a backup: its own signature is the backup.
    pub remembered: bool,
}

impl<'a> Held<'a> {
    /// The certificate it shows of an activation on a device.
    fn shows(&self, activation: &ActivationId, device: &PublicKey) -> Option<&'a Certificate> {
        let shown = self.answer.certificate()?;
        (shown.activation == *activation && shown.binding.device() == Some(*device)).then_some(shown)
    }

    /// The same, if this server no longer knows that it signed it.
    pub fn forgotten(&self, activation: &ActivationId, device: &PublicKey) -> Option<&'a Certificate> {
        self.shows(activation, device).filter(|_| !self.remembered)
    }
}

impl Entitlement {
    /// Gives the asking host a slot, its own again if it is recognised (rows O1, O4, A2).
    pub fn activate(&mut self, request: &Verified<Request>, own_slot: bool, product: &Product, now: Timestamp) -> Result<Outcome, Refusal> {
        self.check_sale(request, product, now)?;
        let activations = self.activations()?;
        // Sent again to a server that was restored since it answered it, and that has seen what it granted come back.
        let granted = ActivationId::of(&request.name());
        if self.ended.iter().any(|ended| ended.activation == granted) {
            return Err(Refusal::RequestSpent);
        }
        if let Some(place) = self.slots.iter().position(|slot| slot.device == request.device) {
            return Ok(self.certify(place, request, now, "activated again"));
        }
        let mut spent = None;
        if !own_slot && let Some(place) = self.recognise(request) {
            let next = self.terms.moves.next(&self.moves, now);
            spent = (next != Next::Now).then(|| next.date());
            if next == Next::Now {
                self.moves.push(now);
                let old = self.slots[place].clone();
                self.end(&old, RevocationReason::Moved, now);
                // Another key counts by itself.
                (self.slots[place].device, self.slots[place].count) = (request.device, None);
                return Ok(self.certify(place, request, now, "moved"));
            }
        }
        if self.slots.len() < activations as usize {
            self.slots.push(Slot {
                activation: granted,
                device: request.device,
                fingerprint: request.fingerprint.clone(),
                host: request.host.clone(),
                count: None,
                generation: 0,
                since: now,
                seen: now,
            });
            return Ok(self.certify(self.slots.len() - 1, request, now, "activated"));
        }
        Err(match spent {
            Some(next) => Refusal::MovesSpent { next, moves: self.terms.moves.times, days: self.terms.moves.days },
            None => Refusal::NoActivationLeft {
                activations,
                holders: self.slots.iter().take(MOST_HOLDERS).map(|slot| Holder { host: slot.host.clone(), since: slot.since }).collect(),
            },
        })
    }

    /// Gives a holder a new certificate, or tells it what became of what it holds.
    pub fn refresh(
        &mut self,
        activation: &ActivationId,
        request: &Verified<Request>,
        held: Option<Held<'_>>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        self.adopt(activation, request, held, now);
        let Some(place) = self.slots.iter().position(|slot| slot.activation == *activation && slot.device == request.device) else {
            return self.gone(activation, &request.device, held);
        };
        if self.revoked.is_some() {
            let told = self.slots[place].ended(RevocationReason::Revoked, now).revocation(RevocationReason::Revoked);
            return Ok(Outcome { body: Body::Revocation(told), happened: "told of its revocation", changed: false });
        }
        if self.terms.product != request.product {
            return Err(Refusal::OtherProduct { product: self.terms.product.clone() });
        }
        if self.slots[place].fingerprint.judge(&request.fingerprint) == Match::Other {
            return Err(Refusal::NotThisHost);
        }
        Ok(self.certify(place, request, now, "refreshed"))
    }

    /// Takes back what a holder gives. Asked again, or asked for what it no longer has, it is told the same: it is returned (row O5). Who never
    /// held it is told nothing of it.
    pub fn give_back(
        &mut self,
        activation: &ActivationId,
        request: &Verified<Request>,
        held: Option<Held<'_>>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        self.adopt(activation, request, held, now);
        if let Some(place) = self.slots.iter().position(|slot| slot.activation == *activation && slot.device == request.device) {
            let slot = self.slots.remove(place);
            self.end(&slot, RevocationReason::Returned, now);
            return Ok(Outcome { body: Body::Receipt(Receipt { activation: activation.clone() }), happened: "returned", changed: true });
        }
        let held_once = self.ended.iter().any(|ended| ended.activation == *activation && ended.device == request.device)
            || held.is_some_and(|held| held.shows(activation, &request.device).is_some());
        if !held_once {
            return Err(Refusal::UnknownActivation);
        }
        Ok(Outcome { body: Body::Receipt(Receipt { activation: activation.clone() }), happened: "returned before", changed: false })
    }

    /// An entitlement that this server had sold before it was restored, taken up again from its own signature: for the one holder who shows it.
    pub fn adopted(id: EntitlementId, certificate: &Certificate, now: Timestamp) -> Self {
        let rights = certificate.rights.clone();
        let terms = Terms {
            product: rights.product,
            editions: rights.editions,
            key_type: rights.key_type,
            medium: rights.medium,
            tenure: super::Tenure { kind: rights.tenure, window: certificate.window },
            allowance: Allowance::Activations(1),
            moves: super::Budget::default(),
            transfers: super::Budget::default(),
            contact: certificate.contact,
            features: rights.features,
            maintenance_until: rights.maintenance_until,
        };
        Self { last_five: certificate.last_five.clone(), ..Self::bare(id, terms, now) }
    }

    fn check_sale(&self, request: &Verified<Request>, product: &Product, now: Timestamp) -> Result<(), Refusal> {
        if self.terms.product != request.product {
            return Err(Refusal::OtherProduct { product: self.terms.product.clone() });
        }
        if self.revoked.is_some() {
            return Err(Refusal::Revoked);
        }
        if let (Place::After, Some(until)) = (self.terms.tenure.window.place(now), self.terms.tenure.window.until) {
            return Err(Refusal::Expired { until });
        }
        if let Some(until) = self.terms.maintenance_until
            && !self.terms.rights().covers(product.released(&request.version))
        {
            return Err(Refusal::MaintenanceEnded { version: request.version.clone(), until });
        }
        Ok(())
    }

    fn activations(&self) -> Result<u32, Refusal> {
        match (self.terms.key_type, self.terms.medium, self.terms.allowance) {
            (KeyType::Network, _, _) | (_, _, Allowance::Seats { .. }) => Err(Refusal::NeedsLicenseServer),
            (_, Medium::Dongle, _) => Err(Refusal::NeedsDongle),
            (KeyType::StandAlone, Medium::LicenseKey, Allowance::Activations(activations)) => Ok(activations),
        }
    }

    /// The one slot whose host looks like the asking one; where several do, none.
    fn recognise(&self, request: &Verified<Request>) -> Option<usize> {
        let mut alike = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| !slot.fingerprint.is_empty() && slot.fingerprint.judge(&request.fingerprint) == Match::Same);
        let (place, _) = alike.next()?;
        alike.next().is_none().then_some(place)
    }

    fn certify(&mut self, place: usize, request: &Verified<Request>, now: Timestamp, happened: &'static str) -> Outcome {
        let slot = &mut self.slots[place];
        slot.hear(request, now);
        let certificate = Certificate {
            entitlement: Some(self.id.clone()),
            activation: slot.activation.clone(),
            generation: slot.generation,
            binding: Binding::Host { device: slot.device, fingerprint: slot.fingerprint.clone() },
            rights: self.terms.rights(),
            window: self.terms.tenure.window,
            contact: self.terms.contact,
            hold: Hold::Activation,
            last_five: self.last_five.clone(),
        };
        Outcome { body: Body::Certificate(certificate), happened, changed: true }
    }

    /// Own signatures are the backup: takes up again what this server signed and no longer knows, even above the limit (promise 8).
    fn adopt(&mut self, activation: &ActivationId, request: &Verified<Request>, held: Option<Held<'_>>, now: Timestamp) {
        let Some(shown) = held.and_then(|held| held.forgotten(activation, &request.device)) else { return };
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.activation == *activation) {
            // The slot is known; what was restored is an older generation of it, perhaps of the host it moved from.
            if shown.generation > slot.generation {
                // Which count bound what is shown is forgotten; whoever shows it has counted on since.
                (slot.generation, slot.device, slot.count) = (shown.generation, request.device, None);
                slot.fingerprint = shown.binding.fingerprint().clone();
            }
        } else if !self.ended.iter().any(|ended| ended.activation == *activation) {
            self.slots.push(Slot {
                activation: activation.clone(),
                device: request.device,
                fingerprint: shown.binding.fingerprint().clone(),
                host: request.host.clone(),
                count: None,
                generation: shown.generation,
                since: now,
                seen: now,
            });
        }
    }

    /// What became of an activation that its device no longer holds.
    fn gone(&self, activation: &ActivationId, device: &PublicKey, held: Option<Held<'_>>) -> Result<Outcome, Refusal> {
        let ended = self.ended.iter().rev().find(|ended| ended.activation == *activation && ended.device == *device);
        let revocation = match (ended, held.and_then(|held| held.shows(activation, device))) {
            (Some(ended), _) => ended.revocation(ended.reason),
            // Too long ago to be remembered: what it shows is ours, and it no longer holds it.
            (None, Some(shown)) => super::Ended {
                activation: activation.clone(),
                device: *device,
                generation: shown.generation,
                reason: RevocationReason::Returned,
                at: self.issued,
            }
            .revocation(RevocationReason::Returned),
            (None, None) => return Err(Refusal::UnknownActivation),
        };
        Ok(Outcome { body: Body::Revocation(revocation), happened: "told what became of it", changed: false })
    }
}
