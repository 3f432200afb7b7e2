//! Copies, clones and restored backups: promise 8 on the side of the host.

use std::sync::Arc;

use keyward_domain::document::{Ask, RevocationReason};
use keyward_domain::entitlement::{Allowance, Terms};
use keyward_domain::keys::SigningKey;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Sealed, SignatureEntry, Statement};
use keyward_domain::standing::{Reason, Status};
use keyward_domain::time::days;
use keyward_domain::vault::Taken;
use keyward_engine::ActError;
use keyward_fakes::Fate;
use keyward_fakes::world::{Host, Refreshed, Sold, World, run};
use keyward_ports::SecretName;

use super::*;

fn sold(world: &World, activations: u32) -> Sold {
    let terms = Terms { allowance: Allowance::Activations(activations), ..world.vendor().terms() };
    world.vendor().sell(terms).expect("sold")
}

fn copied(results: &Refreshed) -> bool {
    matches!(results.as_slice(), [(_, Ok(Taken::Refused(Refusal::CopiedHost)))])
}

#[test]
fn a_vault_copied_to_another_host_stops_there_at_once() {
    let world = World::new(1);
    let sold = sold(&world, 1);
    let (a, b) = (world.host("a"), world.host("b"));
    a.activate(&sold.key).expect("activated");
    a.copy_vault_to(&b);
    assert_eq!(reason(&b), Reason::OtherHost);
    assert!(is_fully_trusted(&a));
    let results = b.refresh().expect("nothing is asked");
    assert!(matches!(results.as_slice(), [(_, Err(ActError::KeyMissing))]), "{results:?}");
}

#[test]
fn a_clone_and_its_original_go_on_until_one_contact_each_then_one_is_told_and_gets_a_slot_of_its_own() {
    let world = World::new(2);
    let sold = sold(&world, 2);
    let a = world.host("a");
    let activation = a.activate(&sold.key).expect("activated");
    let b = world.clone_host(&a, "b");
    assert!(is_fully_trusted(&a) && is_fully_trusted(&b));

    a.refresh().expect("it is heard");
    assert!(is_fully_trusted(&a));
    b.refresh().expect("it is heard");
    assert_eq!(flags(&b), ["restored-copy"], "its count was used before");
    assert!(b.standing().may_run(), "a doubt is no reason to stop");
    a.refresh().expect("it is heard");
    let told = b.refresh().expect("it is heard");
    assert!(copied(&told), "{told:?}");
    assert!(Refusal::CopiedHost.remedy().contains("keyward host new"));
    assert_eq!(flags(&b), ["restored-copy"], "the doubt is not over");

    b.become_new_host().expect("a new key");
    assert_eq!(reason(&b), Reason::Unlicensed);
    let own = b.activate(&sold.key).expect("a slot of its own");
    assert_ne!(own, activation);
    for _ in 0..3 {
        a.refresh().expect("it is heard");
        b.refresh().expect("it is heard");
    }
    assert!(is_fully_trusted(&a) && is_fully_trusted(&b));
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 2);
}

#[test]
fn a_clone_without_a_free_slot_is_told_who_holds_them() {
    let world = World::new(3);
    let sold = sold(&world, 1);
    let a = world.host("a");
    a.activate(&sold.key).expect("activated");
    let b = world.clone_host(&a, "b");
    b.become_new_host().expect("a new key");
    assert!(matches!(refusal(b.activate(&sold.key)), Refusal::NoActivationLeft { activations: 1, .. }));
    assert!(is_fully_trusted(&a), "nothing was taken from the original");
}

