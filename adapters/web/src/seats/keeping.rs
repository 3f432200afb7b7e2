//! What comes often and is not signed: beats, the queue, looking.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use keyward_domain::pool::{Beat, PulseHeard, Waited};
use keyward_wire::seats::{Offers, Queued, write_beaten};
use keyward_wire::{Health, Pulse, media};

use super::Desk;
use crate::body::InBody;
use crate::failure::{Failure, log};

/// Keeps a seat.
pub(super) async fn beat(State(desk): State<Arc<Desk>>, InBody(beat): InBody<Beat>) -> Result<Response, Failure> {
    let beaten = desk.server.beat(beat).await?;
    let bytes = write_beaten(PulseHeard::from(&beaten.pulse), beaten.fresh.as_ref()).map_err(|_| Failure::internal())?;
    Ok(([(CONTENT_TYPE, media::JSON)], bytes).into_response())
}

/// Keeps a place in the queue.
pub(super) async fn wait(State(desk): State<Arc<Desk>>, InBody(queued): InBody<Queued>) -> Result<Json<Waited>, Failure> {
    Ok(Json(desk.server.wait(queued.ticket).await?))
}

/// Says what there is to have.
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Result<Json<Offers>, Failure> {
    Ok(Json(Offers { licenses: desk.server.list().await? }))
}

/// Whether its pools are kept.
pub(super) async fn health(State(desk): State<Arc<Desk>>) -> Response {
    match desk.server.anchored().await {
        Ok(_) => Json(Health { status: Pulse::Ok, detail: None }).into_response(),
        Err(error) => {
            log(&error);
            let detail = "the license server is stopping; see its log".into();
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: Pulse::Unavailable, detail: Some(detail) })).into_response()
        }
    }
}
