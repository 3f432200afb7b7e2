//! What an epoch is called: each start of a server has a name of its own, and every name is above those before it.
//!
//! A server that was restored from a backup must not call a start as one was called that it forgot: then it would take what it has forgotten
//! for its own. Nor may the name be lower: what is shown from a lower epoch was signed before. So a name is the time of the start, to the
//! 1,024th part of a second. Where the clock tells whole seconds only, or was set back, the parts go by chance.

use crate::seal::Digest;
use crate::time::Now;

/// So many bits of a name stand for parts of a second. The generations of an epoch stand below its name; all together have room in 63 bits
/// until 2242.
const PARTS: u32 = 10;

/// The name of the epoch that begins now, above the last. Servers once called an epoch by its second alone: every name is above those too.
pub(super) fn next(last: u64, now: &Now) -> u64 {
    let second = u64::try_from(now.wall.as_second()).unwrap_or_default();
    let part = match u64::try_from(now.wall.subsec_nanosecond()).unwrap_or_default() {
        0 => chance(now),
        nanoseconds => nanoseconds * (1 << PARTS) / 1_000_000_000,
    };
    let name = (second << PARTS) | part;
    // The clock was set back, or did not go on.
    let after = (((last >> PARTS) + 1) << PARTS) | chance(now);
    if name > last { name } else { after }
}

/// What differs between any two starts: their readings to the nanosecond, and the boot they belong to.
fn chance(now: &Now) -> u64 {
    let readings = format!("keyward/1 epoch {} {} {}", now.wall.as_nanosecond(), now.running.as_nanos(), now.boot.0);
    let digest = Digest::of(readings.as_bytes());
    (u64::from(digest.bytes()[0]) << 8 | u64::from(digest.bytes()[1])) & ((1 << PARTS) - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::testing::day;
    use crate::time::{Boot, after};

    fn at(wall: crate::time::Timestamp, nanoseconds: u64) -> Now {
        Now { wall, running: Duration::from_nanos(nanoseconds), boot: Boot("first".into()) }
    }

    #[test]
    fn of_two_starts_within_one_second_the_later_has_the_higher_name() {
        let names: Vec<_> = (1..400).map(|part| next(7, &at(after(day(1), Duration::from_micros(2_500 * part)), 0))).collect();
        assert!(names.is_sorted_by(|one, two| one < two), "{names:?}");
    }

    /// As the clock of an operating system is read.
    #[test]
    fn where_the_clock_tells_whole_seconds_two_starts_within_one_are_seldom_called_the_same() {
        let names: BTreeSet<_> = (0..64).map(|start| next(7, &at(day(1), start))).collect();
        assert!(names.len() > 55, "{} names of 64 starts", names.len());
    }

    /// Two servers from one backup on a computer whose clock was set back.
    #[test]
    fn where_the_clock_was_set_back_two_starts_are_seldom_called_the_same() {
        let last = next(0, &at(day(9), 0));
        let names: BTreeSet<_> = (0..64).map(|start| next(last, &at(day(1), start))).collect();
        assert!(names.len() > 55, "{} names of 64 starts", names.len());
        let other_boot = Now { boot: Boot("second".into()), ..at(day(1), 0) };
        assert_ne!(next(last, &other_boot), next(last, &at(day(1), 0)));
    }

    #[test]
    fn every_name_is_above_those_before_it_whatever_the_clock_says() {
        let second = Duration::from_secs(1);
        let mut last = 0;
        for wall in [day(1), day(1), after(day(1), second), day(9), day(2), day(2), after(day(2), second), day(9), day(10)] {
            for running in 0..40 {
                let name = next(last, &at(wall, running));
                assert!(name > last, "{name} after {last}");
                last = name;
            }
        }
    }

    /// What older journals have: the second alone, or one more than the last.
    #[test]
    fn a_name_is_above_the_seconds_that_epochs_were_once_called_by() {
        let second = u64::try_from(day(300).as_second()).expect("a second");
        for last in [1, 8, second, second + 1] {
            assert!(next(last, &at(day(1), 0)) > last);
        }
    }

    #[test]
    fn generations_of_an_epoch_have_room_until_2242() {
        let far: crate::time::Timestamp = "2242-01-01T00:00:00Z".parse().expect("an instant");
        assert!(i64::try_from(super::super::granting::last_generation(next(0, &at(far, 0)))).is_ok());
    }
}
