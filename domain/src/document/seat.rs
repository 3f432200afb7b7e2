//! What a host asks a license server for: a seat, for now or to take along; and the place a seat has in the pool's journal.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Ticket;
use crate::names::{Edition, EntitlementId, Feature, UserName};
use crate::time::Timestamp;

/// A seat as it is wished for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Who sits on it. A claim, made by the host.
    #[serde(deserialize_with = "UserName::read")]
    pub user: UserName,
    /// Which of the user's processes, where each takes a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u64>,
    /// Of which license, where a server has several of one product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<EntitlementId>,
    /// In these editions; none named = all that the license has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub editions: BTreeSet<Edition>,
    /// With these features; none named = all that the license has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Feature>,
    /// The place in the queue that a full pool gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
}

/// Until when a seat is borrowed (row B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// Until an instant.
    At(Timestamp),
    /// For so long from the moment it is granted.
    For(#[serde(with = "crate::time::seconds")] Duration),
}

/// A place in a pool's journal. Each start of a license server opens a new epoch; positions go on through all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Which epoch.
    pub epoch: u64,
    /// Which fact of the journal.
    pub position: u64,
}
