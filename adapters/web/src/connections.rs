//! How many connections there may be, and whose.
//!
//! A connection is an open file, and the server needs some for its journal, its anchor and a backup. So there is a ceiling for one address and one
//! in all. Who comes beyond is told so, as long as few are being told, and is hung up on otherwise.

mod doorkeeper;
mod guarded;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, watch};

use crate::address::Caller;
use crate::config::Ceilings;
use crate::house::House;

pub(crate) use doorkeeper::Doorkeeper;

/// The log tells of it once in so long.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

/// The connections of one server.
pub(crate) struct Connections {
    ceilings: Ceilings,
    held: Mutex<Held>,
    before_the_door: Semaphore,
    ending: watch::Sender<bool>,
    house: Arc<House>,
}

/// Which ceiling was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceiling {
    Address,
    All,
}

/// What becomes of somebody who connects.
#[derive(Debug)]
pub(crate) enum Admission {
    /// They are served.
    In(Place),
    /// They are told that there are too many.
    Told(Place, Ceiling),
    /// They are hung up on.
    Full,
}

/// One connection's place among all. It is free again when this is dropped.
pub(crate) struct Place {
    connections: Arc<Connections>,
    of: Option<SocketAddr>,
}

#[derive(Default)]
struct Held {
    addresses: HashMap<Caller, usize>,
    /// IPv6 networks of households and offices; an IPv4 address is its own.
    networks: HashMap<Caller, usize>,
    all: usize,
    told: usize,
    logged: Option<Instant>,
}

impl Connections {
    pub(crate) fn new(ceilings: Ceilings, house: Arc<House>) -> Arc<Self> {
        let before_the_door = Semaphore::new(Ceilings::BEFORE_THE_DOOR);
        Arc::new(Self { ceilings, held: Mutex::default(), before_the_door, ending: watch::Sender::new(false), house })
    }

    /// Waits until there is room before the door for one who has connected; nobody else is taken from the system meanwhile.
    pub(crate) async fn comes_to_the_door(&self) {
        // It is never closed.
        if let Ok(room) = self.before_the_door.acquire().await {
            room.forget();
        }
    }

    /// The one who came to the door is looked at: there is room for another when this is dropped.
    fn looked_at(&self) -> impl Drop {
        /// Somebody less stands before the door.
        struct LookedAt<'a>(&'a Semaphore);
        impl Drop for LookedAt<'_> {
            fn drop(&mut self) {
                self.0.add_permits(1);
            }
        }
        LookedAt(&self.before_the_door)
    }

    /// Lets somebody in who connects from an address, if there is room.
    pub(crate) fn admit(self: &Arc<Self>, address: SocketAddr) -> Admission {
        let mut held = self.lock();
        let Some(ceiling) = held.reached(self.ceilings, address) else {
            held.all += 1;
            for (counts, caller) in held.counts(address) {
                *counts.entry(caller).or_default() += 1;
            }
            drop(held);
            self.house.metrics.connected();
            return Admission::In(Place { connections: Arc::clone(self), of: Some(address) });
        };
        self.house.metrics.turned_away(ceiling);
        if held.logged.is_none_or(|last| last.elapsed() >= TOLD_AGAIN) {
            held.logged = Some(Instant::now());
            let Ceilings { per_address, all, .. } = self.ceilings;
            tracing::warn!(held = held.all, per_address, all, "a connection is turned away: {}", ceiling.why());
        }
        if held.told >= self.ceilings.told {
            return Admission::Full;
        }
        held.told += 1;
        Admission::Told(Place { connections: Arc::clone(self), of: None }, ceiling)
    }

    /// From now on connections end as soon as nothing is under way on them.
    pub(crate) fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Waits until they are to end.
    fn ended(&self) -> BoxFuture<'static, ()> {
        let mut ending = self.ending.subscribe();
        Box::pin(async move {
            // Whoever could say so is gone: then they end too.
            let _ = ending.wait_for(|ending| *ending).await;
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The ceiling that another connection from an address would break. Those of the server's own host count in all alone.
    fn reached(&self, ceilings: Ceilings, address: SocketAddr) -> Option<Ceiling> {
        if self.all >= ceilings.all {
            return Some(Ceiling::All);
        }
        let many = |counts: &HashMap<Caller, usize>, caller: Caller, most: usize| counts.get(&caller).is_some_and(|count| *count >= most);
        let network = Caller::of(address);
        let crowded = many(&self.addresses, Caller::exactly(address), ceilings.per_address)
            || many(&self.networks, network, ceilings.per_address.max(ceilings.all / 2));
        (crowded && !network.is_here()).then_some(Ceiling::Address)
    }

    fn counts(&mut self, address: SocketAddr) -> [(&mut HashMap<Caller, usize>, Caller); 2] {
        [(&mut self.addresses, Caller::exactly(address)), (&mut self.networks, Caller::of(address))]
    }
}

impl Place {
    /// How long the other end of the connection may take nothing in.
    fn most_stalled(&self) -> Duration {
        self.connections.house.timeouts.request
    }

    /// How long nothing may be asked on the connection.
    fn most_idle(&self) -> Duration {
        self.connections.house.timeouts.idle
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.connections.lock();
        let Some(address) = self.of else {
            held.told -= 1;
            return;
        };
        held.all -= 1;
        for (counts, caller) in held.counts(address) {
            one_less(counts, &caller);
        }
        self.connections.house.metrics.disconnected();
    }
}

fn one_less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Place").field(&self.of).finish()
    }
}

