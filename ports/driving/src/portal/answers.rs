//! Requests that are brought, and the answers they get.

use keyward_domain::document::{Answer, Ask, Body, Kind, Request};
use keyward_domain::entitlement::{Entitlement, Shown};
use keyward_domain::names::{ActivationId, HostName, ProductId};
use keyward_domain::record::{Granted, Lookup, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Document as _, Keyward, SealError, Statement, Verified};
use keyward_domain::signers::VendorId;

use super::{Portal, PortalError, Visit};

/// Where a file is submitted. Whoever chose the wrong one by mistake returns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// For requests that get something.
    Activation,
    /// For requests that give something back.
    Return,
}

/// What a request was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Submitted {
    /// The request's name; the answer is found by it.
    pub name: Digest,
    /// The answer as it was signed.
    pub statement: Statement,
    /// What it says.
    pub answer: Verified<Answer>,
    /// What was asked.
    pub asked: Kind,
    /// For which product it asked.
    pub product: ProductId,
    /// What people call that.
    pub product_name: Box<str>,
    /// What the asking host calls itself.
    pub host: HostName,
    /// Whether it can be taken again by its name. A no cannot.
    pub remembered: bool,
}

/// An answer that can be taken again.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAnswer {
    /// The request's name.
    pub name: Digest,
    /// The answer as it was signed.
    pub statement: Statement,
    /// What it says.
    pub answer: Verified<Answer>,
    /// For which product.
    pub product: ProductId,
    /// What people call it.
    pub product_name: Box<str>,
    /// The host it is for, where that is known.
    pub host: Option<HostName>,
}

/// An answer of this server that came back by a visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnAnswer {
    /// The answer as it was signed.
    pub statement: Statement,
    /// What it says.
    pub answer: Verified<Answer>,
    /// The visited product.
    pub product: ProductId,
}

/// It is not the file that belongs here. Fits after "could not take the file: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongFile {
    /// An answer.
    #[error("this is an answer, not a request; load it in the product, and choose the request here")]
    IsAnswer,
    /// Forged, damaged, or no document of Keyward's that is read here.
    #[error(transparent)]
    Unreadable(SealError),
    /// A return in the tab of activations.
    #[error("this request returns a license; choose it again in the tab Return License")]
    IsReturn,
    /// An activation in the tab of returns.
    #[error("this request asks for an activation; choose it again in the tab Activation")]
    IsActivation,
    /// A trial.
    #[error("this request asks for a trial, which needs no license key; begin the trial in the product, over the network")]
    IsTrial,
    /// Made with another license key.
    #[error("this request was made with another license key; log in with that key, or make a new request with this one")]
    OtherKey,
    /// Of a device that this license does not know.
    #[error("this request is about a device that this license does not know; log in with the license key that was activated there")]
    OtherLicense,
}

impl WrongFile {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::IsAnswer => "is-answer",
            Self::Unreadable(SealError::BadSignature | SealError::UnknownSigner { .. }) => "forged",
            Self::Unreadable(SealError::NewerKeyward(_) | SealError::Unreadable(_) | SealError::UnknownScheme(_)) => "newer",
            Self::Unreadable(_) => "unreadable",
            Self::IsReturn => "is-return",
            Self::IsActivation => "is-activation",
            Self::IsTrial => "is-trial",
            Self::OtherKey => "other-key",
            Self::OtherLicense => "other-license",
        }
    }
}

impl From<SealError> for WrongFile {
    /// Why a file that was brought as a request does not open as one.
    fn from(error: SealError) -> Self {
        match error {
            SealError::OtherType { found, .. } if *found == *Answer::PAYLOAD_TYPE => Self::IsAnswer,
            error => Self::Unreadable(error),
        }
    }
}

impl Portal {
    /// Answers a request that a visitor brings. Only what belongs to the visited license reaches the issuer.
    pub async fn submit(&self, visit: &Visit, request: Verified<Request>, tab: Tab) -> Result<Submitted, PortalError> {
        let license = self.license(visit).await?;
        // Another vendor's request is refused by the issuer, whatever it asks.
        if request.to == self.vendor().await? {
            self.check(&license, &request, tab).await?;
        }
        let (name, asked) = (request.name(), request.ask.kind());
        let (product, host) = (request.product.clone(), request.host.clone());
        let statement = self.issuer.answer_verified(request).await?.statement;
        let answer = self.open_own(&statement).await?;
        let kept = self.kept(&self.license(visit).await?, &name).await?;
        let remembered = kept.is_ok_and(|kept| kept.statement == statement);
        let product_name = self.product(&product).await?.0;
        Ok(Submitted { name, statement, answer, asked, product, product_name, host, remembered })
    }

    /// An answer that was given under the visited license, as long as what it gave is held.
    pub async fn answer(&self, visit: &Visit, name: &Digest) -> Result<KeptAnswer, PortalError> {
        let license = self.license(visit).await?;
        let Kept { statement, answer, host } = match self.kept(&license, name).await? {
            Ok(kept) => kept,
            Err(NotKept::Stranger) => return Err(PortalError::NoAnswer),
            Err(NotKept::Spent) => return Err(PortalError::AnswerSpent),
        };
        let product_name = self.product(&license.terms.product).await?.0;
        Ok(KeptAnswer { name: *name, statement, answer, product: license.terms.product, product_name, host })
    }

