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
    let fresh = || written(&path, b"whole").expect("it is written");
    claim(&path, &fresh()).expect("the name is free");
    assert_eq!(fs::read(&path).expect("it is there"), b"whole");
    fs::write(&path, "another").expect("it is written");
    assert_eq!(claim(&path, &fresh()).expect_err("it is taken").kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).expect("it is there"), b"another");
}

#[test]
fn what_the_system_refuses_is_told_in_words() {
    let about = |kind: io::ErrorKind| failed(Path::new("/stick/cad.xml"), kind.into()).to_string();
    assert!(about(io::ErrorKind::StorageFull).starts_with("there is no room at /stick/cad.xml"));
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
