use std::collections::BTreeMap;

use super::*;
use crate::document::{Answer, Ask, Body, Certificate};
use crate::keys::KeyId;
use crate::product::Product;
use crate::refusal::Holder;
use crate::seal::Verified;
use crate::testing::{Host, day, host, just_before, key, name, perpetual, product, rental, sold, sold_key, verified};

mod contact;
mod older;
mod terms;

/// An entitlement, the hosts that use it, and the answers they hold.
struct Sale {
    it: Entitlement,
    product: Product,
    count: u64,
    held: BTreeMap<KeyId, Verified<Answer>>,
}

/// An entitlement for so many hosts, with a budget of moves.
fn sale(activations: u32, moves: &str) -> Sale {
    let moves = moves.parse().expect("a budget");
    of_terms(Terms { allowance: Allowance::Activations(activations), moves, ..perpetual() })
}

fn of_terms(terms: Terms) -> Sale {
    Sale { it: sold(terms), product: product(), count: 0, held: BTreeMap::new() }
}

impl Sale {
    fn activates(&mut self, host: &Host, at: Timestamp) -> String {
        self.asks(host, Ask::Activate { key: sold_key().public(), own_slot: false }, at, Memory::Remembers)
    }

    fn activates_on_its_own(&mut self, host: &Host, at: Timestamp) -> String {
        self.asks(host, Ask::Activate { key: sold_key().public(), own_slot: true }, at, Memory::Remembers)
    }

    fn refreshes(&mut self, host: &Host, at: Timestamp) -> String {
        let ask = self.ask_with_held(host, |activation, held| Ask::Refresh { activation, held });
        self.asks(host, ask, at, Memory::Remembers)
    }

    fn returns(&mut self, host: &Host, at: Timestamp) -> String {
        let ask = self.ask_with_held(host, |activation, held| Ask::Return { activation, held });
        self.asks(host, ask, at, Memory::Remembers)
    }

    fn ask_with_held(&self, host: &Host, ask: impl FnOnce(ActivationId, crate::seal::Statement) -> Ask) -> Ask {
        let activation = self.certificate(host).activation.clone();
        // What is shown is opened by the issuer before the domain sees it: `Held` below.
        ask(activation, crate::seal::Statement::new(crate::seal::Keyward::NAME, *b"shown"))
    }

    fn certificate(&self, host: &Host) -> &Certificate {
        self.held[&host.device.public().id()].certificate().expect("a certificate")
    }

    fn asks(&mut self, host: &Host, ask: Ask, at: Timestamp, memory: Memory) -> String {
        self.count += 1;
        let request = host.asks_verified(self.count, ask.clone());
        let held = self.held.get(&host.device.public().id());
        let held = held.map(|answer| Held { answer, remembered: memory == Memory::Remembers });
        let result = match &ask {
            Ask::Activate { own_slot, .. } => self.it.activate(&request, *own_slot, &self.product, at),
            Ask::Refresh { activation, .. } => self.it.refresh(activation, &request, held, at),
            Ask::Return { activation, .. } => self.it.give_back(activation, &request, held, at),
            Ask::Trial { .. } | Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. } => {
                panic!("no entitlement has trials")
            }
        };
        if let Ok(outcome) = &result
            && let Body::Certificate(_) = &outcome.body
        {
            self.held.insert(host.device.public().id(), verified(&host.asks(self.count, ask), at, outcome.body.clone()));
        }
        assert!(self.it.slots.len() == self.it.slots.iter().map(|slot| slot.device).collect::<std::collections::BTreeSet<_>>().len());
        said(result)
    }
}

/// Whether the server still knows what it gave, or was restored from a backup.
#[derive(Clone, Copy, PartialEq)]
enum Memory {
    Remembers,
    Lost,
}

/// What was answered, in a few words.
fn said(result: Result<Outcome, Refusal>) -> String {
    match result {
        Ok(Outcome { body: Body::Certificate(it), happened, .. }) => format!("{happened}, generation {}", it.generation),
        Ok(Outcome { body: Body::Receipt(_), happened, .. }) => happened.into(),
        Ok(Outcome { body: Body::Revocation(it), .. }) => format!("{} up to {}", it.reason.code(), it.generation),
        Ok(Outcome { body: Body::Delegation(it), happened, .. }) => format!("{happened}, delegation {}", it.generation),
        Ok(Outcome { body: Body::Refusal(it), .. }) => panic!("a refusal is an error here: {it}"),
        Err(Refusal::MovesSpent { next, .. } | Refusal::TransfersSpent { next, .. }) => {
            next.map_or("never".into(), |next| format!("spent until {next}"))
        }
        Err(refusal) => refusal.code().into(),
    }
}

