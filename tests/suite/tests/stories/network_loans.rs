//! Seats that are taken along (rows B1, B2): by file where the license server is not reached, and brought back while nobody answers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Contact, Request, Ticket, Until, Wish};
use keyward_domain::entitlement::Terms;
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Act, Beat, Offer, SeatState, Waited, Way};
use keyward_domain::seal::{Sealed, Statement, Trust};
use keyward_domain::standing::{Reason, Status, Verdict};
use keyward_domain::time::days;
use keyward_domain::vault::Taken;
use keyward_engine::license_manager::network::{Network, NetworkError, Seated};
use keyward_engine::license_manager::unheard;
use keyward_fakes::FakeLicenseServers;
use keyward_fakes::world::Host;
use keyward_ports::{Beaten, CheckedOut, KeyServer, KeyServerError, LicenseServers, MeetError, Met, Seats, SeatsError};

use super::license_servers::{Anchors, Site};
use super::network::{MINUTE, Office, any_seat, is_licensed};

const SECOND: Duration = Duration::from_secs(1);

/// Somebody carries a request to the license server, and its answer back.
async fn carried(office: &Office, request: &Sealed<Request>) -> Statement {
    office.site.server.answer(request.envelope(), Way::File { by: "boss".into() }).await.expect("an answer").statement
}

async fn seats(office: &Office) -> Vec<SeatState> {
    let status = office.site.server.status().await.expect("the pools are kept");
    status.pools[0].seats.iter().map(|seat| seat.state).collect()
}

/// Rows B1, M1.
#[tokio::test]
async fn a_host_that_does_not_reach_the_server_borrows_extends_refreshes_and_returns_by_file() {
    let office = Office::with_seats(1).await;
    let laptop = office.world.host("laptop");
    let (licenses, server) = (laptop.licenses(), office.site.server.key().id());
    let request = licenses.request_loan(server, any_seat(), Until::For(days(3))).await.expect("a request");
    let again = licenses.request_loan(server, any_seat(), Until::For(days(3))).await.expect("a request");
    assert_eq!(request.envelope(), again.envelope(), "byte for byte");
    let answer = carried(&office, &request).await;
    licenses.load(answer.clone()).await.expect("it is taken");
    assert!(licenses.load(answer).await.is_err(), "once");
    assert!(is_licensed(&laptop));
    let row = laptop.standing().speaking().expect("a row").clone();
    assert_eq!((row.status.clone(), row.until), (Status::Borrowed, Some(office.world.day(3))));

    office.world.advance(days(1));
    let request = licenses.request_extension(&row.id, Until::At(office.world.day(5))).await.expect("a request");
    licenses.load(carried(&office, &request).await).await.expect("it is taken");
    assert_eq!(laptop.standing().speaking().and_then(|row| row.until), Some(office.world.day(5)));
    let request = licenses.request_refresh(&row.id).await.expect("a request");
    licenses.load(carried(&office, &request).await).await.expect("it is taken");
    office.world.advance(days(3));
    assert!(is_licensed(&laptop), "on day 4");

    let request = licenses.request_return(&row.id).await.expect("a request");
    assert!(!laptop.standing().may_run(), "it is off from here on");
    let again = licenses.request_return(&row.id).await.expect("a request");
    assert_eq!(request.envelope(), again.envelope(), "byte for byte");
    licenses.load(carried(&office, &request).await).await.expect("it is taken");
    assert_eq!(laptop.standing().rows, [], "and gone");
    assert_eq!(office.free().await, 0, "a return by file is the host's word: the seat is free when it is due");
    let status = office.site.server.status().await.expect("the pools are kept");
    let place = status.pools[0].seats[0].place;
    let accepted = office.site.server.act(None, Act::AcceptReturn { place, by: "boss".into() }).await.expect("the pool is kept");
    assert!(accepted.is_ok(), "{accepted:?}");
    assert_eq!(office.free().await, 1, "or when an administrator accepts it");
}

fn waits(host: &Host) -> usize {
    host.licenses().pending().len()
}

