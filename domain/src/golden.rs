//! Every form that is written down or sent, pinned in `tests/golden`: what one version wrote, every later one reads.
//!
//! `KEYWARD_BLESS=1` writes the files anew. A change in them is a change of the format: the reviewer sees it, and old forms must
//! still be read.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::anchor::AnchorContents;
use crate::device::Device;
use crate::document::{
    Answer, Ask, Binding, Body, Certificate, Contact, Delegation, Hold, Kind, Place, Receipt, Revocation, RevocationReason, Until, Wish,
};
use crate::entitlement::{Allowance, Borrowing, Entitlement, Freer, Per, Sale, Seats, Terms};
use crate::profile::{ProductProfile, TlsTerms};
use crate::record::{Granted, LogEntry, Record, RecordKey, Remembered, Signers};
use crate::refusal::Refusal;
use crate::rights::{Cell, KeyType, Matrix, Medium, Right, TenureKind};
use crate::seal::{self, Digest, Envelope, Keyward, Sealed, Statement};
use crate::signers::KeyStatement;
use crate::staff::{Staff, StaffRole, StaffToken};
use crate::testing::{
    a_ticket, activate, activation, answer, day, delegated, delegation, editions, every_refusal, first_keys, first_statement, host, issuer,
    key, last_five, looks, name, now, perpetual, product, profile, rental, replied, root, sealed, served, server, shipped_trust, sold,
    sold_key, statement, vendor, wish,
};
use crate::time::{Window, days};
use crate::trial::{LocalTrial, Trial};
use crate::vault::{Holdings, VaultContents};

/// Compares with the file, and reads the file back.
pub(crate) fn pinned<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, value: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let written = serde_json::to_string_pretty(value).expect("JSON") + "\n";
    if std::env::var_os("KEYWARD_BLESS").is_some_and(|it| it == "1") {
        std::fs::write(&path, &written).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == written, "{file} is pinned; what is written now is\n{written}");
    assert_eq!(&serde_json::from_str::<T>(&golden).expect("what was written is read"), value, "{file}");
}

type Named<T> = BTreeMap<String, T>;

fn named<T, const N: usize>(list: [(&str, T); N]) -> Named<T> {
    list.map(|(name, value)| (name.to_owned(), value)).into()
}

fn request() -> Sealed<crate::document::Request> {
    host('a').asks(1, activate())
}

fn held() -> Statement {
    Statement::new(Keyward::NAME, *b"an answer as received")
}

/// A certificate that has everything a certificate can have.
fn full() -> Certificate {
    let terms = Terms {
        editions: editions(&["Professional", "Standard"]),
        features: [name("render"), name("print")].into(),
        maintenance_until: Some(day(400)),
        ..rental(day(365))
    };
    let window = Window { from: day(0), until: Some(day(365)) };
    let contact = Contact::Every { days: 30, grace: 7 };
    Certificate { rights: terms.rights(), window, contact, ..host('a').certificate("A-1", 7) }
}

fn full_wish() -> Wish {
    let (editions, features) = (editions(&["Professional"]), [name("print")].into());
    Wish { process: Some(77), license: Some(name("E-1")), editions, features, ticket: Some(a_ticket()), ..wish("ada") }
}

#[test]
fn requests() {
    let since = Some(day(0));
    let asks = named([
        ("trial", Ask::Trial { edition: name("Standard"), since: None }),
        ("trial since", Ask::Trial { edition: name("Standard"), since }),
        ("activate", activate()),
        ("activate on its own", Ask::Activate { key: sold_key().public(), own_slot: true }),
        ("refresh", Ask::Refresh { activation: activation("A-1"), held: held() }),
        ("return", Ask::Return { activation: activation("A-1"), held: held() }),
        ("delegate", Ask::Delegate { key: sold_key().public() }),
        ("check-out", Ask::CheckOut { wish: wish("ada"), held: None }),
        ("check-out of everything", Ask::CheckOut { wish: full_wish(), held: Some(held()) }),
        ("borrow until", Ask::Borrow { wish: full_wish(), until: Until::At(day(6)) }),
        ("borrow for", Ask::Borrow { wish: wish("ada"), until: Until::For(days(5)) }),
        ("extend", Ask::Extend { activation: activation("A-1"), held: held(), until: Until::For(days(5)) }),
    ]);
    let addressed = |ask: Ask| match ask.kind() {
        Kind::CheckOut | Kind::Borrow | Kind::Extend => host('a').asks_server(7, ask).words().clone(),
        Kind::Trial | Kind::Activate | Kind::Delegate | Kind::Refresh | Kind::Return => host('a').words(7, ask),
    };
    pinned("requests.json", &asks.into_iter().map(|(name, ask)| (name, addressed(ask))).collect::<Named<_>>());
}

