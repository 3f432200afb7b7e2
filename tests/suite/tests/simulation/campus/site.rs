//! A computer with a license server on it: the real server and its pools, over journals and a second place that outlive it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use keyward_domain::names::{EntitlementId, ServerAddress};
use keyward_domain::pool::{Anchored, Fact, Rhythm, ServerSecret, Start};
use keyward_domain::seal::Digest;
use keyward_engine::LicenseServer;
use keyward_engine::license_manager::server_key_name;
use keyward_engine::license_server::{Premises, Status};
use keyward_fakes::world::{Host, World, run};
use keyward_fakes::{CrashPlan, Crashing, FakeJournal, JournalImage};
use keyward_ports::{Clock, Journal, Secrets as _, SoftwareSigner};

use super::power::Power;
use super::wire::Lan;

type Journals = Arc<Mutex<BTreeMap<EntitlementId, Arc<FakeJournal>>>>;

/// A backup of all journals of a server.
pub(crate) type Backup = BTreeMap<EntitlementId, JournalImage>;

pub(crate) struct Site {
    pub(crate) host: Arc<Host>,
    pub(crate) at: ServerAddress,
    seed: [u8; 32],
    journals: Journals,
    /// What stands in the second place.
    anchored: BTreeMap<EntitlementId, Anchored>,
    /// Journals that are marked as restored.
    marked: Arc<Mutex<BTreeSet<EntitlementId>>>,
    process: Option<Process>,
}

struct Process {
    server: LicenseServer,
    plan: Arc<CrashPlan>,
    task: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    /// A server that was never started.
    pub(crate) fn new(world: &World, name: &str) -> Self {
        let host = world.host(name);
        let seed = *Digest::of(format!("{name} of {}", world.seed()).as_bytes()).bytes();
        host.secrets().put(&server_key_name(), &seed).expect("its key is kept");
        let at = format!("{name}.example").parse().expect("an address");
        Self { host, at, seed, journals: Journals::default(), anchored: BTreeMap::new(), marked: Arc::default(), process: None }
    }

    /// The same server on a copy of its computer, at an address of its own. It was never started there.
    pub(crate) fn copied_to(&self, host: Arc<Host>) -> Self {
        let at = format!("{}.example", host.name()).parse().expect("an address");
        let journals = self.backup().into_iter().map(|(license, image)| {
            let copy = FakeJournal::new();
            copy.restore(image);
            (license, Arc::new(copy))
        });
        let journals = Arc::new(Mutex::new(journals.collect()));
        Self { host, at, seed: self.seed, journals, anchored: self.anchored.clone(), marked: Arc::default(), process: None }
    }

    pub(crate) fn name(&self) -> &str {
        self.host.name()
    }

    /// The server, while its process lives.
    pub(crate) fn server(&self) -> Option<LicenseServer> {
        self.process.as_ref().filter(|process| !process.plan.is_dead()).map(|process| process.server.clone())
    }

    pub(crate) fn is_up(&self) -> bool {
        self.server().is_some()
    }

    /// Starts it, to die where a plan says. Says whether it came up.
    pub(crate) fn start(&mut self, power: &Power, lan: &Lan, plan: CrashPlan) -> bool {
        self.kill(power, lan);
        self.host.restart();
        let plan = Arc::new(plan);
        let (journals, anchored, marked) = (Arc::clone(&self.journals), self.anchored.clone(), Arc::clone(&self.marked));
        let (dies, plant) = (Arc::clone(&plan), Arc::clone(&lan.plant));
        let clock: Arc<dyn Clock> = self.host.clock().clone();
        let premises = Premises {
            signer: Arc::new(SoftwareSigner::from_seed(&self.seed)),
            secret: ServerSecret::new(self.seed),
            rhythm: Rhythm::default(),
            lending: Default::default(),
            clock: lan.plant.server_clock(self.name(), clock),
            pools: Arc::new(move |license: EntitlementId| {
                let disk = locked(&journals).entry(license.clone()).or_default().clone();
                let journal = Crashing::new(disk as Arc<dyn Journal>, Arc::clone(&dies));
                let journal = plant.journal(&license, Arc::new(journal));
                let start = Start { anchor: anchored.get(&license).copied(), marked: locked(&marked).contains(&license) };
                let start = plant.start(start);
                Box::pin(async move { Ok((journal, start)) })
            }),
        };
        let (server, keepings) = LicenseServer::new(premises);
        let task = power.begin(keepings.run().map(drop));
        server.attend(self.host.licenses());
        self.process = Some(Process { server: server.clone(), plan, task });
        let known: Vec<_> = locked(&self.journals).keys().cloned().collect();
        for license in known {
            if power.run(server.take_up(&license, &self.host.licenses())).is_err() {
                self.kill(power, lan);
                return false;
            }
            // The fact that says so takes the mark away.
            locked(&self.marked).remove(&license);
        }
        lan.servers.put(&self.at, server);
        self.look(power, lan)
    }

