//! Starting, TLS, crashes in the middle of an answer, stopping.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_domain::document::Body;
use keyward_web::{Config, ReplyPoint, Server, StartError, Tls};
use keyward_wire::media;

use crate::world::{Desk, Host, World, answer, client, config, tls};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn plain_http_is_refused_unless_the_address_is_loopback() {
    for (listen, allowed) in [("0.0.0.0:0", false), ("[::]:0", false), ("192.0.2.1:0", false), ("127.0.0.1:0", true), ("127.0.0.9:0", true)]
    {
        let Desk { issuer, console, .. } = Desk::begun().await;
        let started = Server::start(Config { listen: listen.parse().expect("an address"), ..config() }, issuer, console).await;
        match started {
            Ok(running) => assert!(allowed && running.url().starts_with("http://127.0.0."), "{listen}"),
            Err(error) => assert!(!allowed && matches!(error, StartError::PlainHttp(_)), "{listen}: {error}"),
        }
    }
}

#[tokio::test]
async fn an_address_in_use_and_a_certificate_of_another_key_are_named() {
    let world = World::new().await;
    let Desk { issuer, console, .. } = Desk::begun().await;
    let taken = Server::start(Config { listen: world.addr(), ..config() }, Arc::clone(&issuer), Arc::clone(&console)).await;
    assert!(taken.expect_err("the address is taken").to_string().contains(&world.addr().to_string()));
    let (cert_pem, key_pem) = (certificate().0.cert_pem, certificate().0.key_pem);
    for (tls, says) in [
        (Tls { cert_pem: cert_pem.clone(), key_pem: key_pem.clone() }, "belong together"),
        (Tls { cert_pem: Vec::new(), key_pem }, "BEGIN CERTIFICATE"),
        (Tls { key_pem: b"-----BEGIN NOTHING-----".to_vec(), cert_pem }, "private key in PEM"),
    ] {
        let refused = Server::start(Config { tls: Some(tls), ..config() }, Arc::clone(&issuer), Arc::clone(&console)).await;
        let error = refused.expect_err("it cannot be used").to_string();
        assert!(error.contains(says), "{error}");
    }
}

pub(crate) fn certificate() -> (Tls, rustls::pki_types::CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("a certificate");
    let tls = Tls { cert_pem: made.cert.pem().into(), key_pem: made.signing_key.serialize_pem().into() };
    (tls, made.cert.der().clone())
}

#[tokio::test]
async fn tls_speaks_both_http_versions_and_resumes_its_sessions() {
    let (tls_of_server, authority) = certificate();
    let world = World::with(Config { tls: Some(tls_of_server), ..config() }).await;
    let url = world.at("/health");
    assert!(url.starts_with("https://127.0.0.1:"));
    let response = client(Some(authority.clone())).get(&url).send().await.expect("an answer over TLS");
    assert_eq!((response.version(), response.status().as_u16()), (reqwest::Version::HTTP_2, 200));
    assert!(client(None).get(&url).send().await.is_err(), "who does not know the certificate gets no answer");

    let mut config = tls(Some(authority));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let (config, addr) = (Arc::new(config), world.addr());
    let kinds = tokio::task::spawn_blocking(move || {
        [(); 2].map(|()| {
            let name = "localhost".try_into().expect("a name");
            let mut connection = rustls::ClientConnection::new(Arc::clone(&config), name).expect("a client");
            let mut socket = TcpStream::connect(addr).expect("a connection");
            let mut stream = rustls::Stream::new(&mut connection, &mut socket);
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it is sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            connection.handshake_kind()
        })
    });
    let kinds = kinds.await.expect("nobody panicked");
    assert_eq!(kinds, [Some(rustls::HandshakeKind::Full), Some(rustls::HandshakeKind::Resumed)]);
}

