//! Reading the XML form with suspicion: the size first, then the encoding, then the one pass in which everything unusual is an error.

use keyward_domain::seal::{Envelope, SchemeName, Statement};
use quick_xml::NsReader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceError, ResolveResult};

use super::{ANSWER, MOST_FILE_BYTES, NAMESPACE, REQUEST, VERSION};
use crate::{Paper, Unreadable, armour, scheme};

/// No file of ours is deeper than three.
const DEEPEST: usize = 16;
const DEEP: &str = "elements nested very deeply";
/// No tag of ours has more bytes; namespaces are looked up in linear time.
const LONGEST_TAG: usize = 4096;
/// Names of web pages, as the root of a file.
const PAGES: &[&str] = &["html", "head", "body", "div", "pre", "p", "table", "span"];

/// Reads a request.
pub fn read_request(bytes: &[u8]) -> Result<Envelope, Unreadable> {
    let file = read(bytes)?;
    file.expect(Paper::Request)?;
    Envelope::from_json(&file.document).map_err(|error| Unreadable::NotKeyward(error.to_string().into()))
}

/// Reads an answer.
pub fn read_answer(bytes: &[u8]) -> Result<Statement, Unreadable> {
    let file = read(bytes)?;
    file.expect(Paper::Answer)?;
    let scheme = file.scheme.ok_or_else(|| Unreadable::NotKeyward("it does not say how it is signed".into()))?;
    Ok(Statement::new(scheme, file.document))
}

/// What stands in a file, but for what is for people.
struct File {
    paper: Paper,
    scheme: Option<SchemeName>,
    document: Vec<u8>,
}

impl File {
    fn expect(&self, expected: Paper) -> Result<(), Unreadable> {
        if self.paper == expected { Ok(()) } else { Err(Unreadable::OtherPaper { found: self.paper, expected }) }
    }
}

fn read(bytes: &[u8]) -> Result<File, Unreadable> {
    if bytes.len() > MOST_FILE_BYTES {
        return Err(Unreadable::TooLarge { most: MOST_FILE_BYTES });
    }
    let text = decode(bytes)?;
    Reading::default().read(text).map_err(|error| match error {
        Unreadable::NotKeyward(_) | Unreadable::WebPage if text.contains(REQUEST) || text.contains(ANSWER) => Unreadable::Wrapped,
        error => error,
    })
}

/// The text, without the mark that some programs put before it.
fn decode(bytes: &[u8]) -> Result<&str, Unreadable> {
    let other = |found: &str| Err(Unreadable::OtherEncoding { found: found.into() });
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'<', ..] | [b'<', 0, ..] => return other("UTF-16"),
        [b' ' | b'\t' | b'\r' | b'\n' | b'<' | 0xEF, ..] | [] => {}
        _ if bytes.contains(&0) => return Err(Unreadable::NotKeyward("it is not a text".into())),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).or_else(|_| other("something else"))?;
    if text.trim().is_empty() {
        return Err(Unreadable::CutShort);
    }
    let start = text.trim_start().as_bytes();
    let html =
        [&b"<!doctype html"[..], b"<html"].iter().any(|page| start.get(..page.len()).is_some_and(|it| it.eq_ignore_ascii_case(page)));
    match () {
        () if html => Err(if text.contains(REQUEST) || text.contains(ANSWER) { Unreadable::Wrapped } else { Unreadable::WebPage }),
        () if start.starts_with(b"<") => Ok(text),
        () if text.contains(REQUEST) || text.contains(ANSWER) => Err(Unreadable::Wrapped),
        () => Err(Unreadable::NotKeyward("it does not begin as an XML file".into())),
    }
}

/// Where the reader is.
#[derive(Default)]
struct Reading {
    root: Option<Paper>,
    scheme: Option<SchemeName>,
    document: Option<String>,
    check: Option<String>,
    depth: usize,
    /// What the text that comes is for; text outside of it is for people.
    part: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Document,
    Check,
}

