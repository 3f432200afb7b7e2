//! Rows K1, K2 and K3: what can be sold, and what a license key is for.

use keyward_domain::entitlement::{Allowance, Sale, Seats, Tenure, Terms, TermsError};
use keyward_domain::names::EmailAddress;
use keyward_domain::refusal::Refusal;
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::standing::Reason;
use keyward_domain::time::{Window, after, days};
use keyward_engine::ConsoleError;
use keyward_fakes::world::World;
use keyward_ports::Query;

use super::*;

fn seats() -> Allowance {
    Allowance::Seats(Seats::of(5))
}

// K1, K2: each row a combination, each no with its own code.
#[test]
fn every_combination_that_the_guides_sell_can_be_issued_and_every_other_is_a_no_of_its_own() {
    let world = World::new(1);
    let vendor = world.vendor();
    let mut nos = Vec::new();
    for key_type in KeyType::ALL {
        for medium in Medium::ALL {
            for kind in TenureKind::ALL {
                let until = (*kind != TenureKind::Perpetual).then(|| world.day(100));
                let allowance = if *key_type == KeyType::Network { seats() } else { Allowance::Activations(1) };
                let tenure = Tenure { kind: *kind, window: Window { from: world.day(0), until } };
                let terms = Terms { key_type: *key_type, medium: *medium, allowance, tenure, ..vendor.terms() };
                match vendor.sell(terms) {
                    Ok(sold) => assert_eq!(sold.key.expose().len(), 29),
                    Err(ConsoleError::Terms(TermsError::Matrix(no))) => {
                        assert!(no.to_string().contains("; "), "{no} says what to do instead");
                        nos.push(no.code);
                    }
                    Err(other) => panic!("{key_type} {medium} {kind}: {other}"),
                }
            }
        }
    }
    assert_eq!(nos, ["stand-alone-dongle-cannot-be-rented", "network-dongle-cannot-be-rented"]);
}

// K1
#[test]
fn a_trial_can_be_sold_for_any_period() {
    let world = World::new(2);
    let vendor = world.vendor();
    let window = Window { from: world.day(0), until: Some(world.day(77)) };
    let sold = vendor.sell(Terms { tenure: Tenure { kind: TenureKind::Trial, window }, ..vendor.terms() }).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    world.advance(days(77));
    assert_eq!(reason(&host), Reason::TrialOver { until: world.day(77) });
}

// K1
#[test]
fn a_rental_has_an_end_and_a_perpetual_license_has_none() {
    let world = World::new(3);
    let vendor = world.vendor();
    let endless = Terms { tenure: Tenure { kind: TenureKind::Rental, ..vendor.terms().tenure }, ..vendor.terms() };
    assert!(matches!(vendor.sell(endless), Err(ConsoleError::Terms(TermsError::NoEnd(_)))));
    let backwards = vendor.rental(world.day(0));
    assert!(matches!(vendor.sell(backwards), Err(ConsoleError::Terms(TermsError::Backwards { .. }))));
    let nobody = Terms { allowance: Allowance::Activations(0), ..vendor.terms() };
    assert!(matches!(vendor.sell(nobody), Err(ConsoleError::Terms(TermsError::ForNobody))));
}

// K2
#[test]
fn a_network_key_and_a_dongle_key_are_not_for_a_host_alone_and_say_where_they_belong() {
    let world = World::new(4);
    let vendor = world.vendor();
    let network = vendor.sell(Terms { key_type: KeyType::Network, allowance: seats(), ..vendor.terms() }).expect("sold");
    let dongle = vendor.sell(Terms { medium: Medium::Dongle, ..vendor.terms() }).expect("sold");
    let host = world.host("a");
    assert_eq!(refusal(host.activate(&network.key)), Refusal::NeedsLicenseServer);
    assert_eq!(refusal(host.activate(&dongle.key)), Refusal::NeedsDongle);
}

// K3
#[test]
fn the_key_server_knows_the_edition_of_a_key_and_nobody_is_asked_for_it() {
    let world = World::new(5);
    let vendor = world.vendor();
    let education = Terms { editions: ["Education".parse().expect("a name")].into(), ..vendor.terms() };
    let sold = vendor.sell(education).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    assert_eq!(host.standing().editions().map(ToString::to_string).collect::<Vec<_>>(), ["Education"]);
    let deluxe = Terms { editions: ["Deluxe".parse().expect("a name")].into(), ..vendor.terms() };
    let error = vendor.sell(deluxe).map(|sold| sold.id).expect_err("there is no such edition").to_string();
    assert!(error.contains("Professional, Standard, Education"), "{error}");
}

// K3
#[test]
fn a_version_released_after_maintenance_ended_is_refused_and_says_so() {
    let world = World::new(6);
    let vendor = world.vendor();
    let early = world.day(0).checked_sub(days(1)).expect("a day earlier");
    let sold = vendor.sell(Terms { maintenance_until: Some(early), ..vendor.terms() }).expect("sold");
    let host = world.host("a");
    assert!(matches!(refusal(host.activate(&sold.key)), Refusal::MaintenanceEnded { until, .. } if until == early));
    let covered = Terms { maintenance_until: Some(after(world.day(0), days(1))), ..vendor.terms() };
    host.activate(&vendor.sell(covered).expect("sold").key).expect("activated");
}

// K1
#[test]
fn a_lost_key_is_replaced_and_the_old_one_says_so_while_the_activation_goes_on() {
    let world = World::new(7);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let replaced = vendor.reissue(&sold.id).expect("replaced");
    assert_eq!(refusal(world.host("b").activate(&sold.key)), Refusal::KeyReplaced);
    assert!(is_fully_trusted(&host));
    assert_eq!(host.activate(&replaced.key).expect("its own slot"), activation);
}

// K1
#[test]
fn a_key_of_another_vendor_is_unknown() {
    let world = World::new(8);
    let stranger = World::new(9);
    let sold = stranger.vendor().sell(stranger.vendor().terms()).expect("sold");
    assert_eq!(refusal(world.host("a").activate(&sold.key)), Refusal::UnknownKey);
}

// A2, A4: whoever owns a license is on record, and nowhere but there.
#[test]
fn a_license_has_an_owner_who_can_change_and_is_told_to_no_host() {
    let world = World::new(20);
    let vendor = world.vendor();
    let ada: EmailAddress = "ada@example.com".parse().expect("an address");
    let sale = Sale { terms: vendor.terms(), owner: Some(ada.clone()) };
    let issued = run(vendor.console().issue(sale, "the vendor")).expect("issued");
    let id = issued.entitlement.id;
    assert_eq!(vendor.entitlement(&id).expect("sold").owner, Some(ada));
    let host = world.host("a");
    host.activate(&Arc::new(issued.key)).expect("activated");
    assert!(!host.vault().dump().contains("ada@"));
    let bob: EmailAddress = "bob@example.com".parse().expect("an address");
    for owner in [Some(bob), None] {
        let changed = run(vendor.console().set_owner(&id, owner.clone(), "the vendor")).expect("changed");
        assert_eq!((&changed.owner, changed.slots.len()), (&owner, 1));
    }
    let log = run(vendor.console().page(&Query::Log { of: Some(id), before: None, most: 9 })).expect("the log").log;
    assert_eq!(log.iter().filter(|(_, entry)| &*entry.act == "owner changed").count(), 2);
    assert!(!format!("{log:?}").contains('@'), "who it is stands in no log");
}
