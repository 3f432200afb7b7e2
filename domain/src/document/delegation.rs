//! What a key server lets one license server sign: seats of one entitlement, for a while, and nothing else.
//!
//! A license server's word counts because its delegation travels beside it, and only as far as that goes: [`Delegation::covers`] looks at
//! each single term, on the host that is to believe it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Answer, Binding, Body, Certificate, Contact, Hold, Place, Request, Rights};
use crate::entitlement::{Borrowing, Per};
use crate::keys::PublicKey;
use crate::license_key::LastFive;
use crate::names::{ActivationId, EntitlementId};
use crate::time::{Timestamp, Window, after, between, days};

/// No lease is longer, whatever a license server is set to: what is to last longer is a loan.
pub const LONGEST_LEASE: Duration = days(1);

/// What a license server may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Under which entitlement.
    pub entitlement: EntitlementId,
    /// Which activation; the same in all delegations of one license server.
    pub activation: ActivationId,
    /// Rises with every delegation of one activation.
    pub generation: u64,
    /// The license server's key.
    pub server: PublicKey,
    /// What may be used of what.
    pub rights: Rights,
    /// Seats.
    pub seats: u32,
    /// Seats above them, for emergencies.
    pub overdraft: u32,
    /// What takes one seat.
    pub per: Per,
    /// What may be borrowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loans: Option<Borrowing>,
    /// How often a borrower must be heard from.
    #[serde(default, skip_serializing_if = "Contact::is_none")]
    pub contact: Contact,
    /// When it may sign, and what it signs ends with it.
    pub window: Window,
    /// When what was sold ends, until which this is renewed; none = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_until: Option<Timestamp>,
    /// The license key's last five characters, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_five: Option<LastFive>,
}

/// A term of what a license server signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// It signed something that only a key server signs.
    Kind,
    /// It signed for what it did not grant itself.
    Activation,
    /// Another entitlement.
    Entitlement,
    /// Another product.
    Product,
    /// An edition that it was not given.
    Edition,
    /// A feature that it was not given.
    Feature,
    /// Another key type.
    KeyType,
    /// Another medium.
    Medium,
    /// Another tenure.
    Tenure,
    /// Maintenance beyond its own.
    Maintenance,
    /// Another host than the one that asked.
    Binding,
    /// It is held in a way that is not its to give.
    Hold,
    /// A seat above the last.
    Seat,
    /// Signed before its time or after it.
    Issued,
    /// A right that begins before it does.
    Beginning,
    /// A right that has no end, or ends after it does.
    End,
    /// A lease as long as a loan.
    Lease,
    /// A loan where nothing may be borrowed, or a longer one than may be.
    Loan,
    /// Less contact than is due.
    Contact,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kind => "the kind of the document",
            Self::Activation => "the activation",
            Self::Entitlement => "the entitlement",
            Self::Product => "the product",
            Self::Edition => "the editions",
            Self::Feature => "the features",
            Self::KeyType => "the key type",
            Self::Medium => "the medium",
            Self::Tenure => "the tenure",
            Self::Maintenance => "the maintenance",
            Self::Binding => "the host",
            Self::Hold => "the hold",
            Self::Seat => "the seat",
            Self::Issued => "the time of signing",
            Self::Beginning => "the beginning",
            Self::End => "the end",
            Self::Lease => "the length of the lease",
            Self::Loan => "the loan",
            Self::Contact => "the contact",
        })
    }
}

impl Delegation {
    /// How many seats there are with those for emergencies.
    pub fn limit(&self) -> u32 {
        self.seats.saturating_add(self.overdraft)
    }

    /// From when on a newer one is to be asked for: the last third of the time from when it was signed to its end.
    pub fn renew_at(&self, issued: Timestamp) -> Option<Timestamp> {
        let until = self.window.until?;
        Some(after(issued, between(issued, until) / 3 * 2))
    }

    /// Whether what its license server signed lies within it; if not, the term that does not. `asked` is the request it answers, where the
    /// reader has it.
    pub fn covers(&self, answer: &Answer, asked: Option<&Request>) -> Result<(), Term> {
        let server = self.server.id();
        // An issuer revokes only what it issued.
        if answer.all_revocations().any(|it| !it.activation.is_of(&server)) {
            return Err(Term::Activation);
        }
        match &answer.body {
            Body::Certificate(certificate) => self.covers_certificate(certificate, answer.issued, asked),
            // Words that take nothing from anybody and give nothing to anybody hold after its end.
            Body::Receipt(receipt) if receipt.activation.is_of(&server) => Ok(()),
            Body::Receipt(_) => Err(Term::Activation),
            Body::Revocation(_) | Body::Refusal(_) => Ok(()),
            Body::Delegation(_) => Err(Term::Kind),
        }
    }

    fn covers_certificate(&self, it: &Certificate, issued: Timestamp, asked: Option<&Request>) -> Result<(), Term> {
        let within = |good: bool, term: Term| if good { Ok(()) } else { Err(term) };
        let (given, own) = (&it.rights, &self.rights);
        within(it.activation.is_of(&self.server.id()), Term::Activation)?;
        within(it.entitlement.as_ref() == Some(&self.entitlement), Term::Entitlement)?;
        within(given.product == own.product, Term::Product)?;
        within(given.editions.is_subset(&own.editions), Term::Edition)?;
        within(given.features.is_subset(&own.features), Term::Feature)?;
        within(given.key_type == own.key_type, Term::KeyType)?;
        within(given.medium == own.medium, Term::Medium)?;
        within(given.tenure == own.tenure, Term::Tenure)?;
        within(no_later(given.maintenance_until, own.maintenance_until), Term::Maintenance)?;
        let bound = matches!(it.binding, Binding::Host { .. });
        let asker = asked.is_none_or(|asked| it.binding.device() == Some(asked.device));
        within(bound && asker, Term::Binding)?;
        within(self.window.from <= issued && self.window.until.is_none_or(|until| issued < until), Term::Issued)?;
        within(it.window.from >= self.window.from, Term::Beginning)?;
        let until = it.window.until.ok_or(Term::End)?;
        within(no_later(Some(until), self.window.until), Term::End)?;
        match it.hold {
            Hold::Lease { seat, place: Place { .. } } => {
                within(seat < self.limit(), Term::Seat)?;
                within(until <= after(issued, LONGEST_LEASE), Term::Lease)?;
                within(it.contact == self.contact || it.contact.is_none(), Term::Contact)
            }
            Hold::Loan { seat, place: Place { .. } } => {
                within(seat < self.limit(), Term::Seat)?;
                let loans = self.loans.filter(|loans| loans.seats > 0).ok_or(Term::Loan)?;
                within(until <= after(issued, days(loans.days.into())), Term::Loan)?;
                within(it.contact == self.contact, Term::Contact)
            }
            Hold::Trial | Hold::Activation => Err(Term::Hold),
        }
    }
}

/// Whether an end that is given lies within an own one; none is no end.
fn no_later(given: Option<Timestamp>, own: Option<Timestamp>) -> bool {
    own.is_none_or(|own| given.is_some_and(|given| given <= own))
}
