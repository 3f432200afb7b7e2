//! A license server as the LAN sees it: the pools of one server's key, and the way to its vendor.
//!
//! It finds the pool that a request, a beat or a ticket is for and lets that answer; requests addressed to the vendor it carries there, byte
//! for byte. What the vendor delegated it reads from the vault, where [`LicenseManager`] keeps it: also what another process put there.

mod introducing;
mod log;
mod tenancy;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use futures_channel::mpsc;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Either};
use futures_util::stream::FuturesUnordered;
use keyward_domain::document::{Addressee, Ask, Request, Ticket, Wish};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::{EntitlementId, ProductId};
use keyward_domain::pool::{
    Act, Acted, Anchored, Beat, Charter, Lending, MOST_SHOWN, Offer, Overview, Pulse, Rhythm, Seat, ServerSecret, Sitter, Start, Wait,
    Waited, Way,
};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Envelope, SealError, Sealed, Verified, open_request};
use keyward_ports::{Clock, Journal, JournalError, KeyServerError, Signer};

use crate::license_manager::{Delegated, LicenseManager};
use crate::pool_keeper::{Beaten, KeeperError, Keeping, Outset, PoolKeeper, Served};

use introducing::Said;
pub use log::LogLine;
pub use tenancy::{CatchUpError, News};

/// Why a license server has no answer. Fits after "could not answer: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The pool.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// It is addressed to the vendor, who cannot be reached from here.
    #[error("it is addressed to the vendor, and the license server could not carry it there: {0}")]
    Gateway(#[source] KeyServerError),
    /// It is addressed to a vendor whose licenses this server does not have.
    #[error("it is addressed to a vendor that this license server knows nothing of; use the key server of the product's profile")]
    OtherVendor,
    /// The server has several licenses, and none was named.
    #[error("this license server has several licenses; name one of {}", list(.licenses))]
    WhichLicense {
        /// Those there are.
        licenses: Vec<EntitlementId>,
    },
    /// It has no license of that name.
    #[error("this license server has no license {license}; it has {}", list(.licenses))]
    NoSuchLicense {
        /// The one named.
        license: EntitlementId,
        /// Those there are.
        licenses: Vec<EntitlementId>,
    },
}

impl From<SealError> for ServerError {
    fn from(error: SealError) -> Self {
        Self::Keeper(error.into())
    }
}

impl From<JournalError> for ServerError {
    fn from(error: JournalError) -> Self {
        Self::Keeper(error.into())
    }
}

/// Opens the journal of a license's pool, or makes it, and says what is known beside it.
pub type OpenPool = dyn Fn(EntitlementId) -> BoxFuture<'static, Result<(Arc<dyn Journal>, Start), JournalError>> + Send + Sync;

/// What a license server has of its own.
pub struct Premises {
    /// Its key: its pools are signed with it, and its vault has it too.
    pub signer: Arc<dyn Signer>,
    /// The secret that leases and tickets of all its pools are derived from.
    pub secret: ServerSecret,
    /// How long leases are.
    pub rhythm: Rhythm,
    /// To whom seats are lent.
    pub lending: Lending,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Where pools are written down.
    pub pools: Arc<OpenPool>,
}

/// A pool as people see it.
#[derive(Debug, Clone)]
pub struct PoolView {
    /// What the vendor delegated.
    pub charter: Arc<Charter>,
    /// At a glance.
    pub overview: Overview,
    /// Who has what.
    pub seats: Vec<Seat>,
}

/// A license server as its administrator sees it.
#[derive(Debug, Clone)]
pub struct Status {
    /// Its key.
    pub server: PublicKey,
    /// Its pools.
    pub pools: Vec<PoolView>,
    /// Another computer counts with a copy of this server's data, or the data were put back from a backup: the vendor's next answer decides.
    pub copied: bool,
}

/// Answers hosts and administrators for all pools of one license server.
#[derive(Clone)]
pub struct LicenseServer {
    premises: Arc<Premises>,
    pools: Arc<RwLock<BTreeMap<EntitlementId, Arc<Tenant>>>>,
    managers: Arc<RwLock<BTreeMap<ProductId, Arc<LicenseManager>>>>,
    keepings: mpsc::UnboundedSender<Keeping>,
    /// One pool is taken up at a time.
    turn: Arc<async_lock::Mutex<()>>,
    said: Arc<Mutex<Option<Said>>>,
    /// What was last taken in of each license.
    heard: Arc<Mutex<BTreeMap<EntitlementId, Vec<Delegated>>>>,
    /// Until when the vendor is not asked to renew the licenses of a product, in running time.
    asked: Arc<Mutex<BTreeMap<ProductId, Duration>>>,
}

/// One pool, and what is needed to find it.
struct Tenant {
    keeper: PoolKeeper,
    journal: Arc<dyn Journal>,
    /// The pool's own secret: what was derived from it names the pool.
    secret: ServerSecret,
}

/// The pools in the hands of the task that runs them.
#[must_use = "nothing is answered until it runs"]
pub struct Keepings(mpsc::UnboundedReceiver<Keeping>);

