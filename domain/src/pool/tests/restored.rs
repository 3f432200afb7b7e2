//! A license server that was restored from a backup: own signatures are the backup (promise 8).

use super::*;

/// The journal of this morning, put back in the place of this evening's.
pub(super) fn restored(office: &mut Office, morning: &[Fact]) {
    let anchor = Some(office.pool.anchored());
    office.journal = morning.to_vec();
    office.start(Start { anchor, marked: false });
}

#[test]
fn a_journal_behind_its_anchor_is_noticed_and_one_ahead_of_it_is_a_crash() {
    let mut office = Office::of(seats(2));
    let morning = office.journal.clone();
    office.check_out(A).expect("a seat");
    let last = office.pool.anchored();
    let at = |place| Some(Anchored { place, ..last });
    let before = Place { position: last.place.position - 1, ..last.place };
    let is_restored = |office: &Office| office.journal.iter().any(|fact| matches!(fact, Fact::Restored { .. }));
    for (anchor, marked, journal, expected) in [
        (None, false, office.journal.clone(), false),
        (Some(last), false, office.journal.clone(), false),
        (at(before), false, office.journal.clone(), false),
        (Some(last), false, morning.clone(), true),
        (at(Place { epoch: last.place.epoch + 1, position: 0 }), false, office.journal.clone(), true),
        (None, true, morning, true),
    ] {
        let mut office = Office { journal, ..office.clone() };
        office.start(Start { anchor, marked });
        assert_eq!(is_restored(&office), expected, "{anchor:?} {marked}");
        assert!(anchor.is_none_or(|anchor| office.pool.anchored().place.epoch > anchor.place.epoch), "an epoch is named once");
    }
}

#[test]
fn a_restored_server_grants_nothing_new_for_one_lease_and_takes_up_what_it_is_shown() {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    let morning = office.journal.clone();
    let forgotten = office.check_out(B).expect("a seat");
    office.wait(MINUTE);
    restored(&mut office, &morning);
    assert_eq!(said(&office.check_out(C)), "server-restored");
    assert_eq!(office.beat(B), Pulse::Show);
    let adopted = office.show(B).expect("its seat");
    assert_eq!((adopted.seat(), adopted.activation()), (forgotten.seat(), forgotten.activation()));
    assert!(adopted.certificate().generation > forgotten.certificate().generation);
    assert!(matches!(office.beat(B), Pulse::Kept { .. }));
    // What it does know may have gone to another since: it is shown too.
    assert_eq!(office.beat(A), Pulse::Show);
    assert_eq!(said(&office.check_out(A)), "server-restored");
    assert_eq!(office.show(A).expect("its seat").seat(), 0);
    office.keep(&[A, B], LEASE - MINUTE);
    assert_eq!(said(&office.check_out(C)), "server-restored");
    office.keep(&[A, B], MINUTE);
    office.decide(Op::Act(Act::AcceptRestore { by: "boss".into() }));
    assert_eq!(said(&office.check_out(C)), "lease of seat 2");
}

#[test]
fn a_restart_in_between_forgets_nothing_of_it() {
    let mut office = Office::of(Delegation { loans: None, ..seats(3) });
    let morning = office.journal.clone();
    office.check_out(B).expect("a seat");
    restored(&mut office, &morning);
    office.wait(LEASE - MINUTE);
    office.restart();
    assert_eq!(said(&office.check_out(C)), "server-restored");
    office.wait(LEASE);
    assert_eq!(said(&office.check_out(C)), "lease of seat 0");
    office.restart();
    assert_eq!(said(&office.check_out(D)), "lease of seat 1", "and it is over once");
}

#[test]
fn what_has_gone_to_another_since_the_backup_is_not_renewed() {
    let mut office = Office::of(seats(1));
    let first = office.check_out(A).expect("a seat");
    let morning = office.journal.clone();
    office.wait(LEASE);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    restored(&mut office, &morning);
    // The books say that the seat is the first one's. It sleeps, wakes and wants it back.
    office.held.insert(A, first);
    assert_eq!(office.beat(A), Pulse::Show);
    assert_eq!(said(&office.show(A)), "server-restored", "what it shows has ended");
    assert_eq!(said(&office.show(B)), "lease of seat 0");
    assert_eq!(office.beat(A), Pulse::Gone(Gone::Ended), "a newer signature showed that it had left");
    assert_eq!(office.overview().used, 1);
}

