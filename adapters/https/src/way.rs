//! The way to a key server, one step after the other, for a person who wants to know where it ends.
//!
//! It asks for nothing but a sign of life, and says what was wrong in the words of every other call.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use keyward_ports::{Attempt, Trouble};
use keyward_wire::{Health, Pulse};
use reqwest::{Client, Url};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::address::{Address, BadAddress};
use crate::call::{Delivery, Failure, call};
use crate::problem::plain;

/// Where a server says how it is.
const HEALTH_PATH: &str = "/health";
/// No sign of life is longer.
const MOST_BYTES: usize = 64 * 1024;
/// How long one step may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far one got.
#[derive(Debug)]
pub struct Way {
    /// The steps that were taken, each with what was found, in the order name, connection, TLS, answer.
    pub steps: Vec<Step>,
    /// What was wrong with the step after these, if one of the four was not taken; its cause is the first of all.
    pub end: Option<Attempt>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The name has these addresses.
    Name(Vec<IpAddr>),
    /// This one took the connection.
    Connection(SocketAddr),
    /// Its certificate is believed.
    Tls,
    /// There is no TLS, as nothing leaves this computer.
    NoTls,
    /// It says that it is well.
    Answer,
}

impl Way {
    /// Goes step by step to a server (`https://HOST[:PORT]`), straight, and asks it how it is.
    pub async fn to(client: &Client, server: &str) -> Result<Self, BadAddress> {
        Self::patiently(client, server, PATIENCE).await
    }

    async fn patiently(client: &Client, server: &str, patience: Duration) -> Result<Self, BadAddress> {
        let address = Address::parse(server)?;
        let mut steps = Vec::new();
        let end = walk(client, &address, patience, &mut steps).await.err();
        Ok(Self { steps, end: end.map(|failure| first_cause(&failure).attempt(&address)) })
    }
}

async fn walk(client: &Client, address: &Address, patience: Duration, steps: &mut Vec<Step>) -> Result<(), Failure> {
    let url = address.at(HEALTH_PATH);
    let found = timeout(patience, lookup(&url)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let addresses = found.map_err(|cause| not_sent(Trouble::NoSuchHost, cause))?;
    steps.push(Step::Name(addresses.iter().map(SocketAddr::ip).collect()));

    let connected = timeout(patience, TcpStream::connect(&*addresses)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let peer = connected.and_then(|stream| stream.peer_addr()).map_err(|cause| not_sent(Trouble::NoConnection, cause))?;
    steps.push(Step::Connection(peer));

    let called = call(client.get(url.clone()).timeout(patience), MOST_BYTES).await;
    let greeted = !called.as_ref().is_err_and(|failure| failure.delivery == Delivery::No);
    if greeted {
        steps.push(if url.scheme() == "https" { Step::Tls } else { Step::NoTls });
    }
    let received = called?;
    match serde_json::from_slice(&received.body) {
        Ok(Health { status: Pulse::Ok, .. }) if received.status.is_success() => {}
        Ok(Health { detail, .. }) => {
            let said = detail.map_or_else(|| format!("status {}", received.status.as_u16()), |detail| plain(&detail));
            return Err(Failure { trouble: Trouble::OutOfOrder, cause: said.into(), delivery: Delivery::Perhaps });
        }
        Err(_) => return Err(received.unexpected()),
    }
    steps.push(Step::Answer);
    Ok(())
}

/// The addresses of a URL's host.
async fn lookup(url: &Url) -> io::Result<Vec<SocketAddr>> {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    Ok(lookup_host((host, url.port_or_known_default().unwrap_or_default())).await?.collect())
}

fn not_sent(trouble: Trouble, cause: io::Error) -> Failure {
    Failure { trouble, cause: cause.into(), delivery: Delivery::No }
}

/// The same, with what lies at the bottom of it as its cause.
fn first_cause(failure: &Failure) -> Failure {
    let mut first: &(dyn Error + 'static) = &*failure.cause;
    while let Some(cause) = first.source() {
        first = cause;
    }
    let cause = plain(&first.to_string()).into();
    Failure { trouble: failure.trouble, cause, delivery: failure.delivery }
}

#[cfg(test)]
mod tests {
    use crate::loopback::{Authority, Does, Loopback, Refusing, answer, problem};

    use super::*;

    fn says(status: &str, media_type: &str, body: &str) -> Does {
        Does::Answers(answer(status, &[&format!("content-type: {media_type}")], body.as_bytes()))
    }

    #[tokio::test]
    async fn a_way_to_the_end_names_each_step() {
        let authority = Authority::new();
        let server = Loopback::start(&authority, says("200 OK", "application/json", r#"{"status":"ok"}"#)).await;
        let way = Way::to(&authority.client(), &server.url()).await.expect("an address");
        assert!(way.end.is_none(), "{way:?}");
        assert_eq!(way.steps, [Step::Name(vec![server.address.ip()]), Step::Connection(server.address), Step::Tls, Step::Answer]);
        assert!(server.seen.requests().concat().starts_with("GET /health HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn a_way_that_ends_names_the_step_the_cause_and_what_to_do() {
        let (authority, foreign) = (Authority::new(), Authority::new());
        let json = "application/json";
        let failed = problem(500, "oh", Some("see the log"));
        let unwell = says("503 Service Unavailable", json, r#"{"status":"unavailable","detail":"the ledger\u001b[2J cannot be read"}"#);
        // A label of a name has at most 63 characters: no name service is asked for this one.
        let (refusing, nameless) = (Refusing::new(), format!("https://{}.example", "x".repeat(64)));
        let mut table = vec![(nameless, 0, Trouble::NoSuchHost, ""), (refusing.url(), 1, Trouble::NoConnection, "(os error")];
        let mut servers = vec![Loopback::start(&foreign, says("200 OK", json, r#"{"status":"ok"}"#)).await];
        table.push((servers[0].url(), 2, Trouble::Certificate, "invalid peer certificate: "));
        for (does, steps, trouble, cause) in [
            (Does::ClosesAtOnce, 2, Trouble::Broken, ""),
            (Does::NeverGreets, 2, Trouble::Timeout, ""),
            (Does::SpeaksPlainHttp, 2, Trouble::NotAKeyServer, ""),
            (Does::ReadsAndCloses, 3, Trouble::Broken, ""),
            (Does::NeverAnswers, 3, Trouble::Timeout, ""),
            (says("200 OK", "text/html", "<p>"), 3, Trouble::NotAKeyServer, "status 200, content type text/html"),
            (says("500 Internal Server Error", "application/problem+json", &failed), 3, Trouble::OutOfOrder, "oh; see the log"),
            (unwell, 3, Trouble::OutOfOrder, "the ledger[2J cannot be read"),
        ] {
            let server = Loopback::start(&authority, does).await;
            table.push((server.url(), steps, trouble, cause));
            servers.push(server);
        }
        for (url, steps, trouble, cause) in table {
            // Little patience only with what never comes: TLS, or the answer.
            let (usual, little) = (Duration::from_secs(20), Duration::from_millis(300));
            let (greeting, answer) = match (trouble, steps) {
                (Trouble::Timeout, 2) => (little, usual),
                (Trouble::Timeout, _) => (usual, little),
                _ => (usual, usual),
            };
            let way = Way::patiently(&authority.client_that_waits(greeting), &url, answer).await.expect("an address");
            let end = way.end.as_ref().expect("it ends before");
            assert_eq!((way.steps.len(), end.trouble), (steps, trouble), "{url} {way:?}");
            assert!(end.cause.as_ref().is_some_and(|it| it.to_string().contains(cause)), "{way:?}");
        }
    }
}
