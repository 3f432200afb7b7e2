//! Which servers were found dead a moment ago (row O2).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use keyward_domain::time::{Boot, Now};

/// When each server of a list was found dead, if it was. Running time counts, so that turning the clock changes nothing.
pub(crate) struct Dead {
    found: Mutex<Vec<Option<(Boot, Duration)>>>,
    lasts: Duration,
}

impl Dead {
    /// None of so many servers; whoever is found dead is thought so for `lasts`.
    pub(crate) fn new(servers: usize, lasts: Duration) -> Self {
        Self { found: Mutex::new(vec![None; servers]), lasts }
    }

    /// The servers by number, in the order to try them: the living first, the dead last, each as in the list. None is left out.
    pub(crate) fn order(&self, now: &Now) -> Vec<usize> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_dead = |since: &Option<(Boot, Duration)>| {
            since.as_ref().is_some_and(|(boot, at)| *boot == now.boot && now.running.saturating_sub(*at) < self.lasts)
        };
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by_key(|index| is_dead(&found[*index]));
        order
    }

    pub(crate) fn mark_dead(&self, server: usize, now: &Now) {
        self.mark(server, Some((now.boot.clone(), now.running)));
    }

    pub(crate) fn mark_alive(&self, server: usize) {
        self.mark(server, None);
    }

    fn mark(&self, server: usize, since: Option<(Boot, Duration)>) {
        if let Some(mark) = self.found.lock().unwrap_or_else(PoisonError::into_inner).get_mut(server) {
            *mark = since;
        }
    }
}

#[cfg(test)]
mod tests {
    use keyward_domain::time::Timestamp;

    use super::*;

    #[test]
    fn the_dead_come_last_until_their_time_is_over_or_the_host_was_booted() {
        let at =
            |boot: &str, running: u64| Now { wall: Timestamp::UNIX_EPOCH, running: Duration::from_secs(running), boot: Boot(boot.into()) };
        let dead = Dead::new(3, Duration::from_secs(60));
        assert_eq!(dead.order(&at("a", 0)), [0, 1, 2]);
        dead.mark_dead(0, &at("a", 10));
        dead.mark_dead(1, &at("a", 20));
        assert_eq!(dead.order(&at("a", 69)), [2, 0, 1]);
        assert_eq!(dead.order(&at("a", 70)), [0, 2, 1]);
        assert_eq!(dead.order(&at("a", 80)), [0, 1, 2]);
        assert_eq!(dead.order(&at("b", 30)), [0, 1, 2]);
        dead.mark_dead(0, &at("a", 90));
        dead.mark_alive(0);
        assert_eq!(dead.order(&at("a", 91)), [0, 1, 2]);
    }
}
