//! Who failed to show the right secret, and how long they wait before they are told again. Whoever shows the right one never waits, so
//! nobody can lock its owner out; and it shortens nobody's wait, so whoever has one secret cannot guess another the faster for it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::address::Caller;

/// So often an address may fail before it has to wait.
pub(crate) const FREE_FAILURES: u32 = 5;
/// The first wait; it doubles with every failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// After so long without a failure an address is forgotten.
const MEMORY: Duration = Duration::from_secs(900);
/// So many addresses are remembered.
const MOST_ADDRESSES: usize = 10_000;

/// Who failed how often.
#[derive(Default)]
pub(crate) struct Failures(HashMap<Caller, Failed>);

struct Failed {
    times: u32,
    last: Instant,
}

impl Failed {
    fn wait(&self) -> Duration {
        match self.times.checked_sub(FREE_FAILURES) {
            None => Duration::ZERO,
            Some(doublings) => FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(LONGEST_WAIT),
        }
    }
}

impl Failures {
    /// How long an address still has to wait; none = it need not.
    pub(crate) fn wait(&self, caller: Caller, now: Instant) -> Option<Duration> {
        let failed = self.0.get(&caller)?;
        let left = failed.wait().saturating_sub(now.saturating_duration_since(failed.last));
        (!left.is_zero()).then_some(left)
    }

    /// An address failed.
    pub(crate) fn note(&mut self, caller: Caller, now: Instant) {
        self.0.retain(|_, failed| now.saturating_duration_since(failed.last) < MEMORY);
        if self.0.len() >= MOST_ADDRESSES
            && !self.0.contains_key(&caller)
            && let Some(oldest) = self.0.iter().min_by_key(|(_, failed)| failed.last).map(|(caller, _)| *caller)
        {
            self.0.remove(&oldest);
        }
        let failed = self.0.entry(caller).or_insert(Failed { times: 0, last: now });
        failed.times = failed.times.saturating_add(1);
        failed.last = now;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    #[test]
    fn a_wait_doubles_with_each_failure_up_to_a_minute_and_ends_by_itself() {
        let caller = Caller::of(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        let (mut failures, mut now, mut waits) = (Failures::default(), Instant::now(), Vec::new());
        for _ in 0..FREE_FAILURES + 8 {
            failures.note(caller, now);
            let wait = failures.wait(caller, now);
            waits.push(wait.map_or(0, |wait| wait.as_secs()));
            now += wait.unwrap_or_default();
            assert_eq!(failures.wait(caller, now), None, "it is over when it is");
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        now += MEMORY;
        failures.note(caller, now);
        assert_eq!(failures.wait(caller, now), None, "what was long ago is forgotten");
    }

    #[test]
    fn many_addresses_make_the_oldest_be_forgotten_and_no_other() {
        let caller = |n: u32| Caller::of(SocketAddr::from((Ipv4Addr::from(n), 1)));
        let (mut failures, now) = (Failures::default(), Instant::now());
        let most = u32::try_from(MOST_ADDRESSES).expect("a number");
        for (first, at) in [(1, now), (2, now + Duration::from_millis(1))] {
            for _ in 0..=FREE_FAILURES {
                failures.note(caller(first), at);
            }
        }
        let later = now + Duration::from_millis(2);
        for other in 3..=most {
            failures.0.insert(caller(other), Failed { times: 1, last: later });
        }
        failures.note(caller(0), later);
        assert_eq!(failures.0.len(), MOST_ADDRESSES);
        assert_eq!(failures.wait(caller(1), later), None, "the oldest");
        assert!(failures.wait(caller(2), later).is_some());
        failures.note(caller(2), later);
        assert!(failures.0.contains_key(&caller(3)), "who is remembered takes nobody's place");
    }
}
