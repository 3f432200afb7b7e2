//! What this crate's tests are made of: keys from fixed seeds, fixed instants, and the documents a vendor and its hosts would write.
//!
//! Nothing here is random and nothing here expires.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::document::{
    Addressee, Answer, Ask, Binding, Body, Certificate, Contact, Delegation, Hold, Kind, Nonce, Place, Request, Rights, Ticket, Wish,
};
use crate::entitlement::{Allowance, Borrowing, Entitlement, Per, Tenure, Terms};
use crate::host::{Fingerprint, Part, PartKind};
use crate::keys::SigningKey;
use crate::license::Grant;
use crate::license_key::{LastFive, LicenseKey};
use crate::names::{ActivationId, Edition, HostName};
use crate::product::{Product, Release};
use crate::profile::{ProductProfile, TlsTerms, TrialTerms};
use crate::refusal::{Holder, Occupant, Refusal};
use crate::rights::{KeyType, Matrix, Medium, TenureKind};
use crate::seal::{self, Document, Envelope, Keyward, Reply, Sealed, SignatureEntry, Statement, Trust, Verified};
use crate::signers::{KeyStatement, VendorId};
use crate::time::{Boot, Now, Timestamp, Window, after, days};

/// An instant, written down.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// So many days after the first day of these tests, 2026-01-01.
pub(crate) fn day(n: u64) -> Timestamp {
    after(at("2026-01-01T00:00:00Z"), days(n))
}

/// A host that was never rebooted, with its wall clock here and so many days of running time behind it.
pub(crate) fn now(wall: Timestamp, ran: u64) -> Now {
    Now { wall, running: days(ran), boot: Boot("first".into()) }
}

/// The second before an instant.
pub(crate) fn just_before(at: Timestamp) -> Timestamp {
    at.checked_sub(Duration::from_secs(1)).expect("a second earlier")
}

pub(crate) fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(crate) fn root() -> SigningKey {
    key(1)
}

pub(crate) fn issuer() -> SigningKey {
    key(2)
}

pub(crate) fn vendor() -> VendorId {
    VendorId::of(&root().public())
}

/// The license key everything is sold under, as it is typed.
pub(crate) fn license_key() -> LicenseKey {
    LicenseKey::from_random([7; 15])
}

/// What it signs with.
pub(crate) fn sold_key() -> SigningKey {
    SigningKey::from_seed(&license_key().seed())
}

pub(crate) fn last_five() -> LastFive {
    license_key().last_five()
}

/// A host with one disk for each letter.
pub(crate) fn looks(letters: &str) -> Fingerprint {
    let parts: Vec<_> = letters.chars().filter_map(|letter| Part::new(PartKind::Disk, &format!("disk-{letter}"))).collect();
    Fingerprint::of(&vendor(), &parts)
}

/// An envelope of any bytes, signed by whoever is named, under whatever key id.
pub(crate) fn envelope(payload_type: &str, payload: &[u8], signers: &[(String, &SigningKey)]) -> Envelope {
    let message = Envelope::new(payload_type, payload.to_vec(), Vec::new()).encoding();
    let sign = |(keyid, key): &(String, &SigningKey)| SignatureEntry { keyid: keyid.as_str().into(), sig: key.sign(&message) };
    Envelope::new(payload_type, payload.to_vec(), signers.iter().map(sign).collect())
}

/// Seals an answer or a key statement: a signature names its key by id.
pub(crate) fn sealed<T: Document>(words: T, signer: &SigningKey) -> Sealed<T> {
    let entry = |message: &[u8]| vec![SignatureEntry { keyid: signer.public().id().to_string().into(), sig: signer.sign(message) }];
    Sealed::seal(words, |message| Ok::<_, std::convert::Infallible>(entry(message))).expect("it is signed")
}

/// Seals a request: a signature names its key by the key itself.
pub(crate) fn asked(words: Request, signers: &[&SigningKey]) -> Sealed<Request> {
    let entry = |key: &SigningKey, message: &[u8]| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
    let sign = |message: &[u8]| Ok::<_, std::convert::Infallible>(signers.iter().map(|key| entry(key, message)).collect());
    Sealed::seal(words, sign).expect("it is signed")
}

