//! A licensing service of another make, with its own keys, its own rules and its own answer format.
//!
//! It shows that Keyward does not depend on its own key server: [`ToyBackend`] translates requests into what the service understands,
//! [`ToyScheme`] reads what the service says, and what was activated here is checked again without a network like anything else.
//! The service has no trials, and it knows license keys only as they were typed: after a crash a key is asked for again.

mod books;
mod paper;
mod scheme;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::{Ask, Request};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{Edition, ProductId};
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::time::Timestamp;
use keyward_ports::{Clock, KeyServer, KeyServerError};

pub use scheme::ToyScheme;

use crate::locked;
use books::{Books, Inquiry};

/// The service, and the translator in front of it.
pub struct ToyBackend {
    key: SigningKey,
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

/// What the service sells under one license key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToyTerms {
    /// The product.
    pub product: ProductId,
    /// Its editions.
    pub editions: BTreeSet<Edition>,
    /// When it ends; none = never.
    pub until: Option<Timestamp>,
    /// On so many hosts at a time.
    pub hosts: u32,
}

impl ToyBackend {
    /// A service that has sold nothing yet and signs with the key that a seed stands for.
    pub fn new(seed: &[u8; 32], clock: Arc<dyn Clock>) -> Self {
        Self { key: SigningKey::from_seed(seed), clock, books: Mutex::default() }
    }

    /// How to open what it says. A product has this built in.
    pub fn scheme(&self) -> ToyScheme {
        ToyScheme::new(self.key.public())
    }

    /// Sells something under a license key.
    pub fn sell(&self, key: &LicenseKey, terms: ToyTerms) {
        locked(&self.books).sell(key, terms);
    }

    /// Takes back what was sold under a license key; holders learn of it when they refresh. Says whether there was such a key.
    pub fn revoke(&self, key: &LicenseKey) -> bool {
        locked(&self.books).revoke(key)
    }
}

#[async_trait]
impl KeyServer for ToyBackend {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let words = request.words();
        let inquiry = match &words.ask {
            Ask::Trial { .. } | Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. } => {
                return Err(KeyServerError::Unsupported { kind: words.ask.kind() });
            }
            Ask::Activate { own_slot, .. } => {
                let key = &words.typed.as_ref().ok_or(KeyServerError::KeyNeeded)?.0;
                Inquiry::Activate { key, own_slot: *own_slot }
            }
            Ask::Refresh { activation, .. } => Inquiry::Refresh(activation),
            Ask::Return { activation, .. } => Inquiry::Return(activation),
        };
        let now = self.clock.now().wall;
        let bytes = locked(&self.books).answer(&inquiry, request, now, &self.key);
        Ok(Statement::new(ToyScheme::NAME, bytes))
    }
}

#[cfg(test)]
mod tests;
