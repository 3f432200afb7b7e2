//! Every reader of what comes from outside, against thousands of inputs that are nearly right: none may panic, and what is read must
//! be written and read the same.
//!
//! The number of inputs is fixed, about twenty seconds for each reader, and so are the inputs; `KEYWARD_READERS_SEED=N` makes others.
//! `fuzz/` does the same with a fuzzer, for as long as one likes.

#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

mod mutations;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mutations::Inputs;
use targets::TARGETS;

fn survives(name: &str, inputs: usize, extensions: &[&str], more: &[Vec<u8>]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let mut source = Inputs::of(name, extensions, more);
    let seeds = source.seeds().to_vec();
    let mutated = std::iter::repeat_with(|| source.next()).take(inputs);
    for (number, input) in seeds.into_iter().chain(mutated).enumerate() {
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(outcome.is_ok(), "{name}: input {number}, in base64: {}", STANDARD.encode(&input));
    }
}

fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

#[test]
fn xml_files() {
    survives("xml", 580_000, &["xml"], &[]);
}

#[test]
fn armour() {
    survives("armour", 180_000, &["xml"], &[keyward_wire::armour::wrap(&[7; 300]).into_bytes()]);
}

#[test]
fn qr_codes() {
    survives("qr", 900_000, &["qr"], &[]);
}

#[test]
fn qr_codes_behind_their_check() {
    let inside = |text: &str| base45::decode(&text[4..]).expect("base 45")[4..].to_vec();
    let golden = [include_str!("../golden/request.qr"), include_str!("../golden/answer.qr"), include_str!("../golden/foreign-answer.qr")];
    survives("qr-inside", 320_000, &[], &golden.map(inside));
}

#[test]
fn pictures() {
    let drawn = |text: &str| keyward_wire::pictures::png(text, 1).expect("it is drawn");
    let drawn = [drawn("KW1:AAA"), drawn(include_str!("../golden/request.qr")), drawn("another code")];
    survives("picture", 30_000, &[], &drawn);
    let pixels = drawn.map(|png| {
        let picture = image::load_from_memory(&png).expect("a picture").into_luma8();
        [&[(picture.width() - 1) as u8][..], picture.as_raw()].concat()
    });
    survives("picture-inside", 3_000, &[], &pixels);
}

#[test]
fn what_stands_in_codes_of_pictures() {
    let written = |how: u8, wrong: &[u8], write: &dyn Fn(&mut qrcode::bits::Bits)| {
        let version = qrcode::Version::Normal(i16::from(how >> 2) % 12 + 1);
        let mut bits = qrcode::bits::Bits::new(version);
        write(&mut bits);
        [&[how, 3, wrong.len() as u8][..], wrong, &bits.into_bytes()].concat()
    };
    let seeds = [
        written(0, &[], &|bits| bits.push_alphanumeric_data(b"KW1:AAAA").expect("it fits")),
        written(17, &[7, 90], &|bits| bits.push_byte_data(b"https://example.com/").expect("it fits")),
        written(6, &[], &|bits| bits.push_numeric_data(b"0123456789").expect("it fits")),
        written(44, &[1], &|bits| {
            bits.push_eci_designator(26).expect("it fits");
            bits.push_byte_data("\u{8a31}\u{53ef}".as_bytes()).expect("it fits");
        }),
        written(8, &[], &|bits| bits.push_kanji_data(b"\x93\x5f\xe4\xaa").expect("it fits")),
        written(9, &[], &|bits| {
            bits.push_fnc1_first_position().expect("it fits");
            bits.push_alphanumeric_data(b"01%%2").expect("it fits");
        }),
        // The first of two codes that say one thing together: mode 3, its place, its parity.
        [&[0, 3, 0][..], &[0x30, 0x15, 0x54, 0x02, 0x41, 0x20]].concat(),
    ];
    survives("picture-code", 3_400, &[], &seeds);
}

/// The seeds above are read to their end: a target whose codes nobody can read tests nothing.
#[test]
fn a_code_that_is_drawn_for_the_fuzzer_is_read() {
    let mut bits = qrcode::bits::Bits::new(qrcode::Version::Normal(1));
    bits.push_alphanumeric_data(b"KW1:AAAA").expect("it fits");
    // Two modules are wrong, and the check makes up for them.
    let png = targets::code_of(&[&[1, 3, 2, 90, 200][..], &bits.into_bytes()].concat()).expect("it is drawn");
    assert_eq!(keyward_wire::pictures::read(&png).as_deref(), Ok(&["KW1:AAAA".to_owned()][..]));
}

#[test]
fn envelopes_and_answers() {
    survives("envelope", 580_000, &["json"], &[]);
}

#[test]
fn license_keys() {
    let keys = "7ZX4Q-M2N8K-AB3DE-FGH5J-KMNPQ\n7zx4q m2n8k ab3de fgh5j kmnpq\nO1IL0-00000-00000-00000-00000\n";
    let real = keyward_domain::license_key::LicenseKey::from_random([7; 15]).expose();
    survives("license-key", 10_600_000, &[], &[lines(keys), vec![real.as_bytes().to_vec()]].concat());
}

#[test]
fn product_profiles() {
    let golden = include_str!("../../../../domain/tests/golden/profile.json");
    let profiles: std::collections::BTreeMap<String, toml::Table> = serde_json::from_str(golden).expect("profiles");
    let profiles: Vec<_> = profiles.values().map(|it| toml::to_string(it).expect("TOML").into_bytes()).collect();
    survives("profile", 1_440_000, &[], &profiles);
}

#[test]
fn bodies_of_the_admin_api() {
    survives("admin", 1_280_000, &["json"], &[]);
}

/// A reader with a bug is found out, or the tests above could not fail.
#[test]
fn a_planted_bug_is_found() {
    let mut source = Inputs::of("xml", &["xml"], &[]);
    let found = std::iter::repeat_with(|| source.next()).take(5_000).any(|input| {
        let text = String::from_utf8_lossy(&input);
        text.contains("<Check><!DOCTYPE x [") || text.contains("version=\"1\"version=\"2\"") || text.matches("<Check>").count() > 2
    });
    assert!(found, "no input comes near a rare bug");
}
