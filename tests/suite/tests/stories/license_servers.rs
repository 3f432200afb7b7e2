//! A license server and its vendor (row N1): activated online and by file, renewed in time, moved to another computer, restarted, restored
//! and copied. Clients ask as they do on a LAN, and open every answer themselves.

mod products;
mod restored;
mod several;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_domain::document::{Addressee, Answer, Ask, Body, Nonce, Request, RevocationReason, Until, Wish};
use keyward_domain::entitlement::Freer;
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::names::{EntitlementId, ProductId};
use keyward_domain::pool::{Acted, Anchored, Beat, Gone, Lifeline, Pulse, Rhythm, SeatState, ServerSecret, Start, Wait, Way};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Digest, Introduction, Keyward, Sealed, SignatureEntry, Statement, Verified};
use keyward_domain::time::days;
use keyward_domain::vault::Taken;
use keyward_engine::LicenseServer;
use keyward_engine::license_manager::{server_key_name, unheard};
use keyward_engine::license_server::{CatchUpError, News, Premises, ServerError};
use keyward_engine::pool_keeper::{Outset, PoolKeeper};
use keyward_fakes::world::{Host, World};
use keyward_fakes::{FakeJournal, JournalImage};
use keyward_ports::{Journal, JournalError, Secrets as _, SoftwareSigner};

use super::refusal;

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

type Journals = Arc<Mutex<BTreeMap<EntitlementId, Arc<FakeJournal>>>>;
pub(super) type Anchors = BTreeMap<EntitlementId, Anchored>;

/// A computer that a license server runs on.
pub(super) struct Site {
    host: Arc<Host>,
    pub(super) journals: Journals,
    pub(super) server: LicenseServer,
    task: tokio::task::JoinHandle<Result<(), JournalError>>,
}

/// Each computer's own.
fn seed(name: &str) -> [u8; 32] {
    *Digest::of(name.as_bytes()).bytes()
}

impl Site {
    /// A server that is started for the first time.
    fn new(world: &World, name: &str) -> Self {
        let host = world.host(name);
        host.secrets().put(&server_key_name(), &seed(name)).expect("its key is kept");
        Self::start(host, seed(name), Journals::default(), Anchors::new())
    }

    fn start(host: Arc<Host>, key: [u8; 32], journals: Journals, anchors: Anchors) -> Self {
        let kept = Arc::clone(&journals);
        let premises = Premises {
            signer: Arc::new(SoftwareSigner::from_seed(&key)),
            secret: ServerSecret::new([9; 32]),
            rhythm: Rhythm::default(),
            lending: Default::default(),
            clock: host.clock().clone(),
            pools: Arc::new(move |license: EntitlementId| {
                let journal: Arc<dyn Journal> =
                    kept.lock().expect("nobody panicked").entry(license.clone()).or_insert_with(|| Arc::new(FakeJournal::new())).clone();
                let start = Start { anchor: anchors.get(&license).copied(), marked: false };
                Box::pin(async move { Ok((journal, start)) })
            }),
        };
        let (server, keepings) = LicenseServer::new(premises);
        let task = tokio::spawn(keepings.run());
        server.attend(host.licenses());
        Self { host, journals, server, task }
    }

    /// What happened with the vault since is taken in.
    async fn catch_up(&self) {
        self.server.attend(self.host.licenses());
        self.server.catch_up().await.expect("the vault is read");
    }

    pub(super) async fn activated(world: &World, name: &str, seats: u32) -> (Self, Arc<keyward_domain::license_key::LicenseKey>) {
        let sold = world.vendor().sell(world.vendor().network(seats)).expect("it is sold");
        let site = Self::new(world, name);
        site.host.licenses().delegate(Arc::clone(&sold.key), &unheard).await.expect("the vendor lets it");
        site.catch_up().await;
        (site, sold.key)
    }

