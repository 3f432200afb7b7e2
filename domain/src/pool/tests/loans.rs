//! Seats that are taken along, and how they come back.

use super::*;
use crate::document::Contact;

#[test]
fn a_seat_is_borrowed_for_a_while_and_comes_back_by_itself_when_it_is_due() {
    let mut office = Office::of(seats(1));
    let held = office.borrow(A, days(5)).expect("a loan");
    assert_eq!((held.seat(), held.certificate().window.until), (0, Some(after(day(1), days(5)))));
    assert!(held.lifeline.is_none(), "a loan needs no beats");
    office.wait(days(5) - MINUTE);
    office.restart();
    assert_eq!(said(&office.check_out(B)), "place 1");
    office.wait(MINUTE);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
}

#[test]
fn a_seat_that_is_held_is_the_one_that_is_taken_along() {
    let mut office = Office::of(seats(1));
    let lease = office.check_out(A).expect("a seat");
    let loan = office.borrow(A, days(2)).expect("the same seat");
    assert_eq!((loan.seat(), office.overview().used), (lease.seat(), 1));
    assert_ne!(loan.activation(), lease.activation(), "it is another right than the seat held");
    let ended: Vec<_> = loan.answer.all_revocations().map(|it| (it.activation.clone(), it.generation)).collect();
    assert!(matches!(&ended[..], [(of, up_to)] if *of == lease.activation() && *up_to >= lease.certificate().generation), "{ended:?}");
    office.restart();
    assert_eq!(office.refresh(A).expect("confirmed").answer.all_revocations().count(), 1, "the first answer may have been lost");
    assert_eq!(office.beat_of(A, &lease), Pulse::Gone(Gone::Ended));
}

#[test]
fn who_borrows_from_a_full_pool_is_given_no_place_and_stands_in_nobodys_way() {
    let mut office = Office::of(seats(1));
    office.check_out(A).expect("a seat");
    let Err(Refusal::NoSeatFree { seats: 1, holders, until: None }) = office.borrow(B, days(2)) else { panic!("it is full") };
    assert_eq!(holders.iter().map(|it| it.user.to_string()).collect::<Vec<_>>(), ["ada"]);
    assert_eq!((office.overview().waiting, said(&office.check_out(C)).as_str()), (0, "place 1"));
}

/// Row B2: the loan would be signed for nobody, as its host has given it back for good.
#[test]
fn a_file_that_is_carried_again_after_its_loan_came_back_takes_no_seat() {
    let mut office = Office::of(seats(1));
    let asked = office.request(A, Ask::Borrow { wish: wish(A.1), until: Until::For(days(5)) });
    for _ in 0..2 {
        assert_eq!(said(&office.send(A, &asked, by_file())), "loan of seat 0");
    }
    office.give_back(A, Way::Line).expect("a receipt");
    office.restart();
    assert_eq!(office.send(A, &asked, by_file()).expect_err("it came back"), Refusal::RequestSpent);
    assert_eq!(office.free(), 1);
    assert_eq!(said(&office.borrow(A, days(2))), "loan of seat 0", "another request is another loan");
}

/// A host with a loan uses it on the LAN too: no second seat.
#[test]
fn a_host_with_a_loan_takes_no_second_seat() {
    let mut office = Office::of(seats(3));
    let loan = office.borrow(A, days(5)).expect("a loan");
    assert_eq!(said(&office.check_out(A)), "loan of seat 0");
    let again = office.held[&A].clone();
    assert_eq!((again.activation(), again.place()), (loan.activation(), loan.place()));
    assert!(again.certificate().generation > loan.certificate().generation);
    assert_eq!(office.overview().used, 1);
}

#[test]
fn a_loan_has_limits_and_each_is_told() {
    let mut office = Office::of(seats(5));
    assert_eq!(office.borrow(A, days(8)).expect_err("too long"), Refusal::LoanTooLong { latest: day(8) });
    assert_eq!(said(&office.borrow(A, Duration::ZERO)), "loan-too-long");
    let until = Until::At(day(0));
    assert_eq!(said(&office.ask(A, Ask::Borrow { wish: wish("ada"), until })), "loan-too-long");
    assert_eq!(said(&office.borrow(A, days(7))), "loan of seat 0");
    assert_eq!(said(&office.borrow(B, days(1))), "loan of seat 1");
    let Err(Refusal::NoLoanLeft { loans: 2, holders }) = office.borrow(C, days(1)) else { panic!("two may be borrowed") };
    assert_eq!(holders.iter().map(|it| it.host.as_str()).collect::<Vec<_>>(), ["host-b", "host-a"], "the next that is due first");
    assert_eq!((office.overview().borrowable, office.overview().latest), (0, Some(day(8))));
    for loans in [None, Some(Borrowing { days: 7, seats: 0 })] {
        let mut office = Office::of(Delegation { loans, ..seats(5) });
        assert_eq!(said(&office.borrow(A, days(1))), "not-borrowable");
    }
    let window = crate::time::Window { from: day(0), until: Some(day(3)) };
    let mut short = Office::of(Delegation { window, ..seats(5) });
    assert_eq!(short.borrow(A, days(7)).expect_err("it ends"), Refusal::LoanTooLong { latest: day(3) });
}

