//! A license server that was restored from a backup of before its license was given back, or of before it lent.

use super::*;

/// Promises 4 and 8: the vault knows by its anchor that it gave the license back; the journal does not.
#[tokio::test]
async fn a_license_that_was_returned_since_the_backup_is_granted_by_no_restored_server() {
    let world = world(40);
    let (site, key) = Site::activated(&world, "lan", 3).await;
    let license = site.license();
    let [mut laptop, mut office] = [11, 12].map(|key| Client::new(&world, key));
    laptop.borrow(&site).await.expect("a loan");
    let (vault, journal) = (site.host.snapshot(), site.image());
    laptop.give_back(&site).await;
    assert_eq!(site.server.close(&license, "boss").await.expect("the pool is kept"), Ok(Duration::ZERO));
    let row = site.host.licenses().delegations()[0].delegation.activation.clone();
    site.host.licenses().return_license(row.as_str(), &unheard).await.expect("the vendor takes it back");
    assert_eq!(site.server.catch_up().await.expect("the vault is read"), [], "what was closed is closed");
    let other = Site::new(&world, "attic");
    other.host.licenses().delegate(Arc::clone(&key), &unheard).await.expect("it is free");
    other.catch_up().await;

    let anchors = site.server.anchored().await.expect("the pools are kept");
    site.host.restore(&vault);
    site.journals.lock().expect("nobody panicked").values().for_each(|it| it.restore(journal.clone()));
    let site = site.restart(anchors).await;
    let why = RevocationReason::Returned;
    site.server.take_up(&license, &site.host.licenses()).await.expect("its journal is there");
    let news = site.server.catch_up().await.expect("the vault is read");
    assert_eq!(news, [News { license: license.clone(), what: Err(Refusal::ServerRevoked { why }) }]);
    for wait in [0, 11, 60 * 24 * 10] {
        world.advance(minutes(wait));
        assert_eq!(office.check_out(&site).await, Err(Refusal::ServerRevoked { why }), "after {wait} min");
        assert_eq!(site.server.catch_up().await.expect("the vault is read"), [], "it is said once");
    }
    // What is delegated to it again is another activation.
    let row = other.host.licenses().delegations()[0].delegation.activation.clone();
    other.host.licenses().return_license(row.as_str(), &unheard).await.expect("the vendor takes it back");
    site.host.licenses().delegate(key, &unheard).await.expect("it is free");
    site.catch_up().await;
    world.advance(minutes(11));
    office.check_out(&site).await.expect("a seat");
}

/// A server whose journal of one license was put back does not know that a file was answered, and answers it under another license. Both are
/// one loan to its host.
#[tokio::test]
async fn what_was_lent_twice_for_one_file_comes_back_under_both_licenses() {
    let world = world(41);
    let site = Site::with_two_licenses(&world).await;
    let mut laptop = Client::new(&world, 11);
    let journals: Vec<_> = site.journals.lock().expect("nobody panicked").values().map(|it| it.image()).collect();
    laptop.borrow(&site).await.expect("a loan of the first");
    let (file, loan) = (laptop.asked.clone().expect("it asked"), laptop.held.clone());
    let anchors = site.server.anchored().await.expect("the pools are kept");
    site.journals.lock().expect("nobody panicked").values().zip(journals).for_each(|(it, image)| it.restore(image));
    let site = site.restart(Anchors::from_iter(anchors.into_iter().take(1))).await;
    laptop.ask_again(&site, &file).await.expect("a loan of the second");
    assert_eq!(site.used().await, [0, 1]);
    laptop.held = loan;
    laptop.give_back(&site).await;
    assert_eq!(site.used().await, [0, 0]);
}
