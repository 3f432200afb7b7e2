//! The vendor's side: foreign servers, rotated and stolen issuers, restored ledgers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Keyward, SealError};
use keyward_domain::standing::Row;
use keyward_domain::time::{Now, days};
use keyward_domain::vault::{NotTaken, Taken};
use keyward_engine::console::{KeyChange, RootChange, sign_statement};
use keyward_engine::license_manager::unheard;
use keyward_engine::{ActError, Console, Issuer};
use keyward_fakes::world::{Installed, Sold, World, cancel_after, run};
use keyward_fakes::{FakeClock, FakeEntropy, FakeKeyServer, FakeLedger};
use keyward_ports::{Clock, Ledger, Query, Secrets};

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

/// What a host was asking when it was switched off: the server had answered, and the answer never came.
type Asks = fn(&Host, &Sold, &ActivationId);

// O4: a server remembers its answers, also those of an issuer that was stolen since.
#[test]
fn whatever_was_answered_by_an_issuer_that_was_revoked_since_is_asked_anew() {
    let asks: [(&str, Asks); 4] = [
        ("trial", |host, _, _| drop(cancel_after(4, host.licenses().start_trial(&"Standard".parse().expect("an edition"), &unheard)))),
        ("activate", |host, sold, _| drop(cancel_after(4, host.licenses().activate(Arc::clone(&sold.key), &unheard)))),
        ("refresh", |host, _, _| drop(cancel_after(4, host.licenses().refresh(&unheard)))),
        ("return", |host, _, held| drop(cancel_after(4, host.licenses().return_license(held.as_str(), &unheard)))),
    ];
    for (kind, ask) in asks {
        let world = World::new(11);
        let vendor = world.vendor();
        let (held, sold, third) = (vendor.sell(vendor.terms()), vendor.sell(vendor.terms()), vendor.sell(vendor.terms()));
        let (held, sold, third) = (held.expect("sold"), sold.expect("sold"), third.expect("sold"));
        let host = world.host("a");
        let activation = host.activate(&held.key).expect("activated");
        world.advance(days(1));
        let since = world.now();
        let stolen = run(vendor.console().keys()).expect("the keys").keys[1].id;
        ask(&host, &sold, &activation);
        let waiting = host.licenses().pending();
        assert_eq!(waiting.iter().map(|it| it.kind.to_string()).collect::<Vec<_>>(), [kind]);

        world.advance(days(1));
        vendor.rotate_issuer().expect("rotated");
        run(vendor.console().change_keys(&KeyChange::Revoke { key: stolen, since }, "the vendor")).expect("revoked");
        // It hears of the new keys by another license; a return that waits is sent first.
        host.activate(&third.key).expect("activated");
        let again = match kind {
            "trial" => host.start_trial("Standard").map(drop),
            "activate" => host.activate(&sold.key).map(drop),
            "refresh" => host.refresh().and_then(|results| results.into_iter().try_for_each(|(_, result)| result.map(drop))),
            _ => host.refresh().map(drop),
        };
        again.unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(host.licenses().pending(), [], "{kind}");
        host.restart();
        let rows = host.standing().rows;
        assert_eq!(
            (rows.len(), rows.iter().all(Row::runs)),
            (
                if kind == "return" {
                    1
                } else if kind == "activate" {
                    3
                } else {
                    2
                },
                true
            ),
            "{kind}: {rows:?}"
        );
    }
}

/// Somebody who changes the vendor's keys whenever another has read them and looks at the clock.
struct Faster {
    clock: Arc<FakeClock>,
    other: Console,
    left: AtomicU32,
}

impl Clock for Faster {
    fn now(&self) -> Now {
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            run(self.other.root_is_kept("somebody else")).expect("noted");
        }
        self.clock.now()
    }
}

// The root is removed although somebody else changed the keys in between.
#[test]
fn a_root_is_removed_and_the_log_says_so_whoever_was_faster() {
    let world = World::new(12);
    let vendor = world.vendor();
    run(vendor.console().export_root()).expect("exported");
    run(vendor.console().root_is_kept("the vendor")).expect("noted");
    let ports = || {
        let (ledger, secrets) = (Arc::clone(vendor.ledger()) as Arc<dyn Ledger>, Arc::clone(vendor.secrets()) as Arc<dyn Secrets>);
        (ledger, secrets, Arc::new(FakeEntropy::seeded(1)))
    };
    let (ledger, secrets, entropy) = ports();
    let other = Console::new(ledger, secrets, Arc::clone(vendor.clock()) as Arc<dyn Clock>, entropy);
    let (ledger, secrets, entropy) = ports();
    let faster = Faster { clock: Arc::clone(vendor.clock()), other, left: AtomicU32::new(3) };
    let console = Console::new(ledger, secrets, Arc::new(faster), entropy);
    run(console.remove_root("the vendor")).expect("removed");
    assert!(!run(vendor.console().keys()).expect("the keys").keys[0].here);
    let log = run(console.page(&Query::Log { of: None, before: None, most: 9 })).expect("the log").log;
    assert_eq!(log.iter().filter(|(_, entry)| &*entry.act == "root removed").count(), 1);
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

/// A server that mixes up whom it answers.
struct MixesUp(Statement);

#[async_trait]
impl KeyServer for MixesUp {
    async fn exchange(&self, _request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        Ok(self.0.clone())
    }
}

// P4
#[test]
fn the_answer_to_another_request_that_waits_is_not_taken_for_the_answer_to_this_one() {
    let detour = Detour::default();
    let world = World::fitted(30, Arc::new(detour.clone()));
    let [one, other] = [(); 2].map(|()| world.vendor().sell(world.vendor().terms()).expect("sold"));
    let host = world.host("a");
    let request = host.request_activation(&one.key).expect("a request");
    host.request_activation(&other.key).expect("a request");
    let answer = world.vendor().answer(&request).expect("an answer");
    detour.lead_to(Arc::new(MixesUp(answer.clone())));
    assert_eq!(host.activate(&other.key).expect_err("it is the answer to the first").code(), "answer-not-asked");
    assert_eq!((host.licenses().pending().len(), host.standing().rows.len()), (2, 0));
    host.load(&answer).expect("the first is still taken");
}
