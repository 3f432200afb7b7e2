//! Who waits for a seat of a full pool, in order; and whose turn it is.
//!
//! Nothing of it is written down. Whoever waits holds a ticket that proves itself, and after a restart takes its old place again by the
//! ticket's number.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::ranks::Ranks;
use super::secret::ServerSecret;
use crate::document::Ticket;

/// So long a seat is held for whoever was told that it is ready.
pub const READY: Duration = Duration::from_secs(30);
/// Who waits says so this often, and is forgotten after three times of silence.
pub const WAIT_BEAT: Duration = Duration::from_secs(10);
const WAIT_PATIENCE: Duration = Duration::from_secs(30);

/// A place in the line: epoch and number of the ticket.
type Number = (u64, u32);
/// Who waits, in a digest.
pub(super) type Waiter = [u8; 16];

/// The line before a pool.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    epoch: u64,
    next: u32,
    /// Tickets of earlier epochs are taken until here.
    returning: Duration,
    waiting: BTreeMap<Number, (Waiter, Duration)>,
    /// Tickets of earlier epochs that came back: all before the new ones.
    older: Vec<Number>,
    ranks: Ranks,
    /// For whom a seat is held, and until when.
    ready: BTreeMap<Number, (Waiter, Duration)>,
    numbers: BTreeMap<Waiter, Number>,
    /// When somebody may be forgotten; looked up before it is believed.
    lapse: BTreeSet<(Duration, Number)>,
}

/// Where somebody stands who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The place in the line; 1 is next.
    Waiting(u32),
    /// A seat is held for it, for so long.
    Ready(Duration),
    /// Its place is lost.
    Lost,
}

impl Queue {
    /// An empty line. Tickets of earlier epochs are taken until `returning`.
    pub(super) fn new(epoch: u64, returning: Duration) -> Self {
        Self {
            epoch,
            next: 0,
            returning,
            waiting: BTreeMap::new(),
            older: Vec::new(),
            ranks: Ranks::default(),
            ready: BTreeMap::new(),
            numbers: BTreeMap::new(),
            lapse: BTreeSet::new(),
        }
    }

    /// How many wait and have no seat held for them.
    pub(super) fn waiting(&self) -> u32 {
        u32::try_from(self.older.len()).unwrap_or(u32::MAX).saturating_add(self.ranks.len())
    }

    /// For how many a seat is held.
    pub(super) fn ready(&self) -> u32 {
        u32::try_from(self.ready.len()).unwrap_or(u32::MAX)
    }

    /// Gives a place in the line, the same again to who has one.
    pub(super) fn join(&mut self, who: Waiter, secret: &ServerSecret, now: Duration) -> (Ticket, u32) {
        let number = self.numbers.get(&who).copied().unwrap_or_else(|| {
            let number = (self.epoch, self.next);
            self.next += 1;
            self.enter(number, who, now);
            number
        });
        if let Some((_, until)) = self.waiting.get_mut(&number) {
            // Who asks again is not silent.
            *until = now + WAIT_PATIENCE;
        }
        (secret.ticket(number.0, number.1, who), self.before(number) + 1)
    }

    /// A beat with a ticket. `room` is how many seats are free and held for nobody.
    pub(super) fn beat(&mut self, ticket: &Ticket, room: u32, now: Duration) -> Turn {
        let (number, who) = ((ticket.epoch, ticket.number), ticket.holder);
        if let Some((_, until)) = self.held_for(&who) {
            return Turn::Ready(until.saturating_sub(now));
        }
        if !self.waiting.contains_key(&number) {
            // Only a restart forgets who waits: a ticket of this epoch that is not in the line was used, or its holder was silent too long.
            if number.0 >= self.epoch || now >= self.returning || self.numbers.contains_key(&who) {
                return Turn::Lost;
            }
            self.enter(number, who, now);
        }
        let before = self.before(number);
        if before < room {
            self.leave(number);
            self.ready.insert(number, (who, now + READY));
            self.lapse.insert((now + READY, number));
            return Turn::Ready(READY);
        }
        if let Some((_, until)) = self.waiting.get_mut(&number) {
            *until = now + WAIT_PATIENCE;
        }
        Turn::Waiting(before + 1)
    }

    /// Whether it is somebody's turn: a seat is held for it, or there is more room than there are people before it.
    pub(super) fn admits(&self, who: &Waiter, room: u32) -> bool {
        if self.holds_for(who) {
            return true;
        }
        let before = self.numbers.get(who).map_or_else(|| self.waiting(), |number| self.before(*number));
        before < room
    }

    /// Whether a seat is held for somebody.
    pub(super) fn holds_for(&self, who: &Waiter) -> bool {
        self.held_for(who).is_some()
    }

    fn held_for(&self, who: &Waiter) -> Option<&(Waiter, Duration)> {
        self.numbers.get(who).and_then(|number| self.ready.get(number))
    }

    /// There are fewer seats than there were, or one was taken up: no more are held than there are, and whoever came last asks anew.
    pub(super) fn hold_at_most(&mut self, seats: u32) {
        while self.ready() > seats {
            let last = self.ready.pop_last();
            last.map(|(_, (who, _))| self.numbers.remove(&who));
        }
    }

    /// Somebody has a seat, or wants none any more.
    pub(super) fn forget(&mut self, who: &Waiter) {
        if let Some(number) = self.numbers.remove(who) {
            self.ready.remove(&number);
            self.leave(number);
        }
    }

    /// Lets go of those who were silent too long, and of seats held for who did not come.
    pub(super) fn sweep(&mut self, now: Duration) {
        while let Some((at, number)) = self.lapse.first().copied().filter(|(at, _)| *at <= now) {
            self.lapse.remove(&(at, number));
            match self.waiting.get(&number).or_else(|| self.ready.get(&number)).copied() {
                Some((who, until)) if until <= now => self.forget(&who),
                Some((_, until)) => self.lapse.extend([(until, number)]),
                None => {}
            }
        }
    }

    fn enter(&mut self, number: Number, who: Waiter, now: Duration) {
        self.waiting.insert(number, (who, now + WAIT_PATIENCE));
        self.numbers.insert(who, number);
        self.lapse.insert((now + WAIT_PATIENCE, number));
        if number.0 == self.epoch {
            self.ranks.push(number.1);
        } else if let Err(place) = self.older.binary_search(&number) {
            self.older.insert(place, number);
        }
    }

    fn leave(&mut self, number: Number) {
        if self.waiting.remove(&number).is_none() {
            return;
        }
        if number.0 == self.epoch {
            self.ranks.remove(number.1);
        } else if let Ok(place) = self.older.binary_search(&number) {
            self.older.remove(place);
        }
    }

    /// How many wait before a number.
    fn before(&self, number: Number) -> u32 {
        if number.0 == self.epoch {
            u32::try_from(self.older.len()).unwrap_or(u32::MAX).saturating_add(self.ranks.below(number.1))
        } else {
            u32::try_from(self.older.partition_point(|other| *other < number)).unwrap_or(u32::MAX)
        }
    }
}
