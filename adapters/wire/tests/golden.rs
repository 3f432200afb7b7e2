//! The golden files pin the form of every body: what was written once is read for ever, and written the same.
//!
//! `KEYWARD_BLESS=1` writes them anew; whoever does that changes the API.

#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use keyward_domain::document::{Place, Ticket};
use keyward_domain::entitlement::{Entitlement, Per, Terms};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{TokenName, UserName};
use keyward_domain::pool::{Acted, Beat, Fact, Gone, LeaseSecret, Lifeline, Offer, PulseHeard, Release, Wait, Waited, Whose};
use keyward_domain::product::Product;
use keyward_domain::record::LogEntry;
use keyward_domain::refusal::Occupant;
use keyward_domain::seal::{Keyward, Statement};
use keyward_domain::staff::StaffRole;
use keyward_domain::time::Timestamp;
use keyward_wire::seats::{self, AcceptRestore, AcceptReturn, Offers, PoolActed, PoolLog, PoolLogLine, PoolStatus, Queued, ReleaseSeat};
use keyward_wire::{
    Accepted, AddToken, EntitlementPage, Extend, Free, Health, Issued, IssuedToken, LogLine, LogPage, Owner, Problem, ProductPage, Pulse,
    RootSeed, TokenLine, TokenList,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

fn golden_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"))
}

fn pinned<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let file = golden_file(name);
    let written = serde_json::to_string_pretty(value).expect("a body is JSON") + "\n";
    if env::var_os("KEYWARD_BLESS").is_some() {
        fs::write(&file, &written).expect("the golden file is written");
    }
    let golden = fs::read_to_string(&file).expect("there is a golden file");
    assert_eq!(written, golden, "{name} is written as it always was");
    assert_eq!(&serde_json::from_str::<T>(&golden).expect("the golden file is read"), value, "{name} is read as it always was");
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn license_key() -> LicenseKey {
    LicenseKey::from_random([7; 15])
}

fn product() -> Product {
    serde_json::from_value(serde_json::json!({
        "id": "cad",
        "name": "Example CAD",
        "versions": [{ "version": "2027", "released": "2026-06-01T00:00:00Z" }],
        "editions": ["Professional", "Standard"],
        "languages": ["en-US", "zh-CN"],
        "trial": { "days": 30, "local_days": 7 },
    }))
    .expect("a product")
}

fn entitlement() -> Entitlement {
    let terms: Terms = serde_json::from_value(serde_json::json!({
        "product": "cad",
        "editions": ["Professional"],
        "key_type": "stand-alone",
        "medium": "license-key",
        "tenure": { "kind": "rental", "window": { "from": "2026-01-01T00:00:00Z", "until": "2027-01-01T12:00:00Z" } },
        "allowance": { "activations": 2 },
    }))
    .expect("terms");
    let public = SigningKey::from_seed(&license_key().seed()).public();
    Entitlement::sold("E-1".parse().expect("an id"), public, license_key().last_five(), terms, at("2026-01-01T00:00:00Z"))
}

#[test]
fn every_body_is_written_and_read_as_it_always_was() {
    pinned("issued", &Issued { key: license_key().expose(), entitlement: entitlement() });
    pinned("entitlement-page", &EntitlementPage { entitlements: vec![entitlement()], next: Some("E-1".parse().expect("an id")) });
    pinned("product-page", &ProductPage { products: vec![product()], next: None });
    let entry = LogEntry {
        at: at("2026-01-01T00:00:00Z"),
        actor: "administrator admin".into(),
        act: "issued".into(),
        entitlement: Some("E-1".parse().expect("an id")),
        activation: None,
        host: None,
        request: None,
    };
    pinned("log-page", &LogPage { lines: vec![LogLine { position: 17, entry }], next: Some(17) });
    pinned("extend", &Extend { until: at("2028-01-01T12:00:00Z") });
    pinned("free", &Free { activation: "A-1".parse().expect("an id") });
    pinned("owner", &[Owner { owner: Some("ada@example.com".parse().expect("an address")) }, Owner { owner: None }].to_vec());
    let name: TokenName = "shop".parse().expect("a name");
    pinned("add-token", &AddToken { name: name.clone(), role: StaffRole::Reseller });
    let token = TokenLine { name, role: StaffRole::Reseller, issued: at("2026-01-01T00:00:00Z"), revoked: None };
    pinned("issued-token", &IssuedToken { secret: Zeroizing::new("a-token".into()), token: token.clone() });
    let revoked = TokenLine { revoked: Some(at("2026-02-01T00:00:00Z")), ..token.clone() };
    pinned("token-list", &TokenList { tokens: vec![token, revoked] });
    pinned("root-seed", &RootSeed { seed: Zeroizing::new([7; 32]) });
    pinned("accepted", &Accepted { version: 2 });
    pinned("health", &Health { status: Pulse::Unavailable, detail: Some("the ledger is closed; the server is stopping".into()) });
    let problem = Problem::new(404, "no-license", "There is no such license", "there is no license E-9");
    pinned("problem", &problem.next("`keyward vendor list` shows them"));
}

