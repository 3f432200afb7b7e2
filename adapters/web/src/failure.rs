//! Errors of the hexagon, as problem documents. What storage says stays in the server's log.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Response as HttpResponse, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keyward_domain::entitlement::TermsError;
use keyward_domain::signers::SignersError;
use keyward_domain::staff::StaffError;
use keyward_engine::{ConsoleError, IssuerError, KeysError};
use keyward_ports::{LedgerError, Retry};
use keyward_wire::{Problem, media};
use keyward_words::{Message, Say, ServerText, Words};

use crate::connections::Ceiling;
use crate::gates::seconds;

/// A problem, and how long to wait before trying again.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Box<Problem>,
    retry: Option<Duration>,
    says: Option<Message>,
}

/// A problem that can be said in other languages, until it is known in which.
#[derive(Debug, Clone)]
struct Sayable {
    problem: Box<Problem>,
    says: Message,
}

impl Failure {
    pub(crate) fn new(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry: None, says: None }
    }

    /// The same, in the words of the catalogue for whoever names a language.
    #[must_use]
    pub(crate) fn says(self, what: &(impl Say + ?Sized)) -> Self {
        Self { says: Some(what.message()), ..self }
    }

    /// It passes with time: what to do then.
    pub(crate) fn after(mut self, wait: Duration, step: &str) -> Self {
        self.retry = Some(wait);
        let seconds = seconds(wait);
        *self.problem = self.problem.next(format!("wait {seconds} s, {step}"));
        self
    }

    #[cfg(test)]
    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }

    #[cfg(test)]
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    pub(crate) fn status(&self) -> u16 {
        self.problem.status
    }

    /// There is no such path.
    pub(crate) fn no_such_path() -> Self {
        Self::new(
            Problem::new(404, "no-such-path", "There is nothing here", "this server has no such path")
                .next("GET /openapi.json lists what there is; check the address, and that the server is not older than the program"),
        )
    }

    /// The path is there, the method is not.
    pub(crate) fn no_such_method() -> Self {
        Self::new(
            Problem::new(405, "no-such-method", "Not this way", "this path does not take this method").next("the header Allow says which"),
        )
    }

    /// Somebody asks too often; `whose` says whose limit it is.
    pub(crate) fn limited(whose: &str, wait: Duration) -> Self {
        let detail = format!("too many requests {whose} within a short time");
        Self::new(Problem::new(429, "too-many-requests", "Too many requests", detail))
            .after(wait, "then send the same request again")
            .says(&ServerText::TooManyRequests { seconds: seconds(wait).get().into() })
    }

    /// There are too many connections.
    pub(crate) fn crowded(ceiling: Ceiling) -> Self {
        let detail = format!("there are {} to this server", ceiling.why());
        Self::new(Problem::new(503, "too-many-connections", "There are too many connections", detail))
            .after(CROWDED, "then try again; close connections that are not used")
    }

    /// It took too long. What was asked may be done all the same, so there is no `Retry-After`, which says that nothing was.
    pub(crate) fn timed_out() -> Self {
        let problem = Problem::new(504, "timed-out", "The server is too slow", "the server could not answer in time");
        Self::new(problem.next("send the same request again; it is given the same answer")).says(&ServerText::TimedOut)
    }

    /// Something that must not happen.
    pub(crate) fn internal() -> Self {
        Self::new(
            Problem::new(500, "internal", "The server failed", "the server failed")
                .next("look into the server's log for this request's id (header x-request-id)"),
        )
    }
}

/// A problem told in the words of an error, which by the house's custom are the cause, `; `, and what to do.
pub(crate) fn told(status: u16, code: &'static str, title: &'static str, words: &str) -> Problem {
    match words.split_once("; ") {
        Some((cause, next)) => Problem::new(status, code, title, cause).next(next),
        None => Problem::new(status, code, title, words),
    }
}

/// When to come back to a busy server.
const BUSY: Duration = Duration::from_secs(1);
/// When to come back to one with too many connections: an idle one is closed after half a minute.
const CROWDED: Duration = Duration::from_secs(30);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { problem, retry, says } = self;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::new(written(&problem));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media::PROBLEM));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = retry {
            response.headers_mut().insert(RETRY_AFTER, seconds(wait).get().into());
        }
        if let Some(says) = says {
            response.extensions_mut().insert(Sayable { problem, says });
        }
        response
    }
}

/// Says a problem in the language of whoever asked, if they name any (RFC 9457 section 3.1, RFC 9110 section 12.5.4). Type, title, status
/// and code stay what they are.
pub(crate) async fn in_words(request: Request, next: Next) -> Response {
    let wanted = request.headers().get(ACCEPT_LANGUAGE).cloned();
    let mut response = next.run(request).await;
    let Some(Sayable { problem, says }) = response.extensions_mut().remove::<Sayable>() else { return response };
    let Some(words) = wanted.as_ref().and_then(|it| it.to_str().ok()).map(Words::for_accept_language) else { return response };
    *response.body_mut() = written(&Problem { detail: words.say(&says), next: words.remedy(&says), ..*problem });
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(words.language()));
    response
}

/// A problem is strings and a number: there is nothing in it that JSON cannot write.
fn written(problem: &Problem) -> Body {
    Body::from(serde_json::to_vec(problem).unwrap_or_default())
}

