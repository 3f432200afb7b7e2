//! What an exchange by file promises.

use std::path::PathBuf;

use keyward_domain::document::Kind;
use keyward_domain::seal::{Envelope, Keyward, SchemeName, SignatureEntry, Statement};
use keyward_ports::{Document, FileExchange, FileExchangeError, FileName, FilePlace};

use crate::samples::day;
use crate::{Case, cases};

/// An exchange and a folder to exchange in.
pub trait FileExchangeSubject {
    /// The exchange as one more process sees it.
    fn open(&self) -> Box<dyn FileExchange>;

    /// A folder that is there, and empty at first.
    fn folder(&self) -> PathBuf;

    /// Puts something in a file's place that is no document, or a document in a later form.
    fn spoil(&self, file: &std::path::Path, with: Spoiled);

    /// How many files there are, under whatever names.
    fn files(&self) -> usize;
}

/// What may stand where a document should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoiled {
    /// The half of a document.
    Half,
    /// A document with a changed letter.
    Changed,
    /// Something else.
    Other,
    /// A document in a later form.
    Newer,
    /// More than any document has.
    Larger,
}

/// The promises of [`FileExchange`].
pub const CASES: &[Case<dyn FileExchangeSubject>] = cases![
    what_is_put_is_read_by_another_process_as_what_it_is,
    a_file_gets_the_name_that_was_asked_for_and_an_answer_the_name_of_its_request,
    in_a_folder_another_document_gets_the_next_name_and_overwrites_nothing,
    a_file_that_holds_something_else_stays_and_is_an_error_that_names_it,
    the_same_document_again_is_the_same_file_whatever_its_summary_says,
    a_place_that_is_not_there_is_said_to_be_missing,
    what_is_no_document_is_told_apart,
];

fn request(word: &str) -> Document {
    let signature = SignatureEntry { keyid: "a key".into(), sig: (0..=255).collect() };
    Document::Request(Envelope::new("application/example", format!("{{\"word\":\"{word} ]]>&<\"}}").into(), vec![signature]))
}

fn answer(word: &str) -> Document {
    Document::Answer(Statement::new(Keyward::NAME, format!("{{\"word\":\"{word}\"}}\r\n ").into_bytes()))
}

fn asked(kind: Kind) -> FileName {
    FileName::of_request("{product}{date}", "cad", day(0), kind)
}

fn put(subject: &dyn FileExchangeSubject, document: &Document, place: &FilePlace) -> PathBuf {
    subject.open().put(document, &[("Product", "CAD")], place).unwrap_or_else(|error| panic!("it was not put: {error}"))
}

fn get(subject: &dyn FileExchangeSubject, file: &std::path::Path) -> Document {
    subject.open().get(file).unwrap_or_else(|error| panic!("it was not read: {error}"))
}

fn what_is_put_is_read_by_another_process_as_what_it_is(subject: &dyn FileExchangeSubject) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let foreign = Document::Answer(Statement::new(SchemeName::new("example.com/7"), every_byte));
    for (name, document) in [("a.xml", request("a")), ("b.xml", answer("b")), ("c.txt", foreign)] {
        let file = subject.folder().join(name);
        assert_eq!(put(subject, &document, &FilePlace::File(file.clone())), file);
        assert_eq!(get(subject, &file), document);
    }
    assert_eq!(subject.files(), 3);
}

fn a_file_gets_the_name_that_was_asked_for_and_an_answer_the_name_of_its_request(subject: &dyn FileExchangeSubject) {
    for (kind, request_name, answer_name) in [
        (Kind::Activate, "cad2027-01-01.xml", "cad2027-01-01-resp.xml"),
        (Kind::Return, "cad2027-01-01-return.xml", "cad2027-01-01-resp-return.xml"),
    ] {
        let file = put(subject, &request(request_name), &FilePlace::Folder(subject.folder(), asked(kind)));
        assert_eq!(file, subject.folder().join(request_name));
        let name = FileName::of_answer(&file.to_string_lossy());
        let file = put(subject, &answer(answer_name), &FilePlace::Folder(subject.folder(), name));
        assert_eq!(file, subject.folder().join(answer_name));
    }
}

