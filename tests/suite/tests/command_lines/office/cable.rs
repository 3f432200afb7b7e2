//! Two computers and the cable between them: network namespaces of their own, joined by a pair of network cards that exist nowhere else.
//!
//! They live as long as the programs that hold them, which end with the test. Where none can be made, whoever asks is told why.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::{Rooms, behind};

const SERVER: &str = "10.11.12.1";
const DESK: &str = "10.11.12.2";
/// As root there may be no other users to be had; without being root there must be.
const WAYS: [(&[&str], &[&str]); 2] = [(&["--user", "--map-root-user"], &["--user", "--preserve-credentials"]), (&[], &[])];

/// The license server's computer, a user's desk, and the cable between them.
pub(crate) struct Cable {
    server: Computer,
    desk: Computer,
}

/// A computer with a network of its own.
struct Computer {
    holder: Child,
    /// What goes before a command that runs there.
    enter: Vec<String>,
}

impl Cable {
    /// Lays a cable; none where that cannot be done here, which is said with its reason.
    pub(crate) fn lay() -> Option<Self> {
        let mut reasons = Vec::new();
        for (make, enter) in WAYS {
            match Self::laid(make, enter) {
                Ok(cable) => return Some(cable),
                Err(why) => reasons.push(why),
            }
        }
        eprintln!("skipped: two computers with a cable between them cannot be made here: {}", reasons.join("; "));
        None
    }

    fn laid(make: &[&str], enter: &[&str]) -> Result<Self, String> {
        let here: Vec<String> = Vec::new();
        let server = Computer::new(&here, make, enter)?;
        let desk = Computer::new(&server.enter, &[], enter)?;
        let cable = Self { server, desk };
        let other_end = cable.desk.holder.id().to_string();
        cable.server.sets(&["link", "add", "lan", "type", "veth", "peer", "name", "lan", "netns", &other_end])?;
        for (computer, address) in [(&cable.server, SERVER), (&cable.desk, DESK)] {
            computer.sets(&["address", "add", &format!("{address}/24"), "dev", "lan"])?;
            computer.sets(&["link", "set", "lo", "up"])?;
            computer.sets(&["link", "set", "lan", "up"])?;
        }
        Ok(cable)
    }

    /// Pulls the cable at the desk.
    pub(crate) fn pull(&self) {
        self.desk.sets(&["link", "set", "lan", "down"]).expect("the cable is pulled");
    }

    /// Puts it in again.
    pub(crate) fn plug(&self) {
        self.desk.sets(&["link", "set", "lan", "up"]).expect("the cable is put in");
    }
}

impl Rooms for Cable {
    fn listens(&self) -> &'static str {
        "10.11.12.1:0"
    }

    fn at_server(&self, command: Command) -> Command {
        behind(&self.server.enter, &command)
    }

    fn at_desk(&self, command: Command) -> Command {
        behind(&self.desk.enter, &command)
    }
}

impl Computer {
    /// Made behind what goes before it.
    fn new(before: &[String], make: &[&str], enter: &[&str]) -> Result<Self, String> {
        let mut unshare = Command::new("unshare");
        // It ends when the test closes its input.
        unshare.args(make).args(["--net", "sh", "-c", "echo made && exec cat"]);
        let mut unshare = if before.is_empty() { unshare } else { behind(before, &unshare) };
        let holder = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut holder = holder.map_err(|error| format!("unshare does not start: {error}"))?;
        let mut said = String::new();
        BufReader::new(holder.stdout.take().expect("its output is a pipe")).read_line(&mut said).expect("it says when it is made");
        let id = holder.id().to_string();
        let enter = ["nsenter", "--target", &id, "--net"].iter().chain(enter).map(|&word| word.to_owned()).collect();
        let computer = Self { holder, enter };
        if said.is_empty() { Err(computer.complaint()) } else { Ok(computer) }
    }

    /// Why it was not made.
    fn complaint(mut self) -> String {
        let error = self.holder.stderr.take().map(std::io::read_to_string);
        error.and_then(Result::ok).unwrap_or_default().trim().to_owned()
    }

    /// Sets something of its network.
    fn sets(&self, what: &[&str]) -> Result<(), String> {
        let mut ip = Command::new("ip");
        ip.args(what);
        let done = behind(&self.enter, &ip).stdin(Stdio::null()).output().map_err(|error| format!("nsenter does not start: {error}"))?;
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()) }
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
