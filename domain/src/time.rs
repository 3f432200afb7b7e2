//! Time as the domain sees it: an argument, never a question.
//!
//! A host has three clocks: the wall clock anybody can turn, the time it has been running, and which boot that running
//! time belongs to. What counts is judged from all three and from what the issuer signed (promise 7).

use std::fmt;
use std::time::Duration;

pub use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One reading of a host's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// What the wall clock shows.
    pub wall: Timestamp,
    /// How long the host has been running since it was booted, sleep excluded or not: it only never goes back within one boot.
    pub running: Duration,
    /// Which boot `running` belongs to.
    pub boot: Boot,
}

/// Names one boot of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot(pub Box<str>);

/// A time between two instants; `until` is the first instant outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    pub from: Timestamp,
    /// First instant after it; none = it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Window {
    /// Where an instant lies.
    pub fn place(&self, at: Timestamp) -> Place {
        if at < self.from {
            Place::Before
        } else if self.until.is_some_and(|until| at >= until) {
            Place::After
        } else {
            Place::Inside
        }
    }
}

/// Where an instant lies in a [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has not begun.
    Before,
    /// It runs.
    Inside,
    /// It has ended.
    After,
}

/// How much time the clock and the host may be in doubt before a product stops: 14 days of running time.
pub const DOUBT_GRACE: Duration = days(14);

/// Above this difference, or count, a clock is suspect: 24 hours.
pub const CLOCK_TOLERANCE: Duration = days(1);

/// Running time is written down in whole seconds: by so much it can seem to be more than it was.
const ROUNDING: Duration = Duration::from_secs(1);

/// So many days of 24 hours.
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

/// An instant moved forward, at most to the end of all time.
pub fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// An instant moved back, at most to the beginning of all time.
fn before(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// How long it is from one instant to a later one; zero if it is not later.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// What a vault knows of its host's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockRecord {
    /// The latest wall time the vault saved, or the newest answer's time if that came later.
    pub seen: Timestamp,
    /// Running time spent while the wall clock stood before `seen`, or beyond what it advanced, since the issuer's last answer.
    #[serde(with = "seconds")]
    pub behind: Duration,
    /// The last reading, from which running time is counted on.
    pub last: Reading,
}

/// The part of a [`Now`] that running time is counted from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which boot.
    pub boot: Boot,
    /// Running time at the reading.
    #[serde(with = "seconds")]
    pub running: Duration,
}

impl ClockRecord {
    /// The record of a vault that is new.
    pub fn new(now: &Now) -> Self {
        Self { seen: now.wall, behind: Duration::ZERO, last: Reading::of(now) }
    }

    /// Takes a reading in; gives back the running time since the last one, which is zero across a boot.
    pub fn note(&mut self, now: &Now) -> Duration {
        let ran = self.ran(now);
        if now.wall < self.seen {
            self.behind += ran;
        } else {
            // A clock that is moved back to where it was, again and again, never stands before `seen`: it goes slower than the host runs.
            self.behind += ran.saturating_sub(between(self.seen, now.wall) + ROUNDING);
            self.seen = now.wall;
        }
        self.last = Reading::of(now);
        ran
    }

    /// How it stands now, to be kept with what is asked now.
    pub fn mark(&self) -> Mark {
        Mark { seen: self.seen, behind: self.behind }
    }

    /// An answer of the issuer came to what was asked at a mark: its time is the truth, and the doubt of before the mark is over. What came
    /// since the mark stays: an answer may have lain in a drawer as long as somebody liked.
    pub fn correct(&mut self, issued: Timestamp, asked: Mark) -> Correction {
        let correction = Correction { ahead: between(issued, asked.seen), behind: asked.behind };
        self.seen = before(self.seen, correction.ahead).max(issued);
        self.behind = self.behind.saturating_sub(correction.behind);
        correction
    }

