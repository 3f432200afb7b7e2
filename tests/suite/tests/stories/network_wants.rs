//! Several processes of one user share a seat; what each wants does not depend on what the others do, nor on what the license server said
//! last (rows N3, N5, N6).

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Until, Wish};
use keyward_domain::entitlement::Terms;
use keyward_domain::names::{Edition, ServerAddress};
use keyward_domain::pool::{Act, Release};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Trust;
use keyward_domain::standing::{Flag, Verdict};
use keyward_domain::time::days;
use keyward_domain::vault::Loss;
use keyward_engine::license_manager::network::{Network, Seated};
use keyward_engine::license_manager::unheard;
use keyward_fakes::FakeLicenseServers;
use keyward_fakes::world::Host;
use keyward_ports::{LicenseServers, MeetError, Met};

use super::by_file::viewer;
use super::deaf::{Deaf, Lost};
use super::network::{MINUTE, Office, any_seat, is_licensed};

/// Two products of one user on one host.
async fn two_products(office: &Office) -> (Arc<Host>, Network, Network) {
    let (host, one) = office.desk("drawing-office");
    let two = office.desk_of(&host, office.lan.clone());
    assert!(matches!(one.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Shares(_))));
    (host, one, two)
}

/// The drawing that is open in the second is saved another time.
#[tokio::test]
async fn the_first_of_two_products_ends_and_the_second_works_on() {
    let office = Office::with_seats(1).await;
    let (host, one, two) = two_products(&office).await;
    one.leave().await.expect("it is written down");
    drop(one);
    assert!(is_licensed(&host) && office.free().await == 0);
    for _ in 0..60 {
        office.work(&two, 1).await;
        assert!(is_licensed(&host));
    }
    two.leave().await.expect("it is heard");
    assert!(!host.standing().may_run());
    assert_eq!(office.free().await, 1, "the last gives it back");
}

/// The license server knows the seat by what the second asked, and the first does not know that it asked.
#[tokio::test]
async fn a_check_out_whose_answer_is_lost_takes_the_seat_from_no_product_of_the_user() {
    let office = Office::with_seats(1).await;
    let (host, one) = office.desk("drawing-office");
    let times = Arc::new(AtomicU32::new(0));
    let two = office.desk_of(&host, Arc::new(Deaf { lan: office.lan.clone(), lost: Lost::CheckOuts, times: times.clone() }));
    assert!(matches!(one.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Shares(_))));
    office.lan.cut(&office.at);
    office.world.advance(7 * MINUTE);
    office.lan.put(&office.at, office.site.server.clone());
    times.store(1, Ordering::Relaxed);
    two.beat().await;
    assert_eq!(times.load(Ordering::Relaxed), 0, "it takes the seat up, and hears no answer");
    assert!(host.licenses().pending().is_empty(), "none is waited for");
    assert_eq!(one.beat().await.loss, None);
    for _ in 0..30 {
        office.world.advance(MINUTE);
        assert_eq!([one.beat().await.loss, two.beat().await.loss], [None, None]);
        assert!(is_licensed(&host));
    }
    assert_eq!(office.free().await, 0);
}

/// Each product of a vendor has a license and a seat of its own.
#[tokio::test]
async fn who_gives_the_seat_of_one_product_back_for_all_takes_none_from_another_product() {
    let office = Office::with_seats(1).await;
    let (profile, _) = viewer(&office.world);
    let terms = Terms { product: profile.product.clone(), ..office.world.vendor().network(2) };
    let sold = office.world.vendor().sell(terms).expect("it is sold");
    let site = Arc::new(office.world.host("cellar").beside(Arc::clone(&profile)));
    office.site.server.attend(Arc::clone(&site));
    site.delegate(sold.key, &unheard).await.expect("the vendor lets it");
    office.site.server.catch_up().await.expect("the vault is read");
    let (host, drawing) = office.desk("drawing-office");
    let viewers = Arc::new(host.beside(profile));
    let view = || Network::new(viewers.clone(), office.lan.clone(), vec![office.at.clone()], any_seat());
    let runs = || matches!(viewers.standing().verdict, Verdict::Licensed { .. });
    let (one, two) = (view(), view());
    drawing.check_out(&unheard).await.expect("a seat");
    one.check_out(&unheard).await.expect("a seat");
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Shares(_))));
    drawing.leave_everywhere().await.expect("it is heard");
    for network in [&one, &two] {
        assert_eq!(network.beat().await.loss, None);
    }
    two.leave().await.expect("it is written down");
    office.work(&one, 3).await;
    assert!(runs(), "the other one uses it");
    // Row B2: nor does it keep a product from a seat when its loan falls due.
    one.borrow_seat(Until::For(days(1)), &unheard).await.expect("a loan");
    drawing.leave_everywhere().await.expect("there is no seat");
    office.work(&one, 2).await;
    office.world.advance(days(1));
    office.work(&one, 1).await;
    assert!(runs());
}

