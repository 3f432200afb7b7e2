//! The exchange: a signed request in, a signed answer out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use keyward_domain::document::{self, Answer, Ask, Kind};
use keyward_domain::seal::{Envelope, Reply, Statement, Verified, open_request};
use keyward_engine::{Answered, IssuerError, Says};
use keyward_wire::media;

use crate::body;
use crate::config::{ReplyHook, ReplyPoint};
use crate::failure::Failure;
use crate::house::House;
use crate::metrics::Outcome;
use crate::site::Site;

/// How long the first half of an answer is given to reach the wire before a simulation strikes.
const FLUSH: Duration = Duration::from_millis(20);

/// Answers a request. A refusal is an answer, status 200; what is not 200 ends this request and says nothing about a license.
#[utoipa::path(
    post,
    path = "/v1/exchange",
    tag = "exchange",
    operation_id = "exchange",
    summary = "Bring a signed request, take its signed answer",
    description = "The same request is given the same answer while what it granted stands. A refusal is a signed answer, status 200.",
    request_body(content = ref("#/components/schemas/Envelope"), content_type = "application/vnd.dsse.envelope+json"),
    responses((status = 200, description = "The answer: a certificate, a receipt, a revocation or a refusal",
        body = ref("#/components/schemas/Reply"), content_type = "application/vnd.keyward.reply+json"))
)]
pub(crate) async fn exchange(State(site): State<Arc<Site>>, request: Request) -> Response {
    let began = Instant::now();
    let (kind, served) = serve(&site, request).await;
    let outcome = match &served {
        Ok(answered) => outcome_of(answered.says, &answered.statement),
        Err(failure) => Outcome::of_status(failure.status()),
    };
    site.house.metrics.count(kind, outcome, began.elapsed());
    match served {
        Ok(answered) => reply(&answered.statement, site.on_reply.clone()),
        Err(failure) => failure.into_response(),
    }
}

async fn serve(site: &Site, request: Request) -> (Option<Kind>, Result<Answered, Failure>) {
    let (parts, body) = request.into_parts();
    let bytes = match body::read(&site.house, &[media::ENVELOPE], &parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(failure) => return (None, Err(failure)),
    };
    let request = match Envelope::from_json(&bytes).and_then(|envelope| open_request(&envelope)) {
        Ok(request) => request,
        Err(error) => return (None, Err(IssuerError::from(error).into())),
    };
    let kind = request.ask.kind();
    let answered = match within_limits(&site.house, &request) {
        Ok(()) => site.issuer.answer_verified(request).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    (Some(kind), answered)
}

/// Holds a request to its limits, however it came. Only who signed with a key can use up its limit: the request was opened before.
pub(crate) fn within_limits(house: &House, request: &Verified<document::Request>) -> Result<(), Failure> {
    if let Ask::Activate { key, .. } | Ask::Delegate { key } = &request.ask {
        house.gates.keys.pass(&key.id()).map_err(|wait| Failure::limited("with this license key", wait))?;
    }
    house.gates.devices.pass(&request.device.id()).map_err(|wait| Failure::limited("from this device", wait))
}

/// What an answer says. One that was given before, or that somebody else gave, is read for it.
pub(crate) fn outcome_of(says: Option<Says>, statement: &Statement) -> Outcome {
    if let Some(says) = says {
        return Outcome::of_answer(says);
    }
    let reply = Reply::from_bytes(statement.bytes()).ok();
    let answer = reply.and_then(|reply| serde_json::from_slice::<Answer>(reply.answer.payload()).ok());
    answer.map_or(Outcome::Failed, |answer| Outcome::of_answer(Says::of(&answer.body)))
}

/// Sends a signed answer.
pub(crate) fn reply(statement: &Statement, hook: Option<ReplyHook>) -> Response {
    sent(Bytes::copy_from_slice(statement.bytes()), media::REPLY, hook)
}

/// Sends something of the exchange, with whatever a simulation does to it on its way.
pub(crate) fn sent(bytes: Bytes, media_type: &'static str, hook: Option<ReplyHook>) -> Response {
    let length = bytes.len();
    let body = match hook {
        None => Body::from(bytes),
        Some(hook) => {
            hook(ReplyPoint::BeforeReply);
            in_halves(bytes, hook)
        }
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// Sends the first half, calls the hook, sends the second.
fn in_halves(mut second: Bytes, hook: ReplyHook) -> Body {
    let first = second.split_to(second.len() / 2);
    let halves = stream::unfold((Some(first), Some(second), hook), async |(first, second, hook)| match (first, second) {
        (Some(first), second) => Some((Ok::<_, std::convert::Infallible>(first), (None, second, hook))),
        (None, Some(second)) => {
            tokio::time::sleep(FLUSH).await;
            hook(ReplyPoint::MidReply);
            // Whoever reads a body of a known length does not ask for more than that.
            tokio::spawn(after(Arc::clone(&hook)));
            Some((Ok(second), (None, None, hook)))
        }
        (None, None) => None,
    });
    Body::from_stream(halves)
}

async fn after(hook: ReplyHook) {
    tokio::time::sleep(FLUSH).await;
    hook(ReplyPoint::AfterReply);
}