    /// Running time spent since the last reading that was taken in. Across a boot it is not known, and none is counted: neither what ran
    /// between the last saved reading and the end of that boot, which is at most the ten minutes between two saves while a product runs,
    /// nor what ran in this boot before its first reading. (Where a host has no name for its boot every process is a boot, and counting
    /// the uptime each time would call an honest clock suspect.)
    fn ran(&self, now: &Now) -> Duration {
        if self.last.boot == now.boot { now.running.saturating_sub(self.last.running) } else { Duration::ZERO }
    }

    /// What the time is, given the newest signed time of the issuer concerned.
    pub fn judge(&self, now: &Now, signed: Timestamp) -> Judged {
        let mut fresh = self.clone();
        fresh.note(now);
        let difference = between(now.wall, fresh.seen);
        let suspect = difference > CLOCK_TOLERANCE || fresh.behind > CLOCK_TOLERANCE;
        let mut at = now.wall.max(signed);
        if fresh.behind >= DOUBT_GRACE {
            at = at.max(after(fresh.seen.max(signed), fresh.behind));
        }
        let left = suspect.then(|| DOUBT_GRACE.saturating_sub(fresh.behind));
        Judged { at, suspect: left }
    }
}

/// How a [`ClockRecord`] stood when something was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The latest wall time by then.
    pub seen: Timestamp,
    /// The running time that was counted by then.
    #[serde(with = "seconds")]
    pub behind: Duration,
}

impl Mark {
    /// The same moment, as it looks after a correction.
    pub fn corrected(self, by: Correction) -> Self {
        Self { seen: before(self.seen, by.ahead), behind: self.behind.saturating_sub(by.behind) }
    }
}

/// What an answer took off a [`ClockRecord`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// By so much the wall clock was ahead.
    ahead: Duration,
    /// So much running time was counted in doubt.
    behind: Duration,
}

impl Reading {
    /// What a reading of the clocks comes to.
    pub fn of(now: &Now) -> Self {
        Self { boot: now.boot.clone(), running: now.running }
    }
}

/// The time that counts, and whether the clock is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The time that counts.
    pub at: Timestamp,
    /// The clock is suspect: running time left until it is judged against the host.
    pub suspect: Option<Duration>,
}

/// Why a typed date could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a date; write 2027-03-31, or an instant such as 2027-03-31T12:00:00Z")]
pub struct BadDate {
    text: Box<str>,
}

impl BadDate {
    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Reads an end a person typed: a date means the end of that day at UTC-12, when it is over everywhere; an instant means itself.
pub fn typed_end(text: &str) -> Result<Timestamp, BadDate> {
    typed(text, 1, 12)
}

/// Reads a beginning a person typed: a date means the start of that day at UTC+14, when it begins first; an instant means itself.
pub fn typed_start(text: &str) -> Result<Timestamp, BadDate> {
    typed(text, 0, -14)
}

fn typed(text: &str, days: i64, hours: i64) -> Result<Timestamp, BadDate> {
    let bad = || BadDate { text: text.into() };
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let date: jiff::civil::Date = text.parse().map_err(|_| bad())?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| bad())?.timestamp();
    midnight.checked_add(jiff::SignedDuration::from_hours(days * 24 + hours)).map_err(|_| bad())
}

/// Writes a length of time for people: the two largest units, such as `13 d 4 h`.
pub struct Spelled(pub Duration);

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.as_secs() / 60;
        match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
            (0, 0, m) => write!(f, "{m} min"),
            (0, h, m) => write!(f, "{h} h {m} min"),
            (d, h, _) => write!(f, "{d} d {h} h"),
        }
    }
}

