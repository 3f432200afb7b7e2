//! For those who watch the server: is it well, what does it count, what does it offer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_domain::staff::Duty;
use keyward_ports::Query;
use keyward_wire::{Health, Pulse, media};

use crate::address::Caller;
use crate::failure::Failure;
use crate::site::Site;
use crate::tokens::admit;

/// Whether it answers and can read its ledger.
#[utoipa::path(
    get,
    path = "/health",
    tag = "watch",
    operation_id = "health",
    summary = "Whether the server answers and can read its ledger",
    responses(
        (status = 200, description = "It does", body = ref("#/components/schemas/Health"), content_type = "application/json"),
        (status = 503, description = "It cannot read its ledger", body = ref("#/components/schemas/Health"), content_type = "application/json")
    )
)]
pub(crate) async fn health(State(site): State<Arc<Site>>) -> Response {
    match site.console.page(&Query::Products { after: None, most: 1 }).await {
        Ok(_) => Json(Health { status: Pulse::Ok, detail: None }).into_response(),
        Err(error) => {
            tracing::error!(%error, "the ledger cannot be read");
            let detail = "the ledger cannot be read; see the server's log".into();
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: Pulse::Unavailable, detail: Some(detail) })).into_response()
        }
    }
}

/// What it counts: for programs on this host, and for whoever shows an admin token.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "watch",
    operation_id = "metrics",
    summary = "What the server counts (OpenMetrics)",
    description = "On the server's own host without a token, elsewhere with an admin token.",
    security((), ("admin" = [])),
    responses((status = 200, description = "The counters", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"))
)]
pub(crate) async fn metrics(
    State(site): State<Arc<Site>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let caller = Caller::of(address);
    if !caller.is_here() {
        admit(&site, caller, &headers, Instant::now()).await?.check(Duty::Administer)?;
    }
    let text = site.house.metrics.text().map_err(|_| Failure::internal())?;
    Ok(([(CONTENT_TYPE, media::METRICS)], text).into_response())
}
