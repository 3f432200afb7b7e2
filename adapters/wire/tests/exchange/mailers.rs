//! What mail programs, browsers, editors and XML tools do to a file without meaning harm.

use keyward_wire::Unreadable;
use keyward_wire::xml::{read_answer, read_request, write_answer, write_request};

use crate::{SUMMARY, answer, request};

fn file() -> String {
    String::from_utf8(write_request(&request(), SUMMARY)).expect("it is UTF-8")
}

/// The same with every line changed.
fn lines(change: impl Fn(&str) -> String) -> String {
    file().lines().map(change).collect()
}

#[test]
fn what_changes_nothing_but_white_space_is_read() {
    let compact: String = file().lines().map(str::trim).collect();
    let prefixed = file().replace("xmlns=", "xmlns:k=").replace('<', "<k:").replace("<k:/", "</k:").replace("<k:?", "<?");
    let sorted = file().replace("xmlns=\"urn:keyward:exchange\" version=\"1\"", "version='1'\n\txmlns = 'urn:keyward:exchange'");
    let cdata = file().replace("<Document>", "<Document><![CDATA[").replace("</Document>", "]]></Document>");
    for mangled in [
        lines(|line| format!("{line}\r\n")),
        lines(|line| format!("{line}   \n\n")),
        lines(|line| format!("\t\t{}\n", line.trim())),
        lines(|line| format!("{}\u{A0}\n", line.replace("  ", "\u{A0}\u{A0}"))),
        lines(|line| format!("{line}&#13;\n"))
            .replace("?>&#13;", "?>")
            .replace("Request>&#13;", "Request>")
            .replace("version=\"1\">&#13;", "version=\"1\">"),
        compact,
        prefixed,
        sorted,
        cdata,
        format!("\u{FEFF}{}", file()),
        format!("\n\n  {}", file().split_once('\n').expect("a first line").1),
        file().replace("UTF-8", "utf-8"),
        file().replace(" encoding=\"UTF-8\"", ""),
        file().replace("  <Check>", "<!-- checked --><?seen yes?><Check>"),
        format!("{}\n--\nThis mail was scanned for viruses.\n", file()),
        format!("{}\0", file().trim_end()),
    ] {
        assert_eq!(read_request(mangled.as_bytes()), Ok(request()), "{mangled}");
    }
}

#[test]
fn a_browser_or_a_mail_program_that_put_something_around_it_is_blamed() {
    let escaped = file().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for wrapped in [
        format!("<!DOCTYPE html>\n<html><head></head><body><pre>{escaped}</pre></body></html>"),
        format!("<HTML>\r\n<BODY>{}</BODY></HTML>", file()),
        format!("<html xmlns=\"http://www.w3.org/1999/xhtml\"><body><div>{}</div></body></html>", file()),
        format!("<?xml version=\"1.0\"?><html>{escaped}</html>"),
        format!("<div dir=\"ltr\">{escaped}</div>"),
        format!("<pre>{}", file()),
        escaped,
        format!("Please answer this:\n\n{}", file()),
        lines(|line| format!("> {line}\n")),
        format!("From: a@example.com\r\nContent-Type: multipart/mixed\r\n\r\n--b\r\n\r\n{}--b--\r\n", file()),
    ] {
        assert_eq!(read_request(wrapped.as_bytes()), Err(Unreadable::Wrapped), "{wrapped}");
    }
}

#[test]
fn a_web_page_is_called_one() {
    for page in ["<!doctype html><title>Log in</title>", "<html lang=\"en\"><body>Log in</body></html>", "<?xml version=\"1.0\"?>\n<html/>"]
    {
        assert_eq!(read_request(page.as_bytes()), Err(Unreadable::WebPage), "{page}");
    }
}

#[test]
fn another_encoding_is_named() {
    let utf_16: Vec<u8> = file().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = file().encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [&[0xFF, 0xFE][..], &utf_16].concat();
    let latin_1: Vec<u8> = file().chars().map(|it| u8::try_from(it).unwrap_or(b'?')).collect();
    let said = file().replace("UTF-8", "ISO-8859-1").into_bytes();
    for (bytes, found) in [
        (utf_16, "UTF-16"),
        (big, "UTF-16"),
        (marked, "UTF-16"),
        (latin_1, "something else"),
        (said, "ISO-8859-1"),
        (file().replace("UTF-8", "UTF-16").into_bytes(), "UTF-16"),
    ] {
        assert_eq!(read_request(&bytes), Err(Unreadable::OtherEncoding { found: found.into() }));
    }
}

#[test]
fn a_file_that_ends_too_early_says_so_wherever_it_ends() {
    for whole in [write_request(&request(), SUMMARY), write_answer(&answer(), SUMMARY)] {
        let end = whole.len() - 1;
        for length in 0..end {
            let error = match whole.starts_with(&write_request(&request(), SUMMARY)[..100]) {
                true => read_request(&whole[..length]).map(|_| ()),
                false => read_answer(&whole[..length]).map(|_| ()),
            };
            let cut_in_a_character = std::str::from_utf8(&whole[..length]).is_err();
            match error {
                Err(Unreadable::CutShort) => {}
                Err(Unreadable::OtherEncoding { .. }) if cut_in_a_character => {}
                other => panic!("{length} of {end} bytes: {other:?}"),
            }
        }
        assert!(read_request(&whole[..end]).is_ok() || read_answer(&whole[..end]).is_ok(), "the last line's end is of no account");
    }
}

#[test]
fn what_was_never_ours_says_so() {
    for other in [
        &b"%PDF-1.7\n"[..],
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"hello",
        b"{\"payloadType\":\"\"}",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ] {
        assert!(matches!(read_request(other), Err(Unreadable::NotKeyward(_) | Unreadable::OtherEncoding { .. })), "{other:?}");
    }
}
