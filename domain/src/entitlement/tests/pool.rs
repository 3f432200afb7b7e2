//! Network keys (row N1): what a license server is given to sign, and for how long.

use super::*;
use crate::document::{Contact, RevocationReason};
use crate::rights::{KeyType, Medium, TenureKind};
use crate::time::Window;

/// A pool of five seats and one for emergencies, two of them to be borrowed for seven days.
fn network(tenure: Tenure) -> Terms {
    let pool = Seats { overdraft: 1, borrowing: Some(Borrowing { days: 7, seats: 2 }), ..Seats::of(5) };
    Terms { key_type: KeyType::Network, allowance: Allowance::Seats(pool), tenure, ..perpetual() }
}

fn endless() -> Terms {
    network(perpetual().tenure)
}

fn rented(until: u64) -> Terms {
    network(rental(day(until)).tenure)
}

fn with(edit: impl FnOnce(&mut Seats), terms: Terms) -> Terms {
    let Allowance::Seats(mut pool) = terms.allowance else { panic!("it has no seats") };
    edit(&mut pool);
    Terms { allowance: Allowance::Seats(pool), ..terms }
}

/// N1: a license server may sign what was sold, and nothing else.
#[test]
fn a_delegation_says_what_was_sold_term_for_term() {
    let terms = Terms {
        editions: crate::testing::editions(&["Professional", "Standard"]),
        features: [name("print"), name("render")].into(),
        contact: Contact::Every { days: 3, grace: 1 },
        maintenance_until: Some(day(400)),
        ..with(|it| it.per = Per::Process, rented(365))
    };
    let mut sale = of_terms(terms.clone());
    assert_eq!(sale.delegates(&host('s'), day(1)), "activated, delegation 1");
    let expected = Delegation {
        entitlement: name("E-1"),
        activation: sale.it.slots[0].activation.clone(),
        generation: 1,
        server: host('s').device.public(),
        rights: terms.rights(),
        seats: 5,
        overdraft: 1,
        per: Per::Process,
        loans: Some(Borrowing { days: 7, seats: 2 }),
        contact: terms.contact,
        window: Window { from: day(0), until: Some(day(31)) },
        sold_until: Some(day(365)),
        last_five: Some(crate::testing::last_five()),
    };
    assert_eq!(*sale.delegation(&host('s')), expected);
    assert_eq!(expected.rights.key_type, KeyType::Network);
}

/// A delegation ends with what was sold, and before it if its own time is shorter.
#[test]
fn no_delegation_outlives_what_was_sold() {
    let shorter = |days| with(|it| it.delegated_days = Some(days), endless());
    let longer_loans = |days| with(|it| it.borrowing = Some(Borrowing { days, seats: 1 }), endless());
    let later =
        Terms { tenure: Tenure { kind: TenureKind::Rental, window: Window { from: day(100), until: Some(day(110)) } }, ..rented(110) };
    for (case, terms, at, from, until) in [
        ("for ever", endless(), day(0), 0, 30),
        ("for ever, later", endless(), day(5_000), 0, 5_030),
        ("a week at a time", shorter(7), day(3), 0, 10),
        ("a year at a time", shorter(365), day(3), 0, 368),
        ("loans of thirty days", longer_loans(30), day(0), 0, 90),
        ("loans of ten days", longer_loans(10), day(0), 0, 30),
        ("a rental with a year to go", rented(365), day(1), 0, 31),
        ("a rental with thirty days to go", rented(365), day(335), 0, 365),
        ("a rental with a day to go", rented(365), day(364), 0, 365),
        ("a rental that has not begun", later.clone(), day(1), 100, 110),
        ("a rental that has not begun, with shorter delegations", with(|it| it.delegated_days = Some(7), later), day(1), 100, 107),
    ] {
        let mut sale = of_terms(terms);
        assert_eq!(sale.delegates(&host('s'), at), "activated, delegation 1", "{case}");
        let window = Window { from: day(from), until: Some(day(until)) };
        assert_eq!(sale.delegation(&host('s')).window, window, "{case}");
    }
    let mut over = of_terms(rented(100));
    assert_eq!(over.delegates(&host('s'), day(100)), "expired");
    assert_eq!(over.it.slots, []);
}

