//! The table of what was sold under a license key, and on which devices it is in use (row M5).

use std::collections::BTreeMap;

use keyward_domain::entitlement::{Entitlement, Slot, Terms};
use keyward_domain::license_key::LastFive;
use keyward_domain::names::{ActivationId, Language};
use keyward_domain::seal::Digest;
use keyward_domain::time::{Place, Timestamp};
use keyward_ports::Query;

use super::{Portal, PortalError, Visit};

/// Devices of a page.
const PAGE: usize = 50;
/// Lines of the log that are read at once, and how often, to find the answers of a page.
const LINES: u32 = 500;
const LOOKS: usize = 8;
/// So many answers of a slot are looked at: the newest one can be taken, unless it is one that the slot's device had before it was moved.
const TRIES: usize = 3;

/// What was sold, and a page of its devices.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What people call the product.
    pub product: Box<str>,
    /// The languages it speaks.
    pub languages: Vec<Language>,
    /// What was sold.
    pub terms: Terms,
    /// The last five characters of its key.
    pub last_five: Option<LastFive>,
    /// How it is.
    pub state: LicenseState,
    /// Devices that hold it, last seen first.
    pub rows: Vec<Row>,
    /// How many hold it.
    pub held: usize,
    /// Where the next page begins; none = this is the last.
    pub next: Option<usize>,
}

/// A device that holds the license.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its slot.
    pub slot: Slot,
    /// The newest answer it can take again.
    pub answer: Option<Digest>,
}

/// How a license is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseState {
    /// It can be used.
    Enabled,
    /// Its time has not begun.
    NotBegun,
    /// Its time is over.
    Expired,
    /// The vendor revoked it.
    Revoked,
}

impl LicenseState {
    fn of(license: &Entitlement, now: Timestamp) -> Self {
        match (license.revoked, license.terms.tenure.window.place(now)) {
            (Some(_), _) => Self::Revoked,
            (None, Place::Before) => Self::NotBegun,
            (None, Place::Inside) => Self::Enabled,
            (None, Place::After) => Self::Expired,
        }
    }
}

impl Portal {
    /// The visited license, and a page of its devices.
    pub async fn table(&self, visit: &Visit, from: usize) -> Result<Table, PortalError> {
        let license = self.license(visit).await?;
        let (product, languages) = self.product(&license.terms.product).await?;
        let state = LicenseState::of(&license, self.now());
        let mut slots = license.slots.clone();
        slots.sort_by(|a, b| b.seen.cmp(&a.seen).then_with(|| a.activation.cmp(&b.activation)));
        let held = slots.len();
        let slots: Vec<_> = slots.into_iter().skip(from).take(PAGE).collect();
        let next = Some(from.saturating_add(slots.len())).filter(|next| *next < held && !slots.is_empty());
        let mut answers = self.newest_answers(&license, &slots).await?;
        let rows = slots.into_iter().map(|slot| Row { answer: answers.remove(&slot.activation), slot }).collect();
        Ok(Table { product, languages, terms: license.terms, last_five: license.last_five, state, rows, held, next })
    }

    /// The newest answer of each slot that can still be taken, as far as the newest lines of the log tell.
    async fn newest_answers(&self, license: &Entitlement, slots: &[Slot]) -> Result<BTreeMap<ActivationId, Digest>, PortalError> {
        let mut found = BTreeMap::new();
        // What a revoked license gave is not handed out.
        if license.revoked.is_some() {
            return Ok(found);
        }
        let mut tries: BTreeMap<_, _> = slots.iter().map(|slot| (slot.activation.clone(), TRIES)).collect();
        let mut before = None;
        for _ in 0..LOOKS {
            let page = self.ledger.page(&Query::Log { of: Some(license.id.clone()), before, most: LINES }).await?;
            before = page.log.last().map(|(position, _)| *position);
            for (_, entry) in page.log {
                let (Some(activation), Some(name)) = (entry.activation, entry.request) else { continue };
                let Some(left) = tries.get_mut(&activation) else { continue };
                *left -= 1;
                let is_last = *left == 0;
                let can_be_taken = self.can_be_taken(license, &name).await?;
                if can_be_taken || is_last {
                    tries.remove(&activation);
                }
                if can_be_taken {
                    found.insert(activation, name);
                }
            }
            if !page.more || tries.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}
