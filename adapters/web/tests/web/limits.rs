//! How often who may ask.

use keyward_web::{Config, Limits, Quota};

use crate::world::{Host, World, config, problem, refusal, stray_key};

async fn limited(limits: Limits) -> World {
    World::with(Config { limits, ..config() }).await
}

const TWO: Option<Quota> = Some(Quota { per_minute: std::num::NonZeroU32::MIN, burst: std::num::NonZeroU32::MIN.saturating_add(1) });

#[tokio::test]
async fn a_license_key_is_held_to_its_limit_whoever_uses_it_and_another_is_not() {
    let world = limited(Limits { per_key: TWO, ..Limits::NONE }).await;
    for host in 1..=2 {
        assert_eq!(refusal(world.ask(&Host(host).activates(&world, 1, &stray_key(9))).await).await, "unknown-key");
    }
    let response = world.ask(&Host(3).activates(&world, 1, &stray_key(9))).await;
    let wait: u32 = response.headers()["retry-after"].to_str().expect("seconds").parse().expect("a number");
    assert!((50..=60).contains(&wait), "{wait}");
    let problem = problem(response).await;
    assert_eq!((problem.status, &*problem.code), (429, "too-many-requests"));
    assert!(problem.detail.contains("this license key") && problem.next.expect("a step").contains(&format!("wait {wait} s")));
    assert_eq!(refusal(world.ask(&Host(1).activates(&world, 2, &stray_key(8))).await).await, "unknown-key");
}

#[tokio::test]
async fn a_stranger_does_not_use_up_the_limit_of_a_key() {
    let world = limited(Limits { per_key: TWO, ..Limits::NONE }).await;
    let genuine = Host(1).activates(&world, 1, &stray_key(9));
    let forged = String::from_utf8(genuine.to_json()).expect("JSON is text").replace("\"payload\":\"ey", "\"payload\":\"fy");
    for _ in 0..5 {
        assert_eq!(problem(world.ask_in(forged.clone().into()).await).await.code, "unreadable");
    }
    assert_eq!(refusal(world.ask(&genuine).await).await, "unknown-key");
}

#[tokio::test]
async fn a_device_is_held_to_its_limit_whatever_it_asks_and_another_is_not() {
    let world = limited(Limits { per_device: TWO, ..Limits::NONE }).await;
    for key in 1..=2 {
        assert_eq!(refusal(world.ask(&Host(1).activates(&world, 1, &stray_key(key))).await).await, "unknown-key");
    }
    let problem = problem(world.ask(&Host(1).activates(&world, 1, &stray_key(3))).await).await;
    assert!(problem.status == 429 && problem.detail.contains("this device"), "{problem}");
    assert_eq!(refusal(world.ask(&Host(2).activates(&world, 1, &stray_key(3))).await).await, "unknown-key");
}

#[tokio::test]
async fn an_address_is_held_to_its_limit_and_its_health_is_told_all_the_same() {
    let world = limited(Limits { per_address: TWO, ..Limits::NONE }).await;
    assert_eq!(world.ask_in(Vec::new()).await.status().as_u16(), 400);
    assert_eq!(world.get("/v1/admin/keys").await.status().as_u16(), 200);
    for response in [world.ask_in(Vec::new()).await, world.get("/v1/admin/keys").await] {
        let problem = problem(response).await;
        assert!(problem.status == 429 && problem.detail.contains("this address"), "{problem}");
    }
    assert_eq!(world.get("/health").await.status().as_u16(), 200);
}
