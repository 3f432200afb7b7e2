//! What is held to limits of its own: hosts that nobody has seen, beats that have something signed, requests that are carried to the vendor.
//!
//! Where addresses have no limit, as a load run needs it, there is none of these either.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyward_domain::document::{Addressee, Ask, Place, Request};
use keyward_domain::keys::KeyId;
use keyward_domain::pool::Way;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::address::Caller;
use crate::config::{Limits, Quota};
use crate::failure::Failure;
use crate::gates::Gate;

/// Hosts that nobody has seen since the server started, from one address. A morning in an office behind one router is let pass at once.
const NEWCOMERS: (u32, u32) = (60, 600);
/// So many hosts are known by sight.
const MOST_KNOWN: usize = 100_000;
/// Fresh leases of one place. A client has one for some minutes.
const FRESH: (u32, u32) = (12, 12);
/// So many places rest at once.
const MOST_RESTING: usize = 10_000;
/// Requests to the vendor from one address, and from all.
const CARRIED: (u32, u32) = (30, 30);
const CARRIED_IN_ALL: (u32, u32) = (120, 120);
/// Requests to the vendor that are on their way at once.
const ON_THE_WAY: usize = 16;
/// When to come back where so many are.
const SOON: Duration = Duration::from_secs(2);

/// The doors of one license server.
pub(crate) struct Doors {
    newcomers: Gate<Caller>,
    known: Mutex<HashSet<KeyId>>,
    fresh: Gate<Place>,
    resting: Resting,
    carried: Gate<Caller>,
    carried_in_all: Gate<()>,
    on_the_way: Option<Arc<Semaphore>>,
}

