//! Products and their profiles.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use keyward_domain::names::ProductId;
use keyward_domain::product::Product;
use keyward_domain::profile::ProductProfile;
use keyward_domain::record::Record;
use keyward_ports::Query;
use keyward_wire::ProductPage;

use super::{Listing, most};
use crate::body::{InBody, InLongBody, InPath, InQuery};
use crate::failure::Failure;
use crate::site::Site;
use crate::tokens::Member;

#[utoipa::path(
    post,
    path = "/v1/admin/products",
    tag = "products",
    operation_id = "addProduct",
    summary = "Add a product, or what is new to one that is there",
    description = "Versions, editions and languages that are new are added; name and trial are taken as they are now.",
    security(("admin" = [])),
    request_body(content = ref("#/components/schemas/Product"), content_type = "application/json"),
    responses((status = 200, description = "The product as it is now", body = ref("#/components/schemas/Product"), content_type = "application/json"))
)]
pub(crate) async fn add(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Member>,
    InBody(product): InLongBody<Product>,
) -> Result<Json<Product>, Failure> {
    Ok(Json(site.console.add_product(product, who.actor()).await?))
}

#[utoipa::path(
    get,
    path = "/v1/admin/products",
    tag = "products",
    operation_id = "listProducts",
    summary = "List products",
    security(("admin" = [])),
    params(
        ("after" = Option<String>, Query, description = "Begin after this id: `next` of the page before"),
        ("most" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 if it is left away")
    ),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/ProductPage"), content_type = "application/json"))
)]
pub(crate) async fn list(State(site): State<Arc<Site>>, InQuery(listing): InQuery<Listing>) -> Result<Json<ProductPage>, Failure> {
    let page = site.console.page(&Query::Products { after: listing.after, most: most(listing.most) }).await?;
    let products: Vec<_> = page
        .records
        .into_iter()
        .filter_map(|found| match found.record {
            Record::Product(product) => Some(product),
            _ => None,
        })
        .collect();
    let next = products.last().filter(|_| page.more).map(|product| product.id.clone());
    Ok(Json(ProductPage { products, next }))
}

#[utoipa::path(
    get,
    path = "/v1/admin/products/{id}/profile",
    tag = "products",
    operation_id = "productProfile",
    summary = "The profile to ship in a product's newest version",
    security(("admin" = [])),
    params(("id" = String, Path, description = "The product's id")),
    responses((status = 200, description = "The profile", body = ref("#/components/schemas/ProductProfile"), content_type = "application/json"))
)]
pub(crate) async fn profile(State(site): State<Arc<Site>>, InPath(id): InPath<ProductId>) -> Result<Json<ProductProfile>, Failure> {
    Ok(Json(site.console.profile(&id, site.public_servers.clone(), site.public_tls.clone()).await?))
}