#[test]
fn what_a_license_server_and_its_clients_say_is_written_and_read_as_it_always_was() {
    let place = Place { epoch: 5, position: 77 };
    let secret = || LeaseSecret::new([7; 32]);
    pinned("beat", &Beat { place, secret: secret(), generation: 3 });
    let (minute, left) = (Duration::from_secs(60), Duration::from_millis(1_500));
    let ending = PulseHeard::Ending { why: Gone::Released, left };
    let gone = PulseHeard::Gone { why: Gone::TakenOver };
    pinned("pulses", &vec![PulseHeard::Kept { next: minute }, ending, gone, PulseHeard::Show, PulseHeard::Stranger]);
    pinned("queued", &Queued { ticket: Ticket { epoch: 5, number: 9, holder: [1; 16], mac: [2; 16] } });
    let waits = [Wait::Waiting { place: 2 }, Wait::Ready { left }, Wait::Lost];
    pinned("waited", &waits.map(|wait| Waited { wait, next: minute }).to_vec());
    let offer = Offer {
        license: "E-1".parse().expect("an id"),
        product: "cad".parse().expect("an id"),
        editions: ["Professional".parse().expect("an edition")].into(),
        features: ["render".parse().expect("a feature")].into(),
        per: Per::User,
        seats: 5,
        used: 2,
        free: 3,
        waiting: 0,
        borrowable: 1,
        days: Some(7),
        latest: Some(at("2026-01-08T00:00:00Z")),
        until: Some(at("2027-01-01T00:00:00Z")),
        holders: vec![Occupant {
            host: "laptop".parse().expect("a name"),
            user: "ada".parse().expect("a name"),
            since: at("2026-01-01T00:00:00Z"),
            due: Some(at("2026-01-06T00:00:00Z")),
        }],
    };
    pinned("offers", &Offers { licenses: vec![offer] });
    let license = Some("E-1".parse().expect("an id"));
    pinned("release-seat", &[Release::AtEnd, Release::AtOnce].map(|how| ReleaseSeat { license: license.clone(), place, how }).to_vec());
    pinned("accept-return", &AcceptReturn { license: None, place });
    pinned("accept-restore", &AcceptRestore { license: None });
    pinned("pool-acted", &[Acted::Done, Acted::Nothing, Acted::Closing { left }].map(|came| PoolActed { came }).to_vec());
    pinned("pool-status", &PoolStatus { server: SigningKey::from_seed(&[5; 32]).public(), copied: true, pools: Vec::new() });
    let user: UserName = "ada".parse().expect("a name");
    let whose = [Some("laptop".parse().expect("a name")), None].map(|host| Some(Whose { seat: 3, guest: 9, host, user: user.clone() }));
    let line = |whose| PoolLogLine { position: 77, fact: Fact::Settled { at: at("2026-01-01T00:00:00Z") }, whose };
    let lines = whose.into_iter().chain([None]).map(line).collect();
    pinned("pool-log", &PoolLog { lines, next: Some(77) });
}

#[test]
fn a_signed_answer_travels_inside_as_it_is_to_the_byte() {
    let reply = Statement::new(Keyward::NAME, *br#"{ "answer" : {"x":1},  "keys":[ ] }"#);
    let lifeline = Lifeline { place: Place { epoch: 5, position: 77 }, secret: LeaseSecret::new([7; 32]), next: Duration::from_secs(60) };
    let written = seats::write_checked_out(&reply, Some(&lifeline)).expect("it is written");
    assert_eq!(
        String::from_utf8_lossy(&written),
        r#"{"reply":{ "answer" : {"x":1},  "keys":[ ] },"lifeline":{"place":{"epoch":5,"position":77},"secret":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","next":60000}}"#
    );
    assert_eq!(seats::read_checked_out(&written).expect("it is read"), (reply.clone(), Some(lifeline.clone())));
    let refused = seats::write_checked_out(&reply, None).expect("it is written");
    assert_eq!(seats::read_checked_out(&refused).expect("it is read"), (reply.clone(), None));
    let kept = PulseHeard::Kept { next: Duration::from_secs(60) };
    for fresh in [None, Some(reply)] {
        let written = seats::write_beaten(kept, fresh.as_ref()).expect("it is written");
        assert_eq!(seats::read_beaten(&written).expect("it is read"), (kept, fresh));
    }
    assert!(seats::write_beaten(kept, Some(&Statement::new(Keyward::NAME, *b"no JSON"))).is_err());
    let printed = format!("{lifeline:?}");
    assert!(printed.contains("LeaseSecret") && !printed.contains("BwcH") && !printed.contains("7, 7"), "{printed}");
    let wrong = r#"{"place":{"epoch":5,"position":77},"secret":"a-secret-with-a-slip","generation":1}"#;
    let error = serde_json::from_str::<Beat>(wrong).expect_err("is no secret");
    assert!(!error.to_string().contains("slip"), "{error}");
}

#[test]
fn a_secret_is_printed_by_neither_debug_nor_an_error() {
    let key = license_key().expose();
    let issued = Issued { key: key.clone(), entitlement: entitlement() };
    assert!(!format!("{issued:?}").contains(key.as_str()));
    let seed = RootSeed { seed: Zeroizing::new([7; 32]) };
    assert!(!format!("{seed:?}").contains('7'));
    for wrong in ["BwcHBwcH", "secret-seed-that-is-not-base64!"] {
        let error = serde_json::from_value::<RootSeed>(serde_json::json!({ "seed": wrong })).expect_err("is no seed");
        assert!(!error.to_string().contains(wrong), "{error}");
    }
}

#[test]
fn a_small_body_with_a_word_too_many_is_not_taken() {
    assert!(serde_json::from_str::<Extend>(r#"{"until":"2028-01-01T12:00:00Z","untill":"2029-01-01T12:00:00Z"}"#).is_err());
    assert!(serde_json::from_str::<Free>(r#"{"activation":"A-1","entitlement":"E-2"}"#).is_err());
}

#[test]
fn a_problem_reads_as_one_sentence() {
    let problem = Problem::new(409, "busy", "Somebody else was faster", "somebody else keeps changing this");
    assert_eq!(problem.to_string(), "somebody else keeps changing this");
    assert_eq!(problem.next("try again").to_string(), "somebody else keeps changing this; try again");
}
