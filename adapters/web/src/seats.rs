//! A license server over HTTP: who it is, the exchange, seats, beats, the queue; and what its administrators do.
//!
//! Whoever asks who it is needs nothing. Requests are signed, beats and tickets prove themselves; the administration wants a token.

mod administration;
mod asking;
mod config;
mod description;
mod doors;
mod failure;
mod keeping;

use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};
use keyward_domain::names::ServerAddress;
use keyward_domain::seal::Digest;
use keyward_engine::LicenseServer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use config::SeatsConfig;
pub use description::seats_openapi;
pub(crate) use doors::Doors;

use crate::config::ReplyHook;
use crate::house::{House, Housed};
use crate::openapi::{self, Description};
use crate::routes::surrounded;
use crate::surroundings::{limit_addresses, limit_misuse, limit_others};

/// What every handler works with.
pub(crate) struct Desk {
    pub(crate) house: Arc<House>,
    pub(crate) doors: Doors,
    pub(crate) server: LicenseServer,
    /// The digest of the key that connections are held with.
    pub(crate) tls: Digest,
    /// Where the server says that it can be found.
    pub(crate) addresses: Vec<ServerAddress>,
    pub(crate) on_reply: Option<ReplyHook>,
}

impl Housed for Arc<Desk> {
    fn house(&self) -> &Arc<House> {
        &self.house
    }
}

/// All paths over one license server.
pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let limited = from_fn_with_state(Arc::clone(&desk.house), limit_addresses);
    let administered =
        Router::from(administration::paths()).layer(from_fn_with_state(Arc::clone(&desk), administration::administrators_only));
    let watched = Router::from(watched())
        .layer(Extension(Description(seats_openapi())))
        .layer(from_fn_with_state(Arc::clone(&desk.house), limit_others));
    let kept = Router::from(kept()).layer(from_fn_with_state(Arc::clone(&desk.house), limit_misuse));
    let paths = Router::from(asked()).layer(limited).merge(administered).merge(kept).merge(watched);
    surrounded(paths, desk)
}

/// Everybody may ask, as often as an address may.
fn asked() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(asking::introduce))
        .routes(routes!(asking::exchange))
        .routes(routes!(asking::check_out, keeping::list))
}

/// Who proves that it has a seat or a place is not held to the limit of its address.
fn kept() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(keeping::beat)).routes(routes!(keeping::wait))
}

/// For those who watch.
fn watched() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(keeping::health)).routes(routes!(administration::metrics)).routes(routes!(openapi::description))
}
