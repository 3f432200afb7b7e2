//! What the promises of the port do not say: what is on the disk, and what the system refuses.

use keyward_domain::seal::{Envelope, Keyward, Statement};
use keyward_ports::FileName;

use super::*;

fn request(word: &str) -> Document {
    Document::Request(Envelope::new("a type", word.into(), Vec::new()))
}

fn answer(word: &str) -> Document {
    Document::Answer(Statement::new(Keyward::NAME, word.as_bytes()))
}

fn place(dir: &tempfile::TempDir) -> FilePlace {
    FilePlace::Folder(dir.path().into(), FileName::of_answer("cad.xml"))
}

#[test]
fn nothing_but_the_file_is_left_in_the_folder() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    for word in ["first", "second", "first"] {
        FolderExchange.put(&answer(word), &[], &place(&dir)).expect("it is put");
    }
    let mut names: Vec<_> = fs::read_dir(dir.path()).expect("it is there").map(|it| it.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["cad-2-resp.xml", "cad-resp.xml"]);
}

#[cfg(unix)]
#[test]
fn others_can_take_what_is_put() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder of its own");
    let ours = FolderExchange.put(&request("a"), &[], &place(&dir)).expect("it is put");
    fs::write(dir.path().join("usual"), "").expect("it is written");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(&ours), mode(&dir.path().join("usual")));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_followed() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let (link, target) = (dir.path().join("cad.xml"), dir.path().join("elsewhere.xml"));
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    let put = FolderExchange.put(&request("a"), &[], &FilePlace::File(link));
    assert!(matches!(put, Err(FileExchangeError::Taken(_))), "{put:?}");
    assert!(!target.exists());
}

#[test]
fn a_name_is_claimed_where_the_disk_cannot_help_and_never_taken_from_another_file() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("cad.xml");
    let fresh = || fresh::written(&path, b"whole").expect("it is written");
    fresh::claim(&path, &fresh()).expect("the name is free");
    assert_eq!(fs::read(&path).expect("it is there"), b"whole");
    fs::write(&path, "another").expect("it is written");
    assert_eq!(fresh::claim(&path, &fresh()).expect_err("it is taken").kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).expect("it is there"), b"another");
}

/// A stick without links that was pulled between the claim of a name and its use.
#[test]
fn an_empty_file_that_a_pulled_stick_left_is_in_nobodys_way() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("cad.xml");
    fs::write(&path, "").expect("it is left");
    Wanted::of(&path).check(|_| false).expect("the name is free");
    assert_eq!(FolderExchange.put(&request("a"), &[], &FilePlace::File(path.clone())).expect("it is put"), path);
    assert_eq!(FolderExchange.get(&path).expect("it is read"), request("a"));
    assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_name_that_somebody_else_is_just_claiming_is_taken() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("cad.xml");
    let theirs = File::create(&path).expect("it is claimed");
    theirs.lock().expect("it is held");
    let put = FolderExchange.put(&request("a"), &[], &FilePlace::File(path.clone()));
    assert!(matches!(put, Err(FileExchangeError::Taken(_))), "{put:?}");
    assert_eq!(path.metadata().expect("it is there").len(), 0);
}

/// A claim that cannot be used leaves nothing, and says what the system said; what was there before it stays.
#[test]
fn a_claim_that_comes_to_nothing_is_given_up() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("cad.xml");
    let claim = || fresh::claim(&path, &dir.path().join("pulled")).expect_err("there is nothing to be named").kind();
    assert_eq!((claim(), path.exists()), (io::ErrorKind::NotFound, false));
    #[cfg(unix)]
    {
        fs::write(&path, "").expect("somebody made it");
        assert_eq!((claim(), path.exists()), (io::ErrorKind::NotFound, true));
    }
}

/// Of many who want one name that an empty file has, one gets it, and none takes it from another.
#[test]
fn an_empty_file_is_filled_once() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("cad.xml");
    for _ in 0..20 {
        fs::write(&path, "").expect("it is left");
        let start = std::sync::Barrier::new(8);
        let got = std::thread::scope(|scope| {
            let claim = |who: usize| {
                let fresh = fresh::written(&path, who.to_string().as_bytes()).expect("it is written");
                start.wait();
                fresh::claim(&path, &fresh).map(|()| who)
            };
            let claims: Vec<_> = (0..8).map(|who| scope.spawn(move || claim(who))).collect();
            claims.into_iter().filter_map(|it| it.join().expect("it ends").ok()).collect::<Vec<_>>()
        });
        let kept = fs::read_to_string(&path).expect("it is there");
        assert_eq!(got.iter().map(usize::to_string).collect::<Vec<_>>(), [kept]);
        fs::remove_file(&path).expect("it is taken away");
    }
}

