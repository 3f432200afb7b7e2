//! The exchange end to end.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use keyward_domain::document::{Ask, Body};
use keyward_wire::media;

use crate::world::{Host, World, answer, held, read, refusal, stray_key};

#[tokio::test]
async fn a_license_is_activated_refreshed_and_returned_and_the_slot_is_free_again() {
    let world = World::new().await;
    let issued = world.issue(1).await;
    let (a, b) = (Host(1), Host(2));

    let response = world.ask(&a.activates(&world, 1, &issued.key)).await;
    let bytes = response.bytes().await.expect("an answer");
    let certificate = answer(world.ask(&a.activates(&world, 1, &issued.key)).await).await;
    let Body::Certificate(certificate) = certificate.body else { panic!("no certificate") };
    assert_eq!(refusal(world.ask(&b.activates(&world, 1, &issued.key)).await).await, "no-activation-left");

    let activation = certificate.activation;
    let refresh = a.asks(&world, 2, Ask::Refresh { activation: activation.clone(), held: held(&bytes) }, None);
    let Body::Certificate(fresh) = answer(world.ask(&refresh).await).await.body else { panic!("no certificate") };
    assert!(fresh.generation > certificate.generation);

    let back = a.asks(&world, 3, Ask::Return { activation, held: held(&bytes) }, None);
    assert!(matches!(answer(world.ask(&back).await).await.body, Body::Receipt(_)));
    assert!(matches!(answer(world.ask(&b.activates(&world, 1, &issued.key)).await).await.body, Body::Certificate(_)));
    let shown: keyward_domain::entitlement::Entitlement =
        read(world.get(&format!("/v1/admin/entitlements/{}", issued.entitlement.id)).await).await;
    assert_eq!(shown.slots.iter().map(|slot| slot.host.as_str()).collect::<Vec<_>>(), ["host-2"]);
}

#[tokio::test]
async fn the_same_request_is_given_the_same_answer_to_the_byte() {
    let world = World::new().await;
    let issued = world.issue(1).await;
    let request = Host(1).activates(&world, 1, &issued.key);
    let (first, second) = (world.ask(&request).await, world.ask(&request).await);
    assert_eq!(first.headers()["content-type"], media::REPLY);
    assert_eq!(first.bytes().await.expect("an answer"), second.bytes().await.expect("an answer"));
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_not_an_error() {
    let world = World::new().await;
    let response = world.ask(&Host(1).activates(&world, 1, &stray_key(9))).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(refusal(response).await, "unknown-key");
}

#[tokio::test]
async fn hosts_that_ask_at_once_under_one_key_share_a_commit_and_each_is_told_its_own() {
    let world = World::new().await;
    let issued = world.issue(30).await;
    let before = world.ledger.commits();
    // The first is held at its commit until all others have come to the desk.
    world.ledger.hold_commits_until_looked(40);
    let requests: Vec<_> = (1..=40).map(|n| Host(n).activates(&world, 1, &issued.key)).collect();
    let bodies = join_all(requests.iter().map(async |request| answer(world.ask(request).await).await.body)).await;
    assert_eq!(world.ledger.commits() - before, 2, "one for the first, one for all others");
    let granted = bodies.iter().filter_map(|body| match body {
        Body::Certificate(certificate) => Some(certificate.activation.clone()),
        _ => None,
    });
    assert_eq!(granted.collect::<BTreeSet<_>>().len(), 30, "never more than were sold, and each its own");
    let refused = bodies.iter().filter(|body| matches!(body, Body::Refusal(refusal) if refusal.code() == "no-activation-left"));
    assert_eq!(refused.count(), 10);
    for (request, body) in requests.iter().zip(&bodies).filter(|(_, body)| matches!(body, Body::Certificate(_))) {
        assert_eq!(answer(world.ask(request).await).await.body, *body, "remembered");
    }
}

#[tokio::test]
async fn one_request_that_comes_twice_at_once_is_decided_once() {
    let world = World::new().await;
    let issued = world.issue(9).await;
    world.ledger.hold_commits_until_looked(4);
    let first = Host(1).activates(&world, 1, &issued.key);
    let twice = Host(2).activates(&world, 1, &issued.key);
    let replies =
        join_all([&first, &twice, &twice, &twice].map(async |request| world.ask(request).await.bytes().await.expect("a reply"))).await;
    assert!(replies[1] == replies[2] && replies[2] == replies[3], "the same answer, to the byte");
    let shown: keyward_domain::entitlement::Entitlement =
        read(world.get(&format!("/v1/admin/entitlements/{}", issued.entitlement.id)).await).await;
    assert_eq!(shown.slots.len(), 2);
}
