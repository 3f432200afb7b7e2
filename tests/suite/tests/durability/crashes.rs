//! A key server that dies while 500 hosts activate, and is started again on the same data: what it acknowledged is there, nothing is
//! there twice, the limits hold (promise 5, rows O1 and O4).

#![expect(clippy::print_stdout, reason = "a run that failed is repeated with its seed")]

use std::cell::Cell;
use std::env;
use std::hash::{BuildHasher as _, RandomState};

use futures_util::StreamExt as _;
use futures_util::stream;
use keyward_domain::document::{Body, Request};
use keyward_domain::profile::ProductProfile;
use keyward_domain::record::Record;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Sealed;
use keyward_ports::{Ledger as _, Query};
use keyward_sql::{Options, SqlLedger};

use crate::books::{Account, Told, faults};
use crate::host::{Heard, Host, client, open, send};
use crate::server::{Place, Server};
use crate::shop::{Shop, Sold};

const HOSTS: u32 = 500;
const KEYS: u32 = 20;
/// Requests under way at once, each on a connection of its own.
const AT_ONCE: usize = 64;
/// No server that is to die goes on for longer than so many answers: the requests that are under way then are not all that are left.
const NEARLY_ALL: u64 = HOSTS as u64 - AT_ONCE as u64 - 6;

/// One host's request, and the answer it has.
struct Errand<'a> {
    sold: &'a Sold,
    request: Sealed<Request>,
    answer: Option<Box<[u8]>>,
}

