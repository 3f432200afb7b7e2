//! What an issuer remembers of a device key: which counts it has used. Two copies of one vault betray themselves by using one count twice.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::keys::PublicKey;
use crate::names::HostName;
use crate::seal::Digest;
use crate::time::{Timestamp, between, days};

/// So many pairs of count and name are remembered of each device.
const REMEMBERED: usize = 64;
/// A second doubled count within so many days is refused.
const PATIENCE_DAYS: u64 = 30;

/// A device key and its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The key.
    pub key: PublicKey,
    /// What its host called itself last.
    pub host: HostName,
    /// When it was heard of last.
    pub seen: Timestamp,
    /// The counts it used, with the name of the request, lowest first.
    counts: VecDeque<(u64, Digest)>,
    /// When a count was used twice, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubled: Option<Timestamp>,
}

/// What a count tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// As it should be: new, or the very request that used it before.
    Once,
    /// Used by another request before, for the first time in a long while: go on above the highest.
    Doubled {
        /// The highest count seen.
        highest: u64,
    },
    /// Used by another request before, again: two hosts count with one vault.
    Copied,
}

impl Device {
    /// A device that is heard of for the first time.
    pub fn new(key: PublicKey, host: HostName, now: Timestamp) -> Self {
        Self { key, host, seen: now, counts: VecDeque::new(), doubled: None }
    }

    /// Takes a count in.
    pub fn take(&mut self, count: u64, name: Digest, host: &HostName, now: Timestamp) -> Counted {
        self.host = host.clone();
        self.count(count, name, now)
    }

    /// Takes a count in, whatever the host calls itself.
    pub fn count(&mut self, count: u64, name: Digest, now: Timestamp) -> Counted {
        self.seen = self.seen.max(now);
        let counted = self.judge(count, name, now);
        if let Counted::Doubled { .. } = counted {
            self.doubled = Some(now);
        }
        if counted != Counted::Copied {
            self.remember(count, name);
        }
        counted
    }

    /// What a count would tell.
    pub fn judge(&self, count: u64, name: Digest, now: Timestamp) -> Counted {
        if self.counts.back().is_none_or(|(highest, _)| count > *highest) {
            return Counted::Once; // As it nearly always is.
        }
        if self.knows(count, name) {
            return Counted::Once;
        }
        let forgotten = self.counts.len() == REMEMBERED && self.counts.front().is_some_and(|(lowest, _)| count < *lowest);
        let used = forgotten || self.counts.binary_search_by_key(&count, |(known, _)| *known).is_ok();
        if !used {
            return Counted::Once;
        }
        if self.doubled.is_some_and(|last| between(last, now) < days(PATIENCE_DAYS)) {
            return Counted::Copied;
        }
        Counted::Doubled { highest: self.counts.back().map_or(count, |(highest, _)| (*highest).max(count)) }
    }

    /// Whether this very request was taken in before, as far back as is remembered.
    pub fn knows(&self, count: u64, name: Digest) -> bool {
        self.counts.binary_search(&(count, name)).is_ok()
    }

    fn remember(&mut self, count: u64, name: Digest) {
        // Most hosts of a pool have few: no room for more than there are.
        self.counts.reserve_exact(1);
        if self.counts.back().is_none_or(|newest| *newest < (count, name)) {
            self.counts.push_back((count, name));
        } else if let Err(place) = self.counts.binary_search(&(count, name)) {
            self.counts.insert(place, (count, name));
        }
        if self.counts.len() > REMEMBERED {
            self.counts.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    fn device() -> Device {
        let host: HostName = "a".parse().expect("a name");
        Device::new(SigningKey::from_seed(&[1; 32]).public(), host, Timestamp::UNIX_EPOCH)
    }

    fn name(n: u64) -> Digest {
        Digest::of(&n.to_be_bytes())
    }

    #[test]
    fn a_count_used_twice_is_answered_once_and_then_refused_for_thirty_days() {
        let mut device = device();
        let host = device.host.clone();
        let mut take = |count, n, day| device.take(count, name(n), &host, crate::time::after(Timestamp::UNIX_EPOCH, days(day)));
        assert_eq!(take(1, 1, 0), Counted::Once);
        assert_eq!(take(1, 1, 0), Counted::Once);
        assert_eq!(take(1, 2, 1), Counted::Doubled { highest: 1 });
        assert_eq!(take(1, 2, 1), Counted::Once);
        assert_eq!(take(2, 3, 2), Counted::Once);
        assert_eq!(take(2, 4, 3), Counted::Copied);
        assert_eq!(take(2, 4, 32), Counted::Doubled { highest: 2 });
    }

    #[test]
    fn a_count_too_old_to_be_remembered_counts_as_used() {
        let mut device = device();
        let host = device.host.clone();
        for n in 1..=100 {
            assert_eq!(device.take(n, name(n), &host, Timestamp::UNIX_EPOCH), Counted::Once);
        }
        assert_eq!(device.take(5, name(1_000), &host, Timestamp::UNIX_EPOCH), Counted::Doubled { highest: 100 });
    }
}
