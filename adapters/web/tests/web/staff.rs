//! Who works at the server: tokens with roles, and what a reseller does with theirs (row M2).

use keyward_domain::document::{Ask, Body};
use keyward_domain::entitlement::Entitlement;
use keyward_domain::record::LogEntry;
use keyward_domain::seal::{Envelope, Reply, SignatureEntry};
use keyward_engine::console::{Handed, Verdict};
use keyward_web::{Config, Limits, Quota};
use keyward_wire::{IssuedToken, LogPage, TokenLine, TokenList, media};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::world::{Host, INTERNALS, TOKEN, Trouble, World, config, held, problem, read, stray_key};

/// Hands out a token.
async fn hired(world: &World, name: &str, role: &str) -> String {
    let issued: IssuedToken = read(world.post("/v1/admin/tokens", json!({ "name": name, "role": role })).await).await;
    issued.secret.to_string()
}

async fn called(world: &World, token: &str, method: Method, path: &str, body: Option<Value>) -> Response {
    let mut request = world.client.request(method, world.at(path)).bearer_auth(token);
    if let Some(body) = body {
        request = request.header("content-type", media::JSON).body(body.to_string());
    }
    request.send().await.expect("the admin API answers")
}

async fn brought(world: &World, token: &str, request: &Envelope) -> Response {
    let call = world.client.post(world.at("/v1/admin/answer")).bearer_auth(token);
    call.header("content-type", media::ENVELOPE).body(request.to_json()).send().await.expect("the admin API answers")
}

async fn log(world: &World) -> Vec<LogEntry> {
    let page: LogPage = read(world.get("/v1/admin/log").await).await;
    page.lines.into_iter().map(|line| line.entry).collect()
}

#[tokio::test]
async fn a_token_is_handed_out_used_listed_and_taken_back_at_once() {
    let world = World::new().await;
    let ada = hired(&world, "ada-2", "administrator").await;
    let list = async || called(&world, &ada, Method::GET, "/v1/admin/tokens", None).await;
    let before: TokenList = read(list().await).await;
    let [line] = &before.tokens[..] else { panic!("one token: {before:?}") };
    assert_eq!((line.name.as_str(), line.role.to_string().as_str(), line.revoked), ("ada-2", "administrator", None));

    let revoked: TokenLine = read(world.admin(Method::POST, "/v1/admin/tokens/ada-2/revoke", None::<&()>).await).await;
    assert!(revoked.revoked.is_some());
    let refused = problem(list().await).await;
    assert_eq!((refused.status, &*refused.code), (401, "token-revoked"));
    let again: TokenLine = read(world.admin(Method::POST, "/v1/admin/tokens/ada-2/revoke", None::<&()>).await).await;
    assert_eq!(again, revoked, "to do it again changes nothing");

    let acts: Vec<_> = log(&world).await.into_iter().map(|it| (it.actor, it.act)).filter(|(_, act)| act.starts_with("token ")).collect();
    let ada = "administrator ada";
    let expected = ["token ada-2 taken back", "token ada-2 taken back", "token ada-2 handed out: administrator"];
    assert_eq!(acts, expected.map(|act| (ada.into(), act.into())));
}

#[tokio::test]
async fn no_token_stands_in_the_ledger_and_no_digest_is_shown() {
    let world = World::new().await;
    let secret = hired(&world, "shop", "reseller").await;
    let kept = world.ledger.inner.dump();
    assert!(kept.contains("shop") && !kept.contains(&secret), "{kept}");
    let shown = world.get("/v1/admin/tokens").await.text().await.expect("a list");
    assert!(!shown.contains("digest") && !shown.contains(&secret), "{shown}");
}

#[tokio::test]
async fn a_name_is_given_once_and_what_is_not_there_is_said() {
    let world = World::new().await;
    hired(&world, "shop", "reseller").await;
    for (path, body, status, code) in [
        ("/v1/admin/tokens", json!({ "name": "shop", "role": "administrator" }), 409, "name-taken"),
        ("/v1/admin/tokens", json!({ "name": "admin", "role": "administrator" }), 409, "name-taken"),
        ("/v1/admin/tokens", json!({ "name": "two words", "role": "reseller" }), 400, "wrong-body"),
        ("/v1/admin/tokens", json!({ "name": "boss", "role": "owner" }), 400, "wrong-body"),
        ("/v1/admin/tokens/nobody/revoke", json!(null), 404, "no-such-token"),
    ] {
        let problem = problem(world.post(path, body).await).await;
        assert_eq!((problem.status, &*problem.code), (status, code), "{problem}");
        assert!(problem.next.is_some(), "{problem}");
    }
}

