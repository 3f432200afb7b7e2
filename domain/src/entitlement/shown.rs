//! What a device shows of what it holds: this server's own signature, which is the backup of a server that was restored.

use crate::document::{Answer, Body, Certificate, Delegation};
use crate::host::Fingerprint;
use crate::keys::PublicKey;
use crate::names::{ActivationId, EntitlementId};
use crate::seal::Verified;

/// What a device showed of what it holds.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The answer it holds, opened with this server's own trust.
    pub answer: &'a Verified<Answer>,
    /// Whether this server remembers having given it. If not, it was restored from a backup: its own signature is the backup.
    pub remembered: bool,
}

impl<'a> Held<'a> {
    /// What it shows of an activation on a device.
    pub(super) fn shows(&self, activation: &ActivationId, device: &PublicKey) -> Option<Shown<'a>> {
        Shown::of(self.answer.words()).filter(|shown| shown.activation() == activation && shown.device() == Some(*device))
    }

    /// The same, if this server no longer knows that it signed it.
    pub fn forgotten(&self, activation: &ActivationId, device: &PublicKey) -> Option<Shown<'a>> {
        self.shows(activation, device).filter(|_| !self.remembered)
    }
}

/// What an answer gave to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<'a> {
    /// A host, its right.
    Certificate(&'a Certificate),
    /// A license server, what it may sign.
    Delegation(&'a Delegation),
}

impl<'a> Shown<'a> {
    /// What an answer gave, if it gave anything.
    pub fn of(answer: &'a Answer) -> Option<Self> {
        match &answer.body {
            Body::Certificate(certificate) => Some(Self::Certificate(certificate)),
            Body::Delegation(delegation) => Some(Self::Delegation(delegation)),
            Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => None,
        }
    }

    /// Under which entitlement; none for a trial that nobody bought.
    pub fn entitlement(&self) -> Option<&'a EntitlementId> {
        match self {
            Self::Certificate(it) => it.entitlement.as_ref(),
            Self::Delegation(it) => Some(&it.entitlement),
        }
    }

    /// Which activation.
    pub fn activation(&self) -> &'a ActivationId {
        match self {
            Self::Certificate(it) => &it.activation,
            Self::Delegation(it) => &it.activation,
        }
    }

    /// Which of all that were given to this activation.
    pub fn generation(&self) -> u64 {
        match self {
            Self::Certificate(it) => it.generation,
            Self::Delegation(it) => it.generation,
        }
    }

    /// Whose it is.
    pub fn device(&self) -> Option<PublicKey> {
        match self {
            Self::Certificate(it) => it.binding.device(),
            Self::Delegation(it) => Some(it.server),
        }
    }

    /// What the host looked like when it was bound. A delegation does not say: it is bound to a key alone.
    pub(super) fn fingerprint(&self) -> Option<&'a Fingerprint> {
        match self {
            Self::Certificate(it) => Some(it.binding.fingerprint()),
            Self::Delegation(_) => None,
        }
    }
}