/// Lengths of time as whole seconds.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole seconds.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    /// Reads whole seconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn now(wall: &str, running: u64) -> Now {
        Now { wall: at(wall), running: Duration::from_secs(running), boot: Boot("b".into()) }
    }

    #[test]
    fn a_typed_date_ends_when_it_is_over_everywhere_and_begins_when_it_begins_anywhere() {
        assert_eq!(typed_end("2027-03-31").map(|t| t.to_string()), Ok("2027-04-01T12:00:00Z".into()));
        assert_eq!(typed_start("2027-03-31").map(|t| t.to_string()), Ok("2027-03-30T10:00:00Z".into()));
        assert_eq!(typed_end("2027-03-31T08:00:00Z"), Ok(at("2027-03-31T08:00:00Z")));
        assert!(typed_end("31.3.2027").expect_err("is no date").to_string().contains("2027-03-31"));
    }

    #[test]
    fn a_clock_set_back_is_believed_for_fourteen_days_of_running_time_and_no_longer() {
        let signed = at("2026-01-01T00:00:00Z");
        let mut record = ClockRecord::new(&now("2026-06-01T00:00:00Z", 0));
        let day = 86_400;
        let back = |days: u64| now("2026-01-02T00:00:00Z", days * day);
        assert_eq!(record.judge(&back(13), signed).at, at("2026-01-02T00:00:00Z"));
        assert_eq!(record.judge(&back(13), signed).suspect, Some(days(1)));
        assert_eq!(record.judge(&back(14), signed).at, at("2026-06-15T00:00:00Z"));
        record.note(&back(14));
        record.correct(at("2026-01-16T00:00:00Z"), record.mark());
        assert_eq!(record.judge(&now("2026-01-16T00:00:00Z", 14 * day), signed).suspect, None);
    }

    #[test]
    fn a_clock_that_is_moved_back_again_and_again_is_counted_by_what_the_host_ran() {
        let mut record = ClockRecord::new(&now("2026-06-01T00:00:00Z", 0));
        for hour in 1..=338 {
            // Whenever it is looked at, the clock shows one o'clock.
            record.note(&now("2026-06-01T01:00:00Z", hour * 3_600));
        }
        let judged = record.judge(&now("2026-06-01T01:00:00Z", 338 * 3_600), at("2026-01-01T00:00:00Z"));
        assert_eq!(judged.suspect, Some(Duration::ZERO));
        assert!(judged.at > at("2026-06-15T00:00:00Z"), "{}", judged.at);
    }

    #[test]
    fn an_answer_ends_the_doubt_of_before_it_was_asked_for_and_no_other() {
        let day = 86_400;
        let mut record = ClockRecord::new(&now("2036-06-01T00:00:00Z", 0));
        record.note(&now("2026-06-01T00:00:00Z", 5 * day));
        let asked = record.mark();
        record.note(&now("2026-06-04T00:00:00Z", 8 * day));
        let corrected = record.correct(at("2026-06-01T00:00:00Z"), asked);
        assert_eq!((record.seen, record.behind), (at("2026-06-01T00:00:00Z"), days(3)));
        // What was asked at the same time brings nothing more.
        record.note(&now("2026-07-01T00:00:00Z", 9 * day));
        let before = record.clone();
        record.correct(at("2026-06-01T00:00:00Z"), asked.corrected(corrected));
        assert_eq!(record, before);
    }

    #[test]
    fn a_small_difference_is_no_suspicion() {
        let record = ClockRecord::new(&now("2026-06-01T12:00:00Z", 0));
        assert_eq!(record.judge(&now("2026-06-01T00:00:00Z", 60), at("2026-01-01T00:00:00Z")).suspect, None);
    }

    #[test]
    fn running_time_is_not_counted_across_a_boot() {
        let mut record = ClockRecord::new(&now("2026-06-01T00:00:00Z", 1_000));
        let rebooted = Now { boot: Boot("c".into()), ..now("2026-05-01T00:00:00Z", 5_000) };
        assert_eq!(record.note(&rebooted), Duration::ZERO);
        assert_eq!(record.note(&Now { running: Duration::from_secs(5_060), ..rebooted }), Duration::from_secs(60));
        assert_eq!(record.behind, Duration::from_secs(60));
    }
}
