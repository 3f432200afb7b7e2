//! The portal: pages for the vendor's customers, who log in with their license key (rows M3 to M5, A2).
//!
//! Each handler reads what came, asks the engine's `Portal` once, and shows what came back. The pages work without a line of script, by
//! keyboard and screen reader, in the languages of the text catalogue. The license key is used to begin a visit and forgotten: it stands in
//! no address, cookie or log.

mod answers;
mod cookies;
mod door;
mod freeing;
mod licenses;
mod look;
mod page;
mod submit;
mod trouble;
mod upload;
mod visitor;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{any, get, post};
use keyward_engine::Portal;
use tokio::sync::Semaphore;

use crate::failures::Failures;
use crate::site::Site;
use cookies::Cookies;

/// So many pictures are looked at at once; each may take a hundred megabytes while it is.
const PICTURES: usize = 1;
/// So many files are taken at once; each may have eight megabytes.
const UPLOADS: usize = 8;
/// So many of them may be larger at once: up to 32 megabytes, as the photographs of some phones are.
const LARGE: usize = 2;

/// What the portal's handlers work with.
pub(crate) struct Counter {
    portal: Arc<Portal>,
    site: Arc<Site>,
    cookies: Cookies,
    /// What letters call this server: `https://HOST[:PORT]`.
    base: String,
    failures: Mutex<Failures>,
    /// Turns to look at a picture.
    pictures: Arc<Semaphore>,
    /// Turns to send a file.
    uploads: Arc<Semaphore>,
    /// Turns to send a large one.
    large: Arc<Semaphore>,
}

impl Counter {
    fn new(portal: Arc<Portal>, site: Arc<Site>) -> Self {
        let base = site.public_servers.first().cloned().unwrap_or_default();
        let cookies = if [&base, &site.url].iter().any(|url| url.starts_with("https:")) { Cookies::Secure } else { Cookies::Plain };
        let turns = |most| Arc::new(Semaphore::new(most));
        let (pictures, uploads, large) = (turns(PICTURES), turns(UPLOADS), turns(LARGE));
        Self { portal, site, cookies, base, failures: Mutex::default(), pictures, uploads, large }
    }
}

/// The portal's pages over one key server.
pub(crate) fn router(portal: Arc<Portal>, site: &Arc<Site>) -> Router<Arc<Site>> {
    let counter = Arc::new(Counter::new(portal, Arc::clone(site)));
    Router::new()
        .route("/", get(async || Redirect::to("/portal")))
        .route("/portal", get(door::show).post(door::log_in))
        .route("/portal/log-out", post(door::log_out))
        .route("/portal/licenses", get(licenses::show))
        .route("/portal/activation", get(submit::show_activation).post(submit::activation))
        .route("/portal/return", get(submit::show_return).post(submit::giving_back))
        .route("/portal/answers/{name}", get(answers::show))
        .route("/portal/answers/{name}/file", get(answers::file))
        .route("/portal/answers/{name}/code/{number}", get(answers::code))
        .route("/portal/refusal", post(answers::refusal))
        .route("/portal/lost/{activation}", get(freeing::show_lost).post(freeing::ask))
        .route("/portal/link-sent", get(freeing::link_sent))
        .route("/portal/owner/{token}", get(freeing::show_link).post(freeing::free))
        .route("/portal/style.css", get(look::style))
        .route("/portal/icon.svg", get(look::icon))
        .route("/portal/{*rest}", any(trouble::no_such_page))
        .method_not_allowed_fallback(trouble::no_such_method)
        .layer(from_fn_with_state(Arc::clone(&counter), visitor::choose_language))
        .layer(from_fn_with_state(Arc::clone(&counter), trouble::limit_addresses))
        .layer(from_fn_with_state(Arc::clone(&counter), trouble::say_in_pages))
        .layer(axum::middleware::map_response(look::headers))
        .with_state(counter)
}