impl Ceiling {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::All => "all",
        }
    }

    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Address => "too many connections from one address",
            Self::All => "too many connections at once",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Limits, Timeouts};
    use crate::gates::Callers;

    fn connections(per_address: usize, all: usize) -> Arc<Connections> {
        Connections::new(
            Ceilings { per_address, all, told: 3 },
            House::new(Vec::new(), Limits::NONE, Timeouts::default(), Callers::Computers),
        )
    }

    fn at(address: &str) -> SocketAddr {
        address.parse().expect("an address")
    }

    /// Connects from an address; the place, if it is let in.
    fn enter(connections: &Arc<Connections>, address: &str) -> Result<Place, Option<Ceiling>> {
        match connections.admit(at(address)) {
            Admission::In(place) => Ok(place),
            Admission::Told(_, ceiling) => Err(Some(ceiling)),
            Admission::Full => Err(None),
        }
    }

    #[test]
    fn an_address_has_its_ceiling_and_all_have_one_and_a_place_that_is_left_is_free() {
        let all = connections(2, 4);
        let first = enter(&all, "192.0.2.1:1").expect("there is room");
        let _second = enter(&all, "[::ffff:192.0.2.1]:2").expect("there is room");
        assert_eq!(enter(&all, "192.0.2.1:3").err(), Some(Some(Ceiling::Address)));
        let _others = [enter(&all, "192.0.2.2:1").expect("another address"), enter(&all, "192.0.2.3:1").expect("another address")];
        assert_eq!(enter(&all, "192.0.2.4:1").err(), Some(Some(Ceiling::All)));
        drop(first);
        let _third = enter(&all, "192.0.2.1:4").expect("a place was left");
        assert_eq!(all.lock().addresses.len(), 3);
    }

    #[test]
    fn the_computers_of_an_office_have_a_ceiling_each_and_half_of_all_together() {
        let all = connections(1, 6);
        let office: Vec<_> = (1..=3).map(|n| enter(&all, &format!("[2001:db8::{n}]:1")).expect("there is room")).collect();
        assert_eq!(enter(&all, "[2001:db8::1]:2").err(), Some(Some(Ceiling::Address)));
        assert_eq!(enter(&all, "[2001:db8::4]:1").err(), Some(Some(Ceiling::Address)), "half of all");
        let _other = enter(&all, "[2001:db8:0:1::4]:1").expect("another network");
        drop(office);
        assert!(all.lock().networks.len() == 1 && all.lock().all == 1);
    }

    #[test]
    fn a_process_on_the_servers_own_host_counts_in_all_alone() {
        let all = connections(1, 3);
        let _held: Vec<_> = (1..=3).map(|n| enter(&all, &format!("127.0.0.1:{n}")).expect("there is room")).collect();
        assert_eq!(enter(&all, "127.0.0.1:4").err(), Some(Some(Ceiling::All)));
    }

    #[test]
    fn only_so_many_are_told_at_once() {
        let all = connections(1, 0);
        let told: Vec<_> = (0..3).map(|_| all.admit(at("192.0.2.1:1"))).collect();
        assert!(told.iter().all(|it| matches!(it, Admission::Told(_, Ceiling::All))));
        assert!(matches!(all.admit(at("192.0.2.1:1")), Admission::Full));
        drop(told);
        assert!(matches!(all.admit(at("192.0.2.1:1")), Admission::Told(..)));
    }
}
