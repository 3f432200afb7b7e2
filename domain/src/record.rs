//! What a key server keeps: records under keys, the look-ups that find them, and the log.
//!
//! A ledger stores these as they are. What belongs under which look-up is decided here, so that every ledger finds the same.

use serde::{Deserialize, Serialize};

use crate::device::Device;
use crate::entitlement::Entitlement;
use crate::host::PartDigest;
use crate::keys::{KeyId, PublicKey};
use crate::names::{ActivationId, EntitlementId, HostName, ProductId};
use crate::product::Product;
use crate::seal::{Digest, Envelope, Statement};
use crate::signers::KeyStatement;
use crate::staff::Staff;
use crate::time::Timestamp;
use crate::trial::Trial;

/// Names a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum RecordKey {
    /// A product.
    Product(ProductId),
    /// An entitlement.
    Entitlement(EntitlementId),
    /// A device key.
    Device(KeyId),
    /// A trial, by its activation.
    Trial(ActivationId),
    /// The vendor's keys; there is one.
    Signers,
    /// Who works at the server; there is one.
    Staff,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "record", rename_all = "kebab-case")]
pub enum Record {
    /// A product.
    Product(Product),
    /// An entitlement.
    Entitlement(Entitlement),
    /// A device key and its counts.
    Device(Device),
    /// A trial.
    Trial(Trial),
    /// The vendor's keys.
    Signers(Signers),
    /// Who works at the server.
    Staff(Staff),
}

/// The vendor's keys as the ledger keeps them: public halves and statements. Private halves stand behind `Secrets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signers {
    /// The roots, first first.
    pub roots: Vec<PublicKey>,
    /// The newest statement.
    pub current: KeyStatement,
    /// The same, sealed.
    pub sealed: Envelope,
    /// When the root was exported: it is not removed from the server before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exported: Option<Timestamp>,
    /// A statement whose root is not on the server waits here to be signed elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<KeyStatement>,
}

/// What a record can be found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lookup {
    /// A license key's public key, in use or replaced.
    LicenseKey(KeyId),
    /// A device key that holds or held something.
    Device(KeyId),
    /// An activation.
    Activation(ActivationId),
    /// A part of a host on which a product is or was tried.
    HostPart(ProductId, PartDigest),
}

impl Record {
    /// The key it is kept under.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::Product(product) => RecordKey::Product(product.id.clone()),
            Self::Entitlement(entitlement) => RecordKey::Entitlement(entitlement.id.clone()),
            Self::Device(device) => RecordKey::Device(device.key.id()),
            Self::Trial(trial) => RecordKey::Trial(trial.activation.clone()),
            Self::Signers(_) => RecordKey::Signers,
            Self::Staff(_) => RecordKey::Staff,
        }
    }

    /// What it is found by.
    pub fn lookups(&self) -> Vec<Lookup> {
        let mut found = match self {
            Self::Product(_) | Self::Device(_) | Self::Signers(_) | Self::Staff(_) => Vec::new(),
            Self::Entitlement(it) => {
                let keys = it.key.iter().chain(&it.replaced).map(|key| Lookup::LicenseKey(key.id()));
                let held = it.slots.iter().flat_map(|slot| [Lookup::Device(slot.device.id()), Lookup::Activation(slot.activation.clone())]);
                let ended =
                    it.ended.iter().flat_map(|ended| [Lookup::Device(ended.device.id()), Lookup::Activation(ended.activation.clone())]);
                keys.chain(held).chain(ended).collect()
            }
            Self::Trial(trial) => {
                let parts = trial.fingerprint.parts().map(|part| Lookup::HostPart(trial.product.clone(), part));
                parts.chain([Lookup::Device(trial.device.id()), Lookup::Activation(trial.activation.clone())]).collect()
            }
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// An answer that is remembered, and what it granted: it is given again while that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The answer.
    pub statement: Statement,
    /// What it granted; none = it stands for ever, as a receipt does.
    pub granted: Option<Granted>,
}

/// What an answer granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Kept in which record.
    pub record: RecordKey,
    /// Under which activation.
    pub activation: ActivationId,
    /// To which device.
    pub device: PublicKey,
}

/// One line of the log: who did what to what, when. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// Who: a device, an administrator.
    pub actor: Box<str>,
    /// What.
    pub act: Box<str>,
    /// To which entitlement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<EntitlementId>,
    /// Under which activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<ActivationId>,
    /// On which host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// By which request's answer; the ledger knows the answer by this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Digest>,
}
