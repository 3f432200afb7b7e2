//! Who the server is, and signed requests: those for its own pools, and those it carries on to the vendor.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use keyward_domain::document::Kind;
use keyward_domain::pool::Way;
use keyward_domain::seal::{Envelope, Keyward, open_request};
use keyward_engine::ServerError;
use keyward_engine::pool_keeper::Served;
use keyward_wire::media;
use keyward_wire::seats::{INTRODUCTION, write_checked_out};

use super::Desk;
use crate::body;
use crate::exchange::{outcome_of, reply, sent, within_limits};
use crate::failure::Failure;
use crate::metrics::Outcome;

/// Says who it is. The only thing that a client asks before it knows.
#[utoipa::path(
    get,
    path = "/v1/server",
    tag = "exchange",
    operation_id = "introduce",
    summary = "Who the license server is",
    description = "The only thing to ask a stranger: hold the digest in the identity against the key of the connection it came by, and take no \
        other key from then on.",
    responses((status = 200, description = "Its identity, signed by its own key, and its delegations",
        body = ref("#/components/schemas/Introduction"), content_type = "application/vnd.keyward.introduction+json"))
)]
pub(super) async fn introduce(State(desk): State<Arc<Desk>>) -> Result<Response, Failure> {
    let introduction = desk.server.introduce(desk.tls, &desk.addresses)?;
    Ok(([(CONTENT_TYPE, INTRODUCTION)], introduction.to_json()).into_response())
}

/// Answers any request: its own pools', or its vendor's.
#[utoipa::path(
    post,
    path = "/v1/exchange",
    tag = "exchange",
    operation_id = "exchange",
    summary = "Bring a signed request, take its signed answer",
    description = "Loans, later ends, refreshes and returns. What is addressed to the vendor is carried to its key server as it is. A refusal is \
        a signed answer, status 200.",
    request_body(content = ref("#/components/schemas/Envelope"), content_type = "application/vnd.dsse.envelope+json"),
    responses((status = 200, description = "The answer: a certificate, a receipt, a revocation or a refusal",
        body = ref("#/components/schemas/Reply"), content_type = "application/vnd.keyward.reply+json"))
)]
pub(super) async fn exchange(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    match answer(&desk, Way::Line, &[media::ENVELOPE], request).await {
        Ok(served) => reply(&served.statement, desk.on_reply.clone()),
        Err(failure) => failure.into_response(),
    }
}

/// Answers a check-out, with what keeps the seat beside it.
#[utoipa::path(
    post,
    path = "/v1/seats",
    tag = "seats",
    operation_id = "check_out",
    summary = "Check a seat out",
    description = "A signed check-out in. A refusal has no lifeline; that of a full pool has a ticket for `POST /v1/queue`.",
    request_body(content = ref("#/components/schemas/Envelope"), content_type = "application/vnd.dsse.envelope+json"),
    responses((status = 200, description = "The signed answer, and what keeps the seat", body = ref("#/components/schemas/CheckedOut"),
        content_type = "application/json"))
)]
pub(super) async fn check_out(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let served = answer(&desk, Way::Line, &[media::ENVELOPE], request).await;
    let written = served.and_then(|it| write_checked_out(&it.statement, it.lifeline.as_ref()).map_err(|_| Failure::internal()));
    match written {
        Ok(bytes) => sent(Bytes::from(bytes), media::JSON, desk.on_reply.clone()),
        Err(failure) => failure.into_response(),
    }
}

/// Reads, opens, holds to the limits and answers a request, and counts what came of it.
pub(super) async fn answer(desk: &Desk, way: Way, types: &[&str], request: Request) -> Result<Served, Failure> {
    let began = Instant::now();
    let (kind, served) = serve(desk, way, types, request).await;
    let outcome = match &served {
        Ok(served) => outcome_of(served.says, &served.statement),
        Err(failure) => Outcome::of_status(failure.status()),
    };
    desk.house.metrics.count(kind, outcome, began.elapsed());
    served
}

async fn serve(desk: &Desk, way: Way, types: &[&str], request: Request) -> (Option<Kind>, Result<Served, Failure>) {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
    let (parts, body) = request.into_parts();
    let bytes = match body::read(&desk.house, types, &parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(failure) => return (None, Err(failure)),
    };
    let opened = Envelope::from_json(&bytes).and_then(|envelope| Ok((open_request(&envelope)?, envelope)));
    let (request, envelope) = match opened {
        Ok(opened) => opened,
        Err(error) => return (None, Err(ServerError::from(error).into())),
    };
    let kind = request.ask.kind();
    let entered = within_limits(&desk.house, &request).and_then(|()| desk.doors.enter(&request, &way, address));
    let _inside = match entered {
        Ok(inside) => inside,
        Err(failure) => return (Some(kind), Err(failure)),
    };
    let served = desk.server.answer_opened(request, &envelope, way).await.map_err(Failure::from);
    // A vendor's backend of another make signs in a way that this path has no name for.
    let served = served.and_then(|it| if *it.statement.scheme() == Keyward::NAME { Ok(it) } else { Err(Failure::foreign()) });
    (Some(kind), served)
}