// A2
#[test]
fn six_copied_parts_on_ten_hosts_move_a_slot_three_times_and_are_then_refused_with_the_date() {
    let world = World::new(4);
    let sold = sold(&world, 1);
    let first = world.host("h0");
    let copies: Vec<Arc<Host>> = (1..10).map(|n| world.clone_host(&first, &format!("h{n}"))).collect();
    first.activate(&sold.key).expect("activated");
    let results: Vec<Result<_, _>> = copies.iter().map(|host| host.activate(&sold.key)).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    for refused in results.into_iter().skip(3) {
        let refused = refusal(refused);
        assert_eq!(refused, Refusal::MovesSpent { next: Some(world.day(90)), moves: 3, days: 90 });
        assert!(refused.remedy().contains("2027-04-01T00:00:00Z"));
    }
    for superseded in [&first, &copies[0], &copies[1]] {
        superseded.refresh().expect("it is heard");
        assert_eq!(reason(superseded), Reason::Revoked { why: RevocationReason::Moved });
        assert!(matches!(refusal(superseded.activate(&sold.key)), Refusal::MovesSpent { .. }), "coming back is a move too");
    }
    assert!(is_fully_trusted(&copies[2]));
    world.advance(days(90));
    copies[9 - 1].activate(&sold.key).expect("it moves again");
}

// P4
#[test]
fn a_vault_restored_from_before_its_return_stays_off() {
    let world = World::new(5);
    let sold = sold(&world, 1);
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let backup = host.snapshot();
    host.return_license(&activation).expect("returned");
    host.restore(&backup);
    assert_eq!(reason(&host), Reason::Returned);
    assert_eq!(flags(&host), ["restored-copy"]);
    host.refresh().expect("it is heard");
    assert!(!host.standing().may_run());
    assert_eq!(host.standing().rows, [], "its row is gone again");
    host.activate(&sold.key).expect("it can be activated anew");
    assert!(is_fully_trusted(&host));
}

// P4
#[test]
fn a_return_that_nobody_heard_of_is_made_again_by_a_vault_restored_from_before_it() {
    let world = World::new(10);
    let sold = sold(&world, 1);
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let backup = host.snapshot();
    world.vendor().server("keys").stop();
    host.return_license(&activation).expect_err("nobody answered");
    host.restore(&backup);
    world.vendor().server("keys").start();
    host.refresh().expect("it is heard");
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 0);
    assert_eq!(host.standing().rows, []);
}

// P4, P8
#[test]
fn a_vault_and_anchor_restored_from_before_a_return_end_at_the_next_contact() {
    let world = World::new(6);
    let sold = sold(&world, 1);
    let (host, next) = (world.host("a"), world.host("b"));
    let activation = host.activate(&sold.key).expect("activated");
    let backup = host.snapshot();
    host.return_license(&activation).expect("returned");
    next.activate(&sold.key).expect("activated");
    host.restore_both(&backup);
    assert!(host.standing().may_run(), "nothing here can know");
    host.refresh().expect("it is heard");
    assert_eq!(reason(&host), Reason::Revoked { why: RevocationReason::Returned });
    host.restart();
    assert!(!host.standing().may_run());
    next.refresh().expect("it is heard");
    assert!(is_fully_trusted(&next));
}

#[test]
fn an_old_vault_says_that_it_was_restored_and_is_trusted_again_after_a_contact() {
    let world = World::new(7);
    let sold = sold(&world, 1);
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    let backup = host.snapshot();
    host.refresh().expect("it is heard");
    host.restore(&backup);
    assert_eq!(flags(&host), ["restored-copy"]);
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host), "its count went on above the anchor's");
}

// P4: a refused return stays off and can be asked again.
#[test]
fn a_return_that_is_refused_stays_off_and_can_be_asked_again() {
    let world = World::new(8);
    let sold = sold(&world, 1);
    let a = world.host("a");
    let activation = a.activate(&sold.key).expect("activated");
    let b = world.clone_host(&a, "b");
    a.refresh().expect("it is heard");
    b.refresh().expect("it is heard");
    a.refresh().expect("it is heard");
    assert_eq!(refusal(b.return_license(&activation)), Refusal::CopiedHost);
    for _ in 0..2 {
        let row = b.row(&activation).expect("its row");
        assert_eq!(row.status, Status::Returning { refused: Some(Refusal::CopiedHost) });
        assert!(!b.standing().may_run());
        b.restart();
    }
    assert_eq!(refusal(b.return_license(&activation)), Refusal::CopiedHost);
    world.advance(days(31));
    b.return_license(&activation).expect("returned");
    assert_eq!(b.standing().rows, []);
    a.refresh().expect("it is heard");
    assert_eq!(reason(&a), Reason::Revoked { why: RevocationReason::Returned });
}

