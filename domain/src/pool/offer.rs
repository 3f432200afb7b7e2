//! What anybody may see of a pool before asking for a seat of it (row B1).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::looking::{Overview, Seat, SeatState};
use crate::document::Delegation;
use crate::entitlement::Per;
use crate::names::{Edition, EntitlementId, Feature, ProductId};
use crate::refusal::Occupant;
use crate::time::Timestamp;

/// So many who have a seat are shown; there may be thousands.
pub const MOST_SHOWN: usize = 200;

/// A license of a license server, as it is offered to whoever looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Which license: a wish can name it.
    pub license: EntitlementId,
    /// Of which product.
    pub product: ProductId,
    /// In which editions.
    pub editions: BTreeSet<Edition>,
    /// With which features.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Feature>,
    /// What takes one seat.
    pub per: Per,
    /// Seats.
    pub seats: u32,
    /// Seats in use, loans among them.
    pub used: u32,
    /// Seats that anybody can have now.
    pub free: u32,
    /// How many wait.
    pub waiting: u32,
    /// Seats that can be borrowed now.
    pub borrowable: u32,
    /// For how many days at most; none = nothing may be borrowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Until when at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
    /// When the license server's own license ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who has a seat, in the order they were taken: the first [`MOST_SHOWN`] of them.
    pub holders: Vec<Occupant>,
}

impl Offer {
    /// What is offered of a pool that was looked at.
    pub fn of<'a>(delegation: &Delegation, overview: &Overview, seats: impl IntoIterator<Item = &'a Seat>) -> Self {
        Self {
            license: overview.license.clone(),
            product: overview.product.clone(),
            editions: delegation.rights.editions.clone(),
            features: delegation.rights.features.clone(),
            per: delegation.per,
            seats: overview.seats,
            used: overview.used,
            free: overview.free,
            waiting: overview.waiting,
            borrowable: overview.borrowable,
            days: delegation.loans.filter(|loans| loans.seats > 0).map(|loans| loans.days),
            latest: overview.latest,
            until: overview.until,
            holders: seats.into_iter().take(MOST_SHOWN).map(occupant).collect(),
        }
    }
}

fn occupant(seat: &Seat) -> Occupant {
    let due = match seat.state {
        SeatState::Leased => None,
        SeatState::Borrowed { until } | SeatState::GivenBack { until } => Some(until),
        SeatState::Released { until } => until,
    };
    Occupant { host: seat.host.clone(), user: seat.user.clone(), since: seat.since, due }
}
