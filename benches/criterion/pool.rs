//! What a license server's pool costs: replaying its journal, and beats and check-outs in pools of three sizes.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use keyward_domain::document::{Addressee, Answer, Ask, Body, Contact, Delegation, Nonce, Place, Request, Rights, Wish};
use keyward_domain::entitlement::{Borrowing, Per};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::pool::{Asked, Beat, Books, Charter, Ending, Fact, Op, Outcome, Pool, Rhythm, ServerSecret, Sitter, Start, Way};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Digest, Document, Reply, Sealed, SignatureEntry, Trust, Verified, open_request};
use keyward_domain::signers::{KeyStatement, VendorId};
use keyward_domain::time::{Boot, Now, Timestamp, Window, after};

const FACTS: u64 = 1_000_000;
const HOSTS: u32 = 2_000;

fn key(seed: u32) -> SigningKey {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&seed.to_be_bytes());
    SigningKey::from_seed(&bytes)
}

fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is a name"))
}

fn first_day() -> Timestamp {
    name("2027-01-01T00:00:00Z")
}

fn by_id<T: Document>(words: T, signer: &SigningKey) -> Sealed<T> {
    let entry = |message: &[u8]| vec![SignatureEntry { keyid: signer.public().id().to_string().into(), sig: signer.sign(message) }];
    match Sealed::seal(words, |message| Ok::<_, std::convert::Infallible>(entry(message))) {
        Ok(sealed) => sealed,
        Err(never) => match never {},
    }
}

fn charter(seats: u32) -> Charter {
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
fn journal() -> Vec<Fact> {
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
        let asked = Asked { count: u64::from(turn / HOSTS) + 1, request: Digest::of(&position.to_be_bytes()) };
        let at = after(at, Duration::from_millis(position));
        let place = &mut places[guest as usize];
        let fact = match (*place, turn / HOSTS % 3) {
            (None, _) => Fact::Seated { guest, asked, sitter: Sitter { user: name("ada"), process: None }, choice: None, seat: guest, at },
            (Some(was), 1) => Fact::Reseated { was, asked, choice: None, at },
            (Some(place), _) => Fact::Ended { place, why: Ending::Returned, asked: Some(asked), at },
        };
        *place = (!matches!(fact, Fact::Ended { .. })).then_some(Place { epoch: 1, position });
        facts.push(fact);
        turn += 1;
    }
    facts
}

fn replays(c: &mut Criterion) {
    let facts = journal();
    let lines: Vec<String> = facts.iter().map(|fact| serde_json::to_string(fact).unwrap_or_default()).collect();
    let mut group = c.benchmark_group("1,000,000 facts");
    group.sample_size(10);
    group.bench_function("applied", |b| {
        b.iter(|| {
            let mut books = Books::default();
            facts.iter().for_each(|fact| books.apply(black_box(fact)));
            books.position()
        });
    });
    group.bench_function("read and applied", |b| {
        b.iter(|| {
            let mut books = Books::default();
            for line in &lines {
                if let Ok(fact) = serde_json::from_str::<Fact>(black_box(line)) {
                    books.apply(&fact);
                }
            }
            assert_eq!(books.position(), FACTS);
        });
    });
    group.finish();
}

fn request(host: u32, count: u64) -> Verified<Request> {
    let device = key(1_000 + host);
    let wish = Wish { user: name("ada"), process: None, license: None, editions: [].into(), features: [].into(), ticket: None };
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&count.to_be_bytes());
    let words = Request {
        needs: vec![],
        to: Addressee::Server(key(3).public().id()),
        ask: Ask::CheckOut { wish, held: None },
        nonce: Nonce(nonce),
        product: name("cad"),
        version: name("2027"),
        language: name("en-US"),
        device: device.public(),
        host: name("host"),
        fingerprint: Fingerprint::default(),
        count,
        created: first_day(),
        typed: None,
    };
    let entry = |message: &[u8]| vec![SignatureEntry { keyid: device.public().to_string().into(), sig: device.sign(message) }];
    let sealed = match Sealed::seal(words, |message| Ok::<_, std::convert::Infallible>(entry(message))) {
        Ok(sealed) => sealed,
        Err(never) => match never {},
    };
    match open_request(sealed.envelope()) {
        Ok(request) => request,
        Err(error) => panic!("a request: {error}"),
    }
}

/// A pool in which all seats but one are taken, and a beat of each.
fn full(seats: u32) -> (Pool, Vec<Beat>, Now) {
    let now = Now { wall: first_day(), running: Duration::from_secs(1), boot: Boot("first".into()) };
    let (secret, rhythm, start) = (ServerSecret::new([9; 32]), Rhythm::default(), Start::default());
    let (mut pool, _) = Pool::open(Books::default(), secret, rhythm, start, &now);
    pool.decide(Op::Act(keyward_domain::pool::Act::Delegate(Box::new(charter(seats)))), &now);
    let mut beats = Vec::new();
    for host in 1..seats {
        let op = Op::Ask { request: Box::new(request(host, 1)), shown: None, way: Way::Line };
        let Outcome::Answered(answered) = pool.decide(op, &now).outcome else { continue };
        if let (Some(lifeline), Some(certificate)) = (answered.lifeline, answered.answer.certificate()) {
            beats.push(Beat { place: lifeline.place, secret: lifeline.secret, generation: certificate.generation });
        }
    }
    (pool, beats, now)
}

fn pools(c: &mut Criterion) {
    for seats in [100, 2_000, 20_000] {
        let (mut pool, beats, mut now) = full(seats);
        let mut group = c.benchmark_group(format!("{seats} seats"));
        group.measurement_time(Duration::from_secs(3));
        let mut turn = 0;
        group.bench_function("beat", |b| {
            b.iter(|| {
                turn = (turn + 7_919) % beats.len();
                now.running += Duration::from_nanos(1);
                pool.decide(Op::Beat(beats[turn].clone()), &now)
            });
        });
        let mut count = 1;
        group.bench_function("check-out of the last seat, again and again", |b| {
            b.iter_batched(
                || {
                    count += 1;
                    Box::new(request(0, count))
                },
                |request| pool.decide(Op::Ask { request, shown: None, way: Way::Line }, &now),
                BatchSize::SmallInput,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, replays, pools);
criterion_main!(benches);
