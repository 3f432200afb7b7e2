//! The API's description (OpenAPI 3.1). Paths come from the routes; the forms of bodies, which the domain's serde forms fix, are written
//! down in `schemas.json` and held to the real bodies by a test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use keyward_wire::media;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder, Schema};

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
pub fn openapi() -> String {
    static DESCRIPTION: LazyLock<String> =
        LazyLock::new(|| serde_json::to_string_pretty(&describe()).map(|text| text + "\n").unwrap_or_default());
    DESCRIPTION.clone()
}

fn describe() -> OpenApi {
    let mut api = public().merge(staffed()).merge(administered()).merge(watched()).into_openapi();
    api.info = InfoBuilder::new()
        .title("Keyward key server")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Products activate, refresh and return licenses by one exchange of signed documents; the vendor administers products, license \
             keys and its own keys. Every error is a problem document (RFC 9457) with a stable `code` and what to do next. A refusal is no \
             error: it is a signed answer.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .build();
    api.tags = Some(TAGS.map(|(name, says)| TagBuilder::new().name(name).description(Some(says)).build()).into());
    let components = api.components.get_or_insert_with(Components::new);
    // The file is part of this crate; a test reads it.
    components.schemas = serde_json::from_str::<BTreeMap<String, RefOr<Schema>>>(SCHEMAS).unwrap_or_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of this server. Those of resellers open `answer` alone"))
        .build();
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
