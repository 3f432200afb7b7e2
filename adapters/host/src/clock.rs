//! The host's clocks.
//!
//! | | running | boot |
//! | --- | --- | --- |
//! | Linux | `CLOCK_BOOTTIME` | the kernel's boot id |
//! | macOS | `CLOCK_MONOTONIC`, which counts sleep there | the kernel's boot session |
//! | Windows | `GetTickCount64` | a random name in a volatile registry key, which is gone when the user's session ends |
//! | other Unix | `CLOCK_MONOTONIC` | this process |
//!
//! Running time counts while the host sleeps: a lease ends on a host that sleeps, too. Where no name of the boot can be read, each
//! process is a boot of its own: no running time is counted from one process to the next, and a lease does not outlive its process.

use std::time::{Duration, SystemTime};

use keyward_domain::time::{Boot, Now, Timestamp};
use keyward_ports::{Clock, Second};

/// The host's clocks, as the operating system tells them.
#[derive(Debug, Clone)]
pub struct SystemClock {
    boot: Boot,
}

impl SystemClock {
    /// The clocks of this host. Which boot this is, is asked once.
    pub fn new() -> Self {
        Self { boot: Boot(system::boot().unwrap_or_else(this_process).into()) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: wall(SystemTime::now()), running: system::running(), boot: self.boot.clone() }
    }

    fn second(&self) -> Second {
        system::second()
    }
}

/// Whole seconds: people read these instants. A clock set beyond what can be written is as far off as can be written.
fn wall(system: SystemTime) -> Timestamp {
    let bound = if system < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    let exact = Timestamp::try_from(system).unwrap_or(bound);
    Timestamp::from_second(exact.as_second()).unwrap_or(exact)
}

fn this_process() -> String {
    random_name("process")
}

/// A name that nothing else has had: who made it, when, and random bits where there are any.
fn random_name(what: &str) -> String {
    let mut random = [0; 8];
    // Without them the time and the number must do.
    let _ = getrandom::fill(&mut random);
    let made = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{what}-{}-{made:x}-{:x}", std::process::id(), u64::from_ne_bytes(random))
}

#[cfg(not(target_os = "linux"))]
fn second() -> Second {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Second { wall: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), running: system::running().as_secs() }
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}

#[cfg(target_os = "linux")]
mod system {
    use keyward_ports::Second;
    use rustix::time::{ClockId, clock_gettime};

    use super::{Duration, read};

    pub(super) fn running() -> Duration {
        read(ClockId::Boottime)
    }

    /// The coarse clocks are turned with the kernel's tick and cost a few nanoseconds. A host that slept has a wall clock that went on.
    pub(super) fn second() -> Second {
        let whole = |clock| clock_gettime(clock).tv_sec;
        Second { wall: whole(ClockId::RealtimeCoarse), running: whole(ClockId::MonotonicCoarse).unsigned_abs() }
    }

    pub(super) fn boot() -> Option<String> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }
}

#[cfg(target_os = "macos")]
mod system {
    use sysctl::Sysctl as _;

    use super::{Duration, read};

    pub(super) use super::second;

    pub(super) fn running() -> Duration {
        read(rustix::time::ClockId::Monotonic)
    }

    pub(super) fn boot() -> Option<String> {
        let session = sysctl::Ctl::new("kern.bootsessionuuid").ok()?.value_string().ok()?;
        Some(session.trim().to_owned()).filter(|session| !session.is_empty())
    }
}

#[cfg(windows)]
mod system {
    use windows_registry::CURRENT_USER;

    use super::Duration;

    pub(super) use super::second;

    /// Directly below `Software`: nothing that lasts can stand below a volatile key, so no other program's key may hang on this one.
    const BOOT: &str = r"Software\KeywardBoot";
    const NAME: &str = "Name";

    pub(super) fn running() -> Duration {
        Duration::from_millis(winsafe::GetTickCount64())
    }

    /// The system's own count of boots stands still where prefetching is off; a volatile key never outlives its boot.
    pub(super) fn boot() -> Option<String> {
        let key = CURRENT_USER.options().read().write().create().volatile().open(BOOT).ok()?;
        if let Ok(name) = key.get_string(NAME) {
            return Some(name);
        }
        key.set_string(NAME, super::random_name("session")).ok()?;
        // Another process may have been first or last: what stands there now is what all others will read.
        key.get_string(NAME).ok()
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
mod system {
    use super::{Duration, read};

    pub(super) use super::second;

    pub(super) fn running() -> Duration {
        read(rustix::time::ClockId::Monotonic)
    }

    pub(super) fn boot() -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn running_time_never_goes_back_and_the_boot_stays() {
        let clock = SystemClock::new();
        let first = clock.now();
        let mut last = first.running;
        assert!(last > Duration::ZERO);
        let began = Instant::now();
        // Windows counts in steps of 16 ms.
        while last == first.running || began.elapsed() < Duration::from_millis(5) {
            let now = clock.now();
            assert!(now.running >= last && now.boot == first.boot);
            last = now.running;
            assert!(began.elapsed() < Duration::from_secs(60), "it stands still");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn two_clocks_of_one_boot_name_it_alike() {
        let (one, two) = (SystemClock::new().now(), SystemClock::new().now());
        assert_eq!(one.boot, two.boot);
        assert!(!one.boot.0.starts_with("process-"), "{:?}", one.boot);
        assert_ne!(this_process(), this_process());
    }

    #[test]
    fn the_second_follows_the_clocks_within_a_few_ticks() {
        let clock = SystemClock::new();
        let (mut last, mut turned) = (clock.second(), 0);
        let began = Instant::now();
        while turned < 2 {
            let (second, shown) = (clock.second(), clock.now().wall.as_second());
            assert!((0..=1).contains(&(shown - second.wall)), "{second:?}, but {shown}");
            turned += u8::from(second != last);
            last = second;
            assert!(began.elapsed() < Duration::from_secs(60), "it stands still");
        }
    }

    #[test]
    fn a_clock_set_out_of_this_world_is_still_read() {
        let far = Duration::from_secs(400_000_000_000);
        assert_eq!(wall(SystemTime::UNIX_EPOCH + far).as_second(), Timestamp::MAX.as_second());
        // Windows cannot even be told of a time so early.
        if let Some(early) = SystemTime::UNIX_EPOCH.checked_sub(far) {
            assert_eq!(wall(early), Timestamp::MIN);
        }
        assert_eq!(wall(SystemTime::UNIX_EPOCH), Timestamp::UNIX_EPOCH);
    }
}