#[test]
fn a_loan_is_extended_from_today_and_never_shortened() {
    let mut office = Office::of(seats(3));
    office.borrow(A, days(5)).expect("a loan");
    office.wait(days(4));
    assert_eq!(office.extend(A, days(7)).expect("extended").certificate().window.until, Some(day(12)));
    assert_eq!(office.extend(A, days(1)).expect("as it was").certificate().window.until, Some(day(12)), "longer was signed before");
    assert_eq!(said(&office.extend(A, days(8))), "loan-too-long");
    assert_eq!(office.borrow(A, days(6)).expect("the same").certificate().window.until, Some(day(12)));
    office.restart();
    office.wait(days(7) - MINUTE);
    assert_eq!(office.overview().loans, 1);
    office.wait(MINUTE);
    assert_eq!(office.free(), 3);
    assert_eq!(said(&office.extend(A, days(1))), "seat-gone");
}

#[test]
fn a_lease_is_not_extended() {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    assert_eq!(said(&office.extend(A, days(1))), "seat-gone");
}

#[test]
fn an_early_return_frees_the_seat_at_once_and_one_by_file_when_it_is_due_or_accepted() {
    let mut office = Office::of(seats(1));
    office.borrow(A, days(5)).expect("a loan");
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt");
    let loan = office.borrow(B, days(5)).expect("the seat is free");
    assert_eq!(said(&office.give_back(B, by_file())), "receipt");
    assert_eq!((office.free(), office.overview().loans), (0, 1));
    assert!(matches!(office.pool.seats(&office.now).next().map(|it| it.state), Some(SeatState::GivenBack { .. })));
    // The same file again; and what is off on its host is not given to it again.
    office.held.insert(B, loan.clone());
    assert_eq!([office.refresh(B), office.extend(B, days(1))].map(|it| said(&it)), ["seat-gone"; 2]);
    assert_eq!(said(&office.clone().check_out(B)), "place 1");
    assert_eq!(said(&office.give_back(B, by_file())), "receipt");
    let mut patient = office.clone();
    patient.wait(days(5));
    assert_eq!(patient.free(), 1);
    let accept = |place| Act::AcceptReturn { place, by: "boss".into() };
    assert_eq!(office.act(accept(loan.place())), "Done");
    assert_eq!(office.act(accept(loan.place())), "Nothing");
    assert_eq!(office.free(), 1);
    let kept = office.borrow(C, days(1)).expect("a loan");
    assert_eq!(office.act(accept(kept.place())), "Nothing", "nobody gave it back");
}

/// Contact every three days, one of grace.
#[test]
fn a_loan_that_was_reclaimed_is_free_when_it_is_due_or_has_missed_its_contact() {
    for (contact, refreshed, free_on) in [
        (Contact::None, None, 8),
        (Contact::Every { days: 3, grace: 1 }, None, 5),
        (Contact::Every { days: 3, grace: 1 }, Some(2), 7),
        (Contact::Every { days: 30, grace: 1 }, None, 8),
    ] {
        let mut office = Office::of(Delegation { contact, ..seats(1) });
        office.borrow(A, days(7)).expect("a loan");
        if let Some(after) = refreshed {
            office.wait(days(after));
            office.refresh(A).expect("it is confirmed");
        }
        assert_eq!(office.release(A, Release::AtEnd), "Done");
        office.restart();
        assert_eq!(said(&office.refresh(A)), "freed", "at its next contact it is told");
        let free = between(office.now.wall, day(free_on));
        office.wait(free - MINUTE);
        assert_eq!(office.free(), 0, "{contact:?}");
        office.wait(MINUTE);
        assert_eq!(office.free(), 1, "{contact:?}");
    }
}

#[test]
fn a_reclaimed_loan_is_confirmed_for_nobody_and_its_host_has_to_check_out_like_others() {
    let mut office = Office::of(seats(2));
    let loan = office.borrow(A, days(7)).expect("a loan");
    office.release(A, Release::AtEnd);
    for _ in 0..2 {
        office.held.insert(A, loan.clone());
        assert_eq!(said(&office.refresh(A)), "freed");
    }
    office.held.insert(A, loan.clone());
    assert_eq!(said(&office.extend(A, days(7))), "freed");
    assert_eq!(said(&office.check_out(A)), "lease of seat 1");
    office.held.insert(A, loan);
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt", "it came back after all");
    assert_eq!(office.overview().used, 1);
}

