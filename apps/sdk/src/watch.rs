//! Changes of the standing, told to whoever watches.

use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::time::Duration;

use keyward_domain::rights::KeyType;
use keyward_domain::standing::{Flag, Row, Standing, Status, Verdict};
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
    speaks: Option<usize>,
    rows: Vec<Row>,
}

fn gist(standing: &Standing) -> Gist {
    let verdict = match &standing.verdict {
        // Until when stands in the row that speaks.
        Verdict::Licensed { .. } => "licensed".into(),
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
    // A seat that is kept gets a fresh lease every few minutes.
    for row in rows.iter_mut().filter(|row| row.key_type == KeyType::Network && row.status == Status::Enabled) {
        row.until = None;
    }
    Gist { verdict, speaks: standing.speaks, rows }
}

#[cfg(test)]
mod tests {
    use keyward_domain::rights::TenureKind;
    use keyward_domain::time::Timestamp;
    use keyward_domain::vault::Loss;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn lasts_until(status: Status, until: &str) -> Standing {
        let row = Row {
            id: "A-1".into(),
            product: "cad".parse().expect("a name"),
            editions: [].into(),
            features: [].into(),
            key_type: KeyType::Network,
            tenure: TenureKind::Perpetual,
            last_five: None,
            status,
            until: Some(at(until)),
            flags: Vec::new(),
            news: None,
        };
        let verdict = Verdict::Licensed { until: row.until };
        Standing { verdict, speaks: Some(0), rows: vec![row], at: at("2027-01-01T00:00:00Z") }
    }

    #[test]
    fn a_fresh_lease_is_no_change_but_a_later_end_of_a_loan_is_and_so_is_what_is_said_of_a_seat() {
        let (now, later) = ("2027-01-01T00:10:00Z", "2027-01-01T00:15:00Z");
        let changed = |status: &Status| gist(&lasts_until(status.clone(), now)) != gist(&lasts_until(status.clone(), later));
        assert_eq!([Status::Enabled, Status::Borrowed].map(|status| changed(&status)), [false, true]);
        let mut released = lasts_until(Status::Enabled, now);
        released.rows[0].news = Some(Loss::Released);
        assert!(gist(&released) != gist(&lasts_until(Status::Enabled, now)), "it will not be kept any longer");
    }
}