#[test]
fn answers() {
    let to = |body| answer(&request(), day(1), body);
    let revocation = |reason| Revocation { activation: activation("A-1"), device: host('a').device.public().id(), generation: 7, reason };
    let reasons = [RevocationReason::Moved, RevocationReason::Freed, RevocationReason::Returned];
    let loan = Certificate { hold: Hold::Loan { seat: 3, place: Place { epoch: 5, position: 77 } }, ..full() };
    let foreign = Certificate { binding: Binding::Fingerprint { fingerprint: looks("abc") }, ..host('a').certificate("A-1", 1) };
    let receipt = Body::Receipt(Receipt { activation: activation("A-1") });
    pinned(
        "answers.json",
        &named([
            ("certificate", to(Body::Certificate(host('a').certificate("A-1", 1)))),
            ("certificate of everything", to(Body::Certificate(full()))),
            ("certificate of a trial", to(Body::Certificate(host('a').trial_certificate("T-1", 1)))),
            ("certificate of a lease", to(Body::Certificate(host('a').lease(&request())))),
            ("certificate of a loan", to(Body::Certificate(loan))),
            ("delegation", to(Body::Delegation(delegation()))),
            ("delegation of everything", to(Body::Delegation(Delegation { contact: full().contact, ..delegation() }))),
            ("delegation of little", to(Body::Delegation(Delegation { loans: None, last_five: None, ..delegation() }))),
            ("certificate bound to no key", to(Body::Certificate(foreign))),
            ("receipt", to(receipt.clone())),
            ("recount", Answer { recount: Some(41), ..to(receipt) }),
            ("revocation", to(Body::Revocation(revocation(RevocationReason::Revoked)))),
            ("refusal", Answer { revocations: reasons.map(revocation).into(), ..to(Body::Refusal(Refusal::Revoked)) }),
        ]),
    );
}

#[test]
fn refusals() {
    let none = [Refusal::MovesSpent { next: None, moves: 0, days: 90 }, Refusal::TransfersSpent { next: None, transfers: 0, days: 90 }];
    pinned("refusals.json", &every_refusal().into_iter().chain(none).collect::<Vec<_>>());
}

fn robbed() -> KeyStatement {
    let rotated = first_statement().rotated(key(3).public(), day(9), days(1));
    rotated.revoked(issuer().public().id(), day(4), day(12)).expect("the new one signs")
}

#[test]
fn key_statements() {
    pinned("keys.json", &named([("first", first_statement()), ("rotated and revoked", robbed())]));
}

/// The signed bytes themselves. Ed25519 signs the same words the same way, so this pins payload types and the encoding that is signed.
#[test]
fn sealed_documents_open_for_ever() {
    pinned("sealed-request.json", request().envelope());
    pinned("sealed-keys.json", &first_keys());
    let reply = replied(&request(), day(1), Body::Certificate(full()));
    pinned("statement.json", &reply);
    pinned("reply.json", &seal::Reply::from_bytes(reply.bytes()).expect("a reply"));
    let asked = host('a').asks_server(1, Ask::CheckOut { wish: wish("ada"), held: None });
    let served = served(answer(&asked, day(1), Body::Certificate(host('a').lease(&asked))), delegated(delegation()));
    pinned("reply-of-a-license-server.json", &seal::Reply::from_bytes(served.bytes()).expect("a reply"));
    let golden = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
        std::fs::read_to_string(path).expect("it is there").into_bytes()
    };
    let first = Envelope::from_json(&golden("sealed-request.json")).expect("an envelope");
    assert_eq!(seal::open_request(&first).map(|it| it.name()), Ok(request().name()));
    let reply = Statement::new(Keyward::NAME, golden("reply.json"));
    let opened = seal::open(&reply, &[&Keyward], &shipped_trust(), &request()).expect("an answer");
    assert_eq!(opened.certificate(), Some(&full()));
    let served = Statement::new(Keyward::NAME, golden("reply-of-a-license-server.json"));
    let opened = seal::open(&served, &[&Keyward], &shipped_trust(), &asked).expect("an answer");
    assert_eq!(opened.certificate(), Some(&host('a').lease(&asked)));
}

#[test]
fn names_of_things_are_computed_the_same_for_ever() {
    let name = request().name();
    pinned(
        "names.json",
        &named([
            ("request", name.to_string()),
            ("activation", activation_of(&name)),
            ("seat", crate::names::ActivationId::of_seat(&server().public().id(), &name).to_string()),
            ("vendor", vendor().to_string()),
            ("issuer", issuer().public().to_string()),
            ("issuer's id", issuer().public().id().to_string()),
            ("license key's last five", last_five().as_str().into()),
            ("license key's public key", sold_key().public().to_string()),
            ("a part of a host", looks("a").parts().map(|it| it.to_string()).collect()),
        ]),
    );
}

