//! Which license server serves a product, and in which order (rows N2, N3): the queue, a list of servers of which one dies, and the same user
//! who comes from elsewhere.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::Until;
use keyward_domain::names::ServerAddress;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Trust;
use keyward_domain::standing::{Reason, Verdict};
use keyward_domain::time::days;
use keyward_domain::vault::Loss;
use keyward_engine::ActError;
use keyward_engine::license_manager::network::{Network, NetworkError, Seated};
use keyward_engine::license_manager::unheard;
use keyward_fakes::FakeLicenseServers;
use keyward_ports::{LicenseServers, MeetError, Met, Vault as _};
use tokio::sync::Notify;

use super::deaf::{Deaf, Lost};
use super::license_servers::Site;
use super::network::{MINUTE, Office, any_seat, is_licensed};

/// Row N3.
#[tokio::test]
async fn who_waits_hears_of_its_place_and_gets_the_seat_as_soon_as_it_is_left() {
    let office = Office::with_seats(1).await;
    let (_, first) = office.desk("drawing-office");
    let (waits, second) = office.desk("workshop");
    let (_, third) = office.desk("attic");
    first.check_out(&unheard).await.expect("a seat");
    let (heard, places) = (Notify::new(), Mutex::new(Vec::new()));
    let turns = |place| {
        places.lock().expect("nobody panicked").push(place);
        heard.notify_one();
    };
    let goes = async {
        heard.notified().await;
        let behind = third.check_out(&unheard).await.expect("an answer");
        first.leave().await.expect("it is heard");
        behind
    };
    let (seated, behind) = tokio::join!(second.check_out_waiting(&turns, &unheard), goes);
    assert!(matches!(seated, Ok(Seated::Has(_))), "{seated:?}");
    assert!(matches!(behind, Seated::Full { refusal: Refusal::PoolFull { place: 2, .. }, .. }), "{behind:?}");
    assert!(places.lock().expect("nobody panicked").iter().all(|place| *place == 1));
    assert!(is_licensed(&waits));
    assert_eq!(office.free().await, 0);
}

/// Two sites with a license each, and one product that knows both.
async fn two_servers() -> (Office, Site, ServerAddress, Network) {
    let office = Office::with_seats(1).await;
    let (other, _) = Site::activated(&office.world, "attic", 1).await;
    let at: ServerAddress = "spare.example".parse().expect("an address");
    office.lan.put(&at, other.server.clone());
    let host = office.world.host("drawing-office");
    let network = Network::new(host.licenses(), office.lan.clone(), vec![office.at.clone(), at.clone()], any_seat());
    (office, other, at, network)
}

fn serves(network: &Network) -> Option<ServerAddress> {
    network.server().map(|(at, _)| at)
}