impl Keepings {
    /// Keeps every pool until nobody can ask any more. Ends with the first whose journal fails: a server that cannot write stops.
    pub async fn run(self) -> Result<(), JournalError> {
        let Self(mut coming) = self;
        let mut kept = FuturesUnordered::new();
        let mut more = true;
        loop {
            if !more && kept.is_empty() {
                return Ok(());
            }
            if kept.is_empty() {
                match coming.next().await {
                    Some(keeping) => kept.push(keeping.run()),
                    None => more = false,
                }
                continue;
            }
            if !more {
                kept.next().await.unwrap_or(Ok(()))?;
                continue;
            }
            match futures_util::future::select(coming.next(), kept.next()).await {
                Either::Left((Some(keeping), _)) => kept.push(keeping.run()),
                Either::Left((None, _)) => more = false,
                Either::Right((ended, _)) => ended.unwrap_or(Ok(()))?,
            }
        }
    }
}

impl LicenseServer {
    /// A license server with no pool yet. Nothing is answered before the [`Keepings`] run.
    pub fn new(premises: Premises) -> (Self, Keepings) {
        let (keepings, coming) = mpsc::unbounded();
        let server = Self {
            premises: Arc::new(premises),
            pools: Arc::default(),
            managers: Arc::default(),
            keepings,
            turn: Arc::default(),
            said: Arc::default(),
            heard: Arc::default(),
            asked: Arc::default(),
        };
        (server, Keepings(coming))
    }

    /// The server's key.
    pub fn key(&self) -> PublicKey {
        self.premises.signer.public()
    }

    /// Answers a request, whomever it is addressed to: this server, or its vendor. What the answer grants is durable before this returns.
    pub async fn answer(&self, envelope: &Envelope, way: Way) -> Result<Served, ServerError> {
        self.answer_opened(open_request(envelope)?, envelope, way).await
    }

    /// Answers a request that was opened already, from this envelope.
    pub async fn answer_opened(&self, request: Verified<Request>, envelope: &Envelope, way: Way) -> Result<Served, ServerError> {
        if let Addressee::Vendor(vendor) = request.to {
            let of_vendor: Vec<_> = self.managers().into_iter().filter(|it| it.profile().vendor == vendor).collect();
            let of_product = of_vendor.iter().find(|it| it.profile().product == request.product);
            let manager = of_product.or_else(|| of_vendor.first()).ok_or(ServerError::OtherVendor)?;
            let request = Sealed::received(envelope)?;
            let statement = manager.carry(&request).await.map_err(ServerError::Gateway)?;
            return Ok(Served { statement, lifeline: None, happened: "carried to the vendor", says: None });
        }
        let tenant = self.pool_of(&request).await?;
        if let Ask::Return { activation, .. } = &request.ask {
            // One journal that was put back does not know that a request was answered: then two licenses have what is one seat to its host.
            for other in self.tenants().iter().filter(|other| !Arc::ptr_eq(other, &tenant)) {
                if other.keeper.holds(request.device, activation).await? {
                    other.keeper.answer_verified(request.clone(), way.clone()).await?;
                }
            }
        }
        Ok(tenant.keeper.answer_verified(request, way).await?)
    }

    /// Keeps a seat.
    pub async fn beat(&self, beat: Beat) -> Result<Beaten, ServerError> {
        let tenant = read(&self.pools).values().find(|tenant| tenant.secret.of_lease(beat.place) == beat.secret).cloned();
        match tenant {
            Some(tenant) => Ok(tenant.keeper.beat(beat).await?),
            None => Ok(Beaten { pulse: Pulse::Stranger, fresh: None }),
        }
    }

    /// Tells somebody who waits where it stands.
    pub async fn wait(&self, ticket: Ticket) -> Result<Waited, ServerError> {
        match self.tenants().into_iter().find(|tenant| tenant.secret.gave(&ticket)) {
            Some(tenant) => Ok(tenant.keeper.wait(ticket).await?),
            None => Ok(Waited { wait: Wait::Lost, next: Duration::ZERO }),
        }
    }

    /// What there is to have, and who has it (row B1).
    pub async fn list(&self) -> Result<Vec<Offer>, ServerError> {
        let views = self.views(MOST_SHOWN).await?;
        Ok(views.iter().map(|view| Offer::of(view.charter.delegation(), &view.overview, &view.seats)).collect())
    }

    /// Each pool at a glance.
    pub async fn overviews(&self) -> Result<Vec<Overview>, ServerError> {
        Ok(self.views(0).await?.into_iter().map(|view| view.overview).collect())
    }

    async fn views(&self, most: usize) -> Result<Vec<PoolView>, ServerError> {
        let mut views = Vec::new();
        for tenant in self.tenants() {
            if let (Some(charter), (Some(overview), seats)) = (tenant.keeper.charter(), tenant.keeper.look_at(most).await?) {
                views.push(PoolView { charter, overview, seats });
            }
        }
        Ok(views)
    }

    /// The server for its administrator.
    pub async fn status(&self) -> Result<Status, ServerError> {
        let copied = self.managers().iter().any(|manager| manager.is_copied());
        Ok(Status { server: self.key(), pools: self.views(usize::MAX).await?, copied })
    }

