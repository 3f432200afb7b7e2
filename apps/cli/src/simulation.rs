//! Other hosts, other dates and crashes on one machine: for test suites, in builds with the feature `simulation` alone.
//!
//! What is simulated is what a host is and what its clocks show. Vault, anchor, key server and random numbers are the real ones.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use keyward::{HostPorts, Timestamp};
use keyward_domain::host::PartKind;
use keyward_domain::time::{Boot, Now};
use keyward_fakes::{CrashPlan, CrashPoint, Crashing, FakeClock, FakeHost, FakeTimer};
use keyward_ports::Clock;

use crate::exit::Failure;

/// In the order in which a simulated host loses sight of them.
const KINDS: [PartKind; 6] = [PartKind::Machine, PartKind::Board, PartKind::Serial, PartKind::Nic, PartKind::Disk, PartKind::Processor];
/// Where a client can crash.
const CLIENT: [CrashPoint; 5] =
    [CrashPoint::BeforeSave, CrashPoint::AfterSave, CrashPoint::AfterAnchor, CrashPoint::BeforeSend, CrashPoint::AfterSend];
/// How often it is seen whether somebody turned the clock on.
const GLANCE: Duration = Duration::from_millis(10);

/// What is played.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Simulation {
    host: String,
    parts: usize,
    now: Now,
    /// Says by how many seconds the clock was turned on since then.
    turned: Option<PathBuf>,
    /// Where it crashes, the how-manieth time it comes there.
    crash: Option<(CrashPoint, u32)>,
}

/// A clock that stands.
struct Standing(Now);

impl Clock for Standing {
    fn now(&self) -> Now {
        self.0.clone()
    }
}

impl Simulation {
    /// The simulated date.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.wall
    }

    /// Puts the simulated host in the place of this one.
    pub(crate) fn play(&self, ports: HostPorts) -> Result<HostPorts, Failure> {
        let host = FakeHost::named(&self.host).map_err(|error| Failure::usage(format!("--simulate: {error}")))?;
        for kind in KINDS.into_iter().skip(self.parts) {
            host.hide_part(kind);
        }
        let played = match &self.turned {
            None => HostPorts { host: Arc::new(host), clock: Arc::new(Standing(self.now.clone())), ..ports },
            Some(file) => {
                let clock = turned_by(file.clone(), self.now.wall);
                let timer = Arc::new(FakeTimer::following(Arc::clone(&clock)));
                HostPorts { host: Arc::new(host), clock, timer, ..ports }
            }
        };
        let Some((point, nth)) = self.crash else { return Ok(played) };
        let plan = Arc::new(CrashPlan::at(point, nth, || std::process::abort()));
        Ok(HostPorts {
            server: Arc::new(Crashing::new(played.server, Arc::clone(&plan))),
            vault: Arc::new(Crashing::new(played.vault, Arc::clone(&plan))),
            anchor: Arc::new(Crashing::new(played.anchor, Arc::clone(&plan))),
            secrets: Arc::new(Crashing::new(played.secrets, plan)),
            ..played
        })
    }
}

impl FromStr for Simulation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut host, mut wall, mut parts, mut running, mut boot, mut crash) = (None, None, KINDS.len(), 0, "boot-1", None);
        let mut turned = None;
        for setting in text.split(',') {
            let (name, value) = setting.split_once('=').ok_or_else(|| format!("{setting:?} is no NAME=VALUE"))?;
            let bad = |what: &str| format!("{name}={value} is no {what}");
            match name {
                "host" => host = Some(value.to_owned()),
                "now" => wall = Some(value.parse().map_err(|_| bad("instant; write now=2027-03-31T12:00:00Z"))?),
                "parts" => parts = value.parse().ok().filter(|n| *n <= KINDS.len()).ok_or_else(|| bad("number of parts from 0 to 6"))?,
                "running" => running = value.parse().map_err(|_| bad("number of seconds"))?,
                "boot" => boot = value,
                "turned" => turned = Some(PathBuf::from(value)),
                "crash" => crash = Some(client_point(value)?),
                _ => return Err(format!("{name:?} cannot be simulated; choose host, now, turned, parts, running, boot or crash")),
            }
        }
        let host = host.ok_or("host=NAME is missing")?;
        let wall = wall.ok_or("now=RFC3339 is missing")?;
        if turned.is_some() && (running, boot) != (0, "boot-1") {
            return Err("turned=FILE says how long the host has been running; leave out running and boot".into());
        }
        let now = Now { wall, running: Duration::from_secs(running), boot: Boot(boot.into()) };
        Ok(Self { host, parts, now, turned, crash })
    }
}

/// A clock that several programs have in common: the file says by how many seconds somebody turned it on. Whatever waits waits for it.
fn turned_by(file: PathBuf, from: Timestamp) -> Arc<FakeClock> {
    let clock = Arc::new(FakeClock::at(from));
    let (turning, mut by) = (Arc::clone(&clock), Duration::ZERO);
    let mut look = move || {
        let said = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        if let Some(more) = said.and_then(|said| said.checked_sub(by)).filter(|more| !more.is_zero()) {
            turning.advance(more);
            by += more;
        }
    };
    look();
    thread::spawn(move || {
        loop {
            thread::sleep(GLANCE);
            look();
        }
    });
    clock
}

/// `POINT`, or `POINT:N` for the n-th time it comes there.
fn client_point(text: &str) -> Result<(CrashPoint, u32), String> {
    let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
    let point = name.parse().ok().filter(|point| CLIENT.contains(point));
    let client = CLIENT.map(|point| point.to_string());
    let point = point.ok_or_else(|| format!("a client has no crash point {name:?}; choose {}", client.join(", ")))?;
    Ok((point, nth.parse().map_err(|_| format!("crash={text} has no count after the colon"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_names_host_and_time_and_the_rest_is_as_usual() {
        let played: Simulation = "host=a,now=2027-01-01T00:00:00Z".parse().expect("enough is said");
        assert_eq!((played.parts, played.crash, played.now.running), (6, None, Duration::ZERO));
        let all: Simulation =
            "host=a,now=2027-01-01T00:00:00Z,parts=2,running=60,boot=b,crash=after-save:2".parse().expect("everything is said");
        assert_eq!((all.parts, all.crash, all.now.boot), (2, Some((CrashPoint::AfterSave, 2)), Boot("b".into())));
        let turned: Simulation = "host=a,now=2027-01-01T00:00:00Z,turned=t".parse().expect("it is said who turns the clock");
        assert_eq!(turned.turned, Some("t".into()));
    }

    #[test]
    fn what_cannot_be_simulated_is_named() {
        for (text, says) in [
            ("host=a", "now=RFC3339 is missing"),
            ("now=2027-01-01T00:00:00Z", "host=NAME is missing"),
            ("host=a,now=tomorrow", "now=tomorrow is no instant; write now=2027-03-31T12:00:00Z"),
            ("host=a,now=2027-01-01T00:00:00Z,parts=7", "parts=7 is no number of parts from 0 to 6"),
            (
                "host=a,now=2027-01-01T00:00:00Z,turned=t,running=60",
                "turned=FILE says how long the host has been running; leave out running and boot",
            ),
            ("host", "\"host\" is no NAME=VALUE"),
            ("weather=rain", "\"weather\" cannot be simulated; choose host, now, turned, parts, running, boot or crash"),
            (
                "crash=after-commit",
                "a client has no crash point \"after-commit\"; choose before-save, after-save, after-anchor, before-send, after-send",
            ),
        ] {
            assert_eq!(text.parse::<Simulation>(), Err(says.into()));
        }
    }
}
