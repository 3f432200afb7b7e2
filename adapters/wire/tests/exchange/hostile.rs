//! What somebody sends who means harm. How little memory each takes is measured in `memory`.

use keyward_wire::Unreadable;
use keyward_wire::xml::{MOST_FILE_BYTES, read_request, write_request};

use crate::request;

const ROOT: &str = "<KeywardRequest xmlns=\"urn:keyward:exchange\" version=\"1\">";

fn hostile(text: &str) {
    let read = read_request(text.as_bytes());
    assert!(matches!(read, Err(Unreadable::Hostile(_))), "{read:?}: {}", &text[..text.len().min(300)]);
}

fn file() -> String {
    String::from_utf8(write_request(&request(), &[])).expect("it is UTF-8")
}

#[test]
fn a_document_type_definition_is_not_read() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>";
    let outside = "<!DOCTYPE KeywardRequest SYSTEM \"file:///etc/passwd\">";
    for dtd in [bomb, outside, "<!DOCTYPE x>"] {
        hostile(&file().replacen("?>\n", &format!("?>\n{dtd}\n"), 1));
        hostile(&format!("{dtd}{ROOT}"));
    }
}

#[test]
fn no_entity_is_looked_up() {
    for entity in ["&c;", "&xxe;", "&nbsp;", "&Amp;"] {
        hostile(&file().replace("<Document>", &format!("<Document>{entity}")));
        hostile(&file().replace("<Document>", &format!("<More>{entity}</More><Document>")));
    }
}

#[test]
fn elements_without_end_in_each_other_are_not_followed() {
    hostile(&format!("{ROOT}{}", "<a>".repeat(17)));
    hostile(&format!("{ROOT}{}", "<a>".repeat(100_000)));
    assert!(read_request(file().replace("<Document>", "<a><a><a><a><a></a></a></a></a></a><Document>").as_bytes()).is_ok());
}

#[test]
fn a_tag_that_fills_the_file_is_not_taken_apart() {
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=\"\"")).collect();
    hostile(&format!("<KeywardRequest{attributes}>"));
    let namespaces: String = (0..20_000).map(|n| format!(" xmlns:a{n}=\"urn:{n}\"")).collect();
    hostile(&format!("<KeywardRequest{namespaces}>"));
}

#[test]
fn no_more_is_read_than_a_file_has() {
    let mut large = file().into_bytes();
    large.resize(MOST_FILE_BYTES, b' ');
    assert!(read_request(&large).is_ok());
    large.push(b' ');
    assert_eq!(read_request(&large), Err(Unreadable::TooLarge { most: MOST_FILE_BYTES }));
}

#[test]
fn an_error_shows_no_control_character_of_the_file() {
    for text in ["<\u{1b}[31m>", "<a></\u{1b}[31m>", "\u{1b}", "<?xml version=\"1.0\" encoding=\"\u{1b}[31m\"?><a/>"] {
        let error = read_request(text.as_bytes()).expect_err("it is nothing").to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
    let error = read_request(file().replace("<Document>", "<Document>\u{1b}").as_bytes()).expect_err("it is damaged").to_string();
    assert!(!error.contains('\u{1b}'), "{error}");
}
