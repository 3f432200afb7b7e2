//! Changes of the standing, told to whoever watches.

use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::time::Duration;

use keyward_domain::standing::{Flag, Row, Standing, Verdict};
use keyward_engine::LicenseManager;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked whether time or another program changed the standing.
const LOOK: Duration = Duration::from_secs(1);
/// Every so many looks the clock is written down: ten minutes.
const LOOKS_A_TICK: u32 = 600;

/// Hears of changes of the standing.
pub struct Watch(mpsc::Receiver<Standing>);

impl Watch {
    /// Waits for the next change; none when Keyward was closed.
    pub fn next(&self) -> Option<Standing> {
        self.0.recv().ok()
    }

    /// The next change if there is one already.
    pub fn try_next(&self) -> Option<Standing> {
        self.0.try_recv().ok()
    }

    /// Waits for the next change, at most so long.
    pub fn next_within(&self, most: Duration) -> Option<Standing> {
        self.0.recv_timeout(most).ok()
    }
}

/// Who watches.
#[derive(Default)]
pub(crate) struct Watchers(Vec<mpsc::Sender<Standing>>);

impl Watchers {
    pub(crate) fn add(&mut self) -> Watch {
        let (sender, receiver) = mpsc::channel();
        self.0.push(sender);
        Watch(receiver)
    }

    fn tell(&mut self, standing: &Standing) {
        self.0.retain(|watcher| watcher.send(standing.clone()).is_ok());
    }
}

/// Looks every second, tells what changed, and lets the clock be written down every ten minutes. Ends with the last handle.
pub(crate) async fn keep(manager: Weak<LicenseManager>, watchers: Arc<Mutex<Watchers>>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = manager.upgrade().map(|manager| gist(&manager.standing()));
    for look in 1_u32.. {
        looks.tick().await;
        let Some(manager) = manager.upgrade() else { return };
        if look % LOOKS_A_TICK == 0 {
            // What cannot be written now is written at the next tick or act.
            let _ = manager.tick().await;
        }
        // A vault that cannot be read leaves what was read before; `trouble` says so.
        let _ = manager.catch_up();
        let standing = manager.standing();
        let now = Some(gist(&standing));
        if now != told {
            watchers.lock().unwrap_or_else(PoisonError::into_inner).tell(&standing);
            told = now;
        }
    }
}

/// What of a standing is worth telling: not every second that passes.
#[derive(PartialEq)]
struct Gist {
    verdict: String,
    rows: Vec<Row>,
}

fn gist(standing: &Standing) -> Gist {
    let verdict = match &standing.verdict {
        Verdict::Licensed { until } => format!("licensed {until:?}"),
        Verdict::Grace { flag } => format!("grace {}", flag.code()),
        Verdict::Stopped { reason } => format!("stopped {}", reason.code()),
    };
    let mut rows = standing.rows.clone();
    for flag in rows.iter_mut().flat_map(|row| &mut row.flags) {
        // What is left of a grace passes every second.
        if let Flag::HostChanged { left } | Flag::ClockSuspect { left } | Flag::SeatLost { left, .. } = flag {
            *left = Duration::ZERO;
        }
    }
    Gist { verdict, rows }
}
