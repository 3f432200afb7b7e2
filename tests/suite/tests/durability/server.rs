//! A key server as a process, and the folder it lives in.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use keyward_suite::program;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A folder of a test: the server's data, its anchor, its log, and whatever else the test puts there.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.at("data")
    }

    /// `keywardd key-server` over the data of this place, with more arguments; not started yet.
    pub(crate) fn key_server(&self, more: &[&str]) -> Command {
        key_server(&self.data(), more)
    }

    /// A key server of this place, that is ready to be asked.
    pub(crate) fn serve(&self, more: &[&str]) -> Server {
        self.run(self.key_server(more))
    }

    /// A key server of this place over another data folder.
    pub(crate) fn serve_over(&self, data: &Path) -> Server {
        let mut server = self.run(key_server(data, &[]));
        server.data = data.into();
        server
    }

    /// A program that says `listening on URL`, when it has said so.
    pub(crate) fn run(&self, command: Command) -> Server {
        self.start(command).unwrap_or_else(|| panic!("the server did not start: {}", self.log()))
    }

    /// The same; none if it ends before.
    pub(crate) fn start(&self, mut command: Command) -> Option<Server> {
        let log = File::options().create(true).append(true).open(self.at("log")).expect("a log");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("it starts");
        let mut server = Server { child, url: String::new(), data: self.data() };
        let out = BufReader::new(server.child.stdout.take().expect("its output is a pipe"));
        match out.lines().find_map(|line| Some(line.ok()?.strip_prefix("listening on ")?.to_owned())) {
            Some(url) => {
                server.url = url;
                Some(server)
            }
            None => {
                // Its output is closed: it is ending. It holds its files until it has.
                server.child.wait().expect("it ends");
                None
            }
        }
    }

    /// What its servers logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap_or_default()
    }
}

/// `keywardd key-server` without limits on requests, on a port that is free.
pub(crate) fn key_server(data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(program("keywardd"));
    command.args(["key-server", "--listen", "127.0.0.1:0", "--per-key", "0", "--per-device", "0", "--per-address", "0", "--data"]);
    command.arg(data).args(more);
    command
}

/// Runs `keywardd` to its end: how it ended, and what it said as an error.
pub(crate) fn keywardd(arguments: &[&str]) -> (ExitStatus, String) {
    let done = Command::new(program("keywardd")).args(arguments).stdin(Stdio::null()).output().expect("keywardd runs");
    (done.status, String::from_utf8_lossy(&done.stderr).into_owned())
}

/// A server that runs, perhaps below another program that watches it. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    url: String,
    data: PathBuf,
}

impl Server {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as a power cut does.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Tells it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().expect("it stops")
    }

    /// Waits for it to die of a signal.
    pub(crate) fn dies(mut self) {
        let status = self.child.wait().expect("it dies");
        assert!(status.signal().is_some(), "it was to crash, and it ended: {status}");
    }

    /// The server itself, which is below a program that watches it, if one does. That program ends when the server has.
    fn itself(&self) -> Pid {
        let id = self.id();
        let below = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let below = below.split_whitespace().next().and_then(|id| Pid::from_raw(id.parse().ok()?));
        below.unwrap_or_else(|| Pid::from_child(&self.child))
    }

    fn signal(&self, signal: Signal) {
        // It may be gone already; nobody else has its number before it is waited for.
        let _ = kill_process(self.itself(), signal);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
            let _ = self.child.wait();
        }
    }
}
