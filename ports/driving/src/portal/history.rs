//! Who did what with a license, when.

use keyward_domain::names::HostName;
use keyward_domain::record::LogEntry;
use keyward_domain::seal::Digest;
use keyward_domain::time::Timestamp;
use keyward_ports::Query;

use super::{Portal, PortalError, Visit};
use crate::console::OWNER_CHANGED;

/// Lines of a page.
const PAGE: u32 = 25;

/// A page of what happened, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// What happened.
    pub lines: Vec<Line>,
    /// Where the next page begins; none = this is the last.
    pub next: Option<u64>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: Who,
    /// What, in the log's words.
    pub act: Box<str>,
    /// On which host.
    pub host: Option<HostName>,
    /// The answer that told of it, if it can still be taken.
    pub answer: Option<Digest>,
}

/// Who did something. The vendor's people are not named to customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The device itself.
    Device,
    /// Somebody with the license key.
    KeyHolder,
    /// The owner, by a link.
    Owner,
    /// The vendor.
    Vendor,
}

impl Who {
    /// The log's word for a visitor.
    pub(super) const KEY_HOLDER: &'static str = "license key";
    /// The log's word for an owner.
    pub(super) const OWNER: &'static str = "owner";

    fn of(entry: &LogEntry) -> Self {
        match &*entry.actor {
            Self::KEY_HOLDER => Self::KeyHolder,
            Self::OWNER => Self::Owner,
            actor if actor.starts_with("device ") => Self::Device,
            _ => Self::Vendor,
        }
    }
}

impl Portal {
    /// What happened with the visited license, before a place that the page before named.
    pub async fn history(&self, visit: &Visit, before: Option<u64>) -> Result<History, PortalError> {
        let license = self.license(visit).await?;
        let page = self.ledger.page(&Query::Log { of: Some(license.id.clone()), before, most: PAGE }).await?;
        let next = page.log.last().map(|(position, _)| *position).filter(|_| page.more);
        let mut lines = Vec::new();
        // Whether there is an owner is nobody's business who only has the key.
        for (_, entry) in page.log.into_iter().filter(|(_, entry)| &*entry.act != OWNER_CHANGED) {
            let answer = match entry.request {
                Some(name) if self.can_be_taken(&license, &name).await? => Some(name),
                _ => None,
            };
            lines.push(Line { at: entry.at, who: Who::of(&entry), act: entry.act, host: entry.host, answer });
        }
        Ok(History { lines, next })
    }
}
