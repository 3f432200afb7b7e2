//! What a timer promises.

use std::time::Duration;

use futures_util::future::{Either, ready, select};
use keyward_ports::{Clock, Timer};

use crate::{AsyncCase, async_cases};

/// A timer, and a clock of the same host to judge it by.
pub trait TimerSubject: Send + Sync {
    /// The timer.
    fn timer(&self) -> &dyn Timer;

    /// The clock.
    fn clock(&self) -> &dyn Clock;
}

/// The promises of [`Timer`].
pub const CASES: &[AsyncCase<dyn TimerSubject>] = async_cases![it_returns_after_so_long_and_never_before, whoever_waits_can_be_dropped];

/// Long enough to be seen on every clock, short enough to be waited for.
const WHILE: Duration = Duration::from_millis(20);

async fn it_returns_after_so_long_and_never_before(subject: &dyn TimerSubject) {
    for duration in [Duration::ZERO, WHILE] {
        let before = subject.clock().now();
        subject.timer().wait(duration).await;
        let waited = subject.clock().now().running.saturating_sub(before.running);
        assert!(waited >= duration, "it returned after {waited:?}, not after {duration:?}");
    }
}

async fn whoever_waits_can_be_dropped(subject: &dyn TimerSubject) {
    // A clock that is turned by the wait itself may be through at once.
    if let Either::Right((_, waiting)) = select(subject.timer().wait(Duration::from_secs(3600)), ready(())).await {
        drop(waiting);
    }
    it_returns_after_so_long_and_never_before(subject).await;
}
