//! A wrong wall clock at the license server frees no loan that is still out.

use super::*;

/// The server is switched off, and started again: running time begins anew.
fn start_after(office: &mut Office, off: Duration) {
    office.now = Now { wall: after(office.now.wall, off), running: Duration::from_secs(5), boot: Boot("next".into()) };
    office.restart();
    office.decide(Op::Tick);
}

fn lent() -> Office {
    let mut office = Office::of(seats(2));
    office.borrow(A, days(7)).expect("a loan");
    office.borrow(B, days(3)).expect("a loan");
    office
}

#[test]
fn a_clock_that_is_weeks_ahead_at_a_start_and_set_right_frees_no_loan() {
    let mut office = lent();
    start_after(&mut office, days(40));
    assert_eq!(office.overview().loans, 2);
    office.wait(HOUR);
    assert_eq!((office.free(), office.overview().loans), (0, 2));
    // A restart meanwhile believes it no sooner.
    start_after(&mut office, HOUR);
    office.wait(HOUR);
    office.decide(Op::Tick);
    office.now.wall = after(day(1), HOUR);
    assert_eq!((office.free(), office.overview().loans), (0, 2));
    office.wait(days(3));
    assert_eq!((office.free(), office.overview().loans), (1, 1), "the right clock frees them in time");
    office.wait(days(4));
    assert_eq!((office.free(), office.overview().loans), (2, 0));
}

#[test]
fn a_clock_that_leaps_while_the_server_runs_frees_no_loan() {
    let mut office = lent();
    office.wait(days(2));
    let right = office.now.wall;
    office.now.wall = after(right, days(40));
    office.decide(Op::Tick);
    assert_eq!(office.overview().loans, 2);
    office.wait(days(1) - MINUTE);
    office.decide(Op::Tick);
    assert_eq!(office.overview().loans, 2, "running time alone explains less than three days");
    office.wait(MINUTE);
    office.decide(Op::Tick);
    assert_eq!(office.overview().loans, 0, "after a day it is believed");
}

#[test]
fn a_server_that_was_off_frees_what_is_due_at_once_after_a_long_weekend_and_after_a_day_when_it_was_longer() {
    let mut office = lent();
    start_after(&mut office, days(5));
    assert_eq!(office.overview().loans, 1, "the one of three days is over");
    start_after(&mut office, days(5));
    assert_eq!(office.overview().loans, 0);
    let mut office = lent();
    start_after(&mut office, days(40));
    for _ in 0..23 {
        office.wait(HOUR);
        office.decide(Op::Tick);
    }
    assert_eq!(office.overview().loans, 2);
    office.wait(HOUR);
    office.decide(Op::Tick);
    assert_eq!(office.overview().loans, 0);
    start_after(&mut office, days(1));
    office.borrow(C, days(2)).expect("a loan");
    start_after(&mut office, days(3));
    assert_eq!(office.overview().loans, 0, "a clock that was believed is believed after a restart");
}

/// A clock that leaps about in doubt begins its day anew each time.
#[test]
fn a_clock_that_is_doubted_must_go_on_evenly() {
    let mut office = lent();
    start_after(&mut office, days(40));
    for _ in 0..4 {
        office.wait(HOUR * 12);
        office.now.wall = after(office.now.wall, HOUR * 2);
        office.decide(Op::Tick);
    }
    assert_eq!(office.overview().loans, 2);
}

/// A server on which nobody did anything for weeks is believed: its ticks are written down now and then.
#[test]
fn a_server_that_ran_for_weeks_and_is_restarted_is_believed() {
    let mut office = lent();
    for _ in 0..30 {
        office.wait(days(1) + MINUTE);
        office.decide(Op::Tick);
    }
    office.borrow(C, days(1)).expect("a loan");
    start_after(&mut office, days(2));
    assert_eq!(office.overview().loans, 0);
}

#[test]
fn the_vendors_word_shows_how_late_it_is() {
    let mut office = lent();
    start_after(&mut office, days(40));
    assert_eq!(office.overview().loans, 2);
    let again = Delegation { generation: 2, ..seats(2) };
    office.delegate_at(again, day(40));
    office.decide(Op::Tick);
    assert_eq!(office.overview().loans, 0);
}

/// Nothing was signed by the books for loans that a restored server forgot: they are held back as long.
#[test]
fn a_restored_server_holds_back_while_its_clock_is_doubted() {
    let mut office = Office::of(seats(3));
    office.start(Start { anchor: None, marked: true });
    assert_eq!(office.overview().withheld, 2);
    start_after(&mut office, days(40));
    assert_eq!(office.overview().withheld, 2);
    office.wait(days(1));
    office.decide(Op::Tick);
    assert_eq!(office.overview().withheld, 0);
}

