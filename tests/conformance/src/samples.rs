//! One of everything a store keeps, with every field in use.

use std::collections::BTreeSet;
use std::time::Duration;

use keyward_domain::device::Device;
use keyward_domain::document::{Contact, RevocationReason};
use keyward_domain::entitlement::{Allowance, Budget, Ended, Entitlement, Slot, Tenure, Terms};
use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::{PublicKey, SigningKey};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::ActivationId;
use keyward_domain::product::{Product, Release};
use keyward_domain::profile::TrialTerms;
use keyward_domain::record::{Granted, LogEntry, Record, RecordKey, Remembered, Signers};
use keyward_domain::rights::{KeyType, Matrix, Medium, TenureKind};
use keyward_domain::seal::{Digest, Keyward, Sealed, SignatureEntry, Statement};
use keyward_domain::signers::{KeyStatement, VendorId};
use keyward_domain::time::{Boot, Now, Timestamp, Window, after, days};
use keyward_domain::trial::Trial;

/// A name of any kind; the text is one.
pub(crate) fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is a name"))
}

/// So many days after the beginning of 2027.
pub(crate) fn day(n: u64) -> Timestamp {
    after(name("2027-01-01T00:00:00Z"), days(n))
}

pub(crate) fn now() -> Now {
    Now { wall: day(0), running: Duration::from_secs(60), boot: Boot("first".into()) }
}

pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

pub(crate) fn public(n: u8) -> PublicKey {
    key(n).public()
}

pub(crate) fn vendor(n: u8) -> VendorId {
    VendorId::of(&public(n))
}

pub(crate) fn fingerprint(host: &str) -> Fingerprint {
    let kinds = [PartKind::Machine, PartKind::Board, PartKind::Disk, PartKind::Nic];
    let parts: Vec<_> = kinds.iter().filter_map(|kind| Part::new(*kind, &format!("{kind} of {host}"))).collect();
    Fingerprint::of(&vendor(1), &parts)
}

pub(crate) fn product(id: &str) -> Record {
    Record::Product(Product {
        id: name(id),
        name: "Ärchitect \"CAD\"".into(),
        versions: vec![Release { version: name("2027"), released: day(0) }],
        editions: vec![name("Professional"), name("Standard")],
        languages: vec![name("en-US"), name("zh-CN")],
        trial: TrialTerms { days: 30, local_days: 7 },
        matrix: Matrix::default(),
    })
}

/// An entitlement that a device holds and another held; both numbers are seeds.
pub(crate) fn entitlement(id: &str, holds: u8, held: u8) -> Record {
    let terms = Terms {
        product: name("cad"),
        editions: BTreeSet::from([name("Professional")]),
        key_type: KeyType::StandAlone,
        medium: Medium::LicenseKey,
        tenure: Tenure { kind: TenureKind::Rental, window: Window { from: day(0), until: Some(day(365)) } },
        allowance: Allowance::Activations(2),
        moves: Budget::default(),
        transfers: Budget::default(),
        contact: Contact::Every { days: 30, grace: 14 },
        features: BTreeSet::from([name("render")]),
        maintenance_until: Some(day(200)),
    };
    let last_five = LicenseKey::from_random([holds; 15]).last_five();
    let mut sold = Entitlement::sold(name(id), public(100 + holds), last_five, terms, day(0));
    sold.slots.push(Slot {
        activation: activation(holds),
        device: public(holds),
        fingerprint: fingerprint("office"),
        host: name("office"),
        count: Some(5),
        generation: 3,
        since: day(1),
        seen: day(2),
    });
    sold.ended.push(Ended {
        activation: activation(held),
        device: public(held),
        generation: 1,
        reason: RevocationReason::Moved,
        at: day(1),
    });
    sold.moves.push(day(1));
    Record::Entitlement(sold)
}

pub(crate) fn activation(n: u8) -> ActivationId {
    ActivationId::of(&Digest::of(&[n]))
}

pub(crate) fn device(n: u8) -> Record {
    let mut device = Device::new(public(n), name("office"), day(0));
    device.take(1, Digest::of(b"a request"), &name("office"), day(1));
    Record::Device(device)
}

pub(crate) fn trial(n: u8) -> Record {
    Record::Trial(Trial {
        activation: activation(n),
        product: name("cad"),
        edition: name("Standard"),
        device: public(n),
        fingerprint: fingerprint("office"),
        host: name("büro"),
        window: Window { from: day(0), until: Some(day(30)) },
        generation: 1,
    })
}

pub(crate) fn signers() -> Record {
    let current = KeyStatement::first(vendor(1), public(2), day(0));
    let sign = |message: &[u8]| Ok::<_, ()>(vec![SignatureEntry { keyid: public(1).id().to_string().into(), sig: key(1).sign(message) }]);
    let sealed = Sealed::seal(current.clone(), sign).unwrap_or_else(|()| unreachable!("a key in memory signs"));
    let draft = Some(current.rotated(public(3), day(1), days(7)));
    Record::Signers(Signers { roots: vec![public(1)], current, sealed: sealed.envelope().clone(), draft, exported: Some(day(1)) })
}

pub(crate) fn request(n: u8) -> Digest {
    Digest::of(&[n, n])
}

pub(crate) fn remembered(answer: &str) -> Remembered {
    let granted = Granted { record: RecordKey::Entitlement(name("E-1")), activation: activation(1), device: public(1) };
    Remembered { statement: Statement::new(Keyward::NAME, answer.as_bytes()), granted: Some(granted) }
}

/// A line of the log that is told from others by its act.
pub(crate) fn line(act: &str, of: Option<&str>) -> LogEntry {
    LogEntry {
        at: day(0),
        actor: "device".into(),
        act: act.into(),
        entitlement: of.map(name),
        activation: of.map(|_| activation(1)),
        host: of.map(|_| name("büro \"1\"")),
        request: of.map(|_| request(1)),
    }
}