#[test]
fn a_restored_server_holds_back_what_may_be_borrowed_until_it_would_be_due() {
    let mut office = Office::of(seats(3));
    office.borrow(A, days(1)).expect("a loan");
    let morning = office.journal.clone();
    let forgotten = office.borrow(B, days(7)).expect("a loan");
    restored(&mut office, &morning);
    assert_eq!((office.overview().withheld, office.overview().withheld_until), (1, Some(day(8))));
    office.wait(LEASE);
    assert_eq!(said(&office.check_out(C)), "lease of seat 1", "of three seats one is borrowed and one may be");
    assert_eq!(said(&office.check_out(D)), "place 1");
    assert_eq!(office.borrow(E, days(1)).expect_err("another may be out"), Refusal::ServerRestored { until: day(8) });
    assert_eq!(office.act(Act::Close { by: "boss".into() }), "loans-out");
    // The forgotten loan is shown: it is taken up under another number, as its own is taken, and nothing is held back for it any more.
    let adopted = office.refresh(B).expect("it is confirmed");
    assert_eq!((adopted.activation(), adopted.seat()), (forgotten.activation(), 2));
    assert_eq!((office.overview().withheld, office.overview().loans, office.overview().used), (0, 2, 3));
    office.keep(&[C], days(1) - LEASE);
    assert_eq!(office.free(), 0, "one loan came back, and another may be out");
    office.keep(&[C], days(6));
    assert_eq!(office.free(), 2, "nobody can have one any more");
}

#[test]
fn an_administrator_can_say_that_nothing_is_borrowed() {
    let mut office = Office::of(seats(2));
    office.start(Start { anchor: None, marked: true });
    office.wait(LEASE);
    assert_eq!(office.free(), 0);
    let accept = Act::AcceptRestore { by: "boss".into() };
    assert_eq!(office.act(accept.clone()), "Done");
    assert_eq!(office.act(accept), "Nothing");
    assert_eq!(office.free(), 2);
    assert_eq!(said(&office.borrow(A, days(1))), "loan of seat 0");
}

/// A copy of the whole server, anchor and all.
#[test]
fn two_servers_from_one_image_are_shown_at_their_first_common_client() {
    let mut first = Office::of(seats(2));
    let mut second = first.clone();
    first.wait(MINUTE);
    second.wait(MINUTE * 2);
    first.restart();
    second.restart();
    first.check_out(A).expect("a seat");
    second.check_out(B).expect("a seat");
    second.count = 100;
    second.held.insert(A, first.held[&A].clone());
    assert!(second.show(A).is_ok());
    assert!(second.journal.iter().any(|fact| matches!(fact, Fact::Restored { .. })));
    assert_eq!(said(&second.check_out(C)), "server-restored");
}

/// Neither mark nor anchor told; the place is in the backup, the end is not.
#[test]
fn a_later_end_that_the_books_do_not_know_betrays_the_backup() {
    let mut office = Office::of(seats(2));
    office.borrow(A, days(2)).expect("a loan");
    let morning = office.journal.clone();
    office.wait(MINUTE);
    office.extend(A, days(5)).expect("extended");
    office.journal = morning;
    office.restart();
    assert_eq!(office.overview().withheld_until, None);
    office.refresh(A).expect("it is confirmed");
    assert_eq!(office.overview().withheld_until, Some(after(office.now.wall, days(7))));
    assert_eq!(said(&office.check_out(B)), "server-restored");
}

#[test]
fn what_was_signed_before_a_restore_that_is_known_of_does_not_begin_another() {
    let mut office = Office::of(seats(3));
    let morning = office.journal.clone();
    office.borrow(B, days(7)).expect("a loan");
    restored(&mut office, &morning);
    office.wait(days(3));
    office.refresh(B).expect("it is confirmed");
    let times = office.journal.iter().filter(|fact| matches!(fact, Fact::Restored { .. })).count();
    assert_eq!((times, office.overview().withheld_until), (1, Some(day(8))));
}

#[test]
fn a_return_that_a_restored_server_knows_nothing_of_is_confirmed_and_betrays_it() {
    let mut office = Office::of(seats(3));
    let morning = office.journal.clone();
    office.check_out(B).expect("a seat");
    office.journal = morning;
    office.restart();
    assert_eq!(said(&office.give_back(B, Way::Line)), "receipt");
    assert_eq!(said(&office.check_out(C)), "server-restored", "it did not know before that it was");
}

#[test]
fn a_loan_that_came_back_since_the_backup_is_not_confirmed_to_who_does_not_show_it() {
    let mut office = Office::of(seats(3));
    office.borrow(A, days(5)).expect("a loan");
    let morning = office.journal.clone();
    office.give_back(A, Way::Line).expect("a receipt");
    office.borrow(B, days(5)).expect("a loan");
    restored(&mut office, &morning);
    office.wait(LEASE);
    assert_eq!(said(&office.borrow(A, days(5))), "server-restored");
    assert_eq!(said(&office.check_out(A)), "lease of seat 1", "its loan is another's by now");
    assert_eq!(said(&office.refresh(B)), "loan of seat 0", "who shows it has it, and the seat with it");
    assert_eq!(said(&office.check_out(C)), "place 1");
}

