//! What was sold under one license key, and who has which part of it: the vendor's side of a license.

mod budget;
mod decide;
mod granting;
mod shown;
mod terms;

use serde::{Deserialize, Serialize};

pub use budget::{Budget, Next};
pub use decide::Outcome;
pub use shown::{Held, Shown};
pub use terms::{Allowance, Borrowing, Per, Sale, Seats, Tenure, Terms, TermsError};

use crate::document::{Request, Revocation, RevocationReason};
use crate::host::{Fingerprint, Match};
use crate::keys::PublicKey;
use crate::license_key::LastFive;
use crate::names::{ActivationId, EmailAddress, EntitlementId, HostName};
use crate::product::Product;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// So many ended holds of one entitlement a device is told of: the newest.
const MOST_TOLD: usize = 16;
/// So many ended holds are remembered of one entitlement; the ledger's memory of answers covers what is older.
const ENDED_REMEMBERED: usize = 256;

/// An entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// Its id; commands go by it.
    pub id: EntitlementId,
    /// The license key's public key. None for one that a restored server took up again from its own signature: it needs a new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// Public keys of license keys that were replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<PublicKey>,
    /// The license key's last five characters, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_five: Option<LastFive>,
    /// What was sold.
    pub terms: Terms,
    /// Who owns it and may free its slots, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EmailAddress>,
    /// When.
    pub issued: Timestamp,
    /// When the vendor revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// Who holds a slot.
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// Who held one, newest last.
    #[serde(default)]
    pub ended: Vec<Ended>,
    /// When slots moved, newest last.
    #[serde(default)]
    pub moves: Vec<Timestamp>,
    /// When the owner freed slots, newest last.
    #[serde(default)]
    pub transfers: Vec<Timestamp>,
}

/// A slot in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The activation that took it.
    pub activation: ActivationId,
    /// The vault's key.
    pub device: PublicKey,
    /// What its host looked like when it was bound.
    pub fingerprint: Fingerprint,
    /// What its host calls itself.
    pub host: HostName,
    /// The count of the request that bound it; none = any request of the device is newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Of its newest certificate.
    pub generation: u64,
    /// Since when.
    pub since: Timestamp,
    /// When it was heard of last.
    pub seen: Timestamp,
}

/// A hold that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The activation.
    pub activation: ActivationId,
    /// The vault's key.
    pub device: PublicKey,
    /// Of its last certificate.
    pub generation: u64,
    /// Why.
    pub reason: RevocationReason,
    /// When.
    pub at: Timestamp,
}

/// Who frees a slot of a host that cannot return it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freer {
    /// The owner, within the budget of transfers.
    Owner,
    /// The vendor, at will.
    Vendor,
}

impl Entitlement {
    /// What was sold just now.
    pub fn sold(id: EntitlementId, key: PublicKey, last_five: LastFive, terms: Terms, now: Timestamp) -> Self {
        Self { key: Some(key), last_five: Some(last_five), ..Self::bare(id, terms, now) }
    }

    fn bare(id: EntitlementId, terms: Terms, now: Timestamp) -> Self {
        Self {
            id,
            key: None,
            replaced: Vec::new(),
            last_five: None,
            terms,
            owner: None,
            issued: now,
            revoked: None,
            slots: Vec::new(),
            ended: Vec::new(),
            moves: Vec::new(),
            transfers: Vec::new(),
        }
    }

    /// Gives it a new license key; the old one is known as replaced. Activations stay as they are.
    pub fn reissue(&mut self, key: PublicKey, last_five: LastFive) {
        self.replaced.extend(self.key.replace(key));
        self.last_five = Some(last_five);
    }

    /// Revokes it; each holder learns of it at its next contact. Again changes nothing.
    pub fn revoke(&mut self, now: Timestamp) {
        self.revoked.get_or_insert(now);
    }

