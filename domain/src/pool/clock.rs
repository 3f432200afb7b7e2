//! Whether the server's wall clock is believed where a seat is freed by it.
//!
//! A loan ends by the wall clock, for good: its seat goes to another. A computer can start with a clock that is weeks ahead and be set right a
//! minute later; the loans would still be out, and their seats leased again. So a clock that stands more than [`LEAP`] ahead of where it ought
//! to be is doubted until it has gone on evenly for [`PROOF`], or until the vendor's word shows that it is so late. Meanwhile loans end by
//! what running time explains. A clock that is behind frees nothing, and needs no doubt.

use std::time::Duration;

use crate::time::{Now, Timestamp, after, between, days};

/// A server is off over a long weekend, five nights, and what is written of its clock is up to a day old: neither is to cost anybody a wait.
/// After longer holidays loans that are due wait a day more, which costs little; a seat that two have costs the promise.
const LEAP: Duration = days(6);
/// So long a doubted clock must go on evenly, in running time.
const PROOF: Duration = days(1);
/// By so much a clock may be corrected meanwhile.
const DRIFT: Duration = Duration::from_secs(3_600);
/// A believed clock is written down when it is so much later than what is written.
pub(super) const WRITTEN: Duration = days(1);

/// Whether a clock that shows `wall` stands too far ahead of where it ought to be.
pub(super) fn leaps(ought: Timestamp, wall: Timestamp) -> bool {
    between(ought, wall) > LEAP
}

/// Where the wall clock ought to be, by what was believed before and by running time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    believed: Timestamp,
    /// When it was, in running time.
    then: Duration,
    /// What a doubted clock showed when it was seen first, and when that was.
    doubted: Option<(Timestamp, Duration)>,
}

impl Clock {
    /// The clock was believed last when it showed this.
    pub(super) fn new(believed: Timestamp, running: Duration) -> Self {
        Self { believed, then: running, doubted: None }
    }

    /// Looks at the clock. `written` is the latest time that is written down as believed. Says whether what it shows now is to be written.
    pub(super) fn look(&mut self, written: Option<Timestamp>, now: &Now) -> bool {
        if self.leaps(written, now) {
            let even = |(wall, then): (Timestamp, Duration)| {
                let ought = after(wall, now.running.saturating_sub(then));
                between(ought, now.wall).max(between(now.wall, ought)) <= DRIFT
            };
            let (wall, then) = *self.doubted.get_or_insert((now.wall, now.running));
            if !even((wall, then)) {
                self.doubted = Some((now.wall, now.running));
                return false;
            }
            if now.running.saturating_sub(then) < PROOF {
                return false;
            }
            *self = Self::new(now.wall, now.running);
            return true;
        }
        *self = Self::new(self.ought(written, now).max(now.wall), now.running);
        written.is_none_or(|written| between(written, now.wall) > WRITTEN)
    }

    /// How late it is at least: what loans end by.
    pub(super) fn late(&self, written: Option<Timestamp>, now: &Now) -> Timestamp {
        if self.leaps(written, now) { self.ought(written, now) } else { now.wall }
    }

    fn leaps(&self, written: Option<Timestamp>, now: &Now) -> bool {
        leaps(self.ought(written, now), now.wall)
    }

    fn ought(&self, written: Option<Timestamp>, now: &Now) -> Timestamp {
        let explained = after(self.believed, now.running.saturating_sub(self.then));
        written.map_or(explained, |written| explained.max(written))
    }
}
