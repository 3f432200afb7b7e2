//! The vendor of a world: a console, a ledger, and servers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use keyward_domain::document::{Contact, Request};
use keyward_domain::entitlement::{Allowance, Borrowing, Budget, Entitlement, Freer, Seats, Tenure, Terms};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::product::{Product, Release};
use keyward_domain::profile::{ProductProfile, TlsTerms, TrialTerms};
use keyward_domain::rights::{KeyType, Matrix, Medium, TenureKind};
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::time::{Timestamp, Window};
use keyward_engine::console::{KeyChange, RootChange};
use keyward_engine::{Console, ConsoleError};
use keyward_ports::{Clock, Entropy, KeyServer as _, KeyServerError, Ledger, Secrets};

use super::route::Route;
use super::server::Server;
use super::{Outfit, name, run};
use crate::{FakeClock, FakeEntropy, FakeLedger, FakeSecrets, locked};

const ACTOR: &str = "the vendor";

/// Sells one product, `cad`, and runs its key servers.
pub struct Vendor {
    born: Timestamp,
    ledger: Arc<FakeLedger>,
    secrets: Arc<FakeSecrets>,
    clock: Arc<FakeClock>,
    console: Console,
    outfit: Arc<dyn Outfit>,
    servers: Arc<Mutex<Vec<Arc<Server>>>>,
}

/// A license key and what was sold under it.
#[derive(Debug, Clone)]
pub struct Sold {
    /// What the customer types.
    pub key: Arc<LicenseKey>,
    /// What the vendor calls it.
    pub id: EntitlementId,
}

impl Vendor {
    #[expect(clippy::expect_used, reason = "a vendor begun on an empty ledger in memory has nothing that can fail")]
    pub(super) fn new(seed: u64, born: Timestamp, outfit: Arc<dyn Outfit>) -> Self {
        let ledger = Arc::new(FakeLedger::new());
        let secrets = Arc::new(FakeSecrets::new());
        let clock = Arc::new(FakeClock::at(born));
        let console = Console::new(
            Arc::clone(&ledger) as Arc<dyn Ledger>,
            Arc::clone(&secrets) as Arc<dyn Secrets>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(FakeEntropy::seeded(seed)) as Arc<dyn Entropy>,
        );
        run(console.begin(ACTOR)).expect("a vendor can begin");
        run(console.add_product(product(born), ACTOR)).expect("a product can be added");
        Self { born, ledger, secrets, clock, console, outfit, servers: Arc::default() }
    }

    /// The console, for whatever has no shorter word here.
    pub fn console(&self) -> &Console {
        &self.console
    }

    /// The console's clock.
    pub fn clock(&self) -> &Arc<FakeClock> {
        &self.clock
    }

    /// The ledger that all servers share.
    pub fn ledger(&self) -> &Arc<FakeLedger> {
        &self.ledger
    }

    /// The vendor's private keys.
    pub fn secrets(&self) -> &Arc<FakeSecrets> {
        &self.secrets
    }

    /// A server by its name. At the first mention it is started, last in every host's list.
    pub fn server(&self, name: &str) -> Arc<Server> {
        let mut servers = locked(&self.servers);
        if let Some(known) = servers.iter().find(|server| server.name() == name) {
            return Arc::clone(known);
        }
        let clock = Arc::new(FakeClock::at(self.clock.now().wall));
        let ledger = (Arc::clone(&self.ledger), Arc::clone(&self.secrets));
        let server = Arc::new(Server::new(name, clock, ledger.0, ledger.1, Arc::clone(&self.outfit)));
        servers.push(Arc::clone(&server));
        server
    }

    /// All servers, in the order hosts ask them.
    pub fn servers(&self) -> Vec<Arc<Server>> {
        locked(&self.servers).clone()
    }

    pub(super) fn list(&self) -> Arc<Mutex<Vec<Arc<Server>>>> {
        Arc::clone(&self.servers)
    }