/// Promise 4.
#[tokio::test]
async fn a_loan_that_is_brought_back_while_nobody_answers_is_off_at_once_and_goes_back_at_the_next_contact() {
    for contact in ["beat", "query", "use", "borrow", "returns"] {
        let office = Office::with_seats(1).await;
        let (laptop, network) = office.desk("laptop");
        let (_, other) = office.desk("workshop");
        let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan");
        office.lan.cut(&office.at);
        network.beat().await;
        // The line that was open breaks; then there is none.
        for _ in 0..2 {
            let error = network.give_back(loan.as_str(), &unheard).await.expect_err("nobody answers");
            assert!(matches!(error, NetworkError::ReturnWaits(_)), "{error}");
            assert_eq!(error.code(), "return-waits");
            assert!(!laptop.standing().may_run(), "it is off from the moment it was asked");
        }
        assert!(matches!(laptop.standing().verdict, Verdict::Stopped { reason: Reason::Returned }));
        laptop.restart();
        assert!(!laptop.standing().may_run() && waits(&laptop) == 1);
        office.lan.put(&office.at, office.site.server.clone());
        assert_eq!(office.free().await, 0, "the server does not know yet");
        // Another process of the same host: nobody says again that it is to be given back.
        let network = office.desk_of(&laptop, office.lan.clone());
        match contact {
            "beat" => drop(network.beat().await),
            "query" => assert_eq!(network.query().await.expect("the list")[0].used, 0, "it is back before it is listed"),
            "use" => assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_)))),
            "returns" => {
                let brought = network.send_returns().await.expect("the vault is read");
                assert!(matches!(&brought[..], [(row, Ok(Taken::Returned(_)))] if *row == loan), "{brought:?}");
                assert!(network.send_returns().await.expect("the vault is read").is_empty(), "nothing waits any more");
            }
            _ => drop(network.borrow_seat(Until::For(days(1)), &unheard).await.expect("another loan")),
        }
        assert!(laptop.row(&loan).is_none(), "{contact}: its row is gone");
        let returns = laptop.licenses().pending().iter().filter(|it| it.about.as_ref() == Some(&loan)).count();
        assert_eq!(returns, 0, "{contact}");
        match contact {
            "beat" | "query" | "returns" => {
                assert!(matches!(other.check_out(&unheard).await, Ok(Seated::Has(_))), "{contact}: the seat is free");
            }
            "use" => assert_eq!(seats(&office).await, [SeatState::Leased], "{contact}"),
            _ => assert!(matches!(seats(&office).await[..], [SeatState::Borrowed { until }] if until < office.world.day(5)), "{contact}"),
        }
    }
}

/// Promise 4. The server knows of the loan alone: nobody heard that it came back, or it was restored from a backup that does not know; and
/// the host has nothing any more that says so.
#[tokio::test]
async fn a_loan_that_came_back_and_is_signed_again_is_brought_back_again() {
    for server_forgets in [true, false] {
        let mut office = Office::with_seats(1).await;
        let (laptop, network) = office.desk("laptop");
        let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan");
        if server_forgets {
            let backup = office.site.image();
            network.give_back(loan.as_str(), &unheard).await.expect("it is heard");
            office.site.journals.lock().expect("nobody panicked").values().for_each(|journal| journal.restore(backup.clone()));
            office.site = office.site.restart(Anchors::new()).await;
        } else {
            let backup = laptop.snapshot();
            office.lan.cut(&office.at);
            network.beat().await;
            network.give_back(loan.as_str(), &unheard).await.expect_err("nobody answers");
            laptop.restore(&backup);
        }
        assert!(!laptop.standing().may_run(), "it is known that it came back");
        office.lan.put(&office.at, office.site.server.clone());
        let network = office.desk_of(&laptop, office.lan.clone());
        let refused = network.check_out(&unheard).await.expect_err("the server signs the loan again");
        assert_eq!(refused.code(), "answer-returned");
        assert!(!laptop.standing().may_run());
        assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))), "it was brought back on the way");
        assert_eq!(seats(&office).await, [SeatState::Leased]);
    }
}

