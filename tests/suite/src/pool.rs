//! A pool of seats as a test makes one: the vendor's word for it, the keys of all who take part, and what a host asks of it.

#![expect(clippy::expect_used, reason = "an expectation of a test says its step; clippy sees tests in `#[test]` functions alone")]

use std::convert::Infallible;
use std::sync::Arc;

use keyward_domain::document::{Addressee, Answer, Ask, Body, Contact, Delegation, Nonce, Request, Rights, Ticket, Wish};
use keyward_domain::entitlement::{Borrowing, Per};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::pool::{Lending, Rhythm, ServerSecret, Start};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Digest, Document, Reply, Sealed, SignatureEntry, Statement, Trust};
use keyward_domain::signers::{KeyStatement, VendorId};
use keyward_domain::time::{Timestamp, Window, after, days};
use keyward_engine::pool_keeper::Outset;
use keyward_ports::SoftwareSigner;

const ROOT: u8 = 1;
const ISSUER: u8 = 2;
const SERVER: u8 = 3;

/// How many seats there are.
#[derive(Debug, Clone, Copy)]
pub struct Seats {
    /// That can be in use.
    pub seats: u32,
    /// That stand in for what an administrator took away.
    pub overdraft: u32,
    /// That can be borrowed at a time, for a week.
    pub loans: u32,
}

/// The key of a number. The first three are the vendor's root, its issuer, and the license server's.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

/// When everything begins.
///
/// # Panics
/// Never.
pub fn first_day() -> Timestamp {
    "2027-01-01T09:00:00Z".parse().expect("an instant")
}

/// Whom everybody believes.
pub fn trust() -> Trust {
    Trust::new(VendorId::of(&key(ROOT).public()), vec![key(ROOT).public()], 0)
}

/// The license server's key, as it signs with it.
pub fn signer() -> Arc<SoftwareSigner> {
    Arc::new(SoftwareSigner::from_seed(&[SERVER; 32]))
}

/// What the license server begins with: leases as they are usually, and no backup put back.
pub fn outset() -> Outset {
    Outset {
        trust: trust(),
        secret: ServerSecret::new([9; 32]),
        rhythm: Rhythm::default(),
        lending: Lending::Open,
        start: Start::default(),
    }
}

/// The vendor's word for the license server: its seats for a year.
///
/// # Panics
/// Never.
pub fn delegation(Seats { seats, overdraft, loans }: Seats) -> Statement {
    let delegation = Delegation {
        entitlement: "E-1".parse().expect("an id"),
        activation: "A-1".parse().expect("an id"),
        generation: 1,
        server: key(SERVER).public(),
        rights: Rights {
            product: "cad".parse().expect("an id"),
            editions: ["Professional".parse().expect("an edition")].into(),
            features: [].into(),
            key_type: KeyType::Network,
            medium: Medium::LicenseKey,
            tenure: TenureKind::Perpetual,
            maintenance_until: None,
        },
        seats,
        overdraft,
        per: Per::User,
        loans: Some(Borrowing { days: 7, seats: loans }),
        contact: Contact::None,
        window: Window { from: first_day(), until: Some(after(first_day(), days(365))) },
        sold_until: None,
        last_five: None,
    };
    let statement = KeyStatement::first(VendorId::of(&key(ROOT).public()), key(ISSUER).public(), first_day());
    let words = Answer {
        needs: Vec::new(),
        request: Digest::of(b"the server's request"),
        issued: first_day(),
        recount: None,
        body: Body::Delegation(delegation),
        revocations: Vec::new(),
    };
    let keys = vec![by_id(statement, &key(ROOT)).envelope().clone()];
    Reply { answer: by_id(words, &key(ISSUER)).envelope().clone(), keys, delegation: None }.to_statement()
}

/// What somebody wants: whatever the license has.
///
/// # Panics
/// Never.
pub fn wish(ticket: Option<Ticket>) -> Wish {
    let user = "ada".parse().expect("a name");
    Wish { user, process: None, license: None, editions: [].into(), features: [].into(), ticket }
}

/// What a host asks of the license server, counted by its vault.
///
/// # Panics
/// If that is no name of a host.
pub fn request(device: &SigningKey, host: &str, count: u64, ask: Ask) -> Sealed<Request> {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&count.to_be_bytes());
    let words = Request {
        needs: Vec::new(),
        to: Addressee::Server(key(SERVER).public().id()),
        ask,
        nonce: Nonce(nonce),
        product: "cad".parse().expect("an id"),
        version: "2027".parse().expect("a version"),
        language: "en-US".parse().expect("a language"),
        device: device.public(),
        host: host.parse().expect("a host name"),
        fingerprint: Fingerprint::default(),
        count,
        created: first_day(),
        typed: None,
    };
    signed(words, device.public().to_string(), device)
}

fn by_id<T: Document>(words: T, signer: &SigningKey) -> Sealed<T> {
    signed(words, signer.public().id().to_string(), signer)
}

fn signed<T: Document>(words: T, keyid: String, signer: &SigningKey) -> Sealed<T> {
    let entry = |message: &[u8]| vec![SignatureEntry { keyid: keyid.into(), sig: signer.sign(message) }];
    Sealed::seal(words, |message| Ok::<_, Infallible>(entry(message))).expect("it is signed")
}
