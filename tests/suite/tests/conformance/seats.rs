//! License servers as subjects: called directly, and over real TLS on loopback.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use keyward_conformance::seats::SeatsSubject;
use keyward_domain::document::Place;
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Beat, LeaseSecret, Lending, PulseHeard, Rhythm, ServerSecret, Start};
use keyward_domain::seal::{Digest, Trust};
use keyward_engine::LicenseServer;
use keyward_engine::license_manager::{server_key_name, unheard};
use keyward_engine::license_server::Premises;
use keyward_fakes::world::World;
use keyward_fakes::{FakeJournal, FakeLicenseServers};
use keyward_host::SystemClock;
use keyward_https::{HttpsLicenseServers, KeyOfLine, Patience};
use keyward_ports::{Journal, LicenseServers, MeetError, Secrets as _, SoftwareSigner};
use keyward_proxy::LanConfig;
use keyward_suite::Nobody;
use keyward_web::{Limits, SeatsConfig, Server, Tls};
use keyward_wire::seats::{INTRODUCTION, SERVER_PATH};
use rcgen::{CertifiedKey, KeyPair, PublicKeyData as _};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::https::{PATIENCE, Served};

fn address(text: &str) -> ServerAddress {
    text.parse().expect("an address")
}

/// A license server with two seats of a vendor's product; its pools are kept on a thread of their own while anybody can ask.
fn license_server(world: &World, lending: Lending) -> LicenseServer {
    let (name, seed) = match lending {
        Lending::Open => ("lan", [5; 32]),
        Lending::ByFile => ("archive", [6; 32]),
    };
    let (host, vendor) = (world.host(name), world.vendor());
    host.secrets().put(&server_key_name(), &seed).expect("its key is kept");
    let journal: Arc<dyn Journal> = Arc::new(FakeJournal::new());
    let premises = Premises {
        signer: Arc::new(SoftwareSigner::from_seed(&seed)),
        secret: ServerSecret::new([9; 32]),
        rhythm: Rhythm::default(),
        lending,
        clock: host.clock().clone(),
        pools: Arc::new(move |_| {
            let journal = Arc::clone(&journal);
            Box::pin(async move { Ok((journal, Start::default())) })
        }),
    };
    let (server, keepings) = LicenseServer::new(premises);
    thread::spawn(move || pollster::block_on(keepings.run()));
    let sold = vendor.sell(vendor.network(2)).expect("it is sold");
    server.attend(host.licenses());
    pollster::block_on(host.licenses().delegate(sold.key, &unheard)).expect("the vendor lets it");
    pollster::block_on(server.catch_up()).expect("the vault is read");
    server
}

fn license_servers(world: &World) -> [LicenseServer; 2] {
    [Lending::Open, Lending::ByFile].map(|lending| license_server(world, lending))
}

fn subject(seed: u64, servers: impl FnOnce([LicenseServer; 2]) -> SeatsSubject) -> SeatsSubject {
    let world = Arc::new(World::new(seed));
    let both = license_servers(&world);
    let profile = world.vendor().profile();
    let sold = world.vendor().sell(world.vendor().terms()).expect("it is sold");
    SeatsSubject {
        trust: profile.trust(),
        product: profile.product.clone(),
        version: profile.version.clone(),
        sold: sold.key.expose().parse().expect("a license key"),
        pass: Box::new(move |time| world.advance(time)),
        ..servers(both)
    }
}

/// What [`subject`] puts in.
fn blank(
    servers: Arc<dyn LicenseServers>,
    [at, by_file, stranger, nobody]: [ServerAddress; 4],
    usurp: Box<dyn Fn() + Send + Sync>,
) -> SeatsSubject {
    let root = keyward_domain::keys::SigningKey::from_seed(&[1; 32]).public();
    SeatsSubject {
        servers,
        at,
        stranger,
        nobody,
        by_file,
        trust: Trust::new(keyward_domain::signers::VendorId::of(&root), vec![root], 0),
        product: "none".parse().expect("a product"),
        version: "0".parse().expect("a version"),
        sold: keyward_domain::license_key::LicenseKey::from_random([0; 15]),
        pass: Box::new(|_| {}),
        usurp,
    }
}

