//! `network`, `borrow` and `server`, as a site uses them: three seats, four hosts, a trip, and a laptop that is lost (rows N3, B1, B2, B3).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, Command, Stdio};

use keyward_suite::program;

use crate::site::{Host, NOW, Said, Site, run};

/// A site with a license server that has three seats.
struct Office {
    site: Site,
    server: Child,
    at: String,
    license: String,
}

/// Somebody who holds a seat, or waits for one, until its command's input ends.
struct Worker {
    program: Child,
    says: BufReader<ChildStderr>,
}

impl Office {
    fn open() -> Self {
        let site = Site::open();
        let terms = ["--tenure", "perpetual", "--type", "network", "--seats", "3", "--overdraft", "1"];
        let (key, license) = site.issue(&[&terms[..], &["--borrow-days", "30", "--borrow-seats", "2"]].concat());
        let server = || {
            let mut command = Command::new(program("keywardd"));
            command.arg("license-server").arg("--data").arg(site.dir().join("lan")).arg("--anchor").arg(site.dir().join("lan-anchor"));
            command.args(["--simulate", &format!("now={NOW}"), "--listen", "127.0.0.1:0"]);
            command
        };
        run(server().args(["activate", &key, "--profile"]).arg(site.profile()), "").done();
        let mut server = server().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the license server starts");
        let mut first = String::new();
        BufReader::new(server.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it says where it listens");
        let at = first.trim_end().strip_prefix("listening on https://").expect("it says where it listens").to_owned();
        Self { site, server, at, license }
    }

    fn at(&self) -> &str {
        &self.at
    }

    /// Kills the license server, as a power cut does.
    fn stop(&mut self) {
        // It may be dead already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    fn host(&self, name: &str) -> Host {
        self.site.host(name)
    }

    fn administer(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(program("keyward"));
        command.arg("--profile").arg(self.site.profile()).args(["server", "--server", &format!("https://{}", self.at()), "--token-file"]);
        run(command.arg(self.site.dir().join("lan/admin-token")).args(arguments), "")
    }

    fn works(&self, name: &str, more: &[&str]) -> Worker {
        let mut command = self.host(name).command(NOW);
        command.env("USER", name).args(["network", "use", self.at()]).args(more).args([
            "--",
            "sh",
            "-c",
            "echo seated >&2; read line; exit 7",
        ]);
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let says = BufReader::new(program.stderr.take().expect("its errors are a pipe"));
        Worker { program, says }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Worker {
    fn hears(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// Its command is told to end; gives the exit code.
    fn goes_home(mut self) -> Option<i32> {
        self.program.stdin.take().expect("its input is a pipe").write_all(b"\n").expect("it listens");
        self.program.wait().expect("it ends").code()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be at home already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn the_fourth_waits_sees_who_has_the_seats_and_takes_the_one_that_is_left() {
    let office = Office::open();
    let mut three: Vec<_> = ["ada", "ben", "cleo"].map(|name| office.works(name, &[])).into();
    for worker in &mut three {
        assert_eq!(worker.hears(), "seated");
    }
    let full = run(office.host("dora").command(NOW).env("USER", "dora").args(["network", "use", office.at()]), "").not_done(1);
    assert!(full.starts_with("refused (pool-full)") && full.contains("ada on ada") && full.contains("cleo on cleo"), "{full}");
    let mut fourth = office.works("dora", &["--wait"]);
    let first = fourth.hears();
    assert!(first.contains("ben on ben"), "{first}");
    assert_eq!(fourth.hears(), "Place 1 in the queue.");
    assert_eq!(three.remove(1).program.try_wait().expect("it can be asked"), None, "nobody was sent home");
    let status = office.administer(&["status"]).done();
    assert!(status.contains("3 seats") && status.contains("in use"), "{status}");
}

#[test]
fn a_seat_that_is_left_goes_to_who_waits_and_a_command_ends_with_its_own_code() {
    let office = Office::open();
    let mut three: Vec<_> = ["ada", "ben", "cleo"].map(|name| office.works(name, &[])).into();
    for worker in &mut three {
        assert_eq!(worker.hears(), "seated");
    }
    let mut fourth = office.works("dora", &["--wait"]);
    fourth.hears();
    assert_eq!(fourth.hears(), "Place 1 in the queue.");
    assert_eq!(three.remove(0).goes_home(), Some(7));
    assert_eq!(fourth.hears(), "seated");
    assert!(office.administer(&["status"]).done().contains("dora"));
}

#[test]
fn a_seat_is_borrowed_for_five_days_and_is_over_on_the_sixth() {
    let mut office = Office::open();
    let laptop = office.host("laptop");
    let said = laptop.run(&["borrow", office.at(), "--license", &office.license, "--for", "5d"]).done();
    assert!(said.contains("Borrowed, expires 2027-01-06T00:00:00Z"), "{said}");
    office.stop();
    assert!(laptop.at("2027-01-05T00:00:00Z", &["status"]).done().contains("Borrowed"));
    let over = laptop.at("2027-01-07T00:00:00Z", &["status"]).done();
    assert!(over.contains("Stopped (loan over)"), "{over}");
}

#[test]
fn an_early_return_frees_the_seat_at_once_and_a_lost_laptop_is_reclaimed() {
    let office = Office::open();
    let laptop = office.host("laptop");
    let borrow = ["borrow", office.at(), "--license", &office.license, "--until", "2027-01-06"];
    let said = laptop.run(&borrow).done();
    assert!(said.contains("2027-01-07T12:00:00Z"), "the end of that day at UTC-12: {said}");
    assert!(laptop.run(&["borrow", "extend", "1", "--for", "10d"]).done().contains("2027-01-11T00:00:00Z"));
    assert!(laptop.run(&["borrow", "give-back", "1"]).done().contains("others can have it now"));
    assert!(office.administer(&["status"]).done().contains("nobody has a seat"));
    laptop.run(&borrow).done();
    let status = office.administer(&["status"]).done();
    let row = status.lines().find(|line| line.contains("laptop")).expect("it is shown");
    let place = row.split('|').nth(1).expect("a place").trim().to_owned();
    assert!(office.administer(&["release", &place]).not_done(1).contains("use `server reclaim"));
    assert!(office.administer(&["reclaim", &place, "--at-once"]).done().contains("others can have it now"));
    assert!(office.administer(&["status"]).done().contains("3 free"));
    assert!(office.administer(&["log"]).done().contains("took away the seat of place"));
}
