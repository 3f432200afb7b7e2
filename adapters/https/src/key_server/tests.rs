use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Mutex;

use keyward_domain::document::{Ask, Nonce};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::seal::SignatureEntry;
use keyward_domain::signers::VendorId;
use keyward_domain::time::{Boot, Now, Timestamp};
use keyward_ports::Retry;

use crate::loopback::{Authority, Does, Loopback, Refusing, answer, problem};

use super::*;

const PROBLEM: &str = "content-type: application/problem+json";

struct RunningTime(Mutex<Duration>);

impl Clock for RunningTime {
    fn now(&self) -> Now {
        Now { wall: Timestamp::UNIX_EPOCH, running: *self.0.lock().expect("nobody panicked"), boot: Boot("one".into()) }
    }
}

fn clock() -> Arc<RunningTime> {
    Arc::new(RunningTime(Mutex::new(Duration::from_secs(1_000))))
}

fn request() -> Sealed<Request> {
    let device = SigningKey::from_seed(&[1; 32]);
    let words = Request {
        needs: Vec::new(),
        to: VendorId::of(&SigningKey::from_seed(&[2; 32]).public()).into(),
        ask: Ask::Trial { edition: "PRO".parse().expect("an edition"), since: None },
        nonce: Nonce([3; 16]),
        product: "cad".parse().expect("a product"),
        version: "1.0".parse().expect("a version"),
        language: "en-US".parse().expect("a language"),
        device: device.public(),
        host: "workshop".parse().expect("a host"),
        fingerprint: Fingerprint::default(),
        count: 1,
        created: Timestamp::UNIX_EPOCH,
        typed: None,
    };
    let sign = |message: &[u8]| vec![SignatureEntry { keyid: device.public().to_string().into(), sig: device.sign(message) }];
    Sealed::seal(words, |message| Ok::<_, Infallible>(sign(message))).expect("a request")
}

fn reply(body: &[u8]) -> Does {
    Does::Answers(answer("200 OK", &["content-type: application/vnd.keyward.reply+json", "set-cookie: a=b"], body))
}

fn says(status: &str, headers: &[&str], body: &str) -> Does {
    Does::Answers(answer(status, headers, body.as_bytes()))
}

/// The usual patience, but little of it where nothing will come.
fn patience(does: &[&Does]) -> Options {
    let silent = does.iter().any(|it| matches!(it, Does::NeverAnswers | Does::AnswersAndStays(_)));
    let usual = Options::default();
    Options { deadline: if silent { Duration::from_secs(4) } else { usual.deadline }, ..usual }
}

fn asking(client: Client, servers: &[String]) -> HttpsKeyServer {
    HttpsKeyServer::new(client, servers, clock(), Options::default()).expect("addresses")
}

/// Asks one server that does this.
async fn ask(does: Does) -> (Result<Statement, KeyServerError>, SocketAddr) {
    let authority = Authority::new();
    let options = patience(&[&does]);
    let server = Loopback::start(&authority, does).await;
    let it = HttpsKeyServer::new(authority.client(), &[server.url()], clock(), options).expect("an address");
    (it.exchange(&request()).await, server.address)
}

fn troubles(attempts: &[Attempt]) -> Vec<Trouble> {
    attempts.iter().map(|it| it.trouble).collect()
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_signed_and_its_answer_comes_back_unopened() {
    let authority = Authority::new();
    let server = Loopback::start(&authority, reply(b"{\"any\": \"thing\"}")).await;
    let it = asking(authority.client(), &[server.url()]);
    for _ in 0..2 {
        let statement = it.exchange(&request()).await.expect("an answer");
        assert_eq!(statement, Statement::new(Keyward::NAME, *b"{\"any\": \"thing\"}"));
    }
    for seen in server.seen.requests() {
        let (head, body) = seen.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("POST /v1/exchange HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/vnd.dsse.envelope+json\r\n"), "{head}");
        assert!(!head.contains("cookie"), "{head}");
        assert_eq!(body.as_bytes(), request().envelope().to_json());
    }
    assert_eq!(server.seen.requests().len(), 2);
}