#[test]
fn a_restored_server_waits_for_the_longest_lease_that_can_be_out() {
    let mut office = Office::of(Delegation { loans: None, ..seats(1) });
    let morning = office.journal.clone();
    office.rhythm = Rhythm::new(HOUR, MINUTE).expect("a rhythm");
    office.restart();
    office.check_out(A).expect("a seat");
    office.rhythm = Rhythm::default();
    office.restart();
    restored(&mut office, &morning);
    office.wait(HOUR - MINUTE);
    assert_eq!(said(&office.check_out(B)), "server-restored");
    let mut shown = office.clone();
    assert_eq!(said(&shown.show(A)), "lease of seat 0");
    office.wait(MINUTE);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
    shown.wait(MINUTE);
    assert_eq!(said(&shown.check_out(B)), "place 1");
}

/// Without an anchor nothing tells a backup from the truth but what is shown; then a start must not be called as a forgotten one was.
#[test]
fn a_server_restored_and_started_within_one_second_does_not_take_what_it_forgot_for_its_own() {
    let mut office = Office::of(seats(3));
    let morning = office.journal.clone();
    let moment = Duration::from_millis(30);
    office.wait(moment);
    office.restart();
    office.check_out(A).expect("a seat");
    office.wait(moment);
    office.journal = morning;
    office.restart();
    office.count += 100;
    office.check_out(B).expect("a seat");
    assert_eq!(office.held[&A].place().position, office.held[&B].place().position, "the same place in another epoch");
    assert_eq!(office.beat(A), Pulse::Show, "it keeps nobody's seat");
    assert_eq!(said(&office.show(A)), "lease of seat 1");
    assert!(office.journal.iter().any(|fact| matches!(fact, Fact::Restored { .. })), "and the server knows what it is");
}

/// A server with two licenses: a host had a seat of the one, and comes to the other.
#[test]
fn what_was_signed_under_another_license_of_the_server_is_taken_for_no_sign_of_a_restore() {
    let mut other = Office::of(Delegation { entitlement: "E-other".parse().expect("an id"), ..seats(2) });
    other.wait(MINUTE);
    other.restart();
    other.check_out(A).expect("a seat");
    let mut office = Office::of(seats(2));
    office.wait(MINUTE);
    office.held.insert(A, other.held[&A].clone());
    let own = office.show(A).expect("a seat of this license");
    assert_ne!(own.activation(), other.held[&A].activation());
    assert!(!office.journal.iter().any(|fact| matches!(fact, Fact::Restored { .. } | Fact::Adopted(_))));
    assert_eq!(said(&office.check_out(B)), "lease of seat 1");
}

/// A backup that was made before the license was activated here, and was put back after it was.
#[test]
fn a_pool_that_a_backup_does_not_have_is_restored_too_unless_it_is_delegated_for_the_first_time() {
    for (anchor, generation, expected) in [(false, 2, "server-restored"), (true, 2, "server-restored"), (false, 1, "lease of seat 0")] {
        let mut office = Office::of(seats(3));
        office.borrow(A, days(5)).expect("a loan");
        let anchor = anchor.then(|| office.pool.anchored());
        office.journal = Vec::new();
        office.start(Start { anchor, marked: true });
        office.wait(MINUTE);
        office.delegate(Delegation { generation, ..seats(3) });
        assert_eq!(said(&office.check_out(B)), expected);
        let withheld = if generation == 1 { 0 } else { 2 };
        assert_eq!(office.overview().withheld, withheld);
        office.wait(days(4));
        office.decide(Op::Tick);
        assert_eq!(office.overview().withheld, withheld);
    }
}

/// What is shown seems to begin later: whether it has ended is not known before the clock is right.
#[test]
fn a_restored_server_whose_clock_is_hours_behind_is_restored_once_and_takes_up_what_it_is_shown_when_the_clock_is_right() {
    let mut office = Office::of(seats(4));
    let morning = office.journal.clone();
    office.wait(HOUR * 5);
    for who in [A, B, C] {
        office.check_out(who).expect("a seat");
    }
    office.now.wall = after(day(1), HOUR);
    restored(&mut office, &morning);
    let length = |office: &Office| office.journal.iter().filter(|fact| matches!(fact, Fact::Restored { .. })).count();
    for who in [A, B, C] {
        assert_eq!(said(&office.show(who)), "server-restored");
    }
    let once = length(&office);
    assert!(once <= 2, "{once}");
    for _ in 0..3 {
        assert_eq!(said(&office.show(A)), "server-restored");
    }
    assert_eq!(length(&office), once);
    office.now.wall = after(day(1), HOUR * 5 + MINUTE);
    for (number, who) in [A, B, C].into_iter().enumerate() {
        assert_eq!(said(&office.show(who)), format!("lease of seat {number}"));
    }
    assert_eq!(length(&office), once);
}

