//! Seats at a license server: leases that are kept, the grace they earn, and loans.

mod edited;
mod loans;
mod outlived;

use super::*;
use crate::document::{Hold, Place, Until};
use crate::entitlement::Per;
use crate::testing::{asked, delegated, delegation, served, server, wish};
use crate::time::{Reading, Timestamp, Window, after};
use crate::vault::{GIVEN, Lease, Loss, Sat, Sitter};

const LEASE: u64 = 600;
const MINUTE: u64 = 60;

/// The clocks of the host: the wall clock is wrong by half a year and stands still, as leases do not ask it.
fn ran(seconds: u64) -> Now {
    shows(day(200), seconds)
}

fn shows(wall: Timestamp, seconds: u64) -> Now {
    Now { running: Duration::from_secs(seconds), ..now(wall, 0) }
}

fn rebooted(seconds: u64) -> Now {
    Now { boot: crate::time::Boot("another".into()), ..ran(seconds) }
}

/// The license server's clock, which began with the host's.
fn its_time(seconds: u64) -> Timestamp {
    after(day(1), Duration::from_secs(seconds))
}

fn reading(seconds: u64) -> Reading {
    Reading::of(&ran(seconds))
}

/// A lease that is signed at a second of the license server's clock.
fn lease_at(request: &Sealed<Request>, seat: &str, generation: u64, seconds: u64) -> Statement {
    let until = Some(its_time(seconds + LEASE));
    let window = Window { from: its_time(seconds), until };
    let it = Certificate { activation: seat_id(seat), generation, window, ..here().lease(request) };
    served(answer(request, its_time(seconds), Body::Certificate(it)), delegated(delegation()))
}

fn seat_id(which: &str) -> ActivationId {
    ActivationId::of_seat(&server().public().id(), &Digest::of(which.as_bytes()))
}

fn check_out(vault: &mut Holdings, user: &str) -> Sealed<Request> {
    let request = here().asks_server(vault.next_count(), Ask::CheckOut { wish: wish(user), held: None });
    vault.post(request.clone());
    request
}

/// Checks a seat out at a second; the answer comes at once.
fn seated(vault: &mut Holdings, user: &str, seconds: u64) -> Sealed<Request> {
    vault.note(&ran(seconds), &here().looks);
    let request = check_out(vault, user);
    let generation = 1_000 + seconds;
    vault.take(lease_at(&request, user, generation, seconds), &[&Keyward], &ran(seconds)).expect("a lease");
    request
}

/// A fresh lease, signed and brought at a second.
fn beaten(vault: &mut Holdings, request: &Sealed<Request>, user: &str, seconds: u64) {
    vault.note(&ran(seconds), &here().looks);
    let fresh = lease_at(request, user, 1_000 + seconds, seconds);
    vault.take_fresh(fresh, &[&Keyward], &ran(seconds), &reading(seconds)).expect("a fresh lease");
}

fn ada() -> Sitter {
    Sitter { user: name("ada"), process: None }
}

fn lease(vault: &Holdings, at: &Now) -> Lease {
    vault.lease_of(&cad(), &ada(), at).expect("a lease")
}

fn judged(vault: &Holdings, at: &Now) -> Verdict {
    let evidence = vault.evidence(&AnchorContents::default(), &profile(), here().looks);
    Standing::of(&vault.licenses(&cad()), &evidence, at).verdict
}

fn in_grace(vault: &Holdings, at: &Now) -> Option<u64> {
    match judged(vault, at) {
        Verdict::Grace { flag: Flag::SeatLost { left, .. } } => Some(left.as_secs()),
        _ => None,
    }
}

fn is_licensed(vault: &Holdings, at: &Now) -> bool {
    matches!(judged(vault, at), Verdict::Licensed { .. })
}

fn is_over(vault: &Holdings, at: &Now) -> bool {
    matches!(judged(vault, at), Verdict::Stopped { reason: Reason::SeatLost { .. } })
}

