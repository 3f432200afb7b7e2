//! Requests that customers brought to the vendor or to a reseller (row M2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::{Extension, Json};
use keyward_domain::document::Kind;
use keyward_domain::seal::{Envelope, open_request};
use keyward_domain::staff::Duty;
use keyward_engine::console::Handed;
use keyward_engine::{IssuerError, Says};
use keyward_wire::media;

use crate::address::Caller;
use crate::body;
use crate::exchange::within_limits;
use crate::failure::Failure;
use crate::metrics::Outcome;
use crate::site::Site;
use crate::tokens::{Member, admit};

#[utoipa::path(
    post,
    path = "/v1/admin/answer",
    tag = "answers",
    operation_id = "answer",
    summary = "Answer a request that a customer brought",
    description = "The answer is the same that the exchange gives, with what it says for people. A refusal is an answer, status 200. The log \
                   names who brought the request. Resellers may do this, too.",
    security(("admin" = [])),
    request_body(content(
        (ref("#/components/schemas/Envelope") = "application/vnd.dsse.envelope+json"),
        (ref("#/components/schemas/Envelope") = "application/json")
    )),
    responses((status = 200, description = "The answer, and what it says", body = ref("#/components/schemas/Handed"), content_type = "application/json"))
)]
pub(crate) async fn answer(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Json<Handed>, Failure> {
    let began = Instant::now();
    let (kind, served) = serve(&site, &who, Caller::of(address), request).await;
    let outcome = match &served {
        Ok((_, says)) => Outcome::of_answer(*says),
        Err(failure) => Outcome::of_status(failure.status()),
    };
    site.house.metrics.count(kind, outcome, began.elapsed());
    served.map(|(handed, _)| Json(handed))
}

async fn serve(site: &Site, who: &Member, caller: Caller, request: Request) -> (Option<Kind>, Result<(Handed, Says), Failure>) {
    if let Err(wait) = site.house.gates.tokens.pass(who.name()) {
        return (None, Err(Failure::limited("with this token", wait)));
    }
    let (parts, body) = request.into_parts();
    let bytes = match body::read(&site.house, &[media::ENVELOPE, media::JSON], &parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(failure) => return (None, Err(failure)),
    };
    // The token may have been taken back while the body came.
    if let Err(failure) = admit(site, caller, &parts.headers, Instant::now()).await.and_then(|who| who.check(Duty::Answer)) {
        return (None, Err(failure));
    }
    let request = match Envelope::from_json(&bytes).and_then(|envelope| open_request(&envelope)) {
        Ok(request) => request,
        Err(error) => return (None, Err(IssuerError::from(error).into())),
    };
    let kind = request.ask.kind();
    let answered = match within_limits(&site.house, &request) {
        Ok(()) => site.console.answer(&site.issuer, request, who.actor()).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    (Some(kind), answered)
}
