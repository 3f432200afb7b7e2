//! The product's side of a license server: a seat is held, the cable is cut, work goes on, and a seat comes back; a seat is
//! borrowed for a trip (rows N2, N3, N5, B1, B2). The server is the real one, its LAN is called instead of connected to.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Until, Wish};
use keyward_domain::entitlement::Terms;
use keyward_domain::names::{EntitlementId, ServerAddress};
use keyward_domain::standing::{Flag, Reason, Verdict};
use keyward_domain::time::days;
use keyward_domain::vault::Loss;
use keyward_engine::license_manager::network::{Network, Seated};
use keyward_engine::license_manager::unheard;
use keyward_fakes::FakeLicenseServers;
use keyward_fakes::world::{Host, World};
use keyward_ports::LicenseServers;

use super::license_servers::Site;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// An office with a license server.
pub(super) struct Office {
    pub(super) world: World,
    pub(super) site: Site,
    pub(super) lan: Arc<FakeLicenseServers>,
    pub(super) at: ServerAddress,
}

impl Office {
    pub(super) async fn with_seats(seats: u32) -> Self {
        let world = World::new(7);
        let (site, _) = Site::activated(&world, "cellar", seats).await;
        let (lan, at): (_, ServerAddress) = (Arc::new(FakeLicenseServers::new()), "licenses.example".parse().expect("an address"));
        lan.put(&at, site.server.clone());
        Self { world, site, lan, at }
    }

    pub(super) fn desk(&self, name: &str) -> (Arc<Host>, Network) {
        let host = self.world.host(name);
        let network = self.desk_of(&host, self.lan.clone());
        (host, network)
    }

    /// A host that finds license servers in a way of its own.
    pub(super) fn desk_of(&self, host: &Host, finder: Arc<dyn LicenseServers>) -> Network {
        Network::new(host.licenses(), finder, vec![self.at.clone()], any_seat())
    }

    /// Another license for the same license server.
    pub(super) async fn sell(&self, terms: Terms) -> EntitlementId {
        let sold = self.world.vendor().sell(terms).expect("it is sold");
        self.world.host("cellar").licenses().delegate(sold.key, &unheard).await.expect("the vendor lets it");
        self.site.server.catch_up().await.expect("the vault is read");
        sold.id
    }

    /// Seats that anybody can have now.
    pub(super) async fn free(&self) -> u32 {
        self.site.server.list().await.expect("the pools are kept")[0].free
    }

    /// Time passes while the product looks after its seat each minute.
    pub(super) async fn work(&self, network: &Network, minutes: u32) {
        for _ in 0..minutes {
            self.world.advance(MINUTE);
            network.beat().await;
        }
    }
}

pub(super) fn any_seat() -> Wish {
    Wish { user: "ada".parse().expect("a name"), process: None, license: None, editions: [].into(), features: [].into(), ticket: None }
}

pub(super) fn is_licensed(host: &Host) -> bool {
    matches!(host.standing().verdict, Verdict::Licensed { .. })
}

fn grace(host: &Host) -> Option<(u64, Loss)> {
    match host.standing().verdict {
        Verdict::Grace { flag: Flag::SeatLost { left, why } } => Some((left.as_secs() / 60, why)),
        _ => None,
    }
}

/// Row N5.
#[tokio::test]
async fn the_cable_is_cut_work_goes_on_for_what_was_earned_and_the_seat_comes_back() {
    let office = Office::with_seats(3).await;
    let (host, network) = office.desk("drawing-office");
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))));
    office.work(&network, 60).await;
    assert!(is_licensed(&host));
    office.lan.cut(&office.at);
    office.work(&network, 12).await;
    let (left, why) = grace(&host).expect("it works on");
    assert!((40..=55).contains(&left) && why == Loss::Silent, "{left} {why:?}");
    office.lan.put(&office.at, office.site.server.clone());
    office.work(&network, 1).await;
    assert!(is_licensed(&host));
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Shares(_))), "it takes no second one");
    // For ever is another matter.
    office.lan.cut(&office.at);
    office.work(&network, 180).await;
    assert_eq!(host.standing().verdict, Verdict::Stopped { reason: Reason::SeatLost { why: Loss::Silent } });
}

/// Promise 12.
#[tokio::test]
async fn a_stranger_at_the_servers_address_extends_nothing() {
    let office = Office::with_seats(3).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    office.lan.impersonate(&office.at, office.site.server.clone());
    let tended = network.beat().await;
    assert_eq!(tended.loss, Some(Loss::Silent));
    office.work(&network, 9).await;
    assert!(is_licensed(&host), "and ends nothing");
    office.work(&network, 2).await;
    assert!(!is_licensed(&host));
}

/// Row N3.
#[tokio::test]
async fn a_seat_that_is_left_is_free_for_the_next_at_once() {
    let office = Office::with_seats(1).await;
    let (one, first) = office.desk("drawing-office");
    let (two, second) = office.desk("workshop");
    first.check_out(&unheard).await.expect("a seat");
    assert!(matches!(second.check_out(&unheard).await, Ok(Seated::Full { .. })));
    first.leave().await.expect("it is heard");
    assert!(!one.standing().may_run());
    assert!(matches!(second.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert!(is_licensed(&two));
    assert_eq!(first.query().await.expect("the list")[0].free, 0);
}

/// Rows B1, B2.
#[tokio::test]
async fn a_seat_is_borrowed_for_five_days_used_on_the_lan_too_and_brought_back_early() {
    let office = Office::with_seats(1).await;
    let (laptop, network) = office.desk("laptop");
    let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan");
    assert_eq!(network.check_out(&unheard).await.expect("no second seat"), Seated::Borrowed(loan.clone()));
    let holders = network.query().await.expect("the list")[0].holders.len();
    assert_eq!(holders, 1, "one seat, used here and there");
    office.lan.cut(&office.at);
    office.world.advance(days(4));
    assert!(is_licensed(&laptop), "on day 4");
    office.world.advance(days(2));
    assert!(matches!(laptop.standing().verdict, Verdict::Stopped { reason: Reason::LoanOver { .. } }), "on day 6");
    office.lan.put(&office.at, office.site.server.clone());
    let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("it came back by itself");
    let (_, other) = office.desk("workshop");
    assert!(matches!(other.check_out(&unheard).await, Ok(Seated::Full { .. })));
    network.give_back(loan.as_str(), &unheard).await.expect("it is back");
    assert!(!laptop.standing().may_run());
    assert!(matches!(other.check_out(&unheard).await, Ok(Seated::Has(_))), "and free at once");
}