    /// One that has two licenses, of one seat each.
    async fn with_two_licenses(world: &World) -> Self {
        let (site, _) = Self::activated(world, "lan", 1).await;
        let second = world.vendor().sell(world.vendor().network(1)).expect("it is sold");
        site.host.licenses().delegate(second.key, &unheard).await.expect("the vendor lets it");
        site.catch_up().await;
        site
    }

    /// How many seats of each license are in use.
    async fn used(&self) -> Vec<u32> {
        self.server.status().await.expect("the pools are kept").pools.iter().map(|pool| pool.overview.used).collect()
    }

    /// The process dies, and is started again.
    pub(super) async fn restart(self, anchors: Anchors) -> Self {
        let Self { host, journals, task, .. } = self;
        task.abort();
        host.restart();
        let key = seed(host.name());
        let site = Self::start(host, key, journals, anchors);
        site.catch_up().await;
        site
    }

    pub(super) fn image(&self) -> JournalImage {
        self.journals.lock().expect("nobody panicked").values().next().expect("a pool").image()
    }

    fn license(&self) -> EntitlementId {
        self.server.licenses().first().expect("a license").clone()
    }

    fn generation(&self) -> u64 {
        self.host.licenses().delegations().first().expect("a delegation").delegation.generation
    }
}

/// A host on the LAN.
struct Client {
    key: SigningKey,
    world: Arc<World>,
    product: ProductId,
    count: u64,
    asked: Option<Sealed<Request>>,
    held: Option<(Statement, Verified<Answer>)>,
    lifeline: Option<Lifeline>,
}

impl Client {
    fn new(world: &Arc<World>, key: u8) -> Self {
        let (key, product) = (SigningKey::from_seed(&[key; 32]), world.vendor().profile().product.clone());
        Self { key, world: Arc::clone(world), product, count: 0, asked: None, held: None, lifeline: None }
    }

    async fn ask(&mut self, site: &Site, ask: Ask) -> Result<Statement, Refusal> {
        self.count += 1;
        let profile = self.world.vendor().profile();
        let words = Request {
            needs: Vec::new(),
            to: Addressee::Server(site.server.key().id()),
            ask,
            nonce: Nonce([u8::try_from(self.count).expect("few requests"); 16]),
            product: self.product.clone(),
            version: profile.version.clone(),
            language: profile.languages[0].clone(),
            device: self.key.public(),
            host: "laptop".parse().expect("a name"),
            fingerprint: Fingerprint::default(),
            count: self.count,
            created: self.world.now(),
            typed: None,
        };
        let entry = |message: &[u8]| vec![SignatureEntry { keyid: self.key.public().to_string().into(), sig: self.key.sign(message) }];
        let request = Sealed::seal(words, |message| Ok::<_, std::convert::Infallible>(entry(message))).expect("it is signed");
        self.ask_again(site, &request).await
    }

    /// Brings a request, perhaps not for the first time.
    async fn ask_again(&mut self, site: &Site, request: &Sealed<Request>) -> Result<Statement, Refusal> {
        let profile = self.world.vendor().profile();
        let served = site.server.answer(request.envelope(), Way::Line).await.unwrap_or_else(|error| panic!("no answer: {error}"));
        let answer = seal::open(&served.statement, &[&Keyward], &profile.trust(), request).expect("within the delegation");
        if let Body::Refusal(refusal) = &answer.body {
            return Err(refusal.clone());
        }
        self.held = answer.certificate().is_some().then_some((served.statement.clone(), answer));
        self.lifeline = served.lifeline;
        self.asked = Some(request.clone());
        Ok(served.statement)
    }

    fn wish() -> Wish {
        Wish { user: "ada".parse().expect("a name"), process: None, license: None, editions: [].into(), features: [].into(), ticket: None }
    }

    async fn check_out(&mut self, site: &Site) -> Result<Statement, Refusal> {
        self.ask(site, Ask::CheckOut { wish: Self::wish(), held: None }).await
    }

