//! What was acknowledged is on the disk: seen in the calls of the system, not in what the programs say (promises 3 and 5).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures_util::future::join_all;
use keyward_domain::document::Body;
use keyward_domain::profile::ProductProfile;
use keyward_suite::program;

use crate::host::{Host, client, open, send};
use crate::planted::{self, Bug};
use crate::server::{Place, Server};
use crate::shop::Shop;
use crate::trace::{Watched, calls, many_at_once, one_after_the_other, saved_before_sent};

pub(crate) const CALLS: &str =
    "trace=fsync,fdatasync,write,writev,sendto,sendmsg,rename,renameat,renameat2,openat,close,pwrite64,recvfrom,read";

/// Whether system calls can be watched here; if not, says why.
pub(crate) fn can_trace() -> bool {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stdin(Stdio::null()).output();
    let why = match tried {
        Ok(done) if done.status.success() => return true,
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => format!("strace does not start: {error}"),
    };
    eprintln!("skipped: system calls cannot be watched here: {why}");
    false
}

/// The same program, watched.
pub(crate) fn watched(command: &Command, file: &Path, what: &[&str]) -> Command {
    let mut watched = Command::new("strace");
    watched.args(["-f", "-y", "-yy", "-o"]).arg(file).args(what).arg(command.get_program()).args(command.get_args());
    watched.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    watched
}

struct Watching {
    server: Server,
    trace: PathBuf,
}

fn watch(place: &Place, command: &Command) -> Watching {
    let trace = place.at("trace");
    Watching { server: place.run(watched(command, &trace, &["-e", CALLS])), trace }
}

impl Watching {
    /// Ends the server and reads what it did.
    fn read(self) -> String {
        self.server.stop();
        fs::read_to_string(&self.trace).expect("the trace can be read")
    }
}

/// So many hosts activate, one after the other, each on a connection of its own; these, still open.
async fn activations(shop: &Shop, profile: &ProductProfile, hosts: u32) -> Vec<reqwest::Client> {
    let sold = shop.sell(hosts).await;
    // None ends while it is watched: what the server sends to that would be taken for an answer.
    let clients: Vec<_> = (0..hosts).map(|_| client(&shop.ca)).collect();
    for (n, client) in (0..).zip(&clients) {
        let request = Host::new(n).activates(profile, &sold.key);
        let answer = send(client, &shop.url, &request).await.answer();
        assert!(matches!(open(profile, &request, &answer), Body::Certificate(_)));
    }
    clients
}

const HOSTS: u32 = 12;
const MANY: u32 = 48;
/// The product and the key are on the disk before they are confirmed, too.
const SOUND: usize = HOSTS as usize + 2;

async fn watched_one_after_the_other(command: &Command, place: &Place) -> Watched {
    let watching = watch(place, command);
    let shop = Shop::at(&watching.server);
    let profile = shop.product().await;
    let _open = activations(&shop, &profile, HOSTS).await;
    one_after_the_other(&calls(&watching.read()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_begins_after_what_it_promises_is_on_the_disk() {
    if !can_trace() {
        return;
    }
    // Plain HTTP shows which bytes are an answer; over TLS nothing at all may be sent while something is not on the disk.
    for carrier in [&["--plain-http"][..], &[]] {
        let place = Place::new();
        let watched = watched_one_after_the_other(&place.key_server(carrier), &place).await;
        assert_eq!(watched.violations, [""; 0], "{carrier:?}");
        assert!(watched.sound >= SOUND, "{carrier:?}: the rule was tried {} times", watched.sound);
        println!("{carrier:?}: {} answers, each after its sync", watched.sound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_with_a_bug_is_found_out_by_its_calls() {
    if !can_trace() {
        return;
    }
    for bug in [Bug::None, Bug::SynchronousOff, Bug::Hasty] {
        let place = Place::new();
        let Watched { sound, violations } = watched_one_after_the_other(&planted::server(&place.data(), bug), &place).await;
        println!("{bug:?}: {sound} sound, {} violations", violations.len());
        assert_eq!((violations.is_empty(), sound >= SOUND), (bug == Bug::None, bug == Bug::None), "{bug:?}: {violations:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_answers_at_once_comes_after_a_sync() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    let watching = watch(&place, &place.key_server(&["--plain-http"]));
    let shop = Shop::at(&watching.server);
    let profile = shop.product().await;
    let mut sold = Vec::new();
    for _ in 0..8 {
        sold.push(shop.sell(MANY).await);
    }
    let requests = (0..MANY).map(|n| Host::new(n).activates(&profile, &sold[n as usize % sold.len()].key));
    let answers = join_all(requests.map(async |request| send(&client(&shop.ca), &shop.url, &request).await.answer())).await;
    assert_eq!(answers.len(), MANY as usize);
    let watched = many_at_once(&calls(&watching.read()));
    assert_eq!(watched.violations, [""; 0]);
    // The product and the keys, too.
    assert_eq!(watched.sound, MANY as usize + 1 + sold.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_leaves_after_vault_and_anchor_are_on_the_disk() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    let server = place.serve(&[]);
    let shop = Shop::at(&server);
    let profile = shop.product().await;
    let sold = shop.sell(1).await;
    let (vault, anchor, trace) = (place.at("vault"), place.at("host-anchor"), place.at("trace"));
    let toml = toml::to_string(&profile).expect("TOML");
    fs::write(place.at("cad.toml"), toml).expect("the profile is written");
    let mut keyward = Command::new(program("keyward"));
    keyward.arg("--profile").arg(place.at("cad.toml")).arg("--vault").arg(&vault).arg("--anchor").arg(&anchor);
    keyward.args(["--simulate", "host=a,now=2027-01-01T00:00:00Z", "activate", &sold.key.expose()]);
    let done = watched(&keyward, &trace, &["-e", CALLS]).stdin(Stdio::null()).output().expect("it runs");
    assert!(done.status.success(), "{done:?}");
    let anchored: Vec<_> = fs::read_dir(&anchor).expect("the anchor is there").map(|entry| entry.expect("a file").path()).collect();
    let anchored = anchored.iter().find(|path| path.extension().is_some_and(|it| it == "json")).expect("an anchor");
    let calls = calls(&fs::read_to_string(&trace).expect("the trace can be read"));
    assert_eq!(saved_before_sent(&calls, &[&vault.join("vault.json"), anchored]), [""; 0]);
    // What it does not do is noticed: the answer is saved after the request was sent.
    assert_ne!(saved_before_sent(&calls, &[&vault.join("vault.json"), anchored, &vault.join("vault.prev.json")]), [""; 0]);
}
