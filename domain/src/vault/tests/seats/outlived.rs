//! A license server whose clock was set back signs for ever. Its delegation's end is the vendor's word.

use super::*;
use crate::document::Delegation;

/// A day and an hour after the end of the delegation.
fn late() -> Timestamp {
    after(day(366), Duration::from_secs(3_600))
}

/// The host's clocks, so many seconds after that.
fn later(seconds: u64) -> Now {
    shows(after(late(), Duration::from_secs(seconds)), seconds)
}

/// Beats every hour; the license server's clock goes on from the first day.
fn sits_on(vault: &mut Holdings, request: &Sealed<Request>, days: std::ops::Range<u64>, by: &Delegation) {
    for at in (days.start * 24..days.end * 24).map(|hour| 3_600 * hour) {
        vault.note(&later(at), &here().looks);
        let fresh = lease_by(request, at, by);
        vault.take_fresh(fresh, &[&Keyward], &later(at), &reading(at)).expect("a fresh lease");
    }
}

fn lease_by(request: &Sealed<Request>, seconds: u64, by: &Delegation) -> Statement {
    let window = Window { from: its_time(seconds), until: Some(its_time(seconds + LEASE)) };
    let it = Certificate { activation: seat_id("ada"), generation: 1_000 + seconds, window, ..here().lease(request) };
    served(answer(request, its_time(seconds), Body::Certificate(it)), delegated(by.clone()))
}

fn left(vault: &Holdings, at: &Now) -> Option<u64> {
    match judged(vault, at) {
        Verdict::Grace { flag: Flag::SeatLost { left, why: Loss::DelegationEnded } } => Some(left.as_secs() / 3_600),
        _ => None,
    }
}

#[test]
fn a_seat_lasts_fourteen_days_of_running_time_past_its_servers_own_license_and_no_longer() {
    let mut vault = new_vault();
    vault.note(&later(0), &here().looks);
    let request = check_out(&mut vault, "ada");
    sits_on(&mut vault, &request, 0..13, &delegation());
    let at = later(3_600 * (24 * 13 - 1) + 1);
    for vault in [&vault, &reloaded(&vault)] {
        assert_eq!(left(vault, &at), Some(24), "nobody is stopped at once");
    }
    sits_on(&mut vault, &request, 13..15, &delegation());
    let over = later(3_600 * (24 * 15 - 1) + 1);
    assert_eq!(judged(&vault, &over), Verdict::Stopped { reason: Reason::SeatLost { why: Loss::DelegationEnded } });
    // Another check-out of the same pool is no way around it.
    let request = check_out(&mut vault, "ada");
    sits_on(&mut vault, &request, 15..16, &delegation());
    assert!(is_over(&vault, &later(3_600 * (24 * 16 - 1) + 1)));
    // The vendor renews: it is as if nothing had been.
    let renewed = Delegation { window: Window { from: day(0), until: Some(day(800)) }, generation: 2, ..delegation() };
    sits_on(&mut vault, &request, 16..17, &renewed);
    let at = 3_600 * (24 * 17 - 1) + 1;
    assert!(is_licensed(&vault, &later(at)));
    vault.note(&later(at), &here().looks);
    assert_eq!(vault.contents().outlived, Default::default());
}

#[test]
fn a_clock_of_the_host_that_was_ahead_costs_nothing_once_it_is_right() {
    let mut vault = new_vault();
    vault.note(&later(0), &here().looks);
    let request = check_out(&mut vault, "ada");
    sits_on(&mut vault, &request, 0..15, &delegation());
    assert!(is_over(&vault, &later(3_600 * (24 * 15 - 1) + 1)));
    assert!(is_licensed(&vault, &shows(day(16), 3_600 * (24 * 15 - 1) + 1)));
    for (wall, doubted) in [(day(365), false), (day(366), false), (late(), true)] {
        let vault = {
            let mut vault = new_vault();
            seated(&mut vault, "ada", 0);
            vault
        };
        assert_eq!(left(&vault, &shows(wall, 1)).is_some(), doubted, "{wall}");
    }
}

#[test]
fn what_the_vendor_said_of_the_time_counts_against_a_clock_of_the_host_that_was_set_back() {
    let mut vault = new_vault();
    vault.note(&ran(0), &here().looks);
    let request = here().asks(vault.next_count(), activate());
    vault.post(request.clone());
    vault.take(replied(&request, late(), Body::Refusal(Refusal::UnknownKey)), &[&Keyward], &ran(0)).expect("heard");
    seated(&mut vault, "ada", 10);
    assert_eq!(left(&vault, &ran(11)), Some(335));
}