    /// Another user of the same host.
    async fn check_out_for(&mut self, site: &Site, user: &str) -> Result<Statement, Refusal> {
        let wish = Wish { user: user.parse().expect("a name"), ..Self::wish() };
        self.ask(site, Ask::CheckOut { wish, held: None }).await
    }

    /// Checks out and shows what is held.
    async fn show(&mut self, site: &Site) -> Result<Statement, Refusal> {
        let held = self.held.as_ref().map(|(statement, _)| statement.clone());
        self.ask(site, Ask::CheckOut { wish: Self::wish(), held }).await
    }

    async fn borrow(&mut self, site: &Site) -> Result<Statement, Refusal> {
        self.ask(site, Ask::Borrow { wish: Self::wish(), until: Until::For(days(5)) }).await
    }

    async fn give_back(&mut self, site: &Site) {
        let (held, answer) = self.held.clone().expect("it holds a seat");
        let activation = answer.certificate().expect("a seat").activation.clone();
        self.ask(site, Ask::Return { activation, held }).await.expect("a receipt");
    }

    async fn beat(&self, site: &Site) -> Pulse {
        let lifeline = self.lifeline.as_ref().expect("it is kept");
        let generation = self.held.as_ref().and_then(|(_, answer)| answer.certificate()).map_or(0, |it| it.generation);
        let beat = Beat { place: lifeline.place, secret: lifeline.secret.clone(), generation };
        site.server.beat(beat).await.expect("the pool is kept").pulse
    }
}

fn world(seed: u64) -> Arc<World> {
    Arc::new(World::new(seed))
}

/// Row N1.
#[tokio::test]
async fn a_license_server_is_activated_online_says_who_it_is_and_shares_its_seats() {
    let world = world(1);
    let (site, key) = Site::activated(&world, "lan", 3).await;
    let tls = Digest::of(b"the TLS key");
    let said = site.server.introduce(tls, &[]).expect("it has a license");
    let trust = world.vendor().profile().trust();
    let introduced = Introduction::open(&said.to_json(), &trust, tls).expect("it is who it says");
    assert_eq!((introduced.identity.server, introduced.delegations[0].seats), (site.server.key(), 3));
    assert!(Introduction::open(&said.to_json(), &trust, Digest::of(b"another key")).is_err(), "somebody else answers there");
    let mut client = Client::new(&world, 11);
    client.check_out(&site).await.expect("a seat");
    let offers = site.server.list().await.expect("the pools are kept");
    assert_eq!((offers[0].seats, offers[0].free, offers[0].holders.len()), (3, 2, 1));
    // The same key is known on the same computer, and belongs to no other.
    site.host.licenses().delegate(Arc::clone(&key), &unheard).await.expect("its own again");
    site.catch_up().await;
    assert_eq!(site.server.licenses().len(), 1);
    let other = Site::new(&world, "attic");
    let refused = refusal(other.host.licenses().delegate(key, &unheard).await);
    assert!(matches!(refused, Refusal::NoActivationLeft { .. }), "{refused:?}");
}

/// Rows N1, M1: a server computer without a way to the internet.
#[tokio::test]
async fn a_license_server_is_activated_and_renewed_by_file() {
    let world = world(2);
    let sold = world.vendor().sell(world.vendor().network(3)).expect("it is sold");
    let site = Site::new(&world, "lan");
    let licenses = site.host.licenses();
    let request = licenses.request_delegation(&sold.key).await.expect("a request");
    let again = licenses.request_delegation(&sold.key).await.expect("a request");
    assert_eq!(request.envelope(), again.envelope(), "byte for byte");
    assert!(matches!(site.server.introduce(Digest::of(b"tls"), &[]), Err(ServerError::Keeper(_))), "it has no license yet");
    let answer = world.vendor().answer(&request).expect("the portal answers");
    licenses.load(answer.clone()).await.expect("it is taken");
    assert!(licenses.load(answer).await.is_err(), "once");
    site.catch_up().await;
    Client::new(&world, 11).check_out(&site).await.expect("a seat");
    let row = licenses.delegations()[0].delegation.activation.clone();
    let renewal = licenses.request_refresh(row.as_str()).await.expect("a request");
    world.advance(days(2));
    licenses.load(world.vendor().answer(&renewal).expect("the portal answers")).await.expect("it is taken");
    site.catch_up().await;
    assert_eq!(site.generation(), 2);
    let until = site.server.list().await.expect("the pools are kept")[0].until.expect("it ends");
    assert!(until >= world.day(32), "{until}");
}

