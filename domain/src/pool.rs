//! A license server's pool: who has which seat, who waits, and what is away.
//!
//! [`Pool::decide`] answers whatever happens with facts and an outcome; the facts stand in the pool already when it returns, and are to be
//! written into the journal before the outcome is told to anybody. [`Books`] are what a journal comes to when it is replayed, which
//! decides nothing. What is not in the books is what a restart may forget: when each lease was beaten last, and who waits.
//!
//! Time: leases, beats and the queue go by running time alone; loans and windows by the wall clock, and loans only while it is believed. A
//! seat goes to another only after a whole lease without a beat, and every lease counts as renewed when the server starts, so that no signed
//! lease is ever outlived by its seat (promise 1).

mod acting;
mod adopting;
mod asking;
mod beating;
mod books;
mod charter;
mod clock;
mod epoch;
mod fact;
mod granting;
mod hold;
mod looking;
mod numbers;
mod offer;
mod op;
mod queue;
mod ranks;
mod secret;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use books::Books;
pub use charter::Charter;
pub use fact::{About, Adopted, Asked, Choice, Ending, Fact, GuestNo, Release, Sitter};
pub use looking::{Overview, Seat, SeatState, Whose};
pub use offer::{MOST_SHOWN, Offer};
pub use op::{Act, Acted, Answered, Beat, Decision, Gone, Lending, Lifeline, Op, Outcome, Pulse, PulseHeard, Wait, Waited, Way};
pub use queue::{READY, WAIT_BEAT};
pub use secret::{LeaseSecret, ServerSecret};

use crate::document::{LONGEST_LEASE, Place};
use crate::time::{Now, Timestamp};
use clock::Clock;
use queue::Queue;

/// How long leases are, and how often they are beaten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    lease: Duration,
    beat: Duration,
}

/// Not a rhythm that keeps seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RhythmError {
    /// Longer than any lease may be.
    #[error("a lease is at most 24 hours long; choose a shorter one, and let people borrow what they need for longer")]
    TooLong,
    /// Too few beats in half a lease for a lost one not to matter.
    #[error("a beat must come at least four times within a lease, and not more often than every second; choose another length")]
    TooSeldom,
}

impl Default for Rhythm {
    /// Ten minutes, beaten each minute.
    fn default() -> Self {
        Self { lease: Duration::from_secs(600), beat: Duration::from_secs(60) }
    }
}

impl Rhythm {
    /// Leases of this length, beaten so often.
    pub fn new(lease: Duration, beat: Duration) -> Result<Self, RhythmError> {
        if lease > LONGEST_LEASE {
            return Err(RhythmError::TooLong);
        }
        if beat.saturating_mul(4) > lease || beat < Duration::from_secs(1) {
            return Err(RhythmError::TooSeldom);
        }
        let whole = |length: Duration| Duration::from_millis(u64::try_from(length.as_millis()).unwrap_or(u64::MAX));
        Ok(Self { lease: whole(lease), beat: whole(beat) })
    }

    /// How long a lease is.
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// How often it is beaten.
    pub fn beat(&self) -> Duration {
        self.beat
    }
}

/// What is known beside the journal when a server starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Start {
    /// What the server's anchor remembers. A journal behind it was restored from a backup.
    pub anchor: Option<Anchored>,
    /// The data are marked as restored from a backup.
    pub marked: bool,
}

/// What a server's anchor remembers of a pool, in a place that no backup of the journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchored {
    /// The place of the last fact that was written.
    pub place: Place,
    /// The longest lease that can be out: a restored server waits for as long.
    #[serde(with = "fact::milliseconds")]
    pub lease: Duration,
}

