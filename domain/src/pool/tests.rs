use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::document::{Answer, Ask, Body, Certificate, Delegation, Hold, Revocation, RevocationReason, Ticket, Until};
use crate::entitlement::Borrowing;
use crate::names::ActivationId;
use crate::refusal::Refusal;
use crate::seal::{self, Keyward, Reply, Sealed, Statement, Verified};
use crate::testing::{answer, day, delegated, delegation, first_keys, host, issuer, sealed, served, server, shipped_trust, sold_key, wish};
use crate::time::{Boot, after, between, days};

mod above;
mod adopted;
mod clock;
mod clocks;
mod closing;
mod keeping;
mod loans;
mod model;
mod queue;
mod reclaimed;
mod releasing;
mod replay;
mod restored;
mod revoked;
mod seats;

/// Ten minutes, as leases are where nothing else is said.
const LEASE: Duration = Duration::from_secs(600);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Who asks: a host by its letter, and a user on it.
type Who = (char, &'static str);

/// What a client has of a seat.
#[derive(Debug, Clone)]
struct Held {
    statement: Statement,
    answer: Verified<Answer>,
    lifeline: Option<Lifeline>,
}

impl Held {
    fn certificate(&self) -> &Certificate {
        self.answer.certificate().expect("a certificate")
    }

    fn activation(&self) -> ActivationId {
        self.certificate().activation.clone()
    }

    fn seat(&self) -> u32 {
        match self.certificate().hold {
            Hold::Lease { seat, .. } | Hold::Loan { seat, .. } => seat,
            Hold::Trial | Hold::Activation => panic!("no seat"),
        }
    }

    fn place(&self) -> Place {
        match self.certificate().hold {
            Hold::Lease { place, .. } | Hold::Loan { place, .. } => place,
            Hold::Trial | Hold::Activation => panic!("no seat"),
        }
    }
}

/// A license server, its journal, and its clock.
#[derive(Debug, Clone)]
struct Office {
    pool: Pool,
    journal: Vec<Fact>,
    now: Now,
    count: u64,
    held: BTreeMap<Who, Held>,
    tickets: BTreeMap<Who, Ticket>,
    delegation: Delegation,
    rhythm: Rhythm,
}

fn secret() -> ServerSecret {
    ServerSecret::new([9; 32])
}

fn by_file() -> Way {
    Way::File { by: "boss".into() }
}

/// So many seats, one for emergencies, two that may be borrowed for seven days.
fn seats(seats: u32) -> Delegation {
    Delegation { seats, ..delegation() }
}

/// What the vendor sent.
fn charter(delegation: &Delegation, issued: Timestamp) -> Charter {
    let request = host('s').asks(1, Ask::Delegate { key: sold_key().public() });
    let signed = sealed(answer(&request, issued, Body::Delegation(delegation.clone())), &issuer());
    let reply = Reply { answer: signed.envelope().clone(), keys: vec![first_keys()], delegation: None };
    Charter::open(&reply.to_statement(), &shipped_trust()).expect("the vendor's word")
}

impl Office {
    fn of(delegation: Delegation) -> Self {
        let now = Now { wall: day(1), running: Duration::from_secs(1_000), boot: Boot("first".into()) };
        let rhythm = Rhythm::default();
        let (pool, journal) = Pool::open(Books::default(), secret(), rhythm, Start::default(), &now);
        let (held, tickets) = (BTreeMap::new(), BTreeMap::new());
        let mut office = Self { pool, journal, now, count: 0, held, tickets, delegation: delegation.clone(), rhythm };
        office.delegate(delegation);
        office
    }

    fn delegate(&mut self, delegation: Delegation) -> String {
        self.delegate_at(delegation, day(0))
    }

    /// Takes in what the vendor signed at an instant.
    fn delegate_at(&mut self, delegation: Delegation, issued: Timestamp) -> String {
        let charter = Box::new(charter(&delegation, issued));
        self.delegation = delegation;
        self.act(Act::Delegate(charter))
    }

    fn decide(&mut self, op: Op) -> Outcome {
        let decision = self.pool.decide(op, &self.now);
        self.journal.extend(decision.facts);
        decision.outcome
    }

    fn wait(&mut self, length: Duration) {
        self.now.wall = after(self.now.wall, length);
        self.now.running += length;
    }

    /// The books that a journal comes to.
    fn replayed(journal: &[Fact]) -> Books {
        let mut books = Books::default();
        for fact in journal {
            books.apply(fact);
        }
        books
    }

    /// The process dies and comes back; its journal is all it has.
    fn restart(&mut self) {
        self.start(Start::default());
    }

    fn start(&mut self, start: Start) {
        let (pool, facts) = Pool::open(Self::replayed(&self.journal), secret(), self.rhythm, start, &self.now);
        self.pool = pool;
        self.journal.extend(facts);
    }

    fn request(&mut self, who: Who, ask: Ask) -> Sealed<crate::document::Request> {
        self.count += 1;
        host(who.0).asks_server(self.count, ask)
    }

    fn ask(&mut self, who: Who, ask: Ask) -> Result<Held, Refusal> {
        let request = self.request(who, ask);
        self.send(who, &request, Way::Line)
    }

    /// Sends a request, and takes the answer as its host does: signed, opened, and within the delegation.
    fn send(&mut self, who: Who, request: &Sealed<crate::document::Request>, way: Way) -> Result<Held, Refusal> {
        let Outcome::Answered(answered) = self.outcome(request, way) else { panic!("a request is answered") };
        if let Body::Refusal(refusal) = &answered.answer.body {
            if let Refusal::PoolFull { ticket, .. } = refusal {
                self.tickets.insert(who, *ticket);
            }
            return Err(refusal.clone());
        }
        let held = self.taken(answered.answer, answered.lifeline, request);
        match &held.answer.body {
            Body::Certificate(_) => drop(self.held.insert(who, held.clone())),
            _ => drop(self.held.remove(&who)),
        }
        Ok(held)
    }

    /// What comes of a request.
    fn outcome(&mut self, request: &Sealed<crate::document::Request>, way: Way) -> Outcome {
        let opened = seal::open_request(request.envelope()).expect("a request");
        let held = match &request.words().ask {
            Ask::CheckOut { held, .. } => held.clone(),
            Ask::Extend { held, .. } | Ask::Refresh { held, .. } | Ask::Return { held, .. } => Some(held.clone()),
            _ => None,
        };
        let own = |it: Statement| Keyward::open_own(it.bytes(), &shipped_trust(), &server().public()).ok().map(Box::new);
        self.decide(Op::Ask { request: Box::new(opened), shown: held.and_then(own), way })
    }

    fn taken(&self, words: Answer, lifeline: Option<Lifeline>, request: &Sealed<crate::document::Request>) -> Held {
        let statement = served(words, delegated(self.delegation.clone()));
        let answer = seal::open(&statement, &[&Keyward], &shipped_trust(), request).expect("within the delegation");
        Held { statement, answer, lifeline }
    }

    fn check_out(&mut self, who: Who) -> Result<Held, Refusal> {
        let ticket = self.tickets.get(&who).copied();
        self.ask(who, Ask::CheckOut { wish: crate::document::Wish { ticket, ..wish(who.1) }, held: None })
    }

    fn borrow(&mut self, who: Who, length: Duration) -> Result<Held, Refusal> {
        self.ask(who, Ask::Borrow { wish: wish(who.1), until: Until::For(length) })
    }

    fn extend(&mut self, who: Who, length: Duration) -> Result<Held, Refusal> {
        let held = self.held[&who].clone();
        self.ask(who, Ask::Extend { activation: held.activation(), held: held.statement, until: Until::For(length) })
    }

    fn refresh(&mut self, who: Who) -> Result<Held, Refusal> {
        let held = self.held[&who].clone();
        self.ask(who, Ask::Refresh { activation: held.activation(), held: held.statement })
    }

    fn give_back(&mut self, who: Who, way: Way) -> Result<Held, Refusal> {
        let held = self.held[&who].clone();
        let request = self.request(who, Ask::Return { activation: held.activation(), held: held.statement });
        self.send(who, &request, way)
    }

    /// Checks out again and shows what is held.
    fn show(&mut self, who: Who) -> Result<Held, Refusal> {
        let held = Some(self.held[&who].statement.clone());
        self.ask(who, Ask::CheckOut { wish: wish(who.1), held })
    }

    fn beat(&mut self, who: Who) -> Pulse {
        let held = self.held[&who].clone();
        self.beat_of(who, &held)
    }

    fn beat_of(&mut self, who: Who, held: &Held) -> Pulse {
        let lifeline = held.lifeline.clone().expect("a lease");
        let generation = held.certificate().generation;
        let Outcome::Pulse(pulse) = self.decide(Op::Beat(Beat { place: lifeline.place, secret: lifeline.secret.clone(), generation }))
        else {
            panic!("a beat is answered")
        };
        if let Pulse::Fresh { answer: words, .. } = &pulse {
            // A fresh lease answers a check-out of the host again; which one does not matter here.
            let statement = served((**words).clone(), delegated(self.delegation.clone()));
            let opened = Keyward::open_own(statement.bytes(), &shipped_trust(), &server().public()).expect("within the delegation");
            let fresh = Held { statement, answer: opened, lifeline: Some(lifeline) };
            assert!(fresh.certificate().generation > generation);
            self.held.insert(who, fresh);
        }
        pulse
    }

    fn queue(&mut self, who: Who) -> Wait {
        let Outcome::Waited(waited) = self.decide(Op::Wait(self.tickets[&who])) else { panic!("who waits is answered") };
        waited.wait
    }

    fn act(&mut self, act: Act) -> String {
        match self.decide(Op::Act(act)) {
            Outcome::Acted(Ok(acted)) => format!("{acted:?}"),
            Outcome::Acted(Err(refusal)) => refusal.code().into(),
            _ => panic!("an administrator is answered"),
        }
    }

    /// The vendor takes away what it delegated last.
    fn revoke(&mut self, reason: RevocationReason) -> String {
        let Delegation { activation, generation, server, .. } = self.delegation.clone();
        self.act(Act::Revoke(Revocation { activation, device: server.id(), generation, reason }))
    }

    fn release(&mut self, who: Who, how: Release) -> String {
        let place = self.held[&who].place();
        self.act(Act::Release { place, how, by: "boss".into() })
    }

    fn overview(&self) -> Overview {
        self.pool.overview(&self.now).expect("a pool")
    }

    fn free(&mut self) -> u32 {
        self.decide(Op::Tick);
        self.overview().free
    }

    /// Keeps seats alive for a while, as their clients do.
    fn keep(&mut self, who: &[Who], length: Duration) {
        let end = self.now.running + length;
        while self.now.running < end {
            self.wait(MINUTE.min(end - self.now.running));
            for who in who {
                let pulse = self.beat(*who);
                assert!(matches!(pulse, Pulse::Kept { .. } | Pulse::Fresh { .. }), "{who:?}: {pulse:?}");
            }
        }
    }
}

/// What was answered, in a word.
fn said(result: &Result<Held, Refusal>) -> String {
    match result {
        Ok(held) => match &held.answer.body {
            Body::Certificate(it) => match it.hold {
                Hold::Lease { seat, .. } => format!("lease of seat {seat}"),
                Hold::Loan { seat, .. } => format!("loan of seat {seat}"),
                Hold::Trial | Hold::Activation => panic!("no seat"),
            },
            Body::Receipt(_) => "receipt".into(),
            Body::Revocation(it) => it.reason.code().into(),
            Body::Delegation(_) | Body::Refusal(_) => panic!("no answer of a pool"),
        },
        Err(Refusal::PoolFull { place, .. }) => format!("place {place}"),
        Err(refusal) => refusal.code().into(),
    }
}

const A: Who = ('a', "ada");
const B: Who = ('b', "bob");
const C: Who = ('c', "cyd");
const D: Who = ('d', "dan");
const E: Who = ('e', "eve");
