//! What is kept in a second place, outside the vault, so that deleting or restoring the vault is noticed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::names::{ActivationId, ProductId};
use crate::time::Timestamp;

/// The anchor of one vendor's vault on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AnchorContents {
    /// The vault's count, saved after the vault and before anything is sent: a vault ahead of it is a crash, one behind it a restore.
    pub count: u64,
    /// When the first trial of each product began.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trials: BTreeMap<ProductId, Timestamp>,
    /// Activations for which a return request was made: they never validate here again (promise 4).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tombstones: BTreeSet<ActivationId>,
}

impl AnchorContents {
    /// Takes in what another knows. Nothing is forgotten by it: the larger count, the earlier first days and all tombstones stay.
    pub fn absorb(&mut self, other: &Self) {
        self.count = self.count.max(other.count);
        for (product, first) in &other.trials {
            self.trials.entry(product.clone()).and_modify(|known| *known = (*known).min(*first)).or_insert(*first);
        }
        self.tombstones.extend(other.tombstones.iter().cloned());
    }
}