/// Row N2.
#[tokio::test]
async fn the_first_server_of_a_list_dies_the_other_serves_and_is_remembered() {
    let (office, other, spare, network) = two_servers().await;
    let host = office.world.host("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    assert_eq!(serves(&network), Some(office.at.clone()), "in the order of the list");
    office.lan.cut(&office.at);
    for minute in 0..30 {
        office.work(&network, 1).await;
        assert!(is_licensed(&host), "the lease lasts until the other gives one: minute {minute}");
    }
    assert_eq!(serves(&network), Some(spare.clone()));
    assert_eq!(other.server.list().await.expect("the pools are kept")[0].free, 0);
    office.lan.put(&office.at, office.site.server.clone());
    network.leave().await.expect("it is heard");
    network.check_out(&unheard).await.expect("a seat");
    assert_eq!(serves(&network), Some(spare.clone()), "who served last is asked first");
    office.lan.cut(&spare);
    for minute in 0..30 {
        office.work(&network, 1).await;
        assert!(is_licensed(&host), "and the other way round: minute {minute}");
    }
    assert_eq!(serves(&network), Some(office.at.clone()));
}

/// Row N1: the license server's own license is given back, and the product knows another server.
#[tokio::test]
async fn a_product_goes_to_the_next_server_of_its_list_when_the_first_has_no_seats_to_give_any_more() {
    let (office, other, spare, network) = two_servers().await;
    let host = office.world.host("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let license = office.site.server.licenses()[0].clone();
    office.site.server.close(&license, "boss").await.expect("the pool is kept").expect("no loan is out");
    for minute in 0..30 {
        office.work(&network, 1).await;
        assert!(is_licensed(&host), "the lease lasts until the other gives one: minute {minute}");
    }
    assert_eq!(serves(&network), Some(spare.clone()));
    assert_eq!(other.server.list().await.expect("the pools are kept")[0].free, 0);
    network.leave().await.expect("it is heard");
    // And at the start.
    let network = Network::new(host.licenses(), office.lan.clone(), vec![office.at.clone(), spare.clone()], any_seat());
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert_eq!(serves(&network), Some(spare.clone()));
    network.leave().await.expect("it is heard");
    let network = Network::new(host.licenses(), office.lan.clone(), vec![office.at.clone(), spare.clone()], any_seat());
    let loan = network.borrow_seat(Until::For(days(1)), &unheard).await.expect("the other lends");
    assert_eq!(serves(&network), Some(spare));
    network.give_back(loan.as_str(), &unheard).await.expect("it is heard");
    // Where no other is left, the no is what is said.
    let network = office.desk_of(&host, office.lan.clone());
    let Err(NetworkError::Act(ActError::Refused(no))) = network.check_out(&unheard).await else { panic!("it is closed") };
    assert_eq!(no, Refusal::ServerClosed);
}

/// Its lease is the first server's, and what the other lends does not end it there.
#[tokio::test]
async fn whoever_borrows_from_the_next_server_gives_back_the_seat_of_the_first() {
    let (office, other, _, network) = two_servers().await;
    network.check_out(&unheard).await.expect("a seat");
    let license = office.site.server.licenses()[0].clone();
    office.site.server.close(&license, "boss").await.expect("the pool is kept").expect("no loan is out");
    network.borrow_seat(Until::For(days(1)), &unheard).await.expect("the other lends");
    assert_eq!(other.server.list().await.expect("the pools are kept")[0].free, 0);
    let status = office.site.server.status().await.expect("the pools are kept");
    assert!(status.pools[0].seats.is_empty(), "{:?}", status.pools[0].seats);
}

/// Row N3: what one server gave is shown to that one.
#[tokio::test]
async fn a_place_in_the_line_is_kept_at_its_own_server_though_a_beat_gets_lost_and_another_server_answers() {
    let (office, other, spare, _) = two_servers().await;
    let (_, first) = office.desk("workshop");
    first.check_out(&unheard).await.expect("the only seat");
    let guest = office.world.host("attic");
    let there = Network::new(guest.licenses(), office.lan.clone(), vec![spare.clone()], any_seat());
    there.check_out(&unheard).await.expect("the only seat of the other");
    let times = Arc::new(AtomicU32::new(0));
    let finder = Arc::new(Deaf { lan: office.lan.clone(), lost: Lost::Waits, times: times.clone() });
    let host = office.world.host("drawing-office");
    let network = Network::new(host.licenses(), finder, vec![office.at.clone(), spare], any_seat());
    let heard = AtomicU32::new(0);
    let (second, third) = (Notify::new(), AtomicU32::new(0));
    let turns = |place| {
        third.fetch_max(place, Ordering::Relaxed);
        match heard.fetch_add(1, Ordering::Relaxed) {
            0 => times.store(1, Ordering::Relaxed),
            3 => second.notify_one(),
            _ => {}
        }
    };
    let goes = async {
        second.notified().await;
        first.leave().await.expect("it is heard");
    };
    let (seated, ()) = tokio::join!(network.check_out_waiting(&turns, &unheard), goes);
    assert!(matches!(seated, Ok(Seated::Has(_))), "{seated:?}");
    assert_eq!((serves(&network), third.into_inner()), (Some(office.at.clone()), 1));
    assert_eq!(other.server.status().await.expect("the pools are kept").pools[0].overview.waiting, 0, "it stands in no other line");
}

/// Row N5: while the first was not heard the second was asked, and its seat is taken; then the first is back, where a seat is free.
#[tokio::test]
async fn a_place_before_another_servers_pool_keeps_nobody_from_a_seat_of_its_own_server() {
    let (office, other, spare, network) = two_servers().await;
    let host = office.world.host("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let guest = office.world.host("attic");
    let there = Network::new(guest.licenses(), office.lan.clone(), vec![spare], any_seat());
    there.check_out(&unheard).await.expect("the only seat of the other");
    office.work(&network, 60).await;
    office.lan.cut(&office.at);
    for _ in 0..12 {
        office.work(&network, 1).await;
        there.beat().await;
    }
    let why = host.standing().rows[0].news;
    assert_eq!((network.beat().await.loss, why), (Some(Loss::Silent), None), "its own server is not heard, that is why");
    office.site.server.tick().await.expect("the pools are kept");
    assert_eq!(office.free().await, 1);
    office.lan.put(&office.at, office.site.server.clone());
    network.beat().await;
    assert!(is_licensed(&host));
    assert_eq!((serves(&network), office.free().await), (Some(office.at.clone()), 0));
    drop(other);
}

/// Another process of the host speaks with the vendor, and has the vault for as long as that takes.
#[tokio::test]
async fn neither_the_seat_that_is_ready_nor_the_one_that_is_left_is_lost_to_another_act_of_the_host() {
    let office = Office::with_seats(1).await;
    let (_, first) = office.desk("drawing-office");
    let (waits, second) = office.desk("workshop");
    first.check_out(&unheard).await.expect("a seat");
    let (heard, lead) = (Notify::new(), Mutex::new(None));
    let turns = |_| {
        lead.lock().expect("nobody panicked").get_or_insert_with(|| waits.vault().lead().expect("nobody else acts"));
        heard.notify_one();
    };
    let acts = async {
        for _ in 0..250 {
            tokio::task::yield_now().await;
        }
        drop(lead.lock().expect("nobody panicked").take());
    };
    let goes = async {
        heard.notified().await;
        first.leave().await.expect("it is heard");
        acts.await;
    };
    let (seated, ()) = tokio::join!(second.check_out_waiting(&turns, &unheard), goes);
    assert!(matches!(seated, Ok(Seated::Has(_))), "{seated:?}");
    let held = waits.vault().lead().expect("nobody else acts");
    let acts = async {
        for _ in 0..250 {
            tokio::task::yield_now().await;
        }
        drop(held);
    };
    let (left, ()) = tokio::join!(second.leave(), acts);
    left.expect("it is heard");
    assert_eq!(office.free().await, 1);
}

/// Somebody takes the connection and never says a word.
struct Mute {
    lan: Arc<FakeLicenseServers>,
    at: ServerAddress,
}

#[async_trait]
impl LicenseServers for Mute {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        if *at == self.at {
            std::future::pending::<()>().await;
        }
        self.lan.meet(at, trust).await
    }
}

/// Row N2: connects are staggered.
#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_does_not_hold_up_the_next() {
    let (office, _other, spare, _) = two_servers().await;
    let host = office.world.host("drawing-office");
    let finder = Arc::new(Mute { lan: office.lan.clone(), at: office.at.clone() });
    let network = Network::new(host.licenses(), finder, vec![office.at.clone(), spare.clone()], any_seat());
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert_eq!(serves(&network), Some(spare));
}

/// Row N5: the same user's seat goes to whoever asked last, here to a copy of the machine.
#[tokio::test]
async fn a_seat_that_was_taken_over_is_shown_as_such_and_taken_back_only_by_who_asks_for_it() {
    let office = Office::with_seats(3).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let copy = office.world.clone_host(&host, "copy");
    let elsewhere = office.desk_of(&copy, office.lan.clone());
    // A copy is booted anew: the lease that it has of the first is over.
    assert!(matches!(elsewhere.check_out(&unheard).await, Ok(Seated::Has(_))));
    let tended = network.beat().await;
    assert_eq!(tended.loss, Some(Loss::TakenOver));
    let row = host.standing().rows[0].clone();
    assert_eq!(row.news, Some(Loss::TakenOver), "it is shown at once, while the lease lasts");
    assert!(is_licensed(&host));
    for _ in 0..90 {
        office.work(&network, 1).await;
        elsewhere.beat().await;
        assert!(is_licensed(&copy), "nobody takes it back unasked");
    }
    assert_eq!(host.standing().verdict, Verdict::Stopped { reason: Reason::SeatLost { why: Loss::TakenOver } });
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))), "whoever asks has it");
    assert!(is_licensed(&host));
    assert_eq!(elsewhere.beat().await.loss, Some(Loss::TakenOver));
    office.world.advance(MINUTE);
    assert_eq!(office.free().await, 2, "it was one seat all along");
}

