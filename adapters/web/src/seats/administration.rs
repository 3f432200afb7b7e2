//! What administrators of a license server see and do. Every act stands in the pool's journal under the name of who did it (promise 9).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Act, Way};
use keyward_domain::staff::Duty;
use keyward_engine::license_server::LogLine;
use keyward_wire::media;
use keyward_wire::seats::{AcceptRestore, AcceptReturn, PoolActed, PoolLine, PoolLog, PoolLogLine, PoolStatus, ReleaseSeat};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Desk, asking};
use crate::address::Caller;
use crate::admin::most;
use crate::body::{InBody, InQuery};
use crate::exchange::reply;
use crate::failure::{self, Failure};
use crate::surroundings::pass;
use crate::tokens::{Member, admit_first};

/// The paths, for administrators alone.
pub(super) fn paths() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(release))
        .routes(routes!(accept_return))
        .routes(routes!(accept_restore))
        .routes(routes!(answer))
        .routes(routes!(log))
}

pub(super) async fn administrators_only(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    // Whoever shows the right token is not held to the limit of their address: others may have used it up.
    let who = match admit_first(&desk.house.tokens, Caller::of(address), request.headers(), Instant::now()) {
        Ok(who) => who,
        Err(failure) => {
            pass(&desk.house, address)?;
            return Err(failure);
        }
    };
    who.check(Duty::Administer)?;
    request.extensions_mut().insert(who);
    Ok(next.run(request).await)
}

#[utoipa::path(
    get,
    path = "/v1/pool",
    tag = "administration",
    operation_id = "status",
    summary = "Each pool at a glance, and who has what",
    security(("admin" = [])),
    responses((status = 200, description = "The pools", body = ref("#/components/schemas/PoolStatus"),
        content_type = "application/json"))
)]
async fn status(State(desk): State<Arc<Desk>>) -> Result<Json<PoolStatus>, Failure> {
    let status = desk.server.status().await?;
    let pools = status.pools.into_iter().map(|pool| PoolLine { overview: pool.overview, holders: pool.seats }).collect();
    Ok(Json(PoolStatus { server: status.server, copied: status.copied, pools }))
}

/// Takes a lease or a loan away: a seat of a host that crashed (row N6), a lost laptop (row B3).
#[utoipa::path(
    post,
    path = "/v1/pool/release",
    tag = "administration",
    operation_id = "release",
    summary = "Take a lease or a loan away",
    description = "Others can have the seat when what was signed for it has ended, or at once against the seats for emergencies.",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/ReleaseSeat"), content_type = "application/json"),
    responses((status = 200, description = "What came of it", body = ref("#/components/schemas/PoolActed"),
        content_type = "application/json"))
)]
async fn release(
    State(desk): State<Arc<Desk>>,
    Extension(who): Extension<Member>,
    InBody(ReleaseSeat { license, place, how }): InBody<ReleaseSeat>,
) -> Result<Json<PoolActed>, Failure> {
    act(&desk, license.as_ref(), Act::Release { place, how, by: who.actor().into() }).await
}

#[utoipa::path(
    post,
    path = "/v1/pool/accept-return",
    tag = "administration",
    operation_id = "accept_return",
    summary = "Accept a loan as back that was given back by file",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/AcceptReturn"), content_type = "application/json"),
    responses((status = 200, description = "What came of it", body = ref("#/components/schemas/PoolActed"),
        content_type = "application/json"))
)]
async fn accept_return(
    State(desk): State<Arc<Desk>>,
    Extension(who): Extension<Member>,
    InBody(AcceptReturn { license, place }): InBody<AcceptReturn>,
) -> Result<Json<PoolActed>, Failure> {
    act(&desk, license.as_ref(), Act::AcceptReturn { place, by: who.actor().into() }).await
}

