//! A served key server, its administrator, and hosts that ask it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::{Answer, Ask, Body, Nonce, Request};
use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Envelope, Reply, Sealed, SignatureEntry, Statement};
use keyward_domain::signers::VendorId;
use keyward_engine::{Console, Issuer};
use keyward_fakes::{FakeClock, FakeEntropy, FakeLedger, FakeSecrets};
use keyward_ports::{Committed, Deed, Ledger, LedgerError, Look, Page, Query, Versioned};
use keyward_web::{AdminToken, Config, Limits, Running, Server, StartError};
use keyward_wire::{Issued, Problem, media};
use reqwest::{Method, Response};
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "right-token-5a1f";

/// A key server that runs.
pub(crate) struct World {
    pub(crate) ledger: Arc<Troubled>,
    pub(crate) vendor: VendorId,
    pub(crate) running: Running,
    pub(crate) client: reqwest::Client,
}

/// A served key server over memory, and whose it is.
pub(crate) struct Desk {
    pub(crate) ledger: Arc<Troubled>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) console: Arc<Console>,
    pub(crate) vendor: VendorId,
}

impl Desk {
    pub(crate) async fn begun() -> Self {
        let ledger = Arc::new(Troubled::default());
        let secrets = Arc::new(FakeSecrets::new());
        let clock = Arc::new(FakeClock::at("2027-01-01T09:00:00Z".parse().expect("an instant")));
        let entropy = Arc::new(FakeEntropy::seeded(1));
        let issuer = Arc::new(Issuer::new(ledger.clone(), secrets.clone(), clock.clone()));
        let console = Arc::new(Console::new(ledger.clone(), secrets, clock, entropy));
        let vendor = console.begin("test").await.expect("the server's keys are made");
        console.add_product(serde_json::from_value(product("cad")).expect("a product"), "test").await.expect("a product is added");
        Self { ledger, issuer, console, vendor }
    }

    pub(crate) async fn serve(self, config: Config) -> Result<World, StartError> {
        let Self { ledger, issuer, console, vendor } = self;
        let running = Server::start(config, issuer, console).await?;
        Ok(World { ledger, vendor, running, client: client(None) })
    }
}

/// A config of tests: one administrator, no limits.
pub(crate) fn config() -> Config {
    Config { tokens: vec![AdminToken::of("ada", TOKEN)], limits: Limits::NONE, ..Config::default() }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Desk::begun().await.serve(config).await.expect("the server starts")
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.running.addr()
    }

    /// Calls the admin API as its administrator does.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Response {
        let mut request = self.client.request(method, self.at(path)).bearer_auth(TOKEN);
        if let Some(body) = body {
            let body = serde_json::to_vec(body).expect("a body is JSON");
            request = request.header("content-type", media::JSON).body(body);
        }
        request.send().await.expect("the admin API answers")
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.admin(Method::GET, path, None::<&()>).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.admin(Method::POST, path, Some(&body)).await
    }

    /// Issues a license key for so many hosts.
    pub(crate) async fn issue(&self, activations: u32) -> Issued {
        read(self.post("/v1/admin/entitlements", terms(activations)).await).await
    }

    pub(crate) async fn ask(&self, envelope: &Envelope) -> Response {
        self.ask_in(envelope.to_json()).await
    }

    pub(crate) async fn ask_in(&self, body: Vec<u8>) -> Response {
        let request = self.client.post(self.at("/v1/exchange")).header("content-type", media::ENVELOPE).body(body);
        request.send().await.expect("the exchange answers")
    }

    pub(crate) async fn metrics(&self) -> String {
        self.get("/metrics").await.text().await.expect("metrics are text")
    }
}

/// Reads a body of status 200.
pub(crate) async fn read<T: serde::de::DeserializeOwned>(response: Response) -> T {
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    assert!(status == 200, "{status}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).expect("the body has the form it should have")
}

/// Reads a problem; its status, type and place in the headers agree.
pub(crate) async fn problem(response: Response) -> Problem {
    let (status, kind) = (response.status().as_u16(), response.headers()["content-type"].to_str().expect("a media type").to_owned());
    let body = response.text().await.expect("a body");
    assert_eq!(kind, media::PROBLEM, "{status} {body}");
    let problem: Problem = serde_json::from_str(&body).expect("the body is a problem");
    assert_eq!(problem.status, status);
    assert_eq!(problem.kind, format!("urn:keyward:problem:{}", problem.code));
    assert!(!problem.title.is_empty() && !problem.detail.is_empty());
    problem
}

/// What an answer says.
pub(crate) async fn answer(response: Response) -> Answer {
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], media::REPLY);
    let bytes = response.bytes().await.expect("a body");
    let reply = Reply::from_bytes(&bytes).expect("a reply");
    serde_json::from_slice(reply.answer.payload()).expect("an answer")
}

/// The code of a refusal.
pub(crate) async fn refusal(response: Response) -> &'static str {
    match answer(response).await.body {
        Body::Refusal(refusal) => refusal.code(),
        other => panic!("{other:?} is no refusal"),
    }
}

/// A client without proxies and retries; it believes one certificate.
pub(crate) fn client(certificate: Option<CertificateDer<'static>>) -> reqwest::Client {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls(certificate)).no_proxy();
    builder.retry(reqwest::retry::never()).build().expect("a client")
}

