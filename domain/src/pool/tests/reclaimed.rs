//! When a loan is free that a restored server took away: no earlier than what its holder may have ends, contact and all.

use super::restored::restored;
use super::*;
use crate::document::Contact;

/// It may have been confirmed after the backup, whatever contact the vendor asked for then and asks for now.
#[test]
fn a_loan_that_is_taken_away_after_a_restore_and_was_not_signed_since_is_out_until_it_is_due() {
    let own = |contact, generation| Delegation { contact, generation, ..seats(1) };
    let strict = |generation| own(Contact::Every { days: 1, grace: 0 }, generation);
    let mut office = Office::of(strict(1));
    office.borrow(A, days(7)).expect("a loan");
    let morning = office.journal.clone();
    office.delegate(own(Contact::None, 2));
    office.refresh(A).expect("confirmed");
    for heard in ["nobody", "vendor", "vendor and holder"] {
        let mut office = office.clone();
        office.delegate(strict(3));
        restored(&mut office, &morning);
        office.act(Act::AcceptRestore { by: "boss".into() });
        office.wait(MINUTE);
        match heard {
            "nobody" => {}
            "vendor" => drop(office.delegate_at(strict(3), office.now.wall)),
            _ => {
                office.delegate_at(Delegation { loans: None, ..strict(3) }, office.now.wall);
                assert_eq!(said(&office.refresh(A)), "not-borrowable");
            }
        }
        assert_eq!(office.release(A, Release::AtEnd), "Done");
        office.restart();
        office.wait(days(7) - MINUTE * 2);
        assert_eq!(office.free(), 0, "{heard}");
        office.wait(MINUTE);
        assert_eq!(office.free(), 1, "{heard}");
    }
}

/// What was signed since the restore was signed on terms that are known.
#[test]
fn a_loan_that_was_confirmed_since_the_restore_is_free_when_its_contact_is_missed() {
    let mut office = Office::of(Delegation { contact: Contact::Every { days: 1, grace: 1 }, ..seats(1) });
    office.borrow(A, days(7)).expect("a loan");
    let morning = office.journal.clone();
    restored(&mut office, &morning);
    office.act(Act::AcceptRestore { by: "boss".into() });
    office.wait(MINUTE);
    office.refresh(A).expect("confirmed");
    assert_eq!(office.release(A, Release::AtEnd), "Done");
    office.wait(days(2) - MINUTE);
    assert_eq!(office.free(), 0);
    office.wait(MINUTE);
    assert_eq!(office.free(), 1);
}

/// It was shown what it had signed, and signed nothing.
#[test]
fn a_loan_that_a_restored_server_was_shown_has_the_contact_that_was_signed() {
    for contact in [Contact::None, Contact::Every { days: 4, grace: 1 }] {
        let (own, other) = (Delegation { contact, ..seats(2) }, Contact::Every { days: 1, grace: 1 });
        let mut office = Office::of(own.clone());
        let before = office.journal.clone();
        office.borrow(A, days(2)).expect("a loan");
        let morning = office.journal.clone();
        office.extend(A, days(7)).expect("extended");
        let due = if contact == Contact::None { days(7) - MINUTE } else { days(5) };
        for backup in [&before, &morning] {
            let mut office = office.clone();
            restored(&mut office, backup);
            office.wait(MINUTE);
            office.delegate_at(Delegation { contact: other, loans: None, generation: 2, ..seats(2) }, office.now.wall);
            assert_eq!(said(&office.refresh(A)), "not-borrowable");
            let (place, _) = office.pool.books.written.holds.last_key_value().expect("it is taken up");
            office.act(Act::Release { place: *place, how: Release::AtEnd, by: "boss".into() });
            office.act(Act::AcceptRestore { by: "boss".into() });
            office.wait(due - MINUTE);
            assert_eq!(office.free(), 1, "{contact:?}");
            office.wait(MINUTE);
            assert_eq!(office.free(), 2, "{contact:?}");
        }
    }
}

/// The same where the clock was behind at the restore: how late that was is known when the clock is right, and not before.
#[test]
fn a_loan_that_is_taken_away_by_a_server_that_was_restored_with_its_clock_behind_is_free_no_earlier_than_if_it_was_confirmed_just_before() {
    let mut office = Office::of(Delegation { contact: Contact::Every { days: 3, grace: 1 }, ..seats(1) });
    office.borrow(A, days(7)).expect("a loan");
    let morning = office.journal.clone();
    office.wait(days(2));
    office.refresh(A).expect("it is confirmed");
    for is_right_first in [true, false] {
        let mut office = office.clone();
        let right = office.now.wall;
        office.now.wall = day(0);
        restored(&mut office, &morning);
        if is_right_first {
            office.now.wall = right;
            office.restart();
        }
        assert_eq!(office.release(A, Release::AtEnd), "Done");
        office.act(Act::AcceptRestore { by: "boss".into() });
        office.now.wall = right;
        office.wait(days(4) - MINUTE);
        assert_eq!(office.free(), 0, "its holder may work on");
        office.wait(days(1) + MINUTE);
        assert_eq!(office.free(), 1);
    }
}

/// It was taken away since the backup, and its seat is another's since its holder missed its contact.
#[test]
fn a_loan_whose_contact_was_missed_is_not_signed_by_a_restored_server_that_forgot_that_it_was_taken_away() {
    let mut office = Office::of(Delegation { contact: Contact::Every { days: 1, grace: 0 }, overdraft: 0, ..seats(1) });
    let night = office.journal.clone();
    office.borrow(A, days(7)).expect("a loan");
    let morning = office.journal.clone();
    assert_eq!(office.release(A, Release::AtEnd), "Done");
    office.wait(days(1));
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    for backup in [&night, &morning] {
        let mut office = office.clone();
        restored(&mut office, backup);
        for answer in [office.refresh(A), office.extend(A, days(6)), office.borrow(A, days(2))] {
            assert_eq!(said(&answer), "server-restored", "the seat may be another's");
        }
        assert_eq!(said(&office.show(B)), "lease of seat 0");
        assert_eq!(said(&office.give_back(A, Way::Line)), "receipt", "it can be brought back");
    }
}