#[test]
fn a_renewal_goes_on_from_the_last_and_brings_what_was_changed_meanwhile() {
    let mut sale = of_terms(rented(100));
    sale.delegates(&host('s'), day(0));
    let first = sale.delegation(&host('s')).clone();
    for (at, generation, until) in [(20, 2, 50), (40, 3, 70), (60, 4, 90), (80, 5, 100), (99, 6, 100)] {
        assert_eq!(sale.refreshes(&host('s'), day(at)), format!("refreshed, delegation {generation}"));
        let renewed = sale.delegation(&host('s')).clone();
        assert_eq!(renewed, Delegation { generation, window: Window { until: Some(day(until)), ..first.window }, ..first.clone() });
    }
    sale.it.extend(day(200), &product()).expect("it can be extended");
    assert_eq!(sale.refreshes(&host('s'), day(99)), "refreshed, delegation 7");
    let extended = sale.delegation(&host('s'));
    assert_eq!((extended.window.until, extended.sold_until), (Some(day(129)), Some(day(200))));
    // One that comes too late is told when what was sold ended.
    assert_eq!(sale.refreshes(&host('s'), day(250)), "refreshed, delegation 8");
    assert_eq!(sale.delegation(&host('s')).window.until, Some(day(200)));
}

/// N1: activations count as sold, and one license server has the pool.
#[test]
fn one_license_server_has_the_pool_and_the_next_is_told_which() {
    let mut sale = of_terms(endless());
    sale.delegates(&host('s'), day(0));
    let activation = sale.delegation(&host('s')).activation.clone();
    // Its own key is recognised for free.
    for generation in 2..9 {
        assert_eq!(sale.delegates(&host('s').looking("xyz"), day(1)), format!("activated again, delegation {generation}"));
    }
    assert_eq!(sale.delegation(&host('s')).activation, activation);
    let request = host('t').asks_verified(99, Ask::Delegate { key: sold_key().public() });
    let holders = vec![Holder { host: host('s').name, since: day(0) }];
    assert_eq!(sale.it.delegate(&request, day(2)), Err(Refusal::NoActivationLeft { activations: 1, holders }));
    assert_eq!((sale.it.slots.len(), sale.it.moves.len()), (1, 0));

    let mut two = of_terms(with(|it| it.servers = 2, endless()));
    assert_eq!(two.delegates(&host('s'), day(0)), "activated, delegation 1");
    assert_eq!(two.delegates(&host('t'), day(0)), "activated, delegation 1");
    assert_ne!(two.delegation(&host('s')).activation, two.delegation(&host('t')).activation);
    assert_eq!(two.delegates(&host('u'), day(0)), "no-activation-left");
}

/// A2, for license servers: a reinstalled one takes its place again, and the key it had before is told so.
#[test]
fn a_reinstalled_license_server_takes_its_place_again_within_the_budget_of_moves() {
    let mut sale = of_terms(Terms { moves: "1/90".parse().expect("a budget"), ..endless() });
    let (old, new) = (host('s'), host('s').reinstalled('t'));
    sale.delegates(&old, day(0));
    assert_eq!(sale.delegates(&new, day(5)), "moved, delegation 2");
    assert_eq!(sale.delegation(&new).activation, sale.delegation(&old).activation);
    assert_eq!(sale.delegation(&new).server, new.device.public());
    assert_eq!((&sale.it.moves, sale.it.slots.len()), (&vec![day(5)], 1));
    assert_eq!(sale.refreshes(&old, day(6)), "moved up to 1");
    assert_eq!(sale.delegates(&old, day(6)), format!("spent until {}", day(95)));
    assert_eq!(sale.refreshes(&new, day(6)), "refreshed, delegation 3");
}

/// N1: a pool goes to another computer.
#[test]
fn a_pool_that_is_given_back_goes_to_another_license_server() {
    let mut sale = of_terms(endless());
    let first = host('s').asks_verified(50, Ask::Delegate { key: sold_key().public() });
    assert_eq!(said(sale.it.delegate(&first, day(0))), "activated, delegation 1");
    sale.delegates(&host('s'), day(0));
    assert_eq!(sale.returns(&host('s'), day(1)), "returned");
    assert_eq!(sale.delegates(&host('t'), day(2)), "activated, delegation 1");
    for _ in 0..2 {
        assert_eq!(sale.returns(&host('s'), day(3)), "returned before");
        assert_eq!(sale.refreshes(&host('s'), day(3)), "returned up to 2");
    }
    // The request that began it is spent: a carrier that brings it again moves nothing back.
    assert_eq!(said(sale.it.delegate(&first, day(3))), "request-spent");
    assert_eq!(sale.it.slots.len(), 1);
}

