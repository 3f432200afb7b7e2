//! Several products of one vendor on one host: they share a vault, and each speaks for itself.

use keyward_domain::document::{Ask, Request};
use keyward_domain::names::ProductId;
use keyward_engine::LicenseManager;
use keyward_engine::license_manager::unheard;
use keyward_fakes::Fate;
use keyward_fakes::world::{Sold, World};

use super::by_file::viewer;
use super::*;

/// For which products something was given back, as the requests say that left the host.
fn given_back_for(host: &Host) -> Vec<ProductId> {
    let gives_back = |words: &&Request| matches!(words.ask, Ask::Return { .. });
    let requests = host.recording().requests();
    requests.iter().map(Sealed::words).filter(gives_back).map(|words| words.product.clone()).collect()
}

/// Returns a license of the viewer where nobody hears of it, and puts the vault back as it was before.
fn return_unheard(world: &World, host: &Host, viewers: &LicenseManager, row: &ActivationId, before: &keyward_fakes::world::Backup) {
    world.vendor().server("keys").stop();
    run(viewers.return_license(row.as_str(), &unheard)).expect_err("nobody answered");
    host.restore(before);
    world.vendor().server("keys").start();
}

fn slots(world: &World, sold: &Sold) -> usize {
    world.vendor().entitlement(&sold.id).expect("sold").slots.len()
}

// P4
#[test]
fn a_lost_return_of_another_product_is_made_again_as_that_products() {
    let world = World::new(17);
    let (profile, viewer) = viewer(&world);
    let host = world.host("a");
    let viewers = host.beside(Arc::clone(&profile));
    let row = run(viewers.activate(Arc::clone(&viewer.key), &unheard)).expect("activated");
    return_unheard(&world, &host, &viewers, &row, &host.snapshot());
    host.refresh().expect("it is heard");
    assert_eq!((given_back_for(&host).pop(), slots(&world, &viewer)), (Some(profile.product.clone()), 0));
}

// P4: the server's answer to what the restored vault still asks is how it hears of it.
#[test]
fn what_another_product_returned_and_is_granted_again_is_returned_as_that_products() {
    let world = World::new(18);
    let (profile, viewer) = viewer(&world);
    let host = world.host("a");
    let viewers = host.beside(Arc::clone(&profile));
    host.carrier().script([Fate::ReplyLost]);
    run(viewers.activate(Arc::clone(&viewer.key), &unheard)).expect_err("nobody answered");
    let waits = host.snapshot();
    let row = run(viewers.activate(Arc::clone(&viewer.key), &unheard)).expect("activated");
    return_unheard(&world, &host, &viewers, &row, &waits);
    host.refresh().expect("it is heard");
    assert_eq!(slots(&world, &viewer), 1, "its return waits");
    let products: Vec<_> = host.licenses().pending().into_iter().map(|awaited| awaited.product).collect();
    assert_eq!(products, std::slice::from_ref(&profile.product));
    host.refresh().expect("it is heard");
    assert_eq!((given_back_for(&host).pop(), slots(&world, &viewer)), (Some(profile.product.clone()), 0));
}