/// License servers that are called.
pub(crate) fn called() -> SeatsSubject {
    subject(1, |[server, by_file]| {
        let lan = Arc::new(FakeLicenseServers::new());
        let places = ["licenses.example", "archive.example", "stranger.example", "nobody.example"].map(address);
        lan.put(&places[0], server.clone());
        lan.put(&places[1], by_file);
        lan.impersonate(&places[2], server.clone());
        let (usurped, at) = (Arc::clone(&lan), places[0].clone());
        blank(lan, places, Box::new(move || usurped.impersonate(&at, server.clone())))
    })
}

/// License servers over TLS.
pub(crate) fn over_tls() -> SeatsSubject {
    subject(2, |both| Lan::new(both).subject())
}

fn made() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["licenses".into()]).expect("a certificate")
}

/// A license server on loopback, behind a cable that can be plugged into a stranger.
struct Lan {
    served: Served,
    by_file: Served,
    cable: Arc<Cable>,
    stranger: Stranger,
    nobody: Nobody,
}

impl Lan {
    fn new([server, by_file]: [LicenseServer; 2]) -> Self {
        let own = made();
        let words = server.introduce(Digest::of(&own.signing_key.subject_public_key_info()), &[]).expect("it has a license");
        let (served, by_file) = (serve(server, &own), serve(by_file, &made()));
        let stranger = Stranger::saying(INTRODUCTION, words.to_json());
        Self { cable: Cable::to(place(&served)), served, by_file, stranger, nobody: Nobody::new() }
    }

    fn subject(self) -> SeatsSubject {
        let Self { served, by_file, cable, stranger, nobody } = self;
        let places = [cable.at, place(&by_file), stranger.at, nobody.at()].map(|at| address(&at.to_string()));
        let stranger = stranger.at;
        let usurp = Box::new(move || {
            let _held = (&served, &by_file, &nobody);
            cable.plug_into(stranger);
        });
        blank(Arc::new(carrier()), places, usurp)
    }
}

fn serve(server: LicenseServer, own: &CertifiedKey<KeyPair>) -> Served {
    let tls = Tls { cert_pem: own.cert.pem().into(), key_pem: own.signing_key.serialize_pem().into() };
    let config = SeatsConfig { limits: Limits::NONE, ..SeatsConfig::new(tls) };
    Served::start(async move || Server::start_seats(config, server).await)
}

fn place(served: &Served) -> SocketAddr {
    served.url().strip_prefix("https://").and_then(|it| it.parse().ok()).expect("an address")
}

fn carrier() -> HttpsLicenseServers {
    let new_line = || {
        let (client, held) = keyward_proxy::lan_client(&LanConfig { connect_timeout: PATIENCE, deadline: PATIENCE })?;
        let key: KeyOfLine = Arc::new(move || held.digest());
        Ok((client, key))
    };
    let patience = Patience { quick: PATIENCE, exchange: PATIENCE, carried: PATIENCE };
    HttpsLicenseServers::new(Box::new(new_line), Arc::new(SystemClock::new()), patience)
}

/// Carries bytes between a port and whatever it is plugged into.
struct Cable {
    at: SocketAddr,
    to: Mutex<SocketAddr>,
    open: Mutex<Vec<TcpStream>>,
}

impl Cable {
    fn to(place: SocketAddr) -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let at = listener.local_addr().expect("an address");
        let cable = Arc::new(Self { at, to: Mutex::new(place), open: Mutex::default() });
        let carrying = Arc::clone(&cable);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(*carrying.to.lock().expect("nobody panicked")) else { continue };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let ends = || Ok::<_, std::io::Error>((near.try_clone()?, far.try_clone()?));
                let (Ok(there), Ok(back), Ok((one, other))) = (ends(), ends(), ends()) else { continue };
                carrying.open.lock().expect("nobody panicked").extend([one, other]);
                thread::spawn(move || carry(there.0, there.1));
                thread::spawn(move || carry(back.1, back.0));
            }
        });
        cable
    }

    /// What was connected breaks; what connects from here on comes out elsewhere.
    fn plug_into(&self, place: SocketAddr) {
        *self.to.lock().expect("nobody panicked") = place;
        for end in self.open.lock().expect("nobody panicked").drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    // One of the ends was closed.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// Answers everything with the words of somebody else, over a TLS key of its own, and notes every byte that it could read.
struct Stranger {
    at: SocketAddr,
    read: Arc<Mutex<Vec<u8>>>,
}

impl Stranger {
    fn saying(kind: &'static str, words: Vec<u8>) -> Self {
        let own = made();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into()))
            .expect("a server");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let at = listener.local_addr().expect("an address");
        let (config, read) = (Arc::new(config), Arc::<Mutex<Vec<u8>>>::default());
        let noted = Arc::clone(&read);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (config, noted, words) = (Arc::clone(&config), Arc::clone(&noted), words.clone());
                thread::spawn(move || answer(socket, config, &noted, kind, &words));
            }
        });
        Self { at, read }
    }

    fn read(&self) -> String {
        String::from_utf8_lossy(&self.read.lock().expect("nobody panicked")).into_owned()
    }
}