/// Another process of the host is stopped while it has the vault, in a debugger for example.
#[tokio::test]
async fn a_seat_is_kept_while_another_process_has_the_vault() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    office.work(&network, 2).await;
    let led = host.vault().lead().expect("nobody else acts");
    office.work(&network, 12).await;
    office.site.server.tick().await.expect("the pools are kept");
    assert_eq!(office.free().await, 0, "it is beaten, though no fresh lease can be written down");
    drop(led);
    network.beat().await;
    assert!(is_licensed(&host));
}

/// Whoever does not hear what came of its check-out asks the next server of the list, whose only seat is taken.
#[tokio::test]
async fn a_check_out_whose_answer_is_lost_is_not_forgotten_by_asking_another_server() {
    let (office, other, spare, one) = two_servers().await;
    let there = Network::new(office.world.host("attic").licenses(), office.lan.clone(), vec![spare.clone()], any_seat());
    there.check_out(&unheard).await.expect("the only seat of the other");
    let host = office.world.host("drawing-office");
    let times = Arc::new(AtomicU32::new(0));
    let finder = Arc::new(Deaf { lan: office.lan.clone(), lost: Lost::CheckOuts, times: times.clone() });
    let two = Network::new(host.licenses(), finder, vec![office.at.clone(), spare.clone()], any_seat());
    assert!(matches!(one.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Shares(_))));
    office.lan.cut(&office.at);
    office.world.advance(7 * MINUTE);
    there.beat().await;
    office.lan.put(&office.at, office.site.server.clone());
    times.store(1, Ordering::Relaxed);
    two.beat().await;
    two.beat().await;
    assert_eq!((times.load(Ordering::Relaxed), serves(&two)), (0, Some(spare)));
    assert_eq!(one.beat().await.loss, None);
    for _ in 0..30 {
        office.world.advance(MINUTE);
        there.beat().await;
        assert_eq!([one.beat().await.loss, two.beat().await.loss], [None, None]);
        assert!(is_licensed(&host));
    }
    drop(other);
}