#[tokio::test]
async fn where_no_connection_is_made_the_request_certainly_arrived_nowhere() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let refusing = Refusing::new();
    let closing = Loopback::start(&authority, Does::ClosesAtOnce).await;
    let mute = Loopback::start(&authority, Does::NeverGreets).await;
    let plain = Loopback::start(&authority, Does::SpeaksPlainHttp).await;
    let unbelieved = Loopback::start(&foreign, reply(b"{}")).await;
    let table = [
        (refusing.url(), Trouble::NoConnection, "check that the server runs"),
        (closing.url(), Trouble::Broken, "the connection broke; try again"),
        (mute.url(), Trouble::Timeout, "did not answer in time; try again"),
        (plain.url(), Trouble::NotAKeyServer, "not the server that is looked for; check the address and the port"),
        (unbelieved.url(), Trouble::Certificate, "its TLS certificate is not one the product profile believes"),
    ];
    for (url, trouble, words) in table {
        let client = if trouble == Trouble::Timeout { authority.client_that_waits(Duration::from_millis(300)) } else { authority.client() };
        let error = asking(client, std::slice::from_ref(&url)).exchange(&request()).await.expect_err("no answer");
        let KeyServerError::Unreachable { attempts } = &error else { panic!("{trouble:?}: {error:?}") };
        assert_eq!(troubles(attempts), [trouble], "{error:?}");
        let said = error.to_string();
        assert!(said.contains(url.trim_start_matches("https://")) && said.contains(words), "{said}");
        assert!(attempts[0].cause.is_some() && error.retry() != Retry::Never);
    }
    assert_eq!((unbelieved.seen.connections(), unbelieved.seen.requests()), (1, vec![]), "nothing is said to whom nobody believes");
}