    /// The profile to ship in the product.
    #[expect(clippy::expect_used, reason = "the product was added with a version when the vendor began")]
    pub fn profile(&self) -> Arc<ProductProfile> {
        let servers = self.servers().iter().map(|server| format!("https://{}.example", server.name())).collect();
        Arc::new(run(self.console.profile(&name("cad"), servers, TlsTerms::default())).expect("the product is there"))
    }

    /// Perpetual, stand-alone, one activation, the usual budgets. Change what should be otherwise: `Terms { .., ..vendor.terms() }`.
    pub fn terms(&self) -> Terms {
        Terms {
            product: name("cad"),
            editions: BTreeSet::from([name("Professional")]),
            key_type: KeyType::StandAlone,
            medium: Medium::LicenseKey,
            tenure: Tenure { kind: TenureKind::Perpetual, window: Window { from: self.born, until: None } },
            allowance: Allowance::Activations(1),
            moves: Budget::default(),
            transfers: Budget::default(),
            contact: Contact::None,
            features: BTreeSet::new(),
            maintenance_until: None,
        }
    }

    /// The same, from now until an instant.
    pub fn rental(&self, until: Timestamp) -> Terms {
        let window = Window { from: self.clock.now().wall, until: Some(until) };
        Terms { tenure: Tenure { kind: TenureKind::Rental, window }, ..self.terms() }
    }

    /// The same for a pool of so many seats on one license server, two of them to be borrowed for seven days, and one more for emergencies.
    pub fn network(&self, seats: u32) -> Terms {
        let pool = Seats { overdraft: 1, borrowing: Some(Borrowing { days: 7, seats: 2 }), ..Seats::of(seats) };
        Terms { key_type: KeyType::Network, allowance: Allowance::Seats(pool), ..self.terms() }
    }

    /// Issues a license key (row K1).
    pub fn sell(&self, terms: Terms) -> Result<Sold, ConsoleError> {
        let issued = run(self.console.issue(terms, ACTOR))?;
        Ok(Sold { key: Arc::new(issued.key), id: issued.entitlement.id })
    }

    /// Answers a request that was carried to the vendor: by the first server that runs, as its portal does.
    pub fn answer(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        run(Route::to(self.list()).exchange(request))
    }

    /// What the ledger knows of what was sold.
    pub fn entitlement(&self, id: &EntitlementId) -> Result<Entitlement, ConsoleError> {
        run(self.console.entitlement(id))
    }

    /// Revokes what was sold.
    pub fn revoke(&self, id: &EntitlementId) -> Result<Entitlement, ConsoleError> {
        run(self.console.revoke(id, ACTOR))
    }

    /// Moves its end.
    pub fn extend(&self, id: &EntitlementId, until: Timestamp) -> Result<Entitlement, ConsoleError> {
        run(self.console.extend(id, until, ACTOR))
    }

    /// Replaces its license key.
    pub fn reissue(&self, id: &EntitlementId) -> Result<Sold, ConsoleError> {
        let issued = run(self.console.reissue(id, ACTOR))?;
        Ok(Sold { key: Arc::new(issued.key), id: issued.entitlement.id })
    }

    /// Frees a slot of a host that cannot return it.
    pub fn free(&self, id: &EntitlementId, activation: &ActivationId, by: Freer) -> Result<Entitlement, ConsoleError> {
        run(self.console.free(id, activation, by, ACTOR))
    }

    /// Makes a new issuer key and lets the old one sign no more.
    pub fn rotate_issuer(&self) -> Result<RootChange, ConsoleError> {
        run(self.console.change_keys(&KeyChange::Rotate, ACTOR))
    }
}

/// Three editions, three languages, two versions; thirty days to try it, seven of them without any server.
fn product(born: Timestamp) -> Product {
    let release = |version: &str| Release { version: name(version), released: born };
    Product {
        id: name("cad"),
        name: "Example CAD".into(),
        versions: vec![release("2025"), release("2027")],
        editions: vec![name("Professional"), name("Standard"), name("Education")],
        languages: vec![name("en-US"), name("zh-CN"), name("de-DE")],
        trial: TrialTerms { days: 30, local_days: 7 },
        matrix: Matrix::default(),
    }
}
