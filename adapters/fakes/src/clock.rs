//! A clock that stands until somebody turns it.

use std::sync::Mutex;
use std::task::Waker;
use std::time::Duration;

use keyward_domain::time::{Boot, Now, Timestamp, after};
use keyward_ports::Clock;

use crate::locked;

/// A host's clocks, turned by hand.
#[derive(Debug)]
pub struct FakeClock {
    face: Mutex<Face>,
}

#[derive(Debug)]
struct Face {
    wall: Timestamp,
    running: Duration,
    boots: u32,
    /// Those who wait for running time to pass.
    waiting: Vec<Waker>,
}

impl FakeClock {
    /// A clock that stands at an instant, on a host that was booted just now.
    pub fn at(wall: Timestamp) -> Self {
        Self { face: Mutex::new(Face { wall, running: Duration::ZERO, boots: 1, waiting: Vec::new() }) }
    }

    /// Lets time pass while the host runs.
    pub fn advance(&self, by: Duration) {
        self.turn(|face| {
            face.wall = after(face.wall, by);
            face.running += by;
        });
    }

    /// Lets time pass while the host sleeps: the wall clock goes on, running time does not.
    pub fn sleep_through(&self, by: Duration) {
        self.turn(|face| face.wall = after(face.wall, by));
    }

    /// Sets the wall clock, forward or back, as anybody can.
    pub fn set_wall(&self, wall: Timestamp) {
        self.turn(|face| face.wall = wall);
    }

    /// Boots the host again: running time begins anew.
    pub fn reboot(&self) {
        self.turn(|face| {
            face.running = Duration::ZERO;
            face.boots += 1;
        });
    }

    /// The clock of a copy of this host: it shows the same, and was booted just now.
    pub(crate) fn of_a_copy(&self) -> Self {
        let face = locked(&self.face);
        Self { face: Mutex::new(Face { wall: face.wall, running: Duration::ZERO, boots: face.boots + 1000, waiting: Vec::new() }) }
    }

    /// Wakes somebody at the next turn of the clock.
    pub(crate) fn wake_at_next_turn(&self, waker: &Waker) {
        let mut face = locked(&self.face);
        if !face.waiting.iter().any(|known| known.will_wake(waker)) {
            face.waiting.push(waker.clone());
        }
    }

    fn turn(&self, change: impl FnOnce(&mut Face)) {
        let mut face = locked(&self.face);
        change(&mut face);
        let waiting = std::mem::take(&mut face.waiting);
        drop(face);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Now {
        let face = locked(&self.face);
        Now { wall: face.wall, running: face.running, boot: Boot(format!("boot-{}", face.boots).into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_three_clocks_moves_alone_or_with_the_others() {
        let clock = FakeClock::at(Timestamp::UNIX_EPOCH);
        let shows = |wall: &str, running: u64, boot: &str| Now {
            wall: wall.parse().expect("an instant"),
            running: Duration::from_secs(running),
            boot: Boot(boot.into()),
        };
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), shows("1970-01-01T00:01:00Z", 60, "boot-1"));
        clock.sleep_through(Duration::from_secs(60));
        assert_eq!(clock.now(), shows("1970-01-01T00:02:00Z", 60, "boot-1"));
        clock.set_wall(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), shows("1970-01-01T00:00:00Z", 60, "boot-1"));
        clock.reboot();
        assert_eq!(clock.now(), shows("1970-01-01T00:00:00Z", 0, "boot-2"));
    }
}