fn activation_of(request: &Digest) -> String {
    crate::names::ActivationId::of(request).to_string()
}

fn vault() -> Holdings {
    let here = host('a').looking("abcdef");
    let new = VaultContents::new(vendor(), here.device.public(), &now(day(0), 0));
    let mut vault = Holdings::open(new, &[&Keyward], shipped_trust());
    let mut asks = |ask: Ask| {
        let request = here.asks(vault.next_count(), ask);
        vault.post(request.clone());
        request
    };
    let (first, second) = (asks(activate()), asks(activate()));
    for (request, activation) in [(&first, "A-1"), (&second, "A-2")] {
        let reply = replied(request, day(1), Body::Certificate(here.certificate(activation, 1)));
        vault.take(reply, &[&Keyward], &now(day(1), 1)).expect("taken");
    }
    vault.begin_trial(name("viewer"), LocalTrial { edition: name("Standard"), first: day(0) });
    let give_back = here.asks(vault.next_count(), Ask::Return { activation: activation("A-2"), held: held() });
    vault.post(give_back.clone());
    let words = Answer { recount: Some(41), ..answer(&give_back, day(2), Body::Refusal(Refusal::UnknownActivation)) };
    vault.take(statement(words, &issuer(), &[first_keys()]), &[&Keyward], &now(day(2), 2)).expect("taken");
    vault.note(&now(day(1), 3), &looks("abuvwx"));
    vault
}

/// Two seats, one of them for a process and with news of it, and a loan on its way back.
fn vault_with_seats() -> Holdings {
    let here = host('a').looking("abcdef");
    let new = VaultContents::new(vendor(), here.device.public(), &now(day(1), 0));
    let mut vault = Holdings::open(new, &[&Keyward], shipped_trust());
    let ran = |minutes: u64| crate::time::Now { running: std::time::Duration::from_secs(60 * minutes), ..now(day(1), 0) };
    let asked = |vault: &mut Holdings, ask: Ask| {
        let request = here.asks_server(vault.next_count(), ask);
        vault.post(request.clone());
        request
    };
    let given = |vault: &mut Holdings, request: &Sealed<crate::document::Request>, it: Certificate, minutes: u64| {
        let reply = served(answer(request, day(1), Body::Certificate(it)), delegated(delegation()));
        vault.take(reply, &[&Keyward], &ran(minutes)).expect("taken");
    };
    for (user, process, minutes) in [("ada", None, 0), ("bob", Some(4_711), 2)] {
        let request = asked(&mut vault, Ask::CheckOut { wish: Wish { process, ..wish(user) }, held: None });
        given(&mut vault, &request, here.lease(&request), minutes);
    }
    let seat = vault.refreshable(&name("cad")).pop().expect("a seat");
    vault.hear_of(&seat, Some(crate::vault::Loss::TakenOver));
    let request = asked(&mut vault, Ask::Borrow { wish: wish("eve"), until: Until::At(day(6)) });
    let window = Window { from: day(1), until: Some(day(6)) };
    let hold = Hold::Loan { seat: 4, place: Place { epoch: 5, position: 78 } };
    let loan = Certificate { hold, window, ..here.lease(&request) };
    given(&mut vault, &request, loan.clone(), 3);
    asked(&mut vault, Ask::Return { activation: loan.activation, held: held() });
    // Ten minutes of lease, and some of the grace, are over.
    vault.note(&ran(20), &here.looks);
    vault
}

#[test]
fn what_a_host_keeps() {
    let new = VaultContents::new(vendor(), host('a').device.public(), &now(day(0), 0));
    let own_slot = VaultContents { own_slot: true, ..new.clone() };
    let seats = vault_with_seats().contents();
    pinned("vault.json", &named([("new", new), ("own slot", own_slot), ("full", vault().contents()), ("seats", seats)]));
    let full = AnchorContents { count: 41, trials: [(name("cad"), day(0))].into(), tombstones: [activation("A-1")].into() };
    pinned("anchor.json", &named([("new", AnchorContents::default()), ("full", full)]));
}

#[test]
fn product_profiles() {
    let tls = TlsTerms { ca: Some("-----BEGIN CERTIFICATE-----\n".into()), pins: vec!["00ff".repeat(16)] };
    let links = [("buy".into(), "https://example.com/buy".into())].into();
    let full = ProductProfile { tls, links, ..profile() };
    pinned("profile.json", &named([("plain", profile()), ("full", full)]));
}

