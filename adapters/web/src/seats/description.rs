//! The description of a license server's API, made of its routes as that of the key server is.

use std::sync::LazyLock;

use super::{administration, asked, kept, watched};
use crate::openapi::{Described, written};

/// The forms of bodies that only a license server has. Signed documents and what every server says have those of the key server.
const SCHEMAS: &str = include_str!("../openapi/seats.json");
const SHARED: [&str; 5] = ["Problem", "Health", "Envelope", "Signature", "Reply"];

const TAGS: [(&str, &str); 4] = [
    ("exchange", "Who the server is; a signed request in, a signed answer out"),
    ("seats", "Checking seats out, keeping them, waiting for them"),
    ("administration", "What its administrators see and do"),
    ("watch", "For those who watch the server"),
];

/// The description of a license server's API, as JSON. A copy is committed as `docs/openapi-license-server.json`.
pub fn seats_openapi() -> &'static str {
    static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
        written(Described {
            paths: asked().merge(kept()).merge(administration::paths()).merge(watched()),
            title: "Keyward license server",
            says: "Products check seats out, keep them by beats, borrow them and bring them back. Only what is signed gives a right: a client holds \
                   every answer against the vendor's delegation. Every error is a problem document (RFC 9457) with a stable `code` and what to do \
                   next. A refusal is no error: it is a signed answer. Lengths of time are in milliseconds.",
            tags: &TAGS,
            schemas: SCHEMAS,
            shared: &SHARED,
            token: "An administrator's token of this server",
        })
    });
    &DESCRIPTION
}
