//! A vault that is behind its anchor, one of which there are two, and one that begins anew.

use super::*;

/// What the anchor of this vault says.
fn anchor(vault: &Holdings) -> AnchorContents {
    AnchorContents { count: vault.count(), trials: BTreeMap::new(), tombstones: vault.tombstones().clone() }
}

fn flags(vault: &Holdings, anchor: &AnchorContents) -> Vec<Flag> {
    standing(vault, anchor).rows.into_iter().flat_map(|row| row.flags).collect()
}

#[test]
fn a_vault_behind_its_anchor_is_flagged_until_a_new_answer_and_counts_on_from_the_anchor() {
    let mut vault = activated();
    let waiting = post(&mut vault, activate());
    let backup = vault.contents();
    for generation in 4..7 {
        let ask = refresh(&vault, "A-1");
        told(&mut vault, ask, certificate("A-1", generation)).expect("taken");
    }
    let anchor = anchor(&vault);
    assert_eq!(flags(&vault, &anchor), []);
    let mut restored = open(backup);
    assert_eq!(flags(&restored, &anchor), [Flag::RestoredCopy], "before anything is written");
    restored.notice_restore(&anchor);
    let mut restored = reloaded(&restored);
    restored.notice_restore(&anchor);
    assert_eq!((flags(&restored, &anchor), restored.next_count()), (vec![Flag::RestoredCopy], 6));
    // An answer to what was asked before the restore says nothing of what happened since.
    take(&mut restored, replied(&waiting, day(1), certificate("A-2", 1))).expect("taken");
    assert_eq!(flags(&restored, &anchor), [Flag::RestoredCopy, Flag::RestoredCopy]);
    let ask = refresh(&restored, "A-1");
    told(&mut restored, ask, certificate("A-1", 7)).expect("taken");
    assert_eq!((flags(&restored, &anchor), restored.count()), (vec![], 6));
}

#[test]
fn a_vault_ahead_of_its_anchor_crashed_and_was_not_restored() {
    let mut vault = activated();
    let before = anchor(&vault);
    post(&mut vault, activate());
    vault.notice_restore(&before);
    assert_eq!((flags(&vault, &before), vault.count()), (vec![], 2));
}

/// Promise 4: through a restore of the vault, as far as the anchor can judge.
#[test]
fn a_return_that_a_restored_vault_forgot_stays_off() {
    let mut vault = activated();
    let backup = vault.contents();
    let ask = give_back(&vault, "A-1");
    told(&mut vault, ask, receipt("A-1")).expect("taken");
    let anchor = anchor(&vault);
    let mut restored = open(backup);
    assert_eq!(standing(&restored, &anchor).verdict, Verdict::Stopped { reason: Reason::Returned });
    restored.notice_restore(&anchor);
    assert_eq!((restored.tombstones(), restored.refreshable(&cad())), (&[activation("A-1")].into(), vec![]));
    let restored = reloaded(&restored);
    assert_eq!(standing(&restored, &AnchorContents::default()).verdict, Verdict::Stopped { reason: Reason::Returned });
}

#[test]
fn the_first_day_of_a_trial_is_the_earlier_of_vault_and_anchor() {
    let mut vault = new_vault();
    vault.begin_trial(cad(), LocalTrial { edition: name("Standard"), first: day(5) });
    for (anchored, expected) in [(day(9), day(5)), (day(2), day(2)), (day(4), day(2))] {
        let anchor = AnchorContents { trials: [(cad(), anchored), (name("viewer"), day(0))].into(), ..AnchorContents::default() };
        vault.notice_restore(&anchor);
        assert_eq!(vault.local_trial(&cad()).map(|trial| trial.first), Some(expected));
    }
    assert_eq!(vault.local_trial(&name("viewer")), None);
}

#[test]
fn a_count_used_twice_is_flagged_and_counting_goes_on_above_it() {
    let mut vault = activated();
    let ask = refresh(&vault, "A-1");
    let request = post(&mut vault, ask);
    let words = Answer { recount: Some(40), ..answer(&request, day(1), certificate("A-1", 4)) };
    take(&mut vault, statement(words, &issuer(), &[first_keys()])).expect("taken");
    let mut vault = reloaded(&vault);
    assert_eq!((flags(&vault, &anchor(&vault)), vault.next_count()), (vec![Flag::RestoredCopy], 41));
    let ask = refresh(&vault, "A-1");
    told(&mut vault, ask, certificate("A-1", 5)).expect("taken");
    assert_eq!((flags(&vault, &anchor(&vault)), vault.next_count()), (vec![], 42));
}

#[test]
fn a_vault_that_is_told_it_is_a_copy_is_flagged_until_another_answer() {
    let mut vault = activated();
    for (body, expected) in [(Body::Refusal(Refusal::CopiedHost), vec![Flag::RestoredCopy]), (certificate("A-1", 4), vec![])] {
        let ask = refresh(&vault, "A-1");
        told(&mut vault, ask, body).expect("taken");
        assert_eq!(flags(&reloaded(&vault), &anchor(&vault)), expected);
    }
}

