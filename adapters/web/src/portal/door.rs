//! Logging in and out.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use askama::Template;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use keyward_domain::license_key::LicenseKey;
use keyward_engine::PortalError;
use keyward_words::{Label, Notice, PortalText};
use zeroize::Zeroizing;

use super::Counter;
use super::cookies::Cookie;
use super::page::{Frame, Trouble, page};
use super::trouble::{NotTaken, failed};
use super::upload::{self, Field};
use super::visitor::{Guest, Visitor, is_own};

#[derive(Template)]
#[template(path = "log_in.html")]
struct LogIn<'a> {
    frame: Frame,
    /// The mark of this guest's form.
    mark: String,
    trouble: Option<Trouble>,
    notice: Option<String>,
    /// What was typed, to be mended; it was no license key of this vendor.
    typed: &'a str,
}

/// The page to log in; who is logged in goes on.
pub(crate) async fn show(State(counter): State<Arc<Counter>>, guest: Guest, RawQuery(query): RawQuery) -> Response {
    if let Some(ticket) = counter.cookies.get(Cookie::Visit, &guest.headers)
        && counter.portal.resume(ticket).await.is_ok()
    {
        return Redirect::to("/portal/licenses").into_response();
    }
    let trouble = (query.as_deref() == Some("ended")).then(|| Trouble::of(guest.words, &PortalError::Ended));
    let notice = (query.as_deref() == Some("logged-out")).then(|| guest.words.say(&Notice::LoggedOut));
    log_in_page(&counter, &guest, StatusCode::OK, trouble, notice, "")
}

/// Takes a license key. A slip of the typing hand is told with its place and is no failed attempt: it guesses nothing.
pub(crate) async fn log_in(State(counter): State<Arc<Counter>>, guest: Guest, body: Body) -> Response {
    let words = guest.words;
    let fields = match upload::form(&counter, body).await {
        Ok(fields) => fields,
        Err(why) => return why.page(Frame::outside(words)),
    };
    let known = counter.cookies.get(Cookie::Guest, &guest.headers).unwrap_or_default();
    if let Err(notice) = is_own(&counter, &guest.headers, known, fields.get(Field::Form)) {
        return NotTaken::from(notice)
            .on(|status, notice| log_in_page(&counter, &guest, status, Some(Trouble::of(words, notice)), None, ""));
    }
    let typed = fields.get(Field::Key);
    let again = |status, trouble| log_in_page(&counter, &guest, status, Some(trouble), None, typed);
    let key: LicenseKey = match typed.parse() {
        Ok(key) => key,
        Err(slip) => return again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, &slip)),
    };
    match counter.portal.log_in(&key).await {
        Ok(visit) => {
            let mut response = Redirect::to("/portal/licenses").into_response();
            counter.cookies.set(Cookie::Visit, &counter.portal.ticket(&visit), response.headers_mut());
            counter.cookies.clear(Cookie::Guest, response.headers_mut());
            response
        }
        // Only who had this key knows that there was one. It was a real one: the page does not repeat it.
        Err(error @ PortalError::KeyReplaced) => {
            log_in_page(&counter, &guest, StatusCode::UNPROCESSABLE_ENTITY, Some(Trouble::of(words, &error)), None, "")
        }
        Err(error @ PortalError::UnknownKey) => match wait(&counter, &guest) {
            None => again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, &error)),
            Some(wait) => NotTaken::too_often(wait).on(|status, notice| again(status, Trouble::of(words, notice))),
        },
        Err(error) => failed(Frame::outside(words), &error),
    }
}

/// Ends the visit in this browser.
pub(crate) async fn log_out(State(counter): State<Arc<Counter>>, visitor: Visitor, body: Body) -> Response {
    let form = upload::form(&counter, body).await;
    if let Err(why) = form.and_then(|fields| Ok(visitor.check(&counter, fields.get(Field::Form))?)) {
        return why.page(visitor.frame());
    }
    let mut response = Redirect::to("/portal?logged-out").into_response();
    counter.cookies.clear(Cookie::Visit, response.headers_mut());
    response
}

/// How long a guest waits who showed a key that nobody has; none = this was one of the free attempts.
fn wait(counter: &Counter, guest: &Guest) -> Option<Duration> {
    let mut failures = counter.failures.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    let wait = failures.wait(guest.caller, now);
    if wait.is_none() {
        failures.note(guest.caller, now);
        tracing::warn!("an unknown license key was shown to the portal");
    }
    wait
}

fn log_in_page(
    counter: &Counter,
    guest: &Guest,
    status: StatusCode,
    trouble: Option<Trouble>,
    notice: Option<String>,
    typed: &str,
) -> Response {
    let frame = Frame::outside(guest.words);
    let known = counter.cookies.get(Cookie::Guest, &guest.headers).filter(|known| !known.is_empty());
    let (name, fresh) = match known {
        Some(known) => (String::from(known), false),
        None => match counter.portal.guest() {
            Ok(name) => (name, true),
            Err(error) => return failed(frame, &error),
        },
    };
    let typed = Zeroizing::new(String::from(typed));
    let mut response = page(status, &LogIn { frame, mark: counter.portal.form(&name), trouble, notice, typed: &typed });
    if fresh {
        counter.cookies.set(Cookie::Guest, &name, response.headers_mut());
    }
    response
}
