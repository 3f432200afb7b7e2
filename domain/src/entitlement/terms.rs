//! What was sold.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Budget;
use crate::document::{Contact, Rights};
use crate::names::{Edition, EmailAddress, Feature, ProductId};
use crate::product::Product;
use crate::rights::{Cell, KeyType, Medium, NotInMatrix, Right, TenureKind};
use crate::time::{Timestamp, Window};

/// What was sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Of which product.
    pub product: ProductId,
    /// Its editions.
    pub editions: BTreeSet<Edition>,
    /// Stand-alone or network.
    pub key_type: KeyType,
    /// License key or dongle.
    pub medium: Medium,
    /// For how long.
    pub tenure: Tenure,
    /// For how many.
    pub allowance: Allowance,
    /// How often a slot moves to a host that is recognised.
    #[serde(default)]
    pub moves: Budget,
    /// How often the owner frees a slot.
    #[serde(default)]
    pub transfers: Budget,
    /// How often the issuer must be heard from.
    #[serde(default)]
    pub contact: Contact,
    /// Features.
    #[serde(default)]
    pub features: BTreeSet<Feature>,
    /// When maintenance ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_until: Option<Timestamp>,
}

/// What is about to be sold, and to whom. Terms alone are sold to nobody in particular.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// What.
    #[serde(flatten)]
    pub terms: Terms,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EmailAddress>,
}

impl From<Terms> for Sale {
    fn from(terms: Terms) -> Self {
        Self { terms, owner: None }
    }
}

/// For how long something was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenure {
    /// Perpetual, rental or trial.
    pub kind: TenureKind,
    /// When.
    pub window: Window,
}

/// For how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allowance {
    /// So many hosts at a time.
    Activations(u32),
    /// A pool.
    Seats(Seats),
}

/// A pool, as it was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// Seats.
    pub seats: u32,
    /// Seats above them, for emergencies.
    pub overdraft: u32,
    /// What may be borrowed.
    pub borrowing: Option<Borrowing>,
    /// What takes one seat.
    pub per: Per,
    /// On so many license servers at a time, each with a pool of this size. One, if nobody says how many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub servers: u32,
    /// For so many days a license server may sign before it has to be heard from; none = as [`Seats::delegated_days`] has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_days: Option<u32>,
}

/// For so many days a license server may sign, if nobody says otherwise.
const USUAL_DAYS: u32 = 30;
/// A license server renews what it may sign in the last third of it: that third should hold the longest loan.
const RENEWED_IN_THE_LAST: u32 = 3;

impl Seats {
    /// So many seats on one license server: a user takes one, none may be borrowed, none are for emergencies.
    pub fn of(seats: u32) -> Self {
        Self { seats, overdraft: 0, borrowing: None, per: Per::User, servers: 1, delegated_days: None }
    }

    /// For how many days a license server may sign before it has to be heard from: as it was sold, or thirty, or three times the longest loan if
    /// that is more, so that a loan of full length can be had from a server that renews in time.
    pub fn delegated_days(&self) -> u32 {
        let loans = self.borrowing.map_or(0, |loans| loans.days.saturating_mul(RENEWED_IN_THE_LAST));
        self.delegated_days.unwrap_or(USUAL_DAYS.max(loans))
    }

    fn check(&self) -> Result<(), TermsError> {
        let days = self.delegated_days();
        let longest = self.borrowing.map_or(1, |loans| loans.days.max(1));
        match (self.seats, self.servers) {
            (0, _) | (_, 0) => Err(TermsError::ForNobody),
            _ if days < longest => Err(TermsError::ShortDelegation { days, longest }),
            _ => Ok(()),
        }
    }
}

fn one() -> u32 {
    1
}

fn is_one(servers: &u32) -> bool {
    *servers == one()
}

/// How seats may be borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Borrowing {
    /// For at most so many days.
    pub days: u32,
    /// At most so many at a time.
    pub seats: u32,
}

/// What takes one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// A host.
    Host,
    /// A user on a host.
    #[default]
    User,
    /// A process.
    Process,
}

