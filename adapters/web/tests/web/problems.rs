//! What goes wrong around the exchange and the admin API.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use keyward_domain::seal::MOST_BYTES;
use keyward_web::{Config, Timeouts};
use keyward_wire::{IssuedToken, media};
use reqwest::Method;
use serde_json::json;

use crate::world::{Host, INTERNALS, TOKEN, Trouble, World, config, problem, read};

#[tokio::test]
async fn what_is_no_request_is_told_why_and_what_to_do() {
    let world = World::new().await;
    let good = Host(1).activates(&world, 1, &world.issue(1).await.key).to_json();
    let text = String::from_utf8(good).expect("JSON is text");
    let changed = text.replace("\"payload\":\"ey", "\"payload\":\"fy");
    let answer = text.replace("vnd.keyward.request", "vnd.keyward.answer");
    for (body, says) in [("", "not a signed Keyward document"), ("{}", "not a signed"), (&changed, "signature"), (&answer, "expected")] {
        let problem = problem(world.ask_in(body.into()).await).await;
        assert_eq!((problem.status, &*problem.code), (400, "unreadable"));
        assert!(problem.detail.contains(says) && problem.next.is_some(), "{problem}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read_whether_it_says_so_or_not() {
    let world = World::new().await;
    let largest = world.ask_in(vec![b' '; MOST_BYTES]).await;
    assert_eq!(problem(largest).await.code, "unreadable", "the largest document there can be is still read");
    let announced = world.ask_in(vec![b' '; MOST_BYTES + 1]).await;
    assert_eq!((announced.status().as_u16(), &*problem(announced).await.code), (413, "too-large"));
    // Nobody makes room for what is only said to come.
    let addr = world.addr();
    let boast = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(addr).expect("a connection");
        let head = format!(
            "POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            media::ENVELOPE,
            u64::MAX / 4
        );
        stream.write_all(head.as_bytes()).expect("the head is sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer, before anything came");
        answer
    });
    assert_eq!(&boast.await.expect("nobody panicked"), b"HTTP/1.1 413");

    let mut stream = TcpStream::connect(world.addr()).expect("a connection");
    let head = format!("POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n", media::ENVELOPE);
    let answer = tokio::task::spawn_blocking(move || {
        stream.write_all(head.as_bytes()).expect("the head is sent");
        let chunk = [b"8000\r\n".as_slice(), &[b' '; 0x8000], b"\r\n"].concat();
        for _ in 0..8 {
            stream.write_all(&chunk).expect("as much as is allowed is sent");
        }
        let _ = stream.write_all(&chunk);
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        answer
    });
    assert_eq!(&answer.await.expect("nobody panicked"), b"HTTP/1.1 413");
    let admin = world.client.post(world.at("/v1/admin/products")).bearer_auth(TOKEN).header("content-type", media::JSON);
    assert_eq!(problem(admin.body(vec![b' '; MOST_BYTES + 1]).send().await.expect("an answer")).await.status, 413);
}

#[tokio::test]
async fn paths_methods_and_media_types_that_are_not_there_are_named_as_such() {
    let world = World::new().await;
    for path in ["/", "/v1", "/v1/exchange/", "/v1/admin", "/v1/admin/nothing", "/V1/EXCHANGE"] {
        let problem = problem(world.get(path).await).await;
        assert_eq!((problem.status, &*problem.code), (404, "no-such-path"), "{path}");
    }
    for (method, path, allow) in [
        (Method::GET, "/v1/exchange", "POST"),
        (Method::DELETE, "/v1/admin/products", "GET,HEAD,POST"),
        (Method::POST, "/health", "GET,HEAD"),
    ] {
        let response = world.admin(method, path, None::<&()>).await;
        let allowed = response.headers()["allow"].to_str().expect("a list").to_owned();
        let mut allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow);
        assert_eq!((response.status().as_u16(), &*problem(response).await.code), (405, "no-such-method"), "{path}");
    }
    for (path, kind) in [("/v1/exchange", Some("text/plain")), ("/v1/exchange", None), ("/v1/admin/products", Some(media::ENVELOPE))] {
        let request = world.client.post(world.at(path)).bearer_auth(TOKEN).body("{}");
        let request = kind.into_iter().fold(request, |request, kind| request.header("content-type", kind));
        let problem = problem(request.send().await.expect("an answer")).await;
        assert_eq!((problem.status, &*problem.code), (415, "wrong-content-type"), "{path}");
    }
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_nothing_is_done() {
    let world = World::new().await;
    for (header, code) in [(None, "no-token"), (Some("Basic YWRhOmFkYQ=="), "no-token"), (Some("Bearer wrong"), "wrong-token")] {
        for (method, path) in [(Method::GET, "/v1/admin/root"), (Method::DELETE, "/v1/admin/root"), (Method::POST, "/v1/admin/products")] {
            let request = world.client.request(method, world.at(path));
            let request = header.into_iter().fold(request, |request, value| request.header("authorization", value));
            let response = request.send().await.expect("an answer");
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            let problem = problem(response).await;
            assert_eq!((problem.status, &*problem.code), (401, code));
            assert!(problem.next.is_some());
        }
    }
    assert_eq!(world.get("/v1/admin/root").await.status().as_u16(), 200, "the root is where it was");
}

#[tokio::test]
async fn wrong_tokens_make_an_address_wait() {
    let world = World::new().await;
    let wrong = async || world.client.get(world.at("/v1/admin/keys")).bearer_auth("wrong").send().await.expect("an answer");
    for _ in 0..5 {
        assert_eq!(wrong().await.status().as_u16(), 401);
    }
    let response = wrong().await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!((response.status().as_u16(), &*problem(response).await.code), (429, "too-many-failures"));
}

