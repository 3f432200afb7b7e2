//! What a license server's pool costs: replaying its journal, and beats and check-outs in pools of three sizes.

mod facts;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use facts::{FACTS, charter, first_day, journal, key, name};
use keyward_domain::document::{Addressee, Ask, Nonce, Request, Wish};
use keyward_domain::host::Fingerprint;
use keyward_domain::pool::{Beat, Books, Fact, Op, Outcome, Pool, Rhythm, ServerSecret, Start, Way};
use keyward_domain::seal::{Sealed, SignatureEntry, Verified, open_request};
use keyward_domain::time::{Boot, Now};

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