/// A product that runs on meets the server again by itself, and brings back what another process could not.
#[tokio::test]
async fn a_seat_that_was_left_unheard_is_free_at_the_next_contact_and_not_only_when_its_lease_ends() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let lease = host.licenses().standing().speaking().expect("a row").id.clone();
    assert!(host.standing().speaking().is_some_and(|row| row.status == Status::Enabled), "{lease}");
    office.lan.cut(&office.at);
    network.leave().await.expect("it is off here");
    assert!(!host.standing().may_run());
    office.lan.put(&office.at, office.site.server.clone());
    assert_eq!(office.free().await, 0);
    network.beat().await;
    assert_eq!(office.free().await, 1);
    assert_eq!(waits(&host), 0);
    assert!(!matches!(host.standing().speaking().map(|row| &row.status), Some(Status::Enabled)), "and nobody sits there again");
}

/// A seat that is given while a return of one before is on its way would be off until that is heard.
#[tokio::test]
async fn no_seat_is_taken_from_a_server_that_does_not_answer_a_return_that_is_brought_to_it_first() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    office.lan.cut(&office.at);
    network.leave().await.expect("it is off here");
    office.lan.put(&office.at, office.site.server.clone());
    let deaf = office.desk_of(&host, Arc::new(Loans { lan: office.lan.clone(), carrier: "silent" }));
    let error = deaf.check_out(&unheard).await.expect_err("the receipt does not arrive");
    assert_eq!(error.code(), "no-answer");
    assert_eq!((office.free().await, waits(&host)), (1, 1), "nothing was taken");
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Has(_))));
    assert!(is_licensed(&host));
}

#[tokio::test]
async fn a_return_that_nobody_hears_waits_on_and_says_why() {
    let office = Office::with_seats(1).await;
    let (laptop, network) = office.desk("laptop");
    let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan");
    office.lan.cut(&office.at);
    network.give_back(loan.as_str(), &unheard).await.expect_err("nobody answers");
    let brought = network.send_returns().await.expect("the vault is read");
    assert!(matches!(&brought[..], [(row, Err(NetworkError::ReturnWaits(_)))] if *row == loan), "{brought:?}");
    assert_eq!(waits(&laptop), 1);
}

/// Row B1: the laptop is away from the LAN, or the lender is, and another license server answers.
#[tokio::test]
async fn a_product_starts_on_its_loan_where_the_lender_is_not_heard_and_takes_no_seat_of_another_server() {
    let office = Office::with_seats(1).await;
    let (laptop, network) = office.desk("laptop");
    let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan");
    let attic: ServerAddress = "attic.example".parse().expect("an address");
    let (other, _) = Site::activated(&office.world, "attic", 1).await;
    office.lan.cut(&office.at);
    let network = Network::new(laptop.licenses(), office.lan.clone(), vec![office.at.clone(), attic.clone()], any_seat());
    office.lan.put(&attic, other.server.clone());
    let error = network.extend(loan.as_str(), Until::For(days(6)), &unheard).await.expect_err("the lender is not heard");
    assert!(matches!(&error, NetworkError::OtherServer { unmet, .. } if unmet.iter().any(|(at, _)| *at == office.at)), "{error}");
    assert!(error.to_string().contains(&office.at.to_string()), "{error}");
    office.lan.cut(&attic);
    assert_eq!(network.check_out(&unheard).await.expect("it runs"), Seated::Borrowed(loan.clone()), "nobody is heard");
    office.lan.put(&attic, other.server.clone());
    assert_eq!(network.check_out(&unheard).await.expect("it runs"), Seated::Borrowed(loan), "another is");
    assert_eq!(other.server.list().await.expect("the pools are kept")[0].free, 1);
    // When it is over, a seat is a seat.
    office.world.advance(days(5) + MINUTE);
    network.beat().await;
    assert!(is_licensed(&laptop));
    assert_eq!(other.server.list().await.expect("the pools are kept")[0].free, 0);
}

