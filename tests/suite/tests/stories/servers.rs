//! The vendor's side: foreign servers, rotated and stolen issuers, restored ledgers.

use std::sync::Arc;

use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Keyward, SealError};
use keyward_domain::time::days;
use keyward_domain::vault::{NotTaken, Taken};
use keyward_engine::console::{KeyChange, RootChange, sign_statement};
use keyward_engine::{ActError, Issuer};
use keyward_fakes::world::{Installed, World, run};
use keyward_fakes::{FakeKeyServer, FakeLedger};
use keyward_ports::{Clock, Ledger, Secrets};

use super::*;

// P12
#[test]
fn a_foreign_server_is_not_believed_and_does_not_answer_foreign_products() {
    let detour = Detour::default();
    let world = World::fitted(1, Arc::new(detour.clone()));
    let foreign = World::new(2);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    detour.lead_to(foreign.vendor().server("keys"));
    let error = host.activate(&sold.key).expect_err("a stranger signed it");
    assert!(matches!(error, ActError::NotTaken(NotTaken::Sealed(SealError::UnknownSigner { .. }))), "{error}");

    let scheme = Arc::new(Keyward);
    let installed = Installed { profile: foreign.vendor().profile(), key_server: world.vendor().server("keys"), scheme };
    let theirs = World::new(3).host_with("theirs", installed);
    let error = theirs.activate(&sold.key).expect_err("it is not for this vendor");
    assert!(matches!(error, ActError::NotTaken(NotTaken::Sealed(SealError::UnknownSigner { .. }))), "{error}");
}