/// Sits for so long, beating every five minutes; gives the check-out.
fn sits(vault: &mut Holdings, from: u64, minutes: u64) -> Sealed<Request> {
    let request = seated(vault, "ada", from);
    for minute in (5..=minutes).step_by(5) {
        beaten(vault, &request, "ada", from + minute * MINUTE);
    }
    request
}

#[test]
fn a_lease_lasts_in_running_time_since_it_was_asked_for_whatever_the_wall_clock_shows() {
    let mut vault = new_vault();
    vault.note(&ran(100), &here().looks);
    let request = check_out(&mut vault, "ada");
    // The answer took a minute, and was signed as soon as the request arrived.
    vault.take(lease_at(&request, "ada", 1, 100), &[&Keyward], &ran(160)).expect("a lease");
    for vault in [&vault, &reloaded(&vault)] {
        for wall in [day(0), day(1), day(364)] {
            assert!(is_licensed(vault, &shows(wall, 100 + LEASE - 1)), "{wall}");
            assert!(!is_licensed(vault, &shows(wall, 100 + LEASE)), "{wall}");
        }
        assert!(!is_licensed(vault, &rebooted(101)), "a lease does not outlive its boot");
    }
}

#[test]
fn each_fresh_lease_answers_the_same_check_out_and_the_vault_does_not_grow() {
    let mut vault = new_vault();
    let request = seated(&mut vault, "ada", 0);
    let size = |vault: &Holdings| serde_json::to_vec(&vault.contents()).expect("JSON").len();
    let (count, first) = (vault.count(), size(&vault));
    for beat in 1..=500 {
        beaten(&mut vault, &request, "ada", beat * 300);
        assert!(is_licensed(&vault, &ran(beat * 300 + 299)));
    }
    assert_eq!((vault.contents().kept.len(), vault.contents().outbox.len(), vault.count()), (1, 1, count));
    assert!(size(&vault) < first + 50, "{first} -> {}", size(&vault));
    assert!(vault.is_kept_open(request.name()));
    // Seats that come and go leave nothing behind either.
    for round in 0..100 {
        let at = 200_000 + round * 700;
        seated(&mut vault, "ada", at);
        let Lease { certificate, statement, .. } = lease(&vault, &ran(at));
        let back = Ask::Return { activation: certificate.activation.clone(), held: statement };
        let back = here().asks_server(vault.next_count(), back);
        vault.post(back.clone());
        assert!(!is_licensed(&vault, &ran(at)), "it is off from here on");
        let body = Body::Receipt(Receipt { activation: certificate.activation.clone() });
        let receipt = served(answer(&back, its_time(at), body), delegated(delegation()));
        assert_eq!(vault.take(receipt, &[&Keyward], &ran(at)), Ok(Taken::Returned(certificate.activation)));
        assert_eq!((vault.contents().kept.len(), vault.contents().outbox.len(), vault.tombstones().len()), (0, 0, 0));
    }
}

#[test]
fn an_old_lease_that_is_brought_late_lasts_no_longer_than_it_was_signed_for() {
    let mut vault = new_vault();
    let request = seated(&mut vault, "ada", 0);
    let kept_back = lease_at(&request, "ada", 5_000, 300);
    vault.note(&ran(880), &here().looks);
    vault.take_fresh(kept_back, &[&Keyward], &ran(880), &reading(880)).expect("its generation is higher");
    assert!(is_licensed(&vault, &ran(300 + LEASE - 1)));
    assert!(!is_licensed(&vault, &ran(300 + LEASE)), "the seat may be somebody else's by now");
}

