//! A vendor's server with its portal, and hosts that cannot reach it.

use std::sync::Arc;

use keyward_engine::{Console, Issuer, Portal};
use keyward_fakes::world::{Host, World, run};
use keyward_fakes::{FakeEntropy, FakeMailer};
use keyward_ports::Clock;
use keyward_web::{Config, Limits, Running, Server};
use keyward_wire::xml;

/// A world whose servers nobody reaches, but for the portal.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) mailer: Arc<FakeMailer>,
    pub(crate) running: Running,
}

impl Shop {
    pub(crate) async fn open(seed: u64) -> Self {
        let world = World::new(seed);
        let vendor = world.vendor();
        for server in vendor.servers() {
            server.stop();
        }
        let (ledger, secrets) = (Arc::clone(vendor.ledger()), Arc::clone(vendor.secrets()));
        let clock: Arc<dyn Clock> = Arc::clone(vendor.clock()) as _;
        let entropy = Arc::new(FakeEntropy::seeded(seed + 1));
        let issuer = Arc::new(Issuer::new(ledger.clone(), secrets.clone(), Arc::clone(&clock)));
        let console = Arc::new(Console::new(ledger.clone(), secrets.clone(), Arc::clone(&clock), entropy.clone()));
        let mailer = Arc::new(FakeMailer::new());
        let portal = Portal::open(ledger, secrets, clock, entropy, Arc::clone(&issuer), mailer.clone()).expect("the portal opens");
        let config = Config { portal: Some(Arc::new(portal)), limits: Limits::NONE, ..Config::default() };
        let running = Server::start(config, issuer, console).await.expect("the server starts");
        Self { world, mailer, running }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }
}

/// GENERATE: a host's request file for a license key.
pub(crate) fn request_file(host: &Host, key: &keyward_domain::license_key::LicenseKey) -> Vec<u8> {
    let request = run(host.licenses().request_activation(key)).expect("the request is written down");
    xml::write_request(request.envelope(), &[])
}

/// GENERATE: a host's file that returns a row.
pub(crate) fn return_file(host: &Host, row: &str) -> Vec<u8> {
    let request = run(host.licenses().request_return(row)).expect("the request is written down");
    xml::write_request(request.envelope(), &[])
}

/// LOAD: an answer's file.
pub(crate) fn load(host: &Host, file: &[u8]) {
    let statement = xml::read_answer(file).expect("the file is an answer");
    run(host.licenses().load(statement)).expect("the answer is taken");
}