impl Reading {
    fn read(mut self, text: &str) -> Result<File, Unreadable> {
        let mut xml = NsReader::from_str(text);
        xml.config_mut().expand_empty_elements = true;
        loop {
            let (namespace, event) = match xml.read_resolved_event() {
                Ok(read) => read,
                Err(error) => {
                    let at = usize::try_from(xml.error_position()).unwrap_or_default();
                    return Err(broken(&error, text.get(at..).unwrap_or_default()));
                }
            };
            match event {
                Event::Start(tag) => {
                    let ours = namespace == ResolveResult::Bound(Namespace(NAMESPACE));
                    self.start(&tag, ours)?;
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth < 2 {
                        self.part = None;
                    }
                    if self.depth == 0 {
                        return self.finish();
                    }
                }
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => self.reference(&reference)?,
                Event::Decl(declaration) => declared(&declaration)?,
                Event::DocType(_) => return Err(Unreadable::Hostile("a document type definition")),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return Err(Unreadable::CutShort),
                Event::Empty(_) => {} // Was made a start and an end.
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, ours: bool) -> Result<(), Unreadable> {
        if tag.len() > LONGEST_TAG {
            return Err(Unreadable::Hostile("a tag of extraordinary length"));
        }
        if self.depth >= DEEPEST {
            return Err(Unreadable::Hostile(DEEP));
        }
        if self.part.is_some() {
            return Err(Unreadable::Damaged("there are tags in the middle of its text".into()));
        }
        let name = tag.local_name();
        match (self.depth, name.as_ref()) {
            (0, name) => self.root = Some(root(tag, name, ours)?),
            (1, "Document") if ours => {
                self.scheme = attribute(tag, "scheme")?.map(|name| scheme(&name)).transpose()?;
                begin(&mut self.document)?;
                self.part = Some(Part::Document);
            }
            (1, "Check") if ours => {
                begin(&mut self.check)?;
                self.part = Some(Part::Check);
            }
            _ => {}
        }
        self.depth += 1;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        match self.part {
            Some(Part::Document) => self.document.get_or_insert_default().push_str(text),
            Some(Part::Check) => self.check.get_or_insert_default().push_str(text),
            None if self.depth == 0 && !text.trim().is_empty() => return Err(Unreadable::NotKeyward("a text stands before it".into())),
            None => {}
        }
        Ok(())
    }

    /// A character by its number or one of XML's own five names; whatever else is called by name would have to be defined somewhere.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Unreadable> {
        let name = reference.xml10_content();
        match reference.resolve_char_ref() {
            Ok(Some(character)) => self.text(character.encode_utf8(&mut [0; 4])),
            Ok(None) if matches!(name.as_ref(), "amp" | "lt" | "gt" | "quot" | "apos") => self.text("&"),
            Ok(None) => Err(Unreadable::Hostile("entities")),
            Err(_) => Err(Unreadable::Damaged("a character in it has an impossible number".into())),
        }
    }

    fn finish(self) -> Result<File, Unreadable> {
        let (Some(paper), Some(text), Some(said)) = (self.root, self.document, self.check) else {
            return Err(Unreadable::Damaged("a part is missing".into()));
        };
        let document = armour::unwrap(&text)?;
        if !armour::is_check(&said, &document) {
            return Err(Unreadable::Damaged("its check does not fit".into()));
        }
        Ok(File { paper, scheme: self.scheme, document })
    }
}

fn begin(part: &mut Option<String>) -> Result<(), Unreadable> {
    if part.is_some() {
        return Err(Unreadable::Damaged("a part is there twice".into()));
    }
    *part = Some(String::new());
    Ok(())
}

/// The root says which document it is, and in which form.
fn root(tag: &BytesStart<'_>, name: &str, ours: bool) -> Result<Paper, Unreadable> {
    let paper = match name {
        REQUEST if ours => Paper::Request,
        ANSWER if ours => Paper::Answer,
        REQUEST | ANSWER => return Err(Unreadable::Stripped),
        _ if PAGES.iter().any(|page| name.eq_ignore_ascii_case(page)) => return Err(Unreadable::WebPage),
        _ => return Err(Unreadable::NotKeyward("it is an XML file of another kind".into())),
    };
    let version = attribute(tag, "version")?.and_then(|it| it.parse().ok());
    match version {
        Some(version) if version > VERSION => Err(Unreadable::Newer { version }),
        Some(VERSION) => Ok(paper),
        _ => Err(Unreadable::Damaged("it does not say in which form it is written".into())),
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Unreadable> {
    let damaged = || Unreadable::Damaged("a tag cannot be read".into());
    let found = tag.try_get_attribute(name).map_err(|_| damaged())?;
    found.map(|it| it.normalized_value(quick_xml::XmlVersion::Implicit1_0).map(Into::into).map_err(|_| damaged())).transpose()
}

fn declared(declaration: &BytesDecl<'_>) -> Result<(), Unreadable> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if ["utf-8", "utf8", "us-ascii"].iter().any(|it| name.eq_ignore_ascii_case(it)) => Ok(()),
        Some(Ok(name)) => {
            Err(Unreadable::OtherEncoding { found: name.chars().filter(char::is_ascii_graphic).take(20).collect::<String>().into() })
        }
        Some(Err(_)) => Err(Unreadable::Damaged("its first line cannot be read".into())),
    }
}

/// What an error of the library means; `rest` is the text from there on.
fn broken(error: &Error, rest: &str) -> Unreadable {
    match error {
        Error::IllFormed(IllFormedError::UnclosedReference) if !rest.contains('<') => Unreadable::CutShort,
        // The rest of these: something was begun and never ends.
        Error::Syntax(SyntaxError::InvalidBangMarkup) => Unreadable::Damaged("a tag cannot be read".into()),
        Error::Syntax(_) => Unreadable::CutShort,
        Error::Namespace(NamespaceError::TooManyBindings(_)) => Unreadable::Hostile("namespaces without number"),
        Error::Namespace(NamespaceError::TooDeeplyNested(_)) => Unreadable::Hostile(DEEP),
        // What the library says would show words of the file.
        _ => Unreadable::Damaged("its tags do not fit together".into()),
    }
}
