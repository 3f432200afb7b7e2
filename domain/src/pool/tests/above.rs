//! Loans that a restored server takes up above the last seat, as all are taken: they count, and come down when one is free.

use super::restored::restored;
use super::*;

/// The seat that the backup has as another's may be free again or not: until it is known, there is no number to sign for.
#[test]
fn a_loan_that_is_taken_up_while_all_seats_are_taken_is_signed_again_when_one_is_free() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(3) });
    office.borrow(A, days(5)).expect("a loan");
    office.check_out(B).expect("a seat");
    office.check_out(C).expect("a seat");
    let morning = office.journal.clone();
    office.give_back(A, Way::Line).expect("a receipt");
    office.wait(MINUTE);
    office.restart();
    let loan = office.borrow(D, days(5)).expect("a loan");
    restored(&mut office, &morning);
    assert_eq!(said(&office.refresh(D)), "no-seat-free");
    assert_eq!(office.overview().used, 4, "it counts all the same");
    assert_eq!(said(&office.refresh(D)), "no-seat-free");
    office.wait(LEASE);
    let signed = office.refresh(D).expect("it is confirmed");
    assert_eq!((signed.activation(), signed.seat(), office.overview().used), (loan.activation(), 1, 2));
    assert_eq!(said(&office.extend(D, days(6))), "loan of seat 1");
    assert_eq!(said(&office.give_back(D, Way::Line)), "receipt");
    assert_eq!(office.overview().used, 1);
}

/// Two seats and no other; a loan that came back, which the backup does not know; two who sit; and somebody carries an old file of the loan.
fn taken_up_above(of: Who) -> (Office, Held) {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(2) });
    let morning = office.journal.clone();
    let loan = office.borrow(of, days(5)).expect("a loan");
    office.give_back(of, Way::Line).expect("a receipt");
    office.wait(MINUTE);
    restored(&mut office, &morning);
    office.act(Act::AcceptRestore { by: "boss".into() });
    office.wait(LEASE);
    for (number, who) in [B, C].into_iter().enumerate() {
        assert_eq!(said(&office.check_out(who)), format!("lease of seat {number}"));
    }
    let file = office.request(of, Ask::Refresh { activation: loan.activation(), held: loan.statement.clone() });
    assert_eq!(said(&office.send(of, &file, by_file())), "no-seat-free");
    assert_eq!((office.overview().used, office.overview().loans), (3, 1), "it counts all the same");
    (office, loan)
}

#[test]
fn a_loan_that_was_taken_up_above_the_last_seat_comes_down_for_whoever_checks_out() {
    let (mut office, loan) = taken_up_above(A);
    let ada = Sitter { user: "ada".parse().expect("a name"), process: None };
    assert!(!office.pool.sits(&host('a').device.public(), &ada, &office.now), "another license of the server may have a seat for it");
    assert_eq!([said(&office.check_out(A)), said(&office.borrow(A, days(1)))], ["place 1", "no-seat-free"]);
    office.give_back(B, Way::Line).expect("a receipt");
    for again in [office.clone().borrow(A, days(1)), office.check_out(A)] {
        let again = again.expect("its loan");
        assert_eq!((again.activation(), again.seat()), (loan.activation(), 0));
    }
    assert_eq!(office.overview().used, 2);
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt", "it came back before, and its server hears it now");
    assert_eq!(said(&office.check_out(A)), "lease of seat 0");
}

#[test]
fn who_sits_keeps_its_seat_beside_a_loan_of_its_own_that_was_taken_up_above_the_last() {
    let (mut office, _) = taken_up_above(B);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    assert_eq!(said(&office.borrow(B, days(1))), "no-seat-free");
}

/// Of a pool that holds its last seat for somebody a forgotten loan is taken up meanwhile.
#[test]
fn a_seat_that_was_held_and_taken_up_meanwhile_is_signed_for_nobody_else() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(1) });
    let morning = office.journal.clone();
    let loan = office.borrow(A, days(5)).expect("a loan");
    office.wait(MINUTE);
    restored(&mut office, &morning);
    office.act(Act::AcceptRestore { by: "boss".into() });
    office.wait(LEASE);
    office.check_out(B).expect("a seat");
    assert_eq!(said(&office.check_out(C)), "place 1");
    office.give_back(B, Way::Line).expect("a receipt");
    assert_eq!(office.queue(C), Wait::Ready { left: READY });
    office.held.insert(A, loan);
    assert_eq!(said(&office.refresh(A)), "loan of seat 0");
    assert_eq!(said(&office.check_out(C)), "place 1");
}

/// A loan that came down from above the last seat has its number since then, and its place from before.
#[test]
fn a_loan_that_came_down_to_a_number_did_not_leave_it_to_who_had_that_number_before_at_a_later_place() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(3) });
    for who in [B, C] {
        office.check_out(who).expect("a seat");
    }
    assert_eq!(said(&office.borrow(A, days(5))), "loan of seat 2");
    office.delegate(Delegation { overdraft: 0, generation: 2, ..seats(2) });
    let morning = office.journal.clone();
    for who in [B, C] {
        office.give_back(who, Way::Line).expect("a receipt");
    }
    assert_eq!(said(&office.borrow(D, days(5))), "loan of seat 0");
    restored(&mut office, &morning);
    office.wait(LEASE);
    assert_eq!(said(&office.refresh(A)), "loan of seat 0");
    assert_eq!(said(&office.refresh(D)), "loan of seat 1");
    assert_eq!(said(&office.refresh(A)), "loan of seat 0", "it never left");
    assert_eq!((office.overview().used, office.overview().loans, said(&office.check_out(E))), (2, 2, "place 1".into()));
}