/// How a server dies.
enum Death {
    /// When it comes to this point; at most the so-manieth time. On a busy machine many are decided about together, and it comes to a commit
    /// less often: then it is killed when nearly all have their answer.
    At(&'static str, u64),
    /// By `kill -9`, when so many hosts at most have their answer.
    Killed(u64),
}

/// A number of this run. `KEYWARD_SEED` repeats a run.
pub(crate) fn seed() -> u64 {
    let given = env::var("KEYWARD_SEED").ok().map(|text| text.parse().expect("KEYWARD_SEED is a number"));
    given.unwrap_or_else(|| RandomState::new().hash_one("a run"))
}

/// Sends the requests of all who have no answer; `told` is called with the number of answers each time one comes.
async fn rush(errands: &mut [Errand<'_>], server: &Server, ca: &str, told: impl Fn(u64)) {
    let answers = Cell::new(0);
    let waiting = errands.iter_mut().filter(|errand| errand.answer.is_none());
    let clients: Vec<_> = (0..AT_ONCE).map(|_| client(ca)).collect();
    let calls = waiting.enumerate().map(|(place, errand)| {
        let (client, answers, told) = (&clients[place % AT_ONCE], &answers, &told);
        async move {
            match send(client, server.url(), &errand.request).await {
                Heard::Answer(bytes) => {
                    errand.answer = Some(bytes);
                    answers.set(answers.get() + 1);
                    told(answers.get());
                }
                Heard::Nothing => {}
                Heard::Problem(problem) => panic!("a server that lives has no problem: {problem}"),
            }
        }
    });
    stream::iter(calls).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// What a host was told, if its answer is one of the two that there can be.
fn told(profile: &ProductProfile, errand: &Errand<'_>, bytes: &[u8]) -> Told {
    let granted = match open(profile, &errand.request, bytes) {
        Body::Certificate(certificate) => Some(certificate.activation),
        Body::Refusal(Refusal::NoActivationLeft { .. }) => None,
        other => panic!("neither a certificate nor a full license: {other:?}"),
    };
    Told { of: errand.sold.id.clone(), granted }
}

/// What stands in the ledger, read without a server. It opens only if it is sound.
async fn books(place: &Place, sold: &[Sold]) -> Vec<Account> {
    let ledger = SqlLedger::open(&place.data().join("ledger.db"), Options::default()).expect("the ledger is sound");
    let page = ledger.page(&Query::Entitlements { after: None, most: 1000 }).await.expect("it can be read");
    let account = |record| match record {
        Record::Entitlement(it) => {
            let activations = sold.iter().find(|sold| sold.id == it.id).expect("it was sold").activations;
            Account { of: it.id, activations: activations as usize, slots: it.slots.into_iter().map(|slot| slot.activation).collect() }
        }
        other => panic!("not an entitlement: {other:?}"),
    };
    page.records.into_iter().map(|found| account(found.record)).collect()
}

async fn nothing_is_lost_and_nothing_is_there_twice(death: Death) {
    let seed = seed();
    let place = Place::new();
    let server = place.serve(&[]);
    let shop = Shop::at(&server);
    let profile = shop.product().await;
    let mut sold = Vec::new();
    // 25 hosts ask under each key: some have room for all of them, most do not.
    for n in 0..KEYS {
        sold.push(shop.sell(8 + n).await);
    }
    assert!(server.stop().success());
    let errand = |n: u32| {
        let sold = &sold[(n % KEYS) as usize];
        Errand { sold, request: Host::new(n).activates(&profile, &sold.key), answer: None }
    };
    let mut errands: Vec<_> = (0..HOSTS).map(errand).collect();

    let anchor = place.at("anchor").display().to_string();
    let (dying, kill_at, is_certain) = match death {
        Death::At(point, most) => {
            let nth = 1 + seed % most;
            println!("seed {seed}: dies at {point} number {nth}");
            // Nobody is answered before the first time, and each answer is a reply.
            let is_certain = nth == 1 || point.ends_with("reply");
            (place.serve(&["--anchor", &anchor, "--simulate", &format!("crash={point}:{nth}")]), NEARLY_ALL, is_certain)
        }
        Death::Killed(most) => {
            let nth = 1 + seed % most;
            println!("seed {seed}: killed when {nth} hosts have their answer");
            (place.serve(&["--anchor", &anchor]), nth, false)
        }
    };
    rush(&mut errands, &dying, &shop.ca, |answers| {
        if answers == kill_at {
            assert!(!is_certain, "seed {seed}: it went on for {answers} answers, and did not die where it was to");
            println!("killed after {answers} answers");
            dying.kill();
        }
    })
    .await;
    dying.dies();
    let acknowledged: Vec<_> = errands.iter().map(|errand| errand.answer.clone()).collect();
    let unanswered = acknowledged.iter().filter(|answer| answer.is_none()).count();
    assert!(unanswered > 0, "it died too late to matter");

    let server = place.serve(&["--anchor", &anchor]);
    rush(&mut errands, &server, &shop.ca, |_| {}).await;
    let told: Vec<_> = errands
        .iter()
        .map(|errand| told(&profile, errand, errand.answer.as_deref().expect("every host has an answer in the end")))
        .collect();

    // Everybody asks once more: a certificate is the same byte for byte, whoever gave it.
    let mut again: Vec<_> = errands.iter().map(|it| Errand { sold: it.sold, request: it.request.clone(), answer: None }).collect();
    rush(&mut again, &server, &shop.ca, |_| {}).await;
    for (place, (first, second)) in errands.iter().zip(&again).enumerate() {
        let second = second.answer.as_deref().expect("every host is answered again");
        match &told[place].granted {
            Some(activation) => assert!(
                first.answer.as_deref() == Some(second),
                "seed {seed}: {activation} of host {place} is another now; acknowledged before the crash: {}",
                acknowledged[place].is_some()
            ),
            None => assert_eq!(self::told(&profile, first, second).granted, None, "seed {seed}: host {place} was refused"),
        }
    }
    assert!(server.stop().success());
    assert_eq!(faults(&told, &books(&place, &sold).await), [""; 0]);
    println!(
        "{unanswered} of {HOSTS} hosts had no answer at first; {} have a certificate",
        told.iter().filter(|it| it.granted.is_some()).count()
    );
}

/// A test for each death.
macro_rules! a_server_dies {
    ($($name:ident: $death:expr;)+) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            nothing_is_lost_and_nothing_is_there_twice($death).await;
        }
    )+ };
}

a_server_dies! {
    nothing_is_lost_when_it_dies_after_a_decision: Death::At("after-decide", 300);
    nothing_is_lost_when_it_dies_after_the_first_decision: Death::At("after-decide", 1);
    nothing_is_lost_when_it_dies_before_a_commit: Death::At("before-commit", 12);
    nothing_is_lost_when_it_dies_before_the_first_commit: Death::At("before-commit", 1);
    nothing_is_lost_when_it_dies_after_a_commit: Death::At("after-commit", 300);
    nothing_is_lost_when_it_dies_after_the_first_commit: Death::At("after-commit", 1);
    nothing_is_lost_when_it_dies_before_a_reply: Death::At("before-reply", 400);
    nothing_is_lost_when_it_dies_in_mid_reply: Death::At("mid-reply", 400);
    nothing_is_lost_when_it_is_killed: Death::Killed(NEARLY_ALL);
}
