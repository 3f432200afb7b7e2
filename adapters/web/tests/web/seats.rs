//! A license server over HTTP: what everybody may ask, what administrators may do, and what each is told otherwise.

mod limits;

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Addressee, Answer, Ask, Body, Hold, Nonce, Request, Until, Wish};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::names::ActivationId;
use keyward_domain::pool::{Lending, Rhythm, ServerSecret, Start};
use keyward_domain::seal::{Keyward, Reply, Sealed, SignatureEntry, Statement, Verified};
use keyward_engine::LicenseServer;
use keyward_engine::license_manager::{server_key_name, unheard};
use keyward_engine::license_server::Premises;
use keyward_fakes::FakeJournal;
use keyward_fakes::world::World;
use keyward_ports::{Journal, Secrets as _, SoftwareSigner};
use keyward_web::{AdminToken, Limits, Running, SeatsConfig, Server, Tls, seats_openapi};
use keyward_wire::media;
use keyward_wire::seats::read_checked_out;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::description::wrong;
use crate::world::{TOKEN, client, read};

/// A license server that runs, with its clients' way to it.
struct Lan {
    world: World,
    server: LicenseServer,
    running: Running,
    client: Client,
}

impl Lan {
    async fn new() -> Self {
        Self::limited(Limits::NONE).await
    }

    async fn limited(limits: Limits) -> Self {
        Self::with(|config| SeatsConfig { limits, ..config }).await
    }

    async fn with(configured: impl FnOnce(SeatsConfig) -> SeatsConfig) -> Self {
        Self::lending(Lending::Open, configured).await
    }

    async fn lending(lending: Lending, configured: impl FnOnce(SeatsConfig) -> SeatsConfig) -> Self {
        let world = World::new(1);
        let host = world.host("lan");
        host.secrets().put(&server_key_name(), &[5; 32]).expect("its key is kept");
        let journal: Arc<dyn Journal> = Arc::new(FakeJournal::new());
        let premises = Premises {
            signer: Arc::new(SoftwareSigner::from_seed(&[5; 32])),
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
        tokio::spawn(keepings.run());
        server.attend(host.licenses());
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".into()]).expect("a certificate");
        let tls = Tls { cert_pem: made.cert.pem().into(), key_pem: made.signing_key.serialize_pem().into() };
        let tokens = vec![AdminToken::of("ada", TOKEN)];
        let config = SeatsConfig { tokens, limits: Limits::NONE, ..SeatsConfig::new(tls) };
        let running = Server::start_seats(configured(config), server.clone()).await.expect("it starts");
        Self { world, server, running, client: client(Some(made.cert.der().clone())) }
    }

    async fn activated() -> Self {
        Self::new().await.activate().await
    }

    async fn activate(self) -> Self {
        self.activate_with(2).await
    }

    async fn activate_with(self, seats: u32) -> Self {
        let lan = self;
        let sold = lan.world.vendor().sell(lan.world.vendor().network(seats)).expect("it is sold");
        lan.world.host("lan").licenses().delegate(sold.key, &unheard).await.expect("the vendor lets it");
        lan.server.catch_up().await.expect("the vault is read");
        lan
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.running.url())).bearer_auth(TOKEN).send().await.expect("an answer")
    }

    /// What a host asks this server, signed by its device key.
    fn asks(&self, host: u16, ask: Ask) -> Vec<u8> {
        self.asks_again(host, 1, ask)
    }

    /// What a host asks this server that asked before.
    fn asks_again(&self, host: u16, count: u8, ask: Ask) -> Vec<u8> {
        let profile = self.world.vendor().profile();
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&host.to_be_bytes());
        let (device, now) = (SigningKey::from_seed(&seed), self.world.now());
        let words = Request {
            needs: Vec::new(),
            to: Addressee::Server(self.server.key().id()),
            ask,
            nonce: Nonce([count; 16]),
            product: profile.product.clone(),
            version: profile.version.clone(),
            language: "en-US".parse().expect("a language"),
            device: device.public(),
            host: format!("host-{host}").parse().expect("a host"),
            fingerprint: Fingerprint::of(&profile.vendor, []),
            count: count.into(),
            created: now,
            typed: None,
        };
        let signed = Sealed::seal(words, |message| {
            Ok::<_, std::convert::Infallible>(vec![SignatureEntry { keyid: device.public().to_string().into(), sig: device.sign(message) }])
        });
        signed.expect("it is signed").envelope().to_json()
    }

    async fn send(&self, path: &str, envelope: Vec<u8>) -> Response {
        let request = self.client.post(format!("{}{path}", self.running.url())).header("content-type", media::ENVELOPE);
        request.bearer_auth(TOKEN).body(envelope).send().await.expect("an answer")
    }

    async fn checks_out(&self, host: u16) -> Response {
        self.send("/v1/seats", self.asks(host, Ask::CheckOut { wish: wish(), held: None })).await
    }

    /// Checks a seat out; what keeps it.
    async fn sits(&self, host: u16) -> Value {
        let (answer, came) = self.opened(self.checks_out(host).await).await;
        let generation = answer.certificate().expect("a seat").generation;
        json!({ "place": came["lifeline"]["place"], "secret": came["lifeline"]["secret"], "generation": generation })
    }

    /// What came of a check-out: what was signed, and all of it.
    async fn opened(&self, came: Response) -> (Verified<Answer>, Value) {
        let came = came.bytes().await.expect("an answer");
        let (statement, _) = read_checked_out(&came).expect("what was signed");
        let trust = self.world.vendor().profile().trust();
        let answer = Keyward::open_own(statement.bytes(), &trust, &self.server.key()).expect("its own signature");
        (answer, serde_json::from_slice(&came).expect("JSON"))
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.client.post(format!("{}{path}", self.running.url())).bearer_auth(TOKEN);
        request.header("content-type", "application/json").body(body.to_string()).send().await.expect("an answer")
    }
}

