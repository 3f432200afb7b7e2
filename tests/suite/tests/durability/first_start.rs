//! The first start makes everything or nothing, and plain HTTP stays at home.

use std::fs;
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
const KILLS: usize = 14;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_killed_anywhere_is_made_again() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    let trace = place.at("trace");
    let server = place.run(watched(&place.key_server(&[]), &trace, &["-e", &format!("trace={CALLS}")]));
    server.stop();
    // Calls are counted for each thread. The first one makes the folder, and does most of what is done.
    let text = fs::read_to_string(&trace).expect("the trace can be read");
    let first = text.split_whitespace().next().expect("a thread").to_owned();
    let all = calls(&text.lines().filter(|line| line.starts_with(&first)).collect::<Vec<_>>().join("\n"));
    let begins = all.iter().position(|call| call.arguments.contains(".keywardd-")).expect("it makes a folder under another name");
    let named = all.iter().position(|call| call.is_rename() && call.paths().last() == Some(&&*place.data())).expect("it gives it its name");
    let step = (named + 4 - begins).div_ceil(KILLS - 3);
    let mut moments: Vec<_> = (begins..named + 4).step_by(step).chain([named - 1, named, named + 1]).collect();
    moments.sort_unstable();
    moments.dedup();

    let mut made = Vec::new();
    for moment in &moments {
        let place = Place::new();
        let kill =
            ["-e".to_owned(), format!("trace={CALLS}"), "-e".to_owned(), format!("inject={CALLS}:signal=SIGKILL:when={}", moment + 1)];
        let command = watched(&place.key_server(&[]), &place.at("trace"), &kill.each_ref().map(String::as_str));
        let started = place.start(command);
        made.push(place.data().exists());
        drop(started);
        if let Ok(left) = fs::read_dir(place.data()) {
            let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
            for name in ["ledger.db", "keys", "tls", "admin-token"] {
                assert!(left.iter().any(|it| it == name), "killed at call {moment}: {name} is missing, {left:?} are there");
            }
        }
        let server = place.serve(&[]);
        let shop = Shop::at(&server);
        shop.product().await;
        shop.sell(1).await;
        assert!(server.stop().success());
    }
    assert!(made.contains(&false) && made.contains(&true), "killed before and after the folder got its name: {made:?}");
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
        let makes = |path: &&std::path::Path| path.parent() == Some(&folder);
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
