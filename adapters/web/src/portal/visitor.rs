//! Who is at the counter: their language, their visit, and whether a form is theirs.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use keyward_engine::PortalError;
use keyward_engine::portal::Visit;
use keyward_words::{Notice, Words};

use super::Counter;
use super::cookies::Cookie;
use super::page::Frame;
use super::trouble::failed;
use crate::address::Caller;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Anybody.
pub(crate) struct Guest {
    pub(crate) words: Words,
    pub(crate) caller: Caller,
    pub(crate) headers: HeaderMap,
}

/// Somebody who logged in.
pub(crate) struct Visitor {
    pub(crate) words: Words,
    pub(crate) visit: Visit,
    pub(crate) headers: HeaderMap,
    ticket: String,
    form: String,
}

impl Visitor {
    /// What surrounds their pages.
    pub(crate) fn frame(&self) -> Frame {
        Frame::visiting(self.words, &self.form)
    }

    /// Whether a browser says that another site has it send this: enough to read no more of it.
    pub(crate) fn is_sent_from_elsewhere(&self) -> bool {
        !from_here(&self.headers)
    }

    /// Checks that a form is the visitor's own.
    pub(crate) fn check(&self, counter: &Counter, form: &str) -> Result<(), Notice> {
        is_own(counter, &self.headers, &self.ticket, form)
    }
}

/// Checks that a form comes from a page that was made for this visitor, whatever another site has their browser send.
pub(crate) fn is_own(counter: &Counter, headers: &HeaderMap, visitor: &str, form: &str) -> Result<(), Notice> {
    if from_here(headers) && counter.portal.is_form(visitor, form) { Ok(()) } else { Err(Notice::FormIsOld) }
}

/// Whether a browser says that the request comes from this site, or says nothing about it. (With `Referrer-Policy: no-referrer` the
/// origin of our own forms is `null`.)
fn from_here(headers: &HeaderMap) -> bool {
    let said = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    match (said(SEC_FETCH_SITE), said(ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None | Some("null")) => true,
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == said(HOST),
    }
}

impl FromRequestParts<Arc<Counter>> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, counter: &Arc<Counter>) -> Result<Self, Response> {
        let ConnectInfo(address): ConnectInfo<SocketAddr> =
            ConnectInfo::from_request_parts(parts, counter).await.map_err(axum::response::IntoResponse::into_response)?;
        Ok(Self { words: words(counter, &parts.headers), caller: Caller::of(address), headers: parts.headers.clone() })
    }
}

impl FromRequestParts<Arc<Counter>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, counter: &Arc<Counter>) -> Result<Self, Response> {
        let words = words(counter, &parts.headers);
        let Some(ticket) = counter.cookies.get(Cookie::Visit, &parts.headers) else { return Err(Redirect::to("/portal").into_response()) };
        match counter.portal.resume(ticket).await {
            Ok(visit) => {
                let form = counter.portal.form(ticket);
                Ok(Self { words, visit, headers: parts.headers.clone(), ticket: ticket.into(), form })
            }
            Err(PortalError::Ended) => {
                let mut response = Redirect::to("/portal?ended").into_response();
                counter.cookies.clear(Cookie::Visit, response.headers_mut());
                Err(response)
            }
            Err(error) => Err(failed(Frame::outside(words), &error)),
        }
    }
}

/// The language that was chosen, or what the browser asks for.
pub(crate) fn words(counter: &Counter, headers: &HeaderMap) -> Words {
    match counter.cookies.get(Cookie::Language, headers) {
        Some(chosen) => Words::for_languages(&[chosen]),
        None => Words::for_accept_language(headers.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or_default()),
    }
}

/// Keeps the language that a link `?language=TAG` chooses, and goes on to the page.
pub(crate) async fn choose_language(State(counter): State<Arc<Counter>>, request: Request, next: Next) -> Response {
    let chosen = request.uri().query().and_then(|query| query.strip_prefix("language="));
    let known = chosen.and_then(|tag| Words::all().into_iter().find(|words| words.language() == tag));
    match known {
        Some(words) if request.method() == Method::GET => {
            let mut response = Redirect::to(request.uri().path()).into_response();
            counter.cookies.set(Cookie::Language, words.language(), response.headers_mut());
            response
        }
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a header"))).collect()
    }

    #[test]
    fn what_another_site_has_a_browser_send_is_known() {
        let host = ("host", "licenses.example.com");
        for (said, own) in [
            (vec![host, ("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "cross-site"), ("origin", "https://licenses.example.com")], false),
            (vec![host, ("origin", "https://licenses.example.com")], true),
            (vec![host, ("origin", "https://evil.example.com")], false),
            (vec![host, ("origin", "https://licenses.example.com.evil.example")], false),
            (vec![host, ("origin", "null")], true),
            (vec![host], true),
        ] {
            assert_eq!(from_here(&headers(&said)), own, "{said:?}");
        }
    }
}