/// The first kept the seat, and the second took it up after a cut.
#[tokio::test]
async fn whichever_of_two_products_is_heard_first_after_a_cut_the_seat_is_kept_for_both() {
    for minutes in [7, 12] {
        let office = Office::with_seats(1).await;
        let (host, one, two) = two_products(&office).await;
        office.lan.cut(&office.at);
        office.world.advance(minutes * MINUTE);
        office.lan.put(&office.at, office.site.server.clone());
        two.beat().await;
        assert_eq!(one.beat().await.loss, None, "it was this host that took it up: {minutes} minutes");
        assert_eq!(host.standing().rows[0].news, None);
        two.leave().await.expect("it is written down");
        drop(two);
        for _ in 0..30 {
            office.work(&one, 1).await;
            assert!(is_licensed(&host), "{minutes} minutes");
        }
        one.leave().await.expect("it is heard");
        assert_eq!(office.free().await, 1);
    }
}

/// The second did not look yet when the first had its seat again and ended.
#[tokio::test]
async fn a_product_that_ends_after_a_cut_leaves_the_other_one_its_wish_for_a_seat() {
    let office = Office::with_seats(1).await;
    let (host, one, two) = two_products(&office).await;
    office.lan.cut(&office.at);
    office.world.advance(12 * MINUTE);
    office.lan.put(&office.at, office.site.server.clone());
    one.beat().await;
    one.leave().await.expect("it is heard");
    for _ in 0..30 {
        office.work(&two, 1).await;
        assert!(is_licensed(&host));
    }
}

/// Whoever leaves meets the license server again first; meanwhile something is done.
struct Meanwhile {
    lan: Arc<FakeLicenseServers>,
    starts: Mutex<Option<Network>>,
}

#[async_trait]
impl LicenseServers for Meanwhile {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        let starts = self.starts.lock().expect("nobody panicked").take();
        if let Some(starts) = starts {
            assert!(matches!(starts.check_out(&unheard).await, Ok(Seated::Shares(_))));
        }
        self.lan.meet(at, trust).await
    }
}

#[tokio::test]
async fn a_seat_is_not_given_back_under_a_product_that_started_this_moment() {
    let office = Office::with_seats(1).await;
    let host = office.world.host("drawing-office");
    let finder = Arc::new(Meanwhile { lan: office.lan.clone(), starts: Mutex::default() });
    let one = office.desk_of(&host, finder.clone());
    one.check_out(&unheard).await.expect("a seat");
    office.lan.cut(&office.at);
    one.beat().await;
    office.lan.put(&office.at, office.site.server.clone());
    *finder.starts.lock().expect("nobody panicked") = Some(office.desk_of(&host, office.lan.clone()));
    one.leave().await.expect("it is heard");
    assert!(is_licensed(&host), "the other one uses it");
    assert_eq!(office.free().await, 0);
}

/// A license with two editions: what one product asked for is kept when another asks for more.
#[tokio::test]
async fn a_product_shares_a_seat_that_has_what_it_wishes_for_and_asks_for_more_otherwise() {
    let office = Office::with_seats(1).await;
    let editions = ["Standard", "Professional"].map(|it| it.parse::<Edition>().expect("an edition"));
    let terms = Terms { editions: editions.clone().into(), ..office.world.vendor().network(1) };
    let license = office.sell(terms).await;
    let host = office.world.host("drawing-office");
    let desk = |editions: &[&Edition]| {
        let editions = editions.iter().map(|it| (*it).clone()).collect();
        let wish = Wish { license: Some(license.clone()), editions, ..any_seat() };
        Network::new(host.licenses(), office.lan.clone(), vec![office.at.clone()], wish)
    };
    let runs_in = || host.standing().editions().cloned().collect::<Vec<_>>();
    let [standard, professional] = &editions;
    let one = desk(&[standard]);
    assert!(matches!(one.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert_eq!(runs_in(), std::slice::from_ref(standard));
    assert!(matches!(desk(&[standard]).check_out(&unheard).await, Ok(Seated::Shares(_))));
    let two = desk(&[professional]);
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert_eq!(runs_in(), [professional.clone(), standard.clone()], "for both");
    for network in [&one, &two] {
        assert_eq!(network.beat().await.loss, None);
    }
    assert!(matches!(desk(&[]).check_out(&unheard).await, Ok(Seated::Has(_))), "everything that there is");
    assert!(matches!(desk(&[professional]).check_out(&unheard).await, Ok(Seated::Shares(_))));
    let used = office.site.server.list().await.expect("the pools are kept").iter().map(|offer| offer.used).sum::<u32>();
    assert_eq!(used, 1, "it was one seat all along");
}

/// As `keyward network use` without a command.
#[tokio::test]
async fn a_seat_that_was_taken_for_whatever_is_started_next_is_given_back_by_that() {
    let office = Office::with_seats(1).await;
    let (host, one) = office.desk("drawing-office");
    assert!(matches!(one.check_out(&unheard).await, Ok(Seated::Has(_))));
    one.hand_over().await.expect("it is written down");
    drop(one);
    assert!(is_licensed(&host) && office.free().await == 0);
    let two = office.desk_of(&host, office.lan.clone());
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Shares(_))));
    office.work(&two, 30).await;
    assert!(is_licensed(&host));
    two.leave().await.expect("it is heard");
    assert_eq!(office.free().await, 1);
}

