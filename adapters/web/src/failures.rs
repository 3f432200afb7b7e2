//! Who failed to show the right secret, and how long they wait before they are told again. Whoever shows the right one never waits, so
//! nobody can lock its owner out.

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
        if self.0.len() >= MOST_ADDRESSES {
            self.0.clear();
        }
        let failed = self.0.entry(caller).or_insert(Failed { times: 0, last: now });
        failed.times = failed.times.saturating_add(1);
        failed.last = now;
    }

    /// An address showed the right secret.
    pub(crate) fn forgive(&mut self, caller: Caller) {
        self.0.remove(&caller);
    }
}
