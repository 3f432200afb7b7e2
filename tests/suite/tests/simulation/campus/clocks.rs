//! How late it is by what a license server knows. One that was off for six days or more, or was put back to what it knew then, doubts its
//! clock: it frees what is due once its clock has gone on evenly for a day, or the vendor's word confirms it.

use std::time::Duration;

use keyward_domain::time::{Timestamp, after, between, days};

/// A clock that stands further ahead of what is known is doubted.
const LEAP: Duration = days(6);
/// What a server notes of its clock is up to so old, and so long a doubted one must go on evenly.
const DAY: Duration = days(1);

/// So often it looks at its clock, at night.
const LOOKS: Duration = Duration::from_secs(3_600);

/// What a server knows of the time at the least.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// What its journal shows.
    noted: Timestamp,
    /// When the vendor's last word came to its computer.
    heard: Timestamp,
    /// When it came up last.
    started: Timestamp,
}

impl Known {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { noted: now, heard: now, started: now }
    }

    pub(crate) fn starts(&mut self, now: Timestamp) {
        self.started = now;
    }

    /// The vendor's word comes to its computer: it takes it in when it runs.
    pub(crate) fn hears(&mut self, now: Timestamp) {
        self.heard = now;
    }

    /// It runs, and notes what it believes. Says when it notes at the latest what a clock shows that it doubted.
    pub(crate) fn runs(&mut self, now: Timestamp) -> Option<Timestamp> {
        let was_doubted = self.is_doubted(now);
        if between(self.noted, self.started) <= LEAP {
            self.noted = self.noted.max(self.started);
        }
        self.noted = self.noted.max(self.heard);
        if self.is_doubted(now) {
            return Some(after(self.started, DAY));
        }
        self.noted = self.noted.max(now.checked_sub(DAY).unwrap_or(now));
        // The vendor's word may be as new as what it shows.
        was_doubted.then(|| after(now, DAY + LOOKS))
    }

    /// Its journal was put back.
    pub(crate) fn is_put_back(&mut self, then: Option<&Self>) {
        // One that had not begun believes what its clock shows.
        self.noted = then.map_or(self.started, |then| then.noted);
    }

    /// Whether it may not believe its clock.
    pub(crate) fn is_doubted(&self, now: Timestamp) -> bool {
        between(self.noted, self.started) > LEAP && now < after(self.started, DAY)
    }

    /// How late it is at the least by what it believes: what was due before is over.
    pub(crate) fn late(&self, now: Timestamp) -> Timestamp {
        if self.is_doubted(now) { after(self.noted, between(self.started, now)) } else { now }
    }
}
