//! A second backend with its own rules and answer format: not a line of the product changes.

use std::sync::Arc;

use keyward_domain::license_key::LicenseKey;
use keyward_domain::standing::Reason;
use keyward_domain::time::days;
use keyward_fakes::world::{Installed, World};
use keyward_fakes::{FakeClock, Fate, ToyBackend, ToyTerms};

use super::*;

#[test]
fn a_product_on_a_foreign_backend_activates_restarts_and_verifies_offline() {
    let world = World::new(1);
    let backend = Arc::new(ToyBackend::new(&[3; 32], Arc::new(FakeClock::at(world.now()))));
    let key = Arc::new(LicenseKey::from_random([5; 15]));
    let profile = world.vendor().profile();
    let terms = ToyTerms {
        product: profile.product.clone(),
        editions: profile.editions.iter().take(1).cloned().collect(),
        until: Some(world.day(365)),
        hosts: 1,
    };
    backend.sell(&key, terms);
    let scheme = Arc::new(backend.scheme());
    let installed = Installed { profile, key_server: backend, scheme };
    let (a, b) = (world.host_with("a", installed.clone()), world.host_with("b", installed));

    a.carrier().script([Fate::ReplyLost]);
    assert_eq!(a.activate(&key).expect_err("nobody answered").code(), "no-answer");
    let activation = a.activate(&key).expect("activated");
    assert!(is_fully_trusted(&a));
    assert_eq!(refusal(b.activate(&key)).code(), "no-activation-left");

    // Offline, after a restart: every document is opened again.
    a.carrier().script([Fate::Unreachable, Fate::Unreachable]);
    a.restart();
    assert!(is_fully_trusted(&a));
    a.copy_vault_to(&b);
    assert_eq!(reason(&b), Reason::OtherHost);

    world.advance(days(364));
    assert!(is_fully_trusted(&a));
    world.advance(days(1));
    assert!(matches!(reason(&a), Reason::Expired { .. }));
    a.return_license(&activation).expect_err("nobody answered");
    assert_eq!(reason(&a), Reason::Returned);
}
