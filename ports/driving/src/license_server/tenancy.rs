//! Pools come and change with what the vendor delegates, as it is kept in the server's vault.

use std::sync::Arc;

use keyward_domain::names::EntitlementId;
use keyward_domain::pool::Acted;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Statement;

use super::{LicenseServer, Outset, PoolKeeper, ServerError, Tenant, read, write};
use crate::license_manager::{LicenseManager, OpenError};

/// Why what the vendor delegated could not be taken up. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatchUpError {
    /// The vault cannot be read. What the pools have stands.
    #[error(transparent)]
    Vault(#[from] OpenError),
    /// A pool could not be taken up.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Something that changed, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Of which license.
    pub license: EntitlementId,
    /// What came of what the vendor delegated.
    pub what: Result<Acted, Refusal>,
}

impl LicenseServer {
    /// Takes in whatever a product's licenses have been delegated, from now on: in place of what knew them before. The product's profile says
    /// whom to believe, and its key servers are where requests to the vendor are carried.
    pub fn attend(&self, manager: Arc<LicenseManager>) {
        write(&self.managers).insert(manager.profile().product.clone(), manager);
    }

    /// Takes the pool of a license up from its journal. One that runs is left alone.
    pub async fn take_up(&self, license: &EntitlementId, manager: &LicenseManager) -> Result<(), ServerError> {
        let _turn = self.turn.lock().await;
        if read(&self.pools).contains_key(license) {
            return Ok(());
        }
        let premises = &*self.premises;
        let (journal, start) = (premises.pools)(license)?;
        let secret = premises.secret.of_pool(license);
        let outset = Outset { trust: manager.profile().trust(), secret: secret.clone(), rhythm: premises.rhythm, start };
        let signer = Arc::clone(&premises.signer);
        let (keeper, keeping) = PoolKeeper::open(Arc::clone(&journal), Arc::clone(&premises.clock), signer, outset).await?;
        // Nobody keeps pools any more: then nobody is answered either.
        let _ = self.keepings.unbounded_send(keeping);
        write(&self.pools).insert(license.clone(), Arc::new(Tenant { keeper, journal, secret }));
        Ok(())
    }

    /// Reads the vault again if somebody saved since, and takes in what the vendor delegated: new licenses, and newer words on those there are.
    pub async fn catch_up(&self) -> Result<Vec<News>, CatchUpError> {
        let mut news = Vec::new();
        for manager in self.managers() {
            manager.catch_up()?;
            for delegated in manager.delegations() {
                let license = delegated.delegation.entitlement.clone();
                self.take_up(&license, &manager).await?;
                match self.delegate(&license, &delegated.statement).await? {
                    Ok(Acted::Nothing) => {}
                    what => news.push(News { license, what }),
                }
            }
        }
        Ok(news)
    }

    async fn delegate(&self, license: &EntitlementId, statement: &Statement) -> Result<Result<Acted, Refusal>, ServerError> {
        Ok(self.named(Some(license))?.keeper.delegate(statement).await?)
    }
}