#[test]
fn a_loan_above_the_last_seat_goes_on_to_its_end_and_is_not_signed_again_before_it_can_come_down() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(2) });
    office.check_out(B).expect("a seat");
    let loan = office.borrow(A, days(5)).expect("a loan");
    office.delegate(Delegation { overdraft: 0, generation: 2, ..seats(1) });
    assert_eq!([office.refresh(A), office.extend(A, days(6)), office.borrow(A, days(6))].map(|it| said(&it)), ["no-seat-free"; 3]);
    assert!(matches!(office.refresh(A), Err(Refusal::NoSeatFree { until: Some(until), .. }) if until == day(6)), "so long it goes on");
    assert_eq!(said(&office.check_out(A)), "place 1", "nothing is free that it could have");
    office.give_back(B, Way::Line).expect("a receipt");
    assert_eq!(said(&office.check_out(B)), "place 2", "the one seat is away");
    let mut down = office.clone();
    down.held.insert(A, loan);
    assert_eq!(said(&down.refresh(A)), "loan of seat 0");
    down.restart();
    assert_eq!(said(&down.refresh(A)), "loan of seat 0");
    office.wait(days(5));
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
}

/// Whoever has a copy of a request can bring it again: in a file, or over the line.
#[test]
fn a_request_that_was_answered_brings_nothing_again_once_its_seat_came_back() {
    let ways = [by_file(), Way::Line];
    for way in ways {
        let mut office = Office::of(seats(3));
        let request = office.request(A, Ask::Borrow { wish: wish("ada"), until: Until::For(days(5)) });
        let loan = office.send(A, &request, way.clone()).expect("a loan");
        office.wait(days(1));
        let again = office.send(A, &request, way.clone()).expect("the first answer was lost");
        assert_eq!((again.activation(), again.certificate().window.until), (loan.activation(), loan.certificate().window.until));
        office.give_back(A, Way::Line).expect("a receipt");
        assert_eq!(said(&office.send(A, &request, way.clone())), "request-spent", "{way:?}");
        let request = office.request(A, Ask::CheckOut { wish: wish("ada"), held: None });
        office.send(A, &request, way.clone()).expect("a seat");
        office.check_out(A).expect("the same seat, again");
        let spent = office.send(A, &request, way.clone());
        office.give_back(A, Way::Line).expect("a receipt");
        assert_eq!([spent, office.send(A, &request, way.clone())].map(|it| said(&it)), ["request-spent"; 2], "{way:?}");
        assert_eq!(office.overview().used, 0);
    }
}

#[test]
fn a_request_for_a_later_end_that_is_brought_again_brings_no_later_one() {
    let mut office = Office::of(seats(3));
    let loan = office.borrow(A, days(2)).expect("a loan");
    let request = office.request(A, Ask::Extend { activation: loan.activation(), held: loan.statement, until: Until::For(days(3)) });
    for ran in 0..3 {
        let extended = office.send(A, &request, Way::Line).expect("longer");
        assert_eq!(extended.certificate().window.until, Some(day(4)), "after {ran} days");
        office.wait(days(1));
    }
}

/// What was refused was not granted, though its request showed what a restored server had forgotten.
#[test]
fn a_request_for_a_later_end_that_was_refused_is_decided_again_when_it_is_brought_again() {
    let mut office = Office::of(seats(2));
    let morning = office.journal.clone();
    let loan = office.borrow(A, days(2)).expect("a loan");
    office.journal = morning;
    office.start(Start { anchor: None, marked: true });
    let at = |end| Ask::Extend { activation: loan.activation(), held: loan.statement.clone(), until: Until::At(end) };
    let too_long = office.request(A, at(day(10)));
    for _ in 0..2 {
        assert_eq!(said(&office.send(A, &too_long, Way::Line)), "loan-too-long");
    }
    let enough = office.request(A, at(day(6)));
    for _ in 0..2 {
        assert_eq!(office.send(A, &enough, Way::Line).expect("longer").certificate().window.until, Some(day(6)));
        office.wait(days(1));
    }
}

/// On a terminal server one borrowed seat is not everybody's.
#[test]
fn a_loan_is_used_by_whom_the_license_tells_apart_and_by_nobody_else() {
    use crate::entitlement::Per;
    let neighbour: Who = ('a', "bob");
    for (per, other) in [(Per::Host, "loan of seat 0"), (Per::User, "lease of seat 1"), (Per::Process, "lease of seat 1")] {
        let mut office = Office::of(Delegation { per, ..seats(3) });
        office.borrow(A, days(5)).expect("a loan");
        assert_eq!([office.check_out(A), office.check_out(neighbour)].map(|it| said(&it)), ["loan of seat 0", other], "{per:?}");
        let sits = |(host_, user): Who| {
            office.pool.sits(&host(host_).device.public(), &Sitter { user: user.parse().expect("a name"), process: None }, &office.now)
        };
        assert_eq!([sits(A), sits(('a', "eve")), sits(B)], [true, per == Per::Host, false], "{per:?}");
    }
}