/// A hook that tells when it is reached, and goes on when it is told to.
fn held_at(point: ReplyPoint) -> (keyward_web::ReplyHook, Receiver<()>, Sender<()>) {
    let ((reached, is_reached), (release, released)) = (channel(), channel());
    let (reached, released) = (Mutex::new(reached), Mutex::new(released));
    let hook = move |at: ReplyPoint| {
        if at == point {
            let _ = reached.lock().expect("nobody panicked").send(());
            let _ = released.lock().expect("nobody panicked").recv_timeout(PATIENCE);
        }
    };
    (Arc::new(hook), is_reached, release)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_finishes_what_is_in_flight_and_takes_nothing_new() {
    let (hook, reached, release) = held_at(ReplyPoint::BeforeReply);
    let world = World::with(Config { on_reply: Some(hook), ..config() }).await;
    let (addr, issued) = (world.addr(), world.issue(1).await);
    let envelope = Host(1).activates(&world, 1, &issued.key);
    let (client, url) = (world.client.clone(), world.at("/v1/exchange"));
    let asked = tokio::spawn(client.post(url).header("content-type", media::ENVELOPE).body(envelope.to_json()).send());
    tokio::task::spawn_blocking(move || reached.recv_timeout(PATIENCE)).await.expect("nobody panicked").expect("the answer is held");

    let stopping = tokio::spawn(world.running.stop(PATIENCE));
    tokio::task::spawn_blocking(move || {
        let began = std::time::Instant::now();
        while TcpStream::connect(addr).is_ok() {
            assert!(began.elapsed() < PATIENCE, "a server that stops takes no connections");
            std::thread::yield_now();
        }
    })
    .await
    .expect("it takes no more connections");
    assert!(!stopping.is_finished(), "it waits for what is in flight");
    release.send(()).expect("the hook waits");
    let response = asked.await.expect("nobody panicked").expect("the answer came");
    assert!(matches!(answer(response).await.body, Body::Certificate(_)));
    stopping.await.expect("it stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_does_not_wait_longer_than_it_was_told_to() {
    let (hook, reached, release) = held_at(ReplyPoint::MidReply);
    let world = World::with(Config { on_reply: Some(hook), ..config() }).await;
    let envelope = Host(1).activates(&world, 1, &world.issue(1).await.key);
    let request = world.client.post(world.at("/v1/exchange")).header("content-type", media::ENVELOPE).body(envelope.to_json());
    let asked = tokio::spawn(request.send());
    tokio::task::spawn_blocking(move || reached.recv_timeout(PATIENCE)).await.expect("nobody panicked").expect("the answer is held");
    let stopped = tokio::time::timeout(PATIENCE / 2, world.running.stop(Duration::from_millis(20))).await;
    stopped.expect("it stopped although something is in flight");
    release.send(()).expect("the hook waits");
    let _ = asked.await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_can_be_cut_before_its_first_byte_and_in_its_middle() {
    let calls = Arc::new(AtomicU32::new(0));
    let (hold, reached, release) = held_at(ReplyPoint::MidReply);
    let counted = Arc::clone(&calls);
    let hook: keyward_web::ReplyHook = Arc::new(move |point| {
        counted.fetch_add(
            match point {
                ReplyPoint::BeforeReply => 1,
                ReplyPoint::MidReply => 100,
                ReplyPoint::AfterReply => 10_000,
            },
            Ordering::SeqCst,
        );
        hold(point);
    });
    let world = World::with(Config { on_reply: Some(hook), ..config() }).await;
    let body = Host(1).activates(&world, 1, &world.issue(1).await.key).to_json();
    let addr = world.addr();
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(addr).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let (kind, length) = (media::ENVELOPE, body.len());
        let head = format!(
            "POST /v1/exchange HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), &body].concat()).expect("it is sent");
        reached.recv_timeout(PATIENCE).expect("the answer is held in its middle");
        // All that comes while the hook holds the rest.
        let mut first = Vec::new();
        let (announced, start) = loop {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).expect("the first half comes");
            first.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&first);
            let Some((head, rest)) = text.split_once("\r\n\r\n") else { continue };
            let announced: usize = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .expect("the whole length is announced");
            if rest.len() >= announced / 2 {
                break (announced, rest.len());
            }
        };
        release.send(()).expect("the hook waits");
        let mut second = Vec::new();
        stream.read_to_end(&mut second).expect("the second half comes");
        (announced, start, second.len())
    });
    let (announced, first, second) = read.await.expect("nobody panicked");
    assert_eq!((first, second), (announced / 2, announced - announced / 2));
    // The last point comes when all of it was sent.
    while calls.load(Ordering::SeqCst) < 10_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(calls.load(Ordering::SeqCst), 10_101, "each point is passed once");
}
