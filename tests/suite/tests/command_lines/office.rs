//! A site with a license server: its seats, the people who use them, its administrator, and one clock on the wall that a test turns on.

#[cfg(target_os = "linux")]
pub(crate) mod cable;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use keyward_suite::program;

use crate::site::{Host, NOW, Said, Site, run, undisturbed};

/// Three seats, and one for emergencies; two may be borrowed, for thirty days.
const THREE: [&str; 10] = ["--type", "network", "--seats", "3", "--overdraft", "1", "--borrow-days", "30", "--borrow-seats", "2"];
/// Says that it holds a seat, writes down each line it is told, says so, and ends with a code of its own when it is told nothing more.
const DRAWS: &str = r#"echo seated >&2; while read line; do echo "$line" >>"$0" && echo "saved $line" >&2; done; exit 7"#;

/// So long a program may take to do what it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// So long a program that waits for the clock may take to do what is due: longer than for any answer that does not come.
const GLANCE: Duration = Duration::from_secs(6);
/// So much later it is then: less than that, so that what is lost to a machine that does much else is not mistaken for time.
const LATER: u64 = 5;
/// More than any program waits that keeps a seat.
const LATEST: u64 = 120;

/// Where the license server stands, and where its users do: on one computer, if nothing else is said.
pub(crate) trait Rooms {
    /// The address that the server listens on.
    fn listens(&self) -> &'static str {
        "127.0.0.1:0"
    }

    /// A command at the server's computer.
    fn at_server(&self, command: Command) -> Command {
        command
    }

    /// A command at a user's desk.
    fn at_desk(&self, command: Command) -> Command {
        command
    }
}

/// One computer.
pub(crate) struct OneRoom;

impl Rooms for OneRoom {}

/// A site with a license server.
pub(crate) struct Office<R: Rooms = OneRoom> {
    pub(crate) site: Site,
    pub(crate) rooms: R,
    /// The license, as it is named where it is borrowed.
    pub(crate) license: String,
    server: Option<Child>,
    at: String,
    /// The server's log: each request that it served is a line.
    log: Receiver<String>,
}

/// Somebody who holds a seat, or waits for one, while a program runs.
pub(crate) struct Worker {
    pub(crate) program: Child,
    says: Receiver<String>,
    drawing: PathBuf,
}

impl Office {
    /// With three seats.
    pub(crate) fn open() -> Self {
        Self::in_rooms(OneRoom, &THREE)
    }
}

impl<R: Rooms> Office<R> {
    /// With a license of these terms.
    pub(crate) fn in_rooms(rooms: R, terms: &[&str]) -> Self {
        let site = Site::open();
        let (key, license) = site.issue(&[&["--tenure", "perpetual"], terms].concat());
        let mut office = Self { site, rooms, license, server: None, at: String::new(), log: mpsc::channel().1 };
        run(office.license_server("lan").args(["activate", &key, "--profile"]).arg(office.site.profile()), "").done();
        office.start();
        office
    }

    /// `keywardd license-server` over a data folder of the site.
    pub(crate) fn license_server(&self, data: &str) -> Command {
        self.license_server_that(data, &self.played(NOW))
    }

    fn license_server_that(&self, data: &str, played: &str) -> Command {
        let mut command = Command::new(program("keywardd"));
        command.arg("license-server").arg("--data").arg(self.site.dir().join(data));
        command.arg("--anchor").arg(self.site.dir().join(format!("{data}-anchor")));
        command.args(["--simulate", played, "--listen", self.rooms.listens()]);
        command
    }

    /// Starts the license server, wherever it listens now.
    pub(crate) fn start(&mut self) {
        let (mut server, at) = self.serve("lan", Stdio::piped());
        self.log = lines_of(server.stderr.take().expect("its log is a pipe"));
        (self.server, self.at) = (Some(server), at);
    }

    /// Starts a license server over a data folder: the process, and where it listens.
    pub(crate) fn serve(&self, data: &str, log: Stdio) -> (Child, String) {
        let (server, at) = self.begins(self.license_server(data), log);
        (server, at.expect("it says where it listens"))
    }

