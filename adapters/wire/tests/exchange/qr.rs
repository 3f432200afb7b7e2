//! The text of a QR code.

use keyward_domain::seal::{Digest, Envelope, SchemeName, Statement};
use keyward_wire::qr::{MOST_DRAWN, MOST_PARTS, is_one, read_answer, read_request, write_answer, write_request};
use keyward_wire::{Paper, Unreadable, xml};

use crate::samples::{activation, certificate, refusal, return_of};
use crate::{answer, foreign, pinned, request};

fn one(texts: Vec<String>) -> String {
    let [text] = <[String; 1]>::try_from(texts).expect("one code");
    text
}

#[test]
fn every_text_is_written_and_read_as_it_always_was() {
    let read = |name: &str, text: String| String::from_utf8(pinned(name, text.as_bytes())).expect("it is text");
    assert_eq!(read_request(&[read("request.qr", one(write_request(&request()).expect("it fits")))]), Ok(request()));
    assert_eq!(read_answer(&[read("answer.qr", one(write_answer(&answer()).expect("it fits")))]), Ok(answer()));
    assert_eq!(read_answer(&[read("foreign-answer.qr", one(write_answer(&foreign()).expect("it fits")))]), Ok(foreign()));
    let asked = return_of(certificate(7));
    let parts = read("return-in-parts.qr", write_request(&asked).expect("it fits").join("\n"));
    assert_eq!(read_request(&parts.lines().collect::<Vec<_>>()), Ok(asked));
}

#[test]
fn a_text_has_letters_that_a_code_holds_best() {
    for text in write_request(&return_of(certificate(9))).expect("it fits") {
        assert!(text.chars().all(|it| matches!(it, '0'..='9' | 'A'..='Z') || " $%*+-./:".contains(it)), "{text}");
        assert!(is_one(&text));
    }
}

/// What a vendor meets in its first years takes one code; a key statement grows with every issuer there ever was.
#[test]
fn real_documents_take_one_code_and_large_ones_few() {
    let size = |texts: Vec<String>| (texts.len(), texts.iter().map(String::len).max().expect("a code"));
    let asked = |rotations| size(write_request(&return_of(certificate(rotations))).expect("it fits"));
    let answered = |statement| size(write_answer(&statement).expect("it fits"));
    let (codes, letters) = size(write_request(&activation()).expect("it fits"));
    assert!(codes == 1 && letters < 800, "an activation: {letters} letters");
    for (what, (codes, letters), most) in [
        ("a certificate", answered(certificate(1)), 1050),
        ("its return", asked(1), 1300),
        ("a certificate of the fifth issuer", answered(certificate(4)), 1300),
        ("a refusal that names ten hosts", answered(refusal(10)), 1000),
    ] {
        assert!(codes == 1 && letters < most, "{what}: {codes} codes, {letters} letters");
    }
    assert_eq!((asked(3).0, asked(4).0), (1, 2), "returns after changes of the issuer");
    assert_eq!(asked(12).0, 2, "a return after twelve changes of the issuer");
    assert!(answered(refusal(200)).0 <= 4);
    assert!(asked(12).1 <= MOST_DRAWN);
}

#[test]
fn what_is_too_long_says_that_there_is_a_file() {
    let large = Statement::new(SchemeName::new("toy/1"), vec![0; 200_000]);
    assert!(write_answer(&large).expect_err("it is too long").to_string().contains("use the file"));
    let noise: Vec<u8> = (0..400_u32).flat_map(|n| *Digest::of(&n.to_be_bytes()).bytes()).collect();
    let error = write_answer(&Statement::new(SchemeName::new("toy/1"), noise)).expect_err("it is too long");
    assert!(error.codes > MOST_PARTS, "{error}");
}

#[test]
fn an_answer_is_read_as_the_very_bytes_that_were_received() {
    let spaced = format!(
        "{}\n ",
        serde_json::to_string_pretty(&serde_json::from_slice::<serde_json::Value>(answer().bytes()).expect("JSON")).expect("JSON")
    );
    for bytes in [spaced.into_bytes(), Vec::new(), vec![0xFF], vec![0xF8; 3], b"\"==\"".to_vec()] {
        for scheme in ["keyward/1", "x", ""] {
            let scheme = if scheme == "keyward/1" { keyward_domain::seal::Keyward::NAME } else { SchemeName::new(scheme) };
            let odd = Statement::new(scheme, bytes.clone());
            assert_eq!(read_answer(&write_answer(&odd).expect("it fits")), Ok(odd));
        }
    }
    let envelope = Envelope::new("", Vec::new(), Vec::new());
    assert_eq!(read_request(&write_request(&envelope).expect("it fits")), Ok(envelope));
}

#[test]
fn the_other_paper_is_an_error_of_its_own() {
    let (request, answer) = (write_request(&request()).expect("it fits"), write_answer(&answer()).expect("it fits"));
    assert_eq!(read_request(&answer), Err(Unreadable::OtherPaper { found: Paper::Answer, expected: Paper::Request }));
    assert_eq!(read_answer(&request), Err(Unreadable::OtherPaper { found: Paper::Request, expected: Paper::Answer }));
}

#[test]
fn a_text_that_was_changed_or_cut_is_an_error_wherever_it_was() {
    let text = one(write_request(&request()).expect("it fits"));
    for length in 0..text.len() {
        assert!(read_request(&[&text[..length]]).is_err(), "{length} letters");
    }
    for at in (0..text.len()).step_by(5) {
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert!(matches!(read_request(&[&changed]), Err(Unreadable::Damaged(_) | Unreadable::NotKeyward(_))), "{at}");
    }
}

#[test]
fn a_newer_text_says_so() {
    assert_eq!(read_request(&["KW2:whatever it is"]), Err(Unreadable::Newer { version: 2 }));
}

/// One bound for both carriers: what one writes the other reads.
#[test]
fn the_name_of_a_scheme_is_as_long_in_a_code_as_in_a_file() {
    let named = |length: usize| SchemeName::try_from("x".repeat(length));
    let longest = Statement::new(named(SchemeName::LONGEST).expect("the longest"), *b"{}");
    assert_eq!(read_answer(&write_answer(&longest).expect("it fits")), Ok(longest.clone()));
    assert_eq!(xml::read_answer(&xml::write_answer(&longest, &[])), Ok(longest.clone()));
    assert!(named(SchemeName::LONGEST + 1).is_err());
    let file = String::from_utf8(xml::write_answer(&longest, &[])).expect("it is UTF-8");
    let name = "x".repeat(SchemeName::LONGEST);
    let longer = xml::read_answer(file.replace(&name, &format!("{name}x")).as_bytes());
    // A document of another make, with the length of its scheme's name before it.
    let packed = [&[2, 65][..], &[b'x'; 65], &[0; 8]].concat();
    let squeezed = miniz_oxide::deflate::compress_to_vec(&packed, 10);
    let code = format!("KW1:{}", base45::encode([&Digest::of(&squeezed).bytes()[..4], &squeezed].concat()));
    let in_code = read_answer(&[code]);
    assert_eq!((longer, in_code), (Err(Unreadable::Hostile(LONG_NAME)), Err(Unreadable::Hostile(LONG_NAME))));
}

const LONG_NAME: &str = "a name of extraordinary length";