#[tokio::test]
async fn one_that_crashed_keeps_the_seat_no_longer_than_its_lease_and_leaves_no_trace_in_the_next() {
    let office = Office::with_seats(1).await;
    let (_, one, two) = two_products(&office).await;
    drop(two);
    one.leave().await.expect("it is written down");
    assert_eq!(office.free().await, 0, "the other one is not known to be gone");
    office.world.advance(11 * MINUTE);
    office.site.server.tick().await.expect("the pools are kept");
    assert_eq!(office.free().await, 1);
    let (_, again) = (one, office.desk_of(&office.world.host("workshop"), office.lan.clone()));
    assert!(matches!(again.check_out(&unheard).await, Ok(Seated::Has(_))));
    again.leave().await.expect("it is heard");
    assert_eq!(office.free().await, 1);
}

#[tokio::test]
async fn who_gives_the_users_seat_back_for_all_is_not_overruled_by_those_that_run() {
    let office = Office::with_seats(1).await;
    let (host, one, two) = two_products(&office).await;
    let verb = office.desk_of(&host, office.lan.clone());
    verb.leave_everywhere().await.expect("it is heard");
    assert_eq!(office.free().await, 1);
    office.work(&one, 3).await;
    office.work(&two, 3).await;
    assert_eq!(office.free().await, 1);
    assert!(matches!(two.check_out(&unheard).await, Ok(Seated::Has(_))), "unless one asks again");
}

/// Row B2.
#[tokio::test]
async fn a_product_that_runs_when_its_loan_falls_due_gets_a_seat() {
    let office = Office::with_seats(2).await;
    let (host, network) = office.desk("laptop");
    network.borrow_seat(Until::For(days(1)), &unheard).await.expect("a loan");
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Borrowed(_))));
    office.work(&network, 5).await;
    assert_eq!(office.free().await, 1, "one seat, used here and there");
    office.world.advance(days(1) + Duration::from_secs(1));
    office.work(&network, 1).await;
    assert!(is_licensed(&host));
}

/// Row N5: the vendor was away when the license server's own license ended, and is back.
#[tokio::test]
async fn a_product_that_runs_has_its_seat_again_when_the_license_server_is_renewed() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    office.world.vendor().server("keys").stop();
    office.world.advance(days(30) - 3 * MINUTE);
    network.check_out(&unheard).await.expect("a seat");
    office.work(&network, 4).await;
    assert_eq!(network.beat().await.loss, Some(Loss::DelegationEnded));
    office.work(&network, 30).await;
    assert_eq!(network.beat().await.loss, Some(Loss::DelegationEnded), "and its grace is spent");
    assert!(!host.standing().may_run());
    office.world.vendor().server("keys").start();
    office.site.server.renew().await.expect("the vault is read");
    network.beat().await;
    assert!(is_licensed(&host));
}