/// The vendor lends for shorter times than before, or not at all.
#[test]
fn a_loan_that_is_longer_than_the_license_has_them_now_goes_on_to_its_end_and_is_not_signed_again() {
    use crate::entitlement::Borrowing;
    for (loans, code) in [(Some(Borrowing { days: 2, seats: 2 }), "loan-too-long"), (None, "not-borrowable")] {
        let mut office = Office::of(seats(2));
        office.borrow(A, days(7)).expect("a loan");
        office.delegate(Delegation { loans, generation: 2, ..seats(2) });
        assert_eq!(said(&office.refresh(A)), code);
        assert_eq!(office.overview().loans, 1);
        office.wait(days(6));
        if loans.is_some() {
            assert_eq!(said(&office.refresh(A)), "loan of seat 0", "what is left of it is not too long");
        }
        office.wait(days(1));
        assert_eq!(office.free(), 2);
    }
}

/// What was signed asked for no contact: that its license asks for it now takes nothing away.
#[test]
fn a_reclaimed_loan_is_free_by_the_contact_that_was_signed() {
    let mut office = Office::of(Delegation { contact: Contact::None, ..seats(1) });
    office.borrow(A, days(7)).expect("a loan");
    office.delegate(Delegation { contact: Contact::Every { days: 1, grace: 0 }, generation: 2, ..seats(1) });
    office.release(A, Release::AtEnd);
    office.wait(days(5));
    assert_eq!(office.free(), 0);
    office.wait(days(2));
    assert_eq!(office.free(), 1);
}

/// The answer that asks for contact may be lost: its holder goes by what it has.
#[test]
fn a_reclaimed_loan_is_free_no_earlier_than_any_certificate_of_it_ends() {
    let contact = |days| Delegation { contact: Contact::Every { days, grace: 0 }, generation: 2, ..seats(1) };
    for (before, after_that, free) in [(Contact::None, contact(1), 7), (Contact::Every { days: 5, grace: 0 }, contact(1), 5)] {
        let mut office = Office::of(Delegation { contact: before, ..seats(1) });
        office.borrow(A, days(7)).expect("a loan");
        office.delegate(after_that);
        office.refresh(A).expect("confirmed");
        office.restart();
        office.release(A, Release::AtEnd);
        office.wait(days(free) - MINUTE);
        assert_eq!(office.free(), 0, "{before:?}");
        office.wait(MINUTE);
        assert_eq!(office.free(), 1, "{before:?}");
    }
}

/// Where each process takes a seat: a command line that borrows has no name, nor has the product.
#[test]
fn who_borrows_takes_the_one_seat_along_that_the_user_has() {
    use crate::entitlement::Per;
    let mut office = Office::of(Delegation { per: Per::Process, ..seats(2) });
    office.check_out(A).expect("a seat");
    office.borrow(A, days(1)).expect("a loan");
    assert_eq!(office.overview().used, 1);
    // Of two nobody knows which is meant.
    let mut office = Office::of(Delegation { per: Per::Process, ..seats(3) });
    office.check_out(A).expect("a seat");
    office.check_out(A).expect("another");
    office.borrow(A, days(1)).expect("a loan");
    assert_eq!(office.overview().used, 3);
}

/// The administrator's rule: whoever was lent a day does not take another without asking.
#[test]
fn where_seats_are_lent_by_file_alone_nothing_is_lent_for_longer_over_the_network_either() {
    let mut office = Office::of(seats(3));
    office.pool = office.pool.clone().lending(Lending::ByFile);
    let until = Until::For(days(1));
    let borrows = office.request(A, Ask::Borrow { wish: wish("ada"), until });
    assert_eq!(office.outcome(&borrows, Way::Line), Outcome::ByFileAlone);
    assert_eq!(said(&office.send(A, &borrows, by_file())), "loan of seat 0");
    let held = office.held[&A].statement.clone();
    let activation = office.held[&A].activation();
    let extends = office.request(A, Ask::Extend { activation, held, until: Until::For(days(2)) });
    let before = office.journal.len();
    assert_eq!(office.outcome(&extends, Way::Line), Outcome::ByFileAlone);
    assert_eq!(office.journal.len(), before, "nothing happened");
    office.send(A, &extends, by_file()).expect("the administrator lends it for longer");
    assert_eq!(said(&office.refresh(A)), "loan of seat 0", "as long as it was lent");
    office.check_out(B).expect("a seat is no loan");
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt");
}