    /// The process, and where it listens, if it comes to that.
    fn begins(&self, command: Command, log: Stdio) -> (Child, Option<String>) {
        let mut server = self.rooms.at_server(command);
        server.env("KEYWARD_LOG", "info,keyward_web=debug").stdout(Stdio::piped()).stderr(log);
        let mut server = undisturbed(&mut server).spawn().expect("the license server starts");
        let mut first = String::new();
        BufReader::new(server.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it can be heard");
        let at = first.trim_end().strip_prefix("listening on https://").map(str::to_owned);
        (server, at)
    }

    /// Starts the license server, which is to die when it comes to a point for the n-th time. Says whether it lives as long as to listen.
    pub(crate) fn starts_to_die_at(&mut self, point: &str, nth: u32) -> bool {
        self.stop();
        let command = self.license_server_that("lan", &format!("{},crash={point}:{nth}", self.played(NOW)));
        let (mut server, at) = self.begins(command, Stdio::piped());
        self.log = lines_of(server.stderr.take().expect("its log is a pipe"));
        if at.is_none() {
            server.wait().expect("it died");
        }
        (self.server, self.at) = (at.is_some().then_some(server), at.unwrap_or_default());
        self.server.is_some()
    }

    /// Waits until the license server has died of itself: nobody writes its log any more.
    #[track_caller]
    pub(crate) fn dies(&mut self) {
        let (begun, mut log) = (Instant::now(), Vec::new());
        let mut server = self.server.take().expect("it was started");
        let dead = loop {
            match self.log.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(line) => log.push(line),
                Err(end) => break end == RecvTimeoutError::Disconnected,
            }
        };
        let ended = dead.then(|| server.wait().expect("it ended").code());
        self.server = Some(server);
        assert_eq!(ended, Some(None), "it was to die of a signal: {}", log.join("\n"));
    }

    /// Kills the license server, as a power cut does.
    pub(crate) fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // It may be dead already.
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    pub(crate) fn at(&self) -> &str {
        &self.at
    }

    /// Turns the clock on the wall on, to so many minutes and seconds after everything began.
    pub(crate) fn turn_to(&self, minutes: u64, seconds: u64) {
        let (turned, making) = (self.turned(), self.site.dir().join("turned.new"));
        fs::write(&making, (60 * minutes + seconds).to_string()).and_then(|()| fs::rename(&making, turned)).expect("the clock is turned");
    }

    /// Turns the clock on to so many minutes and seconds, and gives what somebody is told then. Whoever had not begun to wait when it was
    /// turned is told a little later.
    #[track_caller]
    pub(crate) fn tells(&self, worker: &mut Worker, minutes: u64, seconds: u64) -> String {
        for later in (0..=LATEST / LATER).map(|n| n * LATER) {
            self.turn_to(minutes, seconds + later);
            if let Some(line) = worker.hears_within(GLANCE) {
                return line;
            }
        }
        panic!("nothing is told");
    }

    /// Turns the clock on until the license server hears a beat, the next after the last that was waited for.
    #[track_caller]
    pub(crate) fn hears_a_beat(&self, minutes: u64, seconds: u64) {
        for later in (0..=LATEST / LATER).map(|n| n * LATER) {
            self.turn_to(minutes, seconds + later);
            let begun = Instant::now();
            while let Ok(line) = self.log.recv_timeout(GLANCE.saturating_sub(begun.elapsed())) {
                if line.contains("/v1/beats") && line.contains("served") {
                    return;
                }
            }
        }
        panic!("no beat is heard");
    }

    /// Waits until the server's table says something: it lets time pass once a second.
    #[track_caller]
    pub(crate) fn comes_to_say(&self, what: &str) {
        eventually(what, || self.administer(&["status"]).done().contains(what));
    }

    fn turned(&self) -> PathBuf {
        self.site.dir().join("turned")
    }

    /// The clock on the wall, for whoever plays a date.
    fn played(&self, now: &str) -> String {
        format!("now={now},turned={}", self.turned().display())
    }

    pub(crate) fn host(&self, name: &str) -> Host {
        self.site.host(name)
    }

    /// `keyward` on a host, by the clock on the wall.
    pub(crate) fn keyward(&self, name: &str, arguments: &[&str]) -> Command {
        let played = self.played(NOW);
        let mut command = self.host(name).command(played.strip_prefix("now=").expect("it begins with the date"));
        command.env("USER", name).args(arguments);
        command
    }

    /// What a user does at a desk.
    pub(crate) fn types(&self, name: &str, arguments: &[&str]) -> Said {
        run(&mut self.rooms.at_desk(self.keyward(name, arguments)), "")
    }

