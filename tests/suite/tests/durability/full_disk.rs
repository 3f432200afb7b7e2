//! Disks without room: nothing that was acknowledged is lost, the message says what to do, and work goes on when there is room.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use keyward_domain::document::{Body, Request};
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::Sealed;
use keyward_suite::program;
use keyward_wire::Problem;

use crate::host::{Heard, Host, open, send};
use crate::server::{Place, Server, key_server};
use crate::shop::{Shop, Sold};

/// More hosts than any of the small disks here has room for.
const MOST: u32 = 2000;

/// Hosts that have their certificate, and the first that has none.
struct Filled {
    acknowledged: Vec<(Sealed<Request>, Box<[u8]>)>,
    refused: Sealed<Request>,
    problem: Problem,
}

/// Hosts activate until the server says that it cannot.
async fn fill(shop: &Shop, profile: &ProductProfile, sold: &Sold) -> Filled {
    let mut acknowledged = Vec::new();
    for n in 0..MOST {
        let request = Host::new(n).activates(profile, &sold.key);
        match send(&shop.client, &shop.url, &request).await {
            Heard::Answer(bytes) => acknowledged.push((request, bytes)),
            Heard::Problem(problem) => return Filled { acknowledged, refused: request, problem: *problem },
            Heard::Nothing => panic!("the server broke off"),
        }
    }
    panic!("the disk is not full after {MOST} hosts");
}

/// Reading goes on; whoever asks to write again is told the same.
async fn reads_go_on(shop: &Shop, sold: &Sold, filled: &Filled) {
    assert!(!filled.acknowledged.is_empty(), "it was full from the beginning");
    let (request, bytes) = &filled.acknowledged[0];
    assert_eq!(send(&shop.client, &shop.url, request).await, Heard::Answer(bytes.clone()), "a known answer needs no room");
    assert_eq!(shop.entitlement(&sold.id).await.slots.len(), filled.acknowledged.len());
    assert_eq!(send(&shop.client, &shop.url, &filled.refused).await.problem().code, filled.problem.code);
}

/// All that was acknowledged is there, and whoever was not served is served now.
async fn works(shop: &Shop, profile: &ProductProfile, sold: &Sold, filled: &Filled) {
    for (request, bytes) in &filled.acknowledged {
        assert_eq!(send(&shop.client, &shop.url, request).await, Heard::Answer(bytes.clone()));
    }
    let answer = send(&shop.client, &shop.url, &filled.refused).await.answer();
    assert!(matches!(open(profile, &filled.refused, &answer), Body::Certificate(_)));
    assert_eq!(shop.entitlement(&sold.id).await.slots.len(), filled.acknowledged.len() + 1);
}

/// A command whose files cannot grow above so many KiB: what the system answers is an error, not a signal.
fn limited(command: &Command, kib: u32) -> Command {
    let mut limited = Command::new("bash");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -S -f {kib}; exec \"$0\" \"$@\"")]);
    limited.arg(command.get_program()).args(command.get_args());
    limited
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_cannot_grow_loses_nothing_and_grows_again() {
    let place = Place::new();
    let (profile, sold) = {
        let server = place.serve(&[]);
        let shop = Shop::at(&server);
        let made = (shop.product().await, shop.sell(MOST).await);
        assert!(server.stop().success());
        made
    };
    let server = place.run(limited(&place.key_server(&[]), 1024));
    let shop = Shop::at(&server);
    let filled = fill(&shop, &profile, &sold).await;
    assert_eq!((filled.problem.status, &*filled.problem.code), (500, "storage"), "{}", filled.problem);
    assert!(filled.problem.to_string().ends_with("look into the server's log for this request's id (header x-request-id)"));
    assert!(place.log().contains("a request could not be served"), "{}", place.log());
    reads_go_on(&shop, &sold, &filled).await;
    drop(server);

    let server = place.serve(&[]);
    works(&Shop::at(&server), &profile, &sold, &filled).await;
    println!("{} hosts before the limit", filled.acknowledged.len());
}

/// Makes a small disk that only one process sees, puts a copy of a data folder and a file of 1 MiB on it, and runs a program.
const ON_A_SMALL_DISK: &str =
    r#"mount -t tmpfs -o size=4m tmpfs "$1" && cp -a "$2" "$1/data" && head -c 1M /dev/zero >"$1/filler" && shift 2 && exec "$@""#;

fn own_mounts(command: &str) -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "bash", "-c", command, "bash"]);
    unshare
}

/// Whether a process can have disks of its own here; if not, says why.
fn can_mount(at: &Path) -> bool {
    let tried = own_mounts("mount -t tmpfs tmpfs \"$1\"").arg(at).stdin(Stdio::null()).output();
    let why = match tried {
        Ok(done) if done.status.success() => return true,
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => format!("unshare does not start: {error}"),
    };
    eprintln!("skipped: a process cannot have a small disk of its own here: {why}");
    false
}

