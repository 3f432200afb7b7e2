//! What a license is, and what may happen to it: one right on one host.
//!
//! States are structs with private fields and moves consume them. There is one dispatcher, [`License::apply`], and one picture of it,
//! the test `lifecycle`. The vault keeps documents as received; [`License::from_documents`] plays them through the same dispatcher, so an
//! edited vault cannot become Activated.

use crate::document::{Body, Certificate, Hold, Revocation, RevocationReason};
use crate::keys::KeyId;
use crate::names::ActivationId;
use crate::refusal::Refusal;
use crate::seal::{Digest, Verified};
use crate::time::Timestamp;
use crate::trial::LocalTrial;

/// A right that an issuer signed, as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    certificate: Certificate,
    issued: Timestamp,
    signer: KeyId,
}

impl Grant {
    /// The grant in an answer, if it has one.
    pub fn of(answer: &Verified<crate::document::Answer>) -> Option<Self> {
        let certificate = answer.certificate()?.clone();
        Some(Self { certificate, issued: answer.issued, signer: answer.signer() })
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// When the issuer signed it.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// Which key signed it.
    pub fn signer(&self) -> KeyId {
        self.signer
    }

    fn activation(&self) -> &ActivationId {
        &self.certificate.activation
    }

    fn outranks(&self, older: &Self) -> bool {
        self.activation() == older.activation() && self.certificate.generation > older.certificate.generation
    }

    fn ended_by(&self, revocation: &Revocation) -> bool {
        revocation.activation == self.certificate.activation
            && revocation.generation >= self.certificate.generation
            && self.certificate.binding.device().is_none_or(|device| device.id() == revocation.device)
    }
}

/// A license on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum License {
    /// Nothing.
    Unlicensed,
    /// To try.
    Trial(Trial),
    /// To use.
    Activated(Activated),
    /// A seat taken along.
    Borrowed(Borrowed),
    /// Given back here; the issuer has not confirmed it. Once it has, nothing of the license is kept but its tombstone.
    Returning(Returning),
    /// Taken away by its issuer.
    Revoked(Revoked),
}

/// A trial: counted by the server, or by this host alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    local: Option<LocalTrial>,
    verified: Option<Grant>,
}

/// An activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activated {
    grant: Grant,
}

/// A loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Borrowed {
    grant: Grant,
}

/// On its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    grant: Grant,
    request: Digest,
    refused: Option<Refusal>,
}

/// Taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    grant: Grant,
    revocation: Revocation,
}

/// What happens to a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The host begins a trial by itself.
    Try(LocalTrial),
    /// An issuer's certificate arrived.
    Grant(Grant),
    /// A return was asked for.
    Return {
        /// The name of the request.
        request: Digest,
    },
    /// The issuer refused a return.
    Refuse {
        /// The name of the request.
        request: Digest,
        /// Its no.
        refusal: Refusal,
    },
    /// The issuer took a right away.
    Revoke(Revocation),
}

/// An event that a state has no place for; the license stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} has no place in a license that is {state}")]
pub struct OutOfPlace {
    /// The state.
    pub state: &'static str,
    /// The event.
    pub event: &'static str,
}

impl License {
    /// Moves a license. A move that has no place changes nothing and says so.
    pub fn apply(self, event: Event) -> Result<Self, OutOfPlace> {
        match (self, event) {
            (Self::Unlicensed, Event::Try(local)) => Trial::begin(local),
            (Self::Unlicensed, Event::Grant(grant)) => License::grant(grant, None),
            (Self::Trial(it), Event::Grant(grant)) => it.succeed(grant),
            (Self::Trial(it), Event::Revoke(revocation)) => it.revoke(revocation),
            (Self::Activated(it), Event::Grant(grant)) => it.renew(grant),
            (Self::Activated(it), Event::Return { request }) => it.grant.give_back(request),
            (Self::Activated(it), Event::Revoke(revocation)) => it.grant.revoke("activated", revocation),
            (Self::Borrowed(it), Event::Grant(grant)) => it.extend(grant),
            (Self::Borrowed(it), Event::Return { request }) => it.grant.give_back(request),
            (Self::Borrowed(it), Event::Revoke(revocation)) => it.grant.revoke("borrowed", revocation),
            (Self::Returning(it), Event::Return { request }) => it.grant.give_back(request),
            (Self::Returning(it), Event::Refuse { request, refusal }) => it.refuse(request, refusal),
            (Self::Revoked(it), Event::Grant(grant)) => it.restore(grant),
            (Self::Revoked(it), Event::Return { request }) => it.grant.give_back(request),
            (Self::Revoked(it), Event::Revoke(revocation)) => it.revoke(revocation),
            (license, event) => Err(OutOfPlace { state: license.name(), event: event.name() }),
        }
    }

    /// Rebuilds a license from what was kept of it, in the order it happened. Documents that have no place are passed over.
    pub fn from_documents(events: impl IntoIterator<Item = Event>) -> Self {
        events.into_iter().fold(Self::Unlicensed, |license, event| license.clone().apply(event).unwrap_or(license))
    }

    /// The state in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unlicensed => "unlicensed",
            Self::Trial(_) => "trial",
            Self::Activated(_) => "activated",
            Self::Borrowed(_) => "borrowed",
            Self::Returning(_) => "returning",
            Self::Revoked(_) => "revoked",
        }
    }

    /// The grant behind it, if there is one.
    pub fn granted(&self) -> Option<&Grant> {
        match self {
            Self::Unlicensed => None,
            Self::Trial(it) => it.verified.as_ref(),
            Self::Activated(it) => Some(&it.grant),
            Self::Borrowed(it) => Some(&it.grant),
            Self::Returning(it) => Some(&it.grant),
            Self::Revoked(it) => Some(&it.grant),
        }
    }

    fn grant(grant: Grant, before: Option<LocalTrial>) -> Result<Self, OutOfPlace> {
        Ok(match grant.certificate.hold {
            Hold::Trial => Self::Trial(Trial { local: before, verified: Some(grant) }),
            Hold::Activation | Hold::Lease { .. } => Self::Activated(Activated { grant }),
            Hold::Loan { .. } => Self::Borrowed(Borrowed { grant }),
        })
    }
}

