//! What was sold, and what becomes of it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use keyward_domain::entitlement::{Entitlement, Freer, Sale};
use keyward_domain::names::EntitlementId;
use keyward_domain::record::Record;
use keyward_domain::staff::Duty;
use keyward_engine::console;
use keyward_ports::Query;
use keyward_wire::{EntitlementPage, Extend, Free, Issued, Owner};

use super::{Listing, most};
use crate::body::{InBody, InLongBody, InPath, InQuery};
use crate::failure::Failure;
use crate::site::Site;
use crate::tokens::Member;

#[utoipa::path(
    post,
    path = "/v1/admin/entitlements",
    tag = "entitlements",
    operation_id = "issue",
    summary = "Issue a license key",
    description = "The key stands in this answer alone: the server does not keep it. A lost key is replaced by another one (reissue).",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/Sale"), content_type = "application/json"),
    responses((status = 200, description = "The key, and what was sold under it", body = ref("#/components/schemas/Issued"), content_type = "application/json"))
)]
pub(crate) async fn issue(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InBody(sale): InLongBody<Sale>,
) -> Result<Json<Issued>, Failure> {
    Ok(Json(handed_over(site.console.issue(sale, who.actor()).await?)))
}

#[utoipa::path(
    get,
    path = "/v1/admin/entitlements",
    tag = "entitlements",
    operation_id = "listEntitlements",
    summary = "List what was sold",
    security(("admin" = [])),
    params(
        ("after" = Option<String>, Query, description = "Begin after this id: `next` of the page before"),
        ("most" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 if it is left away")
    ),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/EntitlementPage"), content_type = "application/json"))
)]
pub(crate) async fn list(State(site): State<Arc<Site>>, InQuery(listing): InQuery<Listing>) -> Result<Json<EntitlementPage>, Failure> {
    let page = site.console.page(&Query::Entitlements { after: listing.after, most: most(listing.most) }).await?;
    let entitlements: Vec<_> = page
        .records
        .into_iter()
        .filter_map(|found| match found.record {
            Record::Entitlement(it) => Some(it),
            _ => None,
        })
        .collect();
    let next = entitlements.last().filter(|_| page.more).map(|it| it.id.clone());
    Ok(Json(EntitlementPage { entitlements, next }))
}

#[utoipa::path(
    get,
    path = "/v1/admin/entitlements/{id}",
    tag = "entitlements",
    operation_id = "showEntitlement",
    summary = "Show what was sold under one license key, and who holds it",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The entitlement's id")),
    responses((status = 200, description = "The entitlement", body = ref("#/components/schemas/Entitlement"), content_type = "application/json"))
)]
pub(crate) async fn show(State(site): State<Arc<Site>>, InPath(id): InPath<EntitlementId>) -> Result<Json<Entitlement>, Failure> {
    Ok(Json(site.console.entitlement(&id).await?))
}

#[utoipa::path(
    post,
    path = "/v1/admin/entitlements/{id}/revoke",
    tag = "entitlements",
    operation_id = "revoke",
    summary = "Revoke it",
    description = "Each holder learns of it at its next contact. To do it again changes nothing.",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The entitlement's id")),
    responses((status = 200, description = "The entitlement as it is now", body = ref("#/components/schemas/Entitlement"), content_type = "application/json"))
)]
pub(crate) async fn revoke(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InPath(id): InPath<EntitlementId>,
) -> Result<Json<Entitlement>, Failure> {
    Ok(Json(site.console.revoke(&id, who.actor()).await?))
}

#[utoipa::path(
    post,
    path = "/v1/admin/entitlements/{id}/extend",
    tag = "entitlements",
    operation_id = "extend",
    summary = "Move the end of a rental or a trial",
    description = "Holders get it with their next refresh.",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The entitlement's id")),
    request_body(content = ref("#/components/schemas/Extend"), content_type = "application/json"),
    responses((status = 200, description = "The entitlement as it is now", body = ref("#/components/schemas/Entitlement"), content_type = "application/json"))
)]
pub(crate) async fn extend(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InPath(id): InPath<EntitlementId>,
    InBody(Extend { until }): InBody<Extend>,
) -> Result<Json<Entitlement>, Failure> {
    Ok(Json(site.console.extend(&id, until, who.actor()).await?))
}

#[utoipa::path(
    post,
    path = "/v1/admin/entitlements/{id}/reissue",
    tag = "entitlements",
    operation_id = "reissue",
    summary = "Replace a lost license key",
    description = "The old key is known as replaced; activations stay as they are. The new key stands in this answer alone.",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The entitlement's id")),
    responses((status = 200, description = "The new key, and what was sold under it", body = ref("#/components/schemas/Issued"), content_type = "application/json"))
)]
pub(crate) async fn reissue(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InPath(id): InPath<EntitlementId>,
) -> Result<Json<Issued>, Failure> {
    Ok(Json(handed_over(site.console.reissue(&id, who.actor()).await?)))
}

#[utoipa::path(
    post,
    path = "/v1/admin/entitlements/{id}/free",
    tag = "entitlements",
    operation_id = "free",
    summary = "Free the slot of a host that cannot return it",
    description = "By an administrator, at will; by a reseller, within the budget of the owner, who is not named to them. The host learns of it \
                   at its next contact.",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The entitlement's id")),
    request_body(content = ref("#/components/schemas/Free"), content_type = "application/json"),
    responses((status = 200, description = "The entitlement as it is now", body = ref("#/components/schemas/Entitlement"), content_type = "application/json"))
)]
pub(crate) async fn free(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InPath(id): InPath<EntitlementId>,
    InBody(Free { activation }): InBody<Free>,
) -> Result<Json<Entitlement>, Failure> {
    if who.check(Duty::Administer).is_ok() {
        return Ok(Json(site.console.free(&id, &activation, Freer::Vendor, who.actor()).await?));
    }
    let freed = site.console.free(&id, &activation, Freer::Owner, who.actor()).await?;
    Ok(Json(Entitlement { owner: None, ..freed }))
}

#[utoipa::path(
    post,
    path = "/v1/admin/entitlements/{id}/owner",
    tag = "entitlements",
    operation_id = "setOwner",
    summary = "Say who owns it",
    description = "The owner frees slots of lost hosts by a link that is sent to this address.",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The entitlement's id")),
    request_body(content = ref("#/components/schemas/Owner"), content_type = "application/json"),
    responses((status = 200, description = "The entitlement as it is now", body = ref("#/components/schemas/Entitlement"), content_type = "application/json"))
)]
pub(crate) async fn set_owner(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InPath(id): InPath<EntitlementId>,
    InBody(Owner { owner }): InBody<Owner>,
) -> Result<Json<Entitlement>, Failure> {
    Ok(Json(site.console.set_owner(&id, owner, who.actor()).await?))
}

fn handed_over(issued: console::Issued) -> Issued {
    Issued { key: issued.key.expose(), entitlement: issued.entitlement }
}
