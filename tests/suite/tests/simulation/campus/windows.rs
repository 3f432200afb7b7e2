//! What a license server signed, as it was heard at its door, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};

use keyward_domain::document::Place;
use keyward_domain::keys::PublicKey;
use keyward_domain::names::ActivationId;
use keyward_domain::pool::Release;
use keyward_domain::time::Timestamp;

use super::clocks::Known;

/// A right that was signed: it is in use from when it was signed until it ends or is given back.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) host: String,
    pub(crate) device: PublicKey,
    pub(crate) seat: u32,
    pub(crate) place: Place,
    pub(crate) signed: Timestamp,
    /// When its server may have confirmed it last: so it may have where nobody heard the answer.
    pub(crate) confirmed: Timestamp,
    pub(crate) until: Timestamp,
    /// Until when its seat is kept at the latest: of a loan that was taken away its holder may have missed a contact before.
    pub(crate) due: Timestamp,
    /// Until when the server must know of it: of a loan that was extended after the backup, what the backup has.
    pub(crate) known_until: Timestamp,
    pub(crate) is_loan: bool,
    pub(crate) away: Away,
    /// The backup that the server was restored from last does not know it.
    pub(crate) is_forgotten: bool,
    /// It was shown to a server that did not know it.
    pub(crate) was_forgotten: bool,
    /// A file said that it came back: its seat is free when it is due, or when somebody believes the file.
    pub(crate) came_by_file: bool,
    /// The lease that a loan was before.
    pub(crate) instead_of: Option<ActivationId>,
    /// One of two copies of a vault gave it back, which a restored server does not know, and the other, or a vault put back, showed it.
    pub(crate) is_a_copys: bool,
    /// A server that did not know it was shown it until then and took it up, though it signed nothing for it.
    pub(crate) taken_up: Option<Timestamp>,
    /// Of these its server was shown a later seat of the same number, which it did not know, and may take it that whoever had this lease had
    /// left.
    pub(crate) gives_way: BTreeSet<ActivationId>,
}

impl Window {
    /// Whether the server must know that it goes on.
    pub(crate) fn is_known(&self, now: Timestamp) -> bool {
        !self.is_forgotten && now < self.known_until
    }
}

/// What may stand in a server's books although nobody has it any more, as far as anybody knows.
#[derive(Debug, Clone)]
pub(crate) struct Ghost {
    /// Of which activation, if that is known.
    pub(crate) of: Option<ActivationId>,
    /// Until when.
    pub(crate) until: Timestamp,
    pub(crate) is_loan: bool,
    pub(crate) away: Away,
    /// It was signed by a server that does not know that, or did not when it was shown it.
    pub(crate) is_forgotten: bool,
}

impl Window {
    /// What may be left of it in the books.
    pub(crate) fn ghost(&self, of: ActivationId, until: Timestamp) -> Ghost {
        let is_forgotten = self.is_forgotten || self.was_forgotten;
        Ghost { of: Some(of), until, is_loan: self.is_loan, away: self.away, is_forgotten }
    }
}

/// Whether an administrator took a seat away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    Not,
    /// Its seat is free when what was signed has ended.
    AtEnd,
    /// A seat for emergencies stands in for it.
    AtOnce,
    /// One stands in for the loan that it became.
    AtOnceAsLoan,
    /// One stood in for it, and the server was restored and does not know that.
    AtOnceOnce,
    /// One stood in for it, the server was restored and does not know that, and it was taken away again: its seat is free at its end.
    AtOnceThenAtEnd,
}

impl Away {
    pub(crate) fn by(how: Release) -> Self {
        match how {
            Release::AtOnce => Self::AtOnce,
            Release::AtEnd => Self::AtEnd,
        }
    }

    /// It is taken away, perhaps not for the first time. Whoever has a seat in its place keeps that.
    pub(crate) fn again(self, how: Release) -> Self {
        match how {
            Release::AtEnd if self.is_stood_in_for() => Self::AtOnceThenAtEnd,
            Release::AtEnd | Release::AtOnce => Self::by(how),
        }
    }

    /// What is left of it in a backup in which it was this.
    pub(crate) fn put_back(self, then: Self) -> Self {
        match then {
            Self::Not if self.is_stood_in_for() => Self::AtOnceOnce,
            Self::AtEnd if self.is_stood_in_for() => Self::AtOnceThenAtEnd,
            then => then,
        }
    }

    /// Whether another may have a seat in its place, beyond those that were sold.
    pub(crate) fn is_stood_in_for(self) -> bool {
        self.is_known_stood_in_for() || matches!(self, Self::AtOnceOnce | Self::AtOnceThenAtEnd)
    }

    /// Whether its server knows that as well.
    pub(crate) fn is_known_stood_in_for(self) -> bool {
        matches!(self, Self::AtOnce | Self::AtOnceAsLoan)
    }
}

/// What a backup of a pool's journal knows, as far as it was heard when that was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    pub(crate) windows: BTreeMap<ActivationId, Window>,
    pub(crate) ghosts: BTreeMap<Place, Ghost>,
    pub(crate) back: BTreeSet<Place>,
    pub(crate) ended: BTreeSet<ActivationId>,
    pub(crate) closed: Option<ActivationId>,
    /// None of a journal that had not begun.
    pub(crate) clock: Option<Known>,
}
