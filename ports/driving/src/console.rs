//! The vendor's administration: products, license keys, and what became of them. The vendor's own keys are in [`keys`], who works there in
//! [`tokens`], requests that are brought by hand in [`brought`].

mod brought;
mod keys;
mod tokens;

use std::sync::Arc;

use keyward_domain::entitlement::{Entitlement, Freer, Sale, TermsError};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, EmailAddress, EntitlementId, ProductId};
use keyward_domain::product::Product;
use keyward_domain::profile::{ProductProfile, TlsTerms};
use keyward_domain::record::{LogEntry, Record, RecordKey};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::SealError;
use keyward_domain::signers::SignersError;
use keyward_domain::staff::StaffError;
use keyward_domain::time::Timestamp;
use keyward_ports::{Clock, Committed, Deed, Entropy, EntropyError, Ledger, LedgerError, Page, Query, Secrets, Write};
use zeroize::Zeroizing;

use crate::issuer::IssuerError;
use crate::vendor_keys::{KeysError, VendorKeys};
pub use brought::{Brought, Handed, NotBrought, Verdict};
pub use keys::{KeyChange, KeyLine, KeyList, RootChange, sign_statement};
pub use tokens::{NewToken, StaffNow};

/// So often a change is made again because the record changed in between.
const MOST_CONFLICTS: u32 = 16;

/// What the log calls it that another owner is on record, or none.
pub(crate) const OWNER_CHANGED: &str = "owner changed";

