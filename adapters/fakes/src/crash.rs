//! Processes that die at named points: between a decision and its save, between a save and what is sent.
//!
//! All ports of one process are [`Crashing`] with one [`CrashPlan`]. When the plan's point is reached the process dies: a program
//! hands over [`std::process::abort`] as the action; a test lets it live on as a dead one, whose every call fails from there on.

mod ports;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A point at which a process can die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrashPoint {
    /// Client: the vault is about to be saved.
    BeforeSave,
    /// Client: the vault was saved.
    AfterSave,
    /// Client: the anchor was saved.
    AfterAnchor,
    /// Client: a request is about to be sent.
    BeforeSend,
    /// Client: a request was sent and its answer came; nothing was done with it yet.
    AfterSend,
    /// A server: it was decided, and nothing is in the ledger or the journal.
    AfterDecide,
    /// A server: it is in the ledger or the journal, and nobody was told.
    AfterCommit,
}

/// There is no crash point of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no crash point {name:?}; choose {}", names())]
pub struct UnknownCrashPoint {
    name: Box<str>,
}

fn names() -> String {
    CrashPoint::ALL.map(|point| point.to_string()).join(", ")
}

impl CrashPoint {
    /// All of them, in the order a process reaches them.
    pub const ALL: [Self; 7] =
        [Self::BeforeSave, Self::AfterSave, Self::AfterAnchor, Self::BeforeSend, Self::AfterSend, Self::AfterDecide, Self::AfterCommit];
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BeforeSave => "before-save",
            Self::AfterSave => "after-save",
            Self::AfterAnchor => "after-anchor",
            Self::BeforeSend => "before-send",
            Self::AfterSend => "after-send",
            Self::AfterDecide => "after-decide",
            Self::AfterCommit => "after-commit",
        })
    }
}

impl FromStr for CrashPoint {
    type Err = UnknownCrashPoint;

    fn from_str(text: &str) -> Result<Self, UnknownCrashPoint> {
        let known = Self::ALL.into_iter().find(|point| point.to_string() == text);
        known.ok_or_else(|| UnknownCrashPoint { name: text.into() })
    }
}

/// Where one process dies, and how.
pub struct CrashPlan {
    point: Option<CrashPoint>,
    left: AtomicU32,
    dying: AtomicBool,
    dead: AtomicBool,
    action: Arc<dyn Fn() + Send + Sync>,
}

/// The process is dead: nothing it asks for happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process has crashed")]
pub struct Crashed;

impl CrashPlan {
    /// Dies when it comes to a point for the n-th time, counted from 1. The action is called then, once.
    pub fn at(point: CrashPoint, nth: u32, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            point: Some(point),
            left: AtomicU32::new(nth),
            dying: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            action: Arc::new(action),
        }
    }

    /// Dies when it comes to a point for the first time, as far as a test can see.
    pub fn at_first(point: CrashPoint) -> Self {
        Self::at(point, 1, || {})
    }

    /// Does not die, unless it is killed.
    pub fn never() -> Self {
        Self { point: None, left: AtomicU32::new(0), dying: AtomicBool::new(false), dead: AtomicBool::new(false), action: Arc::new(|| {}) }
    }

    /// Dies now, wherever it is.
    pub fn kill(&self) {
        // The action first: a program that aborts must not be seen dead by its own threads before it is.
        if !self.dying.swap(true, Ordering::SeqCst) {
            (self.action)();
            self.dead.store(true, Ordering::SeqCst);
        }
    }

    /// Whether it died.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Comes to a point. An error if the process dies there or is dead already.
    pub fn reach(&self, point: CrashPoint) -> Result<(), Crashed> {
        self.alive()?;
        if self.point == Some(point) && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.kill();
        }
        self.alive()
    }

    fn alive(&self) -> Result<(), Crashed> {
        if self.is_dead() { Err(Crashed) } else { Ok(()) }
    }
}

impl fmt::Debug for CrashPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashPlan").field("point", &self.point).field("left", &self.left).field("dead", &self.dead).finish_non_exhaustive()
    }
}

/// A port of a process that may die: the vault, anchor, secrets or key server of a client, the ledger or
/// secrets of a key server, the journal of a license server.
pub struct Crashing<P: ?Sized> {
    inner: Arc<P>,
    plan: Arc<CrashPlan>,
}

impl<P: ?Sized> Crashing<P> {
    /// The port, as the process with this plan sees it.
    pub fn new(inner: Arc<P>, plan: Arc<CrashPlan>) -> Self {
        Self { inner, plan }
    }
}
