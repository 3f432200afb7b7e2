//! A vendor in memory: the real issuer and console over the fake ledger.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use keyward_domain::document::{Contact, Request};
use keyward_domain::entitlement::{Allowance, Budget, Tenure, Terms};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::product::{Product, Release};
use keyward_domain::profile::{ProductProfile, TlsTerms, TrialTerms};
use keyward_domain::rights::{KeyType, Matrix, Medium, TenureKind};
use keyward_domain::seal::{Keyward, Sealed, Statement};
use keyward_domain::time::{Timestamp, Window};
use keyward_engine::{Console, HostPorts, Issuer, LicenseManager, OpenError};
use keyward_fakes::{FakeAnchor, FakeClock, FakeEntropy, FakeHost, FakeLedger, FakeSecrets, FakeTimer, FakeVault};
use keyward_ports::{KeyServer, KeyServerError};

/// A vendor with one product.
pub struct Vendor {
    /// Answers requests.
    pub issuer: Arc<Issuer>,
    /// What the product ships.
    pub profile: Arc<ProductProfile>,
    console: Console,
    clock: Arc<FakeClock>,
    entropy: Arc<FakeEntropy>,
}

type Made<T> = Result<T, Box<dyn Error>>;

impl Vendor {
    /// A vendor that sells one product.
    pub fn new() -> Made<Self> {
        let clock = Arc::new(FakeClock::at("2027-01-01T00:00:00Z".parse()?));
        let entropy = Arc::new(FakeEntropy::seeded(1));
        let (ledger, secrets) = (Arc::new(FakeLedger::new()), Arc::new(FakeSecrets::new()));
        let console = Console::new(ledger.clone(), secrets.clone(), clock.clone(), entropy.clone());
        let issuer = Arc::new(Issuer::new(ledger, secrets, clock.clone()));
        let product = Product {
            id: "load".parse()?,
            name: "Load".into(),
            versions: vec![Release { version: "1".parse()?, released: Timestamp::UNIX_EPOCH }],
            editions: vec!["Standard".parse()?],
            languages: vec!["en-US".parse()?],
            trial: TrialTerms { days: 30, local_days: 30 },
            matrix: Matrix::default(),
        };
        let id = product.id.clone();
        pollster::block_on(console.begin("bench"))?;
        pollster::block_on(console.add_product(product, "bench"))?;
        let profile = Arc::new(pollster::block_on(console.profile(&id, Vec::new(), TlsTerms::default()))?);
        Ok(Self { issuer, profile, console, clock, entropy })
    }

    /// Issues a license key for so many hosts.
    pub fn issue(&self, activations: u32) -> Made<LicenseKey> {
        let terms = Terms {
            product: self.profile.product.clone(),
            editions: BTreeSet::from(["Standard".parse()?]),
            key_type: KeyType::StandAlone,
            medium: Medium::LicenseKey,
            tenure: Tenure { kind: TenureKind::Perpetual, window: Window { from: Timestamp::UNIX_EPOCH, until: None } },
            allowance: Allowance::Activations(activations),
            moves: Budget::default(),
            transfers: Budget::default(),
            contact: Contact::None,
            features: BTreeSet::new(),
            maintenance_until: None,
        };
        Ok(pollster::block_on(self.console.issue(terms, "bench"))?.key)
    }

    /// The ports of a host whose requests reach the issuer at once.
    pub fn host_ports(&self, name: &str) -> Made<HostPorts> {
        Ok(HostPorts {
            server: Arc::new(Direct(Arc::clone(&self.issuer))),
            vault: Arc::new(FakeVault::new()),
            anchor: Arc::new(FakeAnchor::new()),
            secrets: Arc::new(FakeSecrets::new()),
            clock: self.clock.clone(),
            host: Arc::new(FakeHost::named(name)?),
            entropy: self.entropy.clone(),
            timer: Arc::new(FakeTimer::advancing(self.clock.clone())),
            schemes: vec![Arc::new(Keyward)],
        })
    }

    /// Opens a host's licenses.
    pub fn open(&self, ports: HostPorts) -> Result<LicenseManager, OpenError> {
        LicenseManager::open(Arc::clone(&self.profile), ports)
    }
}

/// The issuer itself as a carrier.
struct Direct(Arc<Issuer>);

#[async_trait]
impl KeyServer for Direct {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.0.answer(request.envelope()).await.map_err(|_| KeyServerError::Silent { attempts: Vec::new() })
    }
}
