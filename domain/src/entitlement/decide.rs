//! Activation, delegation, refresh and return, decided.

use super::{Allowance, Entitlement, Held, Next, Slot};
use crate::document::{Body, Receipt, Request, RevocationReason};
use crate::host::Match;
use crate::keys::PublicKey;
use crate::names::ActivationId;
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

impl Entitlement {
    /// Gives the asking host a slot, its own again if it is recognised (rows O1, O4, A2).
    pub fn activate(&mut self, request: &Verified<Request>, own_slot: bool, product: &Product, now: Timestamp) -> Result<Outcome, Refusal> {
        self.check_sale(request, now)?;
        self.check_maintenance(request, product)?;
        let activations = self.activations()?;
        self.give(request, own_slot, activations, now)
    }

    /// Lets the asking license server sign for the pool, or lets it go on (row N1). It counts as an activation does: one server at a time, unless
    /// more were sold; its own key is recognised for free, and a server that was reinstalled takes its place again within the budget of moves.
    /// In which version it asks does not matter: what it signs says until when maintenance was sold, and each host looks at its own version.
    pub fn delegate(&mut self, request: &Verified<Request>, now: Timestamp) -> Result<Outcome, Refusal> {
        self.check_sale(request, now)?;
        let servers = self.servers()?;
        self.give(request, false, servers, now)
    }

    /// Gives a slot of so many.
    fn give(&mut self, request: &Verified<Request>, own_slot: bool, activations: u32, now: Timestamp) -> Result<Outcome, Refusal> {
        // Sent again to a server that was restored since it answered it, and that has seen what it granted come back.
        let granted = ActivationId::of(&request.name());
        if self.ended.iter().any(|ended| ended.activation == granted) {
            return Err(Refusal::RequestSpent);
        }
        if let Some(place) = self.slots.iter().position(|slot| slot.device == request.device) {
            return Ok(self.grant(place, request, now, "activated again"));
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
                return Ok(self.grant(place, request, now, "moved"));
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
            return Ok(self.grant(self.slots.len() - 1, request, now, "activated"));
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
        Ok(self.grant(place, request, now, "refreshed"))
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

    fn check_sale(&self, request: &Verified<Request>, now: Timestamp) -> Result<(), Refusal> {
        if self.terms.product != request.product {
            return Err(Refusal::OtherProduct { product: self.terms.product.clone() });
        }
        if self.revoked.is_some() {
            return Err(Refusal::Revoked);
        }
        if let (Place::After, Some(until)) = (self.terms.tenure.window.place(now), self.terms.tenure.window.until) {
            return Err(Refusal::Expired { until });
        }
        Ok(())
    }

    fn check_maintenance(&self, request: &Verified<Request>, product: &Product) -> Result<(), Refusal> {
        if let Some(until) = self.terms.maintenance_until
            && !self.terms.rights().covers(product.released(&request.version))
        {
            return Err(Refusal::MaintenanceEnded { version: request.version.clone(), until });
        }
        Ok(())
    }

    fn activations(&self) -> Result<u32, Refusal> {
        match (self.terms.key_type, self.terms.medium, self.terms.allowance) {
            (KeyType::Network, _, _) | (_, _, Allowance::Seats(_)) => Err(Refusal::NeedsLicenseServer),
            (_, Medium::Dongle, _) => Err(Refusal::NeedsDongle),
            (KeyType::StandAlone, Medium::LicenseKey, Allowance::Activations(activations)) => Ok(activations),
        }
    }

    /// On how many license servers its pool may be.
    fn servers(&self) -> Result<u32, Refusal> {
        match (self.terms.allowance, self.terms.medium) {
            (Allowance::Seats(pool), Medium::LicenseKey) => Ok(pool.servers),
            (Allowance::Seats(_), Medium::Dongle) => Err(Refusal::NeedsDongle),
            (Allowance::Activations(_), Medium::LicenseKey) => Err(Refusal::StandAloneKeyHasNoServer),
            (Allowance::Activations(_), Medium::Dongle) => Err(Refusal::StandAloneDongleHasNoServer),
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

    /// Own signatures are the backup: takes up again what this server signed and no longer knows, even above the limit (promise 8).
    fn adopt(&mut self, activation: &ActivationId, request: &Verified<Request>, held: Option<Held<'_>>, now: Timestamp) {
        let Some((held, shown)) = held.and_then(|held| Some((held, held.forgotten(activation, &request.device)?))) else { return };
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.activation == *activation) {
            // The slot is known; what was restored is an older generation of it, perhaps of the host it moved from.
            if shown.generation() > slot.generation {
                slot.generation = shown.generation();
                // A host that was heard since, and looks as it did then, shows what it looked like before.
                let heard_since = slot.device == request.device && slot.seen > held.answer.issued;
                if !heard_since || slot.fingerprint.judge(&request.fingerprint) == Match::Other {
                    // Which count bound what is shown is forgotten; whoever shows it has counted on since.
                    (slot.device, slot.count) = (request.device, None);
                    if let Some(fingerprint) = shown.fingerprint() {
                        slot.fingerprint = fingerprint.clone();
                    }
                }
            }
        } else if !self.ended.iter().any(|ended| ended.activation == *activation) {
            self.slots.push(Slot {
                activation: activation.clone(),
                device: request.device,
                fingerprint: shown.fingerprint().unwrap_or(&request.fingerprint).clone(),
                host: request.host.clone(),
                count: None,
                generation: shown.generation(),
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
                generation: shown.generation(),
                reason: RevocationReason::Returned,
                at: self.issued,
            }
            .revocation(RevocationReason::Returned),
            (None, None) => return Err(Refusal::UnknownActivation),
        };
        Ok(Outcome { body: Body::Revocation(revocation), happened: "told what became of it", changed: false })
    }
}
