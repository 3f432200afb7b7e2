//! A host that asks for seats, keeps them, takes them along, brings them back, forgets them and loses answers. It notices when the server
//! does not keep what it acknowledged.

use std::sync::{Mutex, MutexGuard, PoisonError};

use keyward_domain::document::{Answer, Ask, Body, Certificate, Hold, Request, Ticket, Until, Wish};
use keyward_domain::keys::SigningKey;
use keyward_domain::pool::{Beat, Lifeline, Pulse, Wait, Way};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, Sealed, Statement, Verified};
use keyward_domain::time::Timestamp;
use keyward_ports::Clock as _;
use keyward_suite::pool::{request, trust, wish};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::lan::Line;
use super::observer::Observer;

/// A host and what it has.
pub(super) struct Client {
    key: SigningKey,
    name: String,
    dice: ChaCha8Rng,
    count: u64,
    held: Option<Seat>,
    ticket: Option<Ticket>,
    /// A request nobody answered; it is sent again before anything else.
    open: Option<Sealed<Request>>,
    /// So often it was sent.
    sent: u32,
    /// So many turns it does nothing.
    away: u32,
}

/// A seat as it was acknowledged.
struct Seat {
    statement: Statement,
    certificate: Certificate,
    lifeline: Option<Lifeline>,
    asked: Sealed<Request>,
}

impl Seat {
    fn number(&self) -> u32 {
        match self.certificate.hold {
            Hold::Lease { seat, .. } | Hold::Loan { seat, .. } => seat,
            Hold::Trial | Hold::Activation => u32::MAX,
        }
    }

    fn is_loan(&self) -> bool {
        matches!(self.certificate.hold, Hold::Loan { .. })
    }

    fn covers(&self, at: Timestamp) -> bool {
        self.certificate.window.until.is_some_and(|until| at < until)
    }
}

/// What all hosts of a race share.
pub(super) struct Course {
    pub(super) clock: std::sync::Arc<keyward_fakes::FakeClock>,
    pub(super) observer: Mutex<Observer>,
}

impl Course {
    pub(super) fn observer(&self) -> MutexGuard<'_, Observer> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.now().wall
    }
}

impl Client {
    pub(super) fn new(n: u32, seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        let dice = ChaCha8Rng::seed_from_u64(seed << 16 | u64::from(n));
        let key = SigningKey::from_seed(&bytes);
        Self { key, name: format!("host-{n}"), dice, count: 0, held: None, ticket: None, open: None, sent: 0, away: 0 }
    }

    /// One turn. Whether it was answered does not matter: what was not is asked again.
    pub(super) async fn turn(&mut self, line: &Line, course: &Course) {
        if self.away > 0 {
            self.away -= 1;
            return;
        }
        if self.open.is_some() {
            return self.send(line, course).await;
        }
        // A lease that ended while nobody beat, a loan that was due.
        if self.held.as_ref().is_some_and(|seat| !seat.covers(course.now())) {
            self.held = None;
        }
        let ask = match (&self.held, self.dice.random_range(0..100)) {
            (_, 0..5) => {
                // Its cable is out for a while: what it has lapses.
                self.away = self.dice.random_range(1..6);
                return;
            }
            (Some(seat), 5..55) if !seat.is_loan() => return self.beat(line, course).await,
            (Some(seat), 5..55) => Ask::Refresh { activation: seat.certificate.activation.clone(), held: seat.statement.clone() },
            (Some(seat), 55..80) => Ask::Return { activation: seat.certificate.activation.clone(), held: seat.statement.clone() },
            (Some(seat), 80..90) => Ask::CheckOut { wish: self.wish(), held: Some(seat.statement.clone()) },
            (_, 90..95) => {
                let length = std::time::Duration::from_secs(self.dice.random_range(600..3_600));
                Ask::Borrow { wish: self.wish(), until: Until::For(length) }
            }
            (Some(_), _) => return,
            (None, 5..30) if self.ticket.is_some() => return self.wait(line).await,
            (None, _) => Ask::CheckOut { wish: self.wish(), held: None },
        };
        if let Ask::Return { .. } = ask {
            // From here on it uses nothing of it, whatever becomes of the request.
            course.observer().returned(self.key.public(), course.now());
            self.held = None;
        }
        (self.open, self.sent) = (Some(self.request(ask)), 0);
        self.send(line, course).await;
    }

