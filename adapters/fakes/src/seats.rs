//! License servers in this process: the real [`LicenseServer`] over whatever it was given, with no rules of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::{Request, Ticket};
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Beat, Offer, PulseHeard, Waited, Way};
use keyward_domain::seal::{Digest, Introduction, Sealed, Statement, Trust};
use keyward_engine::pool_keeper::Served;
use keyward_engine::{KeeperError, LicenseServer, ServerError};
use keyward_ports::{
    Attempt, Beaten, Cause, CheckedOut, KeyServer, KeyServerError, LicenseServers, MeetError, Met, Seats, SeatsError, Trouble,
};

use crate::locked;

/// License servers that are called instead of connected to, each at its address.
#[derive(Default)]
pub struct FakeLicenseServers {
    lan: Arc<Lan>,
}

type Lan = Mutex<BTreeMap<ServerAddress, Stand>>;

/// Who answers at an address, and the key that it holds connections with.
#[derive(Clone)]
struct Stand {
    server: LicenseServer,
    tls: Digest,
    /// The key that its words are about; another one than its own where it repeats what somebody else said.
    says: Digest,
}

impl FakeLicenseServers {
    /// A network on which nobody answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// From here on this server answers at an address, with a TLS key of its own.
    pub fn put(&self, at: &ServerAddress, server: LicenseServer) {
        let tls = tls_key(at, &server);
        locked(&self.lan).insert(at.clone(), Stand { server, tls, says: tls });
    }

    /// From here on nobody answers there: the cable is cut, or the server is off.
    pub fn cut(&self, at: &ServerAddress) {
        locked(&self.lan).remove(at);
    }

    /// From here on a stranger answers there with whatever this server says of itself, over a TLS key of its own.
    pub fn impersonate(&self, at: &ServerAddress, server: LicenseServer) {
        let says = tls_key(at, &server);
        locked(&self.lan).insert(at.clone(), Stand { server, tls: Digest::of(b"a stranger's TLS key"), says });
    }
}

fn tls_key(at: &ServerAddress, server: &LicenseServer) -> Digest {
    Digest::of(format!("the TLS key of {} at {at}", server.key()).as_bytes())
}

#[async_trait]
impl LicenseServers for FakeLicenseServers {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        let stand = locked(&self.lan).get(at).cloned();
        let Some(Stand { server, tls, says }) = stand else { return Err(MeetError::NoAnswer(attempt(at, Trouble::NoConnection, None))) };
        let said = server.introduce(says, std::slice::from_ref(at)).map_err(|error| match error {
            ServerError::Keeper(KeeperError::NotActivated) => MeetError::Rejected {
                server: at.to_string(),
                status: 503,
                detail: error.to_string(),
                next: "ask whoever runs that server".into(),
                after: None,
            },
            error => MeetError::NoAnswer(attempt(at, Trouble::OutOfOrder, Some(error.into()))),
        })?;
        let introduced =
            Introduction::open(&said.to_json(), trust, tls).map_err(|why| MeetError::NotBelieved { server: at.to_string(), why })?;
        Ok(Met { introduced, line: Arc::new(Line { lan: Arc::clone(&self.lan), at: at.clone(), tls }) })
    }
}

/// The way to whoever had this key at this address.
struct Line {
    lan: Arc<Lan>,
    at: ServerAddress,
    tls: Digest,
}

impl Line {
    fn server(&self) -> Result<LicenseServer, Attempt> {
        match locked(&self.lan).get(&self.at) {
            Some(stand) if stand.tls == self.tls => Ok(stand.server.clone()),
            Some(_) => Err(attempt(&self.at, Trouble::OtherKey, None)),
            None => Err(attempt(&self.at, Trouble::NoConnection, None)),
        }
    }

    async fn ask(&self, request: &Sealed<Request>) -> Result<Served, KeyServerError> {
        let server = self.server().map_err(|attempt| KeyServerError::Unreachable { attempts: vec![attempt] })?;
        server.answer(request.envelope(), Way::Line).await.map_err(|error| match error {
            ServerError::Gateway(rejected @ (KeyServerError::Rejected { .. } | KeyServerError::Unreachable { .. })) => rejected,
            ServerError::OtherVendor | ServerError::Keeper(KeeperError::Unreadable(_)) => self.rejected(422, &error),
            ServerError::Keeper(KeeperError::ByFileAlone) => self.rejected(403, &error),
            error => KeyServerError::Silent { attempts: vec![attempt(&self.at, Trouble::OutOfOrder, Some(error.into()))] },
        })
    }

    /// As it is said over HTTPS: the cause, and what to do.
    fn rejected(&self, status: u16, error: &ServerError) -> KeyServerError {
        let words = error.to_string();
        let (detail, next) = words.rsplit_once("; ").unwrap_or((&words, "update the product, or ask whoever runs that server"));
        KeyServerError::Rejected { server: self.at.to_string(), status, detail: detail.into(), next: next.into(), after: None }
    }

    fn quick(&self) -> Result<LicenseServer, SeatsError> {
        self.server().map_err(SeatsError::NoAnswer)
    }

    fn failed(&self, error: ServerError) -> SeatsError {
        SeatsError::NoAnswer(attempt(&self.at, Trouble::OutOfOrder, Some(error.into())))
    }
}

fn attempt(at: &ServerAddress, trouble: Trouble, cause: Option<Cause>) -> Attempt {
    Attempt { server: at.to_string(), proxy: None, trouble, cause }
}

#[async_trait]
impl KeyServer for Line {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        Ok(self.ask(request).await?.statement)
    }
}

#[async_trait]
impl Seats for Line {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        let Served { statement, lifeline, .. } = self.ask(request).await?;
        Ok(CheckedOut { statement, lifeline })
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        let beaten = self.quick()?.beat(beat.clone()).await.map_err(|error| self.failed(error))?;
        Ok(Beaten { pulse: PulseHeard::from(&beaten.pulse), fresh: beaten.fresh })
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        self.quick()?.wait(*ticket).await.map_err(|error| self.failed(error))
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        self.quick()?.list().await.map_err(|error| self.failed(error))
    }
}