    /// What a server does each second: lets time pass, takes in what was delegated, tells its second place. Says whether it lives.
    pub(crate) fn look(&mut self, power: &Power, lan: &Lan) -> bool {
        let Some(server) = self.server() else {
            self.kill(power, lan);
            return false;
        };
        server.attend(self.host.licenses());
        let looked = power.run(async {
            server.tick().await.ok()?;
            server.catch_up().await.ok()?;
            server.anchored().await.ok()
        });
        match looked {
            Some(anchored) => {
                self.anchored.extend(anchored);
                true
            }
            None => {
                self.kill(power, lan);
                false
            }
        }
    }

    /// The power fails.
    pub(crate) fn kill(&mut self, power: &Power, lan: &Lan) {
        lan.servers.cut(&self.at);
        if let Some(process) = self.process.take() {
            process.plan.kill();
            power.cut(process.task);
        }
    }

    /// It is told to stop, and comes to its end.
    pub(crate) fn stop(&mut self, power: &Power, lan: &Lan) {
        self.look(power, lan);
        lan.servers.cut(&self.at);
        if let Some(Process { server, task, .. }) = self.process.take() {
            drop(server);
            power.finish(task);
        }
    }

    pub(crate) fn status(&self, power: &Power) -> Option<Status> {
        power.run(self.server()?.status()).ok()
    }

    pub(crate) fn backup(&self) -> Backup {
        locked(&self.journals).iter().map(|(license, journal)| (license.clone(), journal.image())).collect()
    }

    /// Puts a backup back, with a mark or without. Says for which licenses the server is to say so.
    pub(crate) fn restore(&mut self, backup: &Backup, mark: Mark) -> Vec<EntitlementId> {
        let mut journals = locked(&self.journals);
        let mut forgot = Vec::new();
        for (license, image) in backup {
            let journal = journals.entry(license.clone()).or_default();
            let before = written(journal);
            journal.restore(image.clone());
            if mark == Mark::Marked {
                locked(&self.marked).insert(license.clone());
            }
            if mark == Mark::Marked || written(journal) != before {
                forgot.push(license.clone());
            }
        }
        forgot
    }

    /// Its disk is full, and after it died there is room again.
    pub(crate) fn fill_disk(&self) {
        locked(&self.journals).values().for_each(|journal| journal.fill_up());
    }

    pub(crate) fn make_room(&self) {
        for journal in locked(&self.journals).values_mut() {
            let fresh = FakeJournal::new();
            fresh.restore(journal.image());
            *journal = Arc::new(fresh);
        }
    }

    /// Everything in its journals, as it is written.
    pub(crate) fn dump(&self) -> String {
        locked(&self.journals).values().map(|journal| journal.dump()).collect()
    }
}

/// Every fact there is: an older backup has fewer, and one of before an older one was put back has others.
fn written(journal: &FakeJournal) -> Vec<(u64, Fact)> {
    run(journal.page(None, u32::MAX)).unwrap_or_default()
}

/// Whether whoever puts a backup back says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Marked,
    Silent,
}
