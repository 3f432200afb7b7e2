//! Pools come and change with what the vendor delegates, as it is kept in the server's vault.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Revocation, RevocationReason};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::{ActivationId, EntitlementId, ProductId};
use keyward_domain::pool::{Act, Acted};
use keyward_domain::refusal::Refusal;
use keyward_domain::time::Timestamp;
use keyward_domain::vault::Taken;
use keyward_ports::VaultError;

use super::{LicenseServer, Outset, PoolKeeper, ServerError, Tenant, locked, read, write};
use crate::license_manager::{ActError, Delegated, LicenseManager, OpenError, unheard};

/// How long a vendor who did not renew is left alone, in running time.
const ASKED_AGAIN: Duration = Duration::from_secs(3_600);
/// How long one who was not heard is: a computer can be there before its network is.
const TRIED_AGAIN: Duration = Duration::from_secs(60);

/// Why what the vendor delegated could not be taken up. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatchUpError {
    /// The vault cannot be read. What the pools have stands.
    #[error(transparent)]
    Vault(#[from] OpenError),
    /// What the vendor delegated is not in the vault any more, and so is not renewed: the vault cannot be read, or was lost. What the pools have
    /// stands until it ends.
    #[error(
        "license {license} is not renewed: {}; restore the vault from a backup, or activate again with the network key",
        .cause.as_ref().map_or_else(|| "the vault does not know it any more".into(), ToString::to_string)
    )]
    Lost {
        /// Of which license.
        license: EntitlementId,
        /// Why the vault cannot be read, if it cannot.
        cause: Option<Arc<VaultError>>,
        /// What came of what the vault does know.
        news: Vec<News>,
    },
    /// A pool could not be taken up.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// That of one license could not be; those of the others were.
    #[error("license {license}: {error}")]
    License {
        /// Which.
        license: EntitlementId,
        /// Why.
        #[source]
        error: Box<ServerError>,
        /// What came of the others.
        news: Vec<News>,
    },
}

impl CatchUpError {
    /// What was taken in all the same.
    pub fn news(&self) -> &[News] {
        match self {
            Self::License { news, .. } | Self::Lost { news, .. } => news,
            Self::Vault(_) | Self::Server(_) => &[],
        }
    }
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
    /// whom to believe, also in pools that run, and its key servers are where requests to the vendor are carried.
    pub fn attend(&self, manager: Arc<LicenseManager>) {
        for tenant in self.tenants() {
            if tenant.keeper.charter().is_some_and(|it| it.delegation().rights.product == manager.profile().product) {
                tenant.keeper.believe(manager.profile().trust());
            }
        }
        write(&self.managers).insert(manager.profile().product.clone(), manager);
    }

    /// Takes the pool of a license up from its journal. One that runs is left alone. It believes whom the profile of its product says; the
    /// manager's where its journal has no product, or nobody knows it.
    pub async fn take_up(&self, license: &EntitlementId, manager: &LicenseManager) -> Result<(), ServerError> {
        let _turn = self.turn.lock().await;
        if read(&self.pools).contains_key(license) {
            return Ok(());
        }
        let premises = &*self.premises;
        let (journal, start) = (premises.pools)(license.clone()).await?;
        let secret = premises.secret.of_pool(license);
        let (trust, rhythm, lending) = (manager.profile().trust(), premises.rhythm, premises.lending);
        let outset = Outset { trust, secret: secret.clone(), rhythm, lending, start };
        let signer = Arc::clone(&premises.signer);
        let (keeper, keeping) = PoolKeeper::open(Arc::clone(&journal), Arc::clone(&premises.clock), signer, outset).await?;
        let product = keeper.charter().map(|it| it.delegation().rights.product.clone());
        if let Some(own) = product.and_then(|product| read(&self.managers).get(&product).cloned()) {
            keeper.believe(own.profile().trust());
        }
        // Nobody keeps pools any more: then nobody is answered either.
        let _ = self.keepings.unbounded_send(keeping);
        write(&self.pools).insert(license.clone(), Arc::new(Tenant { keeper, journal, secret }));
        Ok(())
    }

