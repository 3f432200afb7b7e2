//! The first start makes everything or nothing, and plain HTTP stays at home.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::{Place, keywardd};
use crate::shop::Shop;
use crate::syscalls::{can_trace, watched};
use crate::trace::calls;

#[test]
fn plain_http_is_refused_where_others_could_listen() {
    let place = Place::new();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let data = place.data().display().to_string();
        let (status, error) = keywardd(&["key-server", "--data", &data, "--listen", address, "--plain-http"]);
        assert_eq!(status.code(), Some(1), "{address} {error}");
        assert!(error.contains("plain HTTP is served on loopback only") && error.contains("give a TLS certificate"), "{address} {error}");
    }
    let server = place.serve(&["--plain-http"]);
    assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
}

/// What a first start does to the disk.
const CALLS: &str = "openat,mkdir,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat2,unlink,rmdir";
/// So many first starts are killed, spread over all that one does.
const KILLS: usize = 8;

/// Where the first start makes the data folder.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Folder {
    /// There is none.
    Absent,
    /// In one that is there and empty, such as a volume.
    Empty,
}

impl Folder {
    fn place(self) -> Place {
        let place = Place::new();
        if self == Self::Empty {
            fs::create_dir(place.data()).expect("an empty folder");
        }
        place
    }

    /// So many calls of its first thread, which does most of what is done, and at which of them the data folder becomes one. Only calls
    /// after it began are counted.
    fn calls(self) -> (usize, std::ops::Range<usize>) {
        let place = self.place();
        let trace = place.at("trace");
        place.run(watched(&place.key_server(&[]), &trace, &["-e", &format!("trace={CALLS}")])).stop();
        let text = fs::read_to_string(&trace).expect("the trace can be read");
        let first = text.split_whitespace().next().expect("a thread").to_owned();
        let all = calls(&text.lines().filter(|line| line.starts_with(&first)).collect::<Vec<_>>().join("\n"));
        let begins = all.iter().position(|call| call.arguments.contains(".keywardd-")).unwrap_or_default();
        let ends = all.iter().position(|call| call.arguments.contains("listening on")).expect("it says where it listens");
        let ledger = place.data().join("ledger.db");
        let becomes = |path: &&Path| *path == place.data() || *path == ledger;
        let named = all.iter().rposition(|call| call.is_rename() && call.paths().last().is_some_and(becomes)).unwrap_or(begins);
        (named, begins..ends)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_killed_anywhere_is_made_again() {
    if !can_trace() {
        return;
    }
    for folder in [Folder::Absent, Folder::Empty] {
        let (named, range) = folder.calls();
        let step = range.len().div_ceil(KILLS);
        let moments: BTreeSet<_> = range.step_by(step).chain(named.saturating_sub(3)..named + 3).collect();
        let mut made = BTreeSet::new();
        for moment in moments {
            let place = folder.place();
            let kill = format!("inject={CALLS}:signal=SIGKILL:when={}", moment + 1);
            let command = watched(&place.key_server(&[]), &place.at("trace"), &["-e", &format!("trace={CALLS}"), "-e", &kill]);
            drop(place.start(command));
            let is_there = |name: &str| place.data().join(name).exists();
            made.insert(is_there("ledger.db"));
            if is_there("ledger.db") {
                for name in ["keys", "tls/ca.pem", "tls/cert.pem", "tls/key.pem", "admin-token"] {
                    assert!(is_there(name), "{folder:?}, killed at call {moment}: {name} is missing");
                }
            }
            let server = place.serve(&[]);
            let shop = Shop::at(&server);
            shop.product().await;
            shop.sell(1).await;
            assert!(server.stop().success());
        }
        assert_eq!(made.len(), 2, "{folder:?}: killed before and after it was a data folder");
    }
}

/// A folder whose name is on the disk and whose contents are not would be a folder that is never made.
#[test]
fn what_the_first_start_made_is_on_the_disk_before_it_gets_its_name() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    let trace = place.at("trace");
    let server = place.run(watched(&place.key_server(&[]), &trace, &["-e", &format!("trace={CALLS}")]));
    server.stop();
    let calls = calls(&fs::read_to_string(&trace).expect("the trace can be read"));
    let naming = calls.iter().find(|call| call.is_rename() && call.paths().last() == Some(&&*place.data())).expect("it gets its name");
    let making = naming.paths()[0].to_path_buf();
    let before = || calls.iter().filter(|call| call.began < naming.began && call.result.is_some());
    for folder in [making.clone(), making.join("keys"), making.join("tls")] {
        let makes = |path: &&Path| path.parent() == Some(&folder);
        let entered = before().filter(|call| call.is_rename() || call.arguments.contains("O_CREAT") || call.name == "mkdir");
        // SQLite's companions are gone when it is closed.
        let lasting = entered.filter(|call| {
            call.paths().last().filter(|path| makes(path)).is_some_and(|path| !path.to_string_lossy().contains("ledger.db-"))
        });
        let last = lasting.map(|call| call.began).max().expect("something is made in it");
        let synced = before().any(|call| call.name.ends_with("sync") && call.target() == folder.to_string_lossy() && call.began > last);
        assert!(synced, "{} was not synced after line {}", folder.display(), last + 1);
    }
}

#[test]
fn a_first_start_that_fails_leaves_nothing() {
    let place = Place::new();
    fs::create_dir(place.data()).expect("a folder");
    fs::write(place.data().join("letters"), "dear").expect("somebody else's file");
    let (status, error) = keywardd(&["key-server", "--data", &place.data().display().to_string(), "--listen", "127.0.0.1:0"]);
    assert!(!status.success() && error.contains("is not empty and not a key server's data folder"), "{error}");
    assert_eq!(fs::read_dir(place.at("")).expect("the place").count(), 1);
}

#[test]
fn a_folder_has_one_server() {
    let place = Place::new();
    let server = place.serve(&[]);
    let mut second = Command::new(place.key_server(&[]).get_program());
    let said = second.args(place.key_server(&[]).get_args()).stdin(Stdio::null()).output().expect("it ends");
    let error = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success() && error.contains("in use by another process"), "{error}");
    drop(server);
}
