//! A pool's journal to measure with: a million facts, hosts that check out, check out again and leave.

use std::time::Duration;

use keyward_domain::document::{Answer, Body, Contact, Delegation, Place, Rights};
use keyward_domain::entitlement::{Borrowing, Per};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::pool::{Asked, Charter, Ending, Fact, Sitter};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Digest, Document, Reply, Sealed, SignatureEntry, Trust};
use keyward_domain::signers::{KeyStatement, VendorId};
use keyward_domain::time::{Timestamp, Window, after};

pub(crate) const FACTS: u64 = 1_000_000;
const HOSTS: u32 = 2_000;

pub(crate) fn key(seed: u32) -> SigningKey {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&seed.to_be_bytes());
    SigningKey::from_seed(&bytes)
}

pub(crate) fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is a name"))
}

pub(crate) fn first_day() -> Timestamp {
    name("2027-01-01T00:00:00Z")
}

fn by_id<T: Document>(words: T, signer: &SigningKey) -> Sealed<T> {
    let entry = |message: &[u8]| vec![SignatureEntry { keyid: signer.public().id().to_string().into(), sig: signer.sign(message) }];
    match Sealed::seal(words, |message| Ok::<_, std::convert::Infallible>(entry(message))) {
        Ok(sealed) => sealed,
        Err(never) => match never {},
    }
}

pub(crate) fn charter(seats: u32) -> Charter {
    let delegation = Delegation {
        entitlement: name("E-1"),
        activation: name("A-1"),
        generation: 1,
        server: key(3).public(),
        rights: Rights {
            product: name("cad"),
            editions: [name("Professional")].into(),
            features: [].into(),
            key_type: KeyType::Network,
            medium: Medium::LicenseKey,
            tenure: TenureKind::Perpetual,
            maintenance_until: None,
        },
        seats,
        overdraft: 1,
        per: Per::User,
        loans: Some(Borrowing { days: 7, seats: 2 }),
        contact: Contact::None,
        window: Window { from: first_day(), until: None },
        sold_until: None,
        last_five: None,
    };
    let body = Body::Delegation(delegation);
    let answer = Answer { needs: vec![], request: Digest::of(b"asked"), issued: first_day(), recount: None, body, revocations: vec![] };
    let vendor = VendorId::of(&key(1).public());
    let keys = by_id(KeyStatement::first(vendor, key(2).public(), first_day()), &key(1));
    let reply = Reply { answer: by_id(answer, &key(2)).envelope().clone(), keys: vec![keys.envelope().clone()], delegation: None };
    match Charter::open(&reply.to_statement(), &Trust::new(vendor, vec![key(1).public()], 0)) {
        Ok(charter) => charter,
        Err(error) => panic!("the vendor's word: {error}"),
    }
}

/// A million facts: hosts check out, check out again and leave, as they do.
pub(crate) fn journal() -> Vec<Fact> {
    let at = first_day();
    let mut facts = vec![Fact::Opened { epoch: 1, lease: Duration::from_secs(600), at }];
    facts.push(Fact::Delegated { charter: Box::new(charter(HOSTS)), at });
    for guest in 0..HOSTS {
        let host = name(&format!("host-{guest}"));
        facts.push(Fact::Met { guest, device: key(100 + guest).public(), host, looks: Fingerprint::default(), at });
    }
    let mut places = vec![None; HOSTS as usize];
    let mut turn = 0u32;
    while (facts.len() as u64) < FACTS {
        let position = facts.len() as u64;
        let guest = turn.wrapping_mul(1_103) % HOSTS;
        let asked = Asked { count: u64::from(turn / HOSTS) + 1, request: Digest::of(&position.to_be_bytes()), by: None };
        let at = after(at, Duration::from_millis(position));
        let place = &mut places[guest as usize];
        let fact = match (*place, turn / HOSTS % 3) {
            (None, _) => Fact::Seated { guest, asked, sitter: Sitter { user: name("ada"), process: None }, choice: None, seat: guest, at },
            (Some(was), 1) => Fact::Reseated { was, asked, choice: None, at },
            (Some(place), _) => Fact::Ended { place, why: Ending::Returned, asked: Some(asked), by: None, at },
        };
        *place = (!matches!(fact, Fact::Ended { .. })).then_some(Place { epoch: 1, position });
        facts.push(fact);
        turn += 1;
    }
    facts
}
