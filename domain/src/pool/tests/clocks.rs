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

/// What comes back while the clock is years ahead says nothing of the time.
#[test]
fn a_clock_that_leapt_ahead_while_seats_were_brought_back_ends_nothing_once_it_is_right() {
    let mut office = Office::of(until(30));
    office.check_out(A).expect("a seat");
    office.check_out(B).expect("a seat");
    let right = office.now.wall;
    office.now.wall = day(400);
    office.give_back(B, Way::Line).expect("a receipt");
    office.now.wall = right;
    assert!(matches!(office.beat(A), Pulse::Kept { .. }));
    assert_eq!(said(&office.check_out(B)), "lease of seat 1");
    office.restart();
    assert_eq!(said(&office.check_out(C)), "lease of seat 2");
}

/// Hosts that hold nothing are let go of after months, not after a moment in which the clock was wrong.
#[test]
fn a_clock_that_is_a_year_ahead_at_a_start_forgets_no_host() {
    let mut office = Office::of(seats(2));
    let request = office.request(A, Ask::Borrow { wish: wish("ada"), until: Until::For(days(3)) });
    office.send(A, &request, Way::Line).expect("a loan");
    office.give_back(A, Way::Line).expect("a receipt");
    office.now.wall = day(400);
    office.restart();
    office.now.wall = day(2);
    assert_eq!(office.send(A, &request, by_file()).expect_err("it came back").code(), "request-spent");
}
