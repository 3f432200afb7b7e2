//! The vendor's own client of a key server's admin API.
//!
//! It carries JSON and a token, and says what went wrong. What the endpoints are called and what they take is not known here.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use keyward_domain::seal::{Envelope, Keyward, Statement};
use keyward_ports::Attempt;
use keyward_wire::Problem;
use keyward_wire::media::{ENVELOPE, JSON, REPLY};
pub use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::address::{Address, BadAddress, sensitive};
use crate::call::{Delivery, Failure, Received, call, reason};
use crate::problem::{problem, retry_after};

/// No page of a list is longer: 16 MiB.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A token of the admin API. Nothing shows it, and its memory is wiped.
#[derive(Clone)]
pub struct AdminToken(Zeroizing<String>);

/// A text that is no token. Fits after "could not ...: ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the admin token is empty or has characters that no token has; take it from the file `admin-token` of the key server's data")]
pub struct BadToken;

impl AdminToken {
    /// A token as it stands in its file; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadToken);
        }
        Ok(Self(Zeroizing::new(text.into())))
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken")
    }
}

/// The admin API of one key server.
pub struct HttpsConsole {
    client: Client,
    server: Address,
    token: AdminToken,
    language: Option<HeaderValue>,
}

/// Why the admin API did not do it. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The server was not reached: nothing was done.
    #[error("the key server could not be reached: {0}")]
    Unreachable(Attempt),
    /// Nobody knows whether it was done.
    #[error("the key server did not answer: {0}; look whether it was done before doing it again")]
    Silent(Attempt),
    /// The server said no.
    #[error("{server} refused: {detail} (status {status}); {next}")]
    Rejected {
        /// Host and port.
        server: String,
        /// The HTTP status.
        status: u16,
        /// The refusal's code, if it has one.
        code: Option<String>,
        /// What it said.
        detail: String,
        /// What to do next.
        next: String,
        /// When it may be tried again.
        after: Option<Duration>,
    },
    /// What is to be sent cannot be written as JSON.
    #[error("what is to be sent cannot be written; update this program")]
    Unwritable(#[source] serde_json::Error),
    /// It was done, but the answer is in other words than these.
    #[error(
        "{server} did it, but its answer cannot be read (line {line}, column {column}); use a key server and a program of the same version"
    )]
    Unreadable {
        /// Host and port.
        server: String,
        /// Where it cannot be read. What stands there is not repeated: it may be a license key.
        line: usize,
        /// The same.
        column: usize,
    },
}

impl HttpsConsole {
    /// The admin API of the key server at `base`, `https://HOST[:PORT]`. The client is one that follows no redirects.
    pub fn new(client: Client, base: &str, token: AdminToken) -> Result<Self, BadAddress> {
        Ok(Self { client, server: Address::parse(base)?, token, language: None })
    }

    /// The same, for somebody who reads this language (BCP 47): the server says in it what it does not do, if it has the words.
    #[must_use]
    pub fn in_language(self, tag: &'static str) -> Self {
        Self { language: Some(HeaderValue::from_static(tag)), ..self }
    }

    /// The administration of a server that was met already.
    pub(crate) fn of(client: Client, server: Address, token: AdminToken) -> Self {
        Self { client, server, token, language: None }
    }

    /// Calls an endpoint; `path` begins with `/` and may end with a query. An answer without a body reads as JSON's `null`.
    pub async fn call<Req, Res>(&self, method: Method, path: &str, body: Option<&Req>) -> Result<Res, AdminError>
    where
        Req: Serialize + ?Sized,
        Res: DeserializeOwned,
    {
        let mut request = self.request(method, path).header(ACCEPT, JSON);
        if let Some(body) = body {
            let written = serde_json::to_vec(body).map_err(AdminError::Unwritable)?;
            request = request.header(CONTENT_TYPE, JSON).body(written);
        }
        let received = call(request, MOST_BYTES).await.map_err(|failure| self.failed(failure))?;
        self.read(&received)
    }

    /// Has a request answered that came in a file, and brings the answer unopened.
    pub async fn answer(&self, path: &str, request: &Envelope) -> Result<Statement, AdminError> {
        let call_to = self.request(Method::POST, path).header(CONTENT_TYPE, ENVELOPE).body(request.to_json());
        let received = call(call_to, MOST_BYTES).await.map_err(|failure| self.failed(failure))?;
        match (received.status, problem(&received)) {
            (StatusCode::OK, _) if received.is(REPLY) => Ok(Statement::new(Keyward::NAME, received.body.to_vec())),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, problem) => Err(self.rejected(&received, problem)),
            (status, Some(problem)) if !status.is_success() => Err(self.rejected(&received, Some(problem))),
            _ => Err(self.failed(received.unexpected())),
        }
    }

    /// A request with the token, for somebody who reads the language.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let bearer = Zeroizing::new(format!("Bearer {}", *self.token.0));
        let said = self.language.clone().map(|language| (ACCEPT_LANGUAGE, language));
        let headers = sensitive(&bearer).map(|bearer| (AUTHORIZATION, bearer)).into_iter().chain(said);
        self.client.request(method, self.server.at(path)).headers(headers.collect())
    }

    fn read<Res: DeserializeOwned>(&self, received: &Received) -> Result<Res, AdminError> {
        let problem = problem(received);
        match received.status {
            status if status.is_success() && received.body.is_empty() => self.parse(b"null"),
            status if status.is_success() && received.is(JSON) => self.parse(&received.body),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.rejected(received, problem)),
            status if !status.is_success() && problem.is_some() => Err(self.rejected(received, problem)),
            _ => Err(self.failed(received.unexpected())),
        }
    }

    fn parse<Res: DeserializeOwned>(&self, body: &[u8]) -> Result<Res, AdminError> {
        serde_json::from_slice(body).map_err(|error| AdminError::Unreadable {
            server: self.server.to_string(),
            line: error.line(),
            column: error.column(),
        })
    }

    fn failed(&self, failure: Failure) -> AdminError {
        match failure.delivery {
            Delivery::No => AdminError::Unreachable(failure.attempt(&self.server)),
            Delivery::Perhaps => AdminError::Silent(failure.attempt(&self.server)),
        }
    }

    fn rejected(&self, received: &Received, problem: Option<Problem>) -> AdminError {
        let status = received.status;
        let (detail, code, next) = problem.map_or((reason(status), None, None), |it| (it.detail, Some(it.code.into()), it.next));
        let next = next.unwrap_or_else(|| {
            match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "check the admin token",
                _ if status.is_server_error() => "look at the key server's log",
                _ => "check what was given",
            }
            .into()
        });
        AdminError::Rejected {
            server: self.server.to_string(),
            status: status.as_u16(),
            code,
            detail,
            next,
            after: retry_after(&received.headers, Timestamp::now()),
        }
    }
}

#[cfg(test)]
mod tests;
