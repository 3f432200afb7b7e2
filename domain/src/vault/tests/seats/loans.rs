//! Seats that are taken along: a loan on its host.

use super::*;

fn loan(vault: &mut Holdings, until: Timestamp, generation: u64, instead_of: Option<&str>) -> (ActivationId, Result<Taken, NotTaken>) {
    let ask = Ask::Borrow { wish: wish("ada"), until: Until::At(until) };
    let request = here().asks_server(vault.next_count(), ask);
    vault.post(request.clone());
    let activation = ActivationId::of_seat(&server().public().id(), &request.name());
    let it = Certificate {
        generation,
        window: Window { from: day(1), until: Some(until) },
        hold: Hold::Loan { seat: 3, place: Place { epoch: 5, position: 78 } },
        ..here().lease(&request)
    };
    let mut words = answer(&request, day(1), Body::Certificate(it));
    let device = here().device.public().id();
    words.revocations.extend(instead_of.map(|lease| Revocation {
        activation: seat_id(lease),
        device,
        generation: 1 << 30,
        reason: RevocationReason::Returned,
    }));
    let taken = vault.take(served(words, delegated(delegation())), &[&Keyward], &now(day(1), 0));
    (activation, taken)
}

/// Rows B1, B2.
#[test]
fn a_loan_of_five_days_is_good_on_the_fourth_and_not_on_the_sixth() {
    let mut vault = new_vault();
    let (activation, taken) = loan(&mut vault, day(6), 1, None);
    assert_eq!(taken, Ok(Taken::Granted(activation.clone())));
    assert_eq!(states(&vault), ["borrowed"]);
    assert_eq!(judged(&vault, &now(day(5), 0)), Verdict::Licensed { until: Some(day(6)) });
    assert_eq!(
        judged(&vault, &Now { boot: crate::time::Boot("another".into()), ..now(day(5), 0) }),
        Verdict::Licensed { until: Some(day(6)) }
    );
    assert_eq!(judged(&vault, &now(day(7), 0)), Verdict::Stopped { reason: Reason::LoanOver { until: day(6) } });
    // Promise 4: off from the moment its return exists.
    let (held, _) = vault.held(&activation).expect("held");
    let back = Ask::Return { activation: activation.clone(), held: held.clone() };
    vault.post(here().asks_server(vault.next_count(), back));
    assert_eq!(judged(&vault, &now(day(5), 0)), Verdict::Stopped { reason: Reason::Returned });
    assert!(vault.tombstones().contains(&activation));
}

/// Its row says why it stopped, until there is something newer of the same license server.
#[test]
fn a_loan_that_has_ended_is_let_go_of_when_its_license_server_is_heard_after_that() {
    let mut vault = new_vault();
    let (activation, _) = loan(&mut vault, its_time(100), 1, None);
    seated(&mut vault, "ada", 99);
    assert!(vault.held(&activation).is_some(), "it lasts for a second");
    vault.note(&shows(day(30), 200), &here().looks);
    assert!(vault.held(&activation).is_some(), "whatever the clock here shows");
    seated(&mut vault, "ada", 200);
    assert!(vault.held(&activation).is_none());
    assert_eq!(states(&vault), ["activated"]);
    // One on its way back stays until that is confirmed.
    let mut vault = new_vault();
    let (activation, _) = loan(&mut vault, its_time(100), 1, None);
    let (held, _) = vault.held(&activation).expect("held");
    let back = Ask::Return { activation: activation.clone(), held: held.clone() };
    vault.post(here().asks_server(vault.next_count(), back));
    seated(&mut vault, "ada", 200);
    assert!(vault.held(&activation).is_some());
}

#[test]
fn a_loan_takes_the_place_of_the_lease_and_no_late_answer_brings_that_back() {
    let mut vault = new_vault();
    let request = seated(&mut vault, "ada", 0);
    let (activation, taken) = loan(&mut vault, day(6), 2, Some("ada"));
    assert_eq!(taken, Ok(Taken::Granted(activation)));
    assert_eq!(states(&vault), ["borrowed"]);
    assert_eq!(vault.contents().outbox.len(), 0, "its check-out is closed");
    let late = vault.take_fresh(lease_at(&request, "ada", 5_000, 10), &[&Keyward], &ran(10), &reading(10));
    assert_eq!(late, Err(NotTaken::NotAsked));
}

#[test]
fn a_license_servers_word_ends_no_doubt_of_the_clock_nor_of_a_copy() {
    let mut vault = activated();
    vault.notice_restore(&AnchorContents { count: vault.count() + 5, ..AnchorContents::default() });
    let before = vault.contents();
    seated(&mut vault, "ada", 10);
    let after = vault.contents();
    assert!(after.restored && before.restored);
    assert_eq!(after.heard, before.heard);
}
