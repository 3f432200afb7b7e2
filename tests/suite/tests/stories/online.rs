//! Rows O1 to O5: activating, refreshing and returning online.

use std::sync::Mutex;
use std::time::Duration;

use keyward_domain::document::RevocationReason;
use keyward_domain::entitlement::{Allowance, Freer, Terms};
use keyward_domain::refusal::{Holder, Refusal};
use keyward_domain::standing::{Reason, Status};
use keyward_domain::time::days;
use keyward_domain::vault::Taken;
use keyward_engine::Step;
use keyward_fakes::world::{World, cancel_after, run};
use keyward_fakes::{CrashPoint, Fate};

use super::*;

// O1
#[test]
fn a_key_is_entered_and_the_product_is_enabled_and_fully_trusted_without_a_restart() {
    let world = World::new(1);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let steps = Mutex::new(Vec::new());
    let heard = |step| steps.lock().expect("nobody panicked").push(step);
    run(host.licenses().activate(Arc::clone(&sold.key), &heard)).expect("activated");
    assert!(is_fully_trusted(&host));
    assert_eq!(*steps.lock().expect("nobody panicked"), [Step::Saved, Step::Sending, Step::Answered, Step::Kept]);
    host.restart();
    assert!(is_fully_trusted(&host));
    let row = host.standing().speaking().cloned().expect("a row");
    assert!(row.last_five.expect("five characters").to_string().starts_with("*****-"));
}

// O1
#[test]
fn a_second_host_is_told_who_holds_the_key_and_what_to_do_and_gets_it_after_a_return() {
    let world = World::new(2);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let (a, b) = (world.host("a"), world.host("b"));
    let activation = a.activate(&sold.key).expect("activated");
    let since = world.now();
    world.advance(days(1));
    let refused = refusal(b.activate(&sold.key));
    let holders = vec![Holder { host: "a".parse().expect("a name"), since }];
    assert_eq!(refused, Refusal::NoActivationLeft { activations: 1, holders });
    assert!(refused.to_string().contains("a since 2027-01-01T00:00:00Z") && refused.remedy().contains("return it on one of these hosts"));
    a.return_license(&activation).expect("returned");
    b.activate(&sold.key).expect("activated");
    assert!(is_fully_trusted(&b) && !a.standing().may_run());
}

// O4, A2
#[test]
fn a_reinstalled_host_gets_its_own_slot_back() {
    let world = World::new(3);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    host.reinstall();
    assert_eq!(reason(&host), Reason::Unlicensed);
    assert_eq!(host.activate(&sold.key).expect("its own slot"), activation);
    assert!(is_fully_trusted(&host));
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 1);
}

// K1
#[test]
fn a_rental_lapses_at_its_instant_and_an_extension_arrives_with_the_next_refresh() {
    let world = World::new(4);
    let sold = world.vendor().sell(world.vendor().rental(world.day(90))).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    world.advance(days(90) - Duration::from_secs(1));
    assert!(is_fully_trusted(&host));
    world.advance(Duration::from_secs(1));
    assert_eq!(reason(&host), Reason::Expired { until: world.day(90) });
    world.vendor().extend(&sold.id, world.day(180)).expect("extended");
    assert_eq!(reason(&host), Reason::Expired { until: world.day(90) });
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host));
    assert_eq!(host.standing().speaking().and_then(|row| row.until), Some(world.day(180)));
}

// K1
#[test]
fn a_revoked_key_stops_at_the_next_contact_and_only_then() {
    let world = World::new(5);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let (host, other) = (world.host("a"), world.host("b"));
    host.activate(&sold.key).expect("activated");
    world.vendor().revoke(&sold.id).expect("revoked");
    world.advance(days(400));
    host.tick().expect("written down");
    assert!(is_fully_trusted(&host), "it did not hear of it");
    let results = host.refresh().expect("it is heard");
    assert!(matches!(results.as_slice(), [(_, Ok(Taken::Revoked(_)))]));
    assert_eq!(reason(&host), Reason::Revoked { why: RevocationReason::Revoked });
    host.restart();
    assert_eq!(reason(&host), Reason::Revoked { why: RevocationReason::Revoked });
    assert_eq!(refusal(other.activate(&sold.key)), Refusal::Revoked);
}

