//! Which path goes where, and what stands before it. The description of the API is made of the same list.

use std::sync::Arc;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use keyward_engine::Portal;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::{answers, entitlements, keys, log, products, tokens};
use crate::exchange;
use crate::failure::{Failure, in_words};
use crate::house::Housed;
use crate::openapi::{self, Description, openapi};
use crate::portal;
use crate::probes;
use crate::site::Site;
use crate::surroundings::{limit_addresses, limit_others, panicked, surround};
use crate::tokens::{administrators_only, staff_only};

/// Everybody may ask.
pub(crate) fn public() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(exchange::exchange))
}

/// For those who watch.
pub(crate) fn watched() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(probes::health)).routes(routes!(probes::metrics)).routes(routes!(openapi::description))
}

/// For all who work here.
pub(crate) fn staffed() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(answers::answer)).routes(routes!(entitlements::free))
}

/// For administrators.
pub(crate) fn administered() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new()
        .routes(routes!(products::add, products::list))
        .routes(routes!(products::profile))
        .routes(routes!(entitlements::issue, entitlements::list))
        .routes(routes!(entitlements::show))
        .routes(routes!(entitlements::revoke))
        .routes(routes!(entitlements::extend))
        .routes(routes!(entitlements::reissue))
        .routes(routes!(entitlements::set_owner))
        .routes(routes!(tokens::add, tokens::list))
        .routes(routes!(tokens::revoke))
        .routes(routes!(keys::list))
        .routes(routes!(keys::change))
        .routes(routes!(keys::accept))
        .routes(routes!(keys::export_root, keys::remove_root))
        .routes(routes!(keys::root_is_kept))
        .routes(routes!(log::list))
}

/// All of it over one key server.
pub(crate) fn router(site: Arc<Site>, customers: Option<Arc<Portal>>) -> Router {
    let limited = from_fn_with_state(Arc::clone(&site.house), limit_addresses);
    let administered = Router::from(administered()).layer(from_fn_with_state(Arc::clone(&site), administrators_only));
    let staffed = Router::from(staffed()).layer(from_fn_with_state(Arc::clone(&site), staff_only));
    let customers = customers.map(|portal| portal::router(portal, &site)).unwrap_or_default();
    let watched =
        Router::from(watched()).layer(Extension(Description(openapi()))).layer(from_fn_with_state(Arc::clone(&site.house), limit_others));
    let paths = Router::from(public()).merge(administered).merge(staffed).layer(limited).merge(watched).merge(customers);
    surrounded(paths, site)
}

/// Paths, and what stands around all of them.
pub(crate) fn surrounded<S: Housed + Clone + 'static>(paths: Router<S>, site: S) -> Router {
    let surround = from_fn_with_state(Arc::clone(site.house()), surround);
    paths
        .fallback(async || Failure::no_such_path())
        .method_not_allowed_fallback(async || Failure::no_such_method())
        .layer(ServiceBuilder::new().layer(from_fn(in_words)).layer(surround).layer(CatchPanicLayer::custom(panicked)))
        .with_state(site)
}