/// Row N5: the same, and the product is started again meanwhile. What runs on what it has does so whether nobody answers or somebody says no.
#[tokio::test]
async fn a_product_that_is_started_on_its_grace_has_its_seat_again_when_the_license_server_is_renewed() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    office.world.vendor().server("keys").stop();
    office.world.advance(days(30) - 63 * MINUTE);
    network.check_out(&unheard).await.expect("a seat");
    office.work(&network, 64).await;
    assert_eq!(network.beat().await.loss, Some(Loss::DelegationEnded));
    drop(network);
    host.restart();
    assert!(host.standing().may_run());
    let network = office.desk_of(&host, office.lan.clone());
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Shares(_))));
    assert_eq!(network.beat().await.loss, Some(Loss::DelegationEnded), "and it is told why it is no more than grace");
    office.world.vendor().server("keys").start();
    office.site.server.renew().await.expect("the vault is read");
    network.beat().await;
    assert!(is_licensed(&host));
}

/// Row N5: whoever was cut off for too long is told what became of the seat, keeps a place in the line, and gets a seat again.
#[tokio::test]
async fn who_lost_the_seat_while_it_was_cut_off_is_told_so_and_has_the_next() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    office.work(&network, 60).await;
    office.lan.cut(&office.at);
    office.work(&network, 11).await;
    let (_, other) = office.desk("workshop");
    office.lan.put(&office.at, office.site.server.clone());
    office.site.server.tick().await.expect("the pools are kept");
    assert!(matches!(other.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert_eq!(network.beat().await.loss, Some(Loss::Ended));
    assert!(matches!(host.standing().verdict, Verdict::Grace { flag: Flag::SeatLost { why: Loss::Ended, .. } }));
    let (_, late) = office.desk("attic");
    for _ in 0..6 {
        office.world.advance(Duration::from_secs(10));
        network.beat().await;
    }
    assert!(matches!(late.check_out(&unheard).await, Ok(Seated::Full { refusal: Refusal::PoolFull { place: 2, .. }, .. })), "behind it");
    other.leave().await.expect("it is heard");
    network.beat().await;
    assert!(is_licensed(&host));
}

/// Row N1: the vendor was away for a moment only.
#[tokio::test]
async fn what_was_said_of_a_seat_that_is_kept_again_is_said_no_more() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    let license = office.site.server.licenses()[0].clone();
    network.check_out(&unheard).await.expect("a seat");
    office.site.server.close(&license, "boss").await.expect("the pool is kept").expect("no loan is out");
    office.work(&network, 1).await;
    assert_eq!(host.standing().rows[0].news, Some(Loss::Closed));
    office.site.server.reopen(&license, "boss").await.expect("the pool is kept").expect("it was not sent");
    office.work(&network, 1).await;
    assert_eq!(host.standing().rows[0].news, None);
}

#[tokio::test]
async fn a_beat_that_failed_on_this_host_says_what_is_wrong_there() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    office.work(&network, 1).await;
    assert!(network.trouble().is_none());
    // Half of the lease is spent, and the fresh one is not written down.
    host.vault().fill_disk();
    office.work(&network, 6).await;
    assert_eq!(network.trouble().map(|error| error.code()), Some("disk-full"));
    host.vault().free_disk();
    office.work(&network, 1).await;
    assert!(network.trouble().is_none() && is_licensed(&host));
    office.lan.cut(&office.at);
    office.work(&network, 1).await;
    assert_eq!(network.trouble().map(|error| error.code()), Some("license-server-silent"));
}

/// Row N6: the lease of the seat that was taken away still lasts.
#[tokio::test]
async fn a_product_that_is_started_after_the_administrator_took_the_seat_away_has_another() {
    let office = Office::with_seats(3).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let seats = office.site.server.status().await.expect("the pools are kept").pools[0].seats.clone();
    let release = Act::Release { place: seats[0].place, how: Release::AtEnd, by: "root".into() };
    office.site.server.act(None, release).await.expect("the pools are kept").expect("it is done");
    office.work(&network, 1).await;
    drop(network);
    let again = office.desk_of(&host, office.lan.clone());
    assert!(matches!(again.check_out(&unheard).await, Ok(Seated::Has(_))));
    office.work(&again, 30).await;
    assert!(is_licensed(&host));
}

/// Row N6.
#[tokio::test]
async fn a_seat_that_the_administrator_took_away_is_not_taken_back_unasked() {
    let office = Office::with_seats(3).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let seats = office.site.server.status().await.expect("the pools are kept").pools[0].seats.clone();
    let release = Act::Release { place: seats[0].place, how: Release::AtEnd, by: "root".into() };
    office.site.server.act(None, release).await.expect("the pools are kept").expect("it is done");
    office.work(&network, 1).await;
    assert!(is_licensed(&host), "what was signed lasts");
    office.work(&network, 30).await;
    assert_eq!(office.free().await, 3);
    assert_eq!(network.beat().await.loss, Some(Loss::Released));
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))), "whoever asks has one");
}
