//! Pages for what went wrong.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::Response;
use keyward_engine::PortalError;
use keyward_words::{Label, Notice, PortalText};

use super::Counter;
use super::page::{Frame, Trouble, page};
use super::visitor::{Guest, words};
use crate::address::Caller;
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
            return told(StatusCode::SERVICE_UNAVAILABLE, frame, &Notice::OutOfOrder);
        }
    };
    let trouble = Trouble::of(frame.words, error);
    page(status, &TroublePage { trouble, frame })
}

/// A page with a notice.
pub(crate) fn told(status: StatusCode, frame: Frame, notice: &Notice) -> Response {
    let trouble = Trouble::of(frame.words, notice);
    page(status, &TroublePage { trouble, frame })
}

/// There is no such page.
pub(crate) async fn no_such_page(guest: Guest) -> Response {
    told(StatusCode::NOT_FOUND, Frame::outside(guest.words), &Notice::NoSuchPage)
}

/// Holds an address to its limit.
pub(crate) async fn limit_addresses(
    State(counter): State<Arc<Counter>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match counter.site.gates.addresses.pass(&Caller::of(address)) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let seconds = seconds(wait).get();
            let frame = Frame::outside(words(&counter, request.headers()));
            let mut response = told(StatusCode::TOO_MANY_REQUESTS, frame, &Notice::TooOften { seconds: seconds.into() });
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
            response
        }
    }
}