/// A computer whose battery is empty starts in 1970, and is set right by the network a minute later.
#[test]
fn a_server_restored_while_its_clock_is_behind_holds_back_as_long_as_any_other() {
    let mut office = Office::of(seats(3));
    let morning = office.journal.clone();
    office.wait(days(2));
    office.borrow(A, days(7)).expect("a loan");
    let right = after(office.now.wall, days(1));
    for wrong in ["1970-01-01T00:00:00Z".parse().expect("an instant"), day(0), day(600)] {
        let mut office = Office { journal: morning.clone(), ..office.clone() };
        office.now.wall = wrong;
        office.start(Start { anchor: None, marked: true });
        assert_eq!(office.overview().withheld, 2, "at {wrong}");
        office.now.wall = right;
        office.decide(Op::Tick);
        assert_eq!(office.overview().withheld, 2, "at {wrong}");
        office.wait(days(6));
        office.decide(Op::Tick);
        assert_eq!(office.overview().withheld, 2, "at {wrong}, while the loan is out");
        office.wait(days(3));
        office.decide(Op::Tick);
        assert_eq!(office.overview().withheld, 0, "at {wrong}");
    }
}

/// Two are held back now, and in an hour none.
fn ends_within_an_hour(office: &mut Office) {
    for withheld in [2, 0] {
        office.decide(Op::Tick);
        assert_eq!(office.overview().withheld, withheld, "while the loan is out");
        office.wait(HOUR);
    }
}

/// A loan of a week is made so many days after the backup. Then that is put back, and the clock shows an earlier day. With it, the right time.
fn restored_behind(later: u64) -> (Office, Timestamp) {
    let mut office = Office::of(seats(3));
    let morning = office.journal.clone();
    office.wait(days(later));
    office.borrow(A, days(7)).expect("a loan");
    let right = office.now.wall;
    office.journal = morning;
    office.now.wall = day(0);
    office.start(Start { anchor: None, marked: true });
    (office, right)
}

/// Whoever sets the clock right may start the server again.
#[test]
fn a_server_restored_while_its_clock_is_behind_and_started_again_when_it_is_right_holds_back_as_long() {
    let (mut office, right) = restored_behind(4);
    office.now.wall = right;
    office.restart();
    office.wait(days(5));
    assert_eq!(office.overview().withheld, 2, "while the loan is out");
    office.wait(days(2) - HOUR);
    ends_within_an_hour(&mut office);
}

/// The vendor's answer lay in a drawer: it says nothing of how late it was when the server was restored.
#[test]
fn a_server_restored_while_its_clock_is_behind_holds_back_as_long_though_an_old_answer_is_loaded() {
    let (mut office, right) = restored_behind(2);
    office.delegate_at(Delegation { generation: 2, ..seats(3) }, after(day(1), HOUR));
    office.now.wall = right;
    office.decide(Op::Tick);
    office.wait(days(7) - HOUR);
    ends_within_an_hour(&mut office);
}

/// The vault was not put back, and has what the vendor said in between: it is as late as that at least, and may be later.
#[test]
fn a_restored_server_that_hears_an_older_word_of_the_vendor_holds_back_what_was_lent_since() {
    let office = Office::of(seats(3));
    let morning = office.journal.clone();
    for heard in [day(12), day(11), day(8), day(2)] {
        let mut office = Office { journal: morning.clone(), ..office.clone() };
        office.now.wall = day(12);
        office.start(Start { anchor: None, marked: true });
        office.wait(HOUR);
        let again = Delegation { generation: 2, ..seats(3) };
        office.delegate_at(again, heard);
        for _ in 0..6 * 24 + 22 {
            assert_eq!(office.overview().withheld, 2, "a loan of seven days may be out at {}", office.now.wall);
            office.wait(HOUR);
            office.decide(Op::Tick);
        }
        office.wait(days(2));
        office.decide(Op::Tick);
        assert_eq!(office.overview().withheld, 0, "it was heard at {heard}");
    }
}

/// The server was off for weeks, and doubts its clock for a day; a loan that is due is nobody's seat by the clock that everybody has.
#[test]
fn a_loan_that_is_due_is_used_by_nobody_while_the_clock_is_doubted() {
    let mut office = lent();
    start_after(&mut office, days(40));
    assert_eq!(office.overview().loans, 2);
    assert_eq!(said(&office.check_out(A)), "place 1", "it is not signed for the past");
    office.wait(days(1));
    office.decide(Op::Tick);
    assert_eq!(said(&office.check_out(A)), "lease of seat 0");
}