/// A pool that runs.
#[derive(Debug, Clone)]
pub struct Pool {
    books: Books,
    secret: ServerSecret,
    rhythm: Rhythm,
    lending: Lending,
    queue: Queue,
    /// When a lease may be over; looked up before it is believed.
    lapse: BTreeSet<(Duration, Place)>,
    /// A restored server gives no new seat before this.
    quiet: Duration,
    /// No lease that is out is longer: the longest of those that were out when it started, or of those it gives.
    longest: Duration,
    clock: Clock,
}

impl Pool {
    /// Starts a pool on the books its journal came to. The facts of the start are to be written before anything is answered.
    pub fn open(books: Books, secret: ServerSecret, rhythm: Rhythm, start: Start, now: &Now) -> (Self, Vec<Fact>) {
        let at = whole(now.wall);
        let epoch = epoch::next(books.epoch().max(start.anchor.map_or(0, |anchor| anchor.place.epoch)), now);
        let behind = start.anchor.is_some_and(|it| it.place.epoch > books.epoch() || it.place.position >= books.position());
        let queue = Queue::new(epoch, now.running + rhythm.lease);
        let clock = Clock::new(books.written.clock.unwrap_or(at), now.running);
        let (lapse, quiet, longest) = (BTreeSet::new(), Duration::ZERO, rhythm.lease);
        let lending = Lending::default();
        let mut pool = Self { books, secret, rhythm, lending, queue, lapse, quiet, longest, clock };
        let (mut facts, lease_before) = (Vec::new(), pool.books.written.lease);
        pool.record(&mut facts, Fact::Opened { epoch, lease: rhythm.lease, at });
        if behind || start.marked {
            pool.record(&mut facts, Fact::Restored { at });
        }
        pool.begin(now.running, lease_before.max(start.anchor.map_or(Duration::ZERO, |anchor| anchor.lease)));
        (pool, facts)
    }

    /// The same, which lends seats so.
    #[must_use]
    pub fn lending(self, lending: Lending) -> Self {
        Self { lending, ..self }
    }

    /// Decides what follows from something that happens. The facts are in the pool when this returns; the outcome is to be told only once they
    /// are written.
    pub fn decide(&mut self, op: Op, now: &Now) -> Decision {
        let now = Now { wall: whole(now.wall), ..now.clone() };
        let mut facts = Vec::new();
        self.sweep(&mut facts, &now);
        let outcome = match op {
            Op::Ask { request, way, .. } if !self.takes(&request.ask, &way) => Outcome::ByFileAlone,
            Op::Ask { request, shown, way } => Outcome::Answered(Box::new(self.answer(&mut facts, &request, shown.as_deref(), &way, &now))),
            Op::Beat(beat) => Outcome::Pulse(self.beat(&beat, &now)),
            Op::Wait(ticket) => Outcome::Waited(self.wait(&ticket, &now)),
            Op::Act(act) => Outcome::Acted(self.act(&mut facts, act, &now)),
            Op::Tick => Outcome::Nothing,
        };
        Decision { facts, outcome }
    }

    /// What the journal comes to: a snapshot is made of it.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// What the server's anchor is to remember, once all facts are written.
    pub fn anchored(&self) -> Anchored {
        let next = self.books.next_place();
        Anchored { place: Place { position: next.position.saturating_sub(1), ..next }, lease: self.longest }
    }

    /// Every lease counts as renewed. What was forgotten by a restore may still be out there for one lease.
    fn begin(&mut self, running: Duration, lease_before: Duration) {
        for (place, hold) in &mut self.books.written.holds {
            if let hold::Held::Lease(longest) = hold.held {
                (hold.live.deadline, hold.live.signed_until) = (running + longest, running + longest);
                self.lapse.insert((hold.live.deadline, *place));
                self.longest = self.longest.max(longest);
            }
        }
        if self.books.written.restored.is_some_and(|it| it.leases_over.is_none()) {
            // Its anchor remembers it until then, whatever leases it gives now.
            self.longest = self.longest.max(lease_before);
            self.quiet = running + self.longest;
        }
    }

