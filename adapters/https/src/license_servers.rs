//! License servers on the LAN, found by their addresses.
//!
//! Whoever answers is asked who it is, and nothing else, before its words were held against the key of the connection they came by. The client
//! that asked holds that key for all its connections ([`NewLine`]), so what is sent after goes to nobody else; a server with another key is met
//! anew, from the start.

mod line;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::names::ServerAddress;
use keyward_domain::seal::{Digest, Introduced, Introduction, Trust};
use keyward_ports::{Attempt, Cause, Clock, LicenseServers, MeetError, Met, Trouble};
use keyward_wire::seats::{INTRODUCTION, MOST_BYTES, SERVER_PATH};
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};

use crate::address::Address;
use crate::admin::{AdminToken, HttpsConsole};
use crate::call::{Failure, call};
use crate::problem::{next_step, problem, retry_after};
use line::Line;

/// The key that a client's connections are held with: SHA-256 of its `SubjectPublicKeyInfo`. None before the first connection.
pub type KeyOfLine = Arc<dyn Fn() -> Option<Digest> + Send + Sync>;

/// Makes a client for one license server that nobody has met yet, and says with which key its connections are held. The client makes its first
/// connection to whoever owns the key it shows, and no connection with another key after; it follows no redirects.
pub type NewLine = dyn Fn() -> Result<(Client, KeyOfLine), Cause> + Send + Sync;

/// How long things may take. A license server is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Saying who it is, beats, the queue, lists; 5 s.
    pub quick: Duration,
    /// A request that the license server answers; 10 s.
    pub exchange: Duration,
    /// A request that it carries on to its vendor; 45 s.
    pub carried: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { quick: Duration::from_secs(5), exchange: Duration::from_secs(10), carried: Duration::from_secs(45) }
    }
}

/// License servers over HTTPS.
pub struct HttpsLicenseServers {
    new_line: Box<NewLine>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

impl HttpsLicenseServers {
    /// Meets each over a client of its own.
    pub fn new(new_line: Box<NewLine>, clock: Arc<dyn Clock>, patience: Patience) -> Self {
        Self { new_line, clock, patience }
    }
}

/// A license server that showed who it is, and the client that speaks to the holder of its key alone.
struct Found {
    introduced: Introduced,
    client: Client,
    address: Address,
}

impl HttpsLicenseServers {
    /// The administration of the license server at an address. The token is told to nobody else: not before the server showed who it is.
    pub async fn administration(&self, at: &ServerAddress, trust: &Trust, token: AdminToken) -> Result<HttpsConsole, MeetError> {
        let Found { client, address, .. } = self.find(at, trust).await?;
        Ok(HttpsConsole::of(client, address, token))
    }

    async fn find(&self, at: &ServerAddress, trust: &Trust) -> Result<Found, MeetError> {
        let none =
            |trouble, cause: Cause| MeetError::NoAnswer(Attempt { server: at.to_string(), proxy: None, trouble, cause: Some(cause) });
        let address = Address::parse(&format!("https://{at}")).map_err(|error| none(Trouble::NoSuchHost, error.into()))?;
        let (client, key) = (self.new_line)().map_err(|cause| none(Trouble::NoConnection, cause))?;
        let request = client.get(address.at(SERVER_PATH)).header(ACCEPT, INTRODUCTION).timeout(self.patience.quick);
        let failed = |failure: Failure| {
            // Nothing is believed of this certificate but that its key is its owner's: it is not one that can be used for TLS.
            let trouble = if failure.trouble == Trouble::Certificate { Trouble::NotAKeyServer } else { failure.trouble };
            MeetError::NoAnswer(Failure { trouble, ..failure }.attempt(&address))
        };
        let received = call(request, MOST_BYTES).await.map_err(failed)?;
        if received.status == StatusCode::OK && received.is(INTRODUCTION) {
            let held = key().ok_or_else(|| none(Trouble::Broken, "the connection has no key".into()))?;
            let introduced = Introduction::open(&received.body, trust, held)
                .map_err(|why| MeetError::NotBelieved { server: address.to_string(), why })?;
            return Ok(Found { introduced, client, address });
        }
        let Some(problem) = problem(&received) else { return Err(failed(received.unexpected())) };
        let after = retry_after(&received.headers, self.clock.now().wall);
        let next = next_step(problem.next, after, "ask whoever runs that server");
        Err(MeetError::Rejected { server: address.to_string(), status: received.status.as_u16(), detail: problem.detail, next, after })
    }
}

#[async_trait]
impl LicenseServers for HttpsLicenseServers {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        let Found { introduced, client, address } = self.find(at, trust).await?;
        let server = introduced.identity.server.id();
        let line = Line { client, address, server, clock: Arc::clone(&self.clock), patience: self.patience };
        Ok(Met { introduced, line: Arc::new(line) })
    }
}
