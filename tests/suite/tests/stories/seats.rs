//! A license server on a LAN: seats are shared, waited for, taken along and brought back (rows N3, N6, B1 to B3).
//!
//! The server is the real pool keeper over a journal in memory; hosts ask as hosts do, and open every answer themselves.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Answer, Ask, Body, Certificate, Hold, Request, Until, Wish};
use keyward_domain::keys::SigningKey;
use keyward_domain::pool::{Act, Acted, Beat, Lifeline, Pulse, Release, SeatState, Wait, Way};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, Sealed, Statement, Verified};
use keyward_domain::time::days;
use keyward_engine::pool_keeper::{KeeperError, PoolKeeper};
use keyward_fakes::{FakeClock, FakeJournal};
use keyward_suite::pool::{Seats, delegation, first_day, key, outset, request, signer, trust, wish};

const MINUTE: Duration = Duration::from_secs(60);

/// Three seats, one for emergencies, two to be borrowed.
const POOL: Seats = Seats { seats: 3, overdraft: 1, loans: 2 };

/// A license server and the computer it runs on.
struct Server {
    keeper: PoolKeeper,
    journal: Arc<FakeJournal>,
    clock: Arc<FakeClock>,
    task: tokio::task::JoinHandle<Result<(), keyward_ports::JournalError>>,
}

impl Server {
    async fn start(journal: Arc<FakeJournal>, clock: Arc<FakeClock>) -> Self {
        let opened = PoolKeeper::open(journal.clone(), clock.clone(), signer(), outset()).await;
        let (keeper, keeping) = opened.unwrap_or_else(|error| panic!("it starts: {error}"));
        Self { keeper, journal, clock, task: tokio::spawn(keeping.run()) }
    }

    async fn new() -> Self {
        let server = Self::start(Arc::new(FakeJournal::new()), Arc::new(FakeClock::at(first_day()))).await;
        server.keeper.delegate(&delegation(POOL)).await.expect("the vendor's word").expect("it is for this server");
        server
    }

    /// The power fails, and comes back.
    async fn restart(self) -> Self {
        self.task.abort();
        Self::start(self.journal, self.clock).await
    }

    async fn act(&self, act: Act) -> Result<Acted, Refusal> {
        self.keeper.act(act).await.expect("the pool is kept")
    }

    async fn free(&self) -> u32 {
        self.keeper.tick().await.expect("the pool is kept");
        self.keeper.look_at(usize::MAX).await.expect("the pool is kept").0.expect("a license").free
    }
}

/// A host and what it holds.
struct Client {
    key: SigningKey,
    name: &'static str,
    count: u64,
    held: Option<(Statement, Verified<Answer>)>,
    lifeline: Option<Lifeline>,
    ticket: Option<keyward_domain::document::Ticket>,
    asked: Option<Sealed<Request>>,
}

impl Client {
    fn new(name: &'static str, seed: u8) -> Self {
        Self { key: key(seed), name, count: 0, held: None, lifeline: None, ticket: None, asked: None }
    }

    fn request(&mut self, ask: Ask) -> Sealed<Request> {
        self.count += 1;
        request(&self.key, self.name, self.count, ask)
    }

    async fn ask(&mut self, server: &Server, ask: Ask) -> Result<(), Refusal> {
        let request = self.request(ask);
        let served = server.keeper.answer(request.envelope(), Way::Line).await.unwrap_or_else(|error| panic!("it is answered: {error}"));
        let answer = seal::open(&served.statement, &[&Keyward], &trust(), &request).expect("within the delegation");
        if let Body::Refusal(refusal) = &answer.body {
            if let Refusal::PoolFull { ticket, .. } = refusal {
                self.ticket = Some(*ticket);
            }
            return Err(refusal.clone());
        }
        let granted = answer.certificate().is_some();
        self.held = granted.then_some((served.statement, answer));
        self.lifeline = served.lifeline;
        self.asked = Some(request);
        Ok(())
    }

    fn wish(&self) -> Wish {
        wish(self.ticket)
    }

    async fn check_out(&mut self, server: &Server) -> Result<(), Refusal> {
        let wish = self.wish();
        self.ask(server, Ask::CheckOut { wish, held: None }).await
    }

    async fn borrow(&mut self, server: &Server, length: Duration) -> Result<(), Refusal> {
        let wish = self.wish();
        self.ask(server, Ask::Borrow { wish, until: Until::For(length) }).await
    }

    fn certificate(&self) -> &Certificate {
        self.held.as_ref().and_then(|(_, answer)| answer.certificate()).expect("it holds a seat")
    }

    async fn give_back(&mut self, server: &Server) {
        let (held, activation) = (self.held.as_ref().expect("it holds a seat").0.clone(), self.certificate().activation.clone());
        self.ask(server, Ask::Return { activation, held }).await.expect("a receipt");
    }

    async fn beat(&mut self, server: &Server) -> Pulse {
        let lifeline = self.lifeline.as_ref().expect("it is kept");
        let generation = self.certificate().generation;
        let beat = Beat { place: lifeline.place, secret: lifeline.secret.clone(), generation };
        let beaten = server.keeper.beat(beat).await.expect("the pool is kept");
        if let (Some(fresh), Some(asked)) = (beaten.fresh, &self.asked) {
            // It answers the check-out again.
            let answer = seal::open(&fresh, &[&Keyward], &trust(), asked).expect("within the delegation");
            self.held = Some((fresh, answer));
        }
        beaten.pulse
    }

