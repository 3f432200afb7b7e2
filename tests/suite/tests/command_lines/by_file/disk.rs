//! Disks without room: nothing is begun that cannot be carried, and nothing that was begun is lost (row M1).

use std::process::Command;

use super::{Island, kept};
use crate::site::{Said, Site};

/// What a full disk says, and that nothing was begun.
#[track_caller]
fn no_room(said: Said, place: &str) {
    let said = said.not_done(1);
    assert_eq!(said, format!("failed (disk-full): There is no room at {place}. Free some space or choose another disk.\n"));
}

#[test]
fn a_full_disk_is_called_so_before_a_request_exists() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    // A file system of its own, which no other process sees and which goes with this one.
    let full = |words: &str, arguments: &[&str]| {
        let mut alone = Command::new("unshare");
        let words = format!("mount -t tmpfs -o size=64k none {} && {words}", a.stick());
        a.host.after(alone.args(["--user", "--map-root-user", "--mount", "sh"]), &words, arguments)
    };
    let tried = full("true", &["completions", "bash"]);
    if tried.code != Some(0) {
        eprintln!("skipped: no file system can be mounted here: {}", tried.err.trim_end());
        return;
    }
    let fill = format!("head -c 40000 /dev/zero >{}", a.on_stick("fill"));
    for carrier in ["--request", "--qr-png"] {
        no_room(full(&fill, &["activate", &key, carrier, &a.stick()]), &a.stick());
        no_room(full(&fill, &["activate", &key, carrier, &a.on_stick("new.one")]), &a.stick());
    }
    assert_eq!(a.host.run(&["pending"]).done(), "No request is waiting for an answer.\n");
    a.activated(&site, &key);
    let before = kept(&a.host);
    no_room(full(&fill, &["return", "1", "--request", &a.stick()]), &a.stick());
    assert!(kept(&a.host) == before, "it is not off for want of a file");
}

/// A limit of one file's size (EFBIG) is no room, too. It is too small for a request here, not for the vault.
#[test]
fn a_file_that_may_not_grow_so_large_is_a_full_disk() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    let limited =
        |blocks: u32, arguments: &[&str]| a.host.after(&mut Command::new("sh"), &format!("trap '' XFSZ && ulimit -f {blocks}"), arguments);
    no_room(limited(40, &["activate", &key, "--request", &a.stick()]), &a.stick());
    assert_eq!(a.host.run(&["pending"]).done(), "No request is waiting for an answer.\n");
    // Not even the vault has room.
    let said = limited(0, &["activate", &key, "--qr"]).not_done(1);
    assert!(
        said.starts_with("failed (disk-full): There is no room for ") && said.contains(" Free some space, then try again. ("),
        "{said}"
    );
    a.activated(&site, &key);
}