#[tokio::test]
async fn trouble_of_the_ledger_is_told_apart_and_its_internals_stay_inside() {
    let world = World::new().await;
    let issued = world.issue(1).await;
    let request = Host(1).activates(&world, 1, &issued.key);
    let both = async || {
        let exchange = world.ask(&request).await;
        let admin = world.admin(Method::POST, "/v1/admin/entitlements", Some(&crate::world::terms(1))).await;
        let retry = exchange.headers().get("retry-after").map(|wait| wait.to_str().expect("seconds").to_owned());
        (problem(exchange).await, problem(admin).await, retry)
    };

    world.ledger.inner.fill_disk();
    let (exchange, admin, retry) = both().await;
    assert_eq!((exchange.status, &*exchange.code, retry.as_deref()), (507, "disk-full", Some("5")));
    assert_eq!((admin.status, &*admin.code), (507, "disk-full"));
    assert!(exchange.detail.contains("disk that holds the ledger is full") && exchange.next.is_some(), "{exchange}");

    world.ledger.inner.close();
    let (exchange, admin, _) = both().await;
    assert_eq!([(exchange.status, &*exchange.code), (admin.status, &*admin.code)], [(503, "stopping"); 2]);
    world.ledger.inner.free_disk();

    world.ledger.get_into(Trouble::Contended);
    let (exchange, admin, retry) = both().await;
    assert_eq!((exchange.status, &*exchange.code, retry.as_deref()), (503, "busy", Some("1")));
    assert_eq!((admin.status, &*admin.code), (409, "busy"));

    for trouble in [Trouble::Failing, Trouble::Panicking] {
        world.ledger.get_into(trouble);
        let (exchange, admin, _) = both().await;
        for problem in [exchange, admin] {
            assert_eq!(problem.status, 500);
            let told = serde_json::to_string(&problem).expect("a problem is JSON");
            assert!(!told.contains(INTERNALS) && !told.contains("planted") && problem.next.is_some(), "{told}");
        }
    }
}

#[tokio::test]
async fn a_body_and_a_head_that_do_not_come_are_not_waited_for() {
    let (short, usual) = (Duration::from_millis(50), Timeouts::default());
    let world = async |timeouts| World::with(Config { timeouts, ..config() }).await;
    let (slow_body, slow_head) = (world(Timeouts { body: short, ..usual }).await, world(Timeouts { head: short, ..usual }).await);
    let head = format!("POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: 100\r\n\r\n{{", media::ENVELOPE);
    for (sent, begins, ends) in [
        (head.as_str(), "HTTP/1.1 408", "}"),
        ("POST /v1/exchange HTTP/1.1\r\nHost: x\r\n", "", ""),
        ("POST /v1/exchange HT", "", ""),
        ("P", "", ""),
        ("", "", ""),
    ] {
        let world = if begins.is_empty() { &slow_head } else { &slow_body };
        let (addr, sent) = (world.addr(), sent.to_owned());
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(addr).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
            stream.write_all(sent.as_bytes()).expect("it is sent");
            let mut answer = String::new();
            // A connection that is cut may end in a reset; one that is never cut ends in a timeout.
            match stream.read_to_string(&mut answer) {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => "still open".into(),
                _ => answer,
            }
        });
        let answer = answer.await.expect("nobody panicked");
        assert!(answer.starts_with(begins) && answer.ends_with(ends) && !answer.contains("still open"), "{answer}");
        assert!(begins.is_empty() || answer.contains("slow-body"), "{answer}");
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful_and_has_an_id() {
    let world = World::new().await;
    let mut ids = std::collections::BTreeSet::new();
    for path in ["/health", "/v1/admin/keys", "/nowhere", "/openapi.json"] {
        let request = world.client.get(world.at(path)).header("x-request-id", "chosen-by-the-caller");
        let response = request.send().await.expect("an answer");
        for (name, value) in [("x-content-type-options", "nosniff"), ("cache-control", "no-store"), ("x-frame-options", "DENY")] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
        ids.insert(response.headers()["x-request-id"].to_str().expect("an id").to_owned());
    }
    assert!(ids.len() == 4 && !ids.contains("chosen-by-the-caller"), "{ids:?}");
}

#[tokio::test]
async fn a_token_that_is_taken_back_while_a_request_comes_answers_it_no_more() {
    let world = World::new().await;
    let issued: IssuedToken = read(world.post("/v1/admin/tokens", json!({ "name": "shop", "role": "reseller" })).await).await;
    let body = Host(1).activates(&world, 1, &world.issue(1).await.key).to_json();
    let mut stream = TcpStream::connect(world.addr()).expect("a connection");
    let head = format!(
        "POST /v1/admin/answer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        *issued.secret,
        media::ENVELOPE,
        body.len()
    );
    // Who is told to go on was let in.
    let asked = tokio::task::spawn_blocking(move || {
        stream.write_all(head.as_bytes()).expect("the head is sent");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).expect("an answer");
        (stream, go_on)
    });
    let (mut stream, go_on) = asked.await.expect("nobody panicked");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(world.post("/v1/admin/tokens/shop/revoke", json!(null)).await.status().as_u16(), 200);
    let before = world.ledger.commits();
    let answer = tokio::task::spawn_blocking(move || {
        stream.write_all(&body).expect("the body is sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        answer
    });
    assert_eq!(&answer.await.expect("nobody panicked"), b"HTTP/1.1 401");
    assert_eq!(world.ledger.commits(), before);
}