/// A file as a process sees it.
fn seen_by(server: &Server, path: &Path) -> PathBuf {
    let inside = path.strip_prefix("/").expect("an absolute path");
    Path::new("/proc").join(server.id().to_string()).join("root").join(inside)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_is_full_says_so_and_goes_on_when_there_is_room() {
    let place = Place::new();
    let disk = place.at("disk");
    fs::create_dir(&disk).expect("a folder for the disk");
    if !can_mount(&disk) {
        return;
    }
    let (profile, sold) = {
        let server = place.serve(&[]);
        let shop = Shop::at(&server);
        let made = (shop.product().await, shop.sell(MOST).await);
        assert!(server.stop().success());
        made
    };
    let on_disk = key_server(&disk.join("data"), &[]);
    let mut command = own_mounts(ON_A_SMALL_DISK);
    command.arg(&disk).arg(place.data()).arg(on_disk.get_program()).args(on_disk.get_args());
    let server = place.run(command);
    let shop = Shop::at(&server);
    let filled = fill(&shop, &profile, &sold).await;
    assert_eq!((filled.problem.status, &*filled.problem.code), (507, "disk-full"), "{}", filled.problem);
    assert_eq!(
        filled.problem.to_string(),
        "the disk that holds the ledger is full; free some space; nothing was lost and nothing was promised"
    );
    reads_go_on(&shop, &sold, &filled).await;

    // As after a power cut on the full disk: another server starts from what is on it.
    let copy = place.at("copy");
    let copied = Command::new("cp").arg("-a").arg(seen_by(&server, &disk.join("data"))).arg(&copy).status().expect("cp runs");
    assert!(copied.success());
    fs::remove_file(seen_by(&server, &disk.join("filler"))).expect("there is room again");
    works(&shop, &profile, &sold, &filled).await;
    drop(server);
    let server = place.serve_over(&copy);
    works(&Shop::at(&server), &profile, &sold, &filled).await;
    println!("{} hosts before the disk was full", filled.acknowledged.len());
}

/// A host at the command line.
struct Customer<'a>(&'a Place);

impl Customer<'_> {
    fn keyward(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("keyward"));
        command.arg("--profile").arg(self.0.at("cad.toml")).arg("--vault").arg(self.0.at("vault"));
        command.arg("--anchor").arg(self.0.at("host-anchor")).args(["--simulate", "host=a,now=2027-01-01T00:00:00Z"]).args(arguments);
        command
    }

    fn does(&self, arguments: &[&str]) -> Output {
        run(&mut self.keyward(arguments))
    }

    fn vault(&self) -> Vec<u8> {
        fs::read(self.0.at("vault/vault.json")).expect("the vault")
    }
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_without_room_stays_as_it_was() {
    let place = Place::new();
    let server = place.serve(&[]);
    let shop = Shop::at(&server);
    let profile = shop.product().await;
    let sold = shop.sell(1).await;
    fs::write(place.at("cad.toml"), toml::to_string(&profile).expect("TOML")).expect("the profile is written");
    let host = Customer(&place);

    // Not even the first request can be written down: it is not sent.
    let said = run(&mut limited(&host.keyward(&["activate", &sold.key.expose()]), 0));
    let error = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(1), "{error}");
    assert!(error.contains(&place.at("vault").display().to_string()) && error.contains("File too large"), "{error}");
    assert_eq!(shop.entitlement(&sold.id).await.slots.len(), 0, "nothing was asked");

    assert!(host.does(&["activate", &sold.key.expose()]).status.success());
    let before = host.vault();
    for (verb, row) in [("refresh", None), ("return", Some("1"))] {
        let arguments: Vec<_> = [verb].into_iter().chain(row).collect();
        let said = run(&mut limited(&host.keyward(&arguments), 1));
        let error = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(1), "{verb} {error}");
        assert!(error.contains("failed (disk-full)") && error.contains("the license vault at "), "{verb} {error}");
        assert_eq!(host.vault(), before, "{verb}");
        let status = host.does(&["status"]);
        assert!(String::from_utf8_lossy(&status.stdout).contains("| Enabled "), "{verb} {status:?}");
    }

    let disk = place.at("disk");
    fs::create_dir(&disk).expect("a folder for the disk");
    if can_mount(&disk) {
        // The vault's folder is a copy on a disk that is full to the last page.
        let full = r#"mount -t tmpfs -o size=256k tmpfs "$1" && cp -a "$2/." "$1" && mount --bind "$1" "$2" && shift 2 &&
            { head -c 1M /dev/zero >"$1/filler" 2>/dev/null; shift; "$@"; }"#;
        let refresh = host.keyward(&["refresh"]);
        let mut command = own_mounts(full);
        command.arg(&disk).arg(place.at("vault")).arg(place.at("vault")).arg(refresh.get_program()).args(refresh.get_args());
        let said = run(&mut command);
        let error = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(1), "{error}");
        assert!(error.contains("failed (disk-full): There is no room for the license vault at "), "{error}");
        assert!(error.contains("Nothing was lost. Free some space"), "{error}");
    }
    assert!(host.does(&["refresh"]).status.success());
}