#[test]
fn a_server_whose_clock_goes_back_is_asked_anew() {
    let mut vault = new_vault();
    seated(&mut vault, "ada", 10_000);
    // Its clock was an hour ahead and was put right.
    vault.note(&ran(10_300), &here().looks);
    let request = check_out(&mut vault, "ada");
    vault.take(lease_at(&request, "ada", 50_000, 6_700), &[&Keyward], &ran(10_300)).expect("a lease");
    assert!(is_licensed(&vault, &ran(10_899)) && !is_licensed(&vault, &ran(10_900)));
    assert_eq!(vault.contents().outbox.len(), 1, "the check-out of before is closed");
}

#[test]
fn one_minute_of_grace_is_earned_for_every_two_and_spent_once() {
    let mut vault = new_vault();
    let request = sits(&mut vault, 0, 60);
    let ends = 3_600 + LEASE;
    assert!(is_licensed(&vault, &ran(ends - 1)));
    // Seventy minutes of lease: thirty-five of grace, and the quarter of an hour.
    let all = ends / 2 + GIVEN.as_secs();
    for vault in [vault.clone(), reloaded(&vault)] {
        assert_eq!(in_grace(&vault, &ran(ends)), Some(all));
        assert_eq!(in_grace(&vault, &ran(ends + 600)), Some(all - 600));
        assert!(in_grace(&vault, &ran(ends + all - 1)).is_some() && is_over(&vault, &ran(ends + all)));
    }
    // Ten minutes of it are used; the same seat comes back; what is used stays used, and grace earned nothing.
    beaten(&mut vault, &request, "ada", ends + 600);
    assert!(is_licensed(&vault, &ran(ends + 600)));
    assert_eq!(in_grace(&vault, &ran(ends + 600 + LEASE)), Some(all - 600 + LEASE / 2));
}

#[test]
fn no_more_grace_is_earned_than_the_profile_says() {
    let mut vault = new_vault().earning_at_most(&cad(), Duration::from_secs(1_800));
    sits(&mut vault, 0, 600);
    assert_eq!(in_grace(&vault, &ran(36_000 + LEASE)), Some(1_800 + GIVEN.as_secs()));
}

#[test]
fn a_reboot_gives_no_more_grace() {
    let mut vault = new_vault();
    sits(&mut vault, 0, 60);
    let ends = 3_600 + LEASE;
    let all = ends / 2 + GIVEN.as_secs();
    vault.note(&ran(ends + 600), &here().looks);
    let vault = reloaded(&vault);
    assert_eq!(in_grace(&vault, &rebooted(0)), Some(all - 600));
    assert_eq!(in_grace(&vault, &rebooted(500)), Some(all - 1_100), "a boot of which nothing was written counts as a whole");
    let mut later = vault;
    for boot in 0..5 {
        let at = Now { boot: crate::time::Boot(format!("boot {boot}").into()), ..ran(600) };
        later.note(&at, &here().looks);
        later = reloaded(&later);
    }
    assert_eq!(
        in_grace(&later, &Now { boot: crate::time::Boot("boot 4".into()), ..ran(600) }),
        all.checked_sub(600 + 3_000).filter(|left| *left > 0)
    );
}

#[test]
fn a_vault_that_is_put_back_gives_no_more_grace() {
    let mut vault = new_vault();
    sits(&mut vault, 0, 120);
    let copy = vault.contents();
    let ends = 7_200 + LEASE;
    // In the same boot the time is known.
    let left = in_grace(&vault, &ran(ends + 900)).expect("grace");
    assert_eq!(in_grace(&open(copy.clone()), &ran(ends + 900)), Some(left));
    // In another the anchor knows that some was spent.
    vault.note(&ran(ends + 900), &here().looks);
    let anchor = AnchorContents { count: vault.count(), ..AnchorContents::default() };
    let mut copy = open(copy);
    copy.notice_restore(&anchor);
    for at in [rebooted(1), ran(ends + 900), ran(1)] {
        assert!(is_over(&copy, &at), "{:?}", judged(&copy, &at));
        assert!(is_over(&reloaded(&copy), &at));
    }
    copy.note(&ran(ends + 950), &here().looks);
    let request = check_out(&mut copy, "ada");
    copy.take(lease_at(&request, "ada", 90_000, ends + 950), &[&Keyward], &ran(ends + 950)).expect("the next contact decides");
    assert!(matches!(lease(&copy, &ran(ends + 951)).sat, Sat::Live { .. }));
    assert!(is_over(&copy, &rebooted(0)), "what was earned before is not earned again");
}

