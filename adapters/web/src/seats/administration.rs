//! What administrators of a license server see and do. Every act stands in the pool's journal under the name of who did it (promise 9).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Act, Way};
use keyward_domain::staff::Duty;
use keyward_wire::media;
use keyward_wire::seats::{AcceptRestore, AcceptReturn, PoolActed, PoolLine, PoolLog, PoolLogLine, PoolStatus, ReleaseSeat};
use serde::Deserialize;

use super::{Desk, asking};
use crate::address::Caller;
use crate::admin::most;
use crate::body::{InBody, InQuery};
use crate::exchange::reply;
use crate::failure::Failure;
use crate::tokens::{Member, admit_first};

/// The paths, for administrators alone.
pub(super) fn paths(desk: &Arc<Desk>) -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(status))
        .route("/release", post(release))
        .route("/accept-return", post(accept_return))
        .route("/accept-restore", post(accept_restore))
        .route("/answer", post(answer))
        .route("/log", get(log))
        .layer(from_fn_with_state(Arc::clone(desk), administrators_only))
}

async fn administrators_only(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let who = admit_first(&desk.house.tokens, Caller::of(address), request.headers(), Instant::now())?;
    who.check(Duty::Administer)?;
    request.extensions_mut().insert(who);
    Ok(next.run(request).await)
}

async fn status(State(desk): State<Arc<Desk>>) -> Result<Json<PoolStatus>, Failure> {
    let status = desk.server.status().await?;
    let pools = status.pools.into_iter().map(|pool| PoolLine { overview: pool.overview, holders: pool.seats }).collect();
    Ok(Json(PoolStatus { server: status.server, copied: status.copied, pools }))
}

/// Takes a lease or a loan away: a seat of a host that crashed (row N6), a lost laptop (row B3).
async fn release(
    State(desk): State<Arc<Desk>>,
    Extension(who): Extension<Member>,
    InBody(ReleaseSeat { license, place, how }): InBody<ReleaseSeat>,
) -> Result<Json<PoolActed>, Failure> {
    act(&desk, license.as_ref(), Act::Release { place, how, by: who.actor().into() }).await
}

async fn accept_return(
    State(desk): State<Arc<Desk>>,
    Extension(who): Extension<Member>,
    InBody(AcceptReturn { license, place }): InBody<AcceptReturn>,
) -> Result<Json<PoolActed>, Failure> {
    act(&desk, license.as_ref(), Act::AcceptReturn { place, by: who.actor().into() }).await
}

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
async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    match asking::answer(&desk, Way::File, &[media::ENVELOPE, media::JSON], request).await {
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

async fn log(State(desk): State<Arc<Desk>>, InQuery(listing): InQuery<LogListing>) -> Result<Json<PoolLog>, Failure> {
    let LogListing { license, before, most: asked } = listing;
    let facts = desk.server.log(license.as_ref(), before, most(asked)).await?;
    let lines: Vec<_> = facts.into_iter().map(|(position, fact)| PoolLogLine { position, fact }).collect();
    // Position 0 is the first fact there is.
    let next = lines.last().map(|line| line.position).filter(|position| *position > 0);
    Ok(Json(PoolLog { lines, next }))
}

/// What it counts: for programs on this host, and for whoever shows a token.
pub(super) async fn metrics(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let caller = Caller::of(address);
    if !caller.is_here() {
        admit_first(&desk.house.tokens, caller, &headers, Instant::now())?.check(Duty::Administer)?;
    }
    let text = desk.house.metrics.text().map_err(|_| Failure::internal())?;
    Ok(([(CONTENT_TYPE, media::METRICS)], text).into_response())
}
