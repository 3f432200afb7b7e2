//! Freeing the slot of a device that cannot return it: asked for with the license key, done by a link that only the owner gets (row A2).
//!
//! The link holds what it does: this slot, as this device holds it, for the owner whom it was sent to, until tomorrow. Once the slot is free,
//! or another device has it, or somebody else owns the license, the link does nothing; so it works once, and nothing has to be remembered
//! about it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;

use async_lock::Mutex;
use keyward_domain::entitlement::{Entitlement, Freer, Slot, Terms};
use keyward_domain::license_key::LastFive;
use keyward_domain::names::{ActivationId, EmailAddress, EntitlementId};
use keyward_domain::record::{LogEntry, Record, RecordKey};
use keyward_domain::refusal::Refusal;
use keyward_domain::time::{Timestamp, after, between, days};
use keyward_ports::{Committed, Deed, Letter, MailerError, Query, Write};

use super::history::Who;
use super::{Portal, PortalError, Visit};
use crate::portal::stamp::Use;

/// How long a link works.
const LINK: Duration = days(1);
/// So many links the owner is sent about one activation in [`SPAN`], and so many about all of a license.
const MOST_LETTERS: usize = 3;
const MOST_LETTERS_OF_LICENSE: usize = 12;
const SPAN: Duration = days(1);
/// Lines of the log that are read at once to count them, and how often. A license of which the log has more to tell is sent no letter.
const LINES: u32 = 500;
const LOOKS: usize = 10;
/// Licenses whose letters are counted at the same time.
const DESKS: u64 = 64;
/// What the log calls it. It says so whether or not a letter was sent, because who holds a license key need not know its owner.
const ASKED: &str = "asked to free a slot";
/// So often a change is made again because the record changed in between.
const MOST_CONFLICTS: u32 = 16;

/// A slot that may be freed, and what that costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Freeing {
    /// The slot.
    pub slot: Slot,
    /// What people call the product.
    pub product: Box<str>,
    /// What was sold.
    pub terms: Terms,
    /// The last five characters of the license key.
    pub last_five: Option<LastFive>,
    /// How often the owner freed a slot within the budget's days.
    pub spent: usize,
    /// Why it cannot be done now.
    pub refused: Option<Refusal>,
}

/// What an owner's letter tells.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnersLink {
    /// What stands at the link's end: whoever has it can free the slot.
    pub token: String,
    /// When it stops working.
    pub until: Timestamp,
    /// What it frees.
    pub freeing: Freeing,
}

/// What came of asking for a link. Whoever asked is told the same, whatever it is.
#[derive(Debug, Default)]
#[must_use = "that a letter was not sent is for the server's log"]
pub struct Asked {
    /// Why there was a letter and it could not be handed over.
    pub unsent: Option<MailerError>,
}

/// Where letters about one license are counted one after the other.
pub(super) struct Desks(Vec<Mutex<()>>);

impl Desks {
    pub(super) fn new() -> Self {
        Self((0..DESKS).map(|_| Mutex::default()).collect())
    }

    fn of(&self, license: &EntitlementId) -> Option<&Mutex<()>> {
        let mut hasher = DefaultHasher::new();
        license.hash(&mut hasher);
        self.0.get(usize::try_from(hasher.finish() % DESKS).unwrap_or_default())
    }
}

impl Portal {
    /// What would be freed, for the visitor who asks for it.
    pub async fn lost(&self, visit: &Visit, activation: &ActivationId) -> Result<Freeing, PortalError> {
        let license = self.license(visit).await?;
        let slot = license.slots.iter().find(|slot| slot.activation == *activation).ok_or(PortalError::NoSlot)?;
        self.freeing_of(&license, slot).await
    }

    /// Has a link sent to the owner on record that frees a slot. Whoever asks is not told whether there is an owner on record, whether too
    /// many letters were sent already, nor whether this one could be.
    pub async fn ask_to_free(
        &self,
        visit: &Visit,
        activation: &ActivationId,
        write: impl FnOnce(EmailAddress, &OwnersLink) -> Letter + Send,
    ) -> Result<Asked, PortalError> {
        let freeing = self.lost(visit, activation).await?;
        if let Some(refusal) = freeing.refused {
            return Err(PortalError::Refused(refusal));
        }
        if !self.note_asking(visit, &freeing.slot).await? {
            return Ok(Asked::default());
        }
        let license = self.license(visit).await?;
        let Some(owner) = license.owner else { return Ok(Asked::default()) };
        let until = after(self.now(), LINK);
        let device = freeing.slot.device.id().to_string();
        let fields = [license.id.as_str(), activation.as_str(), &device, &self.mark_of(&owner)];
        let token = self.stamp.seal(Use::Free, &fields, until);
        let letter = write(owner, &OwnersLink { token, until, freeing });
        Ok(Asked { unsent: self.mailer.send(&letter).await.err() })
    }