#[test]
fn an_old_certificate_verifies_after_the_issuer_was_rotated() {
    let world = World::new(4);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let (old, new) = (world.host("old"), world.host("new"));
    old.activate(&sold.key).expect("activated");
    world.advance(days(1));
    assert!(matches!(vendor.rotate_issuer(), Ok(RootChange::Made { version: 2 })));
    old.restart();
    assert!(is_fully_trusted(&old));
    let second = vendor.sell(vendor.terms()).expect("sold");
    new.activate(&second.key).expect("signed by the new issuer, which no profile names");
    assert!(is_fully_trusted(&new));
    old.refresh().expect("it is heard");
    old.restart();
    assert!(is_fully_trusted(&old));
    let keys = run(vendor.console().keys()).expect("the keys");
    assert_eq!(keys.keys.iter().filter(|key| key.role == "issuer").map(|key| key.active).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_root_that_is_off_the_server_signs_a_rotation_elsewhere() {
    let world = World::new(5);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    let root = run(vendor.console().export_root()).expect("exported");
    assert!(run(vendor.console().remove_root("the vendor")).is_err(), "nobody has said that it is kept elsewhere");
    run(vendor.console().root_is_kept("the vendor")).expect("noted");
    run(vendor.console().remove_root("the vendor")).expect("removed");
    assert!(run(vendor.console().export_root()).is_err(), "it is gone");
    assert!(!run(vendor.console().keys()).expect("the keys").keys[0].here);

    let Ok(RootChange::ToSign { statement }) = vendor.rotate_issuer() else { panic!("it waits for the root") };
    host.refresh().expect("the present issuer goes on");
    let seed: [u8; 32] = root.as_slice().try_into().expect("32 bytes");
    let stranger = sign_statement(statement.clone(), &[9; 32]).expect("signed");
    assert!(run(vendor.console().accept_statement(&stranger, "the vendor")).is_err());
    let signed = sign_statement(statement, &seed).expect("signed");
    assert_eq!(run(vendor.console().accept_statement(&signed, "the vendor")).expect("accepted"), 2);
    host.refresh().expect("the new issuer signs");
    assert!(is_fully_trusted(&host));
}

#[test]
fn what_a_stolen_issuer_signed_after_since_is_not_believed_and_what_it_signed_before_is() {
    let detour = Detour::default();
    let world = World::fitted(6, Arc::new(detour.clone()));
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let second = vendor.sell(vendor.terms()).expect("sold");
    let (honest, thief) = (world.host("honest"), world.host("thief"));
    honest.activate(&sold.key).expect("activated");
    let loot = vendor.ledger().image();
    let stolen_key = run(vendor.console().keys()).expect("the keys").keys[1].id;

    world.advance(days(10));
    let since = world.day(5);
    assert!(run(vendor.console().change_keys(&KeyChange::Revoke { key: stolen_key, since }, "the vendor")).is_err(), "it signs now");
    vendor.rotate_issuer().expect("rotated");
    run(vendor.console().change_keys(&KeyChange::Revoke { key: stolen_key, since }, "the vendor")).expect("revoked");
    thief.start_trial("Standard").expect("it hears of the new keys");
    honest.refresh().expect("it hears of the new keys");
    honest.restart();
    assert!(is_fully_trusted(&honest), "signed before it was stolen");

    let ledger = Arc::new(FakeLedger::new());
    ledger.restore(loot);
    let (secrets, clock) = (Arc::clone(vendor.secrets()) as Arc<dyn Secrets>, Arc::clone(vendor.clock()) as Arc<dyn Clock>);
    let stolen = FakeKeyServer::new("stolen", Issuer::new(ledger as Arc<dyn Ledger>, secrets, clock));
    detour.lead_to(Arc::new(stolen));
    let error = thief.activate(&second.key).expect_err("not believed");
    assert!(matches!(error, ActError::NotTaken(NotTaken::Sealed(SealError::KeyNotValid { .. }))), "{error}");
}

// P8
#[test]
fn a_server_restored_from_a_backup_adopts_what_it_signed_even_above_the_limit() {
    let world = World::new(7);
    let vendor = world.vendor();
    let server = vendor.server("keys");
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let (a, b) = (world.host("a"), world.host("b"));
    let backup = server.snapshot();
    let activation = a.activate(&sold.key).expect("activated");
    a.refresh().expect("it is heard");
    server.restore(backup);
    b.activate(&sold.key).expect("the restored server knows of nobody");
    let results = a.refresh().expect("it is heard");
    assert!(matches!(results.as_slice(), [(_, Ok(Taken::Granted(_)))]), "{results:?}");
    assert!(is_fully_trusted(&a) && is_fully_trusted(&b));
    let entitlement = vendor.entitlement(&sold.id).expect("sold");
    let slot = entitlement.slots.iter().find(|slot| slot.activation == activation).expect("adopted");
    assert_eq!((entitlement.slots.len(), slot.generation), (2, 3));
    assert!(matches!(refusal(world.host("c").activate(&sold.key)), Refusal::NoActivationLeft { activations: 1, .. }));
    a.return_license(&activation).expect("returned");
    b.refresh().expect("it is heard");
    assert!(is_fully_trusted(&b));
}

// P8
#[test]
fn a_server_restored_from_before_a_return_does_not_keep_its_host_from_activating_again() {
    let world = World::new(10);
    let vendor = world.vendor();
    let server = vendor.server("keys");
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let backup = server.snapshot();
    host.return_license(&activation).expect("returned");
    server.restore(backup);
    let again = host.activate(&sold.key).expect("activated anew");
    assert_ne!(again, activation);
    assert!(is_fully_trusted(&host));
    assert_eq!(vendor.entitlement(&sold.id).expect("sold").slots.len(), 1);
}

// P8
#[test]
fn a_server_restored_from_before_a_sale_takes_its_holder_up_again() {
    let world = World::new(8);
    let vendor = world.vendor();
    let server = vendor.server("keys");
    let backup = server.snapshot();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    server.restore(backup);
    assert!(vendor.entitlement(&sold.id).is_err(), "it is forgotten");
    host.refresh().expect("it is heard");
    assert!(is_fully_trusted(&host));
    assert_eq!(vendor.entitlement(&sold.id).expect("taken up again").slots.len(), 1);
    let replaced = vendor.reissue(&sold.id).expect("it gets a new key");
    assert!(matches!(refusal(world.host("b").activate(&replaced.key)), Refusal::NoActivationLeft { .. }));
}

// P8
#[test]
fn a_server_restored_from_before_a_rotation_is_still_believed() {
    let world = World::new(9);
    let vendor = world.vendor();
    let server = vendor.server("keys");
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let host = world.host("a");
    host.activate(&sold.key).expect("activated");
    world.advance(days(1));
    let backup = server.snapshot();
    vendor.rotate_issuer().expect("rotated");
    world.advance(days(1));
    host.refresh().expect("it hears of the new issuer");
    server.restore(backup);
    world.advance(days(1));
    let results = host.refresh().expect("it is heard");
    assert!(matches!(results.as_slice(), [(_, Ok(Taken::Granted(_)))]), "{results:?}");
    assert!(is_fully_trusted(&host));
}
