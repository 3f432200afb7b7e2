//! What a clock promises.

use keyward_ports::Clock;

use crate::{Case, cases};

/// The promises of [`Clock`].
pub const CASES: &[Case<dyn Clock>] =
    cases![within_one_boot_running_time_never_goes_back, two_readings_one_after_the_other_belong_to_one_boot];

fn within_one_boot_running_time_never_goes_back(clock: &dyn Clock) {
    let mut before = clock.now();
    for _ in 0..1000 {
        let after = clock.now();
        assert!(after.boot != before.boot || after.running >= before.running, "{before:?} and then {after:?}");
        before = after;
    }
}

fn two_readings_one_after_the_other_belong_to_one_boot(clock: &dyn Clock) {
    let (first, second) = (clock.now(), clock.now());
    assert_eq!(first.boot, second.boot);
    assert!(!first.boot.0.is_empty(), "a boot without a name is every boot");
}
