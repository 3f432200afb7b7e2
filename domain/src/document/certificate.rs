//! An issuer's statement: this binding may use these rights in this window.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::host::Fingerprint;
use crate::keys::PublicKey;
use crate::license_key::LastFive;
use crate::names::{ActivationId, Edition, EntitlementId, Feature, ProductId};
use crate::rights::{KeyType, Medium, TenureKind};
use crate::time::{Timestamp, Window, after, days};

/// A right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Under which entitlement; none for a trial that nobody bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<EntitlementId>,
    /// Which activation; the same in all its certificates.
    pub activation: ActivationId,
    /// Rises with every certificate of one activation.
    pub generation: u64,
    /// Who may use it.
    pub binding: Binding,
    /// What may be used.
    pub rights: Rights,
    /// When.
    pub window: Window,
    /// How often the issuer must be heard from.
    #[serde(default, skip_serializing_if = "Contact::is_none")]
    pub contact: Contact,
    /// How it is held.
    pub hold: Hold,
    /// The license key's last five characters, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_five: Option<LastFive>,
}

/// Who may use a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Binding {
    /// A host: its vault's key, and what it looked like.
    Host {
        /// The vault's key.
        device: PublicKey,
        /// What the host looked like when it was bound.
        fingerprint: Fingerprint,
    },
    /// What the host looked like, nothing else: foreign backends.
    Fingerprint {
        /// What the host looked like when it was bound.
        fingerprint: Fingerprint,
    },
}

impl Binding {
    /// What the host looked like when it was bound.
    pub fn fingerprint(&self) -> &Fingerprint {
        match self {
            Self::Host { fingerprint, .. } | Self::Fingerprint { fingerprint } => fingerprint,
        }
    }

    /// The vault's key, if it is bound to one.
    pub fn device(&self) -> Option<PublicKey> {
        match self {
            Self::Host { device, .. } => Some(*device),
            Self::Fingerprint { .. } => None,
        }
    }
}

/// What may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Of which product.
    pub product: ProductId,
    /// In which editions (row K3).
    pub editions: BTreeSet<Edition>,
    /// With which features.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Feature>,
    /// Stand-alone or network (row K1).
    pub key_type: KeyType,
    /// License key or USB dongle (row K1).
    pub medium: Medium,
    /// Perpetual, rental or trial (row K1).
    pub tenure: TenureKind,
    /// Versions released before this instant are covered; none = all versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_until: Option<Timestamp>,
}

impl Rights {
    /// Whether a version that was released at a time is covered.
    pub fn covers(&self, released: Option<Timestamp>) -> bool {
        match (self.maintenance_until, released) {
            (Some(until), Some(released)) => released < until,
            (None, _) | (_, None) => true,
        }
    }
}

/// How often the issuer must be heard from: the one dial between working offline for ever and an old copy working for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contact {
    /// Never.
    #[default]
    None,
    /// Every so many days, then so many days of grace.
    Every {
        /// Days.
        days: u32,
        /// Days of grace.
        grace: u32,
    },
}

impl Contact {
    /// Whether there is no such duty.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// When the contact is missed that is due after one at an instant, the days of grace too.
    pub(crate) fn missed(self, heard: Timestamp) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::Every { days: every, grace } => Some(after(heard, days(u64::from(every) + u64::from(grace)))),
        }
    }

    /// Of two the one by which the issuer may be silent for longer.
    pub(crate) fn looser(self, other: Self) -> Self {
        let length = |it: Self| match it {
            Self::None => u64::MAX,
            Self::Every { days, grace } => u64::from(days) + u64::from(grace),
        };
        if length(other) > length(self) { other } else { self }
    }
}

/// How a right is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case")]
pub enum Hold {
    /// A trial that the server counts.
    Trial,
    /// A slot of an entitlement.
    Activation,
    /// A seat of a license server's pool, held until the window's end; as long as it is used, fresh leases follow.
    Lease {
        /// Which seat.
        seat: u32,
        /// Its place in the pool's journal.
        place: Place,
    },
    /// A borrowed seat, good without the server until the window's end.
    Loan {
        /// Which seat.
        seat: u32,
        /// Its place in the pool's journal.
        place: Place,
    },
}
