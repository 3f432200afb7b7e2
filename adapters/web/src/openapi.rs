//! The API's description (OpenAPI 3.1). Paths come from the routes; the forms of bodies, which the domain's serde forms fix, are written
//! down in `schemas.json` and held to the real bodies by a test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use keyward_wire::media;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder, Schema};
use utoipa_axum::router::OpenApiRouter;

use crate::routes::{administered, public, staffed, watched};

/// The forms of all bodies.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

const TAGS: [(&str, &str); 8] = [
    ("exchange", "What products speak: a signed request in, a signed answer out"),
    ("products", "What the vendor sells"),
    ("entitlements", "What was sold under one license key each"),
    ("answers", "Requests that customers brought by hand"),
    ("tokens", "Who works here"),
    ("keys", "The vendor's root and issuers"),
    ("log", "Who did what to what, when"),
    ("watch", "For those who watch the server"),
];

/// The description, as JSON. A copy is committed as `docs/openapi.json`.
pub fn openapi() -> &'static str {
    static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
        written(Described {
            paths: public().merge(staffed()).merge(administered()).merge(watched()),
            title: "Keyward key server",
            says: "Products activate, refresh and return licenses by one exchange of signed documents; the vendor administers products, license \
                   keys and its own keys. Every error is a problem document (RFC 9457) with a stable `code` and what to do next. A refusal is no \
                   error: it is a signed answer.",
            tags: &TAGS,
            schemas: SCHEMAS,
            shared: &[],
            token: "A token of this server. Those of resellers open `answer` and `free` alone",
        })
    });
    &DESCRIPTION
}

/// The description that a server gives of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Description(pub(crate) &'static str);

/// What it offers.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "watch",
    operation_id = "openapi",
    summary = "This description (OpenAPI 3.1)",
    responses((status = 200, description = "This description", body = Object, content_type = "application/json"))
)]
pub(crate) async fn description(Extension(Description(text)): Extension<Description>) -> Response {
    ([(CONTENT_TYPE, media::JSON)], text).into_response()
}

/// What is described, and in which words.
pub(crate) struct Described<S> {
    pub(crate) paths: OpenApiRouter<S>,
    pub(crate) title: &'static str,
    pub(crate) says: &'static str,
    pub(crate) tags: &'static [(&'static str, &'static str)],
    /// The forms of its own bodies.
    pub(crate) schemas: &'static str,
    /// The forms that it has in common with the key server, by name.
    pub(crate) shared: &'static [&'static str],
    /// What its tokens are.
    pub(crate) token: &'static str,
}

/// Writes a description, as JSON.
pub(crate) fn written<S: Clone + Send + Sync + 'static>(described: Described<S>) -> String {
    serde_json::to_string_pretty(&describe(described)).map(|text| text + "\n").unwrap_or_default()
}

fn forms(written: &str) -> BTreeMap<String, RefOr<Schema>> {
    // The files are part of this crate; a test reads them.
    serde_json::from_str(written).unwrap_or_default()
}

fn describe<S: Clone + Send + Sync + 'static>(described: Described<S>) -> OpenApi {
    let Described { paths, title, says, tags, schemas, shared, token } = described;
    let mut api = paths.into_openapi();
    api.info = InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(says))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .build();
    api.tags = Some(tags.iter().map(|(name, says)| TagBuilder::new().name(*name).description(Some(*says)).build()).collect());
    let components = api.components.get_or_insert_with(Components::new);
    components.schemas = forms(SCHEMAS).into_iter().filter(|(name, _)| shared.contains(&name.as_str())).chain(forms(schemas)).collect();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(token)).build();
    components.add_security_scheme("admin", SecurityScheme::Http(bearer));
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.responses.responses.insert("default".into(), RefOr::T(problem()));
        }
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten()
}

fn problem() -> utoipa::openapi::Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description("It was not served: why, and what to do").content(media::PROBLEM, body).build()
}