fn wish() -> Wish {
    Wish {
        user: "ada".parse().expect("a user"),
        process: None,
        license: None,
        editions: Default::default(),
        features: Default::default(),
        ticket: None,
    }
}

fn borrows() -> Ask {
    Ask::Borrow { wish: wish(), until: Until::For(Duration::from_secs(86_400)) }
}

#[tokio::test]
async fn what_a_license_server_sends_has_the_form_that_its_description_gives_it() {
    let lan = Lan::activated().await;
    let api: Value = read(lan.get("/openapi.json").await).await;
    assert_eq!(api, serde_json::from_str::<Value>(seats_openapi()).expect("the description is JSON"));
    let schemas = &api["components"]["schemas"];
    let fits = |name: &str, value: &Value| {
        assert!(schemas[name].is_object(), "{name} is described");
        assert_eq!(wrong(schemas, &schemas[name], value, name), [""; 0]);
    };
    let introduced = lan.get("/v1/server").await.bytes().await.expect("an introduction");
    fits("Introduction", &serde_json::from_slice(&introduced).expect("JSON"));
    for (name, path) in [("Offers", "/v1/seats"), ("PoolStatus", "/v1/pool"), ("PoolLog", "/v1/pool/log"), ("Health", "/health")] {
        fits(name, &read(lan.get(path).await).await);
    }
    let acted = json!({ "place": { "epoch": 1, "position": 1 }, "how": "at-end" });
    fits("ReleaseSeat", &acted);
    fits("PoolActed", &read(lan.post("/v1/pool/release", &acted).await).await);
    let golden = |name: &str| -> Value {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../wire/tests/golden/{name}.json"));
        serde_json::from_slice(&std::fs::read(file).expect("a golden file")).expect("JSON")
    };
    let pinned = [
        ("Beat", "beat"),
        ("Pulse", "pulses"),
        ("Waited", "waited"),
        ("Queued", "queued"),
        ("Offers", "offers"),
        ("PoolActed", "pool-acted"),
        ("PoolLog", "pool-log"),
        ("PoolStatus", "pool-status"),
        ("ReleaseSeat", "release-seat"),
        ("AcceptReturn", "accept-return"),
        ("AcceptRestore", "accept-restore"),
    ];
    for (name, file) in pinned {
        match golden(file) {
            Value::Array(all) => all.iter().for_each(|one| fits(name, one)),
            one => fits(name, &one),
        }
    }
}

