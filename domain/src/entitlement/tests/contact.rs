//! What a holder is told at its next contact: refresh, revocation, extension, and a server that was restored.

use super::*;
use crate::document::{Revocation, RevocationReason};
use crate::rights::{Cell, KeyType, Matrix, Medium, Right};

#[test]
fn a_refresh_binds_a_host_that_changed_anew_and_refuses_another_host() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a').looking("abcdef"), day(0));
    for (looks, expected) in [
        ("abcdef", "refreshed, generation 2"),
        ("abuvwx", "refreshed, generation 3"), // two of six: it changed
        ("abcdef", "refreshed, generation 4"), // two of the six bound anew
        ("uvwxyz", "not-this-host"),
        ("abcdef", "refreshed, generation 5"),
    ] {
        let host = host('a').looking(looks);
        assert_eq!(sale.refreshes(&host, day(1)), expected, "{looks}");
        if expected != "not-this-host" {
            assert_eq!(sale.certificate(&host).binding.fingerprint(), &host.looks);
        }
    }
}

#[test]
fn a_revoked_entitlement_is_told_to_each_holder_and_given_to_nobody() {
    let mut sale = sale(2, "3/90");
    sale.activates(&host('a'), day(0));
    sale.refreshes(&host('a'), day(1));
    sale.it.revoke(day(2));
    sale.it.revoke(day(3));
    assert_eq!(sale.it.revoked, Some(day(2)));
    assert_eq!(sale.activates(&host('a'), day(4)), "revoked");
    assert_eq!(sale.activates(&host('b'), day(4)), "revoked");
    for _ in 0..2 {
        assert_eq!(sale.refreshes(&host('a'), day(4)), "revoked up to 2");
    }
    let (activation, device) = (sale.certificate(&host('a')).activation.clone(), host('a').device.public());
    assert!(!sale.it.stands(&activation, &device));
    let told = Revocation { activation, device: device.id(), generation: 2, reason: RevocationReason::Revoked };
    assert_eq!(sale.it.revocations(&device), [told]);
    assert_eq!(sale.it.revocations(&host('b').device.public()), []);
    assert_eq!(sale.returns(&host('a'), day(5)), "returned");
}

#[test]
fn an_extension_stands_in_the_next_certificate() {
    let mut sale = of_terms(rental(day(100)));
    sale.activates(&host('a'), day(0));
    assert_eq!(sale.it.extend(day(200), &product()), Ok(()));
    assert_eq!(sale.certificate(&host('a')).window.until, Some(day(100)));
    sale.refreshes(&host('a'), day(150));
    assert_eq!(sale.certificate(&host('a')).window.until, Some(day(200)));
    assert_eq!(sale.it.extend(day(0), &product()), Err(TermsError::Backwards { from: day(0), until: day(0) }));
    assert_eq!(sale.it.terms, rental(day(200)));
    assert_eq!(of_terms(perpetual()).it.extend(day(9), &product()), Err(TermsError::PerpetualEnds));
    // K2: what the matrix has a no for cannot be extended either, unless the vendor opened the cell.
    let mut rented = of_terms(Terms { medium: Medium::Dongle, ..rental(day(100)) });
    let no = rented.it.extend(day(200), &product()).expect_err("not in the matrix");
    assert!(matches!(no, TermsError::Matrix(no) if no.code == "stand-alone-dongle-cannot-be-rented"));
    assert_eq!(rented.it.terms.tenure.window.until, Some(day(100)));
    let cell = Cell { key_type: KeyType::StandAlone, medium: Medium::Dongle, right: Right::Rental };
    let opened = Product { matrix: Matrix::default().open(cell), ..product() };
    assert_eq!(rented.it.extend(day(200), &opened), Ok(()));
}

/// Own signatures are the backup (promise 8): what was signed after the backup was made comes back by being shown.
#[test]
fn a_restored_server_adopts_what_it_signed_even_above_the_limit() {
    let mut sale = sale(1, "3/90");
    let backup = sale.it.clone();
    sale.activates(&host('a'), day(0));
    sale.refreshes(&host('a'), day(1));
    sale.it = backup.clone();
    assert_eq!(sale.activates(&host('b'), day(2)), "activated, generation 1");
    let refresh = sale.ask_with_held(&host('a'), |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&host('a'), refresh.clone(), day(3), Memory::Lost), "refreshed, generation 3");
    assert_eq!(sale.it.slots.len(), 2);
    assert_eq!(sale.activates(&host('c'), day(3)), "no-activation-left");
    // What it remembers giving and no longer finds was taken away: that is no reason to give it again.
    sale.it = backup.clone();
    assert_eq!(sale.asks(&host('a'), refresh, day(3), Memory::Remembers), "returned up to 3");
    assert_eq!(sale.it, backup);
}

#[test]
fn a_restored_server_believes_the_newer_generation_of_a_slot_it_knows() {
    let mut sale = sale(1, "3/90");
    let (old, new) = (host('a'), host('a').reinstalled('b'));
    sale.activates(&old, day(0));
    let backup = sale.it.clone();
    for n in 1..4 {
        sale.refreshes(&old, day(n));
    }
    sale.activates(&new, day(5));
    assert_eq!(sale.certificate(&new).generation, 5);
    sale.it = backup;
    let refresh = |sale: &Sale, host| sale.ask_with_held(host, |activation, held| Ask::Refresh { activation, held });
    let ask = refresh(&sale, &old);
    assert_eq!(sale.asks(&old, ask, day(6), Memory::Lost), "refreshed, generation 5");
    // Each has generation 5 of one slot: the one who shows it first keeps it, the other is told.
    let ask = refresh(&sale, &new);
    assert_eq!(sale.asks(&new, ask, day(7), Memory::Lost), "returned up to 5");
    assert_eq!(sale.it.slots.len(), 1);
}