/// A key for one computer is none for a license server, and the other way round.
#[tokio::test]
async fn a_network_key_is_for_license_servers_and_no_other_is() {
    let world = world(3);
    let vendor = world.vendor();
    let (pool, single) = (vendor.sell(vendor.network(3)).expect("sold"), vendor.sell(vendor.terms()).expect("sold"));
    let site = Site::new(&world, "lan");
    assert!(refusal(site.host.licenses().delegate(single.key, &unheard).await).rule().starts_with('K'));
    assert!(matches!(refusal(world.host("office").activate(&pool.key)), Refusal::NeedsLicenseServer));
    site.catch_up().await;
    assert!(site.server.licenses().is_empty());
}

/// Issue 4: renews its delegation in the last third; a vendor who is away is asked again, and not all the time.
#[tokio::test]
async fn the_vendor_is_asked_to_renew_in_the_last_third_and_again_until_it_answers() {
    let world = world(4);
    let (site, _) = Site::activated(&world, "lan", 3).await;
    let asked = || site.host.recording().requests().len();
    let before = asked();
    world.advance(days(19));
    site.server.renew().await.expect("nothing is due");
    assert_eq!(asked(), before, "two thirds have not passed");
    world.advance(days(2));
    world.vendor().server("keys").stop();
    assert_eq!(site.server.renew().await.expect("the vault is read").1.len(), 1, "nobody answers");
    let tried = asked();
    site.server.renew().await.expect("the vault is read");
    assert_eq!(asked(), tried, "it is left alone for a while");
    world.advance(minutes(61));
    world.vendor().server("keys").start();
    let (news, wrong) = site.server.renew().await.expect("the vault is read");
    assert!(wrong.is_empty() && news.iter().all(|it| it.what == Ok(Acted::Done)), "{news:?}, {wrong:?}");
    assert_eq!(site.generation(), 2);
    let until = site.server.list().await.expect("the pools are kept")[0].until.expect("it ends");
    assert!(until > world.day(50), "the pool signs until {until}");
}

/// Row N1: moved to another computer. Refused while loans are out; leases end first.
#[tokio::test]
async fn a_license_is_given_back_once_nothing_is_left_of_it_and_activated_on_another_computer() {
    let world = world(5);
    let (site, key) = Site::activated(&world, "lan", 3).await;
    let [mut laptop, mut office] = [11, 12].map(|key| Client::new(&world, key));
    laptop.borrow(&site).await.expect("a loan");
    office.check_out(&site).await.expect("a seat");
    let license = site.license();
    let refused = site.server.close(&license, "boss").await.expect("the pool is kept").expect_err("a loan is out");
    assert!(matches!(refused, Refusal::LoansOut { loans: 1, .. }), "{refused:?}");
    laptop.check_out(&site).await.expect("it goes on");
    laptop.give_back(&site).await;
    let left = site.server.close(&license, "boss").await.expect("the pool is kept").expect("no loan is out");
    assert!(left > Duration::ZERO, "a lease goes on");
    assert_eq!(laptop.check_out(&site).await, Err(Refusal::ServerClosed));
    office.give_back(&site).await;
    assert_eq!(site.server.close(&license, "boss").await.expect("the pool is kept"), Ok(Duration::ZERO));
    let row = site.host.licenses().delegations()[0].delegation.activation.clone();
    site.host.licenses().return_license(row.as_str(), &unheard).await.expect("the vendor takes it back");
    assert!(site.host.licenses().delegations().is_empty());
    let other = Site::new(&world, "attic");
    other.host.licenses().delegate(Arc::clone(&key), &unheard).await.expect("it is free");
    other.catch_up().await;
    Client::new(&world, 13).check_out(&other).await.expect("a seat");
    assert_eq!(office.check_out(&site).await, Err(Refusal::ServerClosed), "the old one grants nothing");
    // And back again: what was closed was the activation before.
    let row = other.host.licenses().delegations()[0].delegation.activation.clone();
    other.host.licenses().return_license(row.as_str(), &unheard).await.expect("the vendor takes it back");
    site.host.licenses().delegate(key, &unheard).await.expect("it is free");
    site.catch_up().await;
    let site = site.restart(Anchors::new()).await;
    office.check_out(&site).await.expect("a seat");
}

