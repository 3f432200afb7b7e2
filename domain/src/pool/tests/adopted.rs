//! What a restored server takes up again of what it signed, and what it does not: of what it is shown, only what still goes on and came last.

use super::*;

/// A host's second user.
const BEN_AT_A: Who = ('a', "ben");

/// The journal of this morning, put back in the place of this evening's; nothing beside it tells how long leases were since.
fn put_back(office: &mut Office, morning: &[Fact]) {
    office.journal = morning.to_vec();
    office.start(Start { anchor: None, marked: true });
}

/// Checks out for somebody, and shows what somebody of the same host held.
fn show_as(office: &mut Office, who: Who, held: &Held) -> String {
    let ask = Ask::CheckOut { wish: wish(who.1), held: Some(held.statement.clone()) };
    said(&office.ask(who, ask))
}

#[test]
fn what_has_ended_is_not_taken_up() {
    let mut office = Office::of(seats(1));
    let morning = office.journal.clone();
    office.check_out(A).expect("a seat");
    office.wait(LEASE);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    put_back(&mut office, &morning);
    assert_eq!(said(&office.show(A)), "server-restored");
    assert_eq!(said(&office.show(B)), "lease of seat 0", "it goes on");
    assert_eq!(office.overview().used, 1);
}

#[test]
fn the_seat_of_one_user_is_not_believed_by_what_another_of_the_same_host_shows() {
    let mut office = Office::of(seats(2));
    office.check_out(A).expect("a seat");
    office.check_out(BEN_AT_A).expect("a seat");
    let morning = office.journal.clone();
    office.keep(&[BEN_AT_A], LEASE);
    assert_eq!(said(&office.check_out(C)), "lease of seat 0", "the first left it");
    put_back(&mut office, &morning);
    let ben = office.held[&BEN_AT_A].clone();
    assert_eq!(show_as(&mut office, A, &ben), "server-restored");
    assert_eq!(said(&office.show(BEN_AT_A)), "lease of seat 1", "his own");
}

#[test]
fn what_was_taken_up_for_one_user_is_not_taken_up_for_another() {
    let mut office = Office::of(seats(2));
    let morning = office.journal.clone();
    let held = office.check_out(A).expect("a seat");
    put_back(&mut office, &morning);
    assert_eq!(show_as(&mut office, A, &held), "lease of seat 0");
    assert_eq!(show_as(&mut office, BEN_AT_A, &held), "server-restored");
    assert_eq!(office.overview().used, 1);
}

#[test]
fn who_is_taken_up_has_left_the_seat_of_the_backup() {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    let morning = office.journal.clone();
    office.give_back(A, Way::Line).expect("a receipt");
    office.check_out(B).expect("the seat that was left");
    assert_eq!(said(&office.check_out(A)), "lease of seat 1");
    put_back(&mut office, &morning);
    assert_eq!(said(&office.show(A)), "lease of seat 1");
    assert_eq!(office.overview().used, 1, "it has one seat");
    assert_eq!(said(&office.show(B)), "lease of seat 0");
}

#[test]
fn what_came_before_a_loan_is_not_taken_up_in_its_place() {
    let mut office = Office::of(seats(2));
    let morning = office.journal.clone();
    let first = office.borrow(B, days(7)).expect("a loan");
    put_back(&mut office, &morning);
    office.wait(LEASE);
    office.act(Act::AcceptRestore { by: "boss".into() });
    let second = office.borrow(B, days(5)).expect("a loan, as it shows none");
    office.held.insert(B, first);
    assert_eq!(said(&office.refresh(B)), "seat-gone");
    office.held.insert(B, second);
    assert_eq!(said(&office.refresh(B)), "loan of seat 0");
    assert_eq!(office.overview().loans, 1);
}

#[test]
fn a_seat_that_the_backup_has_no_number_for_is_taken_up_under_another() {
    let (fewer, more) = (Delegation { generation: 1, ..seats(1) }, Delegation { generation: 2, ..seats(3) });
    let mut office = Office::of(fewer.clone());
    let morning = office.journal.clone();
    office.delegate(more);
    for who in [A, B, C] {
        office.check_out(who).expect("a seat");
    }
    put_back(&mut office, &morning);
    office.delegation = fewer;
    assert_eq!(said(&office.show(C)), "lease of seat 0");
}

#[test]
fn a_lease_that_was_taken_up_is_out_as_long_as_it_was_signed_for() {
    let mut office = Office::of(Delegation { loans: None, ..seats(1) });
    let morning = office.journal.clone();
    office.rhythm = Rhythm::new(HOUR, MINUTE).expect("a rhythm");
    office.restart();
    office.check_out(A).expect("a seat");
    office.rhythm = Rhythm::default();
    put_back(&mut office, &morning);
    assert_eq!(said(&office.show(A)), "lease of seat 0");
    office.wait(HOUR - MINUTE);
    assert_eq!(said(&office.check_out(B)), "place 1", "the first that was signed goes on");
    office.wait(MINUTE);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
}
