//! Connections: how they end, how many there may be, how large a head may be, and how slow whoever is at the other end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use keyward_domain::document::Body;
use keyward_web::{Ceilings, Config, Timeouts};
use keyward_wire::media;

use crate::life::certificate;
use crate::world::{Host, World, answer, config, problem};

const PATIENCE: Duration = Duration::from_secs(20);
const ASKED: &str = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
/// HTTP/2's preface and empty settings (RFC 9113 sections 3.4 and 6.5).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Connects, says something, and waits for as many bytes.
fn connect(addr: SocketAddr, said: &[u8], heard: usize) -> TcpStream {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(said).expect("it is sent");
    stream.read_exact(&mut vec![0; heard]).expect("it answers");
    stream
}

/// What else comes until the connection ends; a connection that does not end is none.
fn rest(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        // A connection that is cut may end in a reset.
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
        _ => Some(all),
    }
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("nobody panicked")
}

/// The head of an answer to [`ASKED`] begins so.
const OK: &[u8] = b"HTTP/1.1 200 OK";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_on_which_nothing_is_under_way_do_not_hold_up_a_stop() {
    let world = World::new().await;
    let addr = world.addr();
    let held = aside(move || {
        [
            connect(addr, b"", 0),
            connect(addr, b"PRI * HT", 0),
            connect(addr, b"GET /health HT", 0),
            connect(addr, ASKED.as_bytes(), OK.len()),
            // It is never heard from again: neither is a ping answered nor a farewell.
            connect(addr, PREFACE, 9),
        ]
    });
    let held = held.await;
    let began = Instant::now();
    world.running.stop(PATIENCE).await;
    assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    let ended = aside(move || held.map(|mut stream| rest(&mut stream).is_some()));
    assert_eq!(ended.await, [true; 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_and_never_says_hello_does_not_hold_up_a_stop() {
    let world = World::with(Config { tls: Some(certificate().0), ..config() }).await;
    let addr = world.addr();
    let mut silent = aside(move || connect(addr, b"", 0)).await;
    let began = Instant::now();
    world.running.stop(PATIENCE).await;
    assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    assert!(aside(move || rest(&mut silent)).await.is_some(), "it ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_under_way_is_answered_although_idle_connections_ended_long_before() {
    let world = World::new().await;
    let (addr, issued, before) = (world.addr(), world.issue(1).await, world.ledger.commits());
    world.ledger.hold_commits_until_looked(usize::MAX / 2);
    let envelope = Host(1).activates(&world, 1, &issued.key);
    let request = world.client.post(world.at("/v1/exchange")).header("content-type", media::ENVELOPE).body(envelope.to_json());
    let asked = tokio::spawn(request.send());
    while world.ledger.commits() == before {
        tokio::task::yield_now().await;
    }
    let mut idle = aside(move || connect(addr, PREFACE, 9)).await;
    let stopping = tokio::spawn(world.running.stop(PATIENCE));
    assert!(aside(move || rest(&mut idle)).await.is_some(), "the idle one ends");
    assert!(!stopping.is_finished(), "the other does not");
    world.ledger.hold_commits_until_looked(0);
    let response = asked.await.expect("nobody panicked").expect("the answer came");
    assert!(matches!(answer(response).await.body, Body::Certificate(_)));
    stopping.await.expect("it stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_connects_beyond_the_ceiling_is_told_so_and_those_inside_are_served() {
    let ceilings = Ceilings { per_address: 1, all: 2, told: 1 };
    let world = World::with(Config { ceilings, ..config() }).await;
    let addr = world.addr();
    let mut held = aside(move || [(); 2].map(|()| connect(addr, ASKED.as_bytes(), OK.len()))).await;
    let refused = problem(world.client.get(world.at("/health")).send().await.expect("an answer")).await;
    assert_eq!((refused.status, &*refused.code), (503, "too-many-connections"));
    assert!(refused.next.as_deref().is_some_and(|next| next.contains("wait 30 s")), "{refused}");
    let metrics = aside(move || {
        held[0].write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("it is sent");
        rest(&mut held[0]).expect("the connection is closed")
    });
    let metrics = String::from_utf8(metrics.await).expect("text");
    for line in ["keyward_connections 2\n", "keyward_connections_turned_away_total{ceiling=\"all\"} 1\n"] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    // Both have left; the server may hear of it a moment later.
    let began = Instant::now();
    while !world.client.get(world.at("/health")).send().await.is_ok_and(|it| it.status().as_u16() == 200) {
        assert!(began.elapsed() < PATIENCE, "a place that was left is free");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_is_turned_away_stays() {
    let world = World::with(Config { ceilings: Ceilings { per_address: 1, all: 0, told: 1 }, ..config() }).await;
    let addr = world.addr();
    for said in [ASKED.as_bytes(), PREFACE, b""] {
        assert!(aside(move || rest(&mut connect(addr, said, 0))).await.is_some(), "{said:?}");
    }
}

/// A byte now and then, each in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dribbles_a_head_or_a_body_is_not_listened_to_for_ever() {
    let short = Duration::from_millis(300);
    let world = World::with(Config { timeouts: Timeouts { head: short, body: short, ..Timeouts::default() }, ..config() }).await;
    let addr = world.addr();
    let body = format!("POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: 100000\r\n\r\n", media::ENVELOPE);
    let head = "GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ".to_owned();
    for begins in [head, body, String::new()] {
        let ended = aside(move || {
            let (mut stream, began) = (connect(addr, begins.as_bytes(), 0), Instant::now());
            stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
            let mut heard = [0; 4096];
            while began.elapsed() < PATIENCE {
                let written = stream.write(b"x");
                let read = stream.read(&mut heard);
                let waits = |error: &std::io::Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                match (written, read) {
                    (Err(_), _) | (_, Ok(0)) => return true,
                    (_, Ok(_)) => {}
                    (_, Err(error)) if waits(&error) => {}
                    (_, Err(_)) => return true,
                }
            }
            false
        });
        assert!(ended.await);
    }
}

/// What is taken out of the socket now and then would else hold its answer in memory for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_no_answer_in_is_hung_up_on() {
    let world = World::with(Config { timeouts: Timeouts { request: Duration::from_millis(500), ..Timeouts::default() }, ..config() }).await;
    let addr = world.addr();
    let ended = aside(move || {
        let mut stream = connect(addr, b"", 0);
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        // So many answers wait to be taken that the server reads no further question, until it hangs up.
        let asks = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
        loop {
            match stream.write_all(asks.as_bytes()) {
                Ok(()) => {}
                Err(error) => break !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            }
        }
    });
    assert!(ended.await);
}

/// Hyper closes an idle connection of HTTP/1.1; of HTTP/2 it only asks whether the other end is still there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_nothing_for_long_is_hung_up_on_in_either_http() {
    let short = Duration::from_millis(300);
    let world = World::with(Config { timeouts: Timeouts { head: short, idle: short, ..Timeouts::default() }, ..config() }).await;
    let addr = world.addr();
    for (said, heard) in [(ASKED.as_bytes(), OK.len()), (PREFACE, 9)] {
        let began = Instant::now();
        assert!(aside(move || rest(&mut connect(addr, said, heard))).await.is_some(), "it ended");
        assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_head_has_a_bound_in_either_http() {
    let world = World::new().await;
    let response = world.client.get(world.at("/health")).header("x-long", "x".repeat(8_000)).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    let addr = world.addr();
    for long in [20_000, 200_000] {
        let asked = format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(long));
        let told = aside(move || {
            let mut stream = TcpStream::connect(addr).expect("a connection");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            // It may be hung up on before all of it is sent.
            let _ = stream.write_all(asked.as_bytes());
            rest(&mut stream).expect("it ends")
        });
        let told = told.await;
        assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&told));
    }
    let two = reqwest::Client::builder().http2_prior_knowledge().no_proxy().retry(reqwest::retry::never());
    let two = two.tls_backend_preconfigured(crate::world::tls(None)).build().expect("a client");
    assert_eq!(two.get(world.at("/health")).send().await.expect("an answer").version(), reqwest::Version::HTTP_2);
    let refused = two.get(world.at("/health")).header("x-long", "x".repeat(20_000)).send().await;
    assert!(refused.map_or(true, |it| it.status().as_u16() == 431), "as HTTP/1.1");
}
