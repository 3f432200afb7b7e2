//! Rows S1 and S2: starting, and trying.

use std::time::Duration;

use keyward_domain::document::Kind;
use keyward_domain::refusal::Refusal;
use keyward_domain::standing::{Reason, Status};
use keyward_domain::time::{days, typed_end};
use keyward_engine::license_manager::{TrialBegun, unheard};
use keyward_fakes::world::{Host, World, in_turn, run};
use keyward_fakes::{CrashPoint, Fate};
use keyward_ports::{Attempt, KeyServer as _, Trouble};

use super::*;

// S1
#[test]
fn a_host_that_holds_nothing_is_told_to_activate_or_try() {
    let host = World::new(1).host("a");
    assert_eq!(reason(&host), Reason::Unlicensed);
    assert!(Reason::Unlicensed.remedy().contains("start a trial, or activate"));
}

// S1, S2
#[test]
fn a_trial_runs_thirty_days_to_its_instant_and_never_shows_less_than_no_day() {
    let world = World::new(2);
    let host = world.host("a");
    assert!(matches!(host.start_trial("Standard"), Ok(TrialBegun::Verified)));
    let shown = |passed: u64| (passed, host.standing().trial_days_left(), host.standing().may_run());
    assert_eq!(shown(0), (0, Some(30), true));
    world.advance(days(1));
    assert_eq!(shown(1), (1, Some(29), true));
    world.advance(days(29) - Duration::from_secs(1));
    assert_eq!(shown(30), (30, Some(1), true));
    world.advance(Duration::from_secs(1));
    assert_eq!(reason(&host), Reason::TrialOver { until: world.day(30) });
    world.advance(days(100));
    assert_eq!(host.standing().trial_days_left(), None);
    assert_eq!(refusal(host.start_trial("Standard")), Refusal::TrialOver { until: world.day(30) });
}