    /// Moves the end of what was sold for a time, where it could be sold so today.
    pub fn extend(&mut self, until: Timestamp, product: &Product) -> Result<(), TermsError> {
        self.terms.extend(until, product)
    }

    /// Frees a slot whose host cannot return it (a transfer, row A2). Its host learns of it at its next contact.
    pub fn free(&mut self, activation: &ActivationId, by: Freer, now: Timestamp) -> Result<(), Refusal> {
        let place = self.slots.iter().position(|slot| slot.activation == *activation).ok_or(Refusal::UnknownActivation)?;
        if by == Freer::Owner {
            let budget = self.terms.transfers;
            let next = budget.next(&self.transfers, now);
            if next != Next::Now {
                return Err(Refusal::TransfersSpent { next: next.date(), transfers: budget.times, days: budget.days });
            }
            self.transfers.push(now);
        }
        let slot = self.slots.remove(place);
        self.end(&slot, RevocationReason::Freed, now);
        Ok(())
    }

    /// The slot a device holds.
    pub fn slot_of(&self, device: &PublicKey) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.device == *device)
    }

    /// Whether what was granted to a device under an activation is still its own.
    pub fn stands(&self, activation: &ActivationId, device: &PublicKey) -> bool {
        self.revoked.is_none() && self.slots.iter().any(|slot| slot.activation == *activation && slot.device == *device)
    }

    /// Whether an activation is or was a device's own, as far back as that is remembered.
    pub fn knew(&self, activation: &ActivationId, device: &PublicKey) -> bool {
        let held = self.slots.iter().any(|slot| slot.activation == *activation && slot.device == *device);
        held || self.ended.iter().any(|ended| ended.activation == *activation && ended.device == *device)
    }

    /// What a device has to be told was taken from it.
    pub fn revocations(&self, device: &PublicKey) -> Vec<Revocation> {
        let ended = self.ended.iter().rev().filter(|ended| ended.device == *device).take(MOST_TOLD);
        let mut all: Vec<_> = ended.map(|ended| ended.revocation(ended.reason)).collect();
        if self.revoked.is_some() {
            let held = self.slots.iter().filter(|slot| slot.device == *device);
            all.extend(held.map(|slot| slot.ended(RevocationReason::Revoked, self.issued).revocation(RevocationReason::Revoked)));
        }
        all
    }

    fn end(&mut self, slot: &Slot, reason: RevocationReason, now: Timestamp) {
        self.ended.retain(|ended| (&ended.activation, ended.device) != (&slot.activation, slot.device));
        self.ended.push(slot.ended(reason, now));
        if self.ended.len() > ENDED_REMEMBERED {
            self.ended.remove(0);
        }
    }
}

impl Slot {
    /// Hears its host, and is bound to what it looks like by the newest request of its device.
    fn hear(&mut self, request: &Request, now: Timestamp) {
        (self.generation, self.seen) = (self.generation + 1, now);
        let older = self.count.is_some_and(|bound| request.count < bound);
        // A file may be carried after a newer request was answered. The parts it names are past, and counts only rise: a certificate bound to
        // them would stop at once the host that the slot knows, so it is bound to what the slot knows. Who activates where none of that is left
        // says "here", as the remedy of such a stop is; a host restored onto new parts does, and counts from further back.
        if older && self.fingerprint.judge(&request.fingerprint) != Match::Other {
            return;
        }
        (self.fingerprint, self.host, self.count) = (request.fingerprint.clone(), request.host.clone(), Some(request.count));
    }

    fn ended(&self, reason: RevocationReason, at: Timestamp) -> Ended {
        Ended { activation: self.activation.clone(), device: self.device, generation: self.generation, reason, at }
    }
}

impl Ended {
    fn revocation(&self, reason: RevocationReason) -> Revocation {
        Revocation { activation: self.activation.clone(), device: self.device.id(), generation: self.generation, reason }
    }
}

#[cfg(test)]
mod tests;
