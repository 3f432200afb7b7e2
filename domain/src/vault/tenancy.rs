//! What a host knows of a seat beside its lease: when it was asked for, what grace was earned on it, and what was said of it last.
//!
//! A lease is short and ignores the wall clock: its time is what the license server signed, and the running time since it was asked for,
//! within one boot. Grace is earned: one minute for every two under a live lease. Whoever earned none has a quarter of an hour, once in 24
//! hours by the license server's clock. What is counted is running time; a boot of which nothing was written counts as a whole.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::names::{EntitlementId, ProductId, UserName};
use crate::pool::Gone;
use crate::seal::Digest;
use crate::time::{Now, Reading, Timestamp, Window, after, between, days};

/// What a pool gives a host that earned nothing, once in [`GIVEN_EVERY`].
pub const GIVEN: Duration = Duration::from_secs(15 * 60);
/// How often it is given, by the license server's clock.
pub const GIVEN_EVERY: Duration = days(1);

/// Why a seat is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The license server is not heard.
    Silent,
    /// The vault was restored from a copy: what it knows of the seat is of the past.
    Restored,
    /// It was given back, or a whole lease passed without a beat.
    Ended,
    /// The same user checked it out again elsewhere.
    TakenOver,
    /// An administrator took it away.
    Released,
    /// The license server is giving its license back.
    Closed,
    /// The license server's own license has ended.
    DelegationEnded,
    /// The vendor took the license server's own license away.
    Revoked,
    /// There are fewer seats than there were.
    Reduced,
}

/// A seat, as its host knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenancy {
    /// Of which pool.
    pub pool: EntitlementId,
    /// Of which product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Who sits on it.
    #[serde(deserialize_with = "UserName::read")]
    pub user: UserName,
    /// Which of the user's processes, where each takes a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u64>,
    /// What the license server said of it last, unsigned: it is shown, and gives and takes no right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<Loss>,
    /// The processes that use it. One that crashed stays until the seat is checked out anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) users: BTreeSet<u64>,
    /// It was given back for all who used it: none of them takes it up again unasked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) left_for_all: bool,
    lease: Option<Asked>,
    /// Seconds under a live lease, less two for each second of grace.
    credit: u64,
    /// The most grace that can be earned, in seconds.
    most: u64,
    /// From here running time is counted on.
    last: Reading,
}

/// The check-out that a lease answers, and the license server's clock as it tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    request: Digest,
    /// When it was asked, or the boot began in which it was.
    sent: Reading,
    /// What the license server's clock showed then, at the latest.
    at: Timestamp,
}

/// What a pool gives a host that earned nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// What is left of it, in seconds.
    left: u64,
    /// When some of it was last used, by the license server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<Timestamp>,
}

/// How a seat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sat {
    /// Its lease lasts.
    Live {
        /// For so long.
        left: Duration,
    },
    /// Its lease is over, and there is grace.
    Grace {
        /// Running time left.
        left: Duration,
        /// Why there is no newer lease.
        why: Loss,
    },
    /// Its lease is over, and so is the grace.
    Over {
        /// Why there is no newer lease.
        why: Loss,
    },
}

/// Running time is written down in whole seconds: by so much a lease can seem to last longer than it was signed for.
const ROUNDING: Duration = Duration::from_secs(1);

/// A seat and what is left of its pool's gift: all that [`Sat`] follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// The seat.
    pub seat: Tenancy,
    /// The gift.
    pub gift: Gift,
    /// When the delegation ends by which its newest lease was signed.
    pub delegated: Option<Timestamp>,
    /// Running time spent on its pool's seats after that, as this host's time has it.
    pub outlived: Duration,
}

impl Sitting {
    /// How a seat stands whose newest lease is signed for a window of the license server's clock.
    pub fn judge(&self, lease: Window, now: &Now) -> Sat {
        if let Some(left) = self.seat.left(lease, now) {
            return Sat::Live { left };
        }
        let Self { mut seat, mut gift, .. } = self.clone();
        seat.note(&mut gift, lease, now);
        let why = seat.news.unwrap_or(Loss::Silent);
        let left = seat.credit / 2 + gift.left;
        if left == 0 { Sat::Over { why } } else { Sat::Grace { left: Duration::from_secs(left), why } }
    }
}

impl Default for Gift {
    fn default() -> Self {
        Self { left: GIVEN.as_secs(), used: None }
    }
}

impl Gift {
    /// It was used, nobody knows when: the day begins at the next lease.
    pub(super) fn used_up() -> Self {
        Self { left: 0, used: None }
    }

    /// A day after some of it was used it is whole again; a day by the license server's clock, which no client sets.
    fn renew(&mut self, at: Timestamp) {
        if self.left < GIVEN.as_secs() {
            self.used.get_or_insert(at);
        }
        if self.used.is_some_and(|used| at >= after(used, GIVEN_EVERY)) {
            *self = Self::default();
        }
    }
}

impl Tenancy {
    /// A seat that somebody is about to have for the first time.
    pub(super) fn new(pool: EntitlementId, user: UserName, process: Option<u64>, now: &Now) -> Self {
        let (users, last) = (BTreeSet::new(), Reading::of(now));
        Self { pool, product: None, user, process, news: None, users, left_for_all: false, lease: None, credit: 0, most: 0, last }
    }

    /// The most grace that can be earned on it; whoever wrote down more has no more.
    pub(super) fn bound(&mut self, most: Duration) {
        self.most = most.as_secs();
        self.credit = self.credit.min(self.most.saturating_mul(2));
    }

