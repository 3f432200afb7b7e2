//! How often who may ask: one bucket for each license key, device key and address. Bounded in memory.

use std::hash::Hash;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::DefaultKeyedRateLimiter;
use governor::clock::Clock as _;
use keyward_domain::keys::KeyId;

use crate::address::Caller;
use crate::config::{Limits, Quota};

/// Once in so many checks the buckets are looked through.
const LOOK_THROUGH: u32 = 1_024;
/// So many buckets are kept, besides those that come in between two looks.
const MOST_BUCKETS: usize = 100_000;

/// A network of IPv6 addresses may ask so many times as often as one of them, where each is a computer.
const NETWORK: NonZeroU32 = NonZeroU32::new(16).unwrap();

/// Whom the limit of an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    /// On the internet a household has a whole network of IPv6 addresses (/64).
    Households,
    /// On a LAN a network is an office: each address is a computer, and the network has a wider limit.
    Computers,
}

/// The limits.
pub(crate) struct Gates {
    pub(crate) keys: Gate<KeyId>,
    pub(crate) devices: Gate<KeyId>,
    addresses: Gate<Caller>,
    networks: Gate<Caller>,
    callers: Callers,
    /// Of answers by hand, by the token's name.
    pub(crate) tokens: Gate<Arc<str>>,
}

impl Gates {
    pub(crate) fn new(limits: Limits, callers: Callers) -> Self {
        let Limits { per_key, per_device, per_address, per_token } = limits;
        Self {
            keys: Gate::new(per_key),
            devices: Gate::new(per_device),
            addresses: Gate::new(per_address),
            networks: Gate::new(per_address.map(|quota| quota.times(NETWORK))),
            callers,
            tokens: Gate::new(per_token),
        }
    }

    /// Lets an address pass, or says how long it has to wait.
    pub(crate) fn pass_address(&self, address: SocketAddr) -> Result<(), Duration> {
        let network = Caller::of(address);
        match self.callers {
            Callers::Households => self.addresses.pass(&network),
            Callers::Computers => {
                let computer = Caller::exactly(address);
                self.addresses.pass(&computer)?;
                if computer == network { Ok(()) } else { self.networks.pass(&network) }
            }
        }
    }
}

/// One limit; none = open to all.
pub(crate) struct Gate<K: Hash + Eq + Clone>(Option<Held<K>>);

struct Held<K: Hash + Eq + Clone> {
    quota: governor::Quota,
    buckets: RwLock<DefaultKeyedRateLimiter<K>>,
    checks: AtomicU32,
    most: usize,
}

impl<K: Hash + Eq + Clone> Gate<K> {
    pub(crate) fn new(quota: Option<Quota>) -> Self {
        Self(quota.map(|quota| Held::new(quota, MOST_BUCKETS)))
    }

    /// Whether there is a limit.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Lets somebody pass, or says how long they have to wait.
    pub(crate) fn pass(&self, who: &K) -> Result<(), Duration> {
        self.0.as_ref().map_or(Ok(()), |held| held.pass(who))
    }
}

impl<K: Hash + Eq + Clone> Held<K> {
    fn new(Quota { per_minute, burst }: Quota, most: usize) -> Self {
        let quota = governor::Quota::per_minute(per_minute).allow_burst(burst);
        Self { quota, buckets: RwLock::new(DefaultKeyedRateLimiter::dashmap(quota)), checks: AtomicU32::new(0), most }
    }

    fn pass(&self, who: &K) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % LOOK_THROUGH == LOOK_THROUGH - 1 {
            self.tidy();
        }
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.check_key(who).map_err(|not_until| not_until.wait_time_from(buckets.clock().now()))
    }

    /// Full buckets are forgotten. If there are still too many, all are: somebody makes up keys, and memory counts for more than
    /// what a few owners of a bucket have left in it.
    fn tidy(&self) {
        let too_many = {
            let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
            if buckets.len() * 2 > self.most {
                buckets.retain_recent();
                buckets.shrink_to_fit();
            }
            buckets.len() > self.most
        };
        if too_many {
            *self.buckets.write().unwrap_or_else(PoisonError::into_inner) = DefaultKeyedRateLimiter::dashmap(self.quota);
        }
    }
}

/// Whole seconds to wait, at least one: what `Retry-After` says.
pub(crate) fn seconds(wait: Duration) -> NonZeroU32 {
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(whole).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_pass_and_the_next_one_waits_while_others_pass() {
        let gate = Gate::new(Some(Quota::new(1, 2)));
        assert_eq!((gate.pass(&"a"), gate.pass(&"a")), (Ok(()), Ok(())));
        let wait = gate.pass(&"a").expect_err("the burst is over");
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60), "{wait:?}");
        assert_eq!(gate.pass(&"b"), Ok(()));
        assert_eq!(Gate::new(None).pass(&"a"), Ok(()));
    }

    #[test]
    fn the_computers_of_an_office_do_not_use_up_each_others_limit_and_a_household_is_one() {
        let limits = Limits { per_address: Some(Quota::new(1, 1)), ..Limits::NONE };
        let passes = |gates: &Gates, address: &str| gates.pass_address(address.parse().expect("an address")).is_ok();
        let (households, computers) = (Gates::new(limits, Callers::Households), Gates::new(limits, Callers::Computers));
        for (gates, second) in [(&households, false), (&computers, true)] {
            assert!(passes(gates, "[2001:db8::1]:1") && !passes(gates, "[2001:db8::1]:2"));
            assert_eq!(passes(gates, "[2001:db8::2]:1"), second);
            assert!(passes(gates, "192.0.2.1:1") && !passes(gates, "192.0.2.1:2"));
        }
        let more = (3..=30).filter(|n| passes(&computers, &format!("[2001:db8::{n}]:1"))).count();
        assert_eq!(more, 14, "sixteen of one network in all");
    }

    #[test]
    fn buckets_of_made_up_keys_do_not_fill_the_memory() {
        let held = Held::new(Quota::new(1, 1), 2_000);
        for made_up in 0..20_000_u32 {
            assert_eq!(held.pass(&made_up), Ok(()));
        }
        let kept = held.buckets.read().expect("nobody panicked").len();
        assert!(kept <= 2_000 + 1_024, "{kept}");
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_as_none() {
        let told = |ms| seconds(Duration::from_millis(ms)).get();
        assert_eq!([told(0), told(1), told(1_000), told(1_001), told(59_900)], [1, 1, 1, 2, 60]);
    }
}
