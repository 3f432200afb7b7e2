//! The exchange by file as a product sees it, with or without `online`: real vault and files, the vendor's rules from a world of fakes.

#![expect(clippy::expect_used, reason = "what these tests share says its steps as they do")]

use std::fs;
use std::path::PathBuf;

use keyward::{Keyward, Places, Status, Taken, can_be_saved, read_answer_codes};
use keyward_fakes::world::World;
use keyward_files::FolderExchange;
use keyward_ports::{Document, FileExchange as _, FilePlace};
use keyward_wire::qr;
use tempfile::TempDir;

struct Host {
    keyward: Keyward,
    stick: TempDir,
    _home: TempDir,
}

impl Host {
    fn of(world: &World) -> Self {
        let (home, stick) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let places = Places { vault: home.path().join("vault"), anchor: home.path().join("anchor") };
        let keyward = Keyward::open_at((*world.vendor().profile()).clone(), &places).expect("it opens");
        Self { keyward, stick, _home: home }
    }

    fn on_stick(&self, name: &str) -> PathBuf {
        self.stick.path().join(name)
    }
}

#[test]
fn a_product_activates_and_returns_by_file() {
    let world = World::new(1);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = Host::of(&world);
    let typed = || sold.key.expose().parse().expect("a key");
    let request = host.keyward.request_activation(typed()).expect("a request");
    let file = request.save(host.stick.path()).expect("it is saved");
    assert_eq!(file, host.on_stick(&request.file_name()));
    let first = fs::read(&file).expect("it is there");

    // Lost, and made again in each way there is.
    fs::remove_file(&file).expect("it is lost");
    let [waits] = &host.keyward.pending()[..] else { panic!("one waits") };
    let again = host.keyward.request_again(&waits.request.to_string()).expect("it waits");
    assert_eq!(again.save(&file).expect("it is saved"), file);
    assert_eq!(host.keyward.request_activation(typed()).expect("the same").save(&file).expect("the same"), file);
    assert!(fs::read(&file).expect("it is there") == first, "byte for byte");

    let answer = Document::Answer(world.vendor().answer(request.request()).expect("an answer"));
    let answer = FolderExchange.put(&answer, &[], &FilePlace::File(host.on_stick("answer.xml"))).expect("it is put");
    assert_eq!(host.keyward.load(&file).expect_err("it is the request").code(), "answer-is-request");
    let Taken::Granted(activation) = host.keyward.load(&answer).expect("it is taken").taken else { panic!("granted") };
    assert_eq!(host.keyward.load(&answer).expect_err("once").code(), "answer-used");

    let waiting = host.keyward.pending();
    assert_eq!(can_be_saved(&file, &waiting).expect_err("another request is there").code(), "file-taken");
    assert_eq!(can_be_saved(&host.on_stick("none/x.xml"), &waiting).expect_err("no folder").code(), "file-not-found");
    can_be_saved(&host.on_stick("return.xml"), &waiting).expect("it can");
    let request = host.keyward.request_return(activation.as_str()).expect("a request");
    assert!(matches!(host.keyward.standing().rows[0].status, Status::Returning { refused: None }));
    let file = request.save(&host.on_stick("return.xml")).expect("it is saved");
    can_be_saved(&file, &host.keyward.pending()).expect("it is this very request");

    let codes = qr::write_answer(&world.vendor().answer(request.request()).expect("an answer")).expect("it fits");
    let answer = read_answer_codes(&codes).expect("it is read");
    let loaded = host.keyward.load_answer(answer).expect("it is taken");
    assert_eq!(loaded.taken, Taken::Returned(activation));
    assert!(host.keyward.standing().rows.is_empty());
}

#[cfg(feature = "pictures")]
#[test]
fn a_request_is_drawn_and_an_answer_is_photographed() {
    let world = World::new(2);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = Host::of(&world);
    let request = host.keyward.request_activation(sold.key.expose().parse().expect("a key")).expect("a request");
    let drawn = request.pngs(600).expect("it is drawn");
    let texts: Vec<_> = drawn.iter().flat_map(|it| keyward_wire::pictures::read(it).expect("a code")).collect();
    assert_eq!(texts, request.codes().expect("it fits"));

    let codes = qr::write_answer(&world.vendor().answer(request.request()).expect("an answer")).expect("it fits");
    let picture = |(n, text): (usize, &String)| {
        let file = host.on_stick(&format!("{n}.png"));
        fs::write(&file, keyward_wire::pictures::png(text, 600).expect("it is drawn")).expect("it is written");
        file
    };
    let files: Vec<_> = codes.iter().enumerate().map(picture).collect();
    let answer = keyward::read_answer_pictures(&files).expect("it is read");
    assert!(matches!(host.keyward.load_answer(answer).expect("it is taken").taken, Taken::Granted(_)));
    let none = keyward::read_answer_pictures(&[host.on_stick("none.png")]).expect_err("it is not there");
    assert_eq!(none.code(), "file-not-found");
}
