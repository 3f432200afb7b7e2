//! The vendor's keys.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use keyward_domain::seal::Envelope;
use keyward_engine::console::{KeyChange, KeyList, RootChange};
use keyward_wire::{Accepted, RootSeed, media};
use zeroize::Zeroizing;

use crate::body::{self, InBody};
use crate::failure::{Failure, told};
use crate::site::Site;
use crate::tokens::Member;

#[utoipa::path(
    get,
    path = "/v1/admin/keys",
    tag = "keys",
    operation_id = "listKeys",
    summary = "List the vendor's keys",
    security(("admin" = [])),
    responses((status = 200, description = "The keys, roots first", body = ref("#/components/schemas/KeyList"), content_type = "application/json"))
)]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Result<Json<KeyList>, Failure> {
    Ok(Json(site.console.keys().await?))
}

#[utoipa::path(
    post,
    path = "/v1/admin/keys/change",
    tag = "keys",
    operation_id = "changeKeys",
    summary = "Rotate the issuer, or revoke a key",
    description = "If the root is not on the server, the answer is a statement to be signed where the root is and brought back.",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/KeyChange"), content_type = "application/json"),
    responses((status = 200, description = "Made, or to be signed", body = ref("#/components/schemas/RootChange"), content_type = "application/json"))
)]
pub(crate) async fn change(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InBody(change): InBody<KeyChange>,
) -> Result<Json<RootChange>, Failure> {
    Ok(Json(site.console.change_keys(&change, who.actor()).await?))
}

#[utoipa::path(
    post,
    path = "/v1/admin/keys/statement",
    tag = "keys",
    operation_id = "acceptStatement",
    summary = "Bring the statement that was signed where the root is",
    security(("admin" = [])),
    request_body(content(
        (ref("#/components/schemas/Envelope") = "application/vnd.dsse.envelope+json"),
        (ref("#/components/schemas/Envelope") = "application/json")
    )),
    responses((status = 200, description = "It holds", body = ref("#/components/schemas/Accepted"), content_type = "application/json"))
)]
pub(crate) async fn accept(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    request: Request,
) -> Result<Json<Accepted>, Failure> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(&site.house, &[media::ENVELOPE, media::JSON], &parts.headers, body).await?;
    let envelope =
        Envelope::from_json(&bytes).map_err(|error| told(400, "unreadable", "The statement cannot be read", &error.to_string()))?;
    Ok(Json(Accepted { version: site.console.accept_statement(&envelope, who.actor()).await? }))
}

#[utoipa::path(
    get,
    path = "/v1/admin/root",
    tag = "keys",
    operation_id = "exportRoot",
    summary = "Export the root's seed",
    description = "A secret: whoever has it can name issuers. Keep it off the server, say so, then remove it here.",
    security(("admin" = [])),
    responses((status = 200, description = "The seed", body = ref("#/components/schemas/RootSeed"), content_type = "application/json"))
)]
pub(crate) async fn export_root(State(site): State<Arc<Site>>) -> Result<Json<RootSeed>, Failure> {
    let seed = site.console.export_root().await?;
    let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| Failure::internal())?;
    Ok(Json(RootSeed { seed: Zeroizing::new(seed) }))
}

#[utoipa::path(
    post,
    path = "/v1/admin/root/kept",
    tag = "keys",
    operation_id = "rootIsKept",
    summary = "Say that the exported root is on a disk",
    description = "Only then may it be removed from the server.",
    security(("admin" = [])),
    responses((status = 204, description = "Noted"))
)]
pub(crate) async fn root_is_kept(State(site): State<Arc<Site>>, Extension(who): Extension<Member>) -> Result<StatusCode, Failure> {
    site.console.root_is_kept(who.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    delete,
    path = "/v1/admin/root",
    tag = "keys",
    operation_id = "removeRoot",
    summary = "Remove the root from the server",
    description = "Refused until it was exported: without it no key statement is ever signed again. To do it again changes nothing.",
    security(("admin" = [])),
    responses((status = 204, description = "It is off the server"))
)]
pub(crate) async fn remove_root(State(site): State<Arc<Site>>, Extension(who): Extension<Member>) -> Result<StatusCode, Failure> {
    site.console.remove_root(who.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