fn in_a_folder_another_document_gets_the_next_name_and_overwrites_nothing(subject: &dyn FileExchangeSubject) {
    let place = FilePlace::Folder(subject.folder(), asked(Kind::Return));
    let first = put(subject, &request("first"), &place);
    let second = put(subject, &request("second"), &place);
    assert_eq!(second, subject.folder().join("cad2027-01-01-2-return.xml"));
    subject.spoil(&subject.folder().join("cad2027-01-01-3-return.xml"), Spoiled::Other);
    let fourth = put(subject, &request("fourth"), &place);
    assert_eq!(fourth, subject.folder().join("cad2027-01-01-4-return.xml"));
    for (file, word) in [(first, "first"), (second, "second"), (fourth, "fourth")] {
        assert_eq!(get(subject, &file), request(word));
    }
    assert_eq!(subject.files(), 4);
}

fn a_file_that_holds_something_else_stays_and_is_an_error_that_names_it(subject: &dyn FileExchangeSubject) {
    let taken = |file: &std::path::Path| {
        let put = subject.open().put(&request("new"), &[], &FilePlace::File(file.into()));
        assert!(matches!(&put, Err(FileExchangeError::Taken(said)) if *said == file.display().to_string()), "{put:?}");
    };
    let file = subject.folder().join("cad.xml");
    put(subject, &request("old"), &FilePlace::File(file.clone()));
    taken(&file);
    assert_eq!(get(subject, &file), request("old"));
    let other = subject.folder().join("other.xml");
    subject.spoil(&other, Spoiled::Other);
    taken(&other);
    assert!(subject.open().get(&other).is_err(), "it was overwritten");
}

fn the_same_document_again_is_the_same_file_whatever_its_summary_says(subject: &dyn FileExchangeSubject) {
    let place = FilePlace::Folder(subject.folder(), asked(Kind::Activate));
    let first = put(subject, &request("one"), &place);
    put(subject, &request("two"), &place);
    let exchange = subject.open();
    for summary in [&[("Produkt", "CAD")][..], &[], &[("Product", "another")]] {
        assert_eq!(exchange.put(&request("one"), summary, &place).ok(), Some(first.clone()));
        assert_eq!(exchange.put(&request("one"), summary, &FilePlace::File(first.clone())).ok(), Some(first.clone()));
    }
    assert_eq!(subject.files(), 2);
}

fn a_place_that_is_not_there_is_said_to_be_missing(subject: &dyn FileExchangeSubject) {
    let missing = subject.folder().join("stick");
    for place in [FilePlace::File(missing.join("cad.xml")), FilePlace::Folder(missing.clone(), asked(Kind::Activate))] {
        let put = subject.open().put(&request("a"), &[], &place);
        assert!(matches!(put, Err(FileExchangeError::NotFound(_))), "{put:?}");
    }
    let got = subject.open().get(&missing.join("cad.xml"));
    assert!(matches!(&got, Err(FileExchangeError::NotFound(said)) if said.ends_with("cad.xml")), "{got:?}");
    assert_eq!(subject.files(), 0);
}

fn what_is_no_document_is_told_apart(subject: &dyn FileExchangeSubject) {
    for (with, code) in [
        (Spoiled::Half, "cut-short"),
        (Spoiled::Changed, "damaged"),
        (Spoiled::Other, "not-keyward"),
        (Spoiled::Newer, "newer"),
        (Spoiled::Larger, "too-large"),
    ] {
        let file = subject.folder().join(format!("{with:?}.xml"));
        subject.spoil(&file, with);
        let Err(error) = subject.open().get(&file) else { panic!("{with:?} was read as a document") };
        assert_eq!(error.code(), code, "{with:?}");
        assert!(error.to_string().contains(&file.display().to_string()), "it does not name the file: {error}");
    }
}
