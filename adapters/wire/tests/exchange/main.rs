//! What people carry: XML files and QR codes, written and read back, whatever happened on the way.

#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

mod hostile;
mod mailers;
mod pictures;
mod qr;
mod samples;
mod xml;

use std::path::{Path, PathBuf};
use std::{env, fs};

use keyward_domain::seal::{Envelope, SchemeName, Statement};

/// An activation, as the domain pins it.
fn request() -> Envelope {
    Envelope::from_json(include_bytes!("../../../../domain/tests/golden/sealed-request.json")).expect("an envelope")
}

/// The answer to it.
fn answer() -> Statement {
    serde_json::from_str(include_str!("../../../../domain/tests/golden/statement.json")).expect("a statement")
}

/// An answer of another make, in bytes that are no text.
fn foreign() -> Statement {
    Statement::new(SchemeName::new("example.com/7"), (0..=255).collect::<Vec<u8>>())
}

const SUMMARY: &[(&str, &str)] =
    &[("Product", "Example CAD 2027"), ("Host", "Büro <1> & \"2\""), ("Asks for", "an activation"), ("License key", "…-E1RAJ")];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with the golden file, which `KEYWARD_BLESS=1` writes anew.
fn pinned(name: &str, written: &[u8]) -> Vec<u8> {
    if env::var_os("KEYWARD_BLESS").is_some() {
        fs::write(golden(name), written).expect("the golden file is written");
    }
    let pinned = fs::read(golden(name)).expect("there is a golden file");
    assert!(pinned == written, "{name} is pinned; what is written now is\n{}", String::from_utf8_lossy(written));
    pinned
}
