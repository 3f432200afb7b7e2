//! The license server gives its license back, to have it on another computer.

use super::*;

fn close() -> Act {
    Act::Close { by: "boss".into() }
}

#[test]
fn a_license_is_not_given_back_while_seats_are_borrowed() {
    let mut office = Office::of(seats(3));
    office.borrow(A, days(5)).expect("a loan");
    let Outcome::Acted(Err(refusal)) = office.decide(Op::Act(close())) else { panic!("a loan is out") };
    assert_eq!(refusal, Refusal::LoansOut { loans: 1, until: day(6) });
    office.release(A, Release::AtOnce);
    assert_eq!(office.act(close()), "loans-out", "what was signed for it goes on");
    office.wait(days(5));
    assert_eq!(office.act(close()), "Closing { left: 0ns }");
}

/// What it holds back is not borrowed as far as it knows: there is nothing to bring back, and something to accept.
#[test]
fn a_restored_server_says_what_it_holds_back_and_what_is_borrowed() {
    let mut office = Office::of(seats(3));
    office.borrow(A, days(5)).expect("a loan");
    let morning = office.journal.clone();
    office.wait(MINUTE);
    office.check_out(B).expect("a seat");
    restored::restored(&mut office, &morning);
    let Outcome::Acted(Err(refusal)) = office.decide(Op::Act(close())) else { panic!("a loan is out") };
    assert_eq!(refusal, Refusal::LoansOut { loans: 1, until: after(day(8), MINUTE) });
    office.give_back(A, Way::Line).expect("a receipt");
    let Outcome::Acted(Err(refusal)) = office.decide(Op::Act(close())) else { panic!("a loan may be out") };
    assert_eq!(refusal, Refusal::ServerRestored { until: after(day(8), MINUTE) });
    office.act(Act::AcceptRestore { by: "boss".into() });
    assert!(office.act(close()).starts_with("Closing"));
}

#[test]
fn a_closed_pool_grants_nothing_and_says_when_nothing_is_left_of_it() {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    office.wait(MINUTE);
    assert_eq!(office.overview().closed, None);
    assert_eq!(office.act(close()), "Closing { left: 540s }");
    assert_eq!(office.overview().closed, Some(office.now.wall));
    assert_eq!([office.check_out(A), office.check_out(B), office.borrow(C, days(1))].map(|it| said(&it)), ["server-closed"; 3]);
    office.wait(LEASE / 2);
    assert!(matches!(office.beat(A), Pulse::Ending { why: Gone::Closed, .. }), "no fresh lease");
    office.restart();
    assert_eq!(office.act(close()), "Closing { left: 600s }", "a start cannot know what was signed last");
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt", "what is brought back is taken");
    assert_eq!(office.act(close()), "Closing { left: 0ns }");
}

#[test]
fn a_pool_that_is_not_given_back_after_all_grants_again() {
    let mut office = Office::of(seats(3));
    let reopen = || Act::Reopen { by: "boss".into() };
    assert_eq!(office.act(reopen()), "Nothing", "it is open");
    office.check_out(A).expect("a seat");
    office.act(close());
    assert_eq!(said(&office.check_out(B)), "server-closed");
    assert_eq!(office.act(reopen()), "Done");
    assert_eq!(office.overview().closed, None);
    for _ in 0..2 {
        assert_eq!(said(&office.check_out(B)), "lease of seat 1");
        assert!(matches!(office.beat(A), Pulse::Kept { .. } | Pulse::Fresh { .. } | Pulse::Show));
        office.restart();
    }
}
