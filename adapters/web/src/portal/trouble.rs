//! Pages for what went wrong.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use keyward_engine::PortalError;
use keyward_words::{Label, Notice, PortalText};

use super::Counter;
use super::page::{Frame, Trouble, page};
use super::visitor::{Guest, words};
use crate::failure;
use crate::gates::seconds;

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    frame: Frame,
    trouble: Trouble,
}

/// A page that says what went wrong, with the status that fits.
pub(crate) fn failed(frame: Frame, error: &PortalError) -> Response {
    let status = match error {
        PortalError::WrongFile(_) | PortalError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PortalError::NoSlot | PortalError::NoAnswer => StatusCode::NOT_FOUND,
        PortalError::AnswerSpent | PortalError::NoLink => StatusCode::GONE,
        PortalError::UnknownKey | PortalError::KeyReplaced | PortalError::Ended => StatusCode::FORBIDDEN,
        _ => {
            failure::log(error);
            return NotTaken::from(Notice::OutOfOrder).page(frame);
        }
    };
    let trouble = Trouble::of(frame.words, error);
    page(status, &TroublePage { trouble, frame })
}

/// Why a form or a file is not taken: the status, what its sender is told, and when to come back.
#[derive(Debug)]
pub(crate) struct NotTaken {
    status: StatusCode,
    notice: Notice,
    retry: Option<u32>,
}

impl NotTaken {
    /// It did not come in time.
    pub(crate) fn slow() -> Self {
        Self { status: StatusCode::REQUEST_TIMEOUT, ..Notice::FormIsOld.into() }
    }

    /// It broke off, or is no form.
    pub(crate) fn broken() -> Self {
        Self { status: StatusCode::BAD_REQUEST, ..Notice::FormIsOld.into() }
    }

    /// Others are before it.
    pub(crate) fn busy(wait: Duration) -> Self {
        Self { retry: Some(seconds(wait).get()), ..Notice::OutOfOrder.into() }
    }

    /// Its sender asks too often.
    pub(crate) fn too_often(wait: Duration) -> Self {
        let seconds = seconds(wait).get();
        Self { retry: Some(seconds), ..Notice::TooOften { seconds: seconds.into() }.into() }
    }

    /// The page for it; `page` makes one that fits the place.
    pub(crate) fn on(self, page: impl FnOnce(StatusCode, &Notice) -> Response) -> Response {
        let mut response = page(self.status, &self.notice);
        if let Some(seconds) = self.retry {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    /// A page of its own.
    pub(crate) fn page(self, frame: Frame) -> Response {
        self.on(|status, notice| told(status, frame, notice))
    }
}

impl From<Notice> for NotTaken {
    fn from(notice: Notice) -> Self {
        Self { status: status(&notice), notice, retry: None }
    }
}

/// The status that fits a notice of something that is not done.
fn status(notice: &Notice) -> StatusCode {
    match notice {
        Notice::FormIsOld => StatusCode::FORBIDDEN,
        Notice::NoSuchPage => StatusCode::NOT_FOUND,
        Notice::FileTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Notice::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
        Notice::OutOfOrder => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A page with a notice.
fn told(status: StatusCode, frame: Frame, notice: &Notice) -> Response {
    let trouble = Trouble::of(frame.words, notice);
    page(status, &TroublePage { trouble, frame })
}

/// There is no such page.
pub(crate) async fn no_such_page(guest: Guest) -> Response {
    NotTaken::from(Notice::NoSuchPage).page(Frame::outside(guest.words))
}

/// The page is there, and not for this.
pub(crate) async fn no_such_method(guest: Guest) -> Response {
    told(StatusCode::METHOD_NOT_ALLOWED, Frame::outside(guest.words), &Notice::NoSuchPage)
}

/// Holds an address to its limit.
pub(crate) async fn limit_addresses(
    State(counter): State<Arc<Counter>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match counter.site.house.gates.pass_address(address) {
        Ok(()) => next.run(request).await,
        Err(wait) => NotTaken::too_often(wait).page(Frame::outside(words(&counter, request.headers()))),
    }
}

/// Says in a page what other paths say in a problem document: that a request took too long, or made the server panic. What is in its
/// way here ends a moment before what surrounds every request.
pub(crate) async fn say_in_pages(State(counter): State<Arc<Counter>>, request: Request, next: Next) -> Response {
    let frame = Frame::outside(words(&counter, request.headers()));
    let deadline = counter.site.house.timeouts.request * 19 / 20;
    let served = AssertUnwindSafe(next.run(request)).catch_unwind();
    let status = match tokio::time::timeout(deadline, served).await {
        Ok(Ok(response)) => return response,
        Ok(Err(_)) => {
            tracing::error!("a request made the server panic");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(_) => StatusCode::GATEWAY_TIMEOUT,
    };
    told(status, frame, &Notice::OutOfOrder)
}
