//! Writing the XML form.

use std::io;

use keyward_domain::seal::{Envelope, Statement};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{ANSWER, NAMESPACE, REQUEST, VERSION};
use crate::armour;

/// What people see when they open the file: names and what they stand for, in the order to show them. Programs never read it.
pub type Summary<'a> = &'a [(&'a str, &'a str)];

/// Writes a request.
pub fn write_request(request: &Envelope, summary: Summary<'_>) -> Vec<u8> {
    write(REQUEST, None, &request.to_json(), summary)
}

/// Writes an answer, in whatever scheme it is signed.
pub fn write_answer(answer: &Statement, summary: Summary<'_>) -> Vec<u8> {
    write(ANSWER, Some(&answer.scheme().to_string()), answer.bytes(), summary)
}

fn write(root: &str, scheme: Option<&str>, bytes: &[u8], summary: Summary<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to memory does not fail, and there is nothing here that XML cannot say.
    let _ = write_to(&mut out, root, scheme, bytes, summary);
    out.push(b'\n');
    out
}

fn write_to(out: &mut Vec<u8>, root: &str, scheme: Option<&str>, bytes: &[u8], summary: Summary<'_>) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let version = VERSION.to_string();
    let root = xml.create_element(root).with_attribute(("xmlns", NAMESPACE)).with_attribute(("version", version.as_str()));
    root.write_inner_content(|xml| {
        xml.create_element("Summary").write_inner_content(|xml| {
            for (name, text) in summary {
                let line = xml.create_element("Line").with_attribute(("name", plain(name).as_str()));
                line.write_text_content(BytesText::new(&plain(text)))?;
            }
            Ok(())
        })?;
        let document = xml.create_element("Document").with_attributes(scheme.map(|it| ("scheme", it)));
        document.write_text_content(BytesText::new(&format!("\n{}  ", armour::wrap(bytes))))?;
        xml.create_element("Check").write_text_content(BytesText::new(&armour::check(bytes)))?;
        Ok(())
    })?;
    Ok(())
}

/// One line, without the characters that XML 1.0 cannot hold.
fn plain(text: &str) -> String {
    let forbidden = |it: char| it.is_control() || matches!(it, '\u{FFFE}' | '\u{FFFF}');
    text.chars().map(|it| if forbidden(it) { ' ' } else { it }).collect()
}