    /// Carries an administrator's act out, on a license; none named = the only one.
    pub async fn act(&self, license: Option<&EntitlementId>, act: Act) -> Result<Result<Acted, Refusal>, ServerError> {
        Ok(self.named(license)?.keeper.act(act).await?)
    }

    /// Lets time pass in every pool. To be called now and then.
    pub async fn tick(&self) -> Result<(), ServerError> {
        for tenant in self.tenants() {
            tenant.keeper.tick().await?;
        }
        Ok(())
    }

    /// What the server's anchor is to remember of each pool.
    pub async fn anchored(&self) -> Result<BTreeMap<EntitlementId, Anchored>, ServerError> {
        let pools: Vec<_> = read(&self.pools).iter().map(|(license, tenant)| (license.clone(), Arc::clone(tenant))).collect();
        let mut all = BTreeMap::new();
        for (license, tenant) in pools {
            all.insert(license, tenant.keeper.anchored().await?);
        }
        Ok(all)
    }

    /// The licenses it has pools of.
    pub fn licenses(&self) -> Vec<EntitlementId> {
        read(&self.pools).keys().cloned().collect()
    }

    fn tenants(&self) -> Vec<Arc<Tenant>> {
        read(&self.pools).values().cloned().collect()
    }

    fn managers(&self) -> Vec<Arc<LicenseManager>> {
        read(&self.managers).values().cloned().collect()
    }

    fn named(&self, license: Option<&EntitlementId>) -> Result<Arc<Tenant>, ServerError> {
        let pools = read(&self.pools);
        let licenses = || pools.keys().cloned().collect();
        match license {
            Some(license) => {
                pools.get(license).cloned().ok_or_else(|| ServerError::NoSuchLicense { license: license.clone(), licenses: licenses() })
            }
            None if pools.len() > 1 => Err(ServerError::WhichLicense { licenses: licenses() }),
            None => pools.values().next().cloned().ok_or(ServerError::Keeper(KeeperError::NotActivated)),
        }
    }

    /// The pool that a request is for. Where none is, the first says so, signed.
    async fn pool_of(&self, request: &Verified<Request>) -> Result<Arc<Tenant>, ServerError> {
        let tenants = self.tenants();
        let first = tenants.first().cloned().ok_or(ServerError::Keeper(KeeperError::NotActivated))?;
        if tenants.len() == 1 {
            return Ok(first);
        }
        let of = |tenant: &Arc<Tenant>| tenant.keeper.charter();
        match &request.ask {
            Ask::CheckOut { wish, .. } | Ask::Borrow { wish, .. } => {
                let mut fitting = tenants;
                fitting.retain(|tenant| of(tenant).is_some_and(|charter| fits(&charter, request, wish)));
                Ok(choose(&fitting, request, wish).await?.unwrap_or(first))
            }
            Ask::Extend { held, .. } | Ask::Refresh { held, .. } | Ask::Return { held, .. } => {
                // Each believes what the profile of its own product lets it.
                let license = tenants.iter().find_map(|tenant| tenant.keeper.license_of(held));
                Ok(license.and_then(|license| self.named(Some(&license)).ok()).unwrap_or(first))
            }
            Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. } => Ok(first),
        }
    }
}

/// Whether a license has what is wished for.
fn fits(charter: &Charter, request: &Request, wish: &Wish) -> bool {
    let delegation = charter.delegation();
    delegation.rights.product == request.product
        && wish.license.as_ref().is_none_or(|license| *license == delegation.entitlement)
        && wish.editions.is_subset(&delegation.rights.editions)
        && wish.features.is_subset(&delegation.rights.features)
}

/// Of several licenses that have what is wished for: where the host waits, where the same request was granted something before, where whoever
/// asks has a seat, where one is free, where any are granted: one that was given back or has ended is asked only if there is no other.
async fn choose(fitting: &[Arc<Tenant>], request: &Verified<Request>, wish: &Wish) -> Result<Option<Arc<Tenant>>, ServerError> {
    if let [only] = fitting {
        return Ok(Some(Arc::clone(only)));
    }
    if let Some(waits) = wish.ticket.and_then(|ticket| fitting.iter().find(|tenant| tenant.secret.gave(&ticket))) {
        return Ok(Some(Arc::clone(waits)));
    }
    let sitter = Sitter { user: wish.user.clone(), process: wish.process };
    let (mut sits, mut free, mut grants) = (None, None, None);
    for tenant in fitting {
        let glance = tenant.keeper.glance(request, &sitter).await?;
        if glance.granted {
            return Ok(Some(Arc::clone(tenant)));
        }
        if glance.sits {
            sits = sits.or(Some(tenant));
        }
        if glance.free > 0 {
            free = free.or(Some(tenant));
        }
        if glance.grants {
            grants = grants.or(Some(tenant));
        }
    }
    Ok(sits.or(free).or(grants).or_else(|| fitting.first()).cloned())
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

fn list(licenses: &[EntitlementId]) -> String {
    if licenses.is_empty() {
        return "none".into();
    }
    licenses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