// S2
#[test]
fn a_trial_names_its_edition_and_another_edition_can_be_tried_within_the_same_days() {
    let world = World::new(3);
    let host = world.host("a");
    assert!(matches!(refusal(host.start_trial("Deluxe")), Refusal::UnknownEdition { .. }));
    host.start_trial("Standard").expect("it begins");
    world.advance(days(10));
    host.start_trial("Professional").expect("it goes on");
    let row = host.standing().speaking().cloned().expect("the trial");
    assert_eq!((row.status, row.until), (Status::Trial, Some(world.day(30))));
    assert_eq!(row.editions.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Professional"]);
}

// S2
#[test]
fn without_a_server_a_trial_is_counted_here_and_later_verified_with_the_same_first_day() {
    let world = World::new(4);
    world.vendor().server("keys").stop();
    let host = world.host("a");
    assert!(matches!(host.start_trial("Standard"), Ok(TrialBegun::Local { .. })));
    assert_eq!((flags(&host), host.standing().trial_days_left()), (vec!["unverified"], Some(7)));
    world.advance(days(5));
    assert_eq!(host.standing().trial_days_left(), Some(2));
    world.vendor().server("keys").start();
    host.refresh().expect("it is heard");
    assert_eq!((flags(&host), host.standing().trial_days_left()), (vec![], Some(25)));
    world.advance(days(25));
    assert_eq!(reason(&host), Reason::TrialOver { until: world.day(30) });
}

// S2
#[test]
fn a_request_that_got_lost_before_a_trial_of_this_host_does_not_begin_it_anew() {
    for fate in [Fate::RequestLost, Fate::ReplyLost] {
        let world = World::new(11);
        let host = world.host("a");
        host.carrier().script([fate]);
        assert!(matches!(host.start_trial("Standard"), Ok(TrialBegun::Local { .. })));
        world.advance(days(5));
        host.refresh().expect("it is heard");
        assert_eq!((flags(&host), host.standing().trial_days_left()), (vec![], Some(25)), "{fate:?}");
    }
}

fn editions(host: &Host) -> Vec<String> {
    host.standing().speaking().expect("a row").editions.iter().map(ToString::to_string).collect()
}

// S2
#[test]
fn a_request_that_waits_in_a_restored_vault_does_not_begin_a_trial_anew() {
    let world = World::new(12);
    let host = world.host("a");
    host.crash_at(CrashPoint::BeforeSend);
    host.start_trial("Standard").expect_err("it dies over it");
    host.restart();
    let backup = host.snapshot();
    world.vendor().server("keys").stop();
    assert!(matches!(host.start_trial("Standard"), Ok(TrialBegun::Local { .. })));
    world.advance(days(5));
    world.vendor().server("keys").start();
    host.restore(&backup);
    host.refresh().expect("it is heard");
    assert_eq!(host.standing().trial_days_left(), None);
    assert!(matches!(host.start_trial("Standard"), Ok(TrialBegun::Verified)));
    assert_eq!(host.standing().trial_days_left(), Some(25));
}

// S2
#[test]
fn the_edition_that_was_tried_last_stays_whatever_waited_before() {
    let world = World::new(13);
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    host.carrier().script([Fate::RequestLost]);
    assert!(matches!(host.start_trial("Professional"), Ok(TrialBegun::Local { .. })));
    host.start_trial("Standard").expect("it goes on");
    host.refresh().expect("it is heard");
    assert_eq!(editions(&host), ["Standard"]);
    for edition in ["Professional", "Standard"] {
        host.carrier().script([Fate::RequestLost]);
        assert!(matches!(host.start_trial(edition), Ok(TrialBegun::Local { .. })));
    }
    host.start_trial("Professional").expect("it goes on");
    host.refresh().expect("it is heard");
    assert_eq!(editions(&host), ["Professional"]);
}

// S2
#[test]
fn an_answer_that_was_overtaken_keeps_nobody_from_trying_an_edition() {
    let world = World::new(14);
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    host.carrier().script([Fate::ReplyLost]);
    assert!(matches!(host.start_trial("Professional"), Ok(TrialBegun::Local { .. })));
    let row = host.standing().speaking().expect("the trial").id.clone();
    let file = run(host.licenses().request_refresh(&row)).expect("a file");
    let answer = run(world.vendor().server("keys").exchange(&file)).expect("it is answered");
    run(host.licenses().load(answer)).expect("it is taken");
    assert!(matches!(host.start_trial("Professional"), Ok(TrialBegun::Verified)));
    assert_eq!(editions(&host), ["Professional"]);
}

// S2
#[test]
fn a_trial_that_is_counted_here_ends_after_the_days_without_contact() {
    let world = World::new(5);
    world.vendor().server("keys").stop();
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    world.advance(days(7));
    assert_eq!(reason(&host), Reason::TrialOver { until: world.day(7) });
    assert_eq!(host.start_trial("Standard").expect_err("it is over").code(), "trial-over");
}

/// A server that answers, or a certificate in its place.
struct Turned(fn() -> KeyServerError);

#[async_trait]
impl KeyServer for Turned {
    async fn exchange(&self, _request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        Err(self.0())
    }
}

// S2
#[test]
fn a_trial_is_counted_here_only_where_nobody_answers_and_says_why() {
    let detour = Detour::default();
    let world = World::fitted(12, Arc::new(detour.clone()));
    let host = world.host("a");
    let rejected = || {
        let (detail, next) = ("the request is too large".into(), "update the product".into());
        KeyServerError::Rejected { server: "keys".into(), status: 413, detail, next, after: None }
    };
    for (no, code) in [(rejected as fn() -> _, "rejected"), (|| KeyServerError::Unsupported { kind: Kind::Trial }, "unsupported")] {
        detour.lead_to(Arc::new(Turned(no)));
        assert_eq!(host.start_trial("Standard").expect_err("a server said no").code(), code);
        assert_eq!(reason(&host), Reason::Unlicensed);
    }
    let distrusted = || {
        let attempt = Attempt { server: "keys".into(), proxy: None, trouble: Trouble::Certificate, cause: None };
        KeyServerError::Unreachable { attempts: vec![attempt] }
    };
    detour.lead_to(Arc::new(Turned(distrusted)));
    let Ok(TrialBegun::Local { because }) = host.start_trial("Standard") else { panic!("it begins here") };
    assert!(because.to_string().contains("keys: its TLS certificate is not one the product profile believes"), "{because}");
    assert_eq!(flags(&host), ["unverified"]);
}

// S2
#[test]
fn deleting_the_vault_does_not_begin_a_trial_anew() {
    let world = World::new(6);
    world.vendor().server("keys").stop();
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    world.advance(days(5));
    host.delete_vault();
    assert_eq!(reason(&host), Reason::Unlicensed);
    host.start_trial("Standard").expect("it goes on");
    assert_eq!(host.standing().trial_days_left(), Some(2));
    world.advance(days(2));
    assert!(!host.standing().may_run());
    host.delete_vault();
    assert_eq!(host.start_trial("Standard").expect_err("it is over").code(), "trial-over");
}

// S2
#[test]
fn a_clock_moved_back_does_not_lengthen_a_trial_by_more_than_the_clock_grace() {
    let world = World::new(7);
    world.vendor().server("keys").stop();
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    world.advance(days(6));
    host.tick().expect("it is written down");
    host.clock().set_wall(world.day(0));
    let mut ran = 0;
    while host.standing().may_run() {
        // Every day the clock is moved back by what passed.
        host.work(days(1)).expect("it is written down");
        host.clock().set_wall(world.day(0));
        ran += 1;
        assert!(ran <= 15, "it still runs");
    }
    assert!(ran >= 1);
}

// S2
#[test]
fn a_reinstalled_host_goes_on_with_its_own_trial() {
    let world = World::new(8);
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    world.advance(days(20));
    host.reinstall();
    host.start_trial("Standard").expect("it goes on");
    assert_eq!(host.standing().trial_days_left(), Some(10));
    assert!(matches!(world.host("b").start_trial("Standard"), Ok(TrialBegun::Verified)), "another host's own");
    assert_eq!(world.host("b").standing().trial_days_left(), Some(30));
}

// S2
#[test]
fn two_vaults_on_one_host_that_ask_at_once_are_given_one_trial() {
    let world = World::new(11);
    let one = world.host("a");
    let other = world.clone_host(&one, "a again");
    let edition = "Standard".parse().expect("an edition");
    let (mine, its) = (one.licenses(), other.licenses());
    let (first, second) = in_turn(mine.start_trial(&edition, &unheard), its.start_trial(&edition, &unheard));
    assert!(matches!((first, second), (Ok(TrialBegun::Verified), Ok(TrialBegun::Verified))));
    assert_eq!(one.standing().rows[0].id, other.standing().rows[0].id);
}

// S2
#[test]
fn an_activation_takes_the_place_of_a_trial_and_a_return_brings_what_is_left_of_it_back() {
    let world = World::new(9);
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let activation = host.activate(&sold.key).expect("activated");
    assert!(is_fully_trusted(&host));
    assert_eq!(host.standing().rows.len(), 1);
    world.advance(days(10));
    host.return_license(&activation).expect("returned");
    assert_eq!(host.standing().trial_days_left(), Some(20));
}

// S1
#[test]
fn a_typed_end_is_shown_as_the_instant_when_that_day_is_over_everywhere() {
    let world = World::new(10);
    let until = typed_end("2027-03-31").expect("a date");
    let sold = world.vendor().sell(world.vendor().rental(until)).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    let shown = host.standing().speaking().and_then(|row| row.until).expect("an end");
    assert_eq!(shown.to_string(), "2027-04-01T12:00:00Z");
}
