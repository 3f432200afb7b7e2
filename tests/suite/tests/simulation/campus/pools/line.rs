//! Who waits for a seat, as far as that was heard.

use std::time::Duration;

use keyward_domain::document::Ticket;
use keyward_domain::pool::READY;
use keyward_domain::time::{Timestamp, after};

use super::{LEASE, PATIENCE, Pool, Waiter};

impl Pool {
    /// Somebody may stand in the line whom nobody heard of.
    pub(crate) fn line_is_unknown(&mut self, now: Timestamp) {
        self.unknown = Some(after(now, PATIENCE));
    }

    /// Somebody joins the line, or is heard of there anew: by saying that it still waits, or by asking again.
    pub(crate) fn waits(&mut self, host: &str, ticket: &Ticket, now: Timestamp) {
        let waiter = Waiter { host: host.into(), until: after(now, PATIENCE), is_ready: false };
        self.line.insert((ticket.epoch, ticket.number), waiter);
    }

    /// A seat is held for somebody.
    pub(crate) fn is_ready(&mut self, host: &str, ticket: &Ticket, left: Duration, now: Timestamp) {
        let waiter = Waiter { host: host.into(), until: after(now, left.min(READY)), is_ready: true };
        self.line.insert((ticket.epoch, ticket.number), waiter);
    }

    /// How many have waited longer than a host for which no seat is held. None if it is its turn. After a restart a ticket of before takes its
    /// place again.
    pub(crate) fn before(&self, host: &str, ticket: Option<&Ticket>, now: Timestamp) -> Option<usize> {
        let mine = self.line.iter().find(|(_, waiter)| waiter.host == *host && waiter.until > now);
        if mine.is_some_and(|(_, waiter)| waiter.is_ready) {
            return None;
        }
        let shown = ticket.filter(|_| now < after(self.started, LEASE)).map(|ticket| (ticket.epoch, ticket.number));
        let number = mine.map(|(number, _)| *number).or(shown);
        let waits = |(other, waiter): &(&(u64, u32), &Waiter)| {
            waiter.host != *host && !waiter.is_ready && waiter.until > now && number.is_none_or(|number| **other < number)
        };
        Some(self.line.iter().filter(waits).count())
    }

    pub(crate) fn leaves_line(&mut self, host: &str) {
        self.line.retain(|_, waiter| waiter.host != *host);
    }
}
