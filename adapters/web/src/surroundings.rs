//! What surrounds every request: an id, a span, a deadline, the count of what is in flight, headers that make browsers careful.

use std::any::Any;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::address::Caller;
use crate::failure::Failure;
use crate::house::House;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// No answer may be kept by anybody between, and none is a page that shows anything else; the portal's pages say themselves what they may show.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// Gives each request an id. An id that the caller brings is not taken: it would stand in our log.
pub(crate) struct RequestIds {
    start: u32,
    next: AtomicU32,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let random = RandomState::new().hash_one("request ids");
        Self { start: (random >> 32) as u32, next: AtomicU32::new(0) }
    }

    fn next(&self) -> String {
        format!("{:08x}-{:08x}", self.start, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Surrounds a request. The log is told method, route and status, never the address as it was typed.
pub(crate) async fn surround(State(house): State<Arc<House>>, path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let _in_flight = house.metrics.enter();
    let id = house.ids.next();
    let route = path.as_ref().map_or("none", MatchedPath::as_str);
    let began = Instant::now();
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let served = async {
        let response = match tokio::time::timeout(house.timeouts.request, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Failure::timed_out().into_response(),
        };
        tracing::debug!(status = response.status().as_u16(), micros = u64::try_from(began.elapsed().as_micros()).ok(), "served");
        response
    };
    let mut response = served.instrument(span).await;
    house.metrics.responded(route, response.status().as_u16());
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = id.try_into() {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Holds an address to its limit.
pub(crate) async fn limit_addresses(
    State(house): State<Arc<House>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    pass(&house, address)?;
    Ok(next.run(request).await)
}

/// Takes one of what an address may ask.
pub(crate) fn pass(house: &House, address: SocketAddr) -> Result<(), Failure> {
    house.gates.addresses.pass(&Caller::of(address)).map_err(|wait| Failure::limited("from this address", wait))
}

/// What is answered where a handler panicked. What it said went to the panic hook and stays out of the answer.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request made the server panic");
    Failure::internal().into_response()
}