/// Reads until the client leaves; each time a head has come, the words are said.
fn answer(socket: TcpStream, config: Arc<ServerConfig>, noted: &Mutex<Vec<u8>>, kind: &str, words: &[u8]) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).expect("a connection"), socket);
    let mut head = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        noted.lock().expect("nobody panicked").extend_from_slice(&buffer[..count]);
        head.extend_from_slice(&buffer[..count]);
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            let said = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", words.len());
            let _ = stream.write_all(said.as_bytes()).and_then(|()| stream.write_all(words)).and_then(|()| stream.flush());
        }
    }
}

/// Issue 4, seen on the wire.
#[tokio::test]
async fn a_server_with_a_false_tls_key_gets_nothing_sent_but_the_question_who_it_is() {
    let world = World::new(3);
    let lan = Lan::new(license_servers(&world));
    let (servers, trust) = (carrier(), world.vendor().profile().trust());
    let asked = format!("GET {SERVER_PATH} HTTP/1.1\r\n");
    for times in 1..=2 {
        let met = servers.meet(&address(&lan.stranger.at.to_string()), &trust).await;
        assert!(matches!(met, Err(MeetError::NotBelieved { .. })), "a stranger is not believed");
        let read = lan.stranger.read();
        let heads: Vec<_> = read.split_terminator("\r\n\r\n").collect();
        assert_eq!(heads.len(), times, "{read}");
        assert!(heads.iter().all(|head| head.starts_with(&asked) && !head.contains("content-length")), "{read}");
    }
    // The server itself is met over the same cable, and then a stranger takes its place: not even the question reaches it.
    let before = lan.stranger.read();
    let met = servers.meet(&address(&lan.cable.at.to_string()), &trust).await.unwrap_or_else(|error| panic!("it is not met: {error}"));
    lan.cable.plug_into(lan.stranger.at);
    let beaten = async || met.line.list().await.expect_err("nobody who is believed answers");
    let mut noticed = false;
    for _ in 0..3 {
        noticed |= beaten().await.is_other_key();
    }
    assert!(noticed, "the other key is noticed");
    assert_eq!(lan.stranger.read(), before);
}

/// Issue 4: whoever steals the address of a license server cannot keep its seats for it, and does not even learn their secrets.
#[tokio::test]
async fn beats_answered_by_a_stranger_extend_nothing() {
    let world = World::new(4);
    let lan = Lan::new(license_servers(&world));
    let kept = serde_json::to_vec(&serde_json::json!({ "pulse": { "state": "kept", "next": 60_000 } })).expect("JSON");
    let liar = Stranger::saying(keyward_wire::media::JSON, kept);
    let own = *lan.cable.to.lock().expect("nobody panicked");
    let met = carrier().meet(&address(&lan.cable.at.to_string()), &world.vendor().profile().trust()).await;
    let met = met.unwrap_or_else(|error| panic!("it is not met: {error}"));
    let beat = Beat { place: Place { epoch: 1, position: 1 }, secret: LeaseSecret::new([7; 32]), generation: 1 };
    let heard = async || met.line.beat(&beat).await.map(|beaten| (beaten.pulse, beaten.fresh.is_some()));
    assert_eq!(heard().await.expect("the server answers"), (PulseHeard::Stranger, false));
    lan.cable.plug_into(liar.at);
    let mut noticed = false;
    for _ in 0..3 {
        noticed |= heard().await.expect_err("nobody who is believed answers").is_other_key();
    }
    assert!(noticed, "the other key is noticed");
    assert_eq!(liar.read(), "", "the liar was told nothing that it could answer");
    // What was met is met again at its own address, without a word about the liar.
    lan.cable.plug_into(own);
    let mut last = heard().await;
    if last.is_err() {
        last = heard().await;
    }
    assert_eq!(last.expect("the server answers again"), (PulseHeard::Stranger, false));
}
