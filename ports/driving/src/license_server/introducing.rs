//! A license server says who it is.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::Identity;
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::Charter;
use keyward_domain::seal::{Digest, Introduction};

use super::{LicenseServer, ServerError, locked};
use crate::pool_keeper::KeeperError;
use crate::vendor_keys;

/// What was said is said again for so long: anybody may ask, and signing costs more than asking.
const SAID_AGAIN: Duration = Duration::from_secs(3_600);

/// What was said last.
pub(super) struct Said {
    /// In running time.
    at: Duration,
    tls: Digest,
    addresses: Vec<ServerAddress>,
    charters: Vec<Arc<Charter>>,
    introduction: Arc<Introduction>,
}

impl LicenseServer {
    /// Says who it is, to whoever asks over connections held with the TLS key of this digest: signed by its own key, with what the vendor
    /// lets it sign.
    pub fn introduce(&self, tls: Digest, addresses: &[ServerAddress]) -> Result<Arc<Introduction>, ServerError> {
        let charters: Vec<_> = self.tenants().iter().filter_map(|tenant| tenant.keeper.charter()).collect();
        if charters.is_empty() {
            return Err(KeeperError::NotActivated.into());
        }
        let now = self.premises.clock.now();
        let mut said = locked(&self.said);
        if let Some(said) = &*said
            && said.tls == tls
            && said.addresses == addresses
            && said.charters == charters
            && now.running.saturating_sub(said.at) < SAID_AGAIN
        {
            return Ok(Arc::clone(&said.introduction));
        }
        let words = Identity { needs: Vec::new(), server: self.key(), tls, addresses: addresses.into(), issued: now.wall };
        let identity = vendor_keys::seal(words, &*self.premises.signer).map_err(KeeperError::from)?;
        let mut keys = Vec::new();
        for statement in charters.iter().flat_map(|charter| charter.keys()) {
            if !keys.contains(statement) {
                keys.push(statement.clone());
            }
        }
        let delegations = charters.iter().map(|charter| charter.proof().clone()).collect();
        let introduction = Arc::new(Introduction { identity: identity.envelope().clone(), delegations, keys });
        *said = Some(Said { at: now.running, tls, addresses: addresses.into(), charters, introduction: Arc::clone(&introduction) });
        Ok(introduction)
    }
}
