//! What a doubt and a stop are called, what is said of them, and what to do next.

use std::fmt;

use super::{Flag, Reason};
use crate::document::RevocationReason;
use crate::time::Spelled;

impl Flag {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "unverified",
            Self::HostChanged { .. } => "host-changed",
            Self::ClockSuspect { .. } => "clock-suspect",
            Self::RestoredCopy => "restored-copy",
            Self::SeatLost { .. } => "seat-lost",
        }
    }

    /// What it is called.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "Unverified",
            Self::HostChanged { .. } => "Host Changed",
            Self::ClockSuspect { .. } => "Clock Suspect",
            Self::RestoredCopy => "Restored Copy",
            Self::SeatLost { .. } => "Seat Lost",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "refresh",
            Self::HostChanged { .. } => "refresh: it gives a new binding",
            Self::ClockSuspect { .. } => "set the clock and refresh",
            Self::RestoredCopy => "refresh",
            Self::SeatLost { why, .. } => why.remedy(),
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified { until } => write!(f, "the key server has not confirmed this; it works until {until}"),
            Self::HostChanged { left } => {
                write!(f, "parts of this computer changed since it was activated; it works for {} of running time", Spelled(*left))
            }
            Self::ClockSuspect { left } => {
                write!(
                    f,
                    "this computer's clock is behind what was seen before; after {} of running time it is no longer used",
                    Spelled(*left)
                )
            }
            Self::RestoredCopy => f.write_str("the license vault was restored from a copy, or a copy of it is in use elsewhere"),
            Self::SeatLost { left, why } => write!(f, "{}; it works on for {}", why.text(), Spelled(*left)),
        }
    }
}

impl Reason {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unlicensed => "unlicensed",
            Self::Expired { .. } => "expired",
            Self::TrialOver { .. } => "trial-over",
            Self::NotYet { .. } => "not-yet",
            Self::ContactOverdue { .. } => "contact-overdue",
            Self::OtherHost => "other-host",
            Self::HostChanged => "host-changed",
            Self::Revoked { .. } => "revoked",
            Self::Returned => "returned",
            Self::LoanOver { .. } => "loan-over",
            Self::SeatLost { .. } => "seat-lost",
            Self::NotCovered { .. } => "not-covered",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unlicensed => "start a trial, or activate with a license key",
            Self::TrialOver { .. } => "activate with a license key",
            Self::Expired { .. } => "ask the vendor to extend it, then refresh",
            Self::NotYet { .. } => "wait, or set the clock if it is wrong",
            Self::ContactOverdue { .. } | Self::HostChanged => "refresh",
            Self::OtherHost => "activate here with the license key",
            Self::Revoked { why: RevocationReason::Revoked } => "ask the vendor",
            Self::Revoked { .. } | Self::Returned => "activate again with the license key",
            Self::LoanOver { .. } => "use the license server, or borrow again",
            Self::SeatLost { why } => why.remedy(),
            Self::NotCovered { .. } => "use an older version, or ask the vendor to extend the maintenance, then refresh",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlicensed => f.write_str("there is no license for this product on this host"),
            Self::Expired { until } => write!(f, "the license ended at {until}"),
            Self::TrialOver { until } => write!(f, "the trial ended at {until}"),
            Self::NotYet { from } => write!(f, "the license begins at {from}"),
            Self::ContactOverdue { due } => write!(f, "the key server should have been heard from by {due}"),
            Self::OtherHost => f.write_str("the license belongs to another host"),
            Self::HostChanged => f.write_str("too many parts of this host changed since it was activated"),
            Self::Revoked { why } => f.write_str(match why {
                RevocationReason::Revoked => "the vendor revoked the license",
                RevocationReason::Moved => "the license moved to a host that was recognised as this one",
                RevocationReason::Freed => "the owner freed this host's slot",
                RevocationReason::Returned => "this host returned the license before",
            }),
            Self::Returned => f.write_str("the license was returned on this host"),
            Self::LoanOver { until } => write!(f, "what was borrowed was due at {until}; the seat went back by itself"),
            Self::SeatLost { why } => write!(f, "{}, and the grace for it is used up", why.text()),
            Self::NotCovered { until } => write!(f, "this version was released after maintenance ended at {until}"),
        }
    }
}
