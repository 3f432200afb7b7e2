//! Beats: what keeps a seat, and what does not.

use super::*;

#[test]
fn a_beat_that_finds_the_lease_half_spent_brings_a_fresh_one() {
    let mut office = Office::of(seats(1));
    let first = office.check_out(A).expect("a seat");
    office.wait(LEASE / 2 - MINUTE);
    assert!(matches!(office.beat(A), Pulse::Kept { .. }));
    assert_eq!(office.held[&A].certificate(), first.certificate(), "a beat alone gives no right");
    office.wait(MINUTE);
    assert!(matches!(office.beat(A), Pulse::Fresh { .. }));
    let fresh = office.held[&A].clone();
    assert_eq!(fresh.certificate().window.until, Some(after(office.now.wall, LEASE)));
    assert_eq!((fresh.activation(), fresh.seat(), fresh.answer.request), (first.activation(), 0, first.answer.request));
    // It was lost on its way: who still has the older one is given another.
    assert!(matches!(office.beat_of(A, &first), Pulse::Fresh { .. }));
}

#[test]
fn a_beat_is_neither_signed_nor_written() {
    let mut office = Office::of(seats(1));
    office.check_out(A).expect("a seat");
    let lines = office.journal.len();
    office.keep(&[A], 10 * LEASE);
    assert_eq!(office.journal.len(), lines);
}

/// Promise 2, and the rule behind promise 1: a whole lease without a beat.
#[test]
fn a_seat_goes_to_another_after_a_whole_lease_without_a_beat_and_no_late_beat_brings_it_back() {
    let mut office = Office::of(seats(1));
    office.check_out(A).expect("a seat");
    office.keep(&[A], 3 * MINUTE);
    office.wait(LEASE - Duration::from_millis(1));
    assert_eq!(said(&office.check_out(B)), "place 1");
    office.wait(Duration::from_millis(1));
    let late = office.held[&A].clone();
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    assert_eq!(office.beat_of(A, &late), Pulse::Gone(Gone::Ended));
    office.restart();
    assert_eq!(office.beat_of(A, &late), Pulse::Gone(Gone::Ended), "nor after a restart");
    assert!(matches!(office.beat(B), Pulse::Fresh { .. }));
    office.give_back(B, Way::Line).expect("a receipt");
    assert_eq!(office.beat_of(A, &late), Pulse::Gone(Gone::Ended), "nor when the seat is free again");
    assert_eq!(office.free(), 1);
}

#[test]
fn a_seat_that_is_given_back_is_free_at_once() {
    let mut office = Office::of(seats(1));
    let held = office.check_out(A).expect("a seat");
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt");
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    // The receipt was lost; what was returned is confirmed again, and is nobody else's.
    office.held.insert(A, held.clone());
    assert_eq!(said(&office.give_back(A, Way::Line)), "receipt");
    office.held.insert(D, held);
    assert_eq!(said(&office.give_back(D, Way::Line)), "seat-gone", "another host shows it");
    assert_eq!(office.overview().used, 1);
}

#[test]
fn only_who_knows_the_secret_keeps_a_seat() {
    let mut office = Office::of(seats(2));
    let ours = office.check_out(A).expect("a seat");
    let theirs = office.check_out(B).expect("a seat");
    let forged = Lifeline { secret: theirs.lifeline.expect("it is kept").secret, ..ours.lifeline.clone().expect("it is kept") };
    assert_eq!(office.beat_of(A, &Held { lifeline: Some(forged), ..ours.clone() }), Pulse::Stranger);
    let stranger = Lifeline { secret: LeaseSecret::new([0; 32]), ..ours.lifeline.clone().expect("it is kept") };
    assert_eq!(office.beat_of(A, &Held { lifeline: Some(stranger), ..ours }), Pulse::Stranger);
    office.wait(LEASE);
    assert_eq!(office.free(), 2, "and a forged beat keeps nothing");
}

#[test]
fn a_restart_keeps_every_lease_and_counts_it_as_renewed() {
    let mut office = Office::of(seats(2));
    for who in [A, B] {
        office.check_out(who).expect("a seat");
    }
    office.wait(LEASE - MINUTE);
    office.restart();
    office.wait(LEASE - MINUTE);
    assert_eq!(said(&office.check_out(C)), "place 1");
    let before = office.held[&A].certificate().clone();
    assert!(matches!(office.beat(A), Pulse::Fresh { .. }), "the server cannot know how much of it is spent");
    let fresh = office.held[&A].certificate().clone();
    assert!(fresh.generation > before.generation && fresh.activation == before.activation);
    office.wait(MINUTE);
    assert_eq!(said(&office.check_out(C)), "lease of seat 1", "who did not come back has had a whole lease");
}

/// What was signed for long is not outlived because leases are shorter now.
#[test]
fn a_lease_that_was_longer_before_the_restart_is_waited_for() {
    let mut office = Office::of(seats(1));
    office.rhythm = Rhythm::new(4 * HOUR, MINUTE).expect("a rhythm");
    office.restart();
    office.check_out(A).expect("a seat");
    office.rhythm = Rhythm::default();
    for _ in 0..3 {
        office.restart();
        office.wait(MINUTE);
        assert!(matches!(office.beat(A), Pulse::Fresh { .. }));
    }
    office.wait(3 * HOUR);
    assert_eq!(said(&office.check_out(B)), "place 1");
    office.wait(HOUR);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
}

#[test]
fn the_wall_clock_of_the_server_ends_no_lease() {
    let mut office = Office::of(seats(1));
    office.check_out(A).expect("a seat");
    office.now.wall = day(300);
    assert_eq!(said(&office.check_out(B)), "place 1");
    office.now.wall = day(0);
    assert!(matches!(office.beat(A), Pulse::Kept { .. }));
}

#[test]
fn beats_are_spread_by_a_tenth_around_the_rhythm() {
    let mut office = Office::of(seats(200));
    let mut all = BTreeSet::new();
    for letter in 'a'..='z' {
        let next = office.check_out((letter, "ada")).expect("a seat").lifeline.expect("it is kept").next;
        assert!((54_000..=66_000).contains(&next.as_millis()), "{next:?}");
        all.insert(next);
    }
    assert!(all.len() > 15, "{all:?}");
}

#[test]
fn a_rhythm_keeps_seats_or_is_refused() {
    assert_eq!(Rhythm::new(days(2), MINUTE), Err(RhythmError::TooLong));
    assert_eq!(Rhythm::new(LEASE, LEASE / 3), Err(RhythmError::TooSeldom));
    assert_eq!(Rhythm::new(LEASE, Duration::from_millis(10)), Err(RhythmError::TooSeldom));
    assert_eq!(Rhythm::new(LEASE, MINUTE), Ok(Rhythm::default()));
}