#[test]
fn an_answer_is_taken_once_and_on_its_own_host_only() {
    let detour = Detour::default();
    let world = World::fitted(9, Arc::new(detour.clone()));
    let sold = sold(&world, 2);
    let (a, b) = (world.host("a"), world.host("b"));
    a.activate(&sold.key).expect("activated");
    let answer = a.recording().answers().remove(0);
    detour.lead_to(Arc::new(Brings(answer)));
    for host in [&a, &b] {
        let error = host.activate(&sold.key).expect_err("it answers another request");
        assert!(matches!(error, ActError::NotTaken(_)), "{error}");
    }
    assert!(is_fully_trusted(&a) && !b.standing().may_run());
}

// P9, P12
#[test]
fn an_answer_that_was_held_back_does_not_bring_back_what_was_revoked_since() {
    let detour = Detour::default();
    let world = World::fitted(11, Arc::new(detour.clone()));
    let (sold, other) = (sold(&world, 1), sold(&world, 1));
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    host.carrier().script([Fate::ReplyLost]);
    host.refresh().expect("nobody answered");
    let waiting = host.recording().requests().pop().expect("a request");
    let held_back = run(world.vendor().server("keys").exchange(&waiting)).expect("its answer");
    world.vendor().revoke(&sold.id).expect("revoked");
    host.activate(&other.key).expect("activated");
    let revoked = Status::Stopped { reason: Reason::Revoked { why: RevocationReason::Revoked } };
    assert_eq!(host.row(&activation).expect("its row").status, revoked);
    detour.lead_to(Arc::new(Brings(held_back)));
    host.refresh().expect("it is heard");
    assert_eq!(host.row(&activation).expect("its row").status, revoked);
}

/// Brings one and the same answer to whatever is asked.
struct Brings(Statement);

#[async_trait]
impl KeyServer for Brings {
    async fn exchange(&self, _request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        Ok(self.0.clone())
    }
}

/// Promise 8 the other way round: only what a server really forgot is taken up again, however its own words are spelled around it.
#[test]
fn a_returned_license_that_is_shown_respelled_is_not_taken_up_again() {
    let world = World::new(77);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let kept = host.recording().answers().pop().expect("its answer was seen on the way");
    host.return_license(&activation).expect("returned");
    // So many returns since that the entitlement's own list no longer reaches back.
    let other = world.host("b");
    for _ in 0..260 {
        let mine = other.activate(&sold.key).expect("it is free");
        other.return_license(&mine).expect("returned");
    }
    let respelled = Statement::new(kept.scheme().clone(), [kept.bytes(), b" "].concat());
    // The vault's key asks with the respelled answer, as somebody can who owns the host.
    let Some(asked) = host.recording().requests().into_iter().next() else { panic!("it asked") };
    let mut words = asked.words().clone();
    words.ask = Ask::Refresh { activation, held: respelled };
    words.count += 50;
    let key = SecretName::new(&format!("device-{}", words.device.id()));
    let seed = keyward_ports::Secrets::get(&**host.secrets(), &key).expect("the key is there").expect("it has one");
    let signer = SigningKey::from_seed(seed.as_slice().try_into().expect("32 bytes"));
    let sign = |message: &[u8]| {
        Ok::<_, std::convert::Infallible>(vec![SignatureEntry { keyid: signer.public().to_string().into(), sig: signer.sign(message) }])
    };
    let request = Sealed::seal(words, sign).expect("signed");
    run(world.vendor().server("keys").exchange(&request)).expect("answered");
    assert!(world.vendor().entitlement(&sold.id).expect("it is there").slots.is_empty(), "nothing was taken up again");
    other.activate(&sold.key).expect("the slot is free");
}