/// Why something cannot be sold so. Fits after "could not issue: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// The matrix has a no there.
    #[error(transparent)]
    Matrix(#[from] NotInMatrix),
    /// The product has no such edition.
    #[error("{product} has no edition {edition}; choose {}", editions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Edition {
        /// The product.
        product: ProductId,
        /// The edition asked for.
        edition: Edition,
        /// Those there are.
        editions: Vec<Edition>,
    },
    /// No edition at all.
    #[error("no edition is named; add at least one")]
    NoEdition,
    /// A rental or trial without an end.
    #[error("a {0} ends; give it an end (--until)")]
    NoEnd(TenureKind),
    /// Something perpetual with an end.
    #[error("a perpetual license has no end; leave --until away, or issue a rental")]
    PerpetualEnds,
    /// It ends before it begins.
    #[error("it would end at {until}, before it begins at {from}; choose a later end")]
    Backwards {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        until: Timestamp,
    },
    /// For nobody.
    #[error("it is for nobody; give it at least one activation, or one seat on one license server")]
    ForNobody,
    /// A license server could sign for a shorter time than a seat can be borrowed for.
    #[error("a license server could sign for {days} days, and the longest loan has {longest}; give it more days, best three times as many")]
    ShortDelegation {
        /// For so many days it could sign.
        days: u32,
        /// For so many days a seat can be borrowed.
        longest: u32,
    },
    /// Activations of a network license, or seats of a stand-alone one.
    #[error("a stand-alone license has activations, a network license has seats; give the one that fits")]
    Allowance,
}

impl Terms {
    /// Checks what is about to be sold against the product and the matrix.
    pub fn check(&self, product: &Product) -> Result<(), TermsError> {
        product.matrix.allows_tenure(self.key_type, self.medium, self.tenure.kind)?;
        if self.editions.is_empty() {
            return Err(TermsError::NoEdition);
        }
        if let Some(edition) = self.editions.iter().find(|edition| !product.editions.contains(edition)) {
            return Err(TermsError::Edition { product: product.id.clone(), edition: edition.clone(), editions: product.editions.clone() });
        }
        self.tenure.check()?;
        match (self.key_type, self.allowance) {
            (_, Allowance::Activations(0)) => Err(TermsError::ForNobody),
            (KeyType::StandAlone, Allowance::Activations(_)) => Ok(()),
            (KeyType::Network, Allowance::Activations(_)) => Err(TermsError::Allowance),
            (_, Allowance::Seats(pool)) => {
                let may = |right| product.matrix.allows(Cell { key_type: self.key_type, medium: self.medium, right });
                may(Right::Server).map_err(|_| TermsError::Allowance)?;
                if pool.borrowing.is_some() {
                    may(Right::Borrowing)?;
                }
                pool.check()
            }
        }
    }

    /// Moves the end.
    pub(super) fn extend(&mut self, until: Timestamp, product: &Product) -> Result<(), TermsError> {
        let mut extended = self.clone();
        extended.tenure.window.until = Some(until);
        extended.check(product)?;
        *self = extended;
        Ok(())
    }

    /// The rights it gives a holder.
    pub fn rights(&self) -> Rights {
        Rights {
            product: self.product.clone(),
            editions: self.editions.clone(),
            features: self.features.clone(),
            key_type: self.key_type,
            medium: self.medium,
            tenure: self.tenure.kind,
            maintenance_until: self.maintenance_until,
        }
    }
}

impl Tenure {
    fn check(&self) -> Result<(), TermsError> {
        match (self.kind, self.window.until) {
            (TenureKind::Perpetual, None) => Ok(()),
            (TenureKind::Perpetual, Some(_)) => Err(TermsError::PerpetualEnds),
            (kind, None) => Err(TermsError::NoEnd(kind)),
            (_, Some(until)) if until <= self.window.from => Err(TermsError::Backwards { from: self.window.from, until }),
            (_, Some(_)) => Ok(()),
        }
    }
}