impl From<IssuerError> for Failure {
    fn from(error: IssuerError) -> Self {
        match error {
            unreadable @ IssuerError::Unreadable(_) => {
                let problem = told(400, "unreadable", "The request cannot be read", &unreadable.to_string());
                let next = problem.next.clone().unwrap_or_else(|| "make the request again, or update the product".into());
                Self::new(problem.next(next)).says(&unreadable)
            }
            // A server without its key may stand beside one that has it: the next in the list is asked.
            IssuerError::Keys(error @ (KeysError::NotBegun | KeysError::Away(_))) => {
                log(&error);
                Self::new(
                    Problem::new(503, "no-issuer", "The server cannot sign", "the server cannot sign now")
                        .next("try again later, or tell the vendor"),
                )
            }
            IssuerError::Keys(error) => error.into(),
            IssuerError::Ledger(error) => error.into(),
            busy @ IssuerError::Busy => Self::busy(503, &busy),
            other => Self::hidden(&other),
        }
    }
}

impl From<ConsoleError> for Failure {
    fn from(error: ConsoleError) -> Self {
        let says = error.message();
        let (status, code, title) = match &error {
            ConsoleError::NoProduct(_) => (404, "no-product", "There is no such product"),
            ConsoleError::NoEntitlement(_) => (404, "no-license", "There is no such license"),
            ConsoleError::Bare(_) => (422, "bare-product", "The product lacks something"),
            ConsoleError::Terms(terms) => (422, code_of(terms), "It cannot be sold so"),
            ConsoleError::Refused(refusal) => return Self::refused(refusal),
            ConsoleError::Signers(SignersError::Unknown(_)) => (422, "no-signer", "There is no such key"),
            ConsoleError::Signers(SignersError::Last(_)) => (422, "last-signer", "No other key goes on signing"),
            ConsoleError::NotExported => (409, "root-not-exported", "The root was never exported"),
            ConsoleError::NoSlot { .. } => (404, "no-slot", "There is no such slot"),
            ConsoleError::OtherStatement(_) => (409, "other-statement", "It is another key statement"),
            ConsoleError::Staff(StaffError::NameTaken(_)) => (409, "name-taken", "The name is taken"),
            ConsoleError::Staff(StaffError::TooMany) => (409, "too-many-tokens", "There are too many tokens"),
            ConsoleError::Staff(StaffError::Unknown(_)) => (404, "no-such-token", "There is no such token"),
            ConsoleError::Issuer(_) => return Self::of_parts(error),
            ConsoleError::Begun => (409, "begun", "The server has its keys already"),
            ConsoleError::Busy => return Self::busy(409, &error),
            ConsoleError::Entropy(_) => (500, "no-random-numbers", "There are no random numbers"),
            ConsoleError::Keys(_) | ConsoleError::Ledger(_) => return Self::of_parts(error),
            _ => return Self::hidden(&error),
        };
        Self::new(told(status, code, title, &error.to_string())).says(&says)
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        let (status, code, title) = match error {
            KeysError::NotBegun => (503, "not-begun", "The server has no keys"),
            KeysError::RootAway => (409, "root-away", "The root is elsewhere"),
            KeysError::Away(_) => (409, "key-away", "The key is elsewhere"),
            KeysError::Ledger(error) => return error.into(),
            other => return Self::hidden(&other),
        };
        Self::new(told(status, code, title, &error.to_string())).says(&error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let (status, code, title) = match &error {
            LedgerError::Full(_) => (507, "disk-full", "The server's disk is full"),
            LedgerError::InUse(_) => (503, "ledger-in-use", "The ledger is in use"),
            LedgerError::Closed => (503, "stopping", "The server is stopping"),
            _ => return Self::hidden(&error),
        };
        log(&error);
        let retry = match error.retry() {
            Retry::After(wait) => Some(wait),
            _ => None,
        };
        Self { retry, ..Self::new(told(status, code, title, &error.to_string())).says(&error) }
    }
}

impl Failure {
    fn of_parts(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Issuer(error) => error.into(),
            ConsoleError::Keys(error) => error.into(),
            ConsoleError::Ledger(error) => error.into(),
            other => Self::hidden(&other),
        }
    }

    fn busy(status: u16, error: &(impl Error + Say)) -> Self {
        let problem = told(status, "busy", "Others were always faster", &error.to_string());
        Self::new(problem).after(BUSY, "then try again").says(error)
    }

    /// What failed names paths and libraries: that is for the log, not for the caller.
    pub(crate) fn hidden(error: &(dyn Error + 'static)) -> Self {
        log(error);
        Self::new(
            Problem::new(500, "storage", "The server's storage failed", "the server's storage failed")
                .next("look into the server's log for this request's id (header x-request-id)"),
        )
        .says(&ServerText::Failed)
    }
}

pub(crate) fn log(error: &(dyn Error + 'static)) {
    tracing::error!(error = %Chain(error), "a request could not be served");
}

/// An error and its causes.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// A no of the matrix has a code of its own (row K2).
fn code_of(error: &TermsError) -> &'static str {
    match error {
        TermsError::Matrix(no) => no.code,
        TermsError::Edition { .. } => "no-such-edition",
        TermsError::NoEdition => "no-edition",
        TermsError::NoEnd(_) => "no-end",
        TermsError::PerpetualEnds => "perpetual-ends",
        TermsError::Backwards { .. } => "ends-before-it-begins",
        TermsError::ForNobody => "for-nobody",
        TermsError::ShortDelegation { .. } => "short-delegation",
        TermsError::Allowance => "wrong-allowance",
    }
}
