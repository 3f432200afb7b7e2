//! A license server over HTTP: who it is, the exchange, seats, beats, the queue; and what its administrators do.
//!
//! Whoever asks who it is needs nothing. Requests are signed, beats and tickets prove themselves; the administration wants a token.

mod administration;
mod asking;
mod config;
mod failure;
mod keeping;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use keyward_domain::names::ServerAddress;
use keyward_domain::seal::Digest;
use keyward_engine::LicenseServer;
use keyward_wire::EXCHANGE_PATH;
use keyward_wire::seats::{BEATS_PATH, POOL_PATH, QUEUE_PATH, SEATS_PATH, SERVER_PATH};

pub use config::SeatsConfig;

use crate::config::ReplyHook;
use crate::house::{House, Housed};
use crate::routes::surrounded;
use crate::surroundings::limit_addresses;

/// What every handler works with.
pub(crate) struct Desk {
    pub(crate) house: Arc<House>,
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
    let paths = Router::new()
        .route(SERVER_PATH, get(asking::introduce))
        .route(EXCHANGE_PATH, post(asking::exchange))
        .route(SEATS_PATH, post(asking::check_out).get(keeping::list))
        .route(BEATS_PATH, post(keeping::beat))
        .route(QUEUE_PATH, post(keeping::wait))
        .nest(POOL_PATH, administration::paths(&desk))
        .layer(limited)
        .route("/health", get(keeping::health))
        .route("/metrics", get(administration::metrics));
    surrounded(paths, desk)
}
