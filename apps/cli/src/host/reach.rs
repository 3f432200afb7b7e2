//! Whether a key server can be reached, one step after the other: name, connection, TLS, answer.

use std::error::Error;
use std::time::Duration;

use keyward::vendor::wire::{Health, Pulse};
use keyward_domain::profile::TlsTerms;
use keyward_proxy::ClientConfig;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// How long one step may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far one got.
pub(super) struct Found {
    /// The steps taken and what each found.
    pub(super) steps: Vec<(&'static str, String)>,
    /// Why there is no answer, if there is none: cause and next step.
    pub(super) trouble: Option<String>,
}

/// Goes step by step to a server (`https://HOST[:PORT]`) and asks it for a sign of life.
pub(super) async fn look(server: &str, tls: &TlsTerms) -> Found {
    let mut steps = Vec::new();
    let trouble = go(server, tls, &mut steps).await.err();
    if let Some((step, why)) = &trouble {
        steps.push((step, why.clone()));
    }
    Found { steps, trouble: trouble.map(|(_, why)| format!("{server}: {why}")) }
}

type Trouble = (&'static str, String);

async fn go(server: &str, tls: &TlsTerms, steps: &mut Vec<(&'static str, String)>) -> Result<(), Trouble> {
    let (host, port) =
        host_and_port(server).ok_or(("name", "it is no address; ask the vendor for a profile with https://HOST:PORT".into()))?;
    let no_such_host = |why: String| ("name", format!("there is no host {host} ({why}); check the address and the network's name service"));
    let found = timeout(PATIENCE, lookup_host((host.as_str(), port))).await.map_err(|_| no_such_host("no answer in time".into()))?;
    let addresses: Vec<_> = found.map_err(|error| no_such_host(error.to_string()))?.collect();
    steps.push(("name", format!("{host} is {}", crate::output::list(addresses.iter().map(std::net::SocketAddr::ip)))));

    let nobody = |why: String| {
        ("connection", format!("nothing answers at port {port} ({why}); check that the server runs and that a firewall lets it through"))
    };
    let connected = timeout(PATIENCE, TcpStream::connect(&*addresses)).await.map_err(|_| nobody("no answer in time".into()))?;
    let peer = connected.and_then(|stream| stream.peer_addr()).map_err(|error| nobody(error.to_string()))?;
    steps.push(("connection", format!("{peer} answers")));

    let client = keyward_proxy::client(&ClientConfig::new(tls.clone())).map_err(|error| ("TLS", error.to_string()))?;
    let url = format!("{}/health", server.trim_end_matches('/'));
    let answer = match client.get(url).timeout(PATIENCE).send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => {
            let why = deepest(&error);
            return Err((
                "TLS",
                format!("its certificate is not believed ({why}); check the address, or ask the vendor for a new product profile"),
            ));
        }
        Err(error) => return Err(("answer", format!("none came ({}); try again", deepest(&error)))),
    };
    let judged = if tls.ca.is_some() || !tls.pins.is_empty() {
        "the profile believes its certificate"
    } else {
        "this computer believes its certificate"
    };
    steps.push(("TLS", if server.starts_with("https:") { judged.into() } else { "none".into() }));
    let status = answer.status();
    match answer.json::<Health>().await {
        Ok(Health { status: Pulse::Ok, .. }) => steps.push(("answer", "it is well".into())),
        Ok(Health { detail, .. }) => {
            let why = detail.unwrap_or_else(|| format!("status {status}"));
            return Err(("answer", format!("it says it is out of order ({why}); try again later")));
        }
        Err(_) => {
            return Err(("answer", format!("what answers there is no key server (status {status}); check the address and the port")));
        }
    }
    Ok(())
}

/// Host and port of an address.
fn host_and_port(server: &str) -> Option<(String, u16)> {
    let (scheme, rest) = server.split_once("://")?;
    let usual = if scheme == "http" { 80 } else { 443 };
    let authority = rest.split(['/', '?', '#']).next().filter(|it| !it.is_empty() && !it.contains('@'))?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, usual),
    };
    Some((host.trim_start_matches('[').trim_end_matches(']').into(), port))
}

/// What was at the bottom of it.
fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_into_host_and_port() {
        for (text, expected) in [
            ("https://key.example", Some(("key.example", 443))),
            ("https://key.example:8443/keyward", Some(("key.example", 8443))),
            ("http://127.0.0.1:80", Some(("127.0.0.1", 80))),
            ("https://[2001:db8::1]", Some(("2001:db8::1", 443))),
            ("https://[2001:db8::1]:1", Some(("2001:db8::1", 1))),
            ("key.example", None),
            ("https://", None),
            ("https://me:secret@key.example", None),
            ("https://key.example:port", None),
        ] {
            assert_eq!(host_and_port(text), expected.map(|(host, port)| (host.into(), port)), "{text}");
        }
    }
}