#[test]
fn a_copy_that_becomes_a_host_of_its_own_keeps_no_license_and_forgets_no_trial() {
    let mut vault = activated();
    told(&mut vault, activate(), certificate("A-2", 1)).expect("taken");
    let ask = give_back(&vault, "A-2");
    post(&mut vault, ask);
    vault.begin_trial(cad(), LocalTrial { edition: name("Standard"), first: day(0) });
    let (before, mut contents) = (anchor(&vault), vault.contents());
    let damaged = Kept { asked: here().asks(9, activate()).envelope().clone(), ..contents.kept[0].clone() };
    contents.kept.push(damaged);
    let mut vault = open(contents);
    assert_eq!(vault.unreadable().count(), 1);
    let new = Host { device: key(77), ..here() };
    vault.become_new_host(new.device.public(), &now(day(2), 2));
    let mut vault = reloaded(&vault);
    assert_eq!((vault.device(), vault.own_slot(), vault.outbox().count()), (new.device.public(), true, 0));
    assert_eq!((vault.contents().kept.len(), vault.unreadable().count()), (0, 0));
    assert_eq!((states(&vault), vault.tombstones().len()), (vec!["trial"], 1));
    // Its anchor knows the old count: that is no restore.
    assert!(!vault.evidence(&before, &profile(), new.looks.clone()).restored);
    // Its next activation takes a slot of its own; a refusal does not use that up.
    let granted = Body::Certificate(new.certificate("A-9", 1));
    for (body, own_slot) in [(Body::Refusal(Refusal::Revoked), true), (granted, false)] {
        let request = new.asks(vault.next_count(), activate());
        vault.post(request.clone());
        vault.take(replied(&request, day(2), body), &[&Keyward], &now(day(2), 2)).expect("taken");
        assert_eq!(vault.own_slot(), own_slot);
    }
}

/// Promise 7.
#[test]
fn an_answer_corrects_the_clock_and_an_older_one_does_not_set_it_back() {
    let mut vault = activated();
    let (ask, later) = (refresh(&vault, "A-1"), activate());
    // The wall clock runs a year ahead; the issuer says it is day 10.
    vault.note(&now(day(365), 2), &here().looks);
    let (first, second) = (post(&mut vault, ask), post(&mut vault, later));
    vault.take(replied(&second, day(10), certificate("A-2", 1)), &[&Keyward], &now(day(365), 2)).expect("taken");
    let clock = vault.contents().clock;
    assert_eq!((clock.seen, clock.behind), (day(10), Duration::ZERO));
    assert_eq!(vault.contents().heard, Some((3, day(10))));
    vault.take(replied(&first, day(3), certificate("A-1", 4)), &[&Keyward], &now(day(10), 2)).expect("taken");
    assert_eq!((vault.contents().clock.seen, vault.contents().heard), (day(10), Some((3, day(10)))));
}

/// Promise 7: a refused return waits on, and its refusal can be brought as often as somebody likes.
#[test]
fn a_refusal_is_heard_once_and_takes_no_doubt_off_that_came_after_it_was_asked_for() {
    let mut vault = activated();
    let ask = give_back(&vault, "A-1");
    let request = post(&mut vault, ask);
    let refused = |on| replied(&request, day(on), Body::Refusal(Refusal::UnknownActivation));
    vault.note(&now(day(30), 2), &here().looks);
    let ran = |days: u64| now(day(1), 2 + days);
    for (days, on, heard) in [(5, 2, 2), (10, 2, 2), (13, 1, 2), (15, 3, 3)] {
        vault.take(refused(on), &[&Keyward], &ran(days)).expect("taken");
        let it = vault.contents();
        assert_eq!((it.clock.seen, it.clock.behind.as_secs()), (day(30), days * 86_400), "after {days} days");
        assert_eq!(it.heard, Some((2, day(heard))), "after {days} days");
    }
}

/// Whoever may sign answers may not spoil a host's standing with everybody else.
#[test]
fn nobody_is_believed_who_says_that_a_copy_counts_far_ahead() {
    let furthest = 1 << 20;
    for (by, expected) in [(u64::MAX, 0), (furthest + 1, 0), (furthest, furthest)] {
        let mut vault = activated();
        let ask = refresh(&vault, "A-1");
        let request = post(&mut vault, ask);
        let count = vault.count();
        let recount = count.saturating_add(by);
        let words = Answer { recount: Some(recount), ..answer(&request, day(1), certificate("A-1", 4)) };
        take(&mut vault, statement(words, &issuer(), &[first_keys()])).expect("taken");
        assert_eq!((vault.count(), vault.next_count()), (count + expected, count + expected + 1), "{by}");
        assert_eq!(flags(&vault, &anchor(&vault)), [Flag::RestoredCopy], "that there is a copy is believed");
    }
}