    /// Reads the vault again if somebody saved since, and takes in what the vendor delegated: new licenses, newer words on those there are, and
    /// that one was returned. What is wrong with one license keeps nothing from the others; the first of it is told when all were seen.
    pub async fn catch_up(&self) -> Result<Vec<News>, CatchUpError> {
        let (mut news, mut wrong) = (Vec::new(), None);
        for manager in self.managers() {
            manager.catch_up()?;
            let mut licenses = BTreeMap::<_, Vec<_>>::new();
            for delegated in manager.delegations() {
                licenses.entry(delegated.delegation.entitlement.clone()).or_default().push(delegated);
            }
            for (license, mut words) in licenses {
                words.sort_by_key(|it| Self::weight(&self.key(), it));
                if locked(&self.heard).get(&license) == Some(&words) {
                    continue;
                }
                match self.hear(&license, &words, &manager).await {
                    Ok(what) => {
                        locked(&self.heard).insert(license.clone(), words);
                        news.extend((what != Ok(Acted::Nothing)).then_some(News { license, what }));
                    }
                    Err(error) => wrong = wrong.or(Some((license, error))),
                }
            }
        }
        news.extend(self.close_returned().await?);
        match wrong {
            None => {}
            Some((license, error)) => return Err(CatchUpError::License { license, error: error.into(), news }),
        }
        match self.lost().await? {
            None => Ok(news),
            Some(license) => Err(CatchUpError::Lost { license, cause: self.managers().iter().find_map(|it| it.trouble()), news }),
        }
    }

    /// A license that is granted from and that the vault knows nothing of any more: nobody renews it.
    async fn lost(&self) -> Result<Option<EntitlementId>, ServerError> {
        let known: Vec<_> = self.managers().iter().flat_map(|it| it.delegations()).map(|it| it.delegation.activation).collect();
        for tenant in self.tenants() {
            let Some(charter) = tenant.keeper.charter() else { continue };
            if !known.contains(&charter.delegation().activation) && tenant.keeper.grants().await? {
                return Ok(Some(charter.delegation().entitlement.clone()));
            }
        }
        Ok(None)
    }

    /// Takes in what the vendor delegated of a license: its last word is the last.
    async fn hear(
        &self,
        license: &EntitlementId,
        words: &[Delegated],
        manager: &LicenseManager,
    ) -> Result<Result<Acted, Refusal>, ServerError> {
        let Some((last, before)) = words.split_last() else { return Ok(Ok(Acted::Nothing)) };
        if last.delegation.server != self.key() {
            return Ok(Err(Refusal::OtherServer));
        }
        self.take_up(license, manager).await?;
        self.named(Some(license))?.keeper.believe(manager.profile().trust());
        self.take_in(license, last, before).await
    }

    /// A journal that was put back to before its license was returned knows nothing of that, and the vault does (promise 4): nothing more is
    /// granted, whatever is out. A license that is merely not in the vault goes on: vaults are lost.
    async fn close_returned(&self) -> Result<Vec<News>, ServerError> {
        let (mut news, managers) = (Vec::new(), self.managers());
        for tenant in self.tenants() {
            let Some(charter) = tenant.keeper.charter() else { continue };
            let held = charter.delegation();
            if !managers.iter().any(|manager| manager.has_returned(&held.activation)) {
                continue;
            }
            let (activation, generation, why) = (held.activation.clone(), held.generation, RevocationReason::Returned);
            let revocation = Revocation { activation, device: held.server.id(), generation, reason: why };
            if tenant.keeper.revoke(revocation).await? == Ok(Acted::Done) {
                news.push(News { license: held.entitlement.clone(), what: Err(Refusal::ServerRevoked { why }) });
            }
        }
        Ok(news)
    }

    /// Asks the vendor for newer words where the time of those there are comes to its last third, once in a while until it answers; then takes
    /// in whatever came. What went wrong with asking is told for each product.
    pub async fn renew(&self) -> Result<(Vec<News>, Vec<(ProductId, ActError)>), CatchUpError> {
        let mut wrong = Vec::new();
        for manager in self.managers() {
            manager.catch_up()?;
            let now = self.premises.clock.now();
            let product = manager.profile().product.clone();
            let mut due = false;
            for it in manager.delegations() {
                due |= it.is_due(self.time_of(&it.delegation.entitlement).await?.unwrap_or(now.wall));
            }
            let waits = locked(&self.asked).get(&product).is_some_and(|until| now.running < *until);
            if !due || waits {
                continue;
            }
            let wrongs: Vec<_> = match manager.refresh(&unheard).await {
                Ok(results) => results.into_iter().filter_map(|(_, result)| not_renewed(result)).collect(),
                Err(error) => vec![error],
            };
            let pause = if wrongs.iter().any(ActError::is_silence) { TRIED_AGAIN } else { ASKED_AGAIN };
            locked(&self.asked).insert(product.clone(), now.running + pause);
            wrong.extend(wrongs.into_iter().map(|error| (product.clone(), error)));
        }
        Ok((self.catch_up().await?, wrong))
    }