#[test]
fn the_quarter_of_an_hour_is_given_once_a_day_by_the_servers_clock_however_often_one_comes() {
    let mut vault = new_vault();
    let mut at = 0;
    let mut granted = 0;
    while at < 86_400 {
        seated(&mut vault, "ada", at);
        let ends = at + LEASE;
        let grace = in_grace(&vault, &ran(ends)).unwrap_or_default();
        granted += grace.min(3_000);
        at = ends + 3_000;
        vault.note(&ran(at), &here().looks);
    }
    // Twenty-four leases of ten minutes.
    assert_eq!(granted, 24 * LEASE / 2 + GIVEN.as_secs());
    // A day after the last of it was used, which was written down at 3,600.
    seated(&mut vault, "ada", 90_000);
    assert_eq!(in_grace(&vault, &ran(90_000 + LEASE)), Some(LEASE / 2 + GIVEN.as_secs()), "a day later");
    // Another name on the same host is given nothing of its own.
    let mut vault = new_vault();
    seated(&mut vault, "ada", 0);
    vault.note(&ran(LEASE + LEASE / 2 + GIVEN.as_secs()), &here().looks);
    seated(&mut vault, "bob", 3_000);
    let evidence = vault.evidence(&AnchorContents::default(), &profile(), here().looks);
    assert_eq!(
        evidence.seats[&seat_id("bob")].judge(Window { from: its_time(3_000), until: Some(its_time(3_000 + LEASE)) }, &ran(3_000 + LEASE)),
        Sat::Grace { left: Duration::from_secs(LEASE / 2), why: Loss::Silent }
    );
}

#[test]
fn what_the_server_says_of_a_seat_is_shown_and_changes_no_right() {
    let mut vault = new_vault();
    seated(&mut vault, "ada", 0);
    let seat = seat_id("ada");
    let all = [Loss::TakenOver, Loss::Released, Loss::Ended, Loss::Closed, Loss::DelegationEnded, Loss::Revoked, Loss::Reduced];
    for why in all {
        let without = vault.clone();
        assert!(vault.hear_of(&seat, Some(why)) && !vault.hear_of(&seat, Some(why)));
        for at in [ran(0), ran(LEASE - 1), ran(LEASE), ran(LEASE + 500), ran(9_000)] {
            let kind = |vault: &Holdings| std::mem::discriminant(&judged(vault, &at));
            assert_eq!(kind(&vault), kind(&without), "{why:?} at {at:?}");
        }
        let evidence = vault.evidence(&AnchorContents::default(), &profile(), here().looks);
        let standing = Standing::of(&vault.licenses(&cad()), &evidence, &ran(10));
        assert_eq!(standing.rows[0].news, Some(why));
        assert!(matches!(judged(&vault, &ran(LEASE)), Verdict::Grace { flag: Flag::SeatLost { why: said, .. } } if said == why));
        assert!(matches!(judged(&vault, &ran(9_000)), Verdict::Stopped { reason: Reason::SeatLost { why: said } } if said == why));
    }
}

