//! Who did what to what, when.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use keyward_domain::names::EntitlementId;
use keyward_ports::Query;
use keyward_wire::{LogLine, LogPage};
use serde::Deserialize;

use super::most;
use crate::body::InQuery;
use crate::failure::Failure;
use crate::site::Site;

/// Which page of the log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogListing {
    of: Option<EntitlementId>,
    before: Option<u64>,
    most: Option<u32>,
}

#[utoipa::path(
    get,
    path = "/v1/admin/log",
    tag = "log",
    operation_id = "log",
    summary = "Read the log, newest line first",
    security(("admin" = [])),
    params(
        ("of" = Option<String>, Query, description = "Of one entitlement only"),
        ("before" = Option<u64>, Query, description = "Begin before this position: `next` of the page before"),
        ("most" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 if it is left away")
    ),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/LogPage"), content_type = "application/json"))
)]
pub(crate) async fn list(State(site): State<Arc<Site>>, InQuery(listing): InQuery<LogListing>) -> Result<Json<LogPage>, Failure> {
    let LogListing { of, before, most: asked } = listing;
    let page = site.console.page(&Query::Log { of, before, most: most(asked) }).await?;
    let lines: Vec<_> = page.log.into_iter().map(|(position, entry)| LogLine { position, entry }).collect();
    let next = lines.last().filter(|_| page.more).map(|line| line.position);
    Ok(Json(LogPage { lines, next }))
}
