//! What a key server answers, and a license server.

use serde::{Deserialize, Serialize};

use super::{Certificate, Delegation, Request, Rights};
use crate::keys::KeyId;
use crate::names::ActivationId;
use crate::refusal::Refusal;
use crate::seal::{Digest, Document, Role, Verified};
use crate::time::Timestamp;

/// An answer, bound to its request by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Words a reader must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The name of the request it answers.
    pub request: Digest,
    /// The issuer's time.
    pub issued: Timestamp,
    /// Two copies of one vault seem to be in use: go on counting above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recount: Option<u64>,
    /// What is answered.
    pub body: Body,
    /// Revocations of other activations of the same device, which it had not been told of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<Revocation>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Body {
    /// A right.
    Certificate(Certificate),
    /// What a license server may sign.
    Delegation(Delegation),
    /// Proof that something was returned.
    Receipt(Receipt),
    /// The right that was asked about is taken away.
    Revocation(Revocation),
    /// A no to this one request; it changes no license.
    Refusal(Refusal),
}

/// Proof that an activation was returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which activation.
    pub activation: ActivationId,
}

/// The only statement that takes a right away. It ends certificates of one activation on one device, up to a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Which activation.
    pub activation: ActivationId,
    /// On which device.
    pub device: KeyId,
    /// Certificates up to this generation.
    pub generation: u64,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a right was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// The vendor revoked the license key.
    Revoked,
    /// The slot moved to a host that was recognised as the same.
    Moved,
    /// The owner freed the slot.
    Freed,
    /// This host returned it before.
    Returned,
}

impl RevocationReason {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Moved => "moved",
            Self::Freed => "freed",
            Self::Returned => "returned",
        }
    }
}

impl Answer {
    /// The answer to a request.
    pub fn of(request: &Verified<Request>, now: Timestamp, body: Body) -> Self {
        Self { needs: Vec::new(), request: request.name(), issued: now, recount: None, body, revocations: Vec::new() }
    }

    /// All revocations it carries.
    pub fn all_revocations(&self) -> impl Iterator<Item = &Revocation> {
        let body = match &self.body {
            Body::Revocation(revocation) => Some(revocation),
            Body::Certificate(_) | Body::Delegation(_) | Body::Receipt(_) | Body::Refusal(_) => None,
        };
        body.into_iter().chain(&self.revocations)
    }

    /// The delegation it carries.
    pub fn delegation(&self) -> Option<&Delegation> {
        match &self.body {
            Body::Delegation(delegation) => Some(delegation),
            Body::Certificate(_) | Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => None,
        }
    }

    /// The activation that it grants a right of, or lets a license server sign for, and the generation of that.
    pub fn grants(&self) -> Option<(&ActivationId, u64)> {
        match &self.body {
            Body::Certificate(it) => Some((&it.activation, it.generation)),
            Body::Delegation(it) => Some((&it.activation, it.generation)),
            Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => None,
        }
    }

    /// What may be used of what by it.
    pub fn rights(&self) -> Option<&Rights> {
        match &self.body {
            Body::Certificate(it) => Some(&it.rights),
            Body::Delegation(it) => Some(&it.rights),
            Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => None,
        }
    }

    /// The certificate it carries.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.body {
            Body::Certificate(certificate) => Some(certificate),
            Body::Delegation(_) | Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => None,
        }
    }
}

impl Document for Answer {
    const PAYLOAD_TYPE: &'static str = "application/vnd.keyward.answer+json";
    const SIGNER: Role = Role::Issuer;

    fn issued(&self) -> Timestamp {
        self.issued
    }
}
