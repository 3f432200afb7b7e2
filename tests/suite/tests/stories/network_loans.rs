//! Seats that are taken along (rows B1, B2): by file where the license server is not reached, and brought back while nobody answers.

use keyward_domain::document::Until;
use keyward_domain::pool::{Act, SeatState, Way};
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::standing::{Reason, Status, Verdict};
use keyward_domain::time::days;
use keyward_engine::license_manager::network::{NetworkError, Seated};
use keyward_engine::license_manager::unheard;
use keyward_fakes::world::Host;

use super::network::{Office, any_seat, is_licensed};

/// Somebody carries a request to the license server, and its answer back.
async fn carried(office: &Office, request: &Sealed<keyward_domain::document::Request>) -> Statement {
    office.site.server.answer(request.envelope(), Way::File).await.expect("an answer").statement
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
    for contact in ["beat", "query", "use", "borrow"] {
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
            _ => drop(network.borrow_seat(Until::For(days(1)), &unheard).await.expect("another loan")),
        }
        assert!(laptop.row(&loan).is_none(), "{contact}: its row is gone");
        let returns = laptop.licenses().pending().iter().filter(|it| it.about.as_ref() == Some(&loan)).count();
        assert_eq!(returns, 0, "{contact}");
        match contact {
            "beat" | "query" => assert!(matches!(other.check_out(&unheard).await, Ok(Seated::Has(_))), "{contact}: the seat is free"),
            "use" => assert_eq!(seats(&office).await, [SeatState::Leased], "{contact}"),
            _ => assert!(matches!(seats(&office).await[..], [SeatState::Borrowed { until }] if until < office.world.day(5)), "{contact}"),
        }
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