// Promise 9: a revocation travels in any answer.
#[test]
fn a_revocation_travels_in_whatever_answer_its_host_gets_next() {
    let world = World::new(6);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let other = vendor.sell(vendor.terms()).expect("sold");
    for (name, next) in [("another-key", &other), ("the-same-key", &sold)] {
        let host = world.host(name);
        let entitlement = vendor.sell(vendor.terms()).expect("sold");
        let next = if name == "the-same-key" { &entitlement } else { next };
        let activation = host.activate(&entitlement.key).expect("activated");
        vendor.revoke(&entitlement.id).expect("revoked");
        let _ = host.activate(&next.key);
        let row = host.row(&activation).expect("a row");
        assert_eq!(row.status, Status::Stopped { reason: Reason::Revoked { why: RevocationReason::Revoked } }, "{name}");
    }
}

// O2
#[test]
fn the_first_server_that_runs_answers_and_when_none_does_each_is_named() {
    let world = World::new(7);
    let vendor = world.vendor();
    let (first, second) = (vendor.server("keys"), vendor.server("keys-2"));
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let host = world.host("a");
    first.stop();
    host.activate(&sold.key).expect("the second answers");
    second.stop();
    // O3
    let error = world.host("b").activate(&sold.key).expect_err("nobody answers");
    assert_eq!(error.code(), "no-answer");
    let text = error.to_string();
    assert!(text.contains("keys: nothing answers there; check") && text.contains("keys-2: nothing answers there"), "{text}");
    assert!(is_fully_trusted(&host), "a dead server takes nothing away");
}

// O4
#[test]
fn after_a_lost_reply_the_same_request_gets_the_same_answer() {
    let world = World::new(8);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    for fate in [Fate::ReplyLost, Fate::RequestLost, Fate::ReplyLost] {
        host.carrier().script([fate]);
        assert_eq!(host.activate(&sold.key).expect_err("nobody answered").code(), "no-answer");
        host.restart();
    }
    host.activate(&sold.key).expect("activated");
    let names: Vec<_> = host.recording().requests().iter().map(|request| request.name()).collect();
    assert!(names.len() == 4 && names.iter().all(|name| *name == names[0]), "one request, four times");
    let entitlement = world.vendor().entitlement(&sold.id).expect("sold");
    assert_eq!((entitlement.slots.len(), entitlement.slots[0].generation), (1, 1));
}

// O4
#[test]
fn a_request_that_a_carrier_delivers_twice_is_answered_once() {
    let world = World::new(9);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    host.carrier().script([Fate::Twice]);
    host.activate(&sold.key).expect("activated");
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots[0].generation, 1);
}

// O4
#[test]
fn a_request_that_is_sent_again_after_its_grant_was_given_back_is_spent() {
    let world = World::new(10);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let old = host.recording().requests().remove(0);
    host.return_license(&activation).expect("returned");
    run(world.vendor().server("keys").exchange(&old)).expect("it is answered");
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 0, "nothing was taken by it");
}