pub(crate) fn tls(certificate: Option<CertificateDer<'static>>) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(certificate);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions of TLS");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

pub(crate) fn product(id: &str) -> Value {
    json!({
        "id": id, "name": "Example CAD",
        "versions": [{ "version": "2027", "released": "2026-06-01T00:00:00Z" }],
        "editions": ["Professional", "Standard"], "languages": ["en-US"],
        "trial": { "days": 30, "local_days": 7 },
    })
}

pub(crate) fn terms(activations: u32) -> Value {
    json!({
        "product": "cad", "editions": ["Professional"], "key_type": "stand-alone", "medium": "license-key",
        "tenure": { "kind": "rental", "window": { "from": "2027-01-01T00:00:00Z", "until": "2028-01-01T12:00:00Z" } },
        "allowance": { "activations": activations },
    })
}

/// A host, by its device key.
pub(crate) struct Host(pub(crate) u8);

impl Host {
    /// What it asks with this count, signed by its device key, and by the license key where one is used.
    pub(crate) fn asks(&self, world: &World, count: u64, ask: Ask, key: Option<&LicenseKey>) -> Envelope {
        let device = SigningKey::from_seed(&[self.0; 32]);
        let disk = Part::new(PartKind::Disk, &format!("disk-{}", self.0)).expect("a disk");
        let mut nonce = [self.0; 16];
        nonce[..8].copy_from_slice(&count.to_be_bytes());
        let words = Request {
            needs: Vec::new(),
            to: world.vendor.into(),
            ask,
            nonce: Nonce(nonce),
            product: "cad".parse().expect("a product"),
            version: "2027".parse().expect("a version"),
            language: "en-US".parse().expect("a language"),
            device: device.public(),
            host: format!("host-{}", self.0).parse().expect("a host"),
            fingerprint: Fingerprint::of(&world.vendor, [&disk]),
            count,
            created: "2027-01-01T09:00:00Z".parse().expect("an instant"),
            typed: None,
        };
        let sold = key.map(|key| SigningKey::from_seed(&key.seed()));
        let signed = Sealed::seal(words, |message| {
            let keys = std::iter::once(&device).chain(&sold);
            let entry = |key: &SigningKey| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
            Ok::<_, std::convert::Infallible>(keys.map(entry).collect())
        });
        signed.expect("it is signed").envelope().clone()
    }

    /// Asks for a slot with a license key.
    pub(crate) fn activates(&self, world: &World, count: u64, key: &str) -> Envelope {
        let key: LicenseKey = key.parse().expect("a license key");
        let public = SigningKey::from_seed(&key.seed()).public();
        self.asks(world, count, Ask::Activate { key: public, own_slot: false }, Some(&key))
    }
}

/// A license key that was never sold.
pub(crate) fn stray_key(n: u8) -> String {
    LicenseKey::from_random([n; 15]).expose().to_string()
}

/// What is the matter with a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Somebody else is always faster.
    Contended,
    /// The disk fails.
    Failing,
    /// Whoever reads panics.
    Panicking,
}

/// A ledger in memory that can get into trouble.
#[derive(Default)]
pub(crate) struct Troubled {
    pub(crate) inner: FakeLedger,
    pub(crate) trouble: Mutex<Option<Trouble>>,
    looks: AtomicUsize,
    commits: AtomicUsize,
    /// A commit waits until so many have looked.
    held_until: AtomicUsize,
}

/// What a library says that must not be repeated to callers.
pub(crate) const INTERNALS: &str = "disk I/O error in /var/lib/vendor/ledger.sqlite";

impl Troubled {
    pub(crate) fn get_into(&self, trouble: Trouble) {
        *self.trouble.lock().expect("nobody panicked") = Some(trouble);
    }

    /// From now on a commit waits until so many more have looked.
    pub(crate) fn hold_commits_until_looked(&self, more: usize) {
        self.held_until.store(self.looks.load(Ordering::SeqCst) + more, Ordering::SeqCst);
    }

    /// How many commits were asked for.
    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), LedgerError> {
        let trouble = *self.trouble.lock().expect("nobody panicked");
        assert_ne!(trouble, Some(Trouble::Panicking), "a planted panic");
        if trouble == Some(Trouble::Failing) { Err(LedgerError::Storage(INTERNALS.into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Ledger for Troubled {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.check()?;
        self.inner.answered(name).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        self.check()?;
        self.inner.read(key).await
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.check()?;
        self.inner.find(lookup).await
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        self.check()?;
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.inner.look(look).await
    }

    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        self.check()?;
        self.commits.fetch_add(1, Ordering::SeqCst);
        while self.looks.load(Ordering::SeqCst) < self.held_until.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        if *self.trouble.lock().expect("nobody panicked") == Some(Trouble::Contended) {
            return Ok(Committed::Conflict);
        }
        self.inner.commit(deed).await
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        self.check()?;
        self.inner.page(query).await
    }
}

/// The certificate's statement as a host keeps it.
pub(crate) fn held(bytes: &[u8]) -> Statement {
    Statement::new(keyward_domain::seal::Keyward::NAME, bytes)
}
