//! Freeing the slot of a device that cannot return it: asked for with the license key, done by a link that only the owner gets (row A2).
//!
//! The link holds what it does: this slot, as this device holds it, until tomorrow. Once the slot is free, or another device has it, the link
//! does nothing; so it works once, and nothing has to be remembered about it.

use std::time::Duration;

use keyward_domain::entitlement::{Entitlement, Freer, Slot, Terms};
use keyward_domain::license_key::LastFive;
use keyward_domain::names::{ActivationId, EmailAddress, EntitlementId};
use keyward_domain::record::{LogEntry, Record, RecordKey};
use keyward_domain::refusal::Refusal;
use keyward_domain::time::{Timestamp, after, between, days};
use keyward_ports::{Committed, Deed, Letter, Query, Write};

use super::history::Who;
use super::{Portal, PortalError, Visit};
use crate::portal::stamp::Use;

/// How long a link works.
const LINK: Duration = days(1);
/// So many links a license is sent in [`SPAN`].
const MOST_LETTERS: usize = 3;
const SPAN: Duration = days(1);
/// Lines of the log that are read at once to count them.
const LINES: u32 = 200;
/// What the log calls it. It says so whether or not a letter was sent, because who holds a license key need not know its owner.
const ASKED: &str = "asked to free a slot";
/// So often a change is made again because the record changed in between.
const MOST_CONFLICTS: u32 = 16;

/// A slot that may be freed, and what that costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Freeing {
    /// The slot.
    pub slot: Slot,
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

impl Portal {
    /// What would be freed, for the visitor who asks for it.
    pub async fn lost(&self, visit: &Visit, activation: &ActivationId) -> Result<Freeing, PortalError> {
        let license = self.license(visit).await?;
        let slot = license.slots.iter().find(|slot| slot.activation == *activation).ok_or(PortalError::NoSlot)?;
        Ok(self.freeing_of(&license, slot))
    }

    /// Has a link sent to the owner on record that frees a slot. Whoever asks is not told whether there is an owner on record, nor whether
    /// too many letters were sent already.
    pub async fn ask_to_free(
        &self,
        visit: &Visit,
        activation: &ActivationId,
        write: impl FnOnce(EmailAddress, &OwnersLink) -> Letter + Send,
    ) -> Result<(), PortalError> {
        let freeing = self.lost(visit, activation).await?;
        if let Some(refusal) = freeing.refused {
            return Err(PortalError::Refused(refusal));
        }
        let _desk = self.desk.lock().await;
        if self.asked_lately(&visit.entitlement).await? >= MOST_LETTERS {
            return Ok(());
        }
        let entry = self.entry(Who::KEY_HOLDER, ASKED, visit, &freeing.slot);
        self.ledger.commit(Deed { log: vec![entry], ..Deed::default() }).await?;
        let license = self.license(visit).await?;
        let Some(owner) = license.owner else { return Ok(()) };
        let until = after(self.now(), LINK);
        let device = freeing.slot.device.id().to_string();
        let token = self.stamp.seal(Use::Free, &[license.id.as_str(), activation.as_str(), &device], until);
        let letter = write(owner, &OwnersLink { token, until, freeing });
        Ok(self.mailer.send(&letter).await?)
    }

    /// What an owner's link would free.
    pub async fn freeing(&self, token: &str) -> Result<Freeing, PortalError> {
        let (_, license, slot) = self.linked(token).await?;
        Ok(self.freeing_of(&license, &slot))
    }

    /// Frees the slot of an owner's link, within the budget of transfers.
    pub async fn free(&self, token: &str) -> Result<Freeing, PortalError> {
        for _ in 0..MOST_CONFLICTS {
            let (read, mut license, slot) = self.linked(token).await?;
            let now = self.now();
            license.free(&slot.activation, Freer::Owner, now).map_err(PortalError::Refused)?;
            let freed = self.freeing_of(&license, &slot);
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

    /// What a link is about, while the slot is held by the device that it was written for.
    async fn linked(&self, token: &str) -> Result<(u64, Entitlement, Slot), PortalError> {
        let ([license, activation, device], _) = self.stamp.open_sealed(Use::Free, token, self.now()).ok_or(PortalError::NoLink)?;
        let license: EntitlementId = license.parse().map_err(|_| PortalError::NoLink)?;
        let Some(found) = self.ledger.read(&RecordKey::Entitlement(license)).await? else { return Err(PortalError::NoLink) };
        let Record::Entitlement(license) = found.record else { return Err(PortalError::NoLink) };
        let slot = license.slots.iter().find(|slot| slot.activation.as_str() == activation && slot.device.id().to_string() == device);
        let slot = slot.cloned().ok_or(PortalError::NoSlot)?;
        Ok((found.version, license, slot))
    }

    fn freeing_of(&self, license: &Entitlement, slot: &Slot) -> Freeing {
        let now = self.now();
        let span = days(license.terms.transfers.days.into());
        Freeing {
            slot: slot.clone(),
            terms: license.terms.clone(),
            last_five: license.last_five.clone(),
            spent: license.transfers.iter().filter(|at| between(**at, now) < span).count(),
            // The domain alone knows when a slot may be freed: it is tried on a copy.
            refused: license.clone().free(&slot.activation, Freer::Owner, now).err(),
        }
    }

    /// How often somebody asked to free a slot of a license within the last day.
    async fn asked_lately(&self, license: &EntitlementId) -> Result<usize, PortalError> {
        let (now, mut before, mut asked) = (self.now(), None, 0);
        loop {
            let page = self.ledger.page(&Query::Log { of: Some(license.clone()), before, most: LINES }).await?;
            before = page.log.last().map(|(position, _)| *position);
            for (_, entry) in &page.log {
                if between(entry.at, now) >= SPAN {
                    return Ok(asked);
                }
                asked += usize::from(&*entry.act == ASKED);
            }
            if !page.more || asked >= MOST_LETTERS {
                return Ok(asked);
            }
        }
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
