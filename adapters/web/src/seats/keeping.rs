//! What comes often and is not signed: beats, the queue, looking.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use keyward_domain::pool::{Beat, Pulse, PulseHeard, Wait, Waited};
use keyward_wire::seats::{Offers, Queued, write_beaten};
use keyward_wire::{Health, Pulse as Condition, media};

use super::Desk;
use crate::body::InBody;
use crate::failure::{Failure, log};
use crate::surroundings::pass;

/// Keeps a seat. A beat that keeps one is not held to the limit of an address, which a whole office may share; every other is.
#[utoipa::path(
    post,
    path = "/v1/beats",
    tag = "seats",
    operation_id = "beat",
    summary = "Keep a seat",
    description = "Gives no right: only the signed answer beside it does, which comes when half of the lease is spent.",
    request_body(content = ref("#/components/schemas/Beat"), content_type = "application/json"),
    responses((status = 200, description = "What became of the seat", body = ref("#/components/schemas/Beaten"),
        content_type = "application/json"))
)]
pub(super) async fn beat(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    InBody(beat): InBody<Beat>,
) -> Result<Response, Failure> {
    let place = beat.place;
    desk.doors.is_rested(&place)?;
    let beaten = desk.server.beat(beat).await?;
    match beaten.pulse {
        Pulse::Kept { .. } => {}
        Pulse::Fresh { .. } => desk.doors.refreshed(place),
        Pulse::Ending { .. } | Pulse::Gone(_) | Pulse::Show | Pulse::Stranger => pass(&desk.house, address)?,
    }
    let bytes = write_beaten(PulseHeard::from(&beaten.pulse), beaten.fresh.as_ref()).map_err(|_| Failure::internal())?;
    Ok(([(CONTENT_TYPE, media::JSON)], bytes).into_response())
}

/// Keeps a place in the queue. Who has one is not held to the limit of an address.
#[utoipa::path(
    post,
    path = "/v1/queue",
    tag = "seats",
    operation_id = "wait",
    summary = "Keep a place in the queue",
    request_body(content = ref("#/components/schemas/Queued"), content_type = "application/json"),
    responses((status = 200, description = "Where it stands", body = ref("#/components/schemas/Waited"), content_type = "application/json"))
)]
pub(super) async fn wait(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    InBody(queued): InBody<Queued>,
) -> Result<Json<Waited>, Failure> {
    let waited = desk.server.wait(queued.ticket).await?;
    if waited.wait == Wait::Lost {
        pass(&desk.house, address)?;
    }
    Ok(Json(waited))
}

/// Says what there is to have.
#[utoipa::path(
    get,
    path = "/v1/seats",
    tag = "seats",
    operation_id = "offers",
    summary = "What there is to have, and who has it",
    description = "At most 200 of those who have a seat of each license.",
    responses((status = 200, description = "The licenses", body = ref("#/components/schemas/Offers"), content_type = "application/json"))
)]
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Result<Json<Offers>, Failure> {
    Ok(Json(Offers { licenses: desk.server.list().await? }))
}

/// Whether its pools are kept.
#[utoipa::path(
    get,
    path = "/health",
    tag = "watch",
    operation_id = "health",
    summary = "Whether the server answers and keeps its pools",
    responses(
        (status = 200, description = "It does", body = ref("#/components/schemas/Health"), content_type = "application/json"),
        (status = 503, description = "It is stopping", body = ref("#/components/schemas/Health"), content_type = "application/json")
    )
)]
pub(super) async fn health(State(desk): State<Arc<Desk>>) -> Response {
    match desk.server.overviews().await {
        Ok(_) => Json(Health { status: Condition::Ok, detail: None }).into_response(),
        Err(error) => {
            log(&error);
            let detail = "the license server is stopping; see its log".into();
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: Condition::Unavailable, detail: Some(detail) })).into_response()
        }
    }
}