#[tokio::test]
async fn pools_are_counted_by_license() {
    let lan = Lan::activated().await;
    let metrics = lan.get("/metrics").await.text().await.expect("metrics are text");
    let license = lan.server.licenses().first().expect("it has one").to_string();
    for line in ["seats", "free"] {
        let begins = format!("keyward_pool_{line}{{license=\"{license}\",product=");
        let found = metrics.lines().find(|it| it.starts_with(&begins)).unwrap_or_else(|| panic!("{begins} is not in {metrics}"));
        assert!(found.ends_with("} 2"), "{found}");
    }
    assert_eq!(metrics.matches("# EOF\n").count(), 1);
    assert!(metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn pools_and_what_they_were_asked_are_counted_as_they_stand() {
    let lan = Lan::activated().await;
    let [first, _] = [lan.sits(1).await, lan.sits(2).await];
    let full: Value = read(lan.checks_out(3).await).await;
    assert!(full["lifeline"].is_null(), "{full}");
    let kept: Value = read(lan.post("/v1/beats", &first).await).await;
    assert_eq!(kept["pulse"]["state"], "kept");
    let metrics = lan.get("/metrics").await.text().await.expect("metrics are text");
    for (figure, expected) in [
        ("seats", 2),
        ("overdraft", 1),
        ("used", 2),
        ("free", 0),
        ("ready", 0),
        ("waiting", 1),
        ("loans", 0),
        ("stood_in_for", 0),
        ("withheld", 0),
    ] {
        let begins = format!("keyward_pool_{figure}{{");
        let found = metrics.lines().find(|it| it.starts_with(&begins)).unwrap_or_else(|| panic!("{begins} is not in {metrics}"));
        assert!(found.ends_with(&format!("}} {expected}")), "{found}");
    }
    for line in [
        "keyward_requests_total{kind=\"check-out\",outcome=\"granted\"} 2\n",
        "keyward_requests_total{kind=\"check-out\",outcome=\"refused\"} 1\n",
        "keyward_refusals_total{code=\"pool-full\"} 1\n",
        "keyward_http_responses_total{path=\"/v1/beats\",status=\"200\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

#[tokio::test]
async fn everybody_is_shown_two_hundred_who_have_a_seat_and_administrators_all() {
    let lan = Lan::new().await.activate_with(300).await;
    for host in 0..203 {
        lan.sits(host).await;
    }
    let offers: Value = read(lan.get("/v1/seats").await).await;
    let offer = &offers["licenses"][0];
    assert_eq!((offer["holders"].as_array().map(Vec::len), &offer["free"]), (Some(200), &json!(97)));
    let status: Value = read(lan.get("/v1/pool").await).await;
    assert_eq!(status["pools"][0]["holders"].as_array().map(Vec::len), Some(203));
}

#[tokio::test]
async fn where_loans_go_by_file_only_an_administrator_lends_a_seat() {
    let lan = Lan::lending(Lending::ByFile, |config| config).await.activate().await;
    let (status, code, said) = problem(lan.send("/v1/exchange", lan.asks(1, borrows())).await).await;
    assert_eq!((status, code.as_str()), (403, "loans-by-file"), "{said}");
    assert!(said["next"].to_string().contains("--request FILE"), "{said}");
    lan.sits(2).await;
    let lent = lan.send("/v1/pool/answer", lan.asks(1, borrows())).await;
    assert_eq!(lent.status(), StatusCode::OK);
    let status: Value = read(lan.get("/v1/pool").await).await;
    assert_eq!(status["pools"][0]["loans"], json!(1), "{status}");
    // Who was lent a day is not lent another without being answered again.
    let later = |held: &Statement| extends(held, Until::For(Duration::from_secs(2 * 86_400)));
    let loan = statement(lent).await;
    let (status, code, said) = problem(lan.send("/v1/exchange", lan.asks_again(1, 2, later(&loan))).await).await;
    assert_eq!((status, code.as_str()), (403, "loans-by-file"), "{said}");
    assert!(said["next"].to_string().contains("--request FILE"), "{said}");
    let refreshed = lan.send("/v1/exchange", lan.asks_again(1, 3, refreshes(&loan))).await;
    assert!(matches!(words(&statement(refreshed).await).body, Body::Certificate(_)), "as long as it was lent");
    let longer = statement(lan.send("/v1/pool/answer", lan.asks_again(1, 4, later(&loan))).await).await;
    let until = |it: &Statement| words(it).certificate().expect("a loan").window.until;
    assert!(until(&longer) > until(&loan), "the administrator lends it for longer");
    let open = Lan::activated().await;
    assert_eq!(open.send("/v1/exchange", open.asks(1, borrows())).await.status(), StatusCode::OK);
}

/// Each act of an administrator, and each answer to a file.
#[tokio::test]
async fn the_log_names_who_answered_a_file_and_who_accepted_a_return() {
    let lan = Lan::activated().await;
    let loan = statement(lan.send("/v1/pool/answer", lan.asks(1, borrows())).await).await;
    lan.send("/v1/pool/answer", lan.asks_again(1, 2, refreshes(&loan))).await;
    lan.send("/v1/pool/answer", lan.asks_again(1, 3, returns(&loan))).await;
    let Hold::Loan { place, .. } = words(&loan).certificate().expect("a loan").hold else { panic!("it is borrowed") };
    let came: Value = read(lan.post("/v1/pool/accept-return", &json!({ "place": place })).await).await;
    assert_eq!(came, json!({ "came": "done" }));
    lan.sits(2).await;
    let log: Value = read(lan.get("/v1/pool/log").await).await;
    let fact = |name: &str| {
        let mut facts = log["lines"].as_array().expect("lines").iter().map(|line| &line["fact"][name]);
        facts.find(|fact| fact.is_object()).unwrap_or_else(|| panic!("{name} is not in {log}")).clone()
    };
    for name in ["lent", "renewed", "given-back"] {
        assert_eq!(fact(name)["asked"]["by"], "administrator ada", "{name}: {log}");
    }
    assert_eq!((&fact("ended")["why"], &fact("ended")["by"]), (&json!("accepted"), &json!("administrator ada")), "{log}");
    assert!(fact("seated")["asked"]["by"].is_null(), "nobody stood between: {log}");
}

/// A line may point to one that is pages away: whose seat it is about stands beside it.
#[tokio::test]
async fn each_line_of_the_log_says_whose_seat_it_is_about() {
    let lan = Lan::activated().await;
    lan.sits(1).await;
    for count in 2..4 {
        lan.send("/v1/seats", lan.asks_again(1, count, Ask::CheckOut { wish: wish(), held: None })).await;
    }
    let loan = statement(lan.send("/v1/pool/answer", lan.asks(2, borrows())).await).await;
    lan.send("/v1/pool/answer", lan.asks_again(2, 2, refreshes(&loan))).await;
    let Hold::Loan { place, .. } = words(&loan).certificate().expect("a loan").hold else { panic!("it is borrowed") };
    lan.post("/v1/pool/release", &json!({ "place": place, "how": "at-end" })).await;
    let mut told = Vec::new();
    let mut next = Value::Null;
    loop {
        let before = next.as_u64().map(|before| format!("&before={before}")).unwrap_or_default();
        let page: Value = read(lan.get(&format!("/v1/pool/log?most=1{before}")).await).await;
        let line = &page["lines"][0];
        let name = line["fact"].as_object().and_then(|fact| fact.keys().next()).expect("a fact").clone();
        let whose = &line["whose"];
        told.push(if whose.is_null() { name } else { format!("{name} {} {} {}", whose["seat"], whose["host"], whose["user"]) });
        next = page["next"].clone();
        if next.is_null() {
            break;
        }
    }
    let (ada, loan) = (r#"0 "host-1" "ada""#, r#"1 "host-2" "ada""#);
    let expected = [
        format!("released {loan}"),
        format!("renewed {loan}"),
        format!("lent {loan}"),
        "met".into(),
        format!("reseated {ada}"),
        format!("reseated {ada}"),
        format!("seated {ada}"),
        "met".into(),
    ];
    assert_eq!(told[..expected.len()], expected, "{told:#?}");
}

/// The answer in a reply.
async fn statement(response: Response) -> Statement {
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = response.bytes().await.expect("a body");
    Reply::from_bytes(&bytes).expect("a reply").to_statement()
}

/// What it says.
fn words(statement: &Statement) -> Answer {
    let reply = Reply::from_bytes(statement.bytes()).expect("a reply");
    serde_json::from_slice(reply.answer.payload()).expect("an answer")
}

fn activation(held: &Statement) -> ActivationId {
    words(held).certificate().expect("a seat").activation.clone()
}

fn extends(held: &Statement, until: Until) -> Ask {
    Ask::Extend { activation: activation(held), held: held.clone(), until }
}

fn refreshes(held: &Statement) -> Ask {
    Ask::Refresh { activation: activation(held), held: held.clone() }
}

fn returns(held: &Statement) -> Ask {
    Ask::Return { activation: activation(held), held: held.clone() }
}

async fn problem(response: Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    let said: Value = serde_json::from_slice(&body).expect("a problem");
    (status, said["code"].as_str().unwrap_or_default().to_owned(), said)
}

#[tokio::test]
async fn a_server_without_a_license_says_so_and_is_well() {
    let lan = Lan::new().await;
    for path in ["/v1/server", "/v1/pool/log"] {
        let (status, code, said) = problem(lan.get(path).await).await;
        assert_eq!((status, code.as_str()), (503, "not-activated"), "{said}");
        assert!(said["next"].as_str().is_some_and(|next| next.contains("activate it")), "{said}");
    }
    assert_eq!(lan.get("/health").await.status(), StatusCode::OK);
    assert_eq!(read::<Value>(lan.get("/v1/seats").await).await, json!({ "licenses": [] }));
}

#[tokio::test]
async fn everybody_may_ask_and_only_administrators_administer() {
    let lan = Lan::activated().await;
    let open = async |path: &str| lan.client.get(format!("{}{path}", lan.running.url())).send().await.expect("an answer");
    let introduced = open("/v1/server").await;
    assert_eq!(introduced.headers()["content-type"], "application/vnd.keyward.introduction+json");
    let offers: Value = read(open("/v1/seats").await).await;
    assert_eq!((&offers["licenses"][0]["seats"], &offers["licenses"][0]["free"]), (&json!(2), &json!(2)));
    for path in ["/v1/pool", "/v1/pool/log"] {
        assert_eq!(problem(open(path).await).await.1, "no-token", "{path}");
        assert_eq!(lan.get(path).await.status(), StatusCode::OK, "{path}");
    }
    let place = json!({ "epoch": 1, "position": 1 });
    let came: Value = read(lan.post("/v1/pool/release", &json!({ "place": place, "how": "at-once" })).await).await;
    assert_eq!(came, json!({ "came": "nothing" }), "there is no such seat");
    let named = json!({ "license": "E-9", "place": place });
    let (status, code, said) = problem(lan.post("/v1/pool/accept-return", &named).await).await;
    assert_eq!((status, code.as_str()), (404, "no-license"), "{said}");
    let came: Value = read(lan.post("/v1/pool/accept-restore", &json!({})).await).await;
    assert!(came["came"].is_string(), "{came}");
}

#[tokio::test]
async fn what_does_not_fit_is_told_without_repeating_a_secret() {
    let lan = Lan::activated().await;
    let place = json!({ "epoch": 1, "position": 1 });
    let stranger = json!({ "place": place, "secret": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", "generation": 1 });
    assert_eq!(read::<Value>(lan.post("/v1/beats", &stranger).await).await, json!({ "pulse": { "state": "stranger" } }));
    let slip = json!({ "place": place, "secret": "a-secret-with-a-slip", "generation": 1 });
    let (status, code, said) = problem(lan.post("/v1/beats", &slip).await).await;
    assert_eq!((status, code.as_str()), (400, "wrong-body"));
    assert!(!said.to_string().contains("slip"), "{said}");
    for (path, body, expected) in [
        ("/v1/queue", json!({ "ticket": "tea" }), "wrong-body"),
        ("/v1/seats", json!({}), "wrong-content-type"),
        ("/v1/pool/answer", json!({}), "unreadable"),
        ("/v1/pool/release", json!({ "place": place, "how": "gently" }), "wrong-body"),
    ] {
        assert_eq!(problem(lan.post(path, &body).await).await.1, expected, "{path}");
    }
    assert_eq!(problem(lan.get("/v1/pool/log?most=many").await).await.1, "wrong-query");
    assert_eq!(problem(lan.get("/v1/cellar").await).await.1, "no-such-path");
}
