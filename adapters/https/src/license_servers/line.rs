//! The way to one license server that was met.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Request, Ticket};
use keyward_domain::keys::KeyId;
use keyward_domain::pool::{Beat, Offer, Waited};
use keyward_domain::seal::{Keyward, Sealed, Statement};
use keyward_ports::{Beaten, CheckedOut, Clock, KeyServer, KeyServerError, Seats, SeatsError, Trouble};
use keyward_wire::media::{ENVELOPE, JSON, REPLY};
use keyward_wire::seats::{BEATS_PATH, MOST_BYTES, MOST_LIST_BYTES, Offers, QUEUE_PATH, Queued, SEATS_PATH, read_beaten, read_checked_out};
use keyward_wire::{EXCHANGE_PATH, Problem};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::Patience;
use crate::address::Address;
use crate::call::{Delivery, Failure, Received, call, reason};
use crate::problem::{next_step, problem, retry_after};

/// Who is asked too often and not told how long to wait, waits so long.
const TOO_OFTEN_WAIT: Duration = Duration::from_secs(10);

/// One license server, over connections that are all held with the key it showed.
pub(super) struct Line {
    pub(super) client: Client,
    pub(super) address: Address,
    pub(super) server: KeyId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) patience: Patience,
}

/// A no that is no signed refusal.
struct No {
    status: u16,
    detail: String,
    next: String,
    after: Option<Duration>,
}

impl Line {
    /// Calls, and says if another key came up in place of the one that was held.
    async fn call(&self, request: RequestBuilder, most: usize) -> Result<Received, Failure> {
        call(request, most).await.map_err(|failure| match failure.trouble {
            Trouble::Certificate => Failure { trouble: Trouble::OtherKey, ..failure },
            _ => failure,
        })
    }

    async fn send(&self, path: &str, request: &Sealed<Request>) -> Result<Received, KeyServerError> {
        let own = request.words().to.server() == Some(self.server);
        let deadline = if own { self.patience.exchange } else { self.patience.carried };
        let envelope = request.envelope().to_json();
        let call = self.client.post(self.address.at(path)).header(CONTENT_TYPE, ENVELOPE).body(envelope).timeout(deadline);
        self.call(call, MOST_BYTES).await.map_err(|failure| self.unanswered(failure))
    }

    fn unanswered(&self, failure: Failure) -> KeyServerError {
        let delivery = failure.delivery;
        let attempts = vec![failure.attempt(&self.address)];
        match delivery {
            Delivery::No => KeyServerError::Unreachable { attempts },
            Delivery::Perhaps => KeyServerError::Silent { attempts },
        }
    }

    /// What came instead of an answer to a request. Only who says so has certainly not taken it.
    fn no_answer(&self, received: &Received) -> KeyServerError {
        match self.no(received) {
            Some(No { status, detail, next, after }) => {
                KeyServerError::Rejected { server: self.address.to_string(), status, detail, next, after }
            }
            None => self.unanswered(received.unexpected()),
        }
    }

    fn no(&self, received: &Received) -> Option<No> {
        let (status, problem) = (received.status, problem(received));
        let after = retry_after(&received.headers, self.clock.now().wall);
        let after = match status {
            StatusCode::TOO_MANY_REQUESTS => Some(after.unwrap_or(TOO_OFTEN_WAIT)),
            StatusCode::SERVICE_UNAVAILABLE if problem.is_some() && after.is_some() => after,
            _ if problem.is_some() && status.is_client_error() => after,
            _ => return None,
        };
        let (detail, next) = problem.map_or((reason(status), None), |Problem { detail, next, .. }| (detail, next));
        let next = next_step(next, after, "update the product, or ask whoever runs that server");
        Some(No { status: status.as_u16(), detail, next, after })
    }

    async fn quick(&self, request: RequestBuilder, most: usize) -> Result<Received, SeatsError> {
        let sent = self.call(request.timeout(self.patience.quick), most).await;
        let received = sent.map_err(|failure| SeatsError::NoAnswer(failure.attempt(&self.address)))?;
        if received.status == StatusCode::OK && received.is(JSON) {
            return Ok(received);
        }
        Err(match self.no(&received) {
            Some(No { status, detail, next, after }) => {
                SeatsError::Rejected { server: self.address.to_string(), status, detail, next, after }
            }
            None => self.strange(&received),
        })
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Received, SeatsError> {
        // Strings and numbers: there is nothing in it that JSON cannot write. It may hold the secret of a lease.
        let body = Zeroizing::new(serde_json::to_vec(body).unwrap_or_default());
        let request = self.client.post(self.address.at(path)).header(CONTENT_TYPE, JSON).body(body.to_vec());
        self.quick(request, MOST_BYTES).await
    }

    fn parse<T: DeserializeOwned>(&self, received: &Received) -> Result<T, SeatsError> {
        serde_json::from_slice(&received.body).map_err(|_| self.strange(received))
    }

    fn strange(&self, received: &Received) -> SeatsError {
        SeatsError::NoAnswer(received.unexpected().attempt(&self.address))
    }
}

#[async_trait]
impl KeyServer for Line {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let mut received = self.send(EXCHANGE_PATH, request).await?;
        if received.status == StatusCode::OK && received.is(REPLY) {
            return Ok(Statement::new(Keyward::NAME, mem::take(&mut *received.body)));
        }
        Err(self.no_answer(&received))
    }
}

#[async_trait]
impl Seats for Line {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        let received = self.send(SEATS_PATH, request).await?;
        if received.status == StatusCode::OK && received.is(JSON) {
            let read = read_checked_out(&received.body);
            let (statement, lifeline) = read.map_err(|_| self.unanswered(received.unexpected()))?;
            return Ok(CheckedOut { statement, lifeline });
        }
        Err(self.no_answer(&received))
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        let received = self.post(BEATS_PATH, beat).await?;
        let (pulse, fresh) = read_beaten(&received.body).map_err(|_| self.strange(&received))?;
        Ok(Beaten { pulse, fresh })
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        let received = self.post(QUEUE_PATH, &Queued { ticket: *ticket }).await?;
        self.parse(&received)
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        let received = self.quick(self.client.get(self.address.at(SEATS_PATH)), MOST_LIST_BYTES).await?;
        Ok(self.parse::<Offers>(&received)?.licenses)
    }
}
