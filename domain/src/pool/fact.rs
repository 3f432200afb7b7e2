//! What happened to a pool: the lines of its journal, in the order they happened.
//!
//! A fact says what was decided, never what was asked, so that replaying a journal decides nothing. Hosts are named by a number that one
//! fact gives them; what stays the same is written once.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::fmt::serde::timestamp::millisecond::required as millis;
use serde::{Deserialize, Serialize};

use super::charter::Charter;
use crate::document::{Contact, Place, RevocationReason};
use crate::host::Fingerprint;
use crate::keys::PublicKey;
use crate::names::{ActivationId, Edition, Feature, HostName, UserName};
use crate::seal::Digest;
use crate::time::Timestamp;

/// Names a host within one pool.
pub type GuestNo = u32;

/// One line of a pool's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The server started. Every lease counts as renewed.
    Opened {
        /// The new epoch.
        epoch: u64,
        /// How long leases are from here on.
        #[serde(with = "milliseconds")]
        lease: Duration,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The journal turned out to be older than what was signed.
    Restored {
        /// When that was seen.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// One lease has passed since the server was restored: whatever lease it had forgotten is over.
    Settled {
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// An administrator says that no loan is out which the restored server does not know.
    Accepted {
        /// Who.
        by: Box<str>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The vendor delegated the pool, or renewed the delegation.
    Delegated {
        /// What, and its proof.
        charter: Box<Charter>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The vendor took away what it had delegated; the pool grants nothing more until something newer is delegated.
    Revoked {
        /// Why.
        why: RevocationReason,
        /// When that was heard.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The pool is on its way back to the vendor; it grants nothing more.
    Closed {
        /// By whom.
        by: Box<str>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The pool is not given back after all; it grants again.
    Reopened {
        /// By whom.
        by: Box<str>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The wall clock is believed up to here. One that stands too far ahead of the last is not, until it has gone on for a day.
    Believed {
        /// What it shows.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// A host came for the first time, or looks different than before.
    Met {
        /// Its number.
        guest: GuestNo,
        /// Its vault's key.
        device: PublicKey,
        /// What it calls itself.
        host: HostName,
        /// What it looks like.
        looks: Fingerprint,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// A seat was leased.
    Seated {
        /// To which host.
        guest: GuestNo,
        /// By which request.
        asked: Asked,
        /// To whom on it.
        sitter: Sitter,
        /// What of the license.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Box<Choice>>,
        /// Which seat.
        seat: u32,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// Whoever had a leased seat checked it out again, and has it at a new place.
    Reseated {
        /// Its place before.
        was: Place,
        /// By which request.
        asked: Asked,
        /// What of the license.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Box<Choice>>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// A seat was borrowed.
    Lent {
        /// To which host.
        guest: GuestNo,
        /// By which request.
        asked: Asked,
        /// To whom on it.
        sitter: Sitter,
        /// What of the license.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Box<Choice>>,
        /// Which seat.
        seat: u32,
        /// The lease it was before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<Place>,
        /// Until when.
        #[serde(with = "millis")]
        until: Timestamp,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// A loan was confirmed, perhaps for longer.
    Renewed {
        /// Which.
        place: Place,
        /// By which request.
        asked: Asked,
        /// Until when.
        #[serde(with = "millis")]
        until: Timestamp,
        /// The contact that was asked for, where the server was only shown what it had signed; else the delegation's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<Contact>,
        /// Which seat it has from here on, if it came down from above the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<u32>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// The server was shown its own signature on a seat that it did not know, and took it up again.
    Adopted(Box<Adopted>),
    /// A loan was given back by file; the seat is free when it is due, or when an administrator accepts it.
    GivenBack {
        /// Which.
        place: Place,
        /// By which request.
        asked: Asked,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// An administrator took a seat away.
    Released {
        /// Which.
        place: Place,
        /// From when on others can have it.
        how: Release,
        /// Who.
        by: Box<str>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
    /// A seat is free.
    Ended {
        /// Which.
        place: Place,
        /// Why.
        why: Ending,
        /// By which request, if by one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<Asked>,
        /// By whom, if an administrator accepted that it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Box<str>>,
        /// When.
        #[serde(with = "millis")]
        at: Timestamp,
    },
}

/// Whose seat a fact is about, as far as it says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// It is about no seat.
    NoSeat,
    /// About this one.
    Seat {
        /// Which.
        number: u32,
        /// Of which host.
        guest: GuestNo,
        /// Of whom on it.
        user: &'a UserName,
    },
    /// About the seat that the fact at this place is about.
    SeatOf(Place),
}

impl Fact {
    /// Whose seat it is about.
    pub fn about(&self) -> About<'_> {
        match self {
            Self::Seated { guest, sitter, seat, .. } | Self::Lent { guest, sitter, seat, .. } => {
                About::Seat { number: *seat, guest: *guest, user: &sitter.user }
            }
            Self::Adopted(it) => About::Seat { number: it.seat, guest: it.guest, user: &it.sitter.user },
            Self::Reseated { was: place, .. }
            | Self::Renewed { place, .. }
            | Self::GivenBack { place, .. }
            | Self::Released { place, .. }
            | Self::Ended { place, .. } => About::SeatOf(*place),
            Self::Opened { .. }
            | Self::Restored { .. }
            | Self::Settled { .. }
            | Self::Accepted { .. }
            | Self::Delegated { .. }
            | Self::Revoked { .. }
            | Self::Closed { .. }
            | Self::Reopened { .. }
            | Self::Believed { .. }
            | Self::Met { .. } => About::NoSeat,
        }
    }
}

/// A seat that the server had forgotten, as its own signature has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// To which host.
    pub guest: GuestNo,
    /// By which request it was shown.
    pub asked: Asked,
    /// To whom on it.
    pub sitter: Sitter,
    /// What of the license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Box<Choice>>,
    /// Its activation.
    pub activation: ActivationId,
    /// Of the certificate that was shown.
    pub generation: u64,
    /// Which seat it counts as.
    pub seat: u32,
    /// When it is due, if it is a loan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The contact that it asks for, if it is a loan.
    #[serde(default, skip_serializing_if = "Contact::is_none")]
    pub contact: Contact,
    /// When.
    #[serde(with = "millis")]
    pub at: Timestamp,
}

/// The request that brought a fact about: the host's count, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The host's count.
    pub count: u64,
    /// The request's name.
    pub request: Digest,
    /// Who brought it, if it came in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Box<str>>,
}

/// Who sits on a seat of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sitter {
    /// The user.
    #[serde(deserialize_with = "UserName::read")]
    pub user: UserName,
    /// The process, where each takes a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u64>,
}

/// Who sits on a loan that was adopted is not known; a loan is its host's.
#[expect(clippy::expect_used, reason = "it is written here")]
pub(super) fn unknown_user() -> UserName {
    "unknown".parse().expect("a name")
}

/// What of a license a seat has; none named = all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Editions.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub editions: BTreeSet<Edition>,
    /// Features.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Feature>,
}

/// From when on a seat that was taken away can be another's (promise 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// When what was signed for it has ended.
    AtEnd,
    /// At once: a seat for emergencies stands in for it until then.
    AtOnce,
}

impl Release {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::AtEnd => "at-end",
            Self::AtOnce => "at-once",
        }
    }
}

/// Why a seat is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Its holder gave it back.
    Returned,
    /// A whole lease passed without a beat.
    Lapsed,
    /// A loan was due.
    Due,
    /// It was taken away, and what was signed for it has ended.
    Released,
    /// An administrator accepted what was given back by file.
    Accepted,
    /// A newer signature of the server showed that it had ended.
    Superseded,
    /// There are fewer seats than there were.
    Reduced,
}

impl Ending {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Lapsed => "lapsed",
            Self::Due => "due",
            Self::Released => "released",
            Self::Accepted => "accepted",
            Self::Superseded => "superseded",
            Self::Reduced => "reduced",
        }
    }
}

/// Lengths of time in whole milliseconds.
pub(super) mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::pool) fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
    }

    pub(in crate::pool) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
