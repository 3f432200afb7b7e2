//! Documents as large as real ones are: six parts of a host, ids of full length, instants to the nanosecond.

use keyward_domain::document::{Ask, Nonce, Request};
use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::ActivationId;
use keyward_domain::seal::{Digest, Document, Envelope, Reply, Sealed, SignatureEntry, Statement};
use keyward_domain::signers::{KeyStatement, VendorId};
use keyward_domain::time::{Timestamp, after, days};
use serde_json::json;

/// Random enough: as hard to compress as a real key.
fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(name.as_bytes()).bytes())
}

fn day(n: u64) -> Timestamp {
    after("2026-11-21T09:37:12.123456789Z".parse().expect("an instant"), days(n))
}

fn vendor() -> VendorId {
    VendorId::of(&key("root").public())
}

fn sealed<T: Document>(words: T, signers: &[&SigningKey], keyid: impl Fn(&SigningKey) -> String) -> Envelope {
    let entry = |key: &SigningKey, message: &[u8]| SignatureEntry { keyid: keyid(key).into(), sig: key.sign(message) };
    let sign = |message: &[u8]| Ok::<_, ()>(signers.iter().map(|key| entry(key, message)).collect());
    Sealed::seal(words, sign).expect("it is signed").envelope().clone()
}

fn fingerprint() -> Fingerprint {
    let kinds = [PartKind::Machine, PartKind::Board, PartKind::Serial, PartKind::Nic, PartKind::Disk, PartKind::Processor];
    let parts: Vec<_> = kinds.iter().filter_map(|kind| Part::new(*kind, &format!("{kind} number seven"))).collect();
    Fingerprint::of(&vendor(), &parts)
}

pub(crate) fn request(ask: Ask) -> Envelope {
    let words = Request {
        needs: Vec::new(),
        to: vendor().into(),
        nonce: Nonce(Digest::of(b"nonce").bytes()[..16].try_into().expect("16 bytes")),
        product: "architect".parse().expect("a product"),
        version: "2027.1".parse().expect("a version"),
        language: "zh-CN".parse().expect("a language"),
        device: key("device").public(),
        host: "DESKTOP-7Q2M4KX.corp.example".parse().expect("a host name"),
        fingerprint: fingerprint(),
        count: 1234,
        created: day(0),
        typed: None,
        ask,
    };
    let (device, license) = (key("device"), license());
    let signers: &[&SigningKey] = if matches!(words.ask, Ask::Activate { .. }) { &[&device, &license] } else { &[&device] };
    sealed(words, signers, |key| key.public().to_string())
}

fn license() -> SigningKey {
    SigningKey::from_seed(&LicenseKey::from_random([9; 15]).seed())
}

pub(crate) fn activation() -> Envelope {
    request(Ask::Activate { key: license().public(), own_slot: false })
}

pub(crate) fn return_of(held: Statement) -> Envelope {
    request(Ask::Return { activation: activation_id(), held })
}

fn activation_id() -> ActivationId {
    ActivationId::of(&activation().name())
}

/// The answer to an activation, after the issuer was rotated so many times.
pub(crate) fn certificate(rotations: u64) -> Statement {
    let body = json!({
        "kind": "certificate",
        "entitlement": "E-7QH2M4KXW9ZT3B5N",
        "activation": activation_id(),
        "generation": 3,
        "binding": { "to": "host", "device": key("device").public(), "fingerprint": fingerprint() },
        "rights": {
            "product": "architect",
            "editions": ["Professional", "Standard"],
            "features": ["cloud-render", "print", "sheet-metal"],
            "key_type": "stand-alone",
            "medium": "license-key",
            "tenure": "rental",
            "maintenance_until": day(365),
        },
        "window": { "from": day(0), "until": day(365) },
        "contact": { "every": { "days": 30, "grace": 7 } },
        "hold": { "as": "activation" },
        "last_five": "E1RAJ",
    });
    answer(rotations, &body)
}

/// A refusal that shows as much as a refusal can.
pub(crate) fn refusal(holders: usize) -> Statement {
    let holder =
        |n| json!({ "host": format!("DESKTOP-{}.corp.example", Digest::of(&[n as u8]).to_string().split_at(7).0), "since": day(n as u64) });
    let holders: Vec<_> = (0..holders).map(holder).collect();
    answer(1, &json!({ "kind": "refusal", "code": "no-activation-left", "activations": holders.len(), "holders": holders }))
}

fn answer(rotations: u64, body: &serde_json::Value) -> Statement {
    let words = json!({ "request": activation().name(), "issued": day(1), "body": body });
    let words: keyward_domain::document::Answer = serde_json::from_value(words).expect("an answer");
    let mut statement = KeyStatement::first(vendor(), key("issuer 0").public(), day(0));
    for n in 1..=rotations {
        statement = statement.rotated(key(&format!("issuer {n}")).public(), day(n), days(7));
    }
    let by_id = |key: &SigningKey| key.public().id().to_string();
    let keys = sealed(statement, &[&key("root")], by_id);
    Reply { answer: sealed(words, &[&key(&format!("issuer {rotations}"))], by_id), keys: vec![keys], delegation: None }.to_statement()
}