/// Ten hosts that look alike: six digests, copied.
fn alike(n: u8) -> Host {
    host(char::from(b'a' + n)).looking("abcdef")
}

#[test]
fn as_many_hosts_activate_as_were_sold_and_the_next_is_told_who_they_are() {
    let mut sale = sale(2, "3/90");
    assert_eq!(sale.activates(&host('a'), day(1)), "activated, generation 1");
    assert_eq!(sale.activates(&host('b'), day(2)), "activated, generation 1");
    let request = host('c').asks_verified(9, crate::testing::activate());
    let holder = |letter: char, n| Holder { host: host(letter).name, since: day(n) };
    assert_eq!(
        sale.it.activate(&request, false, &sale.product, day(3)),
        Err(Refusal::NoActivationLeft { activations: 2, holders: vec![holder('a', 1), holder('b', 2)] })
    );
    assert_eq!(sale.it.slots.len(), 2);
}

#[test]
fn a_device_that_holds_a_slot_is_recognised_for_free_whatever_it_looks_like() {
    let mut sale = sale(1, "0/90");
    assert_eq!(sale.activates(&host('a'), day(0)), "activated, generation 1");
    let first = sale.certificate(&host('a')).activation.clone();
    for generation in 2..40 {
        let changed = host('a').looking(["xyz", "uvw"][generation % 2]);
        assert_eq!(sale.activates(&changed, day(0)), format!("activated again, generation {generation}"));
        assert_eq!(sale.certificate(&changed).activation, first);
    }
    assert_eq!(sale.it.moves, []);
}

#[test]
fn a_reinstalled_host_gets_its_own_slot_back_and_it_counts_as_a_move() {
    let mut sale = sale(1, "3/90");
    let old = host('a');
    let new = old.reinstalled('b');
    sale.activates(&old, day(0));
    assert_eq!(sale.activates(&new, day(5)), "moved, generation 2");
    assert_eq!(sale.certificate(&new).activation, sale.certificate(&old).activation);
    assert_eq!((&sale.it.moves, sale.it.slots[0].since), (&vec![day(5)], day(0)));
    // The superseded key learns of it, as often as it asks; it can neither refresh nor give away what is no longer its own.
    for _ in 0..2 {
        assert_eq!(sale.refreshes(&old, day(6)), "moved up to 1");
        assert_eq!(sale.returns(&old, day(6)), "returned before");
        assert_eq!(sale.refreshes(&new, day(6)).split(',').next(), Some("refreshed"));
    }
    // It may come back, and that is a move too.
    assert_eq!(sale.activates(&old, day(7)).split(',').next(), Some("moved"));
    assert_eq!(sale.it.moves, [day(5), day(7)]);
    assert_eq!(sale.refreshes(&new, day(8)).split(" up").next(), Some("moved"));
}

/// Six copied digests on ten hosts.
#[test]
fn copied_digests_give_one_activation_and_three_moves_then_a_refusal_with_the_date() {
    let mut sale = sale(1, "3/90");
    let expected = |n: u8| match n {
        0 => "activated, generation 1".to_owned(),
        1..=3 => format!("moved, generation {}", n + 1),
        _ => format!("spent until {}", day(91)),
    };
    for n in 0..10 {
        assert_eq!(sale.activates(&alike(n), day(n.into())), expected(n), "host {n}");
    }
    assert_eq!(sale.activates(&alike(4), just_before(day(91))), format!("spent until {}", day(91)));
    assert_eq!(sale.activates(&alike(4), day(91)), "moved, generation 5");
    assert_eq!(sale.activates(&alike(5), day(91)), format!("spent until {}", day(92)));
    // The holder itself is not concerned.
    assert_eq!(sale.activates(&alike(4), day(91)), "activated again, generation 6");
}

#[test]
fn a_host_is_recognised_by_half_of_its_parts_and_by_no_fewer() {
    for (looks, expected) in [("abcxyz", "moved, generation 2"), ("abwxyz", "no-activation-left"), ("", "no-activation-left")] {
        let mut sale = sale(1, "3/90");
        sale.activates(&alike(0), day(0));
        assert_eq!(sale.activates(&host('z').looking(looks), day(1)), expected, "{looks}");
    }
    // A host without any part is held by its key alone: it must not stand for every other.
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a').looking(""), day(0));
    assert_eq!(sale.activates(&host('b').looking(""), day(1)), "no-activation-left");
}

#[test]
fn where_several_slots_match_nothing_moves() {
    let mut sale = sale(3, "3/90");
    sale.activates(&alike(0), day(0));
    assert_eq!(sale.activates_on_its_own(&alike(1), day(0)), "activated, generation 1");
    assert_eq!(sale.activates(&alike(2), day(0)), "activated, generation 1");
    assert_eq!(sale.activates(&alike(3), day(0)), "no-activation-left");
    assert_eq!(sale.it.moves, []);
}

