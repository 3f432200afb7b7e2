//! The server's wall clock, set back past the end of what was delegated.

use super::*;

fn until(day_of_end: u64) -> Delegation {
    let window = crate::time::Window { from: day(0), until: Some(day(day_of_end)) };
    Delegation { window, ..seats(3) }
}

#[test]
fn a_clock_that_is_set_back_ends_no_delegation_later() {
    let mut office = Office::of(until(10));
    while office.now.wall < day(9) {
        office.wait(days(1));
    }
    office.check_out(A).expect("a seat");
    office.now.wall = day(11);
    assert_eq!(said(&office.check_out(B)), "delegation-ended");
    // Only what was written is known after a start: that it started.
    office.restart();
    office.now.wall = day(2);
    for _ in 0..2 {
        assert_eq!(said(&office.check_out(B)), "delegation-ended");
        assert_eq!(said(&office.borrow(B, days(1))), "delegation-ended");
        assert_eq!(office.beat(A), Pulse::Ending { why: Gone::DelegationEnded, left: LEASE });
        office.restart();
    }
}

#[test]
fn a_clock_that_was_days_ahead_is_forgiven_when_the_vendor_was_heard() {
    let mut office = Office::of(until(3));
    office.now.wall = day(5);
    office.restart();
    office.now.wall = day(2);
    assert_eq!(said(&office.check_out(A)), "delegation-ended");
    assert_eq!(office.pool.time(&office.now), day(5), "by which the vendor is asked to renew");
    office.delegate(Delegation { generation: 2, ..until(3) });
    assert_eq!(said(&office.check_out(A)), "lease of seat 0");
}

/// A computer that starts with a clock years ahead, and is set right.
#[test]
fn a_clock_that_leapt_ahead_at_a_start_ends_nothing_once_it_is_right() {
    let mut office = Office::of(until(10));
    office.now.wall = day(5_000);
    office.restart();
    assert_eq!(said(&office.check_out(A)), "delegation-ended");
    office.now.wall = day(2);
    assert_eq!(said(&office.check_out(A)), "lease of seat 0");
}