/// Row N5.
#[tokio::test]
async fn a_product_that_is_started_in_an_outage_runs_on_the_seat_of_the_one_before_and_keeps_it_when_the_server_is_back() {
    for minutes in [3, 8, 15] {
        let office = Office::with_seats(1).await;
        let (host, before) = office.desk("drawing-office");
        before.check_out(&unheard).await.expect("a seat");
        drop(before);
        office.lan.cut(&office.at);
        office.world.advance(minutes * MINUTE);
        let network = office.desk_of(&host, office.lan.clone());
        assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Shares(_))), "{minutes} minutes");
        assert!(host.standing().may_run());
        office.lan.put(&office.at, office.site.server.clone());
        office.work(&network, 30).await;
        assert!(is_licensed(&host), "{minutes} minutes");
    }
}

#[tokio::test]
async fn a_product_that_is_started_in_an_outage_with_nothing_to_run_on_says_who_was_not_met() {
    let office = Office::with_seats(1).await;
    let (host, before) = office.desk("drawing-office");
    before.check_out(&unheard).await.expect("a seat");
    drop(before);
    office.lan.cut(&office.at);
    office.world.advance(60 * MINUTE);
    let network = office.desk_of(&host, office.lan.clone());
    let error = network.check_out(&unheard).await.expect_err("nobody is heard");
    assert!(matches!(error, NetworkError::NotMet(_)), "{error}");
}

/// Row C1: the vendor wants to be heard of every second day, and so does the license server.
#[tokio::test]
async fn the_contact_of_a_loan_is_kept_while_its_product_runs_on_the_lan() {
    let office = Office::with_seats(1).await;
    let terms = Terms { contact: Contact::Every { days: 2, grace: 1 }, ..office.world.vendor().network(1) };
    let license = office.sell(terms).await;
    let laptop = office.world.host("laptop");
    let wish = || Wish { license: Some(license.clone()), ..any_seat() };
    let network = Network::new(laptop.licenses(), office.lan.clone(), vec![office.at.clone()], wish());
    network.borrow_seat(Until::For(days(6)), &unheard).await.expect("a loan");
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Borrowed(_))));
    for hour in 1..6 * 24 {
        office.world.advance(60 * MINUTE);
        assert_eq!(network.beat().await.loss, None);
        assert!(is_licensed(&laptop), "hour {hour}");
    }
}

#[tokio::test]
async fn a_loan_that_falls_due_while_its_product_runs_is_looked_after_at_that_moment() {
    let office = Office::with_seats(1).await;
    let (laptop, network) = office.desk("laptop");
    network.borrow_seat(Until::For(days(1)), &unheard).await.expect("a loan");
    assert!(matches!(network.check_out(&unheard).await, Ok(Seated::Borrowed(_))));
    office.world.advance(days(1) - 10 * SECOND);
    let next = network.beat().await.next;
    assert!(is_licensed(&laptop) && next <= 10 * SECOND, "{next:?}");
    office.world.advance(next);
    network.beat().await;
    assert!(is_licensed(&laptop));
}

/// Promise 4 is for what is returned to who gave it.
#[tokio::test]
async fn what_a_license_server_gave_is_not_returned_to_the_vendor_and_nothing_comes_of_trying() {
    let office = Office::with_seats(2).await;
    let (laptop, network) = office.desk("laptop");
    let loan = network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan");
    let refused = laptop.licenses().return_license(loan.as_str(), &unheard).await.expect_err("it is not the vendor's");
    assert_eq!(refused.code(), "at-license-server");
    assert!(is_licensed(&laptop), "a refused act changes no license");
    assert_eq!(waits(&laptop), 0);
    network.give_back(loan.as_str(), &unheard).await.expect("it is back");

    let (host, network) = office.desk("drawing-office");
    network.check_out(&unheard).await.expect("a seat");
    let lease = host.standing().rows[0].id.clone();
    for refused in [
        host.licenses().return_license(&lease, &unheard).await.expect_err("it is not the vendor's"),
        host.licenses().request_return(&lease).await.expect_err("a seat is left, not carried"),
    ] {
        assert_eq!(refused.code(), "at-license-server");
    }
    assert_eq!(network.beat().await.loss, None);
    office.work(&network, 30).await;
    assert!(is_licensed(&host), "it is kept on");
}

