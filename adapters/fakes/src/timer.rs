//! Waiting for a clock that somebody turns by hand.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use keyward_ports::{Clock as _, Timer};

use crate::{FakeClock, locked};

/// Waits on a [`FakeClock`], without waiting. Remembers how long it was asked to wait.
#[derive(Debug)]
pub struct FakeTimer {
    clock: Arc<FakeClock>,
    pace: Pace,
    waits: Mutex<Vec<Duration>>,
}

#[derive(Debug, Clone, Copy)]
enum Pace {
    TurnsTheClock,
    WaitsForTheClock,
}

impl FakeTimer {
    /// A timer that turns the clock forward by what it is asked to wait, and lets others go on in between.
    pub fn advancing(clock: Arc<FakeClock>) -> Self {
        Self { clock, pace: Pace::TurnsTheClock, waits: Mutex::default() }
    }

    /// A timer whose waits end when somebody else has turned the clock far enough.
    pub fn following(clock: Arc<FakeClock>) -> Self {
        Self { clock, pace: Pace::WaitsForTheClock, waits: Mutex::default() }
    }

    /// How long it was asked to wait, in the order of asking.
    pub fn waits(&self) -> Vec<Duration> {
        locked(&self.waits).clone()
    }
}

#[async_trait]
impl Timer for FakeTimer {
    async fn wait(&self, duration: Duration) {
        // Whoever sees that somebody waits may turn the clock at once.
        let begun = self.clock.now();
        locked(&self.waits).push(duration);
        match self.pace {
            Pace::TurnsTheClock => {
                self.clock.advance(duration);
                // As after any wait, others had their turn.
                let mut waited = false;
                poll_fn(|context| {
                    if std::mem::replace(&mut waited, true) {
                        return Poll::Ready(());
                    }
                    context.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
            Pace::WaitsForTheClock => {
                poll_fn(|context| {
                    // First to the queue, then to the clock: a turn between the two is not missed.
                    self.clock.wake_at_next_turn(context.waker());
                    let now = self.clock.now();
                    let over = now.boot != begun.boot || now.running.saturating_sub(begun.running) >= duration;
                    if over { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Wake, Waker};

    use keyward_domain::time::Timestamp;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn whoever_follows_the_clock_is_woken_by_its_turn_and_goes_on_when_the_time_has_come() {
        let clock = Arc::new(FakeClock::at(Timestamp::UNIX_EPOCH));
        let timer = FakeTimer::following(clock.clone());
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut wait = timer.wait(Duration::from_secs(10));
        assert!(wait.as_mut().poll(&mut context).is_pending());
        for (turn, over) in [(9, false), (1, true)] {
            clock.advance(Duration::from_secs(turn));
            assert!(woken.0.swap(false, Ordering::SeqCst), "the turn wakes it");
            assert_eq!(wait.as_mut().poll(&mut context).is_ready(), over);
        }
        assert_eq!(timer.waits(), [Duration::from_secs(10)]);
    }
}
