//! The fakes as subjects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt as _;
use keyward_conformance::anchor::AnchorSubject;
use keyward_conformance::file_exchange::{FileExchangeSubject, Spoiled};
use keyward_conformance::host_probe::HostProbeSubject;
use keyward_conformance::journal::JournalSubject;
use keyward_conformance::key_server::KeyServerSubject;
use keyward_conformance::ledger::LedgerSubject;
use keyward_conformance::mailer::MailerSubject;
use keyward_conformance::secrets::SecretsSubject;
use keyward_conformance::timer::TimerSubject;
use keyward_conformance::vault::VaultSubject;
use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Budget, Seats, Tenure, Terms};
use keyward_domain::host::PartKind;
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::product::{Product, Release};
use keyward_domain::profile::{TlsTerms, TrialTerms};
use keyward_domain::rights::{KeyType, Matrix, Medium, TenureKind};
use keyward_domain::seal::{Keyward, Trust};
use keyward_domain::signers::VendorId;
use keyward_domain::time::{Timestamp, Window, after, days};
use keyward_domain::vault::VaultContents;
use keyward_engine::{Console, Issuer};
use keyward_fakes::{
    CrashPlan, Crashing, FakeAnchor, FakeClock, FakeEntropy, FakeFileExchange, FakeHost, FakeJournal, FakeKeyServer, FakeLedger,
    FakeMailer, FakeSecrets, FakeTimer, FakeVault, Recording, ToyBackend, ToyTerms,
};
use keyward_ports::{
    Anchor, Clock, Document, FileExchange, FileExchangeError, FilePlace, HostProbe, Journal as JournalPort, Ledger as LedgerPort, Letter,
    Mailer, Secrets, Timer as TimerPort, Vault,
};

/// What several processes of one host share. Each sees it as one that may crash and does not.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) vault: Arc<FakeVault>,
    anchor: Arc<FakeAnchor>,
    secrets: Arc<FakeSecrets>,
}

fn living<P: ?Sized>(port: Arc<P>) -> Crashing<P> {
    Crashing::new(port, Arc::new(CrashPlan::never()))
}

impl VaultSubject for Host {
    fn open(&self) -> Box<dyn Vault> {
        Box::new(living(self.vault.clone()))
    }

    fn crash_in_save(&self, contents: &VaultContents) {
        self.vault.fail_in_the_next_save();
        let lead = self.vault.lead().expect("nobody leads");
        self.vault.save(&lead, contents).expect_err("the power fails");
    }

    fn ruin(&self) {
        self.vault.restore(self.vault.image().edited(|text| text.replace('{', "[")));
    }

    fn aside(&self) -> usize {
        self.vault.image().aside().count()
    }
}

impl AnchorSubject for Host {
    fn open(&self) -> Box<dyn Anchor> {
        Box::new(living(self.anchor.clone()))
    }
}

impl SecretsSubject for Host {
    fn open(&self) -> Box<dyn Secrets> {
        Box::new(living(self.secrets.clone()))
    }
}

/// A journal that outlives the server that opened it.
#[derive(Default)]
pub(crate) struct Journal(Arc<FakeJournal>);

impl JournalSubject for Journal {
    fn open(&self) -> Arc<dyn JournalPort> {
        Arc::new(living(self.0.clone()))
    }
}

/// A stick that goes from host to host.
pub(crate) struct Stick(pub(crate) Arc<FakeFileExchange>);

impl Stick {
    pub(crate) fn new() -> Self {
        Self(Arc::new(FakeFileExchange::with_folders(["/stick"])))
    }
}

/// The same stick in another process.
struct Plugged(Arc<FakeFileExchange>);

impl FileExchange for Plugged {
    fn put(&self, document: &Document, summary: &[(&str, &str)], place: &FilePlace) -> Result<PathBuf, FileExchangeError> {
        self.0.put(document, summary, place)
    }

    fn get(&self, file: &Path) -> Result<Document, FileExchangeError> {
        self.0.get(file)
    }
}

impl FileExchangeSubject for Stick {
    fn open(&self) -> Box<dyn FileExchange> {
        Box::new(Plugged(self.0.clone()))
    }

    fn folder(&self) -> PathBuf {
        "/stick".into()
    }

    fn spoil(&self, file: &Path, with: Spoiled) {
        let code = match with {
            Spoiled::Half => "cut-short",
            Spoiled::Changed => "damaged",
            Spoiled::Other => "not-keyward",
            Spoiled::Newer => "newer",
            Spoiled::Larger => "too-large",
        };
        self.0.spoil(file, code);
    }

    fn files(&self) -> usize {
        self.0.files()
    }
}

/// A ledger that outlives the server that opened it.
#[derive(Default)]
pub(crate) struct Ledger(Arc<FakeLedger>);

impl LedgerSubject for Ledger {
    fn open(&self) -> Arc<dyn LedgerPort> {
        Arc::new(living(self.0.clone()))
    }
}

/// Letters in memory.
#[derive(Default)]
pub(crate) struct Mailbox(Arc<FakeMailer>);

impl MailerSubject for Mailbox {
    fn open(&self) -> Arc<dyn Mailer> {
        self.0.clone()
    }

    fn letters(&self) -> Vec<Letter> {
        self.0.letters()
    }

    fn block(&self) {
        self.0.fill_disk();
    }

    fn traces(&self) -> usize {
        self.0.letters().len()
    }
}

