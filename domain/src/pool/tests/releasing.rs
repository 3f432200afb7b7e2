//! Seats that an administrator takes away (promise 9).

use super::*;

#[test]
fn a_lease_that_is_taken_away_ends_with_what_was_signed() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(1) });
    office.check_out(A).expect("a seat");
    office.keep(&[A], 3 * MINUTE);
    assert_eq!(office.release(A, Release::AtOnce), "overdraft-spent");
    assert_eq!(office.release(A, Release::AtEnd), "Done");
    assert_eq!(office.release(A, Release::AtEnd), "Nothing");
    assert_eq!(office.beat(A), Pulse::Ending { why: Gone::Released, left: 7 * MINUTE });
    assert_eq!(said(&office.check_out(B)), "place 1");
    office.wait(7 * MINUTE - Duration::from_secs(1));
    office.beat(A);
    assert_eq!(office.free(), 0);
    office.wait(Duration::from_secs(1));
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    assert_eq!(office.beat(A), Pulse::Gone(Gone::Ended));
}

#[test]
fn a_seat_for_emergencies_stands_in_for_what_is_taken_away_at_once() {
    let mut office = Office::of(seats(2));
    for who in [A, B] {
        office.borrow(who, days(5)).expect("a loan");
    }
    let (lost, other) = (office.held[&A].clone(), office.held[&B].clone());
    assert_eq!(office.release(A, Release::AtOnce), "Done");
    assert_eq!(office.free(), 1);
    assert_eq!(said(&office.check_out(C)), "lease of seat 2", "the number of the lost one is still signed for");
    assert_eq!((office.overview().used, office.overview().stood_in_for, office.overview().free), (2, 1, 0));
    let again = Act::Release { place: other.place(), how: Release::AtOnce, by: "boss".into() };
    let Outcome::Acted(Err(refusal)) = office.decide(Op::Act(again)) else { panic!("one stands in already") };
    assert_eq!(refusal, Refusal::OverdraftSpent { overdraft: 1, next: Some(day(6)) });
    office.restart();
    office.keep(&[C], days(5));
    assert_eq!((office.free(), office.overview().stood_in_for), (1, 0), "both loans were due, one seat is in use");
    office.held.insert(A, lost);
    assert_eq!(said(&office.refresh(A)), "seat-gone");
}

#[test]
fn each_release_leaves_an_entry_with_a_name_on_it() {
    let mut office = Office::of(seats(3));
    let place = office.check_out(A).expect("a seat").place();
    office.release(A, Release::AtOnce);
    let at = office.now.wall;
    assert_eq!(office.journal.last(), Some(&Fact::Released { place, how: Release::AtOnce, by: "boss".into(), at }));
    assert_eq!(office.act(Act::Release { place: Place { epoch: 1, position: 1 }, how: Release::AtEnd, by: "boss".into() }), "Nothing");
}

#[test]
fn a_lease_that_was_taken_away_at_once_is_waited_for_by_its_number_and_no_longer_than_it_was_signed() {
    let mut office = Office::of(seats(1));
    office.check_out(A).expect("a seat");
    office.release(A, Release::AtOnce);
    assert_eq!(said(&office.check_out(B)), "lease of seat 1");
    office.keep(&[B], LEASE);
    assert_eq!((office.overview().stood_in_for, office.overview().used), (0, 1));
    assert_eq!(office.release(B, Release::AtOnce), "Done", "the seat for emergencies is free again");
}
