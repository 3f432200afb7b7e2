//! A host of a world: a machine with its disks and clocks, and the one process on it that uses Keyward.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_domain::document::Request;
use keyward_domain::host::PartKind;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, Edition};
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::{Scheme, Sealed, Statement};
use keyward_domain::standing::{Row, Standing};
use keyward_domain::vault::Taken;
use keyward_engine::license_manager::{Loaded, TrialBegun, unheard};
use keyward_engine::{ActError, HostPorts, LicenseManager};
use keyward_ports::{Anchor, Clock, HostProbe, KeyServer, Secrets, Vault};

use super::pausing::Pausing;
use super::route::Route;
use super::{Outfit, name, run};
use crate::{
    AnchorImage, CrashPlan, CrashPoint, Crashing, FakeAnchor, FakeClock, FakeEntropy, FakeHost, FakeSecrets, FakeTimer, FakeVault, Flaky,
    Recording, SecretsImage, VaultImage, locked,
};

const KINDS: [PartKind; 6] = [PartKind::Machine, PartKind::Board, PartKind::Serial, PartKind::Nic, PartKind::Disk, PartKind::Processor];

/// The product on a host: whose it is, and who answers it.
#[derive(Clone)]
pub struct Installed {
    /// The profile it was shipped with.
    pub profile: Arc<ProductProfile>,
    /// Who brings answers.
    pub key_server: Arc<dyn KeyServer>,
    /// How they may be signed.
    pub scheme: Arc<dyn Scheme>,
}

/// What a refresh brought for each thing that was asked.
pub type Refreshed = Vec<(ActivationId, Result<Taken, ActError>)>;

/// A host.
pub struct Host {
    name: String,
    machine: Machine,
    entropy: Arc<FakeEntropy>,
    carrier: Arc<Flaky>,
    recording: Arc<Recording>,
    installed: Installed,
    outfit: Arc<dyn Outfit>,
    route: Option<Route>,
    process: Mutex<Process>,
}

struct Machine {
    clock: Arc<FakeClock>,
    parts: Arc<FakeHost>,
    vault: Arc<FakeVault>,
    anchor: Arc<FakeAnchor>,
    secrets: Arc<FakeSecrets>,
}

struct Process {
    plan: Arc<CrashPlan>,
    licenses: Arc<LicenseManager>,
}

/// A backup of a host's disks.
#[derive(Debug, Clone)]
pub struct Backup {
    vault: VaultImage,
    anchor: AnchorImage,
    secrets: SecretsImage,
}

impl Host {
    pub(super) fn new(name: &str, seed: u64, clock: FakeClock, parts: FakeHost, home: Home) -> Self {
        let Home { installed, outfit, route } = home;
        let machine = Machine {
            clock: Arc::new(clock),
            parts: Arc::new(parts),
            vault: Arc::new(FakeVault::new()),
            anchor: Arc::new(FakeAnchor::new()),
            secrets: Arc::new(FakeSecrets::new()),
        };
        let timer = Arc::new(FakeTimer::advancing(Arc::clone(&machine.clock)));
        let carrier = Arc::new(Flaky::new(Arc::new(Pausing(Arc::clone(&installed.key_server))), timer));
        let recording = Arc::new(Recording::new(outfit.carrier(name, Arc::clone(&carrier) as Arc<dyn KeyServer>)));
        let entropy = Arc::new(FakeEntropy::seeded(seed));
        let process = begin(name, &machine, &entropy, &recording, &installed, &*outfit, CrashPlan::never());
        Self { name: name.into(), machine, entropy, carrier, recording, installed, outfit, route, process: Mutex::new(process) }
    }

    /// What the world calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The product's own side: what it would call.
    pub fn licenses(&self) -> Arc<LicenseManager> {
        Arc::clone(&locked(&self.process).licenses)
    }

    /// Another product of the same vendor on this host, over the same disks: one vault serves them all.
    #[expect(clippy::expect_used, reason = "the profile of a world is good, and a fresh process on a fake disk reads it")]
    pub fn beside(&self, profile: Arc<ProductProfile>) -> LicenseManager {
        let ports =
            ports(&self.name, &self.machine, &self.entropy, &self.recording, &self.installed, &*self.outfit, &Arc::new(CrashPlan::never()));
        LicenseManager::open(profile, ports).expect("the licenses can be opened")
    }