/// Its leases are shorter now, and it is started again before those of before are over.
#[test]
fn a_restored_server_that_is_started_again_waits_as_long_as_before() {
    let mut office = Office::of(Delegation { loans: None, ..seats(1) });
    let morning = office.journal.clone();
    office.rhythm = Rhythm::new(HOUR, MINUTE).expect("a rhythm");
    office.restart();
    office.check_out(A).expect("a seat");
    let anchor = Some(office.pool.anchored());
    (office.journal, office.rhythm) = (morning, Rhythm::default());
    office.start(Start { anchor, marked: false });
    office.wait(MINUTE);
    let anchor = Some(office.pool.anchored());
    office.start(Start { anchor, marked: false });
    office.wait(LEASE);
    assert_eq!(said(&office.check_out(B)), "server-restored");
    office.wait(HOUR);
    assert_eq!(said(&office.check_out(B)), "lease of seat 0");
}

/// Backups are put back in turn: what one server signed knows nothing of what the other had lent.
#[test]
fn a_loan_is_not_over_because_its_number_was_given_again_by_a_server_that_did_not_know_it() {
    let mut office = Office::of(seats(3));
    let without = office.journal.clone();
    let loan = office.borrow(A, days(5)).expect("a loan");
    let with = office.journal.clone();
    office.wait(MINUTE);
    restored(&mut office, &without);
    office.wait(LEASE);
    office.count += 10;
    assert_eq!(said(&office.check_out(B)), "lease of seat 0", "the number of the loan that it does not know");
    office.wait(MINUTE);
    restored(&mut office, &with);
    office.count += 10;
    assert_eq!(said(&office.show(B)), "lease of seat 1");
    assert_eq!(office.overview().loans, 1);
    office.held.insert(A, loan);
    assert_eq!(said(&office.refresh(A)), "loan of seat 0");
}

/// The backup does not know the request that borrowed; the loan is shown, and given back by file; then somebody carries the request again.
#[test]
fn a_request_that_brought_what_a_restored_server_was_shown_brings_nothing_twice() {
    let mut office = Office::of(seats(3));
    let morning = office.journal.clone();
    let request = office.request(A, Ask::Borrow { wish: wish("ada"), until: Until::For(days(5)) });
    office.send(A, &request, by_file()).expect("a loan");
    office.wait(MINUTE);
    restored(&mut office, &morning);
    office.refresh(A).expect("it is taken up again");
    office.give_back(A, by_file()).expect("a receipt");
    office.act(Act::AcceptRestore { by: "boss".into() });
    office.wait(LEASE);
    office.decide(Op::Tick);
    assert_eq!(office.send(A, &request, by_file()).expect_err("it was given back").code(), "request-spent");
    assert_eq!(office.overview().loans, 1);
}

/// Own signatures are the backup of a later end too.
#[test]
fn a_later_end_that_a_restored_server_does_not_know_is_taken_up_when_it_is_shown() {
    let mut office = Office::of(seats(2));
    office.borrow(A, days(2)).expect("a loan");
    let morning = office.journal.clone();
    office.wait(MINUTE);
    let longer = office.extend(A, days(5)).expect("extended");
    for (until, expected) in [(None, days(5)), (Some(days(3)), days(5)), (Some(days(6)), days(6))] {
        let mut office = office.clone();
        restored(&mut office, &morning);
        let again = match until {
            None => office.refresh(A),
            Some(until) => office.extend(A, until),
        };
        let again = again.expect("it is confirmed");
        assert_eq!(again.certificate().window.until, Some(after(office.now.wall, expected)), "{until:?}");
    }
    restored(&mut office, &morning);
    office.delegate(Delegation { loans: None, generation: 2, ..seats(2) });
    office.held.insert(A, longer);
    assert_eq!(said(&office.refresh(A)), "not-borrowable");
    office.act(Act::AcceptRestore { by: "boss".into() });
    office.wait(days(5) - MINUTE);
    assert_eq!(office.free(), 1, "it is not signed again, and out until it is due");
    office.wait(MINUTE);
    assert_eq!(office.free(), 2);
}

#[test]
fn a_loan_that_a_restored_server_is_shown_is_extended_as_it_is_asked() {
    let mut office = Office::of(seats(2));
    let morning = office.journal.clone();
    office.borrow(A, days(2)).expect("a loan");
    restored(&mut office, &morning);
    assert_eq!(office.extend(A, days(5)).expect("extended").certificate().window.until, Some(day(6)));
}