#[tokio::test]
async fn a_reseller_answers_requests_and_may_do_nothing_else() {
    let world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    let issued = world.issue(1).await;
    let of = |act: &str| format!("/v1/admin/entitlements/{}{act}", issued.entitlement.id);
    let before = world.ledger.commits();
    for (method, path) in [
        (Method::GET, "/v1/admin/products".to_owned()),
        (Method::POST, "/v1/admin/products".to_owned()),
        (Method::GET, "/v1/admin/products/cad/profile".to_owned()),
        (Method::GET, "/v1/admin/entitlements".to_owned()),
        (Method::POST, "/v1/admin/entitlements".to_owned()),
        (Method::GET, of("")),
        (Method::POST, of("/revoke")),
        (Method::POST, of("/extend")),
        (Method::POST, of("/reissue")),
        (Method::POST, of("/owner")),
        (Method::GET, "/v1/admin/tokens".to_owned()),
        (Method::POST, "/v1/admin/tokens".to_owned()),
        (Method::POST, "/v1/admin/tokens/shop/revoke".to_owned()),
        (Method::GET, "/v1/admin/keys".to_owned()),
        (Method::POST, "/v1/admin/keys/change".to_owned()),
        (Method::POST, "/v1/admin/keys/statement".to_owned()),
        (Method::GET, "/v1/admin/root".to_owned()),
        (Method::DELETE, "/v1/admin/root".to_owned()),
        (Method::POST, "/v1/admin/root/kept".to_owned()),
        (Method::GET, "/v1/admin/log".to_owned()),
    ] {
        let refused = problem(called(&world, &shop, method.clone(), &path, None).await).await;
        assert_eq!((refused.status, &*refused.code), (403, "role-may-not"), "{method} {path}");
        assert_eq!(
            refused.detail,
            "the token shop has the role reseller, which may answer requests, free slots of lost devices and nothing else"
        );
    }
    assert_eq!(world.ledger.commits(), before, "nothing was done");
    let handed: Handed = read(brought(&world, &shop, &Host(1).activates(&world, 1, &issued.key)).await).await;
    assert!(matches!(handed.verdict, Verdict::Granted { .. }), "{handed:?}");
}

#[tokio::test]
async fn a_reseller_frees_slots_of_lost_devices_within_the_owners_budget() {
    let world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    let issued = world.issue(4).await;
    let id = &issued.entitlement.id;
    world.post(&format!("/v1/admin/entitlements/{id}/owner"), json!({ "owner": "ada@example.com" })).await;
    let mut held = Vec::new();
    for host in 1..=4 {
        let handed: Handed = read(brought(&world, &shop, &Host(host).activates(&world, 1, &issued.key)).await).await;
        let Verdict::Granted { activation, .. } = handed.verdict else { panic!("{handed:?}") };
        held.push(activation);
    }
    let last = held.pop().expect("four");
    let path = format!("/v1/admin/entitlements/{id}/free");
    let free = async |token: &str, activation| called(&world, token, Method::POST, &path, Some(json!({ "activation": activation }))).await;
    for activation in &held {
        let left: Entitlement = read(free(&shop, activation).await).await;
        assert!(left.slots.iter().all(|slot| slot.activation != *activation) && left.owner.is_none(), "{left:?}");
    }
    let refused = problem(free(&shop, &last).await).await;
    assert_eq!(&*refused.code, "transfers-spent", "{refused}");
    let line = log(&world).await.into_iter().find(|line| &*line.act == "slot freed").expect("it is written down");
    assert_eq!(&*line.actor, "reseller shop");
    let left: Entitlement = read(free(TOKEN, &last).await).await;
    assert!(left.slots.is_empty() && left.owner.is_some(), "the vendor does at will");
}

