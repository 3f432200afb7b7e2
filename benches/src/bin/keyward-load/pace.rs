//! When requests are due, and how long their answers took.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// An hour.
const MOST_MICROS: u64 = 3_600_000_000;

/// How fast.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Pace {
    /// As fast as answers come.
    Closed,
    /// So many a second; how long an answer took is counted from when its request was due, whenever it was sent: a server that stalls is not
    /// spared those who would have asked meanwhile.
    Open(u32),
}

/// How long a run lasts, and how fast it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) pace: Pace,
    pub(crate) length: Duration,
}

impl Schedule {
    /// When the request at a place is due, counted from the beginning; none = the run is over. `now` is counted from there too.
    pub(crate) fn due(&self, place: usize, now: Duration) -> Option<Duration> {
        let due = match self.pace {
            Pace::Closed => now,
            Pace::Open(rate) => Duration::from_secs_f64(place as f64 / f64::from(rate)),
        };
        // Who is late goes on for as long again: what was due is sent. Then the server will never catch up.
        (due < self.length && now < self.length * 2).then_some(due)
    }

    /// How many requests are due altogether; none = as many as there is time for.
    pub(crate) fn asked(&self) -> Option<u64> {
        match self.pace {
            Pace::Closed => None,
            Pace::Open(rate) => Some((self.length.as_secs_f64() * f64::from(rate)).ceil() as u64),
        }
    }
}

/// How long answers took.
#[derive(Clone)]
pub(crate) struct Times {
    micros: Histogram<u64>,
    /// Not answered as they should be.
    pub(crate) failed: u64,
}

impl Times {
    /// Up to an hour. Three digits count: more than any figure here deserves.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { micros: Histogram::new_with_bounds(1, MOST_MICROS, 3)?, failed: 0 })
    }

    /// Notes a good answer to a request that was due then.
    pub(crate) fn good(&mut self, due: Instant, now: Instant) {
        let micros = now.saturating_duration_since(due).as_micros();
        self.micros.saturating_record(u64::try_from(micros).unwrap_or(u64::MAX));
    }

    pub(crate) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.micros.add(&other.micros)?;
        self.failed += other.failed;
        Ok(())
    }

    /// So many good answers.
    pub(crate) fn count(&self) -> u64 {
        self.micros.len()
    }

    /// So many thousandths of the answers took no longer, in milliseconds.
    pub(crate) fn within(&self, thousandths: u32) -> f64 {
        self.micros.value_at_quantile(f64::from(thousandths) / 1_000.0) as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_answers_that_took_longest_stand_at_the_end() {
        let (mut times, began) = (Times::new().expect("a histogram"), Instant::now());
        for millis in (1..=1_000).rev() {
            times.good(began, began + Duration::from_millis(millis));
        }
        let near = |thousandths: u32| (times.within(thousandths) - f64::from(thousandths)).abs() < 1.0;
        assert_eq!(times.count(), 1_000);
        assert!(near(500) && near(990) && near(999), "{} {} {}", times.within(500), times.within(990), times.within(999));
    }

    #[test]
    fn what_two_connections_measured_counts_together() {
        let (began, mut one) = (Instant::now(), Times::new().expect("a histogram"));
        let mut other = one.clone();
        (0..98).for_each(|_| one.good(began, began + Duration::from_millis(1)));
        (0..2).for_each(|_| other.good(began, began + SECOND));
        other.failed = 3;
        one.add(&other).expect("they fit");
        assert_eq!((one.count(), one.failed), (100, 3));
        assert!((one.within(980) - 1.0).abs() < 0.01 && (one.within(990) - 1_000.0).abs() < 1.0);
    }

    #[test]
    fn an_open_loop_sends_when_it_is_due_and_not_when_it_is_answered() {
        let schedule = Schedule { pace: Pace::Open(100), length: SECOND };
        let due = |place, now| schedule.due(place, now);
        assert_eq!(due(0, Duration::ZERO), Some(Duration::ZERO));
        assert_eq!(due(30, Duration::ZERO), Some(Duration::from_millis(300)), "it waits");
        assert_eq!(due(30, SECOND), Some(Duration::from_millis(300)), "it is late, and that counts");
        assert_eq!((due(99, SECOND).is_some(), due(100, SECOND)), (true, None), "so many and no more");
        assert_eq!(due(99, SECOND * 2), None, "who is that late is left");
        assert_eq!(schedule.asked(), Some(100));
    }

    #[test]
    fn a_stall_is_told_by_all_who_were_due_meanwhile() {
        let (schedule, began) = (Schedule { pace: Pace::Open(100), length: SECOND }, Instant::now());
        let mut times = Times::new().expect("a histogram");
        // For the first half of the second nothing is answered; then all at once.
        for place in 0..100 {
            let due = schedule.due(place, SECOND / 2).expect("it is due");
            times.good(began + due, began + due.max(SECOND / 2));
        }
        assert!((times.within(990) - 490.0).abs() < 1.0, "{}", times.within(990));
        assert!((times.within(750) - 250.0).abs() < 11.0, "half of them waited, from 500 ms down: {}", times.within(750));
    }

    #[test]
    fn a_closed_loop_is_due_at_once_until_its_time_is_over() {
        let schedule = Schedule { pace: Pace::Closed, length: SECOND };
        assert_eq!(schedule.due(1_000_000, SECOND / 2), Some(SECOND / 2));
        assert_eq!((schedule.due(0, SECOND), schedule.asked()), (None, None));
    }
}
