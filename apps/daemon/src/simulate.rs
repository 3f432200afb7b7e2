//! Any date and any crash, for test suites. Only in builds with the feature `simulation`.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use keyward_domain::time::{Now, Timestamp};
use keyward_fakes::{CrashPlan, CrashPoint, Crashing, FakeClock};
use keyward_ports::{Clock, Journal, Ledger};
use keyward_web::{ReplyHook, ReplyPoint};

use crate::key_server::Parts;
use crate::license_server;

/// What is played: `now=RFC3339,turned=FILE,crash=POINT[:N]`.
#[derive(Debug, Clone)]
pub(crate) struct Simulation {
    now: Option<Timestamp>,
    turned: Option<PathBuf>,
    crash: Option<Crash>,
}

/// Where the server dies: the n-th time it comes there.
#[derive(Debug, Clone, Copy)]
struct Crash {
    point: Point,
    nth: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    Ledger(CrashPoint),
    BeforeCommit,
    Reply(ReplyPoint),
}

impl FromStr for Simulation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut simulation = Self { now: None, turned: None, crash: None };
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("now", at)) => {
                    simulation.now = Some(at.parse().map_err(|_| format!("{at:?} is not an instant such as 2027-03-31T12:00:00Z"))?);
                }
                Some(("turned", file)) => simulation.turned = Some(file.into()),
                Some(("crash", point)) => simulation.crash = Some(point.parse()?),
                _ => return Err(format!("{part:?} is not known; write now=RFC3339, turned=FILE or crash=POINT[:N]")),
            }
        }
        if simulation.turned.is_some() && simulation.now.is_none() {
            return Err("turned=FILE says how far the clock was turned on from now=RFC3339; write that too".into());
        }
        Ok(simulation)
    }
}

impl FromStr for Crash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (point, nth) = text.split_once(':').unwrap_or((text, "1"));
        let point = match point {
            "after-decide" => Point::Ledger(CrashPoint::AfterDecide),
            "before-commit" => Point::BeforeCommit,
            "after-commit" => Point::Ledger(CrashPoint::AfterCommit),
            "before-reply" => Point::Reply(ReplyPoint::BeforeReply),
            "mid-reply" => Point::Reply(ReplyPoint::MidReply),
            "after-reply" => Point::Reply(ReplyPoint::AfterReply),
            other => {
                return Err(format!(
                    "there is no crash point {other:?}; choose after-decide, before-commit, after-commit, before-reply, mid-reply or after-reply"
                ));
            }
        };
        Ok(Self { point, nth: nth.parse().map_err(|_| format!("{nth:?} is not a count"))? })
    }
}

impl Simulation {
    /// The clock that is played.
    pub(crate) fn clock(&self) -> Option<Arc<dyn Clock>> {
        let clock = FakeClock::at(self.now?);
        Some(match &self.turned {
            Some(file) => Arc::new(TurnedClock { clock, file: file.clone(), by: Mutex::default() }),
            None => Arc::new(clock),
        })
    }

    /// The parts of a key server with what is played put in.
    pub(crate) fn parts(&self) -> Result<Parts> {
        let mut parts = Parts::real();
        if let Some(clock) = self.clock() {
            parts.clock = clock;
        }
        match self.crash {
            Some(Crash { point: Point::Ledger(point), nth }) => {
                parts.between = Box::new(move |ledger| {
                    let plan = CrashPlan::at(point, nth, || std::process::abort());
                    Arc::new(Crashing::<dyn Ledger>::new(Arc::new(ledger), Arc::new(plan)))
                });
            }
            Some(Crash { point: Point::BeforeCommit, nth }) => {
                // The first commits of a first start make the keys; a server that was begun counts from its own.
                let left = AtomicU32::new(nth);
                parts.options = parts.options.before_commit(move || die_at_zero(&left));
            }
            Some(Crash { point: Point::Reply(at), nth }) => {
                parts.on_reply = Some(dies_at(at, nth));
            }
            None => {}
        }
        Ok(parts)
    }

    /// The parts of a license server with what is played put in. Its start writes to the journal too: that counts.
    pub(crate) fn site_parts(&self) -> license_server::Parts {
        let mut parts = license_server::Parts::real();
        if let Some(clock) = self.clock() {
            parts.clock = clock;
        }
        match self.crash {
            Some(Crash { point: Point::Ledger(point), nth }) => {
                let plan = Arc::new(CrashPlan::at(point, nth, || std::process::abort()));
                parts.between = Arc::new(move |journal| Arc::new(Crashing::<dyn Journal>::new(journal, Arc::clone(&plan))));
            }
            Some(Crash { point: Point::BeforeCommit, nth }) => {
                let left = AtomicU32::new(nth);
                parts.journals = parts.journals.before_commit(move || die_at_zero(&left));
            }
            Some(Crash { point: Point::Reply(at), nth }) => parts.on_reply = Some(dies_at(at, nth)),
            None => {}
        }
        parts
    }
}

/// A clock that several processes have in common: a file says by how many seconds somebody turned it on, and it stands in between.
#[derive(Debug)]
struct TurnedClock {
    clock: FakeClock,
    file: PathBuf,
    /// So far it was turned already.
    by: Mutex<Duration>,
}

impl Clock for TurnedClock {
    fn now(&self) -> Now {
        let said = fs::read_to_string(&self.file).ok().and_then(|text| text.trim().parse().ok());
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = said.map(Duration::from_secs).and_then(|said| said.checked_sub(*by)) {
            self.clock.advance(more);
            *by += more;
        }
        drop(by);
        self.clock.now()
    }
}

fn dies_at(at: ReplyPoint, nth: u32) -> ReplyHook {
    let left = AtomicU32::new(nth);
    Arc::new(move |point| {
        if point == at {
            die_at_zero(&left);
        }
    })
}

fn die_at_zero(left: &AtomicU32) {
    if left.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
}
