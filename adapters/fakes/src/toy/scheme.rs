//! Opens what the service says and reads it as an answer of ours. Pure: it works without a network, for as long as the product lives.

use std::collections::BTreeSet;

use keyward_domain::document::{Answer, Binding, Body, Certificate, Contact, Hold, Receipt, Request, Revocation, RevocationReason, Rights};
use keyward_domain::keys::{KeyId, PublicKey};
use keyward_domain::license_key::LastFive;
use keyward_domain::refusal::{Holder, Refusal};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Digest, Scheme, SchemeName, SealError, Sealed, Trust};
use keyward_domain::time::Window;

use super::paper::{Paper, parse, unreadable};

/// `toy/1`: believes one key, the service's, which is built into the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToyScheme {
    key: PublicKey,
}

impl ToyScheme {
    /// `toy/1`.
    pub const NAME: SchemeName = SchemeName::new("toy/1");

    /// Believes a service's key.
    pub fn new(key: PublicKey) -> Self {
        Self { key }
    }
}

impl Scheme for ToyScheme {
    fn name(&self) -> SchemeName {
        Self::NAME
    }

    fn open(&self, bytes: &[u8], _trust: &Trust, asked: &Sealed<Request>) -> Result<(Answer, KeyId), SealError> {
        let paper = Paper::open(bytes, &self.key)?;
        let request: Digest = paper.one("request")?;
        if request != asked.name() {
            return Err(SealError::OtherRequest);
        }
        let body = match paper.one::<String>("result")?.as_str() {
            "granted" => Body::Certificate(certificate(&paper, asked.words())?),
            "returned" => Body::Receipt(Receipt { activation: paper.one("activation")? }),
            "taken" => Body::Revocation(Revocation {
                activation: paper.one("activation")?,
                device: asked.words().device.id(),
                generation: paper.one("generation")?,
                reason: RevocationReason::Revoked,
            }),
            "refused" => Body::Refusal(refusal(&paper)?),
            other => return Err(unreadable(other)),
        };
        let answer = Answer { needs: Vec::new(), request, issued: paper.one("issued")?, recount: None, body, revocations: Vec::new() };
        Ok((answer, self.key.id()))
    }
}

/// The service binds to what the request said the host looks like; the request's name, which it signs, stands for that.
fn certificate(paper: &Paper, asked: &Request) -> Result<Certificate, SealError> {
    let until = paper.optional("until")?.map(|until| parse("until", until)).transpose()?;
    let editions = paper.all("edition").map(|edition| parse("edition", edition)).collect::<Result<_, _>>()?;
    Ok(Certificate {
        entitlement: None,
        activation: paper.one("activation")?,
        generation: paper.one("generation")?,
        binding: Binding::Fingerprint { fingerprint: asked.fingerprint.clone() },
        rights: Rights {
            product: paper.one("product")?,
            editions,
            features: BTreeSet::new(),
            key_type: KeyType::StandAlone,
            medium: Medium::LicenseKey,
            tenure: if until.is_some() { TenureKind::Rental } else { TenureKind::Perpetual },
            maintenance_until: None,
        },
        window: Window { from: paper.one("from")?, until },
        contact: Contact::None,
        hold: Hold::Activation,
        last_five: Some(LastFive::try_from(paper.one::<String>("last-five")?).map_err(|_| unreadable("last-five"))?),
    })
}

/// The service's error codes in our words.
fn refusal(paper: &Paper) -> Result<Refusal, SealError> {
    Ok(match paper.one::<String>("code")?.as_str() {
        "E01" => Refusal::UnknownKey,
        "E02" => Refusal::OtherProduct { product: paper.one("product")? },
        "E03" => {
            let holders = paper.all("holder").map(holder).collect::<Result<_, _>>()?;
            Refusal::NoActivationLeft { activations: paper.one("hosts")?, holders }
        }
        "E04" => Refusal::UnknownActivation,
        "E05" => Refusal::Revoked,
        "E06" => Refusal::NotThisHost,
        "E07" => Refusal::RequestSpent,
        "E08" => Refusal::Expired { until: paper.one("until")? },
        other => return Err(unreadable(other)),
    })
}

fn holder(line: &str) -> Result<Holder, SealError> {
    let (since, host) = line.split_once(' ').ok_or_else(|| unreadable("holder"))?;
    Ok(Holder { host: parse("holder", host)?, since: parse("holder", since)? })
}
