//! A full pool: who waits, in which order, and for whom a seat is held.

use super::*;

const FULL: [Who; 1] = [A];

fn full() -> Office {
    let mut office = Office::of(seats(1));
    office.check_out(A).expect("a seat");
    for (who, place) in [(B, 1), (C, 2), (D, 3)] {
        assert_eq!(said(&office.check_out(who)), format!("place {place}"));
    }
    office
}

#[test]
fn the_first_who_waits_gets_the_seat_and_a_newcomer_does_not() {
    let mut office = full();
    assert_eq!([B, C, D].map(|who| office.queue(who)), [1, 2, 3].map(|place| Wait::Waiting { place }));
    office.give_back(A, Way::Line).expect("a receipt");
    assert_eq!(said(&office.check_out(E)), "place 4");
    assert_eq!(office.queue(C), Wait::Waiting { place: 2 });
    assert_eq!(office.queue(B), Wait::Ready { left: READY });
    assert_eq!(office.queue(C), Wait::Waiting { place: 1 });
    assert_eq!(said(&office.check_out(E)), "place 3", "the seat is held");
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    assert_eq!(office.queue(B), Wait::Lost, "a ticket is used once");
    assert_eq!(office.queue(C), Wait::Waiting { place: 1 });
}

#[test]
fn a_seat_is_held_for_thirty_seconds_and_not_longer() {
    let mut office = full();
    office.give_back(A, Way::Line).expect("a receipt");
    assert_eq!(office.queue(B), Wait::Ready { left: READY });
    office.wait(READY - Duration::from_secs(1));
    assert_eq!(office.queue(B), Wait::Ready { left: Duration::from_secs(1) });
    assert_eq!(office.queue(C), Wait::Waiting { place: 1 });
    office.wait(Duration::from_secs(1));
    assert_eq!(office.queue(B), Wait::Lost);
    assert_eq!(office.queue(C), Wait::Ready { left: READY });
}

#[test]
fn who_is_silent_for_three_beats_is_passed_over() {
    let mut office = full();
    for _ in 0..3 {
        office.wait(WAIT_BEAT);
        office.keep(&FULL, Duration::from_millis(1));
        office.queue(C);
    }
    assert_eq!(office.queue(C), Wait::Waiting { place: 1 });
    assert_eq!(office.queue(B), Wait::Lost);
    assert_eq!(said(&office.check_out(B)), "place 2", "it stands at the end now");
}

#[test]
fn a_seat_can_be_checked_out_with_a_ticket_whose_turn_it_is_without_asking_first() {
    let mut office = full();
    office.give_back(A, Way::Line).expect("a receipt");
    assert_eq!(said(&office.check_out(C)), "place 2");
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
}

#[test]
fn a_ticket_is_nobody_else_s_and_cannot_be_made() {
    let mut office = full();
    office.give_back(A, Way::Line).expect("a receipt");
    // Somebody else shows the first one's ticket.
    office.tickets.insert(E, office.tickets[&B]);
    assert_eq!(said(&office.check_out(E)), "place 4");
    for change in [
        |ticket: &mut Ticket| ticket.number = 0,
        |ticket: &mut Ticket| ticket.epoch -= 1,
        |ticket: &mut Ticket| ticket.mac[0] ^= 1,
        |ticket: &mut Ticket| ticket.holder[0] ^= 1,
    ] {
        let mut forged = office.tickets[&D];
        change(&mut forged);
        office.tickets.insert(A, forged);
        assert_eq!(office.queue(A), Wait::Lost);
    }
}

#[test]
fn after_a_restart_who_waited_stands_where_it_stood_within_one_lease() {
    let mut office = full();
    office.restart();
    // In any order, and a newcomer behind them.
    assert_eq!(office.queue(D), Wait::Waiting { place: 1 });
    assert_eq!(said(&office.check_out(E)), "place 2");
    assert_eq!(office.queue(C), Wait::Waiting { place: 1 });
    assert_eq!(office.queue(B), Wait::Waiting { place: 1 });
    assert_eq!([B, C, D, E].map(|who| office.queue(who)), [1, 2, 3, 4].map(|place| Wait::Waiting { place }));
    assert_eq!(office.overview().waiting, 4);
    office.restart();
    office.keep(&FULL, LEASE);
    assert_eq!(office.queue(B), Wait::Lost, "too late");
}

/// Promise 1 counts held reservations.
#[test]
fn seats_that_are_held_count_as_taken() {
    let mut office = Office::of(seats(2));
    for who in [A, B] {
        office.check_out(who).expect("a seat");
    }
    for who in [C, D, E] {
        office.check_out(who).expect_err("it is full");
    }
    for who in [A, B] {
        office.give_back(who, Way::Line).expect("a receipt");
    }
    assert_eq!(
        [E, C, D].map(|who| office.queue(who)),
        [Wait::Waiting { place: 3 }, Wait::Ready { left: READY }, Wait::Ready { left: READY }]
    );
    assert_eq!((office.overview().ready, office.overview().free), (2, 0));
    assert_eq!(said(&office.check_out(A)), "place 2");
    assert_eq!(said(&office.check_out(C)), "lease of seat 0");
    assert_eq!(said(&office.check_out(D)), "lease of seat 1");
}

#[test]
fn who_borrows_overtakes_nobody_who_waits() {
    let mut office = full();
    assert_eq!(said(&office.borrow(E, days(1))), "no-seat-free");
    office.give_back(A, Way::Line).expect("a receipt");
    assert_eq!(said(&office.borrow(E, days(1))), "no-seat-free");
    assert_eq!(said(&office.borrow(B, days(1))), "loan of seat 0");
}

/// A client that checks out again instead of saying that it waits.
#[test]
fn who_asks_again_keeps_its_place() {
    let mut office = full();
    for _ in 0..5 {
        office.wait(WAIT_BEAT * 2);
        office.keep(&FULL, Duration::from_millis(1));
        assert_eq!(office.queue(B), Wait::Waiting { place: 1 });
        // Without its ticket: only the host and the user say who it is.
        office.tickets.remove(&C);
        assert_eq!(said(&office.check_out(C)), "place 2");
        assert_eq!(office.queue(D), Wait::Waiting { place: 3 });
    }
}