    async fn queue(&self, server: &Server) -> Wait {
        server.keeper.wait(self.ticket.expect("it waits")).await.expect("the pool is kept").wait
    }

    /// Whether what it holds covers a time by the server's clock.
    fn is_licensed(&self, server: &Server) -> bool {
        use keyward_ports::Clock as _;
        self.held.is_some() && self.certificate().window.until.is_some_and(|until| server.clock.now().wall < until)
    }
}

fn four() -> [Client; 4] {
    [Client::new("drawing-office", 11), Client::new("workshop", 12), Client::new("laptop", 13), Client::new("attic", 14)]
}

/// Row N3.
#[tokio::test]
async fn the_fourth_host_waits_with_its_place_and_gets_the_seat_of_the_one_that_leaves() {
    let server = Server::new().await;
    let [mut a, mut b, mut c, mut d] = four();
    for client in [&mut a, &mut b, &mut c] {
        client.check_out(&server).await.expect("a seat");
    }
    let Err(Refusal::PoolFull { seats: 3, place: 1, holders, .. }) = d.check_out(&server).await else { panic!("it is full") };
    assert_eq!(holders.iter().map(|it| it.host.as_str()).collect::<Vec<_>>(), ["drawing-office", "workshop", "laptop"]);
    assert_eq!(d.queue(&server).await, Wait::Waiting { place: 1 });
    b.give_back(&server).await;
    assert!(matches!(d.queue(&server).await, Wait::Ready { .. }));
    assert!(b.check_out(&server).await.is_err(), "the seat is held for who waited");
    d.check_out(&server).await.expect("its turn");
    assert!(matches!(d.certificate().hold, Hold::Lease { seat: 1, .. }));
}

/// Rows B1, B2.
#[tokio::test]
async fn a_seat_is_borrowed_for_five_days_and_works_while_the_server_is_off() {
    let server = Server::new().await;
    let [mut laptop, mut other, ..] = four();
    laptop.borrow(&server, days(5)).await.expect("a loan");
    server.clock.advance(days(4));
    assert!(laptop.is_licensed(&server), "on day 4");
    server.clock.advance(days(2));
    assert!(!laptop.is_licensed(&server), "on day 6");
    let server = server.restart().await;
    assert_eq!(server.free().await, 3, "it came back by itself");
    other.borrow(&server, days(5)).await.expect("a loan");
    other.give_back(&server).await;
    assert_eq!(server.free().await, 3, "and early at once");
}

/// Row B3.
#[tokio::test]
async fn a_lost_laptop_is_reclaimed_at_once_against_the_seat_for_emergencies() {
    let server = Server::new().await;
    let [mut a, mut b, mut c, mut d] = four();
    c.borrow(&server, days(5)).await.expect("a loan");
    for client in [&mut a, &mut b] {
        client.check_out(&server).await.expect("a seat");
    }
    assert!(d.check_out(&server).await.is_err());
    let seats = server.keeper.look_at(usize::MAX).await.expect("the pool is kept").1;
    let lost = seats.iter().find(|seat| matches!(seat.state, SeatState::Borrowed { .. })).expect("one is borrowed");
    assert_eq!(lost.host.as_str(), "laptop");
    let reclaim = Act::Release { place: lost.place, how: Release::AtOnce, by: "boss".into() };
    assert_eq!(server.act(reclaim.clone()).await, Ok(Acted::Done));
    d.check_out(&server).await.expect("a seat stands in for it");
    assert!(server.journal.dump().contains("boss"), "it is audited");
    assert_eq!(server.act(reclaim).await, Ok(Acted::Nothing));
}

/// Row N6.
#[tokio::test]
async fn a_server_that_crashed_keeps_every_seat_and_a_client_that_crashed_loses_its_own_after_a_lease() {
    let server = Server::new().await;
    let [mut a, mut b, ..] = four();
    for client in [&mut a, &mut b] {
        client.check_out(&server).await.expect("a seat");
    }
    let server = server.restart().await;
    for _ in 0..10 {
        server.clock.advance(MINUTE);
        assert!(matches!(a.beat(&server).await, Pulse::Kept { .. } | Pulse::Fresh { .. }));
    }
    assert!(a.is_licensed(&server) && !b.is_licensed(&server));
    assert_eq!(server.free().await, 2);
    assert!(matches!(b.beat(&server).await, Pulse::Gone(_)));
}

/// One write for all that waits.
#[tokio::test]
async fn many_check_outs_at_once_are_written_together() {
    let server = Server::new().await;
    let before = server.journal.appends();
    let mut clients = four();
    let asked = clients.iter_mut().map(|client| client.check_out(&server));
    let answers = futures_util::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert!(server.journal.appends() - before < 3, "{} writes", server.journal.appends() - before);
}

/// Promise 5.
#[tokio::test]
async fn a_server_that_cannot_write_grants_nothing_and_stops() {
    let server = Server::new().await;
    let [mut a, mut b, ..] = four();
    server.journal.fill_up();
    let wish = a.wish();
    let request = a.request(Ask::CheckOut { wish, held: None });
    let answer = server.keeper.answer(request.envelope(), Way::Line).await;
    assert!(matches!(answer, Err(KeeperError::Stopped)), "{answer:?}");
    assert!(server.task.await.expect("it ended by itself").is_err());
    let fresh = Arc::new(FakeJournal::new());
    fresh.restore(server.journal.image());
    let server = Server::start(fresh, server.clock).await;
    assert_eq!(server.free().await, 3, "nothing of it was written");
    b.check_out(&server).await.expect("a seat");
}