#[tokio::test]
async fn who_saw_an_activations_id_learns_nothing_of_its_license() {
    let world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    let issued = world.issue(1).await;
    let granted: Handed = read(brought(&world, &shop, &Host(1).activates(&world, 1, &issued.key)).await).await;
    let Verdict::Granted { activation, .. } = granted.verdict else { panic!("{granted:?}") };
    let held = granted.answer;
    for ask in [Ask::Refresh { activation: activation.clone(), held: held.clone() }, Ask::Return { activation, held }] {
        let strangers: Handed = read(brought(&world, &shop, &Host(2).asks(&world, 1, ask.clone(), None)).await).await;
        assert_eq!((strangers.license, strangers.last_five), (None, None));
        assert_eq!(log(&world).await[0].entitlement, None, "nor does the license's history tell of it");
        let own: Handed = read(brought(&world, &shop, &Host(1).asks(&world, 2, ask, None)).await).await;
        assert_eq!((own.license.as_ref(), own.last_five.as_ref()), (Some(&issued.entitlement.id), issued.entitlement.last_five.as_ref()));
    }
}

/// The list above is whole: what the description guards is there, or is what resellers do.
#[test]
fn what_a_reseller_is_refused_is_all_that_there_is() {
    let api: Value = serde_json::from_str(keyward_web::openapi()).expect("the description is JSON");
    let paths = api["paths"].as_object().expect("paths");
    let guarded = paths.iter().filter(|(path, _)| path.starts_with("/v1/admin/"));
    assert_eq!(guarded.map(|(_, item)| item.as_object().expect("operations").len()).sum::<usize>(), 20 + 2);
}

#[tokio::test]
async fn what_is_answered_is_what_the_exchange_answers_and_the_log_names_who_brought_it() {
    let world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    let issued = world.issue(1).await;
    let request = Host(1).activates(&world, 1, &issued.key);
    let handed: Handed = read(brought(&world, &shop, &request).await).await;
    assert_eq!((handed.license.as_ref(), handed.last_five.as_ref()), (Some(&issued.entitlement.id), issued.entitlement.last_five.as_ref()));
    let online = world.ask(&request).await.bytes().await.expect("an answer");
    assert_eq!(handed.answer, held(&online), "the same request, the same answer");
    let reply = Reply::from_bytes(handed.answer.bytes()).expect("a reply");
    let answer: keyward_domain::document::Answer = serde_json::from_slice(reply.answer.payload()).expect("an answer");
    let Body::Certificate(certificate) = &answer.body else { panic!("no certificate: {answer:?}") };
    assert_eq!(handed.verdict, Verdict::Granted { activation: certificate.activation.clone(), until: certificate.window.until });

    let other = Host(2).activates(&world, 1, &issued.key);
    let refused: Handed = read(brought(&world, TOKEN, &other).await).await;
    let Verdict::Refused { code, remedy, .. } = &refused.verdict else { panic!("not refused: {refused:?}") };
    assert!(code == "no-activation-left" && !remedy.is_empty(), "{refused:?}");

    let lines = log(&world).await;
    let line =
        |request: &Envelope| lines.iter().find(|it| it.request == Some(request.name()) && it.act.starts_with("answered")).expect("a line");
    let by_shop = line(&request);
    assert_eq!((&*by_shop.actor, &*by_shop.act), ("reseller shop", "answered a request: granted"));
    assert_eq!((by_shop.entitlement.as_ref(), by_shop.activation.as_ref()), (Some(&issued.entitlement.id), Some(&certificate.activation)));
    assert_eq!(by_shop.host.as_ref().map(ToString::to_string), Some("host-1".to_owned()));
    let by_ada = line(&other);
    assert_eq!((&*by_ada.actor, &*by_ada.act), ("administrator ada", "answered a request: refused (no-activation-left)"));

    // A key that was replaced is not passed off as the one that replaced it.
    let id = &issued.entitlement.id;
    world.admin(Method::POST, &format!("/v1/admin/entitlements/{id}/reissue"), None::<&()>).await;
    let replaced: Handed = read(brought(&world, &shop, &Host(3).activates(&world, 1, &issued.key)).await).await;
    assert_eq!((replaced.license.as_ref(), replaced.last_five), (Some(id), None));
    let metrics = world.metrics().await;
    assert!(metrics.contains("keyward_refusals_total{code=\"no-activation-left\"} 1"), "{metrics}");
}