impl Event {
    /// The event in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Try(_) => "try",
            Self::Grant(grant) => match grant.certificate.hold {
                Hold::Trial => "grant trial",
                Hold::Activation | Hold::Lease { .. } => "activate",
                Hold::Loan { .. } => "borrow",
            },
            Self::Return { .. } => "return",
            Self::Refuse { .. } => "refuse",
            Self::Revoke(_) => "revoke",
        }
    }

    /// What an answer means to the license it concerns. A receipt ends it: nothing is kept that it could happen to.
    pub fn of(answer: &Verified<crate::document::Answer>) -> Option<Self> {
        match &answer.body {
            Body::Certificate(_) => Grant::of(answer).map(Self::Grant),
            Body::Revocation(revocation) => Some(Self::Revoke(revocation.clone())),
            Body::Delegation(_) | Body::Receipt(_) | Body::Refusal(_) => None,
        }
    }
}

impl Trial {
    fn begin(local: LocalTrial) -> Result<License, OutOfPlace> {
        Ok(License::Trial(Self { local: Some(local), verified: None }))
    }

    /// A newer certificate of the trial, or the license that follows it.
    fn succeed(self, grant: Grant) -> Result<License, OutOfPlace> {
        match (&self.verified, grant.certificate.hold) {
            (Some(older), Hold::Trial) if !grant.outranks(older) => Err(OutOfPlace { state: "trial", event: "grant trial" }),
            (_, _) => License::grant(grant, self.local),
        }
    }

    fn revoke(self, revocation: Revocation) -> Result<License, OutOfPlace> {
        match self.verified {
            Some(grant) => grant.revoke("trial", revocation),
            None => Err(OutOfPlace { state: "trial", event: "revoke" }),
        }
    }

    /// The trial this host began by itself.
    pub fn local(&self) -> Option<&LocalTrial> {
        self.local.as_ref()
    }

    /// The trial as the server counts it.
    pub fn verified(&self) -> Option<&Grant> {
        self.verified.as_ref()
    }
}

impl Activated {
    fn renew(self, grant: Grant) -> Result<License, OutOfPlace> {
        match grant.certificate.hold {
            Hold::Trial => Err(OutOfPlace { state: "activated", event: "grant trial" }),
            // A seat taken along is another right than the seat held: it has its own activation.
            Hold::Loan { .. } => License::grant(grant, None),
            Hold::Activation | Hold::Lease { .. } if grant.outranks(&self.grant) => License::grant(grant, None),
            Hold::Activation | Hold::Lease { .. } => Err(OutOfPlace { state: "activated", event: "activate" }),
        }
    }
}

impl Borrowed {
    fn extend(self, grant: Grant) -> Result<License, OutOfPlace> {
        match grant.certificate.hold {
            Hold::Loan { .. } if grant.outranks(&self.grant) => License::grant(grant, None),
            Hold::Loan { .. } => Err(OutOfPlace { state: "borrowed", event: "borrow" }),
            Hold::Activation | Hold::Lease { .. } => Err(OutOfPlace { state: "borrowed", event: "activate" }),
            Hold::Trial => Err(OutOfPlace { state: "borrowed", event: "grant trial" }),
        }
    }
}

impl Grant {
    fn give_back(self, request: Digest) -> Result<License, OutOfPlace> {
        Ok(License::Returning(Returning { grant: self, request, refused: None }))
    }

    fn revoke(self, state: &'static str, revocation: Revocation) -> Result<License, OutOfPlace> {
        if !self.ended_by(&revocation) {
            return Err(OutOfPlace { state, event: "revoke" });
        }
        Ok(License::Revoked(Revoked { grant: self, revocation }))
    }
}

impl Returning {
    /// A refused return stays off and can be asked again.
    fn refuse(mut self, request: Digest, refusal: Refusal) -> Result<License, OutOfPlace> {
        if request != self.request {
            return Err(OutOfPlace { state: "returning", event: "refuse" });
        }
        self.refused = Some(refusal);
        Ok(License::Returning(self))
    }

    /// The issuer's no, if it said no.
    pub fn refused(&self) -> Option<&Refusal> {
        self.refused.as_ref()
    }

    /// The name of the return request.
    pub fn request(&self) -> Digest {
        self.request
    }
}

impl Revoked {
    /// The issuer says more of an activation than it took away: a newer certificate.
    fn restore(self, grant: Grant) -> Result<License, OutOfPlace> {
        let newer = grant.outranks(&self.grant) && grant.certificate.generation > self.revocation.generation;
        if newer && grant.certificate.hold != Hold::Trial {
            License::grant(grant, None)
        } else {
            Err(OutOfPlace { state: "revoked", event: Event::Grant(grant).name() })
        }
    }

    /// The issuer took away more of it: certificates up to a higher generation.
    fn revoke(self, revocation: Revocation) -> Result<License, OutOfPlace> {
        if revocation.generation > self.revocation.generation {
            self.grant.revoke("revoked", revocation)
        } else {
            Err(OutOfPlace { state: "revoked", event: "revoke" })
        }
    }

    /// Why it was taken away.
    pub fn reason(&self) -> RevocationReason {
        self.revocation.reason
    }
}

#[cfg(test)]
mod tests;
