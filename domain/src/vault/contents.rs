//! What a host writes down.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::tenancy::{Gift, Tenancy};
use crate::anchor::AnchorContents;
use crate::keys::PublicKey;
use crate::names::{ActivationId, EntitlementId, ProductId};
use crate::refusal::Refusal;
use crate::seal::{Digest, Envelope, Statement};
use crate::signers::VendorId;
use crate::time::{ClockRecord, Mark, Now, Timestamp};
use crate::trial::LocalTrial;

/// What is written down. One vault per host and vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultContents {
    /// Words a reader must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whose vault.
    pub vendor: VendorId,
    /// The key of this vault.
    pub device: PublicKey,
    /// Counts requests; each is used once.
    pub count: u64,
    /// Answers as received, with their requests, oldest first.
    #[serde(default)]
    pub kept: Vec<Kept>,
    /// Requests whose answers are awaited, oldest first.
    #[serde(default)]
    pub outbox: Vec<Pending>,
    /// Names of requests that were answered here, oldest first: their answers are used up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<Digest>,
    /// Trials this host began by itself.
    #[serde(default)]
    pub trials: BTreeMap<ProductId, LocalTrial>,
    /// Activations for which a return request was made.
    #[serde(default)]
    pub tombstones: BTreeSet<ActivationId>,
    /// What is known of the clock.
    pub clock: ClockRecord,
    /// The newest answer: its request's count, and the issuer's time.
    #[serde(default)]
    pub heard: Option<(u64, Timestamp)>,
    /// Running time spent while the host looked changed, in seconds, by activation.
    #[serde(default)]
    pub changed: BTreeMap<ActivationId, u64>,
    /// What is known of its seats at license servers, beside their leases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Tenancy>,
    /// What is left of the grace that each pool gives.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gifts: BTreeMap<EntitlementId, Gift>,
    /// It was made where an anchor stood already: what another vault spent today is not known here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remade: bool,
    /// Running time spent on seats whose license server goes on past the end of its delegation, in seconds, by pool.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outlived: BTreeMap<EntitlementId, u64>,
    /// It was behind its anchor, or a count of it was used twice; the next contact decides.
    #[serde(default)]
    pub restored: bool,
    /// This host knows that it is a copy: its next activation takes a slot of its own.
    #[serde(default)]
    pub own_slot: bool,
    /// The newest key statement.
    #[serde(default)]
    pub keys: Option<Envelope>,
}

/// An answer as received and the request it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The request.
    pub asked: Envelope,
    /// The answer.
    pub statement: Statement,
}

/// A request whose answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The request, byte for byte.
    pub request: Envelope,
    /// How the clock stood when it was written down: its answer ends no doubt that came later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Mark>,
    /// The issuer's no to a return: it stays off and can be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

impl VaultContents {
    /// A vault that is new.
    pub fn new(vendor: VendorId, device: PublicKey, now: &Now) -> Self {
        Self {
            needs: Vec::new(),
            vendor,
            device,
            count: 0,
            kept: Vec::new(),
            outbox: Vec::new(),
            spent: Vec::new(),
            trials: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            clock: ClockRecord::new(now),
            heard: None,
            changed: BTreeMap::new(),
            seats: Vec::new(),
            gifts: BTreeMap::new(),
            remade: false,
            outlived: BTreeMap::new(),
            restored: false,
            own_slot: false,
            keys: None,
        }
    }

    /// A vault that is new where an anchor stands: counting goes on from it, and the day's gift is given on another day.
    pub fn over(anchor: &AnchorContents, vendor: VendorId, device: PublicKey, now: &Now) -> Self {
        Self { count: anchor.count, remade: anchor.count > 0, ..Self::new(vendor, device, now) }
    }

    /// What a pool gives that is not known here yet.
    pub(super) fn first_gift(&self) -> Gift {
        if self.remade { Gift::used_up() } else { Gift::default() }
    }
}