fn used() -> Entitlement {
    let network =
        Allowance::Seats(Seats { overdraft: 1, borrowing: Some(Borrowing { days: 7, seats: 2 }), per: Per::Process, ..Seats::of(5) });
    let mut it = sold(Terms { allowance: Allowance::Activations(3), ..rental(day(365)) });
    for (n, letter) in ('a'..='c').enumerate() {
        let request = host(letter).asks_verified(1, activate());
        it.activate(&request, false, &product(), day(n as u64)).expect("a slot");
    }
    let moved = host('a').reinstalled('d').asks_verified(1, activate());
    it.activate(&moved, false, &product(), day(4)).expect("its own slot");
    let freed = it.slots[1].activation.clone();
    it.free(&freed, Freer::Owner, day(5)).expect("within the budget");
    it.reissue(key(11).public(), last_five());
    it.revoke(day(6));
    it.owner = Some(name("ada@example.com"));
    it.terms.allowance = network;
    (it.terms.key_type, it.terms.contact) = (KeyType::Network, Contact::Every { days: 30, grace: 7 });
    it
}

#[test]
fn what_a_key_server_keeps() {
    let request = host('a').asks_verified(1, Ask::Trial { edition: name("Standard"), since: None });
    let mut trial = Trial::begin(&request, &name("Standard"), None, &product(), day(0)).expect("a trial");
    trial.certify(&request, None, day(0)).expect("it runs");
    let mut device = Device::new(host('a').device.public(), host('a').name, day(0));
    for (count, n) in [(1, 1), (2, 2), (2, 3)] {
        device.take(count, Digest::of(&[n]), &host('a').name, day(n.into()));
    }
    let open = Matrix::default().open(Cell { key_type: KeyType::StandAlone, medium: Medium::Dongle, right: Right::Rental });
    let sealed = sealed(robbed(), &root()).envelope().clone();
    let draft = Some(robbed().rotated(key(4).public(), day(20), days(1)));
    let signers = Signers { roots: vec![root().public()], current: robbed(), sealed, exported: Some(day(1)), draft };
    let records = named([
        ("product", Record::Product(crate::product::Product { matrix: open, ..product() })),
        ("entitlement", Record::Entitlement(sold(perpetual()))),
        ("entitlement in use", Record::Entitlement(used())),
        ("device", Record::Device(device)),
        ("trial", Record::Trial(trial)),
        ("signers", Record::Signers(signers)),
        ("staff", Record::Staff(staff())),
    ]);
    let sale = |owner| Sale { owner, ..Sale::from(rental(day(365))) };
    pinned("sale.json", &named([("to somebody", sale(Some(name("ada@example.com")))), ("to nobody in particular", sale(None))]));
    let keys: Named<RecordKey> = records.iter().map(|(name, record)| (name.clone(), record.key())).collect();
    let lookups: Named<_> = records.iter().map(|(name, record)| (name.clone(), record.lookups())).collect();
    pinned("records.json", &records);
    pinned("record-keys.json", &keys);
    pinned("lookups.json", &lookups);
    let granted = Granted { record: keys["entitlement"].clone(), activation: activation("A-1"), device: host('a').device.public() };
    pinned(
        "remembered.json",
        &named([
            ("a certificate", Remembered { statement: held(), granted: Some(granted) }),
            ("a receipt", Remembered { statement: held(), granted: None }),
        ]),
    );
    let line = |entitlement| LogEntry {
        at: day(1),
        actor: "device e624138449fffda15bc170f48a2551f8".into(),
        act: "activated".into(),
        entitlement,
        activation: Some(activation("A-1")),
        host: Some(host('a').name),
        request: Some(Digest::of(b"a request")),
    };
    pinned("log.json", &[line(Some(name("E-1"))), LogEntry { activation: None, host: None, request: None, ..line(None) }].to_vec());
}

fn staff() -> Staff {
    let mut staff = Staff::default();
    for (name_of_it, role) in [("ada", StaffRole::Administrator), ("shop", StaffRole::Reseller)] {
        let digest = Digest::of(name_of_it.as_bytes());
        staff.add(StaffToken { name: name(name_of_it), digest, role, issued: day(1), revoked: None }).expect("it is new");
    }
    staff.revoke(&name("shop"), day(2)).expect("it is there");
    staff
}

/// K1, K3 and the words of the command line stand in documents too.
#[test]
fn words() {
    fn of<T: ToString>(all: &[T]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }
    pinned(
        "words.json",
        &named([
            ("key type", of(KeyType::ALL)),
            ("medium", of(Medium::ALL)),
            ("tenure", of(TenureKind::ALL)),
            ("right", of(Right::ALL)),
            ("role", of(StaffRole::ALL)),
        ]),
    );
}
