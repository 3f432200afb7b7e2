//! Trials that a server counts (row S2): one per product and host, whatever becomes of the vault.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::document::{Ask, Binding, Body, Certificate, Contact, Hold, Request, Rights};
use crate::entitlement::Outcome;
use crate::host::{Fingerprint, Match};
use crate::keys::PublicKey;
use crate::names::{ActivationId, Edition, HostName, ProductId};
use crate::product::Product;
use crate::refusal::Refusal;
use crate::rights::{KeyType, Medium, TenureKind};
use crate::seal::Verified;
use crate::time::{Place, Timestamp, Window, after, between, days};

/// A trial on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its id; all its certificates carry it.
    pub activation: ActivationId,
    /// Of which product.
    pub product: ProductId,
    /// In which edition.
    pub edition: Edition,
    /// The vault's key, as it was heard of last.
    pub device: PublicKey,
    /// What the host looked like when it began.
    pub fingerprint: Fingerprint,
    /// What the host calls itself.
    pub host: HostName,
    /// When it runs.
    pub window: Window,
    /// Of its newest certificate.
    pub generation: u64,
}

impl Trial {
    /// Begins the one trial of a product on a host. A trial the host began by itself counts from then.
    pub fn begin(
        request: &Verified<Request>,
        edition: &Edition,
        since: Option<Timestamp>,
        product: &Product,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        product.has_edition(edition)?;
        if product.trial.days == 0 {
            return Err(Refusal::NoTrial);
        }
        let from = since.map_or(now, |since| since.min(now));
        Ok(Self {
            activation: ActivationId::of(&request.name()),
            product: product.id.clone(),
            edition: edition.clone(),
            device: request.device,
            fingerprint: request.fingerprint.clone(),
            host: request.host.clone(),
            window: Window { from, until: Some(after(from, days(product.trial.days.into()))) },
            generation: 0,
        })
    }

    /// A trial that this server had begun before it was restored, taken up again from its own signature.
    pub fn adopted(request: &Verified<Request>, shown: &Certificate) -> Option<Self> {
        Some(Self {
            activation: shown.activation.clone(),
            product: shown.rights.product.clone(),
            edition: shown.rights.editions.first()?.clone(),
            device: request.device,
            fingerprint: shown.binding.fingerprint().clone(),
            host: request.host.clone(),
            window: shown.window,
            generation: shown.generation,
        })
    }

    /// Goes on above a generation that this server signed and, restored from a backup, does not know (promise 8).
    pub fn go_on_above(&mut self, shown: &Certificate) {
        if shown.activation == self.activation {
            self.generation = self.generation.max(shown.generation);
        }
    }

    /// Whether this is the trial of the asking host: by its key, or by what it looks like.
    pub fn is_of(&self, request: &Verified<Request>) -> bool {
        let alike = !self.fingerprint.is_empty() && self.fingerprint.judge(&request.fingerprint) == Match::Same;
        self.product == request.product && (self.device == request.device || alike)
    }

    /// A new certificate for the host that tries it; a vault that was copied to a host without any of its parts gets none.
    pub fn refresh(&mut self, request: &Verified<Request>, now: Timestamp) -> Result<Outcome, Refusal> {
        if !self.is_of(request) || self.fingerprint.judge(&request.fingerprint) == Match::Other {
            return Err(Refusal::NotThisHost);
        }
        self.certify(request, None, now)
    }

    /// When it runs, now that this is asked: a host that began by itself before another one like it was heard of counts from its own first day.
    fn window_of(&self, request: &Verified<Request>) -> Window {
        match &request.ask {
            Ask::Trial { since: Some(since), .. } if *since < self.window.from => {
                let earlier = between(*since, self.window.from);
                Window { from: *since, until: self.window.until.map(|until| until.checked_sub(earlier).unwrap_or(*since)) }
            }
            _ => self.window,
        }
    }

    /// The certificate of a trial that still runs; the edition may be changed while it does.
    pub fn certify(&mut self, request: &Verified<Request>, edition: Option<&Edition>, now: Timestamp) -> Result<Outcome, Refusal> {
        let window = self.window_of(request);
        if let (Place::After, Some(until)) = (window.place(now), window.until) {
            return Err(Refusal::TrialOver { until });
        }
        self.window = window;
        if let Some(edition) = edition {
            self.edition = edition.clone();
        }
        self.generation += 1;
        self.device = request.device;
        self.host = request.host.clone();
        let certificate = Certificate {
            entitlement: None,
            activation: self.activation.clone(),
            generation: self.generation,
            binding: Binding::Host { device: self.device, fingerprint: request.fingerprint.clone() },
            rights: Rights {
                product: self.product.clone(),
                editions: BTreeSet::from([self.edition.clone()]),
                features: BTreeSet::new(),
                key_type: KeyType::StandAlone,
                medium: Medium::LicenseKey,
                tenure: TenureKind::Trial,
                maintenance_until: None,
            },
            window: self.window,
            contact: Contact::None,
            hold: Hold::Trial,
            last_five: None,
        };
        let happened = if self.generation == 1 { "trial begun" } else { "trial goes on" };
        Ok(Outcome { body: Body::Certificate(certificate), happened, changed: true })
    }
}

/// A trial that a host began by itself because no server could be reached. It is nobody's signed word: its first day stands in vault and anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalTrial {
    /// In which edition.
    pub edition: Edition,
    /// When it began.
    pub first: Timestamp,
}

impl LocalTrial {
    /// When it runs, for so many days as the vendor lets a trial run without any contact.
    pub fn window(&self, local_days: u32) -> Window {
        Window { from: self.first, until: Some(after(self.first, days(local_days.into()))) }
    }
}

#[cfg(test)]
mod tests;