/// Row N6.
#[tokio::test]
async fn a_restart_keeps_every_lease_and_a_new_delegation_comes_without_one() {
    let world = world(6);
    let (site, _) = Site::activated(&world, "lan", 3).await;
    let [mut a, mut b] = [11, 12].map(|key| Client::new(&world, key));
    for client in [&mut a, &mut b] {
        client.check_out(&site).await.expect("a seat");
    }
    let site = site.restart(Anchors::new()).await;
    for client in [&a, &b] {
        assert!(matches!(client.beat(&site).await, Pulse::Kept { .. } | Pulse::Fresh { .. }));
    }
    // Another license, put into the vault by another process while the server runs.
    let more = world.vendor().sell(world.vendor().network(2)).expect("it is sold");
    site.host.licenses().delegate(more.key, &unheard).await.expect("the vendor lets it");
    site.catch_up().await;
    assert_eq!(site.server.licenses().len(), 2);
    let mut more = Vec::new();
    for key in 20..23 {
        let mut client = Client::new(&world, key);
        client.check_out(&site).await.expect("of whichever license has one free");
        more.push(client);
    }
    assert!(matches!(Client::new(&world, 30).check_out(&site).await, Err(Refusal::PoolFull { .. })));
    a.check_out(&site).await.expect("its own seat again, of the license it has it of");
    for client in more.iter().chain([&a, &b]) {
        assert!(matches!(client.beat(&site).await, Pulse::Kept { .. } | Pulse::Fresh { .. }), "each by its own pool");
    }
    for client in &mut more {
        client.give_back(&site).await;
    }
    let used: u32 = site.server.list().await.expect("the pools are kept").iter().map(|it| it.used).sum();
    assert_eq!(used, 2, "each was given back to its own pool");
}

/// Promise 8.
#[tokio::test]
async fn a_server_restored_from_this_mornings_backup_says_so_adopts_and_holds_back() {
    let world = world(7);
    let (site, _) = Site::activated(&world, "lan", 3).await;
    let backup = site.image();
    let [mut office, mut laptop, mut attic] = [11, 12, 13].map(|key| Client::new(&world, key));
    office.check_out(&site).await.expect("a seat");
    laptop.borrow(&site).await.expect("a loan");
    let anchors = site.server.anchored().await.expect("the pools are kept");
    site.journals.lock().expect("nobody panicked").values().for_each(|journal| journal.restore(backup.clone()));
    let site = site.restart(anchors).await;
    let overview = || async { site.server.status().await.expect("the pools are kept").pools[0].overview.clone() };
    assert!(matches!(attic.check_out(&site).await, Err(Refusal::ServerRestored { .. })), "nothing new for a lease");
    assert_eq!((overview().await.withheld, overview().await.borrowable), (2, 0), "it says so, and holds the loans back");
    assert!(matches!(office.beat(&site).await, Pulse::Show));
    office.show(&site).await.expect("it knows its own signature");
    assert_eq!(overview().await.used, 1, "adopted");
    world.advance(minutes(11));
    office.show(&site).await.expect("its own");
    assert!(matches!(attic.check_out(&site).await, Err(Refusal::PoolFull { .. })), "two are held back, one is in use");
    laptop.show(&site).await.expect("its loan, shown");
    let seats = site.server.status().await.expect("the pools are kept").pools[0].seats.clone();
    assert!(seats.iter().any(|seat| matches!(seat.state, SeatState::Borrowed { .. })), "{seats:?}");
}

