//! A license server's own license (row N1): it asks the vendor as every host does, and what it gets is what it may sign.
//!
//! Requests, outbox and files are those of any other act; what differs is the question. The delegation is kept as received, beside whatever
//! else is in the vault.

use std::sync::Arc;

use keyward_domain::document::{Ask, Delegation, Request, Revocation};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, ProductId};
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::time::Timestamp;
use keyward_domain::vault::{Holdings, Taken};

use super::desk::Brings;
use super::{ActError, LicenseManager, Steps};

/// A delegation, and the statement it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// What may be signed.
    pub delegation: Delegation,
    /// When the vendor signed it.
    pub issued: Timestamp,
    /// As received.
    pub statement: Statement,
    /// What took it away since, if the vendor did: nothing is to be signed by it any more.
    pub revoked: Option<Revocation>,
}

impl Delegated {
    pub(super) fn all(holdings: &Holdings, product: &ProductId) -> Vec<Self> {
        let all = holdings.delegations(product);
        let with = |(statement, issued, delegation): (&Statement, Timestamp, &Delegation)| Self {
            delegation: delegation.clone(),
            issued,
            statement: statement.clone(),
            revoked: holdings.revocation(&delegation.activation, delegation.generation).cloned(),
        };
        all.map(with).collect()
    }

    /// Whether it is time to ask for a newer one: in the last third of its own. What was taken away is not asked for again.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.delegation.renew_at(self.issued).is_some_and(|at| at <= now)
    }
}

impl LicenseManager {
    /// Whether a return of it was written down here, as vault or anchor know: of a vault that was put back to before, the anchor still does.
    pub fn has_returned(&self, activation: &ActivationId) -> bool {
        let seen = self.view.seen();
        seen.anchor.tombstones.contains(activation) || seen.evidence.as_ref().is_some_and(|it| it.buried.contains(activation))
    }

    /// Asks for the pool of a network key (row N1). Asked again with the same key after an interruption, it sends the same request again.
    pub async fn delegate(&self, key: Arc<LicenseKey>, steps: Steps<'_>) -> Result<ActivationId, ActError> {
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(Brings::SomethingNew).await?;
        let result = desk.delegate(&key, steps).await.and_then(|taken| match taken {
            Taken::Granted(activation) => Ok(activation),
            Taken::Returned(_) | Taken::Revoked(_) => Err(ActError::Unexpected),
            Taken::Refused(refusal) => Err(ActError::Refused(refusal)),
        });
        self.get_up(desk, result)
    }

    /// The request for the pool of a network key, written down and to be carried. Asked again with the same key it is the same request, byte
    /// for byte, until its answer was loaded.
    pub async fn request_delegation(&self, key: &LicenseKey) -> Result<Sealed<Request>, ActError> {
        self.request(Brings::SomethingNew, |desk| {
            let signing = SigningKey::from_seed(&key.seed());
            Ok(desk.write_down(Ask::Delegate { key: signing.public() }, Some(&signing))?.0)
        })
        .await
    }
}
