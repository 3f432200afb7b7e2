//! The vendor takes away what it let the license server sign.

use super::*;

#[test]
fn a_pool_whose_delegation_was_revoked_grants_nothing_more_and_says_why() {
    let mut office = Office::of(seats(2));
    office.check_out(A).expect("a seat");
    office.borrow(B, days(5)).expect("a loan");
    assert_eq!(said(&office.check_out(C)), "place 1");
    assert_eq!(office.revoke(RevocationReason::Revoked), "Done");
    assert_eq!(office.revoke(RevocationReason::Revoked), "Nothing", "once");
    let why = Refusal::ServerRevoked { why: RevocationReason::Revoked };
    for refused in [office.check_out(A), office.check_out(D), office.borrow(E, days(1)), office.extend(B, days(6)), office.refresh(B)] {
        assert_eq!(refused.expect_err("nothing is granted"), why);
    }
    assert_eq!(office.queue(C), Wait::Lost, "there is nothing to wait for");
    let seen = office.overview();
    assert_eq!((seen.revoked, seen.free, seen.borrowable), (Some(RevocationReason::Revoked), 0, 0));
    office.restart();
    assert_eq!((office.overview().revoked, office.check_out(D).expect_err("nothing is granted")), (seen.revoked, why));
}

/// Nothing ends sooner than what was signed: a revocation takes away only what its issuer issued.
#[test]
fn what_was_granted_before_a_revocation_goes_on_to_its_end() {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    office.borrow(B, days(5)).expect("a loan");
    office.check_out(C).expect("a seat");
    office.wait(MINUTE);
    office.revoke(RevocationReason::Revoked);
    assert_eq!(office.beat(A), Pulse::Ending { why: Gone::Revoked, left: LEASE - MINUTE });
    office.wait(LEASE / 2);
    assert_eq!(office.beat(A), Pulse::Ending { why: Gone::Revoked, left: LEASE / 2 - MINUTE }, "no fresh lease");
    assert_eq!(office.overview().used, 3);
    assert_eq!(said(&office.give_back(C, Way::Line)), "receipt", "what is brought back is taken");
    office.wait(LEASE / 2);
    office.decide(Op::Tick);
    assert_eq!(office.overview().used, 1, "the lease is over, the loan is not");
    office.wait(days(5));
    office.decide(Op::Tick);
    assert_eq!(office.overview().used, 0);
}

#[test]
fn what_is_delegated_after_a_revocation_opens_the_pool_again() {
    let taken_away = Delegation { generation: 3, ..seats(1) };
    for (again, opens) in [
        (Delegation { generation: 4, ..taken_away.clone() }, true),
        (Delegation { activation: crate::testing::activation("A-77"), generation: 1, ..taken_away.clone() }, true),
        (taken_away.clone(), false),
        (Delegation { generation: 2, ..taken_away.clone() }, false),
    ] {
        let mut office = Office::of(taken_away.clone());
        office.revoke(RevocationReason::Moved);
        office.delegate(again);
        let expected = if opens { "lease of seat 0" } else { "server-revoked" };
        assert_eq!(said(&office.check_out(A)), expected);
        office.restart();
        assert_eq!(said(&office.check_out(A)), expected);
    }
}

#[test]
fn a_revocation_of_something_else_closes_nothing() {
    let mut office = Office::of(Delegation { generation: 3, ..seats(1) });
    let Delegation { activation, server, .. } = office.delegation.clone();
    let own = Revocation { activation, device: server.id(), generation: 3, reason: RevocationReason::Revoked };
    for other in [
        Revocation { generation: 2, ..own.clone() },
        Revocation { activation: crate::testing::activation("A-77"), ..own.clone() },
        Revocation { device: host('a').device.public().id(), ..own.clone() },
    ] {
        assert_eq!(office.act(Act::Revoke(other)), "Nothing");
    }
    assert_eq!(said(&office.check_out(A)), "lease of seat 0");
    assert_eq!(office.act(Act::Revoke(own)), "Done");
}

/// The owner freed the license server's slot, and the license was activated on the same computer again: the vault has both words.
#[test]
fn of_two_activations_of_a_license_the_one_that_was_issued_last_is_the_pools() {
    let first = Delegation { generation: 7, ..seats(1) };
    let second = Delegation { activation: crate::testing::activation("A-77"), generation: 1, ..seats(2) };
    let mut office = Office::of(first.clone());
    assert_eq!(office.act(Act::Close { by: "boss".into() }), "Closing { left: 0ns }");
    assert_eq!(office.delegate_at(second.clone(), day(1)), "Done");
    let written = office.journal.len();
    for _ in 0..3 {
        assert_eq!(office.delegate_at(first.clone(), day(0)), "Nothing", "it is over");
        assert_eq!(office.delegate_at(second.clone(), day(1)), "Nothing");
    }
    assert_eq!((office.journal.len(), office.overview().seats), (written, 2));
    assert_eq!(said(&office.check_out(A)), "lease of seat 0");
    // Once the second is taken away, whatever else the vendor signed is heard.
    office.revoke(RevocationReason::Freed);
    assert_eq!(office.delegate_at(first, day(0)), "Done");
}

/// A license server that is put back to before its license was returned learns of it by itself.
#[test]
fn a_pool_whose_license_was_returned_grants_nothing_even_while_seats_are_borrowed_and_one_that_was_closed_for_it_says_nothing_new() {
    let mut office = Office::of(seats(3));
    office.borrow(B, days(5)).expect("a loan");
    assert_eq!(office.revoke(RevocationReason::Returned), "Done");
    assert_eq!(office.act(Act::Reopen { by: "boss".into() }), "Nothing", "nobody here opens it again");
    assert_eq!(said(&office.check_out(A)), "server-revoked");
    let mut office = Office::of(seats(3));
    office.act(Act::Close { by: "boss".into() });
    assert_eq!(office.revoke(RevocationReason::Returned), "Nothing");
    assert_eq!(office.revoke(RevocationReason::Freed), "Done", "the vendor's word stands");
}