    /// Its clocks.
    pub fn clock(&self) -> &Arc<FakeClock> {
        &self.machine.clock
    }

    /// Its parts.
    pub fn parts(&self) -> &Arc<FakeHost> {
        &self.machine.parts
    }

    /// The disk its vault is on.
    pub fn vault(&self) -> &Arc<FakeVault> {
        &self.machine.vault
    }

    /// Its second place.
    pub fn anchor(&self) -> &Arc<FakeAnchor> {
        &self.machine.anchor
    }

    /// Its private keys.
    pub fn secrets(&self) -> &Arc<FakeSecrets> {
        &self.machine.secrets
    }

    /// What loses its requests and answers, when it is told to.
    pub fn carrier(&self) -> &Arc<Flaky> {
        &self.carrier
    }

    /// Every request it sent and every answer that came.
    pub fn recording(&self) -> &Arc<Recording> {
        &self.recording
    }

    /// Asks this server first from now on.
    pub fn prefer(&self, server: &str) {
        if let Some(route) = &self.route {
            route.prefer(server);
        }
    }

    /// What the product may do now.
    pub fn standing(&self) -> Standing {
        Arc::unwrap_or_clone(self.licenses().standing())
    }

    /// The row of an activation.
    pub fn row(&self, activation: &ActivationId) -> Option<Row> {
        self.standing().rows.into_iter().find(|row| *row.id == *activation.as_str())
    }

    /// Types a license key and presses Activate (row O1).
    pub fn activate(&self, key: &Arc<LicenseKey>) -> Result<ActivationId, ActError> {
        run(self.licenses().activate(Arc::clone(key), &unheard))
    }

    /// Presses Trial (row S1).
    pub fn start_trial(&self, edition: &str) -> Result<TrialBegun, ActError> {
        let edition: Edition = name(edition);
        run(self.licenses().start_trial(&edition, &unheard))
    }

    /// Hears from the issuer.
    pub fn refresh(&self) -> Result<Refreshed, ActError> {
        run(self.licenses().refresh(&unheard))
    }

    /// Chooses a row and presses Return (row O5).
    pub fn return_license(&self, activation: &ActivationId) -> Result<ActivationId, ActError> {
        run(self.licenses().return_license(activation.as_str(), &unheard))
    }

    /// Types a license key and presses GENERATE (row M1): the request, to be carried.
    pub fn request_activation(&self, key: &LicenseKey) -> Result<Sealed<Request>, ActError> {
        run(self.licenses().request_activation(key))
    }

    /// Chooses a row and presses GENERATE on the page for returns (row M4).
    pub fn request_return(&self, activation: &ActivationId) -> Result<Sealed<Request>, ActError> {
        run(self.licenses().request_return(activation.as_str()))
    }

    /// Presses LOAD (rows M1, M4): an answer that was carried here.
    pub fn load(&self, statement: &Statement) -> Result<Loaded, ActError> {
        run(self.licenses().load(statement.clone()))
    }

    /// Says that this host is a copy and wants to be one of its own.
    pub fn become_new_host(&self) -> Result<(), ActError> {
        run(self.licenses().become_new_host())
    }

    /// Writes down how far the clock has come, as the product does every ten minutes.
    pub fn tick(&self) -> Result<(), ActError> {
        run(self.licenses().tick())
    }

    /// Lets time pass on this host alone, with the product running.
    pub fn work(&self, duration: Duration) -> Result<(), ActError> {
        self.machine.clock.advance(duration);
        self.tick()
    }

    /// Ends the product and starts it again.
    pub fn restart(&self) {
        self.begin(CrashPlan::never());
    }

    /// Starts the product so that it dies when it comes to a point. [`Self::restart`] starts it again.
    pub fn crash_at(&self, point: CrashPoint) {
        self.begin(CrashPlan::at_first(point));
    }

    /// Whether the product died.
    pub fn is_dead(&self) -> bool {
        locked(&self.process).plan.is_dead()
    }

    /// Boots the host again.
    pub fn reboot(&self) {
        self.machine.clock.reboot();
        self.restart();
    }

    /// A backup of everything on its disks.
    pub fn snapshot(&self) -> Backup {
        let Machine { vault, anchor, secrets, .. } = &self.machine;
        Backup { vault: vault.image(), anchor: anchor.image(), secrets: secrets.image() }
    }