/// Why something could not be administered. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// There is no such product.
    #[error("there is no product {0}; add it with `keyward vendor product add`")]
    NoProduct(ProductId),
    /// There is no such entitlement.
    #[error("there is no license {0}; `keyward vendor list` shows them")]
    NoEntitlement(EntitlementId),
    /// A product without a version, an edition or a language.
    #[error("the product has no {0}; name at least one")]
    Bare(&'static str),
    /// What was to be sold cannot be sold so.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// A rule of the domain.
    #[error("{}; {}", .0, .0.remedy())]
    Refused(Refusal),
    /// The vendor's signers.
    #[error(transparent)]
    Signers(#[from] SignersError),
    /// The vendor's keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A key statement that was signed elsewhere is not the one that waits for it.
    #[error("the signed key statement is not the one this server waits for: {0}; begin the change again")]
    OtherStatement(String),
    /// The root would be lost.
    #[error("the root was never exported, and without it no issuer can ever be named again; export it first")]
    NotExported,
    /// The entitlement has no such slot.
    #[error("license {entitlement} has no slot {activation}; `keyward vendor show {entitlement}` lists them")]
    NoSlot {
        /// The entitlement.
        entitlement: EntitlementId,
        /// The activation asked for.
        activation: ActivationId,
    },
    /// Who works here.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// There is no answer to a request that was brought.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// Our own statement does not open.
    #[error("an answer of this server could not be opened: {0}")]
    Seal(#[source] SealError),
    /// The server was begun already.
    #[error("this server has its keys already")]
    Begun,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No random numbers.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Others were always faster.
    #[error("somebody else keeps changing this; try again")]
    Busy,
}

/// Administers a key server.
pub struct Console {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    keys: VendorKeys,
}

/// What was issued: the key is shown once and stands nowhere.
pub struct Issued {
    /// The license key.
    pub key: LicenseKey,
    /// What was sold under it.
    pub entitlement: Entitlement,
}

impl Console {
    /// A console over a ledger.
    pub fn new(ledger: Arc<dyn Ledger>, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let keys = VendorKeys::new(Arc::clone(&ledger), secrets);
        Self { ledger, clock, entropy, keys }
    }

    /// Adds a product, or a version and whatever else is new to one that is there (row K3).
    pub async fn add_product(&self, product: Product, actor: &str) -> Result<Product, ConsoleError> {
        for (empty, what) in
            [(product.versions.is_empty(), "version"), (product.editions.is_empty(), "edition"), (product.languages.is_empty(), "language")]
        {
            if empty {
                return Err(ConsoleError::Bare(what));
            }
        }
        let key = RecordKey::Product(product.id.clone());
        for _ in 0..MOST_CONFLICTS {
            let (read, changed) = match self.ledger.read(&key).await? {
                Some(found) => match found.record {
                    Record::Product(mut known) => {
                        known.extend(product.clone());
                        (found.version, known)
                    }
                    _ => (found.version, product.clone()),
                },
                None => (0, product.clone()),
            };
            let entry = self.entry(actor, "product added", None, None);
            if self.commit(read, Record::Product(changed.clone()), entry).await? {
                return Ok(changed);
            }
        }
        Err(ConsoleError::Busy)
    }

    /// A product.
    pub async fn product(&self, id: &ProductId) -> Result<Product, ConsoleError> {
        match self.ledger.read(&RecordKey::Product(id.clone())).await?.map(|found| found.record) {
            Some(Record::Product(product)) => Ok(product),
            _ => Err(ConsoleError::NoProduct(id.clone())),
        }
    }

    /// The profile to ship in a product's newest version.
    pub async fn profile(&self, id: &ProductId, servers: Vec<String>, tls: TlsTerms) -> Result<ProductProfile, ConsoleError> {
        let product = self.product(id).await?;
        let (_, signers) = self.keys.signers().await?;
        product.profile(signers.roots.clone(), signers.current.version, servers, tls).ok_or(ConsoleError::Bare("version"))
    }

    /// Issues a license key (row K1). The key is given to the caller and kept nowhere.
    pub async fn issue(&self, sale: impl Into<Sale>, actor: &str) -> Result<Issued, ConsoleError> {
        let Sale { terms, owner } = sale.into();
        let product = self.product(&terms.product).await?;
        terms.check(&product)?;
        let key = self.make_license_key()?;
        let public = SigningKey::from_seed(&key.seed()).public();
        let mut id = [0; 10];
        self.entropy.fill(&mut id)?;
        let id = EntitlementId::from_random(id);
        let sold = Entitlement::sold(id.clone(), public, key.last_five(), terms, self.clock.now().wall);
        let entitlement = Entitlement { owner, ..sold };
        let entry = self.entry(actor, "issued", Some(id), None);
        if self.commit(0, Record::Entitlement(entitlement.clone()), entry).await? {
            Ok(Issued { key, entitlement })
        } else {
            Err(ConsoleError::Busy)
        }
    }

    /// An entitlement.
    pub async fn entitlement(&self, id: &EntitlementId) -> Result<Entitlement, ConsoleError> {
        Ok(self.read(id).await?.1)
    }

    /// Lists entitlements, products or the log, in pages.
    pub async fn page(&self, query: &Query) -> Result<Page, ConsoleError> {
        Ok(self.ledger.page(query).await?)
    }

    /// Revokes an entitlement; each holder learns of it at its next contact.
    pub async fn revoke(&self, id: &EntitlementId, actor: &str) -> Result<Entitlement, ConsoleError> {
        let now = self.clock.now().wall;
        self.change(id, actor, "revoked", None, |it| {
            it.revoke(now);
            Ok(())
        })
        .await
    }

    /// Moves the end of a rental or a trial; holders get it with their next refresh.
    pub async fn extend(&self, id: &EntitlementId, until: Timestamp, actor: &str) -> Result<Entitlement, ConsoleError> {
        let product = self.product(&self.entitlement(id).await?.terms.product).await?;
        self.change(id, actor, "extended", None, |it| Ok(it.extend(until, &product)?)).await
    }

    /// Says who owns it, or that nobody is known to.
    pub async fn set_owner(&self, id: &EntitlementId, owner: Option<EmailAddress>, actor: &str) -> Result<Entitlement, ConsoleError> {
        self.change(id, actor, OWNER_CHANGED, None, |it| {
            it.owner = owner.clone();
            Ok(())
        })
        .await
    }

    /// Frees a slot whose host cannot return it (row A2).
    pub async fn free(&self, id: &EntitlementId, activation: &ActivationId, by: Freer, actor: &str) -> Result<Entitlement, ConsoleError> {
        let now = self.clock.now().wall;
        let no_slot = || ConsoleError::NoSlot { entitlement: id.clone(), activation: activation.clone() };
        let free = |it: &mut Entitlement| {
            it.free(activation, by, now).map_err(|refusal| match refusal {
                Refusal::UnknownActivation => no_slot(),
                refusal => ConsoleError::Refused(refusal),
            })
        };
        self.change(id, actor, "slot freed", Some(activation), free).await
    }

    /// Replaces a lost license key. The old one is known as replaced; activations stay as they are.
    pub async fn reissue(&self, id: &EntitlementId, actor: &str) -> Result<Issued, ConsoleError> {
        let key = self.make_license_key()?;
        let public = SigningKey::from_seed(&key.seed()).public();
        let entitlement = self
            .change(id, actor, "license key replaced", None, |it| {
                it.reissue(public, key.last_five());
                Ok(())
            })
            .await?;
        Ok(Issued { key, entitlement })
    }

    fn make_license_key(&self) -> Result<LicenseKey, ConsoleError> {
        let mut random = Zeroizing::new([0; 15]);
        self.entropy.fill(&mut *random)?;
        Ok(LicenseKey::from_random(*random))
    }

    async fn read(&self, id: &EntitlementId) -> Result<(u64, Entitlement), ConsoleError> {
        match self.ledger.read(&RecordKey::Entitlement(id.clone())).await? {
            Some(found) => match found.record {
                Record::Entitlement(it) => Ok((found.version, it)),
                _ => Err(ConsoleError::NoEntitlement(id.clone())),
            },
            None => Err(ConsoleError::NoEntitlement(id.clone())),
        }
    }

    async fn change(
        &self,
        id: &EntitlementId,
        actor: &str,
        act: &str,
        activation: Option<&ActivationId>,
        change: impl Fn(&mut Entitlement) -> Result<(), ConsoleError>,
    ) -> Result<Entitlement, ConsoleError> {
        for _ in 0..MOST_CONFLICTS {
            let (read, mut it) = self.read(id).await?;
            change(&mut it)?;
            let entry = self.entry(actor, act, Some(id.clone()), activation.cloned());
            if self.commit(read, Record::Entitlement(it.clone()), entry).await? {
                return Ok(it);
            }
        }
        Err(ConsoleError::Busy)
    }

    fn entry(&self, actor: &str, act: &str, entitlement: Option<EntitlementId>, activation: Option<ActivationId>) -> LogEntry {
        LogEntry { at: self.clock.now().wall, actor: actor.into(), act: act.into(), entitlement, activation, host: None, request: None }
    }

    /// Writes one record; false if it was changed in between.
    async fn commit(&self, read: u64, record: Record, entry: LogEntry) -> Result<bool, ConsoleError> {
        let deed = Deed { writes: vec![Write { read, record }], answers: Vec::new(), log: vec![entry] };
        Ok(self.ledger.commit(deed).await? == Committed::Done)
    }
}
