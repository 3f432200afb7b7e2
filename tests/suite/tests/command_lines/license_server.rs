//! `keywardd license-server`: the server, and the verbs that run beside it (row N1).

mod seat;
mod several;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use keyward_domain::names::ServerAddress;
use keyward_domain::pool::PulseHeard;
use keyward_domain::refusal::Refusal;
use keyward_suite::program;

use crate::site::{NOW, Said, Site, run};
use seat::Seat;

/// So long a few beats, or a command that has nothing to wait for, may take on a machine that does much else.
const PROMPT: std::time::Duration = std::time::Duration::from_secs(10);

/// A computer that a license server runs on.
struct Lan {
    data: PathBuf,
    anchor: PathBuf,
    profile: PathBuf,
    /// How far its clock was turned on, in seconds.
    turned: PathBuf,
}

impl Lan {
    fn new(site: &Site, name: &str) -> Self {
        let beside = |what: &str| site.dir().join(format!("{name}-{what}"));
        Self { data: site.dir().join(name), anchor: beside("anchor"), profile: site.profile(), turned: beside("turned") }
    }

    /// Lets time pass, in one step for all that run there.
    fn turn_to(&self, minutes: u64) {
        let making = self.turned.with_extension("new");
        fs::write(&making, (60 * minutes).to_string()).and_then(|()| fs::rename(&making, &self.turned)).expect("the clock is turned");
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program("keywardd"));
        command.arg("license-server").arg("--data").arg(&self.data).arg("--anchor").arg(&self.anchor);
        command.args(["--simulate", &format!("now={NOW},turned={}", self.turned.display()), "--listen", "127.0.0.1:0"]);
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        run(self.command().args(arguments), "")
    }

    fn activate(&self, key: &str, more: &[&str]) -> Said {
        run(self.command().args(["activate", key, "--profile"]).arg(&self.profile).args(more), "")
    }

    fn serve(&self) -> Serving {
        let mut server = self.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the license server starts");
        let mut first = String::new();
        BufReader::new(server.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it says where it listens");
        let at = first.trim_end().strip_prefix("listening on https://").expect("it says where it listens");
        Serving { at: at.parse().expect("an address"), server }
    }
}

struct Serving {
    at: ServerAddress,
    server: Child,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn network(site: &Site) -> String {
    site.issue(&["--tenure", "perpetual", "--type", "network", "--seats", "3"]).0
}

#[test]
fn a_license_server_is_activated_and_given_back_beside_the_server_that_runs() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    let server = lan.serve();
    let said = lan.activate(&key, &[]).done();
    assert!(said.starts_with("activated: 3 seats of cad (license E-"), "{said}");
    assert_eq!(lan.activate(&key, &[]).done(), said, "asked again, it is the same");
    let other = Lan::new(&site, "attic");
    assert_eq!(lan.run(&["return"]).done(), "returned: activate the license on another computer\n");
    other.activate(&key, &[]).done();
    drop(server);
    assert!(lan.run(&["return"]).err.contains("has no license"));
}

#[test]
fn a_license_server_without_a_network_is_activated_renewed_and_given_back_by_file() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    let carried = |request: &str, answer: &str| {
        let place = |name: &str| site.dir().join(name).display().to_string();
        site.vendor(&["answer", &place(request), "--output", &place(answer)]).done();
        lan.run(&["load", &place(answer)])
    };
    let to = |name: &str| site.dir().join(name).display().to_string();
    assert!(lan.activate(&key, &["--request", &to("ask.xml")]).done().contains("ask.xml"));
    assert!(carried("ask.xml", "given.xml").done().starts_with("loaded: 3 seats of cad"));
    assert!(carried("ask.xml", "again.xml").err.contains("used"), "an answer is taken once");
    lan.run(&["refresh", "--request", &to("more.xml")]).done();
    assert!(carried("more.xml", "renewed.xml").done().starts_with("loaded: 3 seats of cad"));
    lan.run(&["return", "--request", &to("back.xml")]).done();
    assert!(carried("back.xml", "receipt.xml").done().contains("returned"));
    assert!(!everything_below(&lan.data).iter().any(|bytes| contains(bytes, key.as_bytes())), "the key stands in no file");
}