    /// Ends what time has ended.
    fn sweep(&mut self, facts: &mut Vec<Fact>, now: &Now) {
        let at = now.wall;
        while let Some((deadline, place)) = self.lapse.first().copied().filter(|(deadline, _)| *deadline <= now.running) {
            self.lapse.remove(&(deadline, place));
            let Some(hold) = self.books.written.holds.get(&place).filter(|hold| hold.is_lease()) else { continue };
            if hold.live.deadline > now.running {
                self.lapse.insert((hold.live.deadline, place));
                continue;
            }
            let why = match hold.away {
                Some(_) => Ending::Released,
                None if self.lies_above(place) => Ending::Reduced,
                None => Ending::Lapsed,
            };
            self.record(facts, Fact::Ended { place, why, asked: None, by: None, at });
        }
        if self.clock.look(self.books.written.clock, now) {
            self.record(facts, Fact::Believed { at });
        }
        let late = self.clock.late(self.books.written.clock, now);
        while let Some((_, place)) = self.books.due.first().copied().filter(|(due, _)| *due <= late) {
            let away = self.books.written.holds.get(&place).is_some_and(|hold| hold.away.is_some());
            let why = if away { Ending::Released } else { Ending::Due };
            self.record(facts, Fact::Ended { place, why, asked: None, by: None, at });
        }
        let restored = self.books.written.restored;
        if restored.is_some_and(|it| it.leases_over.is_none()) && now.running >= self.quiet {
            self.record(facts, Fact::Settled { at });
        }
        self.queue.sweep(now.running);
    }

    /// Takes a fact in and keeps it to be written. Gives its place.
    fn record(&mut self, facts: &mut Vec<Fact>, fact: Fact) -> Place {
        let opens = matches!(fact, Fact::Opened { .. });
        let before = self.books.next_place();
        self.books.apply(&fact);
        facts.push(fact);
        if opens { Place { epoch: self.books.epoch(), ..before } } else { before }
    }

    /// Seats that are free and held for nobody.
    fn room(&self, now: &Now) -> u32 {
        self.to_give(now).saturating_sub(self.queue.ready())
    }

    /// Seats that nobody has and that are not held back.
    fn to_give(&self, now: &Now) -> u32 {
        self.spare().saturating_sub(self.withheld(now))
    }

    /// Seats that nobody has.
    fn spare(&self) -> u32 {
        let Some(delegation) = self.books.delegation() else { return 0 };
        delegation.seats.saturating_sub(self.books.used()).min(delegation.limit().saturating_sub(self.books.all()))
    }

    /// Seats that may be borrowed without this restored server knowing of it.
    fn withheld(&self, now: &Now) -> u32 {
        if self.withholds_until(now).is_none() {
            return 0;
        }
        let loans = self.books.delegation().and_then(|it| it.loans).map_or(0, |loans| loans.seats);
        loans.saturating_sub(self.books.loans)
    }

    fn withholds_until(&self, now: &Now) -> Option<Timestamp> {
        let restored = self
            .books
            .written
            .restored
            .filter(|it| it.accepted.is_none() && self.clock.late(self.books.written.clock, now) < it.loans_until);
        restored.map(|it| it.loans_until)
    }

    /// Whether a restored server cannot know that what is in its books still stands: nothing was signed for it since.
    fn doubts(&self, place: Place, now: &Now) -> bool {
        let Some(hold) = self.books.written.holds.get(&place) else { return true };
        let forgets = if hold.is_lease() { self.quiet_left(now).is_some() } else { self.withholds_until(now).is_some() };
        forgets && hold.live.generation == 0
    }

    /// How long a restored server still gives no new seat.
    fn quiet_left(&self, now: &Now) -> Option<Duration> {
        self.books.written.restored.filter(|it| it.leases_over.is_none())?;
        Some(self.quiet.saturating_sub(now.running)).filter(|left| !left.is_zero())
    }
}

/// Journals write milliseconds: what is decided must be what is written.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests;