    /// A lease was taken: of a check-out, or a fresh one of the same. `sent` is when it was asked for; what was signed then cannot have been
    /// signed before, so the license server's clock goes on from the check-out and is only ever found to be later.
    pub(super) fn take(&mut self, request: Digest, issued: Timestamp, sent: Reading, gift: &mut Gift, now: &Now) {
        self.left_for_all &= self.asked() == Some(request);
        self.lease = Some(match self.lease.take().filter(|it| it.request == request) {
            Some(first) => {
                let since = sent.running.saturating_sub(first.sent.running);
                let at = issued.checked_sub(since).unwrap_or(issued);
                let later = if first.sent.boot == sent.boot { first.at.max(at) } else { first.at };
                Asked { at: later, ..first }
            }
            None => Asked { request, sent, at: issued },
        });
        gift.renew(issued);
        self.news = None;
        self.last = Reading::of(now);
    }

    /// Counts the running time since it was counted last: what was under a live lease earns, what was not is spent. Says whether any was spent.
    pub(super) fn note(&mut self, gift: &mut Gift, lease: Window, now: &Now) -> bool {
        let from = if self.last.boot == now.boot { self.last.running.as_secs() } else { 0 };
        let to = now.running.as_secs().max(from);
        let ends = self.ends(lease, now).map_or(0, |ends| ends.as_secs()).clamp(from, to);
        gift.left = gift.left.min(GIVEN.as_secs());
        self.credit = self.credit.saturating_add(ends - from).min(self.most.saturating_mul(2));
        let spent = to - ends;
        let earned = spent.min(self.credit / 2);
        self.credit -= 2 * earned;
        let given = (spent - earned).min(gift.left);
        if given > 0 {
            gift.left -= given;
            gift.used = gift.used.max(Some(self.server_time(lease, now)));
        }
        self.last = Reading::of(now);
        earned + given > 0
    }

    /// The vault is a copy: what was earned may be spent already, and the lease given away.
    pub(super) fn restored(&mut self, gift: &mut Gift) {
        gift.left = 0;
        let known = self.lease.take().map(|lease| lease.at);
        gift.used = gift.used.max(known);
        self.credit = 0;
        self.news = Some(Loss::Restored);
    }

    /// How long its lease lasts on.
    pub fn left(&self, lease: Window, now: &Now) -> Option<Duration> {
        Some(self.ends(lease, now)?.saturating_sub(now.running)).filter(|left| !left.is_zero())
    }

    /// Which check-out its lease answers.
    pub(super) fn asked(&self) -> Option<Digest> {
        self.lease.as_ref().map(|lease| lease.request)
    }

    /// When its lease ends, in running time of this boot. What was signed is the bound of what was written down: one that was asked for later
    /// than now, or that lasts on for longer than any lease of its length can, was written by somebody else than this host.
    fn ends(&self, lease: Window, now: &Now) -> Option<Duration> {
        let asked = self.lease.as_ref().filter(|it| it.sent.boot == now.boot && it.sent.running <= now.running)?;
        let until = lease.until?;
        let ends = asked.sent.running.saturating_add(between(asked.at, until));
        let length = between(lease.from, until).saturating_add(ROUNDING);
        Some(ends).filter(|ends| ends.saturating_sub(now.running) <= length)
    }

    fn server_time(&self, lease: Window, now: &Now) -> Timestamp {
        match &self.lease {
            Some(it) if it.sent.boot == now.boot => after(it.at, now.running.saturating_sub(it.sent.running)),
            _ => after(lease.until.unwrap_or(lease.from), now.running),
        }
    }
}

impl Loss {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Restored => "restored",
            Self::Ended => Gone::Ended.code(),
            Self::TakenOver => Gone::TakenOver.code(),
            Self::Released => Gone::Released.code(),
            Self::Closed => Gone::Closed.code(),
            Self::DelegationEnded => Gone::DelegationEnded.code(),
            Self::Revoked => Gone::Revoked.code(),
            Self::Reduced => Gone::Reduced.code(),
        }
    }

    /// It in words, as what is true of the seat.
    pub fn text(self) -> &'static str {
        match self {
            Self::Silent => "the license server is not heard",
            Self::Restored => "the license vault was restored from a copy",
            Self::Ended => "the license server gave the seat up, because it did not hear from this host",
            Self::TakenOver => "the same user took the seat over elsewhere",
            Self::Released => "an administrator took the seat away",
            Self::Closed => "the license server is giving its license back",
            Self::DelegationEnded => "the license server's own license has ended",
            Self::Revoked => "the license server's own license was taken away",
            Self::Reduced => "the license server has fewer seats than it had",
        }
    }

    /// What to do next.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Silent => "save your work, and see that this host reaches the license server",
            Self::Restored => "save your work, and see that this host reaches the license server: it asks for a seat anew",
            Self::Ended => "save your work, and see that this host reaches the license server; if no seat is free there, wait for one",
            Self::TakenOver => "save your work, and go on where the seat is now, or ask for it again here",
            Self::Released => "save your work, and ask the administrator of the license server, or wait for a seat and ask for it again",
            Self::Closed => "save your work, and use the license server that takes its place; ask the administrator where it is",
            Self::DelegationEnded => {
                "save your work, and have the administrator of the license server renew its license, online or by file"
            }
            Self::Revoked => {
                "save your work, and have the administrator of the license server ask the vendor; until then use another one, if there is one"
            }
            Self::Reduced => "save your work, and wait for a seat, or ask one of those who have one to leave it",
        }
    }
}

impl From<Gone> for Loss {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Ended => Self::Ended,
            Gone::TakenOver => Self::TakenOver,
            Gone::Released => Self::Released,
            Gone::Closed => Self::Closed,
            Gone::DelegationEnded => Self::DelegationEnded,
            Gone::Revoked => Self::Revoked,
            Gone::Reduced => Self::Reduced,
        }
    }
}