#[test]
fn a_refusal_takes_no_lease_away_and_a_seat_of_a_user_is_not_anothers() {
    let mut vault = new_vault();
    let request = seated(&mut vault, "ada", 0);
    let no = answer(&request, its_time(1), Body::Refusal(Refusal::SeatGone));
    let taken = vault.take(served(no, delegated(delegation())), &[&Keyward], &ran(1));
    assert_eq!(taken, Ok(Taken::Refused(Refusal::SeatGone)));
    assert!(is_licensed(&vault, &ran(2)) && vault.is_kept_open(request.name()));
    let bob = Sitter { user: name("bob"), process: None };
    assert!(vault.is_of_another(&seat_id("ada"), &bob) && !vault.is_of_another(&seat_id("ada"), &ada()));
    assert_eq!(vault.lease_of(&cad(), &bob, &ran(2)), None);
}

/// The license server may have granted it: then it knows the seat by that, and no more by what the vault has.
#[test]
fn a_check_out_whose_answer_was_lost_is_known_for_a_day_and_nobody_waits_for_it() {
    let mut vault = new_vault();
    seated(&mut vault, "ada", 0);
    seated(&mut vault, "bob", 0);
    let may_be = |vault: &Holdings| ["ada", "bob"].map(|user| vault.may_be_seated_anew(&seat_id(user)));
    assert_eq!(may_be(&vault), [false, false]);
    let lost = check_out(&mut vault, "ada");
    assert_eq!((may_be(&vault), vault.awaited().count()), ([true, false], 0));
    let wish_at = |vault: &mut Holdings, user: &str, created| {
        let asks = here().asks_server(vault.next_count(), Ask::CheckOut { wish: wish(user), held: None });
        vault.post(asked(Request { created, ..asks.words().clone() }, &[&here().device]));
    };
    let created = lost.words().created;
    wish_at(&mut vault, "bob", after(created, days(1) - Duration::from_secs(1)));
    assert_eq!(may_be(&vault), [true, true]);
    wish_at(&mut vault, "bob", after(created, days(1)));
    assert_eq!((may_be(&vault), vault.outbox().count()), ([false, true], 3), "both seats are kept");
    seated(&mut vault, "bob", 2);
    assert_eq!(may_be(&vault), [false, false], "a later one was answered");
}

/// The license server brings a fresh lease before it hears that the seat is left.
#[test]
fn what_was_left_for_all_is_left_until_somebody_asks_for_a_seat_again() {
    let mut vault = new_vault();
    let request = seated(&mut vault, "ada", 0);
    assert!(!vault.is_left_for_all(&cad(), &ada()));
    vault.empty_seats(&cad(), &ada());
    let fresh = lease_at(&request, "ada", 1_001, 300);
    vault.take_fresh(fresh, &[&Keyward], &ran(300), &reading(300)).expect("a fresh lease");
    assert!(vault.is_left_for_all(&cad(), &ada()));
    seated(&mut vault, "ada", 400);
    assert!(!vault.is_left_for_all(&cad(), &ada()));
}

/// A vault of a whole computer: who sits there is told apart no more than the license does.
#[test]
fn a_seat_of_a_host_is_everybodys_who_works_there_and_one_of_a_user_is_all_of_the_users_processes() {
    let sitter = |user: &str, process| Sitter { user: name(user), process };
    for (per, of_bob, of_a_process) in [(Per::Host, true, true), (Per::User, false, true), (Per::Process, false, false)] {
        let mut vault = new_vault();
        let request = check_out(&mut vault, "ada");
        let until = Some(its_time(LEASE));
        let it = Certificate { activation: seat_id("ada"), window: Window { from: its_time(0), until }, ..here().lease(&request) };
        let words = answer(&request, its_time(0), Body::Certificate(it));
        vault.take(served(words, delegated(Delegation { per, ..delegation() })), &[&Keyward], &ran(0)).expect("a lease");
        for (sitter, expected) in [(ada(), true), (sitter("bob", None), of_bob), (sitter("ada", Some(7)), of_a_process)] {
            assert_eq!(vault.lease_of(&cad(), &sitter, &ran(2)).is_some(), expected, "{per:?} {sitter:?}");
        }
        assert_eq!(vault.is_of_another(&seat_id("ada"), &sitter("bob", None)), !of_bob, "{per:?}");
    }
}