#[test]
fn a_place_is_tried_out_before_anything_is_made_and_nothing_is_left_of_it() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let check = |path: &Path| Wanted::of(path).check(|document| *document == request("ours"));
    for good in [dir.path().to_owned(), dir.path().join("new.xml"), dir.path().join("new.png")] {
        check(&good).expect("it can be put there");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 0);
    for missing in ["none/a.xml", "none/a.png", "none/"] {
        assert!(matches!(check(&dir.path().join(missing)), Err(FileExchangeError::NotFound(_))), "{missing}");
    }
    let file = dir.path().join("there.xml");
    FolderExchange.put(&request("ours"), &[], &FilePlace::File(file.clone())).expect("it is put");
    check(&file).expect("it is this very one");
    fs::write(&file, "something").expect("it is written");
    assert!(matches!(check(&file), Err(FileExchangeError::Taken(_))));
    assert!(matches!(check(&file.join("below.xml")), Err(FileExchangeError::NotFound(_))));
    // A folder that nobody may write to, whoever asks.
    #[cfg(target_os = "linux")]
    {
        let closed = check(Path::new("/proc/self/new.png")).expect_err("nothing can be made there");
        assert!(matches!(closed, FileExchangeError::Storage { .. } | FileExchangeError::NotFound(_)), "{closed:?}");
        assert!(check(Path::new("/proc/self/")).is_err());
    }
}

#[test]
fn what_the_system_refuses_is_told_in_words() {
    let about = |kind: io::ErrorKind| failed(Path::new("/stick/cad.xml"), kind.into()).to_string();
    for full in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge] {
        assert!(about(full).starts_with("there is no room at /stick/cad.xml"), "{full}");
    }
    assert!(about(io::ErrorKind::NotFound).starts_with("there is no /stick/cad.xml"));
    assert!(about(io::ErrorKind::ReadOnlyFilesystem).contains("/stick/cad.xml cannot be used; check its permissions"));
}

#[test]
fn a_folder_and_a_file_without_end_are_not_read() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    assert!(matches!(FolderExchange.get(dir.path()), Err(FileExchangeError::Unreadable { code: "not-keyward", .. })));
    let large = dir.path().join("large.xml");
    File::create(&large).and_then(|file| file.set_len(1 << 40)).expect("a file with a hole");
    assert!(matches!(FolderExchange.get(&large), Err(FileExchangeError::TooLarge(_))));
    #[cfg(feature = "pictures")]
    {
        use std::io::Write as _;
        let mut picture = File::options().write(true).open(&large).expect("the file");
        picture.write_all(b"\x89PNG\r\n\x1a\n").expect("it begins as a picture");
        let error = FolderExchange.get(&large).expect_err("it is too large");
        assert!(error.to_string().contains("scale it down"), "{error}");
    }
    #[cfg(target_os = "linux")]
    assert!(FolderExchange.get(Path::new("/dev/zero")).is_err());
}

#[test]
fn the_text_of_a_code_is_read_too() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("code.txt");
    let Document::Answer(statement) = answer("said") else { unreachable!() };
    let texts = qr::write_answer(&statement).expect("it fits");
    fs::write(&path, format!("{}\r\n", texts.join("\r\n"))).expect("it is written");
    assert_eq!(FolderExchange.get(&path).expect("it is read"), answer("said"));
}

#[cfg(feature = "pictures")]
#[test]
fn the_picture_of_a_code_is_read_too() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let path = dir.path().join("code.png");
    let Document::Answer(statement) = answer("said") else { unreachable!() };
    let text = &qr::write_answer(&statement).expect("it fits")[0];
    fs::write(&path, keyward_wire::pictures::png(text, 300).expect("it is drawn")).expect("it is written");
    assert_eq!(FolderExchange.get(&path).expect("it is read"), answer("said"));
}

#[cfg(feature = "pictures")]
#[test]
fn pictures_are_put_by_the_same_rules_as_documents() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let in_it = |name: &str| dir.path().join(name);
    let name = FileName::of_answer("cad.xml");
    let put = |drawn: &[&[u8]], to: &Path| {
        let drawn: Vec<_> = drawn.iter().map(|it| it.to_vec()).collect();
        FolderExchange.put_pictures(&drawn, &name, Wanted::of(to))
    };
    let file = in_it("code.png");
    for _ in 0..2 {
        assert_eq!(put(&[b"one"], &file).expect("it is put"), std::slice::from_ref(&file));
    }
    assert!(matches!(put(&[b"two"], &file), Err(FileExchangeError::Taken(said)) if said == file.display().to_string()));
    assert_eq!(fs::read(&file).expect("it is there"), b"one");
    assert_eq!(put(&[b"one", b"two"], &file).expect("they are put"), [in_it("code-1.png"), in_it("code-2.png")]);
    for (drawn, called) in [(&b"a"[..], "cad-resp.png"), (b"b", "cad-resp-2.png"), (b"a", "cad-resp.png")] {
        assert_eq!(put(&[drawn], dir.path()).expect("it is put"), [in_it(called)]);
    }
    assert!(matches!(put(&[b"a"], &in_it("none/code.png")), Err(FileExchangeError::NotFound(_))));
    assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 5);
}

#[cfg(feature = "pictures")]
#[test]
fn a_picture_of_another_code_among_those_of_a_document_is_left_away() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let Document::Answer(statement) = answer("said") else { unreachable!() };
    let text = qr::write_answer(&statement).expect("it fits").remove(0);
    let files = [("ours.png", text.as_str()), ("wifi.png", "WIFI:T:WPA;S:office;;")].map(|(name, text)| {
        let file = dir.path().join(name);
        fs::write(&file, keyward_wire::pictures::png(text, 300).expect("it is drawn")).expect("it is written");
        file
    });
    assert_eq!(FolderExchange.codes(&files).expect("they are read"), [text]);
    assert_eq!(FolderExchange.codes(&files[1..]).expect("it is read"), ["WIFI:T:WPA;S:office;;"]);
}
