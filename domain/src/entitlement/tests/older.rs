//! Requests that arrive after newer ones of the same device: files are carried in any order.

use super::*;

/// A request to refresh, with any count, and what the slot is bound to after it.
fn refreshes(sale: &mut Sale, host: &Host, count: u64) -> (String, char) {
    let ask = sale.ask_with_held(host, |activation, held| Ask::Refresh { activation, held });
    sale.count = count - 1;
    let said = sale.asks(host, ask, day(count), Memory::Remembers);
    (said, bound(sale))
}

/// The first letter of the six parts in a row that the slot is bound to; its certificate says the same.
fn bound(sale: &Sale) -> char {
    let slot = &sale.it.slots[0];
    let certificate = sale.held[&slot.device.id()].certificate().expect("a certificate");
    assert_eq!(certificate.binding.fingerprint(), &slot.fingerprint);
    ('a'..='t').find(|letter| slot.fingerprint == in_a_row(*letter).looks).expect("parts in a row")
}

/// The host with six parts in a row from a letter on.
fn in_a_row(first: char) -> Host {
    host('a').looking(&(first..='z').take(6).collect::<String>())
}

#[test]
fn an_older_request_gets_its_certificate_and_binds_the_slot_to_nothing_older() {
    let mut sale = sale(1, "0/90");
    let renamed = |first, name: &str| Host { name: name.parse().expect("a host name"), ..in_a_row(first) };
    sale.count = 4;
    assert_eq!(sale.activates(&in_a_row('d'), day(5)), "activated, generation 1");
    assert_eq!(refreshes(&mut sale, &renamed('a', "before"), 2), ("refreshed, generation 2".into(), 'd'));
    assert_eq!((&*sale.it.slots[0].host.to_string(), sale.it.slots[0].seen, sale.it.slots[0].count), ("host-a", day(2), Some(5)));
    // So the newest one, which shares nothing with the oldest, is no stranger's.
    assert_eq!(refreshes(&mut sale, &renamed('g', "after"), 6), ("refreshed, generation 3".into(), 'g'));
    assert_eq!((&*sale.it.slots[0].host.to_string(), sale.it.slots[0].count), ("after", Some(6)));
    // Nor does an older activation of the same device.
    sale.count = 2;
    assert_eq!(sale.activates(&in_a_row('c'), day(7)), "activated again, generation 4");
    assert_eq!((bound(&sale), sale.it.slots[0].count), ('g', Some(6)));
}

#[test]
fn who_activates_on_parts_that_the_slot_does_not_know_is_bound_to_them_however_it_counts() {
    let mut sale = sale(1, "0/90");
    sale.count = 9;
    sale.activates(&in_a_row('a'), day(0));
    sale.count = 3;
    assert_eq!(sale.activates(&in_a_row('k'), day(1)), "activated again, generation 2");
    assert_eq!((bound(&sale), sale.it.slots[0].count), ('k', Some(4)));
    assert_eq!(refreshes(&mut sale, &in_a_row('m'), 5), ("refreshed, generation 3".into(), 'm'));
}

#[test]
fn another_key_counts_by_itself() {
    let mut sale = sale(1, "3/90");
    sale.count = 9;
    sale.activates(&in_a_row('a'), day(0));
    sale.count = 0;
    let new = Host { device: key(b'b'), ..in_a_row('b') };
    assert_eq!(sale.activates(&new, day(1)), "moved, generation 2");
    assert_eq!((bound(&sale), sale.it.slots[0].count), ('b', Some(1)));
}

/// Promise 8: own signatures are the backup, and do not say which count brought them about.
#[test]
fn what_a_restored_server_takes_up_again_is_bound_by_whoever_shows_it() {
    let mut sale = sale(1, "3/90");
    sale.count = 9;
    sale.activates(&in_a_row('a'), day(0));
    let restored = sale.it.clone();
    refreshes(&mut sale, &in_a_row('c'), 12);
    sale.it = restored;
    sale.count = 6;
    let ask = sale.ask_with_held(&in_a_row('e'), |activation, held| Ask::Refresh { activation, held });
    assert_eq!(sale.asks(&in_a_row('e'), ask, day(3), Memory::Lost), "refreshed, generation 3");
    assert_eq!((bound(&sale), sale.it.slots[0].count), ('e', Some(7)));
}

/// What an older server wrote down says nothing of counts.
#[test]
fn a_slot_that_knows_no_count_is_bound_by_any_request() {
    let mut sale = sale(1, "3/90");
    sale.count = 9;
    sale.activates(&in_a_row('a'), day(0));
    sale.it.slots[0].count = None;
    assert_eq!(refreshes(&mut sale, &in_a_row('c'), 2), ("refreshed, generation 2".into(), 'c'));
}