#[test]
fn a_pool_that_the_vendor_revoked_or_freed_is_taken_from_its_license_server() {
    for (reason, expected) in [(RevocationReason::Revoked, "revoked up to 1"), (RevocationReason::Freed, "freed up to 1")] {
        let mut sale = of_terms(endless());
        sale.delegates(&host('s'), day(0));
        let activation = sale.delegation(&host('s')).activation.clone();
        match reason {
            RevocationReason::Revoked => sale.it.revoke(day(1)),
            _ => sale.it.free(&activation, Freer::Owner, day(1)).expect("within the budget"),
        }
        let told = sale.it.revocations(&host('s').device.public());
        assert_eq!(told.iter().map(|it| (&it.activation, it.generation, it.reason)).collect::<Vec<_>>(), [(&activation, 1, reason)]);
        assert_eq!(sale.refreshes(&host('s'), day(2)), expected);
        let again = if reason == RevocationReason::Revoked { "revoked" } else { "activated, delegation 1" };
        assert_eq!(sale.delegates(&host('t'), day(2)), again);
    }
}

/// Row K2: what a key is asked for that it is not for, it refuses with a code of its own.
#[test]
fn each_kind_of_key_is_asked_for_what_it_is_for() {
    let on = |key_type, medium| {
        let base = if key_type == KeyType::Network { endless() } else { perpetual() };
        Terms { key_type, medium, ..base }
    };
    for (key_type, medium, activate, delegate) in [
        (KeyType::StandAlone, Medium::LicenseKey, "activated, generation 1", "stand-alone-key-has-no-server"),
        (KeyType::StandAlone, Medium::Dongle, "needs-dongle", "stand-alone-dongle-has-no-server"),
        (KeyType::Network, Medium::LicenseKey, "needs-license-server", "activated, delegation 1"),
        (KeyType::Network, Medium::Dongle, "needs-license-server", "needs-dongle"),
    ] {
        assert_eq!(of_terms(on(key_type, medium)).activates(&host('a'), day(0)), activate, "{key_type} {medium}");
        let mut sale = of_terms(on(key_type, medium));
        assert_eq!(sale.delegates(&host('a'), day(0)), delegate, "{key_type} {medium}");
        assert_eq!(sale.it.slots.is_empty(), !delegate.starts_with("activated"));
    }
    let mut other = of_terms(Terms { product: name("viewer"), ..endless() });
    assert_eq!(other.delegates(&host('s'), day(0)), "other-product");
}

/// A customer whose maintenance ended may run a newer license server: what it signs says what is covered, and each host looks at its own version.
#[test]
fn the_version_of_a_license_server_is_not_held_to_the_maintenance() {
    let terms = Terms { maintenance_until: Some(day(1)), ..endless() };
    let mut sale = of_terms(terms);
    assert_eq!(sale.delegates(&host('s'), day(300)), "activated, delegation 1");
    assert_eq!(sale.delegation(&host('s')).rights.maintenance_until, Some(day(1)));
}

/// Own signatures are the backup (promise 8).
#[test]
fn a_restored_key_server_adopts_a_delegation_that_it_signed() {
    let mut sale = of_terms(rented(365));
    let backup = sale.it.clone();
    sale.delegates(&host('s'), day(0));
    sale.refreshes(&host('s'), day(20));
    sale.it = backup.clone();
    let refresh = sale.ask_with_held(&host('s'), |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&host('s'), refresh.clone(), day(25), Memory::Lost), "refreshed, delegation 3");
    assert_eq!(sale.delegates(&host('t'), day(26)), "no-activation-left");
    // Nobody else's, and not what was taken away.
    sale.it = backup;
    assert_eq!(sale.asks(&host('t'), refresh.clone(), day(26), Memory::Lost), "unknown-activation");
    assert_eq!(sale.asks(&host('s'), refresh, day(26), Memory::Remembers), "returned up to 3");
}

#[test]
fn a_network_license_that_was_lost_is_taken_up_from_its_license_servers_delegation() {
    for terms in [rented(365), endless()] {
        let mut sale = of_terms(terms.clone());
        sale.delegates(&host('s'), day(0));
        let shown = sale.delegation(&host('s')).clone();
        sale.it = Entitlement::adopted(name("E-1"), &Shown::Delegation(&shown), day(7));
        // Until when it was sold stands in the delegation, which ends earlier.
        assert_eq!((sale.it.key, &sale.it.terms), (None, &terms));
        let refresh = sale.ask_with_held(&host('s'), |activation, held| Ask::Refresh { activation, held });
        assert_eq!(sale.asks(&host('s'), refresh, day(10), Memory::Lost), "refreshed, delegation 2");
        let window = Window { from: day(0), until: Some(day(40)) };
        assert_eq!(*sale.delegation(&host('s')), Delegation { generation: 2, window, ..shown });
    }
}