/// A host whose disk can be hidden.
pub(crate) struct Office(FakeHost);

pub(crate) fn office() -> Office {
    Office(FakeHost::named("office").expect("a name"))
}

impl HostProbeSubject for Office {
    fn probe(&self) -> &dyn HostProbe {
        &self.0
    }

    fn hide_a_part(&self) {
        self.0.hide_part(PartKind::Disk);
    }
}

/// A timer and the clock it turns.
pub(crate) struct Timer {
    clock: Arc<FakeClock>,
    timer: FakeTimer,
}

impl Timer {
    pub(crate) fn advancing() -> Self {
        let clock = clock();
        Self { timer: FakeTimer::advancing(clock.clone()), clock }
    }
}

impl TimerSubject for Timer {
    fn timer(&self) -> &dyn TimerPort {
        &self.timer
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

fn clock() -> Arc<FakeClock> {
    Arc::new(FakeClock::at("2027-01-01T00:00:00Z".parse().expect("an instant")))
}

/// A key server of ours that has sold one key, and one for a pool.
pub(crate) fn key_server() -> KeyServerSubject {
    shop().0
}

/// The same, and what it is made of.
pub(crate) fn shop() -> (KeyServerSubject, Arc<Issuer>, Arc<Console>) {
    shop_over(Arc::new(FakeLedger::new())).now_or_never().expect("nothing here waits")
}

/// The same over any ledger.
pub(crate) async fn shop_over(ledger: Arc<dyn LedgerPort>) -> (KeyServerSubject, Arc<Issuer>, Arc<Console>) {
    let (secrets, clock) = (Arc::new(FakeSecrets::new()), clock());
    let console = Console::new(ledger.clone(), secrets.clone(), clock.clone(), Arc::new(FakeEntropy::seeded(1)));
    let sale = async {
        console.begin("test").await.expect("it begins");
        console.add_product(product(clock.now().wall), "test").await.expect("it has a product");
        let issued = console.issue(terms(clock.now().wall), "test").await.expect("it sells");
        let pool = console.issue(pool(clock.now().wall), "test").await.expect("it sells");
        let ends = pool.entitlement.terms.tenure.window.until.expect("it ends");
        (issued.key, (pool.key, ends), console.profile(&name("cad"), Vec::new(), TlsTerms::default()).await.expect("a profile"))
    };
    let (sold, (pool, ends), profile) = sale.await;
    let issuer = || Issuer::new(ledger.clone(), secrets.clone(), clock.clone());
    let subject = KeyServerSubject {
        server: Arc::new(FakeKeyServer::new("fake.example:443", issuer())),
        sold,
        pool,
        pool_of: (3, ends),
        product: profile.product.clone(),
        version: profile.version.clone(),
        edition: name("Standard"),
        trust: profile.trust(),
        scheme: Box::new(Keyward),
    };
    (subject, Arc::new(issuer()), Arc::new(console))
}

/// The same way to the same server, remembered.
pub(crate) fn recorded(subject: KeyServerSubject) -> KeyServerSubject {
    KeyServerSubject { server: Arc::new(living(Arc::new(Recording::new(subject.server.clone())))), ..subject }
}

/// A service of another make that has sold one key.
pub(crate) fn toy_backend() -> KeyServerSubject {
    toy_backend_by(clock())
}

/// The same service by another clock.
pub(crate) fn toy_backend_by(clock: Arc<FakeClock>) -> KeyServerSubject {
    let service = ToyBackend::new(&[7; 32], clock);
    let sold = LicenseKey::from_random([9; 15]);
    service.sell(&sold, ToyTerms { product: name("cad"), editions: BTreeSet::from([name("Standard")]), until: None, hosts: 1 });
    let root = SigningKey::from_seed(&[1; 32]).public();
    KeyServerSubject {
        scheme: Box::new(service.scheme()),
        server: Arc::new(service),
        sold,
        pool: LicenseKey::from_random([8; 15]),
        pool_of: (0, Timestamp::UNIX_EPOCH),
        product: name("cad"),
        version: name("2027"),
        edition: name("Standard"),
        trust: Trust::new(VendorId::of(&root), vec![root], 0),
    }
}

fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is a name"))
}

fn product(released: Timestamp) -> Product {
    Product {
        id: name("cad"),
        name: "CAD".into(),
        versions: vec![Release { version: name("2027"), released }],
        editions: vec![name("Standard")],
        languages: vec![name("en-US")],
        trial: TrialTerms { days: 30, local_days: 7 },
        matrix: Matrix::default(),
    }
}

/// Three seats, for ten days.
fn pool(from: Timestamp) -> Terms {
    let window = Window { from, until: Some(after(from, days(10))) };
    let tenure = Tenure { kind: TenureKind::Rental, window };
    Terms { key_type: KeyType::Network, allowance: Allowance::Seats(Seats::of(3)), tenure, ..terms(from) }
}

fn terms(from: Timestamp) -> Terms {
    Terms {
        product: name("cad"),
        editions: BTreeSet::from([name("Standard")]),
        key_type: KeyType::StandAlone,
        medium: Medium::LicenseKey,
        tenure: Tenure { kind: TenureKind::Perpetual, window: Window { from, until: None } },
        allowance: Allowance::Activations(1),
        moves: Budget::default(),
        transfers: Budget::default(),
        contact: Contact::None,
        features: BTreeSet::new(),
        maintenance_until: None,
    }
}