/// Issue 4: two servers from one image, shown at first common contact.
#[tokio::test]
async fn two_servers_from_one_image_are_shown_when_both_have_asked_the_vendor() {
    let world = world(8);
    let (site, _) = Site::activated(&world, "lan", 3).await;
    let twin = world.clone_host(&site.host, "lan-2");
    let copy = Journals::default();
    let image = Arc::new(FakeJournal::new());
    image.restore(site.image());
    copy.lock().expect("nobody panicked").insert(site.license(), image);
    let twin = Site::start(twin, seed("lan"), copy, Anchors::new());
    twin.catch_up().await;
    for it in [&site, &twin] {
        it.host.licenses().refresh(&unheard).await.expect("the vendor answers");
    }
    twin.catch_up().await;
    assert!(twin.server.status().await.expect("the pools are kept").copied, "it counts with the other's count");
    site.host.licenses().refresh(&unheard).await.expect("the vendor answers");
    let results = twin.host.licenses().refresh(&unheard).await.expect("the vendor answers");
    assert!(matches!(&*results, [(_, Ok(Taken::Refused(Refusal::CopiedHost)))]), "{results:?}");
}

/// Issue 4: the gateway carries clients' exchanges to its vendor byte for byte.
#[tokio::test]
async fn a_request_to_the_vendor_is_carried_there_and_its_answer_back() {
    let world = world(9);
    let (site, _) = Site::activated(&world, "lan", 3).await;
    let sold = world.vendor().sell(world.vendor().terms()).expect("it is sold");
    let office = world.host("office");
    let request = office.request_activation(&sold.key).expect("a request");
    let served = site.server.answer(request.envelope(), Way::Line).await.expect("the vendor's answer");
    assert_eq!(served.statement, world.vendor().answer(&request).expect("the same again"), "byte for byte");
    assert_eq!(site.host.recording().requests().last().map(Sealed::envelope), Some(request.envelope()));
    office.load(&served.statement).expect("it is taken");
    assert!(office.standing().may_run());
    let stranger = World::new(99);
    let key = stranger.vendor().sell(stranger.vendor().terms()).expect("it is sold").key;
    let foreign = stranger.host("office").request_activation(&key).expect("a request");
    assert!(matches!(site.server.answer(foreign.envelope(), Way::Line).await, Err(ServerError::OtherVendor)));
}

/// The server's key is its pools' key: a vault that is lost does not change it.
#[tokio::test]
async fn a_lost_vault_is_made_again_with_the_servers_key_and_its_pool_goes_on() {
    let world = world(10);
    let (site, key) = Site::activated(&world, "lan", 3).await;
    let mut client = Client::new(&world, 11);
    client.check_out(&site).await.expect("a seat");
    site.host.delete_vault();
    let site = site.restart(Anchors::new()).await;
    site.host.licenses().delegate(key, &unheard).await.expect("known by its key");
    site.catch_up().await;
    assert_eq!(site.server.licenses().len(), 1);
    assert!(matches!(client.beat(&site).await, Pulse::Kept { .. } | Pulse::Fresh { .. }));
}

