//! A vendor's key server: one process that can be stopped, started and killed.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::seal::{Sealed, Statement};
use keyward_engine::Issuer;
use keyward_ports::{Attempt, Clock, KeyServer, KeyServerError, Ledger, Secrets, Trouble};

use super::Outfit;
use super::pausing::Pausing;
use crate::{CrashPlan, CrashPoint, Crashing, FakeClock, FakeKeyServer, FakeLedger, FakeSecrets, LedgerImage, locked};

/// A key server. Several may share one ledger: replicas, each with a clock of its own.
pub struct Server {
    name: String,
    clock: Arc<FakeClock>,
    ledger: Arc<FakeLedger>,
    secrets: Arc<FakeSecrets>,
    outfit: Arc<dyn Outfit>,
    process: Mutex<Option<Process>>,
}

struct Process {
    plan: Arc<CrashPlan>,
    key_server: Arc<dyn KeyServer>,
}

impl Server {
    pub(super) fn new(
        name: &str,
        clock: Arc<FakeClock>,
        ledger: Arc<FakeLedger>,
        secrets: Arc<FakeSecrets>,
        outfit: Arc<dyn Outfit>,
    ) -> Self {
        let server = Self { name: name.into(), clock, ledger, secrets, outfit, process: Mutex::new(None) };
        server.start();
        server
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its clock.
    pub fn clock(&self) -> &Arc<FakeClock> {
        &self.clock
    }

    /// Its ledger.
    pub fn ledger(&self) -> &Arc<FakeLedger> {
        &self.ledger
    }

    /// Starts it; one that runs is ended first.
    pub fn start(&self) {
        self.begin(CrashPlan::never());
    }

    /// Starts it so that it dies when it comes to a point; [`Self::start`] brings it back.
    pub fn crash_at(&self, point: CrashPoint) {
        self.begin(CrashPlan::at_first(point));
    }

    /// Ends it. Nobody reaches it until it is started.
    pub fn stop(&self) {
        if let Some(process) = locked(&self.process).take() {
            process.plan.kill();
        }
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        locked(&self.process).as_ref().is_some_and(|process| !process.plan.is_dead())
    }

    /// A backup of its ledger.
    pub fn snapshot(&self) -> LedgerImage {
        self.ledger.image()
    }

    /// Puts a backup of the ledger back, for all replicas that share it. What was signed since is in nobody's ledger any more.
    pub fn restore(&self, image: LedgerImage) {
        self.ledger.restore(image);
    }

    fn begin(&self, plan: CrashPlan) {
        let plan = Arc::new(plan);
        let ledger: Arc<dyn Ledger> = Arc::new(Crashing::new(Arc::clone(&self.ledger) as Arc<dyn Ledger>, Arc::clone(&plan)));
        let ledger = self.outfit.ledger(&self.name, Arc::new(Pausing(ledger)));
        let secrets: Arc<dyn Secrets> = Arc::new(Crashing::new(Arc::clone(&self.secrets) as Arc<dyn Secrets>, Arc::clone(&plan)));
        let clock = self.outfit.server_clock(&self.name, Arc::clone(&self.clock) as Arc<dyn Clock>);
        let key_server = Arc::new(FakeKeyServer::new(&self.name, Issuer::new(ledger, secrets, clock)));
        let key_server = self.outfit.key_server(&self.name, key_server);
        if let Some(before) = locked(&self.process).replace(Process { plan, key_server }) {
            before.plan.kill();
        }
    }

    pub(super) fn attempt(&self) -> Attempt {
        Attempt { server: self.name.clone(), proxy: None, trouble: Trouble::NoConnection, cause: None }
    }
}

#[async_trait]
impl KeyServer for Server {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let running = locked(&self.process).as_ref().filter(|it| !it.plan.is_dead()).map(|it| Arc::clone(&it.key_server));
        match running {
            Some(key_server) => key_server.exchange(request).await,
            None => Err(KeyServerError::Unreachable { attempts: vec![self.attempt()] }),
        }
    }
}