#[test]
fn a_host_that_wants_a_slot_of_its_own_takes_a_free_one_or_is_refused() {
    let mut sale = sale(2, "3/90");
    sale.activates(&alike(0), day(0));
    assert_eq!(sale.activates_on_its_own(&alike(1), day(0)), "activated, generation 1");
    assert_eq!(sale.activates_on_its_own(&alike(2), day(0)), "no-activation-left");
    assert_eq!((sale.it.moves.len(), sale.it.ended.len()), (0, 0));
    assert_eq!(sale.refreshes(&alike(0), day(1)), "refreshed, generation 2");
}

#[test]
fn a_spent_budget_of_moves_leaves_the_free_activations() {
    let mut sale = sale(2, "1/90");
    sale.activates(&alike(0), day(0));
    assert_eq!(sale.activates(&alike(1), day(1)), "moved, generation 2");
    assert_eq!(sale.activates(&alike(2), day(2)), "activated, generation 1");
    assert_eq!(sale.it.moves, [day(1)]);
    // Both slots are in use now, and alike: nothing is recognised.
    assert_eq!(sale.activates(&alike(3), day(3)), "no-activation-left");
}

#[test]
fn a_return_frees_a_slot_exactly_once() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a'), day(0));
    let slot = sale.certificate(&host('a')).activation.clone();
    assert_eq!(sale.returns(&host('a'), day(1)), "returned");
    assert_eq!(sale.activates(&host('b'), day(2)), "activated, generation 1");
    for _ in 0..3 {
        assert_eq!(sale.returns(&host('a'), day(3)), "returned before");
    }
    assert!(sale.it.stands(&sale.certificate(&host('b')).activation, &host('b').device.public()));
    assert!(!sale.it.stands(&slot, &host('a').device.public()));
    assert_eq!(sale.activates(&host('c'), day(4)), "no-activation-left");
    assert_eq!(sale.it.ended.len(), 1);
    assert_eq!(sale.refreshes(&host('a'), day(5)), "returned up to 1");
    // A holder's own returns are unlimited.
    for n in 0..20 {
        assert_eq!(sale.returns(&host('b'), day(n)), "returned");
        assert_eq!(sale.activates(&host('b'), day(n)), "activated, generation 1");
    }
}

#[test]
fn the_owner_frees_slots_within_a_budget_and_the_vendor_at_will() {
    let mut sale = sale(1, "3/90");
    let mut frees = |letter: char, by, n| {
        assert_eq!(sale.activates(&host(letter), day(n)), "activated, generation 1");
        let activation = sale.certificate(&host(letter)).activation.clone();
        let freed = sale.it.free(&activation, by, day(n)).map_or_else(|refusal| said(Err(refusal)), |()| "freed".into());
        if freed != "freed" {
            assert_eq!(sale.it.free(&activation, Freer::Vendor, day(n)), Ok(()));
        }
        assert_eq!(sale.it.free(&activation, Freer::Vendor, day(n)), Err(Refusal::UnknownActivation));
        assert_eq!(sale.refreshes(&host(letter), day(n)), "freed up to 1");
        freed
    };
    for (letter, by, n, expected) in [
        ('a', Freer::Owner, 0, "freed".to_owned()),
        ('b', Freer::Vendor, 1, "freed".into()),
        ('c', Freer::Owner, 2, "freed".into()),
        ('d', Freer::Owner, 3, "freed".into()),
        ('e', Freer::Owner, 4, format!("spent until {}", day(90))),
        ('f', Freer::Vendor, 5, "freed".into()),
        ('g', Freer::Owner, 90, "freed".into()),
        ('h', Freer::Owner, 91, format!("spent until {}", day(92))),
    ] {
        assert_eq!(frees(letter, by, n), expected, "{letter}");
    }
    assert_eq!(sale.it.transfers, [day(0), day(2), day(3), day(90)]);
}

