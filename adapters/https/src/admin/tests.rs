use keyward_ports::Trouble;
use keyward_wire::media::PROBLEM;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::loopback::{Authority, Does, Loopback, Refusing, answer, problem};

use super::*;

const SECRET: &str = "kwa_5f0c2e";

fn token() -> AdminToken {
    AdminToken::parse(&format!(" {SECRET}\n")).expect("a token")
}

fn says(status: &str, media_type: &str, body: &str) -> Does {
    Does::Answers(answer(status, &[&format!("content-type: {media_type}")], body.as_bytes()))
}

#[derive(Debug, PartialEq, Deserialize)]
struct Issued {
    key: String,
}

#[tokio::test]
async fn a_call_carries_its_token_and_its_words_and_reads_the_answer() {
    let authority = Authority::new();
    let server = Loopback::start(&authority, says("201 Created", "application/json; charset=utf-8", r#"{"key":"K","new":1}"#)).await;
    let console = HttpsConsole::new(authority.client(), &server.url(), token()).expect("an address");
    let issued: Issued = console.call(Method::POST, "/v1/admin/keys?dry=1", Some(&json!({"seats": 5}))).await.expect("it is done");
    assert_eq!(issued, Issued { key: "K".into() });
    let seen = server.seen.requests().concat();
    for part in [
        "POST /v1/admin/keys?dry=1 HTTP/1.1",
        &format!("authorization: Bearer {SECRET}\r\n"),
        "content-type: application/json",
        "{\"seats\":5}",
    ] {
        assert!(seen.contains(part), "{seen}");
    }

    let empty = Loopback::start(&authority, Does::Answers(answer("204 No Content", &[], b""))).await;
    let console = HttpsConsole::new(authority.client(), &empty.url(), token()).expect("an address");
    console.call::<Value, ()>(Method::DELETE, "/v1/admin/keys/1", None).await.expect("it is done");
}

#[tokio::test]
async fn what_goes_wrong_is_said_with_host_cause_and_next_step_and_without_the_token() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let (unknown, full) = (problem(404, "there is no product \"cad\"", Some("add it first")), problem(500, "the disk is full", None));
    let refusing = Refusing::new();
    let unbelieved = Loopback::start(&foreign, says("200 OK", "application/json", "{}")).await;
    let mut table = vec![
        (refusing.url(), "could not be reached: 127.0.0.1:", "nothing answers there; check"),
        (unbelieved.url(), "could not be reached: 127.0.0.1:", "TLS certificate"),
    ];
    let mut servers = Vec::new();
    for (does, what, next) in [
        (says("404 Not Found", PROBLEM, &unknown), "there is no product \"cad\" (status 404)", "add it first"),
        (says("401 Unauthorized", "text/plain", ""), "unauthorized (status 401)", "check the admin token"),
        (says("500 Internal Server Error", PROBLEM, &full), "the disk is full (status 500)", "server's log"),
        (says("502 Bad Gateway", "text/html", ""), "out of order", "look whether it was done"),
        (says("404 Not Found", "text/html", ""), "not the server that is looked for", "look whether it was done"),
        (says("200 OK", "text/html", "<p>"), "not the server that is looked for", "look whether it was done"),
        (says("200 OK", "application/json", &format!("{{\"key\":[\"{SECRET}\"]}}")), "cannot be read", "of the same version"),
        (says("200 OK", "application/json", &format!("\"{SECRET}\"")), "cannot be read", "of the same version"),
        (Does::ReadsAndCloses, "the connection broke", "look whether it was done"),
    ] {
        let server = Loopback::start(&authority, does).await;
        table.push((server.url(), what, next));
        servers.push(server);
    }
    for (url, what, next) in table {
        let console = HttpsConsole::new(authority.client(), &url, token()).expect("an address");
        let error = console.call::<Value, Issued>(Method::GET, "/v1/admin/keys", None).await.expect_err("it goes wrong");
        let said = error.to_string();
        assert!(said.contains(what) && said.contains(next) && said.contains(url.trim_start_matches("https://")), "{said}");
        assert!(!format!("{said} {error:?}").contains(SECRET));
        match error {
            AdminError::Rejected { code, status: 404, .. } => assert_eq!(code.as_deref(), Some("a-code")),
            AdminError::Unreachable(attempt) => assert!(matches!(attempt.trouble, Trouble::NoConnection | Trouble::Certificate)),
            _ => {}
        }
    }
    assert_eq!(unbelieved.seen.requests(), [""; 0], "the token is not told to whom nobody believes");
}

#[test]
fn a_token_is_shown_nowhere_and_never_sent_without_tls() {
    assert_eq!(format!("{:?}", token()), "AdminToken");
    for text in ["", " \n", "two words", "line\nbreak", "ü"] {
        assert_eq!(AdminToken::parse(text).expect_err(text), BadToken);
    }
    let client = Authority::new().client();
    let error = HttpsConsole::new(client, "http://key.example", token()).err().expect("TLS is needed");
    assert!(error.to_string().contains("without TLS"), "{error}");
}

/// Whoever reads German, reads in German too why a file is not answered.
#[tokio::test]
async fn every_call_says_in_which_language_its_answer_is_read() {
    let authority = Authority::new();
    let server = Loopback::start(&authority, says("404 Not Found", PROBLEM, &problem(404, "nichts", None))).await;
    let console = HttpsConsole::new(authority.client(), &server.url(), token()).expect("an address").in_language("de-DE");
    console.call::<Value, Value>(Method::GET, "/v1/admin/keys", None).await.expect_err("it is not there");
    let envelope = Envelope::from_json(br#"{"payloadType":"a/b","payload":"e30=","signatures":[]}"#).expect("an envelope");
    console.answer("/v1/pool/answer", &envelope).await.expect_err("it is not there");
    let requests = server.seen.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(
            request.contains("accept-language: de-DE\r\n") && request.contains(&format!("authorization: Bearer {SECRET}\r\n")),
            "{request}"
        );
    }
}
