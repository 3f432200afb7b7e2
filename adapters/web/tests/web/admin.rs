//! The admin API.

use keyward_domain::entitlement::Entitlement;
use keyward_domain::product::Product;
use keyward_domain::profile::{ProductProfile, TlsTerms};
use keyward_engine::console::{KeyList, RootChange, sign_statement};
use keyward_web::Config;
use keyward_wire::{Accepted, EntitlementPage, Issued, LogPage, ProductPage, RootSeed, media};
use reqwest::Method;
use serde_json::json;

use crate::world::{Host, World, answer, config, problem, product, read, refusal, terms};

#[tokio::test]
async fn products_are_added_listed_in_pages_and_described_by_profiles() {
    let servers = vec!["https://keys.example.com".to_owned()];
    let tls = TlsTerms { ca: None, pins: vec!["ab".repeat(32)] };
    let world = World::with(Config { public_servers: servers.clone(), public_tls: tls.clone(), ..config() }).await;
    let added: Product = read(world.post("/v1/admin/products", product("plugin")).await).await;
    assert_eq!(added.id.as_str(), "plugin");

    let first: ProductPage = read(world.get("/v1/admin/products?most=1").await).await;
    assert_eq!((first.products.len(), first.next.as_ref().map(|id| id.as_str())), (1, Some("cad")));
    let second: ProductPage = read(world.get("/v1/admin/products?most=1&after=cad").await).await;
    assert_eq!((second.products[0].id.as_str(), second.next), ("plugin", None));

    let profile: ProductProfile = read(world.get("/v1/admin/products/plugin/profile").await).await;
    profile.check().expect("the profile can be used");
    assert_eq!((profile.vendor, profile.servers, profile.tls), (world.vendor, servers, tls));
}

#[tokio::test]
async fn a_profile_names_this_server_if_nothing_else_was_said() {
    let world = World::new().await;
    let profile: ProductProfile = read(world.get("/v1/admin/products/cad/profile").await).await;
    assert_eq!(profile.servers, [world.running.url()]);
}

#[tokio::test]
async fn an_entitlement_is_issued_extended_reissued_freed_and_revoked() {
    let world = World::new().await;
    let issued = world.issue(1).await;
    let path = |act: &str| format!("/v1/admin/entitlements/{}{act}", issued.entitlement.id);
    assert!(matches!(
        answer(world.ask(&Host(1).activates(&world, 1, &issued.key)).await).await.body,
        keyward_domain::document::Body::Certificate(_)
    ));

    let extended: Entitlement = read(world.post(&path("/extend"), json!({ "until": "2029-01-01T12:00:00Z" })).await).await;
    assert_eq!(extended.terms.tenure.window.until.map(|until| until.to_string()).as_deref(), Some("2029-01-01T12:00:00Z"));

    let again: Issued = read(world.admin(Method::POST, &path("/reissue"), None::<&()>).await).await;
    assert_ne!(again.key, issued.key);
    assert_eq!(refusal(world.ask(&Host(2).activates(&world, 1, &issued.key)).await).await, "key-replaced");
    assert_eq!(refusal(world.ask(&Host(2).activates(&world, 2, &again.key)).await).await, "no-activation-left");

    let slot = &again.entitlement.slots[0];
    let freed: Entitlement = read(world.post(&path("/free"), json!({ "activation": slot.activation })).await).await;
    assert_eq!(freed.slots, []);

    let revoked: Entitlement = read(world.admin(Method::POST, &path("/revoke"), None::<&()>).await).await;
    assert!(revoked.revoked.is_some());
    assert_eq!(refusal(world.ask(&Host(2).activates(&world, 3, &again.key)).await).await, "revoked");

    world.issue(1).await;
    let page: EntitlementPage = read(world.get("/v1/admin/entitlements?most=1").await).await;
    let next = page.next.expect("there is another page");
    let rest: EntitlementPage = read(world.get(&format!("/v1/admin/entitlements?after={next}")).await).await;
    assert_eq!((rest.entitlements.len(), rest.next), (1, None));

    let log: LogPage = read(world.get(&format!("/v1/admin/log?of={}", issued.entitlement.id)).await).await;
    let acts: Vec<_> = log.lines.iter().rev().map(|line| &*line.entry.act).filter(|act| !act.contains("activat")).collect();
    assert_eq!(acts, ["issued", "extended", "license key replaced", "slot freed", "revoked"]);
    assert!(log.lines.iter().any(|line| &*line.entry.actor == "administrator ada"));
    let newest: LogPage = read(world.get("/v1/admin/log?most=1").await).await;
    let before = newest.next.expect("there is another page");
    let older: LogPage = read(world.get(&format!("/v1/admin/log?before={before}&most=1")).await).await;
    assert!(older.lines[0].position < before);
}