/// Knows no name.
struct NoNames;

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_said_to_be_unknown() {
    let tls = tokio_rustls::rustls::ClientConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(tokio_rustls::rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = Client::builder().no_proxy().tls_backend_preconfigured(tls).dns_resolver(NoNames).build().expect("a client");
    let error = asking(client, &["https://key.example".into()]).exchange(&request()).await.expect_err("no answer");
    assert!(matches!(&error, KeyServerError::Unreachable { attempts } if troubles(attempts) == [Trouble::NoSuchHost]), "{error:?}");
    assert!(error.to_string().contains("key.example:443: there is no host of that name; check"), "{error}");
}

#[tokio::test]
async fn once_the_request_may_have_arrived_nobody_claims_it_did_not() {
    let elsewhere = Loopback::start(&Authority::new(), reply(b"{}")).await;
    let location = format!("location: {}/v1/exchange", elsewhere.url());
    let half = answer("200 OK", &["content-type: application/vnd.keyward.reply+json", "content-length: 9"], b"{");
    let announced = format!("content-length: {}", MOST_BYTES + 1);
    let chunked = format!("{:x}\r\n{}\r\n0\r\n\r\n", MOST_BYTES + 1, " ".repeat(MOST_BYTES + 1));
    let reply_type = "content-type: application/vnd.keyward.reply+json";
    let large = " ".repeat(MOST_BYTES + 1);
    let failed = problem(500, "oh", Some("see the log"));
    let full = problem(507, "the ledger's disk\u{1b}[2J\nis full", Some("free some space"));
    let table = [
        (Does::ReadsAndCloses, Trouble::Broken, ""),
        (Does::NeverAnswers, Trouble::Timeout, ""),
        (Does::Answers(half.clone()), Trouble::Broken, ""),
        (Does::AnswersAndStays(half), Trouble::Timeout, ""),
        (says("200 OK", &["content-type: text/html"], "<p>"), Trouble::NotAKeyServer, "text/html"),
        (says("200 OK", &["content-type: application/json"], "{}"), Trouble::NotAKeyServer, "application/json"),
        (says("204 No Content", &[], ""), Trouble::NotAKeyServer, "204"),
        (says("404 Not Found", &["content-type: text/plain"], "no"), Trouble::NotAKeyServer, "404"),
        (says("307 Temporary Redirect", &[&location], ""), Trouble::NotAKeyServer, "redirect to https://127.0.0.1"),
        (says("200 OK", &[reply_type, &announced], &large), Trouble::NotAKeyServer, "more than"),
        (says("200 OK", &[reply_type, "transfer-encoding: chunked"], &chunked), Trouble::NotAKeyServer, "more than"),
        (
            says("500 Internal Server Error", &[PROBLEM, "x-request-id: 7-1"], &failed),
            Trouble::OutOfOrder,
            "oh; see the log; this was request 7-1",
        ),
        (
            says("507 Insufficient Storage", &[PROBLEM, "retry-after: 5"], &full),
            Trouble::OutOfOrder,
            "the ledger's disk[2J is full; free some space",
        ),
        (says("507 Insufficient Storage", &["content-type: text/html"], "<p>"), Trouble::OutOfOrder, "status 507, content type text/html"),
        (says("503 Service Unavailable", &["retry-after: 7"], "a gateway's own"), Trouble::OutOfOrder, "503"),
    ];
    for (does, trouble, cause) in table {
        let case = format!("{does:?}").chars().take(160).collect::<String>();
        let (result, address) = ask(does).await;
        let error = result.expect_err(&case);
        let KeyServerError::Silent { attempts } = &error else { panic!("{case}: {error:?}") };
        assert_eq!(troubles(attempts), [trouble], "{case}: {error:?}");
        assert!(error.to_string().contains(&address.to_string()) && error.to_string().contains("can be made again"), "{error}");
        assert!(attempts[0].cause.as_ref().is_some_and(|it| it.to_string().contains(cause)), "{case}: {error:?}");
        // What the server says of itself reaches whoever reads the message.
        assert!(trouble != Trouble::OutOfOrder || error.to_string().contains(cause), "{case}: {error}");
    }
    assert_eq!(elsewhere.seen.connections(), 0, "a redirect is not followed");
}

#[tokio::test]
async fn a_rejection_says_what_the_server_said_and_when_to_come_again() {
    let bad = problem(400, "the request\u{1b}[2J is older than this server takes", Some("update it"));
    let (unknown, stops) = (problem(404, "", None), problem(503, "it stops", None));
    let table = [
        (says("400 Bad Request", &[PROBLEM], &bad), 400, "the request[2J is older than this server takes", "update it", None),
        (says("404 Not Found", &[PROBLEM], &unknown), 404, "a kind", "ask its vendor", None),
        (says("429 Too Many Requests", &["retry-after: 7"], ""), 429, "too many requests", "try again in 7 s", Some(7)),
        (says("429 Too Many Requests", &[], ""), 429, "too many requests", "try again in 60 s", Some(60)),
        (says("503 Service Unavailable", &[PROBLEM, "retry-after: 5"], &stops), 503, "it stops", "in 5 s", Some(5)),
    ];
    for (does, code, what, then, wait) in table {
        let (result, address) = ask(does).await;
        let error = result.expect_err("a rejection");
        let said = error.to_string();
        let KeyServerError::Rejected { server, status, detail, next, after } = error else { panic!("{said}") };
        assert_eq!((server, status, detail.as_str()), (address.to_string(), code, what));
        assert!(next.contains(then) && said.contains(&next), "{said}");
        assert_eq!(after, wait.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn a_dead_server_is_passed_over_until_its_time_is_over() {
    let authority = Authority::new();
    let first = Loopback::start(&authority, Does::ClosesAtOnce).await;
    let second = Loopback::start(&authority, reply(b"{}")).await;
    let clock = clock();
    let it = HttpsKeyServer::new(authority.client(), &[first.url(), second.url()], clock.clone(), Options::default()).expect("addresses");
    for (step, running, connections) in [("it is found dead", 1_000, 1), ("it is passed over", 1_059, 1), ("it is tried again", 1_060, 2)] {
        *clock.0.lock().expect("nobody panicked") = Duration::from_secs(running);
        it.exchange(&request()).await.expect(step);
        assert_eq!(first.seen.connections(), connections, "{step}");
    }
    assert_eq!(second.seen.connections(), 3);
}

#[tokio::test]
async fn when_all_are_dead_each_is_tried_all_the_same() {
    let authority = Authority::new();
    let servers = [Loopback::start(&authority, Does::ClosesAtOnce).await, Loopback::start(&authority, Does::ClosesAtOnce).await];
    let it = asking(authority.client(), &servers.each_ref().map(Loopback::url));
    for round in 1..=2 {
        let error = it.exchange(&request()).await.expect_err("no answer");
        assert!(matches!(&error, KeyServerError::Unreachable { attempts } if attempts.len() == 2), "{error:?}");
        assert_eq!(servers.each_ref().map(|it| it.seen.connections()), [round, round]);
    }
    let none = asking(authority.client(), &[]).exchange(&request()).await.expect_err("nobody is asked");
    assert!(none.to_string().contains("the product profile names none"), "{none}");
}

/// What comes of two servers, and how many connections the second saw.
#[tokio::test]
async fn the_next_server_is_asked_and_what_may_have_arrived_is_not_forgotten() {
    let busy = || says("503 Service Unavailable", &[PROBLEM, "retry-after: 5"], &problem(503, "it stops", None));
    let no = || says("403 Forbidden", &[PROBLEM], &problem(403, "another vendor's", None));
    let table = [
        (Does::ReadsAndCloses, reply(b"{}"), "answered", 1),
        (Does::NeverAnswers, reply(b"{}"), "answered", 1),
        (busy(), reply(b"{}"), "answered", 1),
        (says("200 OK", &[], "<html>"), reply(b"{}"), "answered", 1),
        (no(), reply(b"{}"), "rejected", 0),
        (Does::ClosesAtOnce, Does::ClosesAtOnce, "unreachable [Broken, Broken]", 1),
        (Does::ClosesAtOnce, no(), "rejected", 1),
        (Does::ReadsAndCloses, Does::ClosesAtOnce, "silent [Broken, Broken]", 1),
        (Does::ClosesAtOnce, Does::ReadsAndCloses, "silent [Broken, Broken]", 1),
        (Does::ReadsAndCloses, no(), "silent [Broken, OutOfOrder]", 1),
        (busy(), Does::ClosesAtOnce, "rejected", 1),
        (busy(), Does::ReadsAndCloses, "silent [OutOfOrder, Broken]", 1),
    ];
    let authority = Authority::new();
    for (one, two, expected, connections) in table {
        let (case, options) = (format!("{one:?}, then {two:?}"), patience(&[&one, &two]));
        let (first, second) = (Loopback::start(&authority, one).await, Loopback::start(&authority, two).await);
        let it = HttpsKeyServer::new(authority.client(), &[first.url(), second.url()], clock(), options).expect("addresses");
        let came = match it.exchange(&request()).await {
            Ok(_) => "answered".into(),
            Err(KeyServerError::Rejected { .. }) => "rejected".into(),
            Err(KeyServerError::Unreachable { attempts }) => format!("unreachable {:?}", troubles(&attempts)),
            Err(KeyServerError::Silent { attempts }) => format!("silent {:?}", troubles(&attempts)),
            Err(error) => panic!("{case}: {error:?}"),
        };
        assert_eq!((came.as_str(), second.seen.connections()), (expected, connections), "{case}");
        let bodies =
            [&first, &second].map(|it| it.seen.requests().into_iter().filter_map(|it| Some(it.split_once("\r\n\r\n")?.1.to_owned())));
        for body in bodies.into_iter().flatten() {
            assert_eq!(body.as_bytes(), request().envelope().to_json(), "{case}: the same request goes to each");
        }
    }
}

#[tokio::test]
async fn the_deadline_holds_over_all_servers_together() {
    let authority = Authority::new();
    let servers = [Loopback::start(&authority, Does::NeverAnswers).await, Loopback::start(&authority, Does::NeverAnswers).await];
    let options = Options { deadline: Duration::from_secs(4), ..Options::default() };
    let it = HttpsKeyServer::new(authority.client(), &servers.each_ref().map(Loopback::url), clock(), options).expect("addresses");
    let begun = Instant::now();
    let error = it.exchange(&request()).await.expect_err("no answer");
    assert!(begun.elapsed() < Duration::from_millis(7_500), "{:?}", begun.elapsed());
    assert!(matches!(&error, KeyServerError::Silent { attempts } if troubles(attempts) == [Trouble::Timeout; 2]), "{error:?}");
}

#[tokio::test]
async fn dropping_the_call_closes_its_connection_and_leaves_the_next_call_alone() {
    let authority = Authority::new();
    let server = Loopback::start(&authority, Does::NeverAnswers).await;
    let it = HttpsKeyServer::new(authority.client(), &[server.url()], clock(), Options::default()).expect("addresses");
    let asked = request();
    tokio::select! {
        result = it.exchange(&asked) => panic!("nobody answers: {result:?}"),
        () = server.seen.request_read.notified() => {}
    }
    tokio::time::timeout(Duration::from_secs(10), server.seen.client_left.notified()).await.expect("the connection is closed");
    assert_eq!(it.dead.order(&it.clock.now()), [0]);
    assert_eq!(server.seen.connections(), 1);
}
