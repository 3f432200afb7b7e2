//! What happens to a pool, and what comes of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::charter::Charter;
use super::fact::{Fact, Release, milliseconds};
use super::secret::LeaseSecret;
use crate::document::{Answer, Place, Request, Revocation, Ticket};
use crate::refusal::Refusal;
use crate::seal::Verified;

/// Something that happens to a pool.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// A host asks.
    Ask {
        /// What.
        request: Box<Verified<Request>>,
        /// The answer it shows as held, opened as this server's own ([`crate::seal::Keyward::open_own`]).
        shown: Option<Box<Verified<Answer>>>,
        /// How it came.
        way: Way,
    },
    /// A lease is kept.
    Beat(Beat),
    /// Somebody waits.
    Wait(Ticket),
    /// An administrator acts.
    Act(Act),
    /// Time has passed.
    Tick,
}

/// How a request came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// From its host, over the network.
    Line,
    /// In a file, by hand: what it says of the host may be long past.
    File {
        /// Who brought it.
        by: Box<str>,
    },
}

/// To whom seats are lent, as the administrator has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lending {
    /// Every host that asks.
    #[default]
    Open,
    /// Whose request an administrator brings in a file: for a loan, and for a later end of one.
    ByFile,
}

/// Says that a lease is in use. It gives no right: only a fresh lease does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Where the lease stands in the journal.
    pub place: Place,
    /// Proves that its holder says so.
    pub secret: LeaseSecret,
    /// Of the newest certificate the holder has: one that was lost on its way is signed again.
    pub generation: u64,
}

/// What an administrator does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Takes a lease or a loan away (promise 9).
    Release {
        /// Which.
        place: Place,
        /// From when on others can have it.
        how: Release,
        /// Who.
        by: Box<str>,
    },
    /// Accepts a loan as back that was given back by file.
    AcceptReturn {
        /// Which.
        place: Place,
        /// Who.
        by: Box<str>,
    },
    /// Says that no loan is out which this restored server does not know.
    AcceptRestore {
        /// Who.
        by: Box<str>,
    },
    /// Takes a delegation in: the first, or a newer one of the same entitlement.
    Delegate(Box<Charter>),
    /// Hears that the vendor took the delegation away: from here on nothing is granted, and what was granted ends by itself.
    Revoke(Revocation),
    /// Gives the license back to the vendor, to have it on another computer: from here on nothing is granted.
    Close {
        /// Who.
        by: Box<str>,
    },
    /// Does not give the license back after all. Only whoever knows that no return was sent to the vendor may say so.
    Reopen {
        /// Who.
        by: Box<str>,
    },
}

/// What came of it, and what is to be written first.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What happened, in order.
    pub facts: Vec<Fact>,
    /// What to tell, once the facts are written.
    pub outcome: Outcome,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer to a request.
    Answered(Box<Answered>),
    /// Seats are lent by file alone, and this was asked over the network. Nothing changed, and nothing is signed.
    ByFileAlone,
    /// An answer to a beat.
    Pulse(Pulse),
    /// An answer to who waits.
    Waited(Waited),
    /// An answer to an administrator.
    Acted(Result<Acted, Refusal>),
    /// Nothing to tell.
    Nothing,
}

/// An answer, to be signed by the license server's key.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Its words.
    pub answer: Answer,
    /// How the lease in it is kept.
    pub lifeline: Option<Lifeline>,
    /// What happened, for the log.
    pub happened: &'static str,
}

/// How a lease is kept. The secret is sent once, beside the answer, and stands in no document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifeline {
    /// Where the lease stands in the journal.
    pub place: Place,
    /// Proves a beat.
    pub secret: LeaseSecret,
    /// When to beat next.
    #[serde(with = "milliseconds")]
    pub next: Duration,
}

/// An answer to a beat.
#[derive(Debug, Clone, PartialEq)]
pub enum Pulse {
    /// The seat is kept.
    Kept {
        /// When to beat next.
        next: Duration,
    },
    /// The seat is kept, and here is a fresh lease of it, to be signed: it answers the check-out again.
    Fresh {
        /// The lease.
        answer: Box<Answer>,
        /// When to beat next.
        next: Duration,
    },
    /// The seat is kept until what was signed has ended, and no longer.
    Ending {
        /// Why.
        why: Gone,
        /// How long that is.
        left: Duration,
    },
    /// The seat is not the holder's any more.
    Gone(Gone),
    /// This server does not know the lease: check out again and show what is held.
    Show,
    /// Whoever beats does not know the secret of the lease.
    Stranger,
}

/// An answer to a beat as its holder hears it. It gives no right; a fresh lease comes beside it, signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PulseHeard {
    /// The seat is kept.
    Kept {
        /// When to beat next.
        #[serde(with = "milliseconds")]
        next: Duration,
    },
    /// The seat is kept until what was signed has ended, and no longer.
    Ending {
        /// Why.
        why: Gone,
        /// How long that is.
        #[serde(with = "milliseconds")]
        left: Duration,
    },
    /// The seat is not the holder's any more.
    Gone {
        /// Why.
        why: Gone,
    },
    /// The server does not know the lease: check out again and show what is held.
    Show,
    /// The server does not take the secret for that of the lease.
    Stranger,
}

impl From<&Pulse> for PulseHeard {
    fn from(pulse: &Pulse) -> Self {
        match pulse {
            Pulse::Kept { next } | Pulse::Fresh { next, .. } => Self::Kept { next: *next },
            Pulse::Ending { why, left } => Self::Ending { why: *why, left: *left },
            Pulse::Gone(why) => Self::Gone { why: *why },
            Pulse::Show => Self::Show,
            Pulse::Stranger => Self::Stranger,
        }
    }
}

/// Why a seat is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gone {
    /// It was given back, or a whole lease passed without a beat.
    Ended,
    /// The same user checked it out again: another process, or another copy of the vault, has it.
    TakenOver,
    /// An administrator took it away.
    Released,
    /// The server is giving its license back.
    Closed,
    /// The server's own license has ended.
    DelegationEnded,
    /// The vendor took the server's own license away.
    Revoked,
    /// There are fewer seats than there were.
    Reduced,
}

impl Gone {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::TakenOver => "taken-over",
            Self::Released => "released",
            Self::Closed => "closed",
            Self::DelegationEnded => "delegation-ended",
            Self::Revoked => "revoked",
            Self::Reduced => "reduced",
        }
    }
}

/// An answer to who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// Where it stands.
    #[serde(flatten)]
    pub wait: Wait,
    /// When to ask again.
    #[serde(with = "milliseconds")]
    pub next: Duration,
}

/// Where somebody stands who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wait", rename_all = "kebab-case")]
pub enum Wait {
    /// In line.
    Waiting {
        /// 1 is next.
        place: u32,
    },
    /// A seat is held for it: check out with the ticket.
    Ready {
        /// For so long.
        #[serde(with = "milliseconds")]
        left: Duration,
    },
    /// Its place is lost: check out again.
    Lost,
}

/// What came of an administrator's act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acted {
    /// It is done.
    Done,
    /// Nothing changed: it was so before, or there is no such seat.
    Nothing,
    /// The pool grants nothing more; when so much time has passed, nothing it signed is left and the license can be given back.
    Closing {
        /// So much time.
        #[serde(with = "milliseconds")]
        left: Duration,
    },
}
