//! A license server with seats of several licenses: which of them a host has a seat of.

use super::*;

/// A terminal server: where one of its users has a seat says nothing of the others.
#[tokio::test]
async fn users_of_one_host_have_seats_of_whichever_license_has_one() {
    let world = world(16);
    let (site, _) = Site::activated(&world, "lan", 1).await;
    let second = world.vendor().sell(world.vendor().network(1)).expect("it is sold");
    site.host.licenses().delegate(second.key, &unheard).await.expect("the vendor lets it");
    site.catch_up().await;
    let mut terminal = Client::new(&world, 11);
    for user in ["ada", "bob", "ada", "bob"] {
        terminal.check_out_for(&site, user).await.unwrap_or_else(|refusal| panic!("{user}: {refusal:?}"));
    }
    let pools = site.server.status().await.expect("the pools are kept").pools;
    assert_eq!(pools.iter().map(|pool| pool.overview.used).collect::<Vec<_>>(), [1, 1]);
    assert!(matches!(terminal.check_out_for(&site, "cyd").await, Err(Refusal::PoolFull { .. })));
}

/// A place in the queue is one of a license's: whoever has it is told of it by that license's pool, and is given that license's seat.
#[tokio::test]
async fn who_waits_for_a_seat_of_one_of_two_licenses_is_given_one_of_that() {
    let world = world(17);
    let (site, _) = Site::activated(&world, "lan", 1).await;
    let second = world.vendor().sell(world.vendor().network(1)).expect("it is sold");
    site.host.licenses().delegate(second.key, &unheard).await.expect("the vendor lets it");
    site.catch_up().await;
    let licenses = site.server.licenses();
    let of = |license: &EntitlementId| Ask::CheckOut { wish: Wish { license: Some(license.clone()), ..Client::wish() }, held: None };
    let [mut ada, mut ben, mut cyd] = [11, 12, 13].map(|key| Client::new(&world, key));
    ada.ask(&site, of(&licenses[0])).await.expect("a seat of the first");
    ben.ask(&site, of(&licenses[1])).await.expect("a seat of the second");
    let full = cyd.ask(&site, of(&licenses[1])).await.expect_err("its only seat is taken");
    let Refusal::PoolFull { ticket, .. } = full else { panic!("a place in the queue: {full:?}") };
    let wait = async || site.server.wait(ticket).await.expect("the pools are kept").wait;
    assert!(matches!(wait().await, Wait::Waiting { place: 1 }));
    ada.give_back(&site).await;
    assert!(matches!(wait().await, Wait::Waiting { place: 1 }), "that was of the other license");
    ben.give_back(&site).await;
    assert!(matches!(wait().await, Wait::Ready { .. }));
    let wish = Wish { ticket: Some(ticket), ..Client::wish() };
    cyd.ask(&site, Ask::CheckOut { wish, held: None }).await.expect("the seat that is held for it");
    let pools = site.server.status().await.expect("the pools are kept").pools;
    assert_eq!(pools.iter().map(|pool| pool.overview.used).collect::<Vec<_>>(), [0, 1]);
}

/// Whoever has a copy of a request can bring it again, and whoever carries a file can carry it twice: no other license answers it anew.
#[tokio::test]
async fn a_request_that_was_answered_under_one_license_brings_nothing_under_another() {
    let world = world(18);
    let site = Site::with_two_licenses(&world).await;
    let [mut ada, mut ben] = [11, 12].map(|key| Client::new(&world, key));
    ada.borrow(&site).await.expect("a loan of the first");
    let copy = ada.asked.clone().expect("it asked");
    ada.give_back(&site).await;
    ben.check_out(&site).await.expect("the seat of the first");
    assert_eq!(ada.ask_again(&site, &copy).await, Err(Refusal::RequestSpent));
    assert_eq!(site.used().await, [1, 0]);
}

/// A rental is followed by another, and a license that was given back stays in the journal.
#[tokio::test]
async fn a_license_that_grants_nothing_any_more_keeps_nobody_from_another() {
    let world = world(19);
    let site = Site::with_two_licenses(&world).await;
    let licenses = site.server.licenses();
    let [mut ada, mut ben] = [11, 12].map(|key| Client::new(&world, key));
    ada.check_out(&site).await.expect("the seat of the first");
    site.server.close(&licenses[0], "boss").await.expect("the pools are kept").expect("no loan is out");
    ada.check_out(&site).await.expect("a seat of the second: hers is not signed again");
    assert_eq!(site.used().await, [1, 1]);
    assert!(matches!(ben.check_out(&site).await, Err(Refusal::PoolFull { .. })), "he waits for the second");
    site.server.close(&licenses[1], "boss").await.expect("the pools are kept").expect("no loan is out");
    assert_eq!(ben.check_out(&site).await, Err(Refusal::ServerClosed), "none is left");
}