/// A2: no date is named where there is none to wait for.
#[test]
fn a_budget_of_none_names_no_date_and_says_so() {
    let mut sale =
        of_terms(Terms { transfers: "0/90".parse().expect("a budget"), moves: "0/30".parse().expect("a budget"), ..perpetual() });
    assert_eq!(sale.activates(&host('a'), day(0)), "activated, generation 1");
    let activation = sale.certificate(&host('a')).activation.clone();
    let transfers = sale.it.free(&activation, Freer::Owner, day(1)).expect_err("none is free");
    assert_eq!(transfers, Refusal::TransfersSpent { next: None, transfers: 0, days: 90 });
    let request = host('a').reinstalled('b').asks_verified(9, crate::testing::activate());
    let moves = sale.it.activate(&request, false, &sale.product, day(1)).expect_err("it does not move");
    assert_eq!(moves, Refusal::MovesSpent { next: None, moves: 0, days: 30 });
    for refusal in [transfers, moves] {
        let said = format!("{refusal}; {}", refusal.remedy());
        assert!(
            said.contains("is none") && said.contains("ask the vendor") && !said.contains("9999") && !said.contains("try again"),
            "{said}"
        );
    }
    assert_eq!(sale.it.free(&activation, Freer::Vendor, day(1)), Ok(()));
}

#[test]
fn what_is_sold_is_checked_before_a_slot_is_given() {
    let maintained = |until: &str| Terms { maintenance_until: Some(crate::testing::at(until)), ..perpetual() };
    let seats = Allowance::Seats { seats: 5, overdraft: 0, borrowing: None, per: Per::User };
    let network = Terms { key_type: crate::rights::KeyType::Network, allowance: seats, ..perpetual() };
    let dongle = Terms { medium: crate::rights::Medium::Dongle, ..perpetual() };
    let elsewhere = Terms { product: name("viewer"), ..perpetual() };
    let fine = "activated, generation 1";
    for (case, terms, version, at, expected) in [
        ("perpetual", perpetual(), "2027", day(9_999), fine),
        ("another product", elsewhere, "2027", day(1), "other-product"),
        ("a second before the end", rental(day(100)), "2027", just_before(day(100)), fine),
        ("at the end", rental(day(100)), "2027", day(100), "expired"),
        ("before it begins", Terms { tenure: rental(day(100)).tenure, ..perpetual() }, "2027", just_before(day(0)), fine),
        ("released before maintenance ended", maintained("2026-06-01T00:00:01Z"), "2027", day(300), fine),
        ("released when maintenance ended", maintained("2026-06-01T00:00:00Z"), "2027", day(300), "maintenance-ended"),
        ("an older version", maintained("2026-06-01T00:00:00Z"), "2025", day(300), fine),
        ("a version the vendor does not know", maintained("2026-06-01T00:00:00Z"), "2099", day(300), fine),
        ("a network key", network, "2027", day(1), "needs-license-server"),
        ("on a dongle", dongle, "2027", day(1), "needs-dongle"),
    ] {
        let mut sale = of_terms(terms);
        let mut words = host('a').words(1, crate::testing::activate());
        words.version = name(version);
        let request = crate::testing::asked(words, &[&host('a').device, &sold_key()]);
        let request = crate::seal::open_request(request.envelope()).expect("a request");
        assert_eq!(said(sale.it.activate(&request, false, &sale.product, at)), expected, "{case}");
        assert_eq!(sale.it.slots.is_empty(), expected != fine, "{case}");
    }
}

#[test]
fn a_reissued_key_replaces_the_old_one_and_leaves_the_slots_alone() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a'), day(0));
    let (first, second, third) = (sold_key().public(), key(11).public(), key(12).public());
    sale.it.reissue(second, crate::testing::last_five());
    sale.it.reissue(third, crate::testing::last_five());
    assert_eq!((sale.it.key, &sale.it.replaced), (Some(third), &vec![first, second]));
    assert_eq!(sale.refreshes(&host('a'), day(1)), "refreshed, generation 2");
}

#[test]
fn who_never_held_an_activation_is_told_nothing_of_it_and_changes_nothing() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a'), day(0));
    let activation = sale.certificate(&host('a')).activation.clone();
    let before = sale.it.clone();
    let held = crate::seal::Statement::new(crate::seal::Keyward::NAME, *b"junk");
    assert_eq!(sale.asks(&host('b'), Ask::Return { activation, held }, day(1), Memory::Remembers), "unknown-activation");
    assert_eq!(sale.it, before);
}

/// Row K3: what was bought for one product is no other product's.
#[test]
fn a_license_is_not_refreshed_for_another_product() {
    let mut sale = sale(1, "3/90");
    sale.activates(&host('a'), day(0));
    let activation = sale.certificate(&host('a')).activation.clone();
    let ask = sale.ask_with_held(&host('a'), |activation, held| Ask::Refresh { activation, held });
    let words = Request { product: name("viewer"), ..host('a').words(9, ask) };
    let request = crate::seal::open_request(crate::testing::asked(words, &[&host('a').device]).envelope()).expect("it is signed");
    let refused = sale.it.refresh(&activation, &request, None, day(1));
    assert_eq!(refused.expect_err("it is another product").code(), "other-product");
}