    /// Writes down that somebody asked, unless that happened too often lately.
    async fn note_asking(&self, visit: &Visit, slot: &Slot) -> Result<bool, PortalError> {
        let _turn = match self.desks.of(&visit.entitlement) {
            Some(desk) => Some(desk.lock().await),
            None => None,
        };
        if self.asked_too_often(&visit.entitlement, &slot.activation).await? {
            return Ok(false);
        }
        let entry = self.entry(Who::KEY_HOLDER, ASKED, visit, slot);
        self.ledger.commit(Deed { log: vec![entry], ..Deed::default() }).await?;
        Ok(true)
    }

    /// Stands for an owner in a link. Who has the link cannot tell by trying which address it is.
    fn mark_of(&self, owner: &EmailAddress) -> String {
        self.stamp.mark(Use::Owner, &owner.as_str().to_lowercase())
    }

    /// What an owner's link would free.
    pub async fn freeing(&self, token: &str) -> Result<Freeing, PortalError> {
        let (_, license, slot) = self.linked(token).await?;
        self.freeing_of(&license, &slot).await
    }

    /// Frees the slot of an owner's link, within the budget of transfers.
    pub async fn free(&self, token: &str) -> Result<Freeing, PortalError> {
        for _ in 0..MOST_CONFLICTS {
            let (read, mut license, slot) = self.linked(token).await?;
            let now = self.now();
            license.free(&slot.activation, Freer::Owner, now).map_err(PortalError::Refused)?;
            let freed = self.freeing_of(&license, &slot).await?;
            let entry = LogEntry {
                at: now,
                actor: Who::OWNER.into(),
                act: "slot freed".into(),
                entitlement: Some(license.id.clone()),
                activation: Some(slot.activation.clone()),
                host: Some(slot.host.clone()),
                request: None,
            };
            let writes = vec![Write { read, record: Record::Entitlement(license) }];
            if self.ledger.commit(Deed { writes, log: vec![entry], ..Deed::default() }).await? == Committed::Done {
                return Ok(freed);
            }
        }
        Err(PortalError::Busy)
    }

    /// What a link is about, while the license is its reader's and the slot is held by the device that it was written for.
    async fn linked(&self, token: &str) -> Result<(u64, Entitlement, Slot), PortalError> {
        let ([license, activation, device, owner], _) = self.stamp.open_sealed(Use::Free, token, self.now()).ok_or(PortalError::NoLink)?;
        let license: EntitlementId = license.parse().map_err(|_| PortalError::NoLink)?;
        let Some(found) = self.ledger.read(&RecordKey::Entitlement(license)).await? else { return Err(PortalError::NoLink) };
        let Record::Entitlement(license) = found.record else { return Err(PortalError::NoLink) };
        if license.owner.as_ref().map(|now| self.mark_of(now)) != Some(owner) {
            return Err(PortalError::NoLink);
        }
        let slot = license.slots.iter().find(|slot| slot.activation.as_str() == activation && slot.device.id().to_string() == device);
        let slot = slot.cloned().ok_or(PortalError::NoSlot)?;
        Ok((found.version, license, slot))
    }

    async fn freeing_of(&self, license: &Entitlement, slot: &Slot) -> Result<Freeing, PortalError> {
        let now = self.now();
        let span = days(license.terms.transfers.days.into());
        Ok(Freeing {
            slot: slot.clone(),
            product: self.product(&license.terms.product).await?.0,
            terms: license.terms.clone(),
            last_five: license.last_five.clone(),
            spent: license.transfers.iter().filter(|at| between(**at, now) < span).count(),
            // The domain alone knows when a slot may be freed: it is tried on a copy.
            refused: license.clone().free(&slot.activation, Freer::Owner, now).err(),
        })
    }

    /// Whether somebody asked too often within the last day: for this slot, or for whichever of the license.
    async fn asked_too_often(&self, license: &EntitlementId, activation: &ActivationId) -> Result<bool, PortalError> {
        let (now, mut before, mut of_license, mut of_slot) = (self.now(), None, 0, 0);
        for _ in 0..LOOKS {
            let page = self.ledger.page(&Query::Log { of: Some(license.clone()), before, most: LINES }).await?;
            before = page.log.last().map(|(position, _)| *position);
            for (_, entry) in &page.log {
                if between(entry.at, now) >= SPAN {
                    return Ok(false);
                }
                if &*entry.act == ASKED {
                    of_license += 1;
                    of_slot += usize::from(entry.activation.as_ref() == Some(activation));
                }
                if of_slot >= MOST_LETTERS || of_license >= MOST_LETTERS_OF_LICENSE {
                    return Ok(true);
                }
            }
            if !page.more {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn entry(&self, actor: &str, act: &str, visit: &Visit, slot: &Slot) -> LogEntry {
        LogEntry {
            at: self.now(),
            actor: actor.into(),
            act: act.into(),
            entitlement: Some(visit.entitlement.clone()),
            activation: Some(slot.activation.clone()),
            host: Some(slot.host.clone()),
            request: None,
        }
    }
}