#[tokio::test]
async fn what_is_no_request_of_this_vendor_is_not_answered() {
    let mut world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    let key = world.issue(1).await.key;
    let genuine = Host(1).activates(&world, 1, &key);
    let forged = Envelope::new(genuine.payload_type(), genuine.payload().to_vec(), {
        let mut signatures = genuine.signatures().to_vec();
        signatures.pop();
        signatures
    });
    let nobody = Envelope::new(genuine.payload_type(), genuine.payload().to_vec(), Vec::<SignatureEntry>::new());
    for wrong in [&forged, &nobody] {
        let refused = problem(brought(&world, &shop, wrong).await).await;
        assert_eq!((refused.status, &*refused.code), (400, "unreadable"), "{refused}");
    }
    let here = world.vendor;
    world.vendor = keyward_domain::signers::VendorId::of(&keyward_domain::keys::SigningKey::from_seed(&[77; 32]).public());
    let elsewhere = Host(1).activates(&world, 1, &key);
    assert_ne!(here, world.vendor);
    let refused = problem(brought(&world, &shop, &elsewhere).await).await;
    assert_eq!((refused.status, &*refused.code), (422, "other-vendor"), "{refused}");
    assert!(!log(&world).await.iter().any(|it| it.act.starts_with("answered")), "nothing was answered");
}

#[tokio::test]
async fn a_token_is_held_to_its_limit_of_answers_and_another_is_not() {
    let limits = Limits { per_token: Some(Quota::new(1, 2)), ..Limits::NONE };
    let world = World::with(Config { limits, ..config() }).await;
    let (shop, other) = (hired(&world, "shop", "reseller").await, hired(&world, "other", "reseller").await);
    for host in 1..=2 {
        let handed: Handed = read(brought(&world, &shop, &Host(host).activates(&world, 1, &stray_key(9))).await).await;
        assert!(handed.license.is_none() && handed.last_five.is_none(), "{handed:?}");
    }
    let limited = problem(brought(&world, &shop, &Host(3).activates(&world, 1, &stray_key(9))).await).await;
    assert_eq!((limited.status, &*limited.code), (429, "too-many-requests"));
    assert!(limited.detail.contains("with this token"), "{limited}");
    assert!(matches!(
        read::<Handed>(brought(&world, &other, &Host(3).activates(&world, 1, &stray_key(9))).await).await.verdict,
        Verdict::Refused { .. }
    ));
    for _ in 0..3 {
        assert_eq!(world.get("/v1/admin/tokens").await.status().as_u16(), 200, "only answers count");
    }
}

#[tokio::test]
async fn an_answer_that_the_log_cannot_tell_of_is_not_handed_over() {
    let world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    let refused = Host(1).activates(&world, 1, &stray_key(9));
    world.ledger.get_into(Trouble::Contended);
    assert_eq!(crate::world::refusal(world.ask(&refused).await).await, "unknown-key", "the answer itself writes nothing");
    let busy = problem(brought(&world, &shop, &refused).await).await;
    assert_eq!((busy.status, &*busy.code), (409, "busy"));
}

#[tokio::test]
async fn the_first_token_is_good_while_the_ledger_cannot_be_read() {
    let world = World::new().await;
    let shop = hired(&world, "shop", "reseller").await;
    world.ledger.get_into(Trouble::Failing);
    let failed = called(&world, &shop, Method::GET, "/v1/admin/keys", None).await.text().await.expect("a problem");
    assert!(failed.contains("\"storage\"") && !failed.contains(INTERNALS), "{failed}");
    let wrong = called(&world, "another", Method::GET, "/v1/admin/keys", None).await;
    assert_eq!(wrong.status().as_u16(), 500, "nobody is called a stranger unseen");
    // Who passes reaches the body, and only then the ledger.
    assert_eq!(problem(world.post("/v1/admin/products", json!(null)).await).await.code, "wrong-body");
}

#[tokio::test]
async fn an_owner_is_named_at_the_sale_and_afterwards() {
    let world = World::new().await;
    let mut sale = crate::world::terms(1);
    sale["owner"] = json!("ada@example.com");
    let sold: Value = read(world.post("/v1/admin/entitlements", sale.clone()).await).await;
    assert_eq!(sold["entitlement"]["owner"], "ada@example.com");
    let path = format!("/v1/admin/entitlements/{}/owner", sold["entitlement"]["id"].as_str().expect("an id"));
    let changed: Value = read(world.post(&path, json!({ "owner": "grace@example.com" })).await).await;
    assert_eq!(changed["owner"], "grace@example.com");
    let nobody: Value = read(world.post(&path, json!({ "owner": null })).await).await;
    assert_eq!(nobody.get("owner"), None);
    sale["owner"] = json!("ada");
    assert_eq!(problem(world.post("/v1/admin/entitlements", sale).await).await.code, "wrong-body");
    assert_eq!(problem(world.post(&path, json!({ "owner": "no address" })).await).await.code, "wrong-body");
}