/// Ten hosts and one seat: whoever has it pulls the cable after a while and works on as long as it may; the next one gets the seat when the
/// server has given it up. Somebody outside counts every five minutes at whose end a host may run.
#[test]
fn ten_hosts_that_rotate_one_seat_get_at_most_one_and_a_half_and_the_daily_quarter_hour() {
    use proptest::prelude::*;
    proptest!(ProptestConfig::with_cases(6), |(stays in proptest::collection::vec((0_usize..10, 0_u64..120, 0_u64..30), 12..24))| {
        let mut vaults: Vec<_> = (0..10).map(|_| new_vault()).collect();
        let (mut at, mut used) = (0_u64, 0_u64);
        let mut wait_until = |vaults: &mut [Holdings], until: u64| {
            while at < until {
                for vault in vaults.iter_mut() {
                    vault.note(&ran(at), &here().looks);
                    let ends = ran(at + 5 * MINUTE - 1);
                    used += if is_licensed(vault, &ends) || in_grace(vault, &ends).is_some() { 5 * MINUTE } else { 0 };
                }
                at += 5 * MINUTE;
            }
            used
        };
        let (mut free, mut most) = (0, 0);
        for (who, minutes, pause) in stays {
            let begun = (free + pause * MINUTE).next_multiple_of(5 * MINUTE);
            wait_until(&mut vaults, begun);
            let request = seated(&mut vaults[who], "ada", begun);
            let mut last = begun;
            for minute in (5..=minutes).step_by(5) {
                last = begun + minute * MINUTE;
                wait_until(&mut vaults, last);
                beaten(&mut vaults[who], &request, "ada", last);
            }
            free = last + LEASE;
            most += (free - begun) * 3 / 2;
        }
        let used = wait_until(&mut vaults, free + 14_400);
        let days = (free + 14_400).div_ceil(86_400);
        prop_assert!(used <= most + 10 * days * GIVEN.as_secs(), "{used} of {most}");
        prop_assert!(used > most / 2, "they do use it");
    });
}

/// Deleting the vault is no way to the day's gift.
#[test]
fn a_vault_that_is_made_anew_is_given_the_quarter_of_an_hour_on_another_day() {
    let grace = |count| {
        let anchor = AnchorContents { count, ..AnchorContents::default() };
        let mut vault = open(VaultContents::over(&anchor, vendor(), here().device.public(), &ran(0)));
        seated(&mut vault, "ada", 0);
        let today = in_grace(&vault, &ran(LEASE));
        let mut vault = reloaded(&vault);
        seated(&mut vault, "ada", 86_401);
        (today, in_grace(&vault, &ran(86_401 + LEASE)))
    };
    let (earned, given) = (LEASE / 2, GIVEN.as_secs());
    assert_eq!(grace(0).0, Some(earned + given));
    assert_eq!(grace(7), (Some(earned), Some(earned + given)));
}

/// The return did not arrive before the seat was checked out anew; when it is heard, the license server gives the seat to others.
#[test]
fn a_seat_that_was_checked_out_anew_while_its_return_waited_is_off_when_the_return_is_heard() {
    let mut vault = new_vault();
    seated(&mut vault, "ada", 100);
    let held = vault.held(&seat_id("ada")).expect("a lease").0.clone();
    let back = here().asks_server(vault.next_count(), Ask::Return { activation: seat_id("ada"), held });
    vault.post(back.clone());
    seated(&mut vault, "ada", 160);
    let receipt = Body::Receipt(Receipt { activation: seat_id("ada") });
    let receipt = served(answer(&back, its_time(170), receipt), delegated(delegation()));
    vault.take(receipt, &[&Keyward], &ran(170)).expect("it is heard");
    assert!(vault.lease_of(&cad(), &ada(), &ran(171)).is_none());
    assert!(!is_licensed(&vault, &ran(171)));
}