// O1: cancel is safe at every step.
#[test]
fn whatever_is_cancelled_at_whatever_step_can_be_done_again_and_is_done_once() {
    let world = World::new(11);
    let vendor = world.vendor();
    let mut finished = 0;
    for step in 0..12 {
        let host = world.host(&format!("h{step}"));
        let sold = vendor.sell(vendor.terms()).expect("sold");
        let cancelled = cancel_after(step, host.licenses().activate(Arc::clone(&sold.key), &|_| {}));
        finished += u32::from(cancelled.is_some());
        let activation = host.activate(&sold.key).unwrap_or_else(|error| panic!("step {step}: {error}"));
        assert!(is_fully_trusted(&host), "step {step}");

        drop(cancel_after(step, host.licenses().refresh(&|_| {})));
        host.restart();
        host.refresh().expect("refreshed");
        assert!(is_fully_trusted(&host), "step {step}");

        if cancel_after(step, host.licenses().return_license(activation.as_str(), &|_| {})).is_none() {
            assert!(step == 0 || !host.standing().may_run(), "step {step}: once it is asked for it is off");
            host.restart();
            drop(host.return_license(&activation));
        }
        assert_eq!(host.standing().rows.len(), 0, "step {step}");
        assert_eq!(vendor.entitlement(&sold.id).expect("sold").slots.len(), 0, "step {step}");
    }
    assert!(finished > 0 && finished < 12, "some were cancelled and some were not");
}

// Promise 5, in one process: every crash point, on either side.
#[test]
fn a_crash_at_any_point_loses_nothing_and_doubles_nothing() {
    let world = World::new(12);
    let vendor = world.vendor();
    let server = vendor.server("keys");
    for point in CrashPoint::ALL {
        let on_server = matches!(point, CrashPoint::AfterDecide | CrashPoint::AfterCommit);
        let host = world.host(&point.to_string());
        let crash = || if on_server { server.crash_at(point) } else { host.crash_at(point) };
        let restart = || if on_server { server.start() } else { host.restart() };
        let sold = vendor.sell(vendor.terms()).expect("sold");

        crash();
        assert!(host.activate(&sold.key).is_err(), "{point}");
        restart();
        let activation = host.activate(&sold.key).unwrap_or_else(|error| panic!("{point}: {error}"));
        let generation = || vendor.entitlement(&sold.id).expect("sold").slots.first().map(|slot| slot.generation);
        assert_eq!(generation(), Some(1), "{point}: answered once");
        assert!(is_fully_trusted(&host), "{point}");

        crash();
        assert!(host.return_license(&activation).is_err(), "{point}");
        restart();
        assert_eq!(host.standing().may_run(), point == CrashPoint::BeforeSave, "{point}");
        host.return_license(&activation).unwrap_or_else(|error| panic!("{point}: {error}"));
        assert_eq!((host.standing().rows.len(), generation()), (0, None), "{point}");
    }
}

#[test]
fn an_act_that_fails_on_a_host_without_a_vault_leaves_nothing_behind() {
    let world = World::new(15);
    let host = world.host("a");
    let nothing = host.secrets().image();
    assert_eq!(host.return_license(&"A-1".parse().expect("an id")).expect_err("there is none").code(), "no-such-row");
    assert!(host.secrets().image() == nothing && host.vault().image().text().is_none());
    // Nor does one whose vault cannot be written, and the next one succeeds.
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    host.vault().fill_disk();
    assert_eq!(host.activate(&sold.key).expect_err("there is no room").code(), "disk-full");
    assert!(host.secrets().image() == nothing);
    host.vault().free_disk();
    host.activate(&sold.key).expect("activated");
    host.restart();
    host.refresh().expect("its key is there");
    assert!(is_fully_trusted(&host));
}

// A key is never taken from a vault that stands.
#[test]
fn a_crash_after_the_first_save_leaves_the_vault_its_key() {
    let world = World::new(16);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    host.crash_at(CrashPoint::AfterSave);
    assert!(host.activate(&sold.key).is_err());
    host.restart();
    host.activate(&sold.key).expect("the same vault, the same key");
    assert_eq!(host.recording().requests()[0].words().count, 1);
}

// O5
#[test]
fn a_returned_license_disappears_and_another_return_finds_no_row() {
    let world = World::new(13);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    host.return_license(&activation).expect("returned");
    assert_eq!(host.standing().rows, []);
    assert_eq!(host.return_license(&activation).expect_err("it is gone").code(), "no-such-row");
    let again = host.activate(&sold.key).expect("activated anew");
    assert_ne!(again, activation);
}