#[test]
fn a_backup_of_a_license_server_makes_one_that_says_it_was_restored() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    let server = lan.serve();
    let (file, restored) = (site.dir().join("backup"), site.dir().join("restored"));
    run(Command::new(program("keywardd")).arg("backup").arg(&lan.data).arg(&file), "").done();
    drop(server);
    run(Command::new(program("keywardd")).arg("restore").arg(&file).arg(&restored), "").done();
    assert!(restored.join("journal.db").exists() && restored.join("vault").is_dir() && !restored.join("closing").exists());
    let lan = Lan { data: restored, ..Lan::new(&site, "new") };
    let server = lan.serve();
    let mut administrator = Command::new(program("keyward"));
    administrator.arg("--profile").arg(&lan.profile).args(["server", "--server", &format!("https://{}", server.at), "--token-file"]);
    let log = run(administrator.arg(lan.data.join("admin-token")).arg("log"), "").done();
    assert!(log.contains("it was seen that the data were restored from a backup"), "{log}");
}

#[test]
fn what_is_no_data_folder_is_not_made_one() {
    let site = Site::open();
    let lan = Lan::new(&site, "lan");
    assert!(lan.run(&["return"]).err.contains("no license server's data folder"));
    let key_server = Lan { data: site.dir().join("server"), ..Lan::new(&site, "lan") };
    assert!(key_server.activate(&network(&site), &[]).err.contains("not empty"), "it is a key server's");
    assert!(lan.activate("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", &[]).err.contains("license key"));
    assert!(!lan.data.exists());
}

/// Row N1: what was granted ends first, beside the server that runs and where none does.
#[test]
fn giving_a_license_back_waits_for_the_seats_that_are_in_use() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    for beside in [true, false] {
        let server = lan.serve();
        let (mut office, mut attic) = (Seat::new(&lan, 11), Seat::new(&lan, 12));
        let begun = if beside { 0 } else { 60 };
        office.check_out(&server.at, begun + 1).expect("a seat");
        let running = beside.then_some(server);
        let mut back = lan.command().arg("return").stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("the program starts");
        let mut lines = BufReader::new(back.stdout.take().expect("its output is a pipe")).lines();
        let mut line = || lines.next().expect("it goes on").expect("text");
        let first = line();
        assert!(first.starts_with("no seat is granted any more; what was granted ends within 10 min"), "{first}");
        if let Some(server) = &running {
            assert_eq!(attic.check_out(&server.at, begun + 1), Err(Refusal::ServerClosed));
            assert!(matches!(office.beat(&server.at), PulseHeard::Ending { .. }), "it goes on and ends");
        }
        assert_eq!(back.try_wait().expect("it can be looked at"), None, "a lease goes on");
        lan.turn_to(begun + 11);
        assert_eq!(line(), "returned: activate the license on another computer");
        assert!(back.wait().expect("it ends").success());
        drop(running);
        assert!(lan.run(&["return"]).err.contains("has no license"));
        // The key is free again, here as on any other computer.
        lan.activate(&key, &[]).done();
    }
}

/// Who gives a license back while it is called off.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Returning {
    /// A command beside the server, which waits.
    Waits,
    /// A command beside the server, which was killed.
    Killed,
    /// A command where no server runs, which waits.
    Alone,
}