/// The first key statement: one issuer, from the day before the first.
pub(crate) fn first_statement() -> KeyStatement {
    KeyStatement::first(vendor(), issuer().public(), at("2025-12-31T00:00:00Z"))
}

pub(crate) fn first_keys() -> Envelope {
    sealed(first_statement(), &root()).envelope().clone()
}

/// What a product believes before it heard of any issuer.
pub(crate) fn shipped_trust() -> Trust {
    Trust::new(vendor(), vec![root().public()], 0)
}

pub(crate) fn trust() -> Trust {
    let mut trust = shipped_trust();
    trust.learn(&first_keys()).expect("the root's word");
    trust
}

/// A host as its requests show it.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) device: SigningKey,
    pub(crate) name: HostName,
    pub(crate) looks: Fingerprint,
}

/// A host with its own key, its own name and its own three disks.
pub(crate) fn host(name: char) -> Host {
    let disks: Vec<_> = (0..3).filter_map(|n| Part::new(PartKind::Disk, &format!("{name}-{n}"))).collect();
    let looks = Fingerprint::of(&vendor(), &disks);
    Host { device: key(name as u8), name: format!("host-{name}").parse().expect("a host name"), looks }
}

impl Host {
    /// The same host, reinstalled: a new vault key on the same parts.
    pub(crate) fn reinstalled(&self, name: char) -> Self {
        Self { looks: self.looks.clone(), ..host(name) }
    }

    pub(crate) fn looking(self, letters: &str) -> Self {
        Self { looks: looks(letters), ..self }
    }

    /// What it asks, unsigned.
    pub(crate) fn words(&self, count: u64, ask: Ask) -> Request {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&count.to_be_bytes());
        Request {
            needs: Vec::new(),
            to: vendor().into(),
            ask,
            nonce: Nonce(nonce),
            product: name("cad"),
            version: name("2027"),
            language: name("en-US"),
            device: self.device.public(),
            host: self.name.clone(),
            fingerprint: self.looks.clone(),
            count,
            created: day(0),
            typed: None,
        }
    }

    pub(crate) fn asks(&self, count: u64, ask: Ask) -> Sealed<Request> {
        let sold = sold_key();
        let signers: &[&SigningKey] =
            if matches!(ask, Ask::Activate { .. } | Ask::Delegate { .. }) { &[&self.device, &sold] } else { &[&self.device] };
        asked(self.words(count, ask), signers)
    }

    /// What it asks, as the key server has it after opening.
    pub(crate) fn asks_verified(&self, count: u64, ask: Ask) -> Verified<Request> {
        seal::open_request(self.asks(count, ask).envelope()).expect("a request")
    }

    /// What it asks the license server.
    pub(crate) fn asks_server(&self, count: u64, ask: Ask) -> Sealed<Request> {
        let to = Addressee::Server(server().public().id());
        asked(Request { to, ..self.words(count, ask) }, &[&self.device])
    }

    /// A lease of this host, as the license server signs it on the first day.
    pub(crate) fn lease(&self, request: &Sealed<Request>) -> Certificate {
        Certificate {
            activation: ActivationId::of_seat(&server().public().id(), &request.name()),
            rights: delegation().rights,
            window: Window { from: day(1), until: Some(after(day(1), Duration::from_secs(600))) },
            hold: Hold::Lease { seat: 3, place: Place { epoch: 5, position: 77 } },
            ..self.certificate("A-1", 5)
        }
    }

    /// A certificate of this host.
    pub(crate) fn certificate(&self, activation: &str, generation: u64) -> Certificate {
        Certificate {
            entitlement: Some(name("E-1")),
            activation: name(activation),
            generation,
            binding: Binding::Host { device: self.device.public(), fingerprint: self.looks.clone() },
            rights: perpetual().rights(),
            window: Window { from: day(0), until: None },
            contact: Contact::None,
            hold: Hold::Activation,
            last_five: Some(last_five()),
        }
    }

    /// A certificate to try this host's product for thirty days.
    pub(crate) fn trial_certificate(&self, activation: &str, generation: u64) -> Certificate {
        let certificate = self.certificate(activation, generation);
        Certificate {
            entitlement: None,
            rights: Rights { tenure: TenureKind::Trial, ..certificate.rights },
            window: Window { from: day(0), until: Some(day(30)) },
            hold: Hold::Trial,
            last_five: None,
            ..certificate
        }
    }
}

