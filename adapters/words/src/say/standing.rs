//! What a product may do now.

use keyward_domain::document::RevocationReason;
use keyward_domain::standing::{Flag, Reason, Status, Verdict};
use keyward_domain::vault::Loss;

use crate::message::{Message, Part, Say};

impl Say for Verdict {
    fn message(&self) -> Message {
        match self {
            Self::Licensed { until: None } => Message::new("verdict-licensed"),
            Self::Licensed { until: Some(until) } => Message::new("verdict-licensed-until").instant("until", *until),
            Self::Grace { flag } => flag.message(),
            Self::Stopped { reason } => reason.message(),
        }
    }
}

/// The title is the cell of the table; the text says what it means.
impl Say for Status {
    fn message(&self) -> Message {
        match self {
            Self::Enabled => Message::new("status-enabled"),
            Self::Trial => Message::new("status-trial"),
            Self::Borrowed => Message::new("status-borrowed"),
            Self::Returning { refused: None } => Message::new("status-returning"),
            Self::Returning { refused: Some(refusal) } => {
                Message::new("status-return-refused").said("cause", Part::Text, refusal).said("what-to-do", Part::Remedy, refusal)
            }
            Self::Stopped { reason } => Message::new("status-stopped")
                .said("reason", Part::Title, reason)
                .said("cause", Part::Text, reason)
                .said("what-to-do", Part::Remedy, reason),
        }
    }
}

impl Say for Flag {
    fn message(&self) -> Message {
        match self {
            Self::Unverified { until } => Message::new("flag-unverified").instant("until", *until),
            Self::HostChanged { left } => Message::new("flag-host-changed").length("left", *left),
            Self::ClockSuspect { left } => Message::new("flag-clock-suspect").length("left", *left),
            Self::RestoredCopy => Message::new("flag-restored-copy"),
            Self::SeatLost { left, why } => about("flag-seat-lost", *why).length("left", *left),
        }
    }
}

impl Say for Reason {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::Unlicensed => plain("reason-unlicensed"),
            Self::Expired { until } => plain("reason-expired").instant("until", *until),
            Self::TrialOver { until } => plain("reason-trial-over").instant("until", *until),
            Self::NotYet { from } => plain("reason-not-yet").instant("from", *from),
            Self::ContactOverdue { due } => plain("reason-contact-overdue").instant("due", *due),
            Self::OtherHost => plain("reason-other-host"),
            Self::HostChanged => plain("reason-host-changed"),
            Self::Revoked { why } => why.message(),
            Self::Returned => plain("reason-returned"),
            Self::LoanOver { until } => plain("reason-loan-over").instant("until", *until),
            Self::SeatLost { why } => about("reason-seat-lost", *why),
            Self::NotCovered { until } => plain("reason-not-covered").instant("until", *until),
        }
    }
}

/// Something that a loss is the cause of.
pub(crate) fn about(id: &'static str, why: Loss) -> Message {
    Message::new(id).said("cause", Part::Text, &why).said("what-to-do", Part::Remedy, &why)
}

impl Say for Loss {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Silent => "loss-silent",
            Self::Restored => "loss-restored",
            Self::Ended => "loss-ended",
            Self::TakenOver => "loss-taken-over",
            Self::Released => "loss-released",
            Self::Closed => "loss-closed",
            Self::DelegationEnded => "loss-delegation-ended",
            Self::Revoked => "loss-revoked",
            Self::Reduced => "loss-reduced",
        })
    }
}

impl Say for RevocationReason {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Revoked => "revoked-by-vendor",
            Self::Moved => "revoked-moved",
            Self::Freed => "revoked-freed",
            Self::Returned => "revoked-returned",
        })
    }
}