/// Nobody renews what the vault does not know: that is told while there is time, and ends nothing.
#[tokio::test]
async fn a_vault_that_was_lost_or_cannot_be_read_is_told() {
    for is_damaged in [false, true] {
        let world = world(20);
        let (site, _) = Site::activated(&world, "lan", 3).await;
        assert_eq!(site.server.catch_up().await.expect("the vault is read"), []);
        let license = site.server.licenses().remove(0);
        if is_damaged {
            site.host.vault().restore(site.host.vault().image().edited(|text| text[..text.len() / 2].into()));
        } else {
            site.host.delete_vault();
        }
        let site = site.restart(Anchors::new()).await;
        site.server.take_up(&license, &site.host.licenses()).await.expect("its journal is there");
        match site.server.catch_up().await.expect_err("it is not renewed") {
            CatchUpError::Lost { license: of, cause, .. } => assert_eq!((of, cause.is_some()), (license, is_damaged)),
            other => panic!("{other}"),
        }
        Client::new(&world, 11).check_out(&site).await.expect("its pool goes on");
    }
}

/// Row N1: what was delegated to one server is no other's, whichever way it comes.
#[tokio::test]
async fn what_was_delegated_to_another_servers_key_is_not_taken_in() {
    let world = world(11);
    let sold = world.vendor().sell(world.vendor().network(3)).expect("it is sold");
    let host = world.host("lan");
    host.secrets().put(&server_key_name(), &seed("lan")).expect("the vault's key is kept");
    host.licenses().delegate(sold.key, &unheard).await.expect("the vendor lets that key");
    let own = Arc::new(SoftwareSigner::from_seed(&seed("another")));
    let site = Site::start(Arc::clone(&host), seed("another"), Journals::default(), Anchors::new());
    let news = site.server.catch_up().await.expect("the vault is read");
    assert!(matches!(&news[..], [News { what: Err(Refusal::OtherServer), .. }]), "{news:?}");
    assert_eq!(site.server.catch_up().await.expect("the vault is read"), [], "it is said once");
    assert!(site.server.licenses().is_empty() && site.journals.lock().expect("nobody panicked").is_empty(), "no pool is begun");
    let outset = Outset {
        trust: world.vendor().profile().trust(),
        secret: ServerSecret::new([9; 32]),
        rhythm: Rhythm::default(),
        lending: Default::default(),
        start: Start::default(),
    };
    let (keeper, keeping) = PoolKeeper::open(Arc::new(FakeJournal::new()), host.clock().clone(), own, outset).await.expect("it opens");
    tokio::spawn(keeping.run());
    let statement = host.licenses().delegations()[0].statement.clone();
    assert_eq!(keeper.delegate(&statement).await.expect("the pool is kept"), Err(Refusal::OtherServer));
}

/// What the vendor takes away, a license server hears at its next contact: it grants nothing more, and ends nothing that it granted.
#[tokio::test]
async fn a_license_server_whose_license_is_taken_away_closes_its_pool_and_says_why() {
    for (seed, why) in [(12, RevocationReason::Revoked), (13, RevocationReason::Freed)] {
        let world = world(seed);
        let (site, key) = Site::activated(&world, "lan", 3).await;
        let [mut office, mut laptop, mut attic] = [11, 12, 13].map(|key| Client::new(&world, key));
        laptop.borrow(&site).await.expect("a loan");
        let (id, row) = (site.license(), site.host.licenses().delegations()[0].delegation.activation.clone());
        match why {
            RevocationReason::Revoked => drop(world.vendor().revoke(&id).expect("revoked")),
            _ => drop(world.vendor().free(&id, &row, Freer::Vendor).expect("freed")),
        }
        // It hears of it when it asks, which it does in the last third.
        world.advance(days(21));
        office.check_out(&site).await.expect("it does not know yet");
        let (news, wrong) = site.server.renew().await.expect("the vault is read");
        assert_eq!(news, [News { license: id.clone(), what: Err(Refusal::ServerRevoked { why }) }], "{wrong:?}");
        assert_eq!(attic.check_out(&site).await, Err(Refusal::ServerRevoked { why }));
        assert!(matches!(office.beat(&site).await, Pulse::Ending { why: Gone::Revoked, .. }), "to its end and no longer");
        let pools = site.server.status().await.expect("the pools are kept").pools;
        assert_eq!((pools[0].overview.revoked, pools[0].overview.free, pools[0].overview.used), (Some(why), 0, 1));
        let asked = site.host.recording().requests().len();
        world.advance(days(1));
        assert_eq!(site.server.renew().await.expect("the vault is read").0, [], "it is said once");
        assert_eq!(site.host.recording().requests().len(), asked, "what was taken away is not asked for again");
        let site = site.restart(Anchors::new()).await;
        assert_eq!(attic.check_out(&site).await, Err(Refusal::ServerRevoked { why }), "a restart forgets nothing of it");
        if why == RevocationReason::Freed {
            site.host.licenses().delegate(key, &unheard).await.expect("its slot was freed, and nobody took it");
            site.catch_up().await;
            attic.check_out(&site).await.expect("a seat");
        }
    }
}