/// What one license server was asked is not asked of another: it would not be heard there, however often.
#[tokio::test]
async fn a_loan_that_one_server_did_not_answer_is_asked_of_the_next_anew() {
    let office = Office::with_seats(1).await;
    let attic: ServerAddress = "attic.example".parse().expect("an address");
    let (other, _) = Site::activated(&office.world, "attic", 1).await;
    let laptop = office.world.host("laptop");
    let server = office.site.server.key().id();
    let first = laptop.licenses().request_loan(server, any_seat(), Until::For(days(5))).await.expect("a request in a drawer");
    office.lan.put(&attic, other.server.clone());
    let network = Network::new(laptop.licenses(), office.lan.clone(), vec![attic], any_seat());
    network.borrow_seat(Until::For(days(5)), &unheard).await.expect("a loan of the one that answers");
    assert!(is_licensed(&laptop));
    let waiting: Vec<_> = laptop.licenses().pending().iter().map(|it| it.request).collect();
    assert_eq!(waiting, [first.name()], "what was never answered waits on");
}

/// A no is the end of a request: it is not asked again. What may have arrived, or lies in a file, waits on whatever is said of a later try.
#[tokio::test]
async fn a_loan_that_was_refused_waits_for_nothing_and_one_that_was_not_answered_does() {
    let office = Office::with_seats(1).await;
    let (laptop, network) = office.desk("laptop");
    let until = Until::For(days(5));
    let (_, other) = office.desk("workshop");
    other.check_out(&unheard).await.expect("the only seat");
    for (carrier, waiting) in [("taken", 0), ("never", 0), ("silent", 1), ("taken", 0), ("silent", 1), ("never", 1)] {
        let lan = Arc::new(Loans { lan: office.lan.clone(), carrier });
        let network = office.desk_of(&laptop, lan);
        network.borrow_seat(until, &unheard).await.expect_err("no seat is free, or nobody says so");
        assert_eq!(waits(&laptop), waiting, "{carrier}");
    }
    other.leave().await.expect("it is heard");
    network.borrow_seat(until, &unheard).await.expect("it is asked anew");
    assert_eq!(waits(&laptop), 0);
}

/// The vault is damaged while the product runs on what it read before.
#[tokio::test]
async fn a_vault_that_cannot_be_read_is_not_set_aside_by_whoever_asks_about_a_loan() {
    let office = Office::with_seats(1).await;
    let (host, network) = office.desk("laptop");
    let row = network.borrow_seat(Until::For(days(2)), &unheard).await.expect("a loan");
    host.vault().restore(host.vault().image().edited(|text| text[..text.len() / 2].into()));
    let refreshed = network.refresh_loan(row.as_str(), &unheard).await.map(drop);
    let extended = network.extend(row.as_str(), Until::For(days(3)), &unheard).await.map(drop);
    for result in [refreshed, extended] {
        assert_eq!(result.expect_err("it cannot be read").code(), "vault-damaged");
    }
    assert!(host.standing().may_run());
    assert_eq!(host.vault().image().aside().count(), 0);
}

/// A LAN on which whatever is carried to a license server arrives, and its answer does not always.
struct Loans {
    lan: Arc<FakeLicenseServers>,
    carrier: &'static str,
}

/// The way to a license server on it.
struct LoanLine(Arc<dyn Seats>, &'static str);

#[async_trait]
impl LicenseServers for Loans {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        let Met { introduced, line } = self.lan.meet(at, trust).await?;
        Ok(Met { introduced, line: Arc::new(LoanLine(line, self.carrier)) })
    }
}

#[async_trait]
impl KeyServer for LoanLine {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let answer = self.0.exchange(request).await?;
        match self.1 {
            "taken" => Ok(answer),
            "silent" => Err(KeyServerError::Silent { attempts: Vec::new() }),
            _ => Err(KeyServerError::Rejected {
                server: "licenses.example".into(),
                status: 422,
                detail: "it is nothing for this server".into(),
                next: "update the product".into(),
                after: None,
            }),
        }
    }
}

#[async_trait]
impl Seats for LoanLine {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        self.0.check_out(request).await
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        self.0.beat(beat).await
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        self.0.wait(ticket).await
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        self.0.list().await
    }
}
