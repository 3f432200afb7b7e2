//! Whoever brings the answer to a request.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Kind, Request};
use keyward_domain::seal::{Sealed, Statement};

use crate::{Cause, Retry};

/// Brings the answer to a request. A carrier moves `request.envelope()`; a translator to a foreign backend reads `request.words()`.
#[async_trait]
pub trait KeyServer: Send + Sync {
    /// Brings the answer, unopened. The same request brings the same answer while what it granted stands. Dropping the call at any step loses nothing:
    /// the request can be made again. A refusal is an answer, not an error.
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError>;
}

/// Why there is no answer. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyServerError {
    /// No server was reached: the request certainly arrived nowhere.
    #[error("no server could be reached: {}", list(.attempts))]
    Unreachable {
        /// Every server tried, in order.
        attempts: Vec<Attempt>,
    },
    /// Nobody knows whether it arrived. Never a refusal: the same request is made again.
    #[error("the server did not answer: {}; the same request can be made again and nothing is lost", list(.attempts))]
    Silent {
        /// Every server tried, in order.
        attempts: Vec<Attempt>,
    },
    /// A server answered that it cannot take this request.
    #[error("{server} did not take the request: {detail} (status {status}); {next}")]
    Rejected {
        /// Which server.
        server: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
        /// What to do next.
        next: String,
        /// When it may be tried again.
        after: Option<Duration>,
    },
    /// This backend cannot do that.
    #[error("this backend cannot do {kind:?}")]
    Unsupported {
        /// What was asked.
        kind: Kind,
    },
    /// The license key is needed again: the backend takes no signature by it.
    #[error("the license key is needed once more, because the request was interrupted; enter it again")]
    KeyNeeded,
}

/// One server, tried.
#[derive(Debug)]
pub struct Attempt {
    /// Host and port.
    pub server: String,
    /// The proxy used, without its password.
    pub proxy: Option<String>,
    /// What was wrong.
    pub trouble: Trouble,
    /// What the library said.
    pub cause: Option<Cause>,
}

/// What was wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Its name is unknown.
    NoSuchHost,
    /// Nothing listens there, or the network does not lead there.
    NoConnection,
    /// The proxy could not be reached.
    ProxyUnreachable,
    /// The proxy wants a user name and password.
    ProxyWantsPassword,
    /// The proxy did not connect.
    ProxyRefused,
    /// Its certificate is not one that the profile believes.
    Certificate,
    /// Its TLS key is not the one that the license server showed when it was met.
    OtherKey,
    /// No answer in time.
    Timeout,
    /// The connection broke.
    Broken,
    /// What answered is not the server that is looked for: neither a key server nor, where one is meant, a license server.
    NotAKeyServer,
    /// It says it is out of order.
    OutOfOrder,
    /// It was found dead a moment ago and left out.
    SkippedAsDead,
}

impl KeyServerError {
    /// Whether the same request may be made again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable { .. } => Retry::After(Duration::from_secs(60)),
            Self::Silent { .. } => Retry::Now,
            Self::Rejected { after, .. } => after.map_or(Retry::Never, Retry::After),
            Self::Unsupported { .. } | Self::KeyNeeded => Retry::Never,
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.server)?;
        if let Some(proxy) = &self.proxy {
            write!(f, " through proxy {proxy}")?;
        }
        match (self.trouble, &self.cause) {
            // What a server says of itself is for people; what a library says is not.
            (Trouble::OutOfOrder, Some(said)) => write!(f, ": it says it is out of order ({said}); try again later"),
            (trouble, _) => write!(f, ": {trouble}"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchHost => "there is no host of that name; check the address and the network's name service",
            Self::NoConnection => "nothing answers there; check that the server runs and that a firewall lets it through",
            Self::ProxyUnreachable => "the proxy cannot be reached; check its address",
            Self::ProxyWantsPassword => "the proxy wants a user name and a password; enter them in the proxy settings",
            Self::ProxyRefused => "the proxy refused to connect; ask whoever runs it to allow this server",
            Self::Certificate => "its TLS certificate is not one the product profile believes; check the server's address, or ask the vendor for a new profile",
            Self::OtherKey => "its TLS key is another than before: the server got a new one, or somebody else answers in its place; nothing was sent to it; it is asked anew who it is",
            Self::Timeout => "it did not answer in time; try again",
            Self::Broken => "the connection broke; try again",
            Self::NotAKeyServer => "what answers there is not the server that is looked for; check the address and the port",
            Self::OutOfOrder => "it says it is out of order; try again later",
            Self::SkippedAsDead => "it did not answer a moment ago and was left out",
        })
    }
}

fn list(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "the product profile names none; ask the vendor for a profile with a server".into();
    }
    attempts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