// O5, promise 4
#[test]
fn a_return_that_nobody_answers_is_off_at_once_and_is_sent_again_byte_for_byte() {
    for fate in [Fate::Unreachable, Fate::RequestLost, Fate::ReplyLost] {
        let world = World::new(14);
        let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
        let host = world.host("a");
        let activation = host.activate(&sold.key).expect("activated");
        host.carrier().script([fate]);
        assert_eq!(host.return_license(&activation).expect_err("nobody answered").code(), "return-waits");
        assert_eq!(reason(&host), Reason::Returned);
        host.restart();
        assert_eq!(reason(&host), Reason::Returned);
        host.refresh().expect("it is sent again");
        assert_eq!(host.standing().rows, [], "{fate:?}");
        let requests = host.recording().requests();
        let [.., first, second] = requests.as_slice() else { panic!("two returns") };
        assert_eq!(first.envelope(), second.envelope());
        assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 0);
    }
}

// O5
#[test]
fn whoever_returned_without_a_server_can_activate_again_as_soon_as_there_is_one() {
    let world = World::new(15);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    world.vendor().server("keys").stop();
    host.return_license(&activation).expect_err("nobody answered");
    world.vendor().server("keys").start();
    let again = host.activate(&sold.key).expect("activated anew");
    assert_ne!(again, activation);
    assert!(is_fully_trusted(&host));
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 1);
}

// A2
#[test]
fn an_owner_frees_the_slot_of_a_lost_host_within_a_budget_and_sees_when_the_next_is_possible() {
    let world = World::new(16);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    for n in 0..4 {
        let host = world.host(&format!("lost-{n}"));
        let activation = host.activate(&sold.key).expect("activated");
        let freed = vendor.free(&sold.id, &activation, Freer::Owner);
        if n < 3 {
            freed.expect("freed");
            assert!(is_fully_trusted(&host), "it did not hear of it");
            host.refresh().expect("it is heard");
            assert_eq!(reason(&host), Reason::Revoked { why: RevocationReason::Freed });
            world.advance(days(10));
        } else {
            let error = freed.expect_err("spent").to_string();
            assert!(error.contains("try again at 2027-04-01T00:00:00Z"), "{error}");
            vendor.free(&sold.id, &activation, Freer::Vendor).expect("the vendor is free to");
        }
    }
}

// O1
#[test]
fn several_activations_are_for_several_hosts_and_no_more() {
    let world = World::new(17);
    let vendor = world.vendor();
    let sold = vendor.sell(Terms { allowance: Allowance::Activations(3), ..vendor.terms() }).expect("sold");
    for n in 0..3 {
        world.host(&format!("h{n}")).activate(&sold.key).expect("activated");
    }
    assert!(
        matches!(refusal(world.host("h3").activate(&sold.key)), Refusal::NoActivationLeft { activations: 3, holders } if holders.len() == 3)
    );
}

/// A refresh brings nothing new: it does not put a vault aside that cannot be read, and says so.
#[test]
fn a_damaged_vault_is_told_of_and_only_an_activation_begins_a_new_one() {
    let world = World::new(62);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("office");
    let before = host.activate(&sold.key).expect("activates");
    host.vault().restore(host.vault().image().edited(|text| text[..text.len() / 2].into()));
    host.restart();
    assert_eq!(host.refresh().expect_err("it cannot be read").code(), "vault-damaged");
    assert_eq!(host.return_license(&before).expect_err("it cannot be read").code(), "vault-damaged");
    assert!(host.vault().image().aside().next().is_none(), "nothing was put aside");
    host.activate(&sold.key).expect("it is recognised and gets its own slot back");
    assert!(host.vault().image().aside().count() > 0, "nothing was thrown away");
    assert!(is_fully_trusted(&host));
}