pub(crate) fn activate() -> Ask {
    Ask::Activate { key: sold_key().public(), own_slot: false }
}

/// The words of an answer.
pub(crate) fn answer(request: &Sealed<Request>, issued: Timestamp, body: Body) -> Answer {
    Answer { needs: Vec::new(), request: request.name(), issued, recount: None, body, revocations: Vec::new() }
}

/// An answer on its way, with the key statement that vouches for its signer.
pub(crate) fn statement(answer: Answer, signer: &SigningKey, keys: &[Envelope]) -> Statement {
    Reply { answer: sealed(answer, signer).envelope().clone(), keys: keys.to_vec(), delegation: None }.to_statement()
}

/// An answer as this vendor's key server sends it.
pub(crate) fn replied(request: &Sealed<Request>, issued: Timestamp, body: Body) -> Statement {
    statement(answer(request, issued, body), &issuer(), &[first_keys()])
}

/// An answer as a host has it after opening.
pub(crate) fn verified(request: &Sealed<Request>, issued: Timestamp, body: Body) -> Verified<Answer> {
    seal::open(&replied(request, issued, body), &[&Keyward], &shipped_trust(), request).expect("an answer")
}

/// What a certificate grants, signed on a day.
pub(crate) fn grant(certificate: Certificate, issued: Timestamp) -> Grant {
    let request = host('a').asks(1, activate());
    Grant::of(&verified(&request, issued, Body::Certificate(certificate))).expect("a grant")
}

pub(crate) fn editions(names: &[&str]) -> BTreeSet<Edition> {
    names.iter().map(|it| name(it)).collect()
}

/// Sold without an end, for one host.
pub(crate) fn perpetual() -> Terms {
    Terms {
        product: name("cad"),
        editions: editions(&["Professional"]),
        key_type: KeyType::StandAlone,
        medium: Medium::LicenseKey,
        tenure: Tenure { kind: TenureKind::Perpetual, window: Window { from: day(0), until: None } },
        allowance: Allowance::Activations(1),
        moves: crate::entitlement::Budget::default(),
        transfers: crate::entitlement::Budget::default(),
        contact: Contact::None,
        features: BTreeSet::new(),
        maintenance_until: None,
    }
}

/// Sold from the first day until another, for one host.
pub(crate) fn rental(until: Timestamp) -> Terms {
    Terms { tenure: Tenure { kind: TenureKind::Rental, window: Window { from: day(0), until: Some(until) } }, ..perpetual() }
}

pub(crate) fn sold(terms: Terms) -> Entitlement {
    Entitlement::sold(name("E-1"), sold_key().public(), last_five(), terms, day(0))
}

pub(crate) fn product() -> Product {
    let release = |version: &str, released: &str| Release { version: name(version), released: at(released) };
    Product {
        id: name("cad"),
        name: "Example CAD".into(),
        versions: vec![release("2025", "2025-03-01T00:00:00Z"), release("2027", "2026-06-01T00:00:00Z")],
        editions: vec![name("Professional"), name("Standard")],
        languages: vec![name("en-US"), name("zh-CN")],
        trial: TrialTerms { days: 30, local_days: 7 },
        matrix: Matrix::default(),
    }
}

pub(crate) fn profile() -> ProductProfile {
    let servers = vec!["https://keys.example.com".into(), "https://keys2.example.com:8443".into()];
    product().profile(vec![root().public()], 1, servers, TlsTerms::default()).expect("a product with a version and a root")
}

pub(crate) fn activation(text: &str) -> ActivationId {
    name(text)
}

/// A key that nobody knows here.
pub(crate) fn stranger() -> SigningKey {
    key(200)
}

/// The key of the license server.
pub(crate) fn server() -> SigningKey {
    key(5)
}

