//! README's tour, typed as it stands there: what the programs say is what README says they say.
//!
//! Keys, ids, instants, the host's name and the port differ from run to run; all else is compared. Nothing is played here: real hosts, real clock.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use keyward_suite::guides::{Typed, terminals};
use keyward_suite::program;
use tempfile::TempDir;

use crate::site::run;

/// A person's terminal on the tour.
struct Terminal {
    dir: TempDir,
    /// Aliases and variables, a line each.
    set: String,
    /// What runs in the background.
    started: Vec<Child>,
    /// What README says, and what it is here: the servers' addresses and license keys.
    here: Vec<(String, String)>,
}

impl Terminal {
    fn open() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder"), set: String::new(), started: Vec::new(), here: Vec::new() }
    }

    /// Types a command; gives what it said.
    fn type_in(&mut self, Typed { command, said }: &Typed<'_>) -> Vec<String> {
        let command = self.as_here(command);
        if command.starts_with("alias ") || command.starts_with("export ") {
            self.set = format!("{}{command}\n", self.set);
            return Vec::new();
        }
        let lines = match command.strip_suffix(" &") {
            Some(server) => self.start(server, said.len()),
            None => run(self.bash(&format!("exec 2>&1\n{command}\n")).stderr(Stdio::null()), "").out.lines().map(str::to_owned).collect(),
        };
        self.learn(said, &lines);
        lines
    }

    /// Starts a server on a port that the system picks; gives its first lines.
    fn start(&mut self, command: &str, lines: usize) -> Vec<String> {
        let mut server = self.bash(&format!("exec {command} --listen 127.0.0.1:0\n")).stdout(Stdio::piped()).spawn().expect("bash starts");
        let out = BufReader::new(server.stdout.take().expect("its output is a pipe"));
        self.started.push(server);
        out.lines().take(lines).map(|line| line.expect("a line")).collect()
    }

    /// A shell where the programs are found and what was set is set.
    fn bash(&self, script: &str) -> Command {
        let programs = program("keyward").parent().map(Path::to_owned).expect("the programs are in a folder");
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(format!("PATH=\"$PROGRAMS:$PATH\"\nshopt -s expand_aliases\n{}{script}", self.set));
        bash.env("PROGRAMS", programs).current_dir(self.dir.path());
        bash
    }

    /// Learns what README's addresses and keys are here.
    fn learn(&mut self, said: &[&str], lines: &[String]) {
        let address = |line: &str| line.strip_prefix("listening on https://").map(str::to_owned);
        for (there, here) in said.iter().zip(lines) {
            match (address(there), address(here)) {
                (Some(there), Some(here)) => self.here.push((there, here)),
                _ if is_key(there) && is_key(here) => self.here.push(((*there).into(), here.clone())),
                _ => {}
            }
        }
    }

    /// A command with the addresses and the keys of this run; a key with a typo keeps its typo.
    fn as_here(&self, command: &str) -> String {
        let mut typed = command.to_owned();
        for (there, here) in &self.here {
            typed = typed.replace(there, here);
            for word in command.split(' ').filter(|word| is_key(word) && is_key(there) && differences(word, there) == 1) {
                let typo = word.chars().zip(there.chars()).zip(here.chars());
                let typo = typo.map(|((typed, meant), here)| match typed {
                    _ if typed == meant => here,
                    _ if typed == here => meant,
                    _ => typed,
                });
                typed = typed.replace(word, &typo.collect::<String>());
            }
        }
        typed
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for server in &mut self.started {
            // It may be gone already.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// Whether this is a license key, or one that is masked but for its end.
fn is_key(text: &str) -> bool {
    text.len() == 29 && text.bytes().enumerate().all(|(at, c)| if at % 6 == 5 { c == b'-' } else { c.is_ascii_alphanumeric() || c == b'*' })
}

fn differences(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).filter(|(one, other)| one != other).count()
}

/// A line without what differs from run to run.
fn masked(line: &str) -> String {
    let is_server = |word: &str| ["https://127.0.0.1:", "https://localhost:"].iter().any(|begin| word.starts_with(begin));
    let is_id = |word: &str| {
        ((word.starts_with("A-") || word.starts_with("E-")) && word.len() == 18) || (word.starts_with("S-") && word.len() == 31)
    };
    let is_instant = |word: &str| word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
    let mask = |word: &str| match word.trim_matches(['(', ')', ';', ':', ',', '.']) {
        bare if is_key(bare) => word.replace(bare, "KEY"),
        bare if is_id(bare) => word.replace(bare, &bare[..2]),
        bare if is_instant(bare) => word.replace(bare, "INSTANT"),
        bare if is_server(bare) => word.replace(bare, "SERVER"),
        _ => word.to_owned(),
    };
    let line: Vec<String> = line.split(' ').map(mask).collect();
    let mut line = line.join(" ");
    for marker in ["in use: ", "In use by: "] {
        if let Some((before, after)) = line.split_once(marker).and_then(|(before, rest)| Some((before, rest.split_once(" since ")?.1))) {
            line = format!("{before}{marker}WHO since {after}");
        }
    }
    line
}

#[test]
fn the_tour_says_what_readme_says() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).expect("README can be read");
    let tour = readme.split("\n## ").find(|part| part.starts_with("A tour\n")).expect("README has a tour");
    let mut terminal = Terminal::open();
    let steps = terminals(tour);
    assert!(steps.len() > 10, "{steps:?}");
    for step in steps {
        let said = terminal.type_in(&step);
        let (expected, said) = (step.said.iter().map(|line| masked(line)), said.iter().map(|line| masked(line)));
        assert_eq!(said.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "$ {}", step.command);
    }
}

#[test]
fn only_what_differs_from_run_to_run_is_masked() {
    let table = [
        ("4TJJG-8A69W-27XH7-CYRJX-0S692", "KEY"),
        ("| *****-*****-*****-*****-0S692 | Enabled |", "| KEY | Enabled |"),
        ("E-A45CIK5YWPTAQIGH: cad until 2027-04-01T12:00:00Z, 0 of 1", "E-: cad until INSTANT, 0 of 1"),
        ("is in use: vm since 2026-11-21T20:08:09Z. Return it", "is in use: WHO since INSTANT. Return it"),
        ("In use by: ada on vm since 2026-11-21T20:08:09Z. Wait", "In use by: WHO since INSTANT. Wait"),
        ("(S-WISCVQ7LZWPQ-RSPS7HI4VPCTA67M)", "(S-)"),
        ("listening on https://127.0.0.1:45123", "listening on SERVER"),
        ("listening on https://localhost:27487", "listening on SERVER"),
        ("Trial will expire in 30 days", "Trial will expire in 30 days"),
    ];
    for (line, expected) in table {
        assert_eq!(masked(line), expected);
    }
}