    /// What the time is at least, as the pool of a license knows it: it may be closed because a clock was ahead, until the vendor is heard.
    async fn time_of(&self, license: &EntitlementId) -> Result<Option<Timestamp>, ServerError> {
        let tenant = read(&self.pools).get(license).cloned();
        match tenant {
            Some(tenant) => Ok(Some(tenant.keeper.time().await?)),
            None => Ok(None),
        }
    }

    /// Whether the pool of a license signs by this activation, and by no later one.
    pub fn signs_by(&self, license: &EntitlementId, activation: &ActivationId) -> bool {
        let tenant = read(&self.pools).get(license).cloned();
        let charter = tenant.and_then(|tenant| tenant.keeper.charter());
        charter.is_some_and(|it| it.delegation().activation == *activation)
    }

    /// Prepares giving a license back, to have it on another computer (row N1): from here on nothing more is granted. Refused while seats
    /// are borrowed; otherwise says how long what was signed goes on. Nothing is left of it when that is no time at all: then the delegation
    /// can be returned.
    pub async fn close(&self, license: &EntitlementId, by: &str) -> Result<Result<Duration, Refusal>, ServerError> {
        let closed = self.act(Some(license), Act::Close { by: by.into() }).await?;
        Ok(closed.map(|acted| match acted {
            Acted::Closing { left } => left,
            Acted::Done | Acted::Nothing => Duration::ZERO,
        }))
    }

    /// A license that was activated here again can leave several delegations in the vault of a server: the heaviest is the vendor's last word.
    /// One that was taken away is that only if all were.
    pub fn weight(server: &PublicKey, delegated: &Delegated) -> (bool, bool, Timestamp, u64) {
        let own = delegated.delegation.server == *server;
        (own, delegated.revoked.is_none(), delegated.issued, delegated.delegation.generation)
    }

    /// Does not give a license back after all: its pool grants again. Refused once the return was written down to be sent: from then on the
    /// license is the vendor's, whatever becomes of the answer.
    pub async fn reopen(&self, license: &EntitlementId, by: &str) -> Result<Result<Acted, Refusal>, CatchUpError> {
        if !self.has(license)? {
            return Ok(Err(Refusal::ServerClosed));
        }
        let reopened = self.act(Some(license), Act::Reopen { by: by.into() }).await?;
        if !self.has(license)? {
            // Another process sent it back meanwhile.
            let _ = self.close(license, by).await?;
            return Ok(Err(Refusal::ServerClosed));
        }
        Ok(reopened)
    }

    /// Whether the vault still has what a pool signs by. It has not from the moment that its return is written down.
    fn has(&self, license: &EntitlementId) -> Result<bool, CatchUpError> {
        let Some(charter) = self.named(Some(license))?.keeper.charter() else { return Ok(false) };
        for manager in self.managers() {
            manager.catch_up()?;
            if manager.delegations().iter().any(|it| it.delegation.activation == charter.delegation().activation) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes in what the vendor delegated, and that it was taken away since if it was: also what it had said before.
    async fn take_in(
        &self,
        license: &EntitlementId,
        delegated: &Delegated,
        before: &[Delegated],
    ) -> Result<Result<Acted, Refusal>, ServerError> {
        let keeper = &self.named(Some(license))?.keeper;
        for revocation in before.iter().filter_map(|it| it.revoked.as_ref()) {
            // It may be what the pool signs by.
            let _ = keeper.revoke(revocation.clone()).await?;
        }
        let what = keeper.delegate(&delegated.statement).await?;
        let Some(revocation) = &delegated.revoked else { return Ok(what) };
        Ok(match keeper.revoke(revocation.clone()).await? {
            Ok(Acted::Done) => Err(Refusal::ServerRevoked { why: revocation.reason }),
            closed => closed,
        })
    }
}

/// Why a renewal brought nothing newer.
fn not_renewed(result: Result<Taken, ActError>) -> Option<ActError> {
    match result {
        Ok(Taken::Granted(_)) => None,
        Ok(Taken::Refused(refusal)) => Some(ActError::Refused(refusal)),
        Ok(Taken::Revoked(_) | Taken::Returned(_)) => Some(ActError::Refused(Refusal::Revoked)),
        Err(error) => Some(error),
    }
}