#[tokio::test]
async fn the_root_leaves_the_server_and_what_it_signed_elsewhere_is_taken() {
    let world = World::new().await;
    let made: RootChange = read(world.post("/v1/admin/keys/change", json!({ "change": "rotate" })).await).await;
    assert_eq!(made, RootChange::Made { version: 2 });

    let kept = problem(world.admin(Method::DELETE, "/v1/admin/root", None::<&()>).await).await;
    assert_eq!((kept.status, &*kept.code), (409, "root-not-exported"));
    let RootSeed { seed } = read(world.get("/v1/admin/root").await).await;
    let exported = problem(world.admin(Method::DELETE, "/v1/admin/root", None::<&()>).await).await;
    assert_eq!(exported.code, "root-not-exported", "nobody has said that it reached a disk");
    assert_eq!(world.admin(Method::POST, "/v1/admin/root/kept", None::<&()>).await.status().as_u16(), 204);
    for _ in 0..2 {
        assert_eq!(world.admin(Method::DELETE, "/v1/admin/root", None::<&()>).await.status().as_u16(), 204);
    }
    assert_eq!(problem(world.get("/v1/admin/root").await).await.code, "root-away");
    let keys: KeyList = read(world.get("/v1/admin/keys").await).await;
    assert_eq!(
        keys.keys.iter().map(|key| (key.role.as_str(), key.here)).collect::<Vec<_>>(),
        [("root", false), ("issuer", true), ("issuer", true)]
    );

    let change: RootChange = read(world.post("/v1/admin/keys/change", json!({ "change": "rotate" })).await).await;
    let RootChange::ToSign { statement } = change else { panic!("the root is not here") };
    let signed = sign_statement(statement.clone(), &seed).expect("it is signed");
    let other = sign_statement(keyward_domain::signers::KeyStatement { version: 9, ..statement }, &seed).expect("it is signed");
    let bring = async |envelope: &keyward_domain::seal::Envelope, kind: &str| {
        let request = world.client.post(world.at("/v1/admin/keys/statement")).bearer_auth(crate::world::TOKEN);
        request.header("content-type", kind).body(envelope.to_json()).send().await.expect("the admin API answers")
    };
    assert_eq!(problem(bring(&other, media::ENVELOPE).await).await.code, "other-statement");
    let accepted: Accepted = read(bring(&signed, media::ENVELOPE).await).await;
    assert_eq!(accepted.version, 3);
    assert_eq!(problem(bring(&signed, media::JSON).await).await.code, "other-statement", "it waits for nothing more");
}

#[tokio::test]
async fn every_no_of_the_console_has_its_status_its_code_and_the_next_step() {
    let world = World::new().await;
    let issued = world.issue(1).await;
    let of = |act: &str| format!("/v1/admin/entitlements/{}{act}", issued.entitlement.id);
    let with = |changes: &[(&str, serde_json::Value)]| {
        let mut it = terms(1);
        changes.iter().for_each(|(name, value)| it[*name] = value.clone());
        it
    };
    let mut bare = product("bare");
    bare["editions"] = json!([]);
    let forever = json!({ "kind": "perpetual", "window": { "from": "2027-01-01T00:00:00Z" } });
    let endless = json!({ "kind": "rental", "window": { "from": "2027-01-01T00:00:00Z" } });
    let (product, entitlement, keys) = ("/v1/admin/products", "/v1/admin/entitlements", "/v1/admin/keys/change");
    let stranger = "00".repeat(16);
    let active = read::<KeyList>(world.get("/v1/admin/keys").await).await.keys[1].id;
    let since = "2027-01-01T00:00:00Z";
    let table = [
        (product.into(), bare, 422, "bare-product"),
        (entitlement.into(), with(&[("product", json!("other"))]), 404, "no-product"),
        (entitlement.into(), with(&[("editions", json!(["Gold"]))]), 422, "no-such-edition"),
        (entitlement.into(), with(&[("editions", json!([]))]), 422, "no-edition"),
        (entitlement.into(), with(&[("medium", json!("dongle"))]), 422, "stand-alone-dongle-cannot-be-rented"),
        (entitlement.into(), with(&[("tenure", endless)]), 422, "no-end"),
        (entitlement.into(), with(&[("allowance", json!({ "activations": 0 }))]), 422, "for-nobody"),
        (entitlement.into(), with(&[("key_type", json!("network"))]), 422, "wrong-allowance"),
        (of("/extend"), json!({ "until": "2026-01-01T00:00:00Z" }), 422, "ends-before-it-begins"),
        (of("/free"), json!({ "activation": "A-9" }), 404, "no-slot"),
        ("/v1/admin/entitlements/E-9/extend".into(), json!({ "until": "2029-01-01T00:00:00Z" }), 404, "no-license"),
        ("/v1/admin/entitlements/E%209/extend".into(), json!({ "until": "2029-01-01T00:00:00Z" }), 400, "wrong-path"),
        (keys.into(), json!({ "change": "revoke", "key": stranger, "since": since }), 422, "no-signer"),
        (keys.into(), json!({ "change": "revoke", "key": active, "since": since }), 422, "last-signer"),
        (keys.into(), json!({ "change": "improve" }), 400, "wrong-body"),
        (of("/extend"), json!({ "until": "tomorrow" }), 400, "wrong-body"),
        ("/v1/admin/keys/statement".into(), json!({}), 400, "unreadable"),
    ];
    for (path, body, status, code) in table {
        let problem = problem(world.post(&path, body).await).await;
        assert_eq!((problem.status, &*problem.code), (status, code), "{path}: {problem}");
        assert!(problem.next.is_some() || code == "wrong-path", "{code} says what to do: {problem}");
    }
    let perpetual: Issued = read(world.post(entitlement, with(&[("tenure", forever)])).await).await;
    let path = format!("/v1/admin/entitlements/{}/extend", perpetual.entitlement.id);
    assert_eq!(problem(world.post(&path, json!({ "until": "2029-01-01T00:00:00Z" })).await).await.code, "perpetual-ends");
    assert_eq!(problem(world.get("/v1/admin/log?most=many").await).await.code, "wrong-query");
    assert_eq!(problem(world.get("/v1/admin/entitlements?before=E-1").await).await.code, "wrong-query");
}