/// The owner frees the server's slot, and its administrator activates again: the vault has what was said of both activations.
#[tokio::test]
async fn a_license_that_was_freed_and_activated_again_is_taken_in_once() {
    let world = world(14);
    let (site, key) = Site::activated(&world, "lan", 3).await;
    let (id, row) = (site.license(), site.host.licenses().delegations()[0].delegation.activation.clone());
    world.vendor().free(&id, &row, Freer::Vendor).expect("freed");
    world.advance(days(1));
    site.host.licenses().delegate(key, &unheard).await.expect("its slot was freed, and nobody took it");
    site.catch_up().await;
    let all = site.host.licenses().delegations();
    let again = all.iter().map(|it| &it.delegation.activation).find(|it| **it != row).expect("another activation").clone();
    Client::new(&world, 11).check_out(&site).await.expect("a seat");
    for _ in 0..3 {
        assert_eq!(site.server.catch_up().await.expect("the vault is read"), [], "{} are in the vault", all.len());
    }
    let site = site.restart(Anchors::new()).await;
    let pools = site.server.status().await.expect("the pools are kept").pools;
    assert_eq!(pools[0].charter.delegation().activation, again);
    assert_eq!(site.server.catch_up().await.expect("the vault is read"), []);
    assert_eq!(site.server.close(&id, "boss").await.expect("the pool is kept").map(|left| left.is_zero()), Ok(false), "a lease goes on");
    site.catch_up().await;
    assert_eq!(Client::new(&world, 12).check_out(&site).await, Err(Refusal::ServerClosed), "what was closed stays closed");
}

#[tokio::test]
async fn giving_a_license_back_can_be_called_off_until_it_was_sent() {
    let world = world(15);
    let (site, _) = Site::activated(&world, "lan", 3).await;
    let mut office = Client::new(&world, 11);
    let license = site.license();
    site.server.close(&license, "boss").await.expect("the pool is kept").expect("no loan is out");
    assert_eq!(office.check_out(&site).await, Err(Refusal::ServerClosed));
    assert_eq!(site.server.reopen(&license, "boss").await.expect("the pool is kept"), Ok(Acted::Done));
    office.check_out(&site).await.expect("a seat");
    office.give_back(&site).await;
    site.server.close(&license, "boss").await.expect("the pool is kept").expect("no loan is out");
    let row = site.host.licenses().delegations()[0].delegation.activation.clone();
    site.host.licenses().return_license(row.as_str(), &unheard).await.expect("the vendor takes it back");
    assert_eq!(site.server.reopen(&license, "boss").await.expect("the pool is kept"), Err(Refusal::ServerClosed));
    assert_eq!(office.check_out(&site).await, Err(Refusal::ServerClosed));
}