/// What it signed says on which parts, too: they were replaced one by one since the backup, and all of them are others now.
#[test]
fn a_restored_server_believes_the_newer_parts_of_a_slot_it_knows() {
    let mut sale = sale(1, "3/90");
    let [old, mixed, new] = ["abcd", "cdef", "efgh"].map(|parts| host('a').looking(parts));
    sale.activates(&old, day(0));
    let backup = sale.it.clone();
    sale.refreshes(&mixed, day(1));
    sale.refreshes(&new, day(2));
    sale.it = backup;
    let refresh = sale.ask_with_held(&new, |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&old, refresh.clone(), day(3), Memory::Lost), "not-this-host");
    assert_eq!(sale.asks(&new, refresh, day(3), Memory::Lost), "refreshed, generation 4");
}

/// Its host moved into another box since: it activates there, and shows what it held before.
#[test]
fn a_restored_server_keeps_the_parts_of_a_slot_that_it_heard_of_since() {
    let mut sale = sale(1, "3/90");
    let [old, new] = ["abcd", "efgh"].map(|parts| host('a').looking(parts));
    sale.activates(&old, day(0));
    let backup = sale.it.clone();
    for n in 1..4 {
        sale.refreshes(&old, day(n));
    }
    let shown = sale.held.clone();
    sale.it = backup;
    assert_eq!(sale.activates(&new, day(4)), "activated again, generation 2");
    // Generation 4 is known there: the answer is older, and what is held is shown.
    sale.held = shown;
    let refresh = sale.ask_with_held(&new, |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&new, refresh, day(4), Memory::Lost), "refreshed, generation 5");
    assert_eq!(sale.it.slots[0].fingerprint, new.looks);
}

/// A file that was written before its host moved into another box comes after the restore: what it binds is of the past.
#[test]
fn a_file_that_comes_late_to_a_restored_server_keeps_no_newer_parts_out() {
    let mut sale = sale(1, "3/90");
    let [old, new] = ["abcd", "efgh"].map(|parts| host('a').looking(parts));
    sale.activates(&old, day(0));
    let (backup, before) = (sale.it.clone(), sale.held.clone());
    sale.activates(&new, day(1));
    sale.refreshes(&new, day(2));
    let since = std::mem::replace(&mut sale.held, before);
    sale.it = backup;
    assert_eq!(sale.refreshes(&old, day(3)), "refreshed, generation 2");
    sale.held = since;
    let refresh = sale.ask_with_held(&new, |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&new, refresh, day(4), Memory::Lost), "refreshed, generation 4");
}

#[test]
fn nobody_adopts_what_is_bound_to_another_device() {
    let mut sale = sale(1, "3/90");
    let backup = sale.it.clone();
    sale.activates(&host('a'), day(0));
    sale.it = backup;
    let stolen = sale.held.remove(&host('a').device.public().id()).expect("held");
    let activation = stolen.certificate().expect("a certificate").activation.clone();
    sale.held.insert(host('b').device.public().id(), stolen);
    let held = crate::seal::Statement::new(crate::seal::Keyward::NAME, *b"shown");
    assert_eq!(sale.asks(&host('b'), Ask::Refresh { activation, held }, day(1), Memory::Lost), "unknown-activation");
    assert_eq!(sale.it.slots, []);
}

#[test]
fn what_ended_is_not_adopted_again() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a'), day(0));
    let refresh = sale.ask_with_held(&host('a'), |activation, held| Ask::Refresh { activation, held });
    sale.returns(&host('a'), day(1));
    assert_eq!(sale.asks(&host('a'), refresh, day(2), Memory::Lost), "returned up to 1");
    assert_eq!(sale.it.slots, []);
}

#[test]
fn an_entitlement_that_was_lost_is_taken_up_from_one_holders_certificate() {
    let mut sale = of_terms(Terms { features: [name("render")].into(), ..rental(day(100)) });
    sale.activates(&host('a'), day(0));
    let certificate = sale.certificate(&host('a')).clone();
    sale.it = Entitlement::adopted(name("E-1"), &Shown::Certificate(&certificate), day(7));
    assert_eq!((sale.it.key, &sale.it.last_five), (None, &certificate.last_five));
    let refresh = sale.ask_with_held(&host('a'), |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&host('a'), refresh, day(8), Memory::Lost), "refreshed, generation 2");
    let again = sale.certificate(&host('a'));
    assert_eq!(again, &Certificate { generation: 2, ..certificate });
}

/// Holds that ended are remembered for a while; after that a holder's own certificate says what it had.
#[test]
fn a_hold_that_ended_long_ago_is_told_so_from_what_is_shown() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a'), day(0));
    sale.returns(&host('a'), day(1));
    for n in 0..300 {
        sale.activates(&host('b'), day(n));
        sale.returns(&host('b'), day(n));
    }
    assert!(sale.it.ended.iter().all(|ended| ended.device != host('a').device.public()));
    assert_eq!(sale.refreshes(&host('a'), day(301)), "returned up to 1");
}
