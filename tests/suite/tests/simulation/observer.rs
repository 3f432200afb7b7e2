//! What the observer remembers. It decides nothing: it writes down what it saw, and knows how much of what was promised.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Certificate, Contact};
use keyward_domain::entitlement::{Budget, Entitlement};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::PublicKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, Edition, EntitlementId};
use keyward_domain::seal::Digest;
use keyward_domain::signers::KeyStatement;
use keyward_domain::time::Timestamp;

/// What was sold.
pub(crate) struct Key {
    pub(crate) id: EntitlementId,
    pub(crate) key: Arc<LicenseKey>,
    pub(crate) replaced: Vec<Arc<LicenseKey>>,
    pub(crate) activations: u32,
    pub(crate) moves: Budget,
    pub(crate) transfers: Budget,
}

/// What is remembered of a host. It goes with a clone, and back with a backup.
#[derive(Clone, Default)]
pub(crate) struct HostModel {
    /// The vault's key, and the newest certificate of each activation in it.
    pub(crate) device: Option<PublicKey>,
    pub(crate) held: BTreeMap<ActivationId, Held>,
    /// What was returned here, by which key.
    pub(crate) off: BTreeSet<(ActivationId, PublicKey)>,
    /// Activations of whose revocation it was told, up to a generation.
    pub(crate) told: BTreeMap<ActivationId, u64>,
    /// The key of the vault that was copied here from another host, without that key.
    pub(crate) foreign: Option<PublicKey>,
    /// The highest count that its vault or its anchor knows, and the requests that wait.
    pub(crate) count: u64,
    /// Counts used since.
    pub(crate) used: BTreeMap<u64, Digest>,
    pub(crate) waiting: BTreeSet<Digest>,
    /// Running time that a row worked beyond its true end.
    pub(crate) overrun: BTreeMap<Box<str>, Duration>,
    /// Time it slept since its issuer was heard: nobody counted it if the clock was moved back meanwhile.
    pub(crate) slept: Duration,
    /// Running time that a row worked while most parts were others.
    pub(crate) changed: BTreeMap<Box<str>, Duration>,
    /// When the trial that it counts itself is over, and when any trial must be.
    pub(crate) local_end: Option<Timestamp>,
    pub(crate) trial_end: Option<Timestamp>,
}

impl HostModel {
    /// Whether its vault is another host's, whose key is not here.
    pub(crate) fn is_foreign(&self) -> bool {
        self.foreign.is_some() && self.foreign == self.device
    }
}

/// A certificate in a vault.
#[derive(Clone, PartialEq)]
pub(crate) struct Held {
    pub(crate) entitlement: Option<EntitlementId>,
    pub(crate) generation: u64,
    pub(crate) device: PublicKey,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) editions: BTreeSet<Edition>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) contact: Contact,
    pub(crate) issued: Timestamp,
}

impl Held {
    pub(crate) fn of(certificate: &Certificate, issued: Timestamp) -> Option<Self> {
        Some(Self {
            entitlement: certificate.entitlement.clone(),
            generation: certificate.generation,
            device: certificate.binding.device()?,
            fingerprint: certificate.binding.fingerprint().clone(),
            editions: certificate.rights.editions.clone(),
            until: certificate.window.until,
            contact: certificate.contact,
            issued,
        })
    }
}

/// What the servers' ledger should know. It goes back with a backup of the ledger.
#[derive(Clone, Default)]
pub(crate) struct ServerModel {
    /// Digests of the answers that granted something.
    pub(crate) answers: BTreeMap<Digest, Digest>,
    /// Requests over which a server died.
    pub(crate) unanswered: BTreeSet<Digest>,
    pub(crate) devices: BTreeMap<PublicKey, Counts>,
    /// Counts of which nobody knows whether they were written down.
    pub(crate) unsure: BTreeSet<(PublicKey, u64)>,
    /// The newest generation of each activation.
    pub(crate) newest: BTreeMap<ActivationId, u64>,
    /// What each activation is bound to, where nothing happened that nobody saw.
    pub(crate) bound: BTreeMap<ActivationId, Bound>,
    /// The highest count that came of each device, answered or not.
    pub(crate) highest: BTreeMap<PublicKey, u64>,
    pub(crate) moves: BTreeMap<EntitlementId, Vec<Timestamp>>,
    pub(crate) transfers: BTreeMap<EntitlementId, Vec<Timestamp>>,
    pub(crate) revoked: BTreeMap<EntitlementId, Timestamp>,
}

/// What an activation is bound to: by the newest request of its device, as that counts.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) device: PublicKey,
    pub(crate) count: u64,
    pub(crate) fingerprint: Fingerprint,
}

/// The counts of one device key.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    pub(crate) used: BTreeMap<u64, BTreeSet<Digest>>,
    pub(crate) doubled: Option<Timestamp>,
    /// A server died over one of its requests: nobody knows whether it was counted.
    pub(crate) murky: bool,
}

/// What really happened, whatever a restored ledger has forgotten.
#[derive(Default)]
pub(crate) struct Truth {
    /// Every certificate that a server gave.
    pub(crate) given: BTreeMap<(ActivationId, u64, PublicKey), Vec<Held>>,
    /// Everything that was ever sold.
    pub(crate) sold: BTreeSet<EntitlementId>,
    /// Who was given an activation last.
    pub(crate) holder: BTreeMap<ActivationId, PublicKey>,
    /// Who lost it since.
    pub(crate) ended: BTreeSet<(ActivationId, PublicKey)>,
    /// Certificates that a restored server signed with an issuer it had replaced before: nobody believes them who knows better.
    pub(crate) outdated: BTreeSet<(ActivationId, u64, PublicKey)>,
    /// Whether a ledger was ever restored.
    pub(crate) restored: bool,
    /// The version of the newest key statement there ever was.
    pub(crate) statement: u64,
    /// The statement itself, if there was ever a second one.
    pub(crate) signers: Option<KeyStatement>,
}

/// The entitlements as the ledger had them when somebody looked last.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) entitlements: BTreeMap<EntitlementId, Entitlement>,
    pub(crate) log: u64,
}

/// How many parts two hosts share, and how many make the same host: half of the bound ones, rounded up.
pub(crate) fn shared(bound: &Fingerprint, seen: &Fingerprint) -> (usize, usize) {
    let seen: BTreeSet<_> = seen.parts().collect();
    (bound.parts().filter(|part| seen.contains(part)).count(), bound.len().div_ceil(2))
}
