//! A license server over HTTP: what everybody may ask, what administrators may do, and what each is told otherwise.

use std::sync::Arc;

use keyward_domain::pool::{Rhythm, ServerSecret, Start};
use keyward_engine::LicenseServer;
use keyward_engine::license_manager::{server_key_name, unheard};
use keyward_engine::license_server::Premises;
use keyward_fakes::FakeJournal;
use keyward_fakes::world::World;
use keyward_ports::{Journal, Secrets as _, SoftwareSigner};
use keyward_web::{AdminToken, Limits, Quota, Running, SeatsConfig, Server, Tls, seats_openapi};
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
        let world = World::new(1);
        let host = world.host("lan");
        host.secrets().put(&server_key_name(), &[5; 32]).expect("its key is kept");
        let journal: Arc<dyn Journal> = Arc::new(FakeJournal::new());
        let premises = Premises {
            signer: Arc::new(SoftwareSigner::from_seed(&[5; 32])),
            secret: ServerSecret::new([9; 32]),
            rhythm: Rhythm::default(),
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
        let config = SeatsConfig { tokens, limits, ..SeatsConfig::new(tls) };
        let running = Server::start_seats(config, server.clone()).await.expect("it starts");
        Self { world, server, running, client: client(Some(made.cert.der().clone())) }
    }

    async fn activated() -> Self {
        Self::new().await.activate().await
    }

    async fn activate(self) -> Self {
        let lan = self;
        let sold = lan.world.vendor().sell(lan.world.vendor().network(2)).expect("it is sold");
        lan.world.host("lan").licenses().delegate(sold.key, &unheard).await.expect("the vendor lets it");
        lan.server.catch_up().await.expect("the vault is read");
        lan
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.running.url())).bearer_auth(TOKEN).send().await.expect("an answer")
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.client.post(format!("{}{path}", self.running.url())).bearer_auth(TOKEN);
        request.header("content-type", "application/json").body(body.to_string()).send().await.expect("an answer")
    }
}

#[tokio::test]
async fn what_a_license_server_sends_has_the_form_that_its_description_gives_it() {
    let lan = Lan::activated().await;
    let api: Value = read(lan.get("/openapi.json").await).await;
    assert_eq!(api, serde_json::from_str::<Value>(&seats_openapi()).expect("the description is JSON"));
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

/// Behind one address there may be a whole office: who asks too much of it must not cost the others their seats.
#[tokio::test]
async fn whose_beats_prove_a_seat_is_not_held_to_the_limit_of_its_address() {
    let limits = Limits { per_address: Some(Quota::new(1, 2)), ..Limits::NONE };
    let lan = Lan::limited(limits).await.activate().await;
    let place = json!({ "epoch": 1, "position": 1 });
    let secret = ServerSecret::new([9; 32]);
    let stranger = json!({ "place": place, "secret": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", "generation": 1 });
    assert_eq!(lan.post("/v1/beats", &stranger).await.status(), StatusCode::OK);
    assert_eq!(
        lan.post("/v1/queue", &json!({ "ticket": "AAAAAAAAAAUAAAAJAQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgICAgI" })).await.status(),
        200
    );
    for _ in 0..3 {
        assert_eq!(problem(lan.post("/v1/beats", &stranger).await).await.1, "too-many-requests");
        assert_eq!(problem(lan.get("/v1/seats").await).await.1, "too-many-requests");
    }
    let license = lan.server.licenses().first().expect("it has one").clone();
    let place = keyward_domain::document::Place { epoch: 1, position: 1 };
    let own = json!({ "place": place, "secret": secret.of_pool(&license).of_lease(place), "generation": 1 });
    for _ in 0..3 {
        let heard: Value = read(lan.post("/v1/beats", &own).await).await;
        assert_ne!(heard["pulse"]["state"], "stranger", "{heard}");
    }
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