#[test]
fn giving_a_license_back_can_be_called_off_until_its_request_is_made() {
    for how in [Returning::Waits, Returning::Killed, Returning::Alone] {
        let site = Site::open();
        let (lan, key) = (Lan::new(&site, "lan"), network(&site));
        lan.activate(&key, &[]).done();
        let mut server = Some(lan.serve());
        let at = |server: &Option<Serving>| server.as_ref().map(|it| it.at.clone()).expect("it runs");
        let (mut office, mut attic) = (Seat::new(&lan, 11), Seat::new(&lan, 12));
        office.check_out(&at(&server), 1).expect("a seat");
        if how == Returning::Alone {
            server = None;
        }
        let mut back = lan.command().arg("return").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut said = BufReader::new(back.stdout.take().expect("its output is a pipe")).lines();
        assert!(said.next().expect("it goes on").expect("text").starts_with("no seat is granted any more"), "{how:?}");
        if how == Returning::Killed {
            back.kill().expect("it is killed");
        }
        if let Some(server) = &server {
            assert_eq!(attic.check_out(&server.at, 1), Err(Refusal::ServerClosed), "{how:?}");
        }
        let called_off = lan.run(&["return", "--cancel"]).done();
        assert!(called_off.starts_with("called off: seats of license E-") && called_off.ends_with(" are granted again\n"), "{called_off}");
        // Whoever waits hears of it, and waits for no lease to end.
        let (errors, heard) = (back.stderr.take().expect("its errors are a pipe"), std::sync::mpsc::channel());
        std::thread::spawn(move || heard.0.send(std::io::read_to_string(errors)));
        let told = heard.1.recv_timeout(PROMPT).inspect_err(|_| back.kill().expect("it is killed")).expect("it ends").expect("text");
        let ended = back.wait().expect("it ends");
        assert!(!ended.success() && (how == Returning::Killed || told.contains("was called off")), "{how:?}: {told}");
        // Neither the server that runs nor the next one closes it again.
        for count in 2..4 {
            let server = server.get_or_insert_with(|| lan.serve());
            attic.check_out(&server.at, count).expect("a seat");
            // One that stops, and another that starts over the same data.
            let _ = server.server.kill().and_then(|()| server.server.wait());
            *server = lan.serve();
        }
        let nothing = lan.run(&["return", "--cancel"]).done();
        assert!(nothing.starts_with("nothing to call off: license E-"), "{nothing}");
        // Once the request is made it is too late.
        lan.turn_to(15);
        let to = site.dir().join("back.xml").display().to_string();
        lan.run(&["return", "--request", &to]).done();
        let late = lan.run(&["return", "--cancel"]);
        assert!(late.code == Some(1) && late.err.contains("it cannot be called off; finish it (run `return` again"), "{late:?}");
        assert_eq!(attic.check_out(&at(&server), 4), Err(Refusal::ServerClosed), "{how:?}");
    }
}

/// Row N6.
#[cfg(unix)]
#[test]
fn a_license_server_that_is_stopped_and_started_keeps_every_lease() {
    use rustix::process::{Pid, Signal, kill_process};
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    let mut server = lan.serve();
    let mut seats: Vec<_> = (11..14).map(|key| Seat::new(&lan, key)).collect();
    for seat in &mut seats {
        seat.check_out(&server.at, 1).expect("a seat");
    }
    kill_process(Pid::from_child(&server.server), Signal::TERM).expect("it is told to stop");
    assert!(server.server.wait().expect("it stops").success(), "in good order");
    lan.turn_to(9);
    let server = lan.serve();
    let began = std::time::Instant::now();
    for seat in &seats {
        assert!(matches!(seat.beat(&server.at), PulseHeard::Kept { .. }), "each lease is kept");
    }
    assert!(began.elapsed() < PROMPT, "the first beats are answered at once, not after {:?}", began.elapsed());
    assert!(matches!(Seat::new(&lan, 20).check_out(&server.at, 1), Err(Refusal::PoolFull { .. })), "none is free");
}

fn everything_below(dir: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(everything_below(&path));
        } else {
            all.push(fs::read(path).expect("a file"));
        }
    }
    all
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The disk that its log is written to is full, or whoever read it is gone.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_stops_no_server() {
    use rustix::process::{Pid, Signal, kill_process};

    let site = Site::open();
    let lan = Lan::new(&site, "lan");
    let full = fs::File::options().write(true).open("/dev/full").expect("a full disk");
    let mut server = lan.command().stdout(Stdio::piped()).stderr(full).spawn().expect("the license server starts");
    let mut first = String::new();
    BufReader::new(server.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it is read");
    assert!(first.starts_with("listening on"), "{first}");
    kill_process(Pid::from_child(&server), Signal::TERM).expect("it is told to stop");
    let ended = server.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
}

/// The disk of the anchor is not there, or another folder is named.
#[test]
fn an_anchor_that_knows_nothing_of_a_license_is_told() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    let log = || {
        let mut server = lan.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the license server starts");
        let mut first = String::new();
        BufReader::new(server.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it says where it listens");
        server.kill().expect("it is killed");
        let said = server.wait_with_output().expect("it ends").stderr;
        String::from_utf8(said).expect("text")
    };
    let warning = "the anchor knows nothing of this license";
    assert!(!log().contains(warning));
    assert!(!log().contains(warning));
    fs::remove_dir_all(&lan.anchor).expect("it is unmounted");
    assert!(log().contains(warning));
    assert!(!log().contains(warning), "it knows it again");
}