/// What the license server may sign: five seats and one for emergencies, two of them to be borrowed for seven days, for a year.
pub(crate) fn delegation() -> Delegation {
    Delegation {
        entitlement: name("E-1"),
        activation: activation("A-9"),
        generation: 1,
        server: server().public(),
        rights: Rights { key_type: KeyType::Network, features: [name("print"), name("render")].into(), ..perpetual().rights() },
        seats: 5,
        overdraft: 1,
        per: Per::User,
        loans: Some(Borrowing { days: 7, seats: 2 }),
        contact: Contact::None,
        window: Window { from: day(0), until: Some(day(365)) },
        sold_until: None,
        last_five: Some(last_five()),
    }
}

/// The issuer's answer by which the license server may sign.
pub(crate) fn delegated(delegation: Delegation) -> Envelope {
    let request = host('s').asks(1, Ask::Delegate { key: sold_key().public() });
    sealed(answer(&request, day(0), Body::Delegation(delegation)), &issuer()).envelope().clone()
}

/// An answer as the license server sends it.
pub(crate) fn served(answer: Answer, delegation: Envelope) -> Statement {
    Reply { answer: sealed(answer, &server()).envelope().clone(), keys: vec![first_keys()], delegation: Some(delegation) }.to_statement()
}

/// A wish for any seat.
pub(crate) fn wish(user: &str) -> Wish {
    Wish { user: name(user), process: None, license: None, editions: BTreeSet::new(), features: BTreeSet::new(), ticket: None }
}

pub(crate) fn a_ticket() -> Ticket {
    Ticket { epoch: 5, number: 9, holder: [1; 16], mac: [2; 16] }
}

/// One refusal of each code, in the order they are declared in.
pub(crate) fn every_refusal() -> Vec<Refusal> {
    let holder = Holder { host: host('a').name, since: day(1) };
    let occupant = Occupant { host: host('a').name, user: name("ada"), since: day(1), due: Some(day(6)) };
    vec![
        Refusal::OtherVendor,
        Refusal::UnknownKey,
        Refusal::KeyReplaced,
        Refusal::OtherProduct { product: name("viewer") },
        Refusal::UnknownProduct { product: name("viewer") },
        Refusal::UnknownEdition { edition: name("Gold"), editions: product().editions },
        Refusal::MaintenanceEnded { version: name("2027"), until: day(100) },
        Refusal::Expired { until: day(100) },
        Refusal::Revoked,
        Refusal::NeedsLicenseServer,
        Refusal::NeedsDongle,
        Refusal::StandAloneKeyHasNoServer,
        Refusal::StandAloneDongleHasNoServer,
        Refusal::NoActivationLeft { activations: 1, holders: vec![holder] },
        Refusal::MovesSpent { next: Some(day(90)), moves: 3, days: 90 },
        Refusal::TransfersSpent { next: Some(day(90)), transfers: 3, days: 90 },
        Refusal::NotThisHost,
        Refusal::UnknownActivation,
        Refusal::CopiedHost,
        Refusal::RequestSpent,
        Refusal::TrialOver { until: day(30) },
        Refusal::NoTrial,
        Refusal::Unsupported { kind: Kind::Trial },
        Refusal::OtherServer,
        Refusal::NoPool { product: name("viewer") },
        Refusal::UnknownFeature { feature: name("render"), features: vec![name("print")] },
        Refusal::PoolFull { seats: 3, ticket: a_ticket(), place: 2, holders: vec![occupant.clone()] },
        Refusal::SeatGone,
        Refusal::DelegationEnded { until: day(100) },
        Refusal::ServerClosed,
        Refusal::ServerRevoked { why: crate::document::RevocationReason::Revoked },
        Refusal::ServerRestored { until: day(30) },
        Refusal::LoansOut { loans: 2, until: day(30) },
        Refusal::NotBorrowable,
        Refusal::NoLoanLeft { loans: 2, holders: vec![occupant.clone()] },
        Refusal::LoanTooLong { latest: day(7) },
        Refusal::OverdraftSpent { overdraft: 1, next: Some(day(2)) },
        Refusal::NoSeatFree { seats: 3, holders: vec![occupant], until: None },
        Refusal::ForLicenseServer { server: server().public().id() },
    ]
}