    /// Takes an answer back that was shown to a visitor and is not kept. Only what this server signed is taken.
    pub async fn own_answer(&self, visit: &Visit, bytes: Vec<u8>) -> Result<OwnAnswer, PortalError> {
        let license = self.license(visit).await?;
        let statement = Statement::new(Keyward::NAME, bytes);
        let answer = self.open_own(&statement).await.map_err(|_| PortalError::NoAnswer)?;
        Ok(OwnAnswer { statement, answer, product: license.terms.product })
    }

    /// Whether an answer can be taken again.
    pub(super) async fn can_be_taken(&self, license: &Entitlement, name: &Digest) -> Result<bool, PortalError> {
        Ok(self.kept(license, name).await?.is_ok())
    }

    /// What is kept of an answer, or why a license's visitors cannot take it.
    async fn kept(&self, license: &Entitlement, name: &Digest) -> Result<Result<Kept, NotKept>, PortalError> {
        let Some(Remembered { statement, granted }) = self.ledger.answered(name).await? else { return Ok(Err(NotKept::Stranger)) };
        let answer = self.open_own(&statement).await?;
        let Some(activation) = about(license, &answer) else { return Ok(Err(NotKept::Stranger)) };
        if !stands(license, granted.as_ref()) {
            return Ok(Err(NotKept::Spent));
        }
        let host = license.slots.iter().find(|slot| slot.activation == activation).map(|slot| slot.host.clone());
        Ok(Ok(Kept { statement, answer, host }))
    }

    async fn check(&self, license: &Entitlement, request: &Verified<Request>, tab: Tab) -> Result<(), PortalError> {
        let wrong = match (&request.ask, tab) {
            (Ask::Trial { .. }, _) => Some(WrongFile::IsTrial),
            (Ask::Return { .. }, Tab::Activation) => Some(WrongFile::IsReturn),
            (Ask::Activate { .. } | Ask::Delegate { .. } | Ask::Refresh { .. }, Tab::Return) => Some(WrongFile::IsActivation),
            // A license server is asked for these.
            (Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. }, _) => Some(WrongFile::OtherLicense),
            (Ask::Activate { key, .. } | Ask::Delegate { key }, Tab::Activation) => {
                // A replaced key of this license is refused by the issuer, which says so.
                let own = license.key == Some(*key) || license.replaced.contains(key);
                (!own).then_some(WrongFile::OtherKey)
            }
            (Ask::Refresh { activation, held }, Tab::Activation) | (Ask::Return { activation, held }, Tab::Return) => {
                (!self.belongs(license, activation, held).await?).then_some(WrongFile::OtherLicense)
            }
        };
        wrong.map_or(Ok(()), |wrong| Err(wrong.into()))
    }

    /// Whether an activation is the license's. One that the ledger does not know may be one it forgot when it was restored: then what the
    /// device holds names the license, and the issuer judges it.
    async fn belongs(&self, license: &Entitlement, activation: &ActivationId, held: &Statement) -> Result<bool, PortalError> {
        let known = self.ledger.find(&Lookup::Activation(activation.clone())).await?;
        if !known.is_empty() {
            return Ok(known.contains(&RecordKey::Entitlement(license.id.clone())));
        }
        let Ok(shown) = self.open_own(held).await else { return Ok(false) };
        Ok(Shown::of(&shown).and_then(|shown| shown.entitlement()) == Some(&license.id))
    }

    async fn vendor(&self) -> Result<VendorId, PortalError> {
        Ok(*self.trust().await?.vendor())
    }
}

/// An answer of a license that its visitors can take.
struct Kept {
    statement: Statement,
    answer: Verified<Answer>,
    host: Option<HostName>,
}

/// Why they cannot.
enum NotKept {
    /// None of this license is known by this name.
    Stranger,
    /// What it gave is not held any more.
    Spent,
}

/// The activation of a license that an answer is about; none if it is about another's.
fn about(license: &Entitlement, answer: &Answer) -> Option<ActivationId> {
    match &answer.body {
        Body::Delegation(it) => (it.entitlement == license.id).then(|| it.activation.clone()),
        Body::Certificate(it) => (it.entitlement.as_ref() == Some(&license.id)).then(|| it.activation.clone()),
        Body::Receipt(it) => {
            let known = license.slots.iter().map(|slot| &slot.activation).chain(license.ended.iter().map(|ended| &ended.activation));
            known.into_iter().find(|known| **known == it.activation).cloned()
        }
        Body::Revocation(_) | Body::Refusal(_) => None,
    }
}

fn stands(license: &Entitlement, granted: Option<&Granted>) -> bool {
    granted.is_none_or(|it| it.record == RecordKey::Entitlement(license.id.clone()) && license.stands(&it.activation, &it.device))
}
