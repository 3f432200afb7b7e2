//! What surrounds every request: an id, a span, a deadline, the count of what is in flight, headers that make browsers careful.

use std::any::Any;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::StatusCode;
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
    headers.reserve(HEADERS.len() + 1);
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

/// Holds an address to its limit, but not the server's own host, where programs watch it.
pub(crate) async fn limit_others(
    State(house): State<Arc<House>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    if !Caller::of(address).is_here() {
        pass(&house, address)?;
    }
    Ok(next.run(request).await)
}

/// Holds an address to its limit for what cannot be taken, where what can be is not held to it.
pub(crate) async fn limit_misuse(
    State(house): State<Arc<House>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let response = next.run(request).await;
    if response.status().is_client_error() && response.status() != StatusCode::TOO_MANY_REQUESTS {
        pass(&house, address)?;
    }
    Ok(response)
}

/// Takes one of what an address may ask.
pub(crate) fn pass(house: &House, address: SocketAddr) -> Result<(), Failure> {
    house.gates.pass_address(address).map_err(|wait| Failure::limited("from this address", wait))
}

/// What is answered where a handler panicked. What it said went to the panic hook and stays out of the answer.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request made the server panic");
    Failure::internal().into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::Service as _;

    use super::*;
    use crate::config::{Limits, Quota, Timeouts};
    use crate::gates::Callers;

    /// Asks a watched path often from an address; how often it is answered.
    async fn answered(house: &Arc<House>, address: &str) -> usize {
        let mut router = Router::new().route("/health", get(async || ())).layer(from_fn_with_state(Arc::clone(house), limit_others));
        let mut good = 0;
        for _ in 0..5 {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = "/health".parse().expect("a path");
            request.extensions_mut().insert(ConnectInfo(address.parse::<SocketAddr>().expect("an address")));
            let response = router.call(request).await.expect("a router always answers");
            good += usize::from(response.status().is_success());
        }
        good
    }

    #[tokio::test]
    async fn who_watches_from_elsewhere_is_held_to_the_limit_and_the_servers_own_host_is_not() {
        let limits = Limits { per_address: Some(Quota::new(1, 2)), ..Limits::NONE };
        let house = House::new(Vec::new(), limits, Timeouts::default(), Callers::Households);
        assert_eq!(answered(&house, "192.0.2.1:1").await, 2);
        assert_eq!(answered(&house, "192.0.2.2:1").await, 2);
        assert_eq!([answered(&house, "127.0.0.1:1").await, answered(&house, "[::1]:1").await], [5, 5]);
    }
}
