//! A seat in somebody's hands.

use std::time::Duration;

use jiff::fmt::serde::timestamp::millisecond::required as millis;
use serde::{Deserialize, Serialize};

use super::fact::{Choice, GuestNo, Release, Sitter, milliseconds};
use crate::device::Device;
use crate::document::{Contact, Place};
use crate::host::Fingerprint;
use crate::names::ActivationId;
use crate::seal::Digest;
use crate::time::Timestamp;

/// A host that the pool knows: its key and its counts, and what it looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Guest {
    pub(super) device: Device,
    pub(super) looks: Fingerprint,
    /// How many seats it has: it follows from the holds.
    #[serde(skip)]
    pub(super) seats: u32,
}

/// A seat in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    pub(super) guest: GuestNo,
    pub(super) sitter: Sitter,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) choice: Option<Box<Choice>>,
    pub(super) seat: u32,
    /// Where it came by that number, if it had another before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) numbered: Option<Place>,
    pub(super) activation: ActivationId,
    /// The request that each fresh certificate answers again.
    pub(super) request: Digest,
    #[serde(with = "millis")]
    pub(super) since: Timestamp,
    pub(super) held: Held,
    /// Taken away; it counts until what was signed for it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) away: Option<Release>,
    /// Of a certificate that was shown; those to come are above it.
    #[serde(default)]
    pub(super) floor: u64,
    /// Its place before it was checked out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Place>,
    /// What a restart may forget.
    #[serde(skip)]
    pub(super) live: Live,
}

/// How a seat is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Held {
    /// By a lease. So long was the longest that can have been signed for it.
    Lease(#[serde(with = "milliseconds")] Duration),
    /// By a loan.
    Loan(Box<Loan>),
}

/// A seat that is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Loan {
    /// When it is due.
    #[serde(with = "millis")]
    pub(super) until: Timestamp,
    /// When it was signed last: from here its next contact is counted.
    #[serde(with = "millis")]
    pub(super) signed: Timestamp,
    /// The contact that was asked for when it was.
    #[serde(default)]
    pub(super) contact: Contact,
    /// Its holder, if the answers since were lost, need not be heard from before here: it was signed on other terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unheard_until: Option<Timestamp>,
    /// Whether it was given back by file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) given_back: Option<Digest>,
    /// The lease it was before, and the last generation that can have been signed of it. Whoever has the loan has the lease no more: each
    /// answer says so, as the seat is free at once when the loan comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) instead_of: Option<(ActivationId, u64)>,
}

/// What is known of a seat since the server started, in running time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Live {
    /// A lease without a beat until here is over.
    pub(super) deadline: Duration,
    /// Whatever was signed for it has ended here.
    pub(super) signed_until: Duration,
    /// The newest lease ends here; zero if none was signed since the start.
    pub(super) newest_until: Duration,
    /// The newest generation that was signed.
    pub(super) generation: u64,
}

impl Loan {
    pub(super) fn new(until: Timestamp, signed: Timestamp, contact: Contact) -> Self {
        Self { until, signed, contact, unheard_until: None, given_back: None, instead_of: None }
    }

    /// It was signed again. What was signed before goes on where the new answer is not heard.
    pub(super) fn confirm(&mut self, until: Timestamp, signed: Timestamp, contact: Contact) {
        let before = self.missed();
        (self.until, self.signed, self.contact, self.unheard_until) = (until, signed, contact, None);
        self.unheard_until = Some(before).filter(|before| *before > self.missed());
    }

    /// When whoever has it has missed its next contact, or it is due.
    fn missed(&self) -> Timestamp {
        let missed = self.contact.missed(self.signed).unwrap_or(self.until);
        missed.max(self.unheard_until.unwrap_or(missed)).min(self.until)
    }
}

impl Hold {
    pub(super) fn loan(&self) -> Option<&Loan> {
        match &self.held {
            Held::Loan(loan) => Some(loan),
            Held::Lease(_) => None,
        }
    }

    pub(super) fn is_lease(&self) -> bool {
        matches!(self.held, Held::Lease(_))
    }

    /// Whether it is a loan that was given back by file: off on its host, and not yet free.
    pub(super) fn is_given_back(&self) -> bool {
        self.loan().is_some_and(|loan| loan.given_back.is_some())
    }

    /// Whether an administrator had a seat for emergencies stand in for it.
    pub(super) fn is_stood_in_for(&self) -> bool {
        self.away == Some(Release::AtOnce)
    }

    /// When a loan is free: when it is due, or, taken away, when its holder has missed its next contact.
    pub(super) fn free_at(&self) -> Option<Timestamp> {
        let loan = self.loan()?;
        Some(if self.away.is_some() { loan.missed() } else { loan.until })
    }
}
