//! The key servers of a product profile, asked one after the other.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::seal::{Keyward, MOST_BYTES, Sealed, Statement};
use keyward_ports::{Attempt, Clock, KeyServer, KeyServerError, Trouble};
use keyward_wire::media::{ENVELOPE, REPLY};
use keyward_wire::{EXCHANGE_PATH, Problem};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};

use crate::address::{Address, BadAddress};
use crate::call::{Delivery, Failure, Received, call, reason};
use crate::dead::Dead;
use crate::problem::{next_step, problem, retry_after};

/// Who is asked too often and not told how long to wait, waits so long.
const TOO_OFTEN_WAIT: Duration = Duration::from_secs(60);

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// One exchange in all, whatever the number of servers; 30 s. Each server is given an equal share of what is left.
    pub deadline: Duration,
    /// How long a server that was found dead is tried last, in running time; 60 s.
    pub dead_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), dead_for: Duration::from_secs(60) }
    }
}

/// Key servers over HTTPS, the first to be asked first (row O2).
///
/// One request is never under way to two servers at once. A server that was found dead is remembered and tried last, never left out.
pub struct HttpsKeyServer {
    client: Client,
    servers: Vec<Address>,
    dead: Dead,
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

/// What came of asking one server.
enum Outcome {
    Answered(Statement),
    /// It cannot take this request, and no other server will be asked.
    Rejected(KeyServerError),
    /// It cannot take it now and says when; another server may.
    Busy(KeyServerError),
    Failed(Failure),
}

/// What came of the servers asked so far.
#[derive(Default)]
struct Tried {
    attempts: Vec<Attempt>,
    perhaps_delivered: bool,
    busy: Option<KeyServerError>,
}

impl HttpsKeyServer {
    /// Asks these servers (`https://HOST[:PORT]`) through a client that follows no redirects.
    pub fn new(client: Client, servers: &[String], clock: Arc<dyn Clock>, options: Options) -> Result<Self, BadAddress> {
        let servers = servers.iter().map(|text| Address::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let dead = Dead::new(servers.len(), options.dead_for);
        Ok(Self { client, servers, dead, clock, deadline: options.deadline })
    }

    async fn ask(&self, server: &Address, envelope: &[u8], deadline: Duration) -> Outcome {
        let request = self.client.post(server.at(EXCHANGE_PATH)).header(CONTENT_TYPE, ENVELOPE).body(envelope.to_vec()).timeout(deadline);
        match call(request, MOST_BYTES).await {
            Ok(received) => self.read(server, received),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    fn read(&self, server: &Address, mut received: Received) -> Outcome {
        let status = received.status;
        if status == StatusCode::OK && received.is(REPLY) {
            return Outcome::Answered(Statement::new(Keyward::NAME, mem::take(&mut *received.body)));
        }
        let problem = problem(&received);
        let after = retry_after(&received.headers, self.clock.now().wall);
        match (status, &problem, after) {
            (StatusCode::TOO_MANY_REQUESTS, ..) => {
                Outcome::Rejected(rejected(server, status, problem, Some(after.unwrap_or(TOO_OFTEN_WAIT))))
            }
            // A gateway's 503 has no problem document of ours, and may come after the request was passed on.
            (StatusCode::SERVICE_UNAVAILABLE, Some(_), Some(_)) => Outcome::Busy(rejected(server, status, problem, after)),
            (_, Some(_), _) if status.is_client_error() => Outcome::Rejected(rejected(server, status, problem, after)),
            _ => Outcome::Failed(received.unexpected()),
        }
    }
}

#[async_trait]
impl KeyServer for HttpsKeyServer {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let begun = Instant::now();
        let envelope = request.envelope().to_json();
        let order = self.dead.order(&self.clock.now());
        let mut tried = Tried::default();
        for (index, left) in order.iter().copied().zip((1..=order.len()).rev()) {
            let server = &self.servers[index];
            let share = self.deadline.saturating_sub(begun.elapsed()).div_f64(left as f64);
            match self.ask(server, &envelope, share).await {
                Outcome::Answered(statement) => {
                    self.dead.mark_alive(index);
                    return Ok(statement);
                }
                Outcome::Rejected(rejection) => {
                    self.dead.mark_alive(index);
                    return Err(tried.rejected(server, rejection));
                }
                Outcome::Busy(rejection) => {
                    self.dead.mark_dead(index, &self.clock.now());
                    tried.busy(server, rejection);
                }
                Outcome::Failed(failure) => {
                    self.dead.mark_dead(index, &self.clock.now());
                    tried.failed(server, failure);
                }
            }
        }
        Err(tried.in_vain())
    }
}

impl Tried {
    fn failed(&mut self, server: &Address, failure: Failure) {
        self.perhaps_delivered |= failure.delivery == Delivery::Perhaps;
        self.attempts.push(failure.attempt(server));
    }

    /// A server that says it cannot take anything now has taken nothing.
    fn busy(&mut self, server: &Address, rejection: KeyServerError) {
        self.attempts.push(out_of_order(server, &rejection));
        self.busy.get_or_insert(rejection);
    }

    /// One server's no is the answer, unless another may have taken the request before: then nobody knows.
    fn rejected(mut self, server: &Address, rejection: KeyServerError) -> KeyServerError {
        if !self.perhaps_delivered {
            return rejection;
        }
        self.attempts.push(out_of_order(server, &rejection));
        self.in_vain()
    }

    /// No server answered.
    fn in_vain(self) -> KeyServerError {
        match (self.perhaps_delivered, self.busy) {
            (true, _) => KeyServerError::Silent { attempts: self.attempts },
            (false, Some(rejection)) => rejection,
            (false, None) => KeyServerError::Unreachable { attempts: self.attempts },
        }
    }
}

/// A rejection that is not the answer, as one of several servers tried.
fn out_of_order(server: &Address, rejection: &KeyServerError) -> Attempt {
    let cause = match rejection {
        KeyServerError::Rejected { detail, next, .. } => format!("{detail}; {next}"),
        other => other.to_string(),
    };
    Attempt { server: server.to_string(), proxy: None, trouble: Trouble::OutOfOrder, cause: Some(cause.into()) }
}

fn rejected(server: &Address, status: StatusCode, problem: Option<Problem>, after: Option<Duration>) -> KeyServerError {
    let (detail, next) = problem.map_or((reason(status), None), |it| (it.detail, it.next));
    let next = next_step(next, after, "update the product, or ask its vendor");
    KeyServerError::Rejected { server: server.to_string(), status: status.as_u16(), detail, next, after }
}

#[cfg(test)]
mod tests;