    fn wish(&self) -> Wish {
        wish(self.ticket)
    }

    fn request(&mut self, ask: Ask) -> Sealed<Request> {
        self.count += 1;
        request(&self.key, &self.name, self.count, ask)
    }

    /// Sends the open request, and takes in what comes.
    async fn send(&mut self, line: &Line, course: &Course) {
        let Some(request) = self.open.clone() else { return };
        self.sent += 1;
        let Ok(served) = line.keeper.answer(request.envelope(), Way::Line).await else { return };
        let opened = seal::open(&served.statement, &[&Keyward], &trust(), &request);
        let answer: Verified<Answer> = match opened {
            Ok(answer) => answer,
            Err(error) => return self.complain(course, &format!("an answer does not open: {error}")),
        };
        if let Some(certificate) = answer.certificate() {
            course.observer().saw(certificate);
        }
        if self.dice.random_bool(0.05) {
            // It is lost on its way.
            return;
        }
        self.open = None;
        let had = self.held.take().filter(|seat| seat.covers(course.now()));
        match (&answer.body, &request.words().ask) {
            (Body::Certificate(certificate), _) => {
                let (certificate, statement) = (certificate.clone(), served.statement);
                let seat = Seat { statement, certificate, lifeline: served.lifeline, asked: request };
                if let Some(had) = had.filter(|had| had.number() != seat.number()) {
                    self.complain(course, &format!("seat {} was acknowledged, and now it is {}", had.number(), seat.number()));
                }
                (self.held, self.ticket) = (Some(seat), None);
            }
            (Body::Receipt(_), Ask::Return { .. }) | (Body::Refusal(Refusal::SeatGone), Ask::Return { .. }) => {}
            (Body::Refusal(Refusal::NoLoanLeft { .. }), Ask::Borrow { .. }) => self.held = had,
            (Body::Refusal(Refusal::NoSeatFree { .. }), Ask::Borrow { .. }) if had.is_none() => {}
            (Body::Refusal(Refusal::SeatGone), Ask::Refresh { .. }) if had.is_none() => {}
            // What it had brought has ended before its answer was heard.
            (Body::Refusal(Refusal::RequestSpent), Ask::CheckOut { .. } | Ask::Borrow { .. }) if had.is_none() && self.sent > 1 => {}
            (Body::Refusal(Refusal::PoolFull { ticket, .. }), _) if had.is_none() => self.ticket = Some(*ticket),
            (other, ask) => self.complain(course, &format!("{} with {:?} held: {other:?}", ask.kind(), had.map(|it| it.number()))),
        }
    }

    async fn beat(&mut self, line: &Line, course: &Course) {
        let Some(Seat { certificate, lifeline: Some(lifeline), asked, .. }) = &self.held else { return };
        let beat = Beat { place: lifeline.place, secret: lifeline.secret.clone(), generation: certificate.generation };
        let Ok(beaten) = line.keeper.beat(beat).await else { return };
        let fresh = beaten.fresh.map(|fresh| seal::open(&fresh, &[&Keyward], &trust(), asked).map(|answer| (fresh, answer)));
        match (beaten.pulse, fresh) {
            (Pulse::Kept { .. }, None) => {}
            (Pulse::Fresh { .. }, Some(Ok((statement, answer)))) => {
                let certificate = answer.certificate().expect("a fresh lease").clone();
                course.observer().saw(&certificate);
                if let Some(seat) = self.held.as_mut().filter(|_| !self.dice.random_bool(0.05)) {
                    (seat.statement, seat.certificate) = (statement, certificate);
                }
            }
            (pulse, fresh) => {
                let seat = self.held.take().filter(|seat| seat.covers(course.now()));
                if let Some(seat) = seat {
                    self.complain(course, &format!("seat {} was acknowledged and is lost: {pulse:?}, {fresh:?}", seat.number()));
                }
            }
        }
    }

    async fn wait(&mut self, line: &Line) {
        let Some(ticket) = self.ticket else { return };
        if let Ok(waited) = line.keeper.wait(ticket).await
            && waited.wait == Wait::Lost
        {
            self.ticket = None;
        }
    }

    fn complain(&self, course: &Course, what: &str) {
        course.observer().complains(format!("{}: {what}", self.name));
    }
}