/// Whoever was let in, for as long as they are inside.
#[derive(Debug)]
pub(super) struct Inside(#[expect(dead_code, reason = "it is given back when it is dropped")] Option<OwnedSemaphorePermit>);

impl Doors {
    pub(crate) fn new(limits: &Limits) -> Self {
        let limited = limits.per_address.is_some();
        let quota = |(per_minute, burst)| limited.then(|| Quota::new(per_minute, burst));
        Self {
            newcomers: Gate::new(quota(NEWCOMERS)),
            known: Mutex::default(),
            fresh: Gate::new(quota(FRESH)),
            resting: Resting::default(),
            carried: Gate::new(quota(CARRIED)),
            carried_in_all: Gate::new(quota(CARRIED_IN_ALL)),
            on_the_way: limited.then(|| Arc::new(Semaphore::new(ON_THE_WAY))),
        }
    }

    /// Lets a request in whose signatures hold. What an administrator brings comes in by another way.
    pub(super) fn enter(&self, request: &Request, way: &Way, from: Option<SocketAddr>) -> Result<Inside, Failure> {
        if *way != Way::Line {
            return Ok(Inside(None));
        }
        if matches!(request.to, Addressee::Vendor(_)) {
            return self.carry(from);
        }
        match &request.ask {
            Ask::Borrow { .. } | Ask::CheckOut { .. } => self.meet(&request.device.id(), from)?,
            _ => {}
        }
        Ok(Inside(None))
    }

    /// A request to the vendor goes out under this server's address: nobody wears out the vendor's patience with it.
    fn carry(&self, from: Option<SocketAddr>) -> Result<Inside, Failure> {
        let limited = |wait| Failure::limited("to the vendor", wait);
        if let Some(from) = from {
            self.carried.pass(&Caller::exactly(from)).map_err(limited)?;
        }
        self.carried_in_all.pass(&()).map_err(limited)?;
        let permit = self.on_the_way.as_ref().map(|all| Arc::clone(all).try_acquire_owned()).transpose();
        permit.map(Inside).map_err(|_| Failure::limited("to the vendor", SOON))
    }

    /// A host that nobody has seen may be one that somebody made up.
    fn meet(&self, device: &KeyId, from: Option<SocketAddr>) -> Result<(), Failure> {
        let Some(from) = from.filter(|_| self.newcomers.is_there()) else { return Ok(()) };
        if locked(&self.known).contains(device) {
            return Ok(());
        }
        self.newcomers.pass(&Caller::exactly(from)).map_err(|wait| Failure::limited("of new computers from this address", wait))?;
        let mut known = locked(&self.known);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(*device);
        Ok(())
    }

    /// Whether a place did not have too many fresh leases.
    pub(super) fn is_rested(&self, place: &Place) -> Result<(), Failure> {
        self.resting.check(place, Instant::now()).map_err(|wait| Failure::limited("of this seat", wait))
    }

    /// A place had a fresh lease, by a beat that proved itself.
    pub(super) fn refreshed(&self, place: Place) {
        if let Err(wait) = self.fresh.pass(&place) {
            self.resting.rest(place, Instant::now(), wait);
        }
    }
}

/// The places that rest, and until when.
#[derive(Default)]
struct Resting {
    any: AtomicBool,
    until: Mutex<HashMap<Place, Instant>>,
}

impl Resting {
    fn check(&self, place: &Place, now: Instant) -> Result<(), Duration> {
        if !self.any.load(Ordering::Relaxed) {
            return Ok(());
        }
        let left = locked(&self.until).get(place).map(|until| until.saturating_duration_since(now));
        left.filter(|left| !left.is_zero()).map_or(Ok(()), Err)
    }

    fn rest(&self, place: Place, now: Instant, wait: Duration) {
        let mut until = locked(&self.until);
        until.retain(|_, until| *until > now);
        if until.len() < MOST_RESTING {
            until.insert(place, now + wait);
        }
        self.any.store(true, Ordering::Relaxed);
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors() -> Doors {
        Doors::new(&Limits { per_address: Some(Quota::new(1_000, 1_000)), ..Limits::NONE })
    }

    fn from(address: &str) -> Option<SocketAddr> {
        Some(address.parse().expect("an address"))
    }

    fn device(n: u32) -> KeyId {
        format!("{n:032x}").parse().expect("a key's id")
    }

    #[test]
    fn made_up_hosts_are_held_to_a_limit_and_hosts_that_were_seen_are_not() {
        let doors = doors();
        let meets = |n: u32, address| doors.meet(&device(n), from(address)).is_ok();
        let let_in = (0..1_000).filter(|n| meets(*n, "192.0.2.1:1")).count();
        assert_eq!(let_in, 600);
        assert!(meets(0, "192.0.2.1:1"), "it was seen before");
        assert!(!meets(5_000, "192.0.2.1:1") && meets(5_000, "192.0.2.2:1"), "another address");
        let open = Doors::new(&Limits::NONE);
        assert!((0..1_000).all(|n| open.meet(&device(n), from("192.0.2.1:1")).is_ok()));
    }

    #[test]
    fn a_place_that_had_too_many_fresh_leases_rests_and_no_other_does() {
        let doors = doors();
        let place = |position| Place { epoch: 1, position };
        for _ in 0..FRESH.1 {
            doors.refreshed(place(1));
        }
        assert!(doors.is_rested(&place(1)).is_ok(), "twelve in a minute");
        doors.refreshed(place(1));
        assert_eq!(doors.is_rested(&place(1)).expect_err("it rests").status(), 429);
        assert!(doors.is_rested(&place(2)).is_ok());
        assert!(doors.resting.check(&place(1), Instant::now() + Duration::from_secs(60)).is_ok(), "it rested");
    }

    #[test]
    fn what_is_carried_to_the_vendor_has_limits_of_its_own() {
        let doors = doors();
        let carry = |address: &str| doors.carry(from(address));
        let one: Vec<_> = (0..50).map(|_| carry("192.0.2.1:1")).collect();
        assert_eq!(one.iter().filter(|it| it.is_ok()).count(), ON_THE_WAY, "so many are on their way at once");
        drop(one);
        assert!(carry("192.0.2.1:1").is_err(), "the address has used up its own");
        let others = (2..200).filter(|n| carry(&format!("192.0.2.{n}:1")).is_ok()).count();
        assert_eq!(others, 90, "a hundred and twenty in all");
    }

    #[test]
    fn made_up_hosts_and_places_do_not_fill_the_memory() {
        let doors = doors();
        for n in (0..).take(MOST_KNOWN + 1_000) {
            let address = format!("10.0.{}.{}:1", n / 500 / 200, n / 500 % 200);
            assert!(doors.meet(&device(n), from(&address)).is_ok(), "{n}");
        }
        assert!(locked(&doors.known).len() <= MOST_KNOWN);
        let (resting, now) = (Resting::default(), Instant::now());
        for position in (0..).take(MOST_RESTING + 1_000) {
            resting.rest(Place { epoch: 1, position }, now, Duration::from_secs(60));
        }
        assert_eq!(locked(&resting.until).len(), MOST_RESTING);
        let later = Place { epoch: 2, position: 1 };
        resting.rest(later, now + Duration::from_secs(61), Duration::from_secs(60));
        assert_eq!(locked(&resting.until).len(), 1, "the others have rested");
    }
}
