//! What waits for an answer.

use keyward_domain::document::{Ask, Kind, Request};
use keyward_domain::keys::KeyId;
use keyward_domain::names::{ActivationId, ProductId};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Digest, Sealed};
use keyward_domain::time::Timestamp;

/// A request whose answer is awaited: it was sent, or it waits in a file for somebody to carry it.
#[derive(Debug, Clone, PartialEq)]
pub struct Awaited {
    /// Its name.
    pub request: Digest,
    /// What it asks.
    pub kind: Kind,
    /// The license server that it is addressed to; none if it is the vendor who answers it.
    pub server: Option<KeyId>,
    /// For which product: one vault serves all products of a vendor.
    pub product: ProductId,
    /// About which row; none for one that will have a row once it is answered.
    pub about: Option<ActivationId>,
    /// Since when, by this host's clock.
    pub created: Timestamp,
    /// The issuer's no, if it is a return that was refused.
    pub refused: Option<Refusal>,
}

impl Awaited {
    pub(super) fn of(request: &Sealed<Request>, refused: Option<&Refusal>) -> Self {
        let words = request.words();
        Self {
            request: request.name(),
            kind: words.ask.kind(),
            server: words.to.server(),
            product: words.product.clone(),
            about: about(request).cloned(),
            created: words.created,
            refused: refused.cloned(),
        }
    }
}

/// Which activation a request is about, if there is one yet.
pub(super) fn about(request: &Sealed<Request>) -> Option<&ActivationId> {
    match &request.words().ask {
        Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } => None,
        Ask::Extend { activation, .. } | Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => Some(activation),
    }
}
