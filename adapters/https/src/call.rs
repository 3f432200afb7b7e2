//! One call of one server: what came back, or what was wrong and whether it may have arrived.

use std::error::Error;
use std::io;
use std::io::ErrorKind;

use keyward_ports::{Attempt, Cause, Trouble};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode};
use zeroize::Zeroizing;

use crate::address::Address;
use crate::problem::{plain, problem};

/// How rustls begins the words in which it does not believe a certificate. Its type stays behind the client; a test holds the words.
const UNBELIEVED: &str = "invalid peer certificate";

/// What a server sent. It may hold a license key: it has no `Debug` and its body is wiped.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// What was wrong with a call.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    pub(crate) cause: Cause,
    pub(crate) delivery: Delivery,
}

/// Whether the request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Certainly not: no connection was made that it could have gone through.
    No,
    /// Nobody knows.
    Perhaps,
}

/// Calls, and takes at most so many bytes of the answer.
pub(crate) async fn call(request: RequestBuilder, most: usize) -> Result<Received, Failure> {
    let response = request.send().await.map_err(Failure::of)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = bounded(response, most).await?;
    Ok(Received { status, headers, body })
}

async fn bounded(mut response: Response, most: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(Failure::of)? {
        if body.len() + chunk.len() > most {
            return Err(Failure::no_key_server(format!("it sent more than {most} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Received {
    /// Whether the content type is this one; parameters such as `charset` do not count (RFC 9110 section 8.3.1).
    pub(crate) fn is(&self, media_type: &str) -> bool {
        let said = self.headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
        said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
    }

    /// What came instead of a key server's answer. A key server that failed says why in a problem document, and that is for people.
    pub(crate) fn unexpected(&self) -> Failure {
        let header = |name| self.headers.get(name).and_then(|it| it.to_str().ok()).map(plain);
        let mut said = format!("status {}, content type {}", self.status.as_u16(), header(CONTENT_TYPE).as_deref().unwrap_or("none"));
        if let Some(elsewhere) = header(LOCATION).filter(|_| self.status.is_redirection()) {
            said = format!("status {}, a redirect to {elsewhere}, which is not followed", self.status.as_u16());
        }
        if self.status.is_server_error() {
            said = problem(self).map_or(said, |it| it.to_string());
            return Failure { trouble: Trouble::OutOfOrder, cause: said.into(), delivery: Delivery::Perhaps };
        }
        Failure::no_key_server(said)
    }
}

impl Failure {
    /// What was wrong, from the words of the HTTP client.
    fn of(error: reqwest::Error) -> Self {
        let delivery = if error.is_connect() { Delivery::No } else { Delivery::Perhaps };
        Self { trouble: trouble(&error), cause: error.without_url().into(), delivery }
    }

    fn no_key_server(why: String) -> Self {
        Self { trouble: Trouble::NotAKeyServer, cause: why.into(), delivery: Delivery::Perhaps }
    }

    /// The same as one server, tried.
    pub(crate) fn attempt(self, server: &Address) -> Attempt {
        Attempt { server: server.to_string(), proxy: None, trouble: self.trouble, cause: Some(self.cause) }
    }
}

/// What a status says by itself.
pub(crate) fn reason(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("it gives no reason").to_ascii_lowercase()
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_dns() {
        return Trouble::NoSuchHost;
    }
    if error.is_timeout() {
        return Trouble::Timeout;
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            return of_io(cause);
        }
        source = cause.source();
    }
    Trouble::Broken
}

fn of_io(error: &io::Error) -> Trouble {
    // An error of TLS comes wrapped a second time, in one that says nothing of its own.
    if let Some(inner) = error.get_ref().and_then(|it| it.downcast_ref::<io::Error>()) {
        return of_io(inner);
    }
    match error.kind() {
        // TLS failed: what is there has another certificate, or does not speak TLS.
        ErrorKind::InvalidData if error.to_string().starts_with(UNBELIEVED) => Trouble::Certificate,
        ErrorKind::InvalidData => Trouble::NotAKeyServer,
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => Trouble::NoConnection,
        ErrorKind::TimedOut => Trouble::Timeout,
        _ => Trouble::Broken,
    }
}
