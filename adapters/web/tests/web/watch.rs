//! Health and metrics.

use keyward_domain::document::{Ask, Body};
use keyward_wire::{Health, Pulse, media};

use crate::world::{Host, Trouble, World, answer, held, read, stray_key};

#[tokio::test]
async fn health_is_told_to_everybody_and_fails_with_the_ledger() {
    let world = World::new().await;
    let health = async || world.client.get(world.at("/health")).send().await.expect("an answer");
    assert_eq!(read::<Health>(health().await).await.status, Pulse::Ok);
    for trouble in ["closed", "failing"] {
        match trouble {
            "closed" => world.ledger.inner.close(),
            _ => world.ledger.get_into(Trouble::Failing),
        }
        let response = health().await;
        assert_eq!(response.status().as_u16(), 503, "{trouble}");
        let told: Health = serde_json::from_slice(&response.bytes().await.expect("a body")).expect("health");
        assert!(told.status == Pulse::Unavailable && told.detail.expect("a detail").contains("log"));
    }
}

/// The value of a line of the metrics.
fn value(metrics: &str, line: &str) -> u64 {
    let found = metrics.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0, |value| value.parse().expect("a number"))
}

#[tokio::test]
async fn metrics_count_what_became_of_each_request() {
    let world = World::new().await;
    let issued = world.issue(1).await;
    let host = Host(1);
    let bytes = world.ask(&host.activates(&world, 1, &issued.key)).await.bytes().await.expect("an answer");
    let Body::Certificate(certificate) = answer(world.ask(&host.activates(&world, 1, &issued.key)).await).await.body else {
        panic!("no certificate")
    };
    let activation = certificate.activation;
    world.ask(&Host(2).activates(&world, 1, &issued.key)).await;
    world.ask(&Host(2).activates(&world, 2, &stray_key(9))).await;
    world.ask(&host.asks(&world, 2, Ask::Return { activation: activation.clone(), held: held(&bytes) }, None)).await;
    world.ask(&host.asks(&world, 3, Ask::Refresh { activation, held: held(&bytes) }, None)).await;
    world.ask(&host.asks(&world, 4, Ask::Trial { edition: "Standard".parse().expect("an edition"), since: None }, None)).await;
    world.ask_in(b"{}".to_vec()).await;
    world.ledger.inner.fill_disk();
    world.ask(&host.activates(&world, 5, &issued.key)).await;

    let response = world.client.get(world.at("/metrics")).send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], media::METRICS);
    let metrics = response.text().await.expect("metrics are text");
    assert!(metrics.ends_with("# EOF\n"), "OpenMetrics ends so");
    for (line, expected) in [
        (r#"keyward_requests_total{kind="activate",outcome="granted"}"#, 2),
        (r#"keyward_requests_total{kind="activate",outcome="refused"}"#, 2),
        (r#"keyward_requests_total{kind="activate",outcome="failed"}"#, 1),
        (r#"keyward_requests_total{kind="return",outcome="receipt"}"#, 1),
        (r#"keyward_requests_total{kind="refresh",outcome="revocation"}"#, 1),
        (r#"keyward_requests_total{kind="trial",outcome="granted"}"#, 1),
        (r#"keyward_requests_total{kind="unknown",outcome="unreadable"}"#, 1),
        (r#"keyward_refusals_total{code="no-activation-left"}"#, 1),
        (r#"keyward_refusals_total{code="unknown-key"}"#, 1),
        ("keyward_exchange_seconds_count", 9),
        (r#"keyward_http_responses_total{path="/v1/exchange",status="507"}"#, 1),
        ("keyward_requests_in_flight", 1),
    ] {
        assert_eq!(value(&metrics, line), expected, "{line}\n{metrics}");
    }
    assert!(!metrics.contains(issued.entitlement.id.as_str()) && !metrics.contains("host-1"));
    assert_eq!(value(&world.metrics().await, r#"keyward_http_responses_total{path="/metrics",status="200"}"#), 1);
}