    /// Puts the vault back as it was; the anchor stays as it is, and sees it.
    pub fn restore(&self, backup: &Backup) {
        self.machine.vault.restore(backup.vault.clone());
        self.machine.secrets.restore(backup.secrets.clone());
        self.restart();
    }

    /// Puts vault and anchor back as they were: nothing on the host can see it.
    pub fn restore_both(&self, backup: &Backup) {
        self.machine.anchor.restore(backup.anchor.clone());
        self.restore(backup);
    }

    /// Deletes the vault. The anchor and the private keys stay.
    pub fn delete_vault(&self) {
        self.machine.vault.restore(VaultImage::default());
        self.restart();
    }

    /// Installs the operating system anew: no file is left, the parts are the same.
    pub fn reinstall(&self) {
        self.machine.vault.restore(VaultImage::default());
        self.machine.anchor.restore(AnchorImage::default());
        self.machine.secrets.restore(SecretsImage::default());
        self.reboot();
    }

    /// Copies the vault's file to another host, and nothing else.
    pub fn copy_vault_to(&self, other: &Self) {
        other.machine.vault.restore(self.machine.vault.image());
        other.restart();
    }

    /// Exchanges so many parts for others; the serial numbers of the new ones carry a word.
    pub fn replace_parts(&self, how_many: usize, word: &str) {
        for kind in KINDS.iter().take(how_many) {
            self.machine.parts.replace_part(*kind, &format!("{kind} {word}"));
        }
        self.restart();
    }

    /// The home of a copy of this host.
    pub(super) fn home(&self) -> Home {
        Home { installed: self.installed.clone(), outfit: Arc::clone(&self.outfit), route: self.route.clone() }
    }

    fn begin(&self, plan: CrashPlan) {
        let process = begin(&self.name, &self.machine, &self.entropy, &self.recording, &self.installed, &*self.outfit, plan);
        std::mem::replace(&mut *locked(&self.process), process).plan.kill();
    }
}

/// What a host is made in.
pub(super) struct Home {
    pub(super) installed: Installed,
    pub(super) outfit: Arc<dyn Outfit>,
    pub(super) route: Option<Route>,
}

#[expect(clippy::expect_used, reason = "the profile of a world is good, and a fresh process on a fake disk reads it")]
fn begin(
    name: &str,
    machine: &Machine,
    entropy: &Arc<FakeEntropy>,
    recording: &Arc<Recording>,
    installed: &Installed,
    outfit: &dyn Outfit,
    plan: CrashPlan,
) -> Process {
    let plan = Arc::new(plan);
    let ports = ports(name, machine, entropy, recording, installed, outfit, &plan);
    let licenses = Arc::new(LicenseManager::open(Arc::clone(&installed.profile), ports).expect("the licenses can be opened"));
    Process { plan, licenses }
}

/// The ports of one process of a host.
fn ports(
    name: &str,
    machine: &Machine,
    entropy: &Arc<FakeEntropy>,
    recording: &Arc<Recording>,
    installed: &Installed,
    outfit: &dyn Outfit,
    plan: &Arc<CrashPlan>,
) -> HostPorts {
    let vault: Arc<dyn Vault> = Arc::new(Crashing::new(Arc::clone(&machine.vault) as Arc<dyn Vault>, Arc::clone(plan)));
    let anchor: Arc<dyn Anchor> = Arc::new(Crashing::new(Arc::clone(&machine.anchor) as Arc<dyn Anchor>, Arc::clone(plan)));
    let secrets: Arc<dyn Secrets> = Arc::new(Crashing::new(Arc::clone(&machine.secrets) as Arc<dyn Secrets>, Arc::clone(plan)));
    let server: Arc<dyn KeyServer> = Arc::new(Crashing::new(Arc::clone(recording) as Arc<dyn KeyServer>, Arc::clone(plan)));
    HostPorts {
        server,
        vault: outfit.vault(name, vault),
        anchor: outfit.anchor(name, anchor),
        secrets: outfit.secrets(name, secrets),
        clock: outfit.clock(name, Arc::clone(&machine.clock) as Arc<dyn Clock>),
        host: Arc::clone(&machine.parts) as Arc<dyn HostProbe>,
        entropy: Arc::clone(entropy) as _,
        timer: Arc::new(FakeTimer::advancing(Arc::clone(&machine.clock))),
        schemes: vec![outfit.scheme(name, Arc::clone(&installed.scheme))],
    }
}
