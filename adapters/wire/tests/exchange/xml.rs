//! The XML form itself.

use keyward_domain::seal;
use keyward_wire::xml::{read_answer, read_request, write_answer, write_request};
use keyward_wire::{Paper, Unreadable};

use crate::{SUMMARY, answer, foreign, pinned, request};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is UTF-8")
}

fn request_file() -> String {
    text(write_request(&request(), SUMMARY))
}

fn damaged(text: &str) -> String {
    match read_request(text.as_bytes()) {
        Err(Unreadable::Damaged(why)) => why.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_form_is_written_and_read_as_it_always_was() {
    assert_eq!(read_request(&pinned("request.xml", &write_request(&request(), SUMMARY))), Ok(request()));
    assert_eq!(read_answer(&pinned("answer.xml", &write_answer(&answer(), SUMMARY))), Ok(answer()));
    assert_eq!(read_answer(&pinned("foreign-answer.xml", &write_answer(&foreign(), &[]))), Ok(foreign()));
}

#[test]
fn an_answer_is_read_as_the_very_bytes_that_were_received() {
    let odd = seal::Statement::new(seal::Keyward::NAME, *b" { \"answer\" :\r\n\0 ");
    assert_eq!(read_answer(&write_answer(&odd, &[])), Ok(odd));
}

#[test]
fn a_summary_that_lies_changes_nothing() {
    let lies =
        [("Product", "Another product"), ("Host", "nobody's"), ("Document", "AAAA"), ("</Summary><Document>", "<Document>AAAA</Document>")];
    assert_eq!(read_request(&write_request(&request(), &lies)), Ok(request()));
    let text = request_file();
    let (before, after) = (text.find("<Summary>").expect("a summary"), text.find("</Summary>").expect("its end") + "</Summary>".len());
    let summaries = [
        "",
        "<Summary/>",
        "<Summary><Document>AAAA</Document><Check>0000000000000000</Check></Summary>",
        "<Summary><KeywardAnswer xmlns='urn:keyward:exchange' version='9'><Document scheme='x'>AAAA</Document></KeywardAnswer></Summary>",
        "<Summary>&#x41;&amp;<![CDATA[<Document>AAAA</Document>]]><!-- <Document>AAAA</Document> --></Summary>",
        "<Document xmlns='urn:another'>AAAA</Document><Check xmlns=''>00</Check>",
    ];
    for lie in summaries {
        let file = format!("{}{lie}{}", &text[..before], &text[after..]);
        assert_eq!(read_request(file.as_bytes()), Ok(request()), "{lie}");
    }
}

#[test]
fn a_summary_may_say_anything() {
    let strange = "\u{0}\u{1}\u{1b}[31m\r\n\t]]>&<>\"'\u{FFFE}\u{FFFF}\u{85} 中文 ﷽";
    let file = write_request(&request(), &[(strange, strange)]);
    assert_eq!(read_request(&file), Ok(request()));
    let shown = text(file);
    assert!(!shown.contains(['\u{0}', '\u{1}', '\u{1b}', '\u{FFFE}', '\u{FFFF}', '\u{85}']), "{shown}");
    assert!(shown.contains("中文 ﷽"), "{shown}");
}

#[test]
fn the_other_paper_is_an_error_of_its_own() {
    let (request, answer) = (write_request(&request(), &[]), write_answer(&answer(), &[]));
    assert_eq!(read_request(&answer), Err(Unreadable::OtherPaper { found: Paper::Answer, expected: Paper::Request }));
    assert_eq!(read_answer(&request), Err(Unreadable::OtherPaper { found: Paper::Request, expected: Paper::Answer }));
}

#[test]
fn a_root_that_lies_is_found_out_by_what_was_signed() {
    let file = text(write_answer(&seal::Statement::new(seal::Keyward::NAME, request().to_json()), &[]));
    let lying = read_answer(file.as_bytes()).expect("it is a file");
    assert!(seal::Reply::from_bytes(lying.bytes()).is_err());
    let answer = seal::Reply::from_bytes(answer().bytes()).expect("a reply").answer;
    let lying = read_request(&write_request(&answer, &[])).expect("it is an envelope");
    assert!(matches!(seal::open_request(&lying), Err(seal::SealError::OtherType { .. })));
}

#[test]
fn a_newer_form_says_so_and_is_read_no_further() {
    let newer = request_file().replace("version=\"1\"", "version=\"2\" needs=\"more\"").replace("<Document>", "<Papers>");
    assert_eq!(read_request(newer.as_bytes()), Err(Unreadable::Newer { version: 2 }));
    for odd in ["0", "one", "-1", "4294967296", ""] {
        damaged(&request_file().replace("version=\"1\"", &format!("version=\"{odd}\"")));
    }
}

#[test]
fn what_a_later_form_adds_is_of_no_account() {
    let more = request_file().replace("<Document>", "<Seen by=\"someone\"><When/></Seen><Document colour=\"red\">");
    assert_eq!(read_request(more.as_bytes()), Ok(request()));
}

#[test]
fn a_changed_document_is_damaged_and_is_not_called_forged() {
    let text = request_file();
    let at = text.find("<Document>").expect("a document") + 200;
    for change in ["A", "é", "=", "<b/>", "&#65;"] {
        let file = format!("{}{change}{}", &text[..at], &text[at + 1..]);
        if file != text {
            damaged(&file);
        }
    }
    assert_eq!(damaged(&text.replace("<Check>", "<Check>0")), "its check does not fit");
    assert_eq!(damaged(&text.replace("Check>", "Cheque>")), "a part is missing");
    assert_eq!(damaged(&text.replace("  <Check>", "<Document></Document><Check>")), "a part is there twice");
}

#[test]
fn a_document_that_is_whole_and_no_envelope_is_no_request() {
    let statement = seal::Statement::new(seal::Keyward::NAME, *b"[1, 2, 3]");
    let file = text(write_answer(&statement, &[])).replace("KeywardAnswer", "KeywardRequest");
    assert!(matches!(read_request(file.as_bytes()), Err(Unreadable::NotKeyward(_))));
}

#[test]
fn a_first_tag_that_lost_its_namespace_is_said_to_have_lost_it() {
    let file = request_file();
    let space = " xmlns=\"urn:keyward:exchange\"";
    assert!(file.contains(space));
    let changed = [
        file.replace(space, ""),
        file.replace(space, " xmlns=\"\""),
        file.replace("urn:keyward:exchange", "urn:another"),
        file.replace(" xmlns=", " xmlns:ns0="),
    ];
    for file in changed {
        let error = read_request(file.as_bytes()).expect_err("it is changed");
        assert_eq!(error, Unreadable::Stripped, "{file}");
        assert!(error.to_string().contains("a mail program or an editor took that away"), "{error}");
    }
}
