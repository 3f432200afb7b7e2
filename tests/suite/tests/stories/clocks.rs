//! Clocks, contact and changed hosts: promise 7, and the flags.

use std::time::Duration;

use keyward_domain::document::Contact;
use keyward_domain::entitlement::Terms;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::standing::Reason;
use keyward_domain::time::{Timestamp, days};
use keyward_domain::vault::Taken;
use keyward_fakes::Fate;
use keyward_fakes::world::World;

use super::*;

#[test]
fn a_contact_that_is_overdue_is_said_then_stops_the_product_and_a_refresh_mends_it() {
    let world = World::new(1);
    let vendor = world.vendor();
    let terms = Terms { contact: Contact::Every { days: 30, grace: 14 }, ..vendor.terms() };
    let host = world.host("a");
    host.activate(&vendor.sell(terms).expect("sold").key).expect("activated");
    let second = Duration::from_secs(1);
    for (passes, flags_now, runs) in
        [(days(30) - second, vec![], true), (second, vec!["unverified"], true), (days(14) - second, vec!["unverified"], true)]
    {
        world.advance(passes);
        assert_eq!((flags(&host), host.standing().may_run()), (flags_now, runs), "{}", world.now());
    }
    world.advance(second);
    assert_eq!(reason(&host), Reason::ContactOverdue { due: world.day(30) });
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host));
}

// O4: the same request gets the same answer, and what was answered long ago is old news.
#[test]
fn a_refresh_asks_anew_about_what_a_lost_answer_brought() {
    let world = World::new(1);
    let vendor = world.vendor();
    let terms = Terms { contact: Contact::Every { days: 30, grace: 14 }, ..vendor.terms() };
    let sold = vendor.sell(terms).expect("sold");
    let host = world.host("a");
    host.carrier().script([Fate::ReplyLost]);
    host.activate(&sold.key).expect_err("nobody answered");
    world.advance(days(40));
    let results = host.refresh().expect("it is heard");
    assert!(matches!(results.as_slice(), [(_, Ok(Taken::Granted(_)))]), "one thing is held: {results:?}");
    assert!(is_fully_trusted(&host), "{:?}", flags(&host));
}

#[test]
fn a_host_with_many_new_parts_works_fourteen_days_and_a_refresh_gives_it_a_new_binding() {
    let world = World::new(2);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    host.replace_parts(3, "new");
    assert!(is_fully_trusted(&host), "half of the parts are enough");
    host.replace_parts(4, "new");
    assert_eq!(flags(&host), ["host-changed"]);
    for _ in 0..14 {
        assert!(host.standing().may_run());
        host.work(days(1)).expect("written down");
    }
    assert_eq!(reason(&host), Reason::HostChanged);
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host));
    host.replace_parts(6, "newer");
    assert_eq!(reason(&host), Reason::OtherHost);
}

// P7
#[test]
fn a_rental_does_not_outlive_its_end_by_more_than_the_clock_grace_when_the_clock_is_moved_back() {
    let world = World::new(3);
    let sold = world.vendor().sell(world.vendor().rental(world.day(30))).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    let mut over = 0;
    for day in 0..100 {
        host.work(days(1)).expect("written down");
        host.clock().set_wall(world.day(1));
        over += u64::from(host.standing().may_run() && day >= 30);
    }
    assert!(over <= 14, "{over} days");
    assert!(!host.standing().may_run());
}

/// So many days of running time a host works on with its clock set back to a day, loading an answer every 13 days.
fn days_over(world: &World, host: &Host, back: Timestamp, answers: Vec<Statement>) -> u64 {
    let mut answers = answers.into_iter();
    let mut over = 0;
    for day in 0..100 {
        host.clock().set_wall(back);
        if day % 13 == 12
            && let Some(answer) = answers.next()
        {
            // Whether it is taken is not the question.
            let _ = host.load(&answer);
        }
        over += u64::from(host.standing().may_run());
        host.work(days(1)).expect("written down");
    }
    assert!(!host.standing().may_run(), "at {}", world.now());
    over
}

// P7
#[test]
fn answers_that_were_hoarded_before_the_clock_was_moved_back_renew_no_grace() {
    let world = World::new(7);
    let sold = world.vendor().sell(world.vendor().rental(world.day(30))).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    let back = world.now();
    let mut hoarded = Vec::new();
    for seed in 0..8 {
        let request = host.request_activation(&LicenseKey::from_random([seed; 15])).expect("a request");
        hoarded.push(world.vendor().answer(&request).expect("a refusal"));
    }
    for _ in 0..31 {
        host.work(days(1)).expect("written down");
    }
    assert!(matches!(reason(&host), Reason::Expired { .. }));
    let over = days_over(&world, &host, back, hoarded);
    assert!(over <= 14, "{over} days");
}

// P7
#[test]
fn a_clock_that_stood_in_the_future_costs_nothing_once_an_answer_arrives() {
    let world = World::new(4);
    let sold = world.vendor().sell(world.vendor().rental(world.day(90))).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    host.clock().set_wall(world.day(1000));
    host.tick().expect("written down");
    assert!(matches!(reason(&host), Reason::Expired { .. }));
    host.clock().set_wall(world.now());
    assert_eq!(flags(&host), ["clock-suspect"]);
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host));
}

// P7: an issuer whose clock was wrong corrects its clients when it is corrected.
#[test]
fn an_issuer_that_was_in_the_future_is_forgiven_with_its_next_answer() {
    let world = World::new(5);
    let server = world.vendor().server("keys");
    let sold = world.vendor().sell(world.vendor().rental(world.day(90))).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    server.clock().set_wall(world.day(400));
    host.refresh().expect("it is heard");
    assert!(!host.standing().may_run());
    server.clock().set_wall(world.now());
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host));
}

#[test]
fn a_host_that_sleeps_or_is_booted_again_is_not_in_doubt() {
    let world = World::new(6);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    host.clock().sleep_through(days(20));
    host.reboot();
    host.tick().expect("written down");
    assert!(is_fully_trusted(&host));
}