    /// What the administrator does at the server.
    pub(crate) fn administer(&self, arguments: &[&str]) -> Said {
        self.administer_at(self.at(), "lan", arguments)
    }

    /// The same at one of several servers.
    pub(crate) fn administer_at(&self, at: &str, data: &str, arguments: &[&str]) -> Said {
        let mut command = Command::new(program("keyward"));
        command.arg("--profile").arg(self.site.profile()).args(["server", "--server", &format!("https://{at}"), "--token-file"]);
        command.arg(self.site.dir().join(data).join("admin-token")).args(arguments);
        run(&mut self.rooms.at_server(command), "")
    }

    /// The line of the server's table that a host stands in.
    pub(crate) fn row_of(&self, name: &str) -> Option<String> {
        let status = self.administer(&["status"]).done();
        status.lines().find(|line| line.split('|').nth(3).is_some_and(|host| host.trim() == name)).map(str::to_owned)
    }

    /// The place of a host's seat, by which the administrator names it.
    pub(crate) fn place_of(&self, name: &str) -> String {
        let row = self.row_of(name).expect("it has a seat");
        row.split('|').nth(1).expect("a place").trim().to_owned()
    }

    /// Somebody draws at a desk, in a seat.
    pub(crate) fn works(&self, name: &str, more: &[&str]) -> Worker {
        Worker::begin(self.rooms.at_desk(self.use_seat(name, more, DRAWS)), self.drawing(name))
    }

    /// A script holds a seat of a host's user.
    pub(crate) fn use_seat(&self, name: &str, more: &[&str], script: &str) -> Command {
        let mut command = self.keyward(name, &["network", "use", self.at()]);
        command.args(more).args(["--", "sh", "-c", script]).arg(self.drawing(name));
        command
    }

    pub(crate) fn drawing(&self, name: &str) -> PathBuf {
        self.site.dir().join(format!("{name}.drawing"))
    }
}

impl<R: Rooms> Drop for Office<R> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Worker {
    pub(crate) fn begin(mut command: Command, drawing: PathBuf) -> Self {
        let command = undisturbed(&mut command).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut program = command.spawn().expect("it starts");
        let says = lines_of(program.stderr.take().expect("its errors are a pipe"));
        Self { program, says, drawing }
    }

    /// The next line; an empty one when nothing more is said.
    #[track_caller]
    pub(crate) fn hears(&mut self) -> String {
        self.hears_within(PATIENCE).expect("something is said")
    }

    fn hears_within(&mut self, most: Duration) -> Option<String> {
        match self.says.recv_timeout(most) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => Some(String::new()),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    /// Draws a line and saves it, and hears nothing else in between.
    #[track_caller]
    pub(crate) fn saves(&mut self, line: &str) {
        let told = self.program.stdin.as_mut().expect("its input is a pipe").write_all(format!("{line}\n").as_bytes());
        told.expect("it listens");
        assert_eq!(self.hears(), format!("saved {line}"));
        assert_eq!(fs::read_to_string(&self.drawing).expect("the drawing").lines().last(), Some(line));
    }

    /// Its command is told nothing more; gives its exit code.
    pub(crate) fn goes_home(mut self) -> Option<i32> {
        drop(self.program.stdin.take());
        self.ends()
    }

    /// Its exit code, when it has ended, whatever it was told.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        // Waiting closes its input, which would end it too.
        let _held = self.program.stdin.take();
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

/// Asks another program again and again until it is so, on a machine that does much else.
#[track_caller]
pub(crate) fn eventually(what: &str, asked: impl Fn() -> bool) {
    let begun = Instant::now();
    while !asked() {
        assert!(begun.elapsed() < PATIENCE, "it does not come to this: {what}");
    }
}

/// What a program writes. It is read to its end, also when nobody listens any more.
fn lines_of(pipe: ChildStderr) -> Receiver<String> {
    let (heard, says) = mpsc::channel();
    let lines = BufReader::new(pipe).lines().map_while(Result::ok);
    thread::spawn(move || lines.for_each(|line| drop(heard.send(line))));
    says
}

/// The same program, behind another that goes before it.
pub(crate) fn behind(before: &[String], command: &Command) -> Command {
    let [first, rest @ ..] = before else { panic!("something goes before it") };
    let mut behind = Command::new(first);
    behind.args(rest).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => behind.env(name, value),
            None => behind.env_remove(name),
        };
    }
    behind
}

/// A file of the site, as it is typed.
pub(crate) fn typed(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}
