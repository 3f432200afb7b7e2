//! What a license server is asked too often, at too great a length, or by too many.

use keyward_domain::document::{Body, Place};
use keyward_domain::pool::Beat;
use keyward_domain::refusal::Refusal;
use keyward_web::Quota;

use super::*;

/// An address may ask so often, and hardly anything after it.
fn at_once(burst: u32) -> Limits {
    Limits { per_address: Some(Quota::new(1, burst)), ..Limits::NONE }
}

/// Behind one address there may be a whole office: who asks too much of it must cost neither the others their seats nor the administrator the way in.
#[tokio::test]
async fn whose_beats_keep_a_seat_is_not_held_to_the_limit_of_its_address_nor_is_whoever_has_the_right_token() {
    let limits = Limits { per_address: Some(Quota::new(1, 4)), ..Limits::NONE };
    let lan = Lan::limited(limits).await.activate().await;
    let [own, lost] = [lan.sits(1).await, lan.sits(2).await];
    let stranger = json!({ "place": own["place"], "secret": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", "generation": 1 });
    assert_eq!(lan.post("/v1/beats", &stranger).await.status(), StatusCode::OK);
    assert_eq!(
        lan.post("/v1/queue", &json!({ "ticket": "AAAAAAAAAAUAAAAJAQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgICAgI" })).await.status(),
        200
    );
    let came: Value = read(lan.post("/v1/pool/release", &json!({ "place": lost["place"], "how": "at-end" })).await).await;
    assert_ne!(came["came"], "nothing", "the right token passes");
    let open = async || lan.client.get(format!("{}/v1/pool", lan.running.url())).send().await.expect("an answer");
    for _ in 0..3 {
        assert_eq!(problem(lan.post("/v1/beats", &stranger).await).await.1, "too-many-requests");
        assert_eq!(problem(lan.post("/v1/beats", &lost).await).await.1, "too-many-requests", "it keeps nothing");
        assert_eq!(problem(lan.get("/v1/seats").await).await.1, "too-many-requests");
        assert_eq!(problem(open().await).await.1, "too-many-requests", "without the token");
    }
    for _ in 0..3 {
        let heard: Value = read(lan.post("/v1/beats", &own).await).await;
        assert_eq!(heard["pulse"]["state"], "kept", "{heard}");
    }
}

/// They keep nothing either.
#[tokio::test]
async fn beats_and_tickets_that_cannot_be_read_are_held_to_the_limit_of_their_address() {
    for path in ["/v1/beats", "/v1/queue"] {
        let lan = Lan::limited(at_once(5)).await.activate().await;
        let mut codes = Vec::new();
        for _ in 0..8 {
            codes.push(problem(lan.post(path, &json!({})).await).await.0);
        }
        let readable = codes.iter().filter(|code| **code != 429).count();
        assert!((1..=5).contains(&readable) && codes.ends_with(&[429, 429]), "{path}: {codes:?}");
    }
}

/// Each has something signed, which costs more than asking for it.
#[tokio::test]
async fn beats_that_bring_a_fresh_lease_are_held_to_a_limit_for_each_seat() {
    let limits = Limits { per_address: Some(Quota::new(1_000, 1_000)), ..Limits::NONE };
    let lan = Lan::limited(limits).await.activate().await;
    let [mut greedy, other] = [lan.sits(1).await, lan.sits(2).await];
    greedy["generation"] = json!(0);
    let mut fresh = 0;
    let limited = loop {
        let response = lan.post("/v1/beats", &greedy).await;
        if response.status() != StatusCode::OK {
            break problem(response).await;
        }
        assert_eq!(read::<Value>(response).await["pulse"]["state"], "kept");
        fresh += 1;
        assert!(fresh < 50, "nobody stops it");
    };
    assert_eq!((fresh, limited.0, limited.1.as_str()), (13, 429, "too-many-requests"));
    assert!(limited.2["detail"].as_str().is_some_and(|it| it.contains("of this seat")), "{}", limited.2);
    assert_eq!(lan.post("/v1/beats", &other).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_device_is_held_to_its_limit_and_another_is_not() {
    let limits = Limits { per_device: Some(Quota::new(1, 2)), ..Limits::NONE };
    let lan = Lan::limited(limits).await.activate().await;
    for _ in 0..2 {
        lan.sits(1).await;
    }
    let (status, code, said) = problem(lan.checks_out(1).await).await;
    assert!((status, code.as_str()) == (429, "too-many-requests") && said["detail"].to_string().contains("this device"), "{said}");
    lan.sits(2).await;
}

#[tokio::test]
async fn each_body_has_the_bound_of_what_belongs_there() {
    let lan = Lan::activated().await;
    let place = json!({ "epoch": 1, "position": 1 });
    let long = "x".repeat(5_000);
    for (path, body) in [
        ("/v1/beats", json!({ "place": place, "secret": long, "generation": 1 })),
        ("/v1/queue", json!({ "ticket": long })),
        ("/v1/pool/release", json!({ "license": long, "place": place, "how": "at-end" })),
        ("/v1/pool/accept-return", json!({ "license": long, "place": place })),
        ("/v1/pool/accept-restore", json!({ "license": long })),
    ] {
        let (status, code, said) = problem(lan.post(path, &body).await).await;
        assert_eq!((status, code.as_str()), (413, "too-large"), "{path}: {said}");
        assert!(said["detail"].to_string().contains("4096") && said["next"].to_string().contains("openapi.json"), "{said}");
    }
    for path in ["/v1/seats", "/v1/exchange", "/v1/pool/answer"] {
        assert_eq!(problem(lan.send(path, vec![b'x'; 5_000]).await).await.1, "unreadable", "{path}");
        let (status, _, said) = problem(lan.send(path, vec![b'x'; 300_000]).await).await;
        assert!(status == 413 && said["next"].to_string().contains("right file"), "{path}: {said}");
    }
}

/// Also what was once a seat, and what is shown to be none.
#[tokio::test]
async fn a_beat_that_keeps_nothing_is_held_to_the_limit_of_its_address() {
    let lan = Lan::limited(at_once(5)).await.activate().await;
    let before = lan.sits(1).await;
    lan.sits(1).await;
    let place = Place { epoch: 1, position: 999 };
    let secret = ServerSecret::new([9; 32]).of_pool(&lan.server.licenses()[0]).of_lease(place);
    let unknown = serde_json::to_value(Beat { place, secret, generation: 1 }).expect("JSON");
    for (beat, state) in [(&before, "gone"), (&unknown, "show")] {
        assert_eq!(read::<Value>(lan.post("/v1/beats", beat).await).await["pulse"]["state"], state);
    }
    lan.sits(2).await;
    for beat in [&before, &unknown] {
        assert_eq!(problem(lan.post("/v1/beats", beat).await).await.1, "too-many-requests", "{beat}");
    }
}

#[tokio::test]
async fn who_has_a_place_in_the_queue_is_not_held_to_the_limit_of_its_address() {
    let lan = Lan::limited(at_once(3)).await.activate().await;
    lan.sits(1).await;
    lan.sits(2).await;
    let (full, _) = lan.opened(lan.checks_out(3).await).await;
    let Body::Refusal(Refusal::PoolFull { ticket, .. }) = &full.body else { panic!("all seats are taken: {full:?}") };
    assert_eq!(problem(lan.get("/v1/seats").await).await.1, "too-many-requests");
    for _ in 0..3 {
        let waited: Value = read(lan.post("/v1/queue", &json!({ "ticket": ticket })).await).await;
        assert_eq!(waited["wait"], "waiting", "{waited}");
    }
}

/// Whoever makes hosts up does not keep those out that the server has seen.
#[tokio::test]
async fn hosts_that_nobody_has_seen_are_held_to_a_limit_of_their_address() {
    let lan = Lan::limited(at_once(10_000)).await.activate().await;
    for host in 0..600 {
        assert_eq!(lan.checks_out(host).await.status(), StatusCode::OK, "{host}");
    }
    // One a second is let in while they come.
    let mut made_up = 600..900;
    for path in ["/v1/seats", "/v1/exchange"] {
        let limited = loop {
            let host = made_up.next().expect("nobody stops them");
            let ask = if path == "/v1/exchange" { borrows() } else { Ask::CheckOut { wish: wish(), held: None } };
            let response = lan.send(path, lan.asks(host, ask)).await;
            if response.status() != StatusCode::OK {
                break problem(response).await;
            }
        };
        assert_eq!((limited.0, limited.1.as_str()), (429, "too-many-requests"), "{path}");
        assert!(limited.2["detail"].to_string().contains("of new computers from this address"), "{}", limited.2);
    }
    lan.sits(0).await;
    assert_eq!(lan.send("/v1/pool/answer", lan.asks(900, borrows())).await.status(), StatusCode::OK, "its administrator brings it");
}

/// What the vendor is asked through the license server, as often as one address may.
#[tokio::test]
async fn requests_are_carried_to_the_vendor_byte_for_byte_and_not_too_many() {
    let lan = Lan::limited(at_once(1_000)).await.activate().await;
    let vendor = lan.world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("it is sold");
    let request = lan.world.host("office").request_activation(&sold.key).expect("a request");
    for time in 0..30 {
        let response = lan.send("/v1/exchange", request.envelope().to_json()).await;
        assert_eq!(response.status(), StatusCode::OK, "{time}");
        let answer = response.bytes().await.expect("an answer");
        assert_eq!(answer.as_ref(), vendor.answer(&request).expect("the same again").bytes(), "byte for byte");
    }
    let (status, code, said) = problem(lan.send("/v1/exchange", request.envelope().to_json()).await).await;
    assert_eq!((status, code.as_str()), (429, "too-many-requests"), "{said}");
    assert!(said["detail"].to_string().contains("to the vendor"), "{said}");
}

#[tokio::test]
async fn where_the_vendor_cannot_be_reached_it_is_said_when_to_come_back() {
    let lan = Lan::activated().await;
    let sold = lan.world.vendor().sell(lan.world.vendor().terms()).expect("it is sold");
    let request = lan.world.host("office").request_activation(&sold.key).expect("a request");
    lan.world.vendor().server("keys").stop();
    let response = lan.send("/v1/exchange", request.envelope().to_json()).await;
    assert_eq!(response.headers()["retry-after"], "60");
    let (status, code, said) = problem(response).await;
    assert_eq!((status, code.as_str()), (503, "vendor-unreachable"), "{said}");
}