#[utoipa::path(
    post,
    path = "/v1/pool/accept-restore",
    tag = "administration",
    operation_id = "accept_restore",
    summary = "Say that no loan is out which this restored server does not know",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/AcceptRestore"), content_type = "application/json"),
    responses((status = 200, description = "What came of it", body = ref("#/components/schemas/PoolActed"),
        content_type = "application/json"))
)]
async fn accept_restore(
    State(desk): State<Arc<Desk>>,
    Extension(who): Extension<Member>,
    InBody(AcceptRestore { license }): InBody<AcceptRestore>,
) -> Result<Json<PoolActed>, Failure> {
    act(&desk, license.as_ref(), Act::AcceptRestore { by: who.actor().into() }).await
}

async fn act(desk: &Desk, license: Option<&EntitlementId>, act: Act) -> Result<Json<PoolActed>, Failure> {
    match desk.server.act(license, act).await? {
        Ok(came) => Ok(Json(PoolActed { came })),
        Err(refusal) => Err(Failure::refused(&refusal)),
    }
}

/// Answers a request that came in a file from a host that cannot reach the server.
#[utoipa::path(
    post,
    path = "/v1/pool/answer",
    tag = "administration",
    operation_id = "answer",
    summary = "Answer a request that came in a file",
    description = "Of a host that cannot reach the server. The body may be said to be `application/json` too.",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/Envelope"), content_type = "application/vnd.dsse.envelope+json"),
    responses((status = 200, description = "The signed answer", body = ref("#/components/schemas/Reply"),
        content_type = "application/vnd.keyward.reply+json"))
)]
async fn answer(State(desk): State<Arc<Desk>>, Extension(who): Extension<Member>, request: Request) -> Response {
    let way = Way::File { by: who.actor().into() };
    match asking::answer(&desk, way, &[media::ENVELOPE, media::JSON], request).await {
        Ok(served) => reply(&served.statement, desk.on_reply.clone()),
        Err(failure) => failure.into_response(),
    }
}

/// Which page of which pool's log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogListing {
    license: Option<EntitlementId>,
    before: Option<u64>,
    most: Option<u32>,
}

#[utoipa::path(
    get,
    path = "/v1/pool/log",
    tag = "administration",
    operation_id = "log",
    summary = "Read what happened in a pool, newest first",
    security(("admin" = [])),
    params(
        ("license" = Option<String>, Query, description = "Of which license; needed where the server has several"),
        ("before" = Option<u64>, Query, description = "Begin before this position: `next` of the page before"),
        ("most" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 if it is left away")
    ),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/PoolLog"),
        content_type = "application/json"))
)]
async fn log(State(desk): State<Arc<Desk>>, InQuery(listing): InQuery<LogListing>) -> Result<Json<PoolLog>, Failure> {
    let LogListing { license, before, most: asked } = listing;
    let line = |it: LogLine| PoolLogLine { position: it.position, fact: it.fact, whose: it.whose };
    let lines: Vec<_> = desk.server.log(license.as_ref(), before, most(asked)).await?.into_iter().map(line).collect();
    // Position 0 is the first fact there is.
    let next = lines.last().map(|line| line.position).filter(|position| *position > 0);
    Ok(Json(PoolLog { lines, next }))
}

/// What it counts: for programs on this host, and for whoever shows a token.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "watch",
    operation_id = "metrics",
    summary = "What the server counts, and how its pools stand (OpenMetrics)",
    description = "On the server's own host without a token, elsewhere with an admin token.",
    security((), ("admin" = [])),
    responses((status = 200, description = "The counters", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"))
)]
pub(super) async fn metrics(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let caller = Caller::of(address);
    if !caller.is_here() {
        admit_first(&desk.house.tokens, caller, &headers, Instant::now())?.check(Duty::Administer)?;
    }
    let pools = desk.server.overviews().await.unwrap_or_else(|error| {
        failure::log(&error);
        Vec::new()
    });
    let text = desk.house.metrics.text_with(&pools).map_err(|_| Failure::internal())?;
    Ok(([(CONTENT_TYPE, media::METRICS)], text).into_response())
}
