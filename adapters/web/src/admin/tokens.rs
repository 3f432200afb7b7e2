//! The tokens of those who work at the server.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use keyward_domain::names::TokenName;
use keyward_engine::console::NewToken;
use keyward_wire::{AddToken, IssuedToken, TokenLine, TokenList};

use crate::body::{InBody, InPath};
use crate::failure::Failure;
use crate::site::Site;
use crate::tokens::Member;

#[utoipa::path(
    get,
    path = "/v1/admin/tokens",
    tag = "tokens",
    operation_id = "listTokens",
    summary = "List the tokens that were handed out",
    description = "Also those that were taken back. The token of the server's first start stands in a file and is none of them.",
    security(("admin" = [])),
    responses((status = 200, description = "The tokens, first first", body = ref("#/components/schemas/TokenList"), content_type = "application/json"))
)]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Result<Json<TokenList>, Failure> {
    let staff = site.console.staff().await?;
    Ok(Json(TokenList { tokens: staff.tokens().iter().map(TokenLine::from).collect() }))
}

#[utoipa::path(
    post,
    path = "/v1/admin/tokens",
    tag = "tokens",
    operation_id = "addToken",
    summary = "Hand out a token",
    description = "The token stands in this answer alone: the server keeps its digest. An administrator does everything, a reseller answers requests.",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/AddToken"), content_type = "application/json"),
    responses((status = 200, description = "The token", body = ref("#/components/schemas/IssuedToken"), content_type = "application/json"))
)]
pub(crate) async fn add(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InBody(AddToken { name, role }): InBody<AddToken>,
) -> Result<Json<IssuedToken>, Failure> {
    let NewToken { secret, token } = site.console.add_token(&name, role, who.actor()).await?;
    Ok(Json(IssuedToken { secret, token: TokenLine::from(&token) }))
}

#[utoipa::path(
    post,
    path = "/v1/admin/tokens/{name}/revoke",
    tag = "tokens",
    operation_id = "revokeToken",
    summary = "Take a token back",
    description = "Whoever shows it is refused from now on. To do it again changes nothing.",
    security(("admin" = [])),
    params(("name" = String, Path, description = "The token's name")),
    responses((status = 200, description = "The token as it is now", body = ref("#/components/schemas/TokenLine"), content_type = "application/json"))
)]
pub(crate) async fn revoke(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InPath(name): InPath<TokenName>,
) -> Result<Json<TokenLine>, Failure> {
    Ok(Json(TokenLine::from(&site.console.revoke_token(&name, who.actor()).await?)))
}
