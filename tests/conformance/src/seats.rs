//! What whoever finds license servers promises, and what the way to one promises.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use keyward_domain::document::{Addressee, Answer, Ask, Body, Hold, Nonce, Request, Ticket, Until, Wish};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ProductId, ServerAddress, Version};
use keyward_domain::pool::{Beat, Gone, LeaseSecret, Lifeline, PulseHeard, Wait};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Digest, Keyward, SealError, Sealed, SignatureEntry, Statement, Trust, Verified};
use keyward_domain::time::days;
use keyward_ports::{KeyServerError, LicenseServers, MeetError, Met, SeatsError};

use crate::samples::{day, fingerprint, name};
use crate::{AsyncCase, async_cases};

/// A network with a license server that has two seats of one license, and with a stranger.
pub struct SeatsSubject {
    /// Who finds them.
    pub servers: Arc<dyn LicenseServers>,
    /// Where the license server is.
    pub at: ServerAddress,
    /// Where somebody answers with the words of the license server, over a TLS key of their own.
    pub stranger: ServerAddress,
    /// Where nobody answers.
    pub nobody: ServerAddress,
    /// Where another license server is, which lends seats by file alone.
    pub by_file: ServerAddress,
    /// Whom its clients believe.
    pub trust: Trust,
    /// Of which product its license is.
    pub product: ProductId,
    /// In which version.
    pub version: Version,
    /// A license key for one host that the vendor sold: the license server carries requests on.
    pub sold: LicenseKey,
    /// Lets time pass on the license server; leases are ten minutes long.
    pub pass: Box<dyn Fn(Duration) + Send + Sync>,
    /// Puts the stranger in the license server's place.
    pub usurp: Box<dyn Fn() + Send + Sync>,
}

/// The promises of [`LicenseServers`] and of [`keyward_ports::Seats`].
pub const CASES: &[AsyncCase<SeatsSubject>] = async_cases![
    a_license_server_shows_who_it_is_and_what_it_may_sign,
    who_repeats_the_words_of_another_is_not_believed,
    where_nobody_answers_it_is_said_so,
    who_takes_the_place_of_a_server_that_was_met_is_sent_nothing,
    the_same_check_out_brings_the_same_seat,
    a_full_pool_is_a_refusal_and_its_ticket_keeps_the_place,
    a_beat_keeps_a_seat_and_brings_a_fresh_lease_when_half_is_spent,
    who_does_not_know_the_secret_keeps_nothing,
    a_late_beat_revives_nothing,
    a_seat_is_borrowed_and_comes_back,
    who_lends_by_file_alone_says_so,
    what_is_offered_names_who_has_the_rest,
    what_is_addressed_to_the_vendor_is_carried_there,
];

/// A host on the network.
struct Guest<'a> {
    subject: &'a SeatsSubject,
    met: Met,
    host: &'static str,
    device: SigningKey,
    asked: AtomicU8,
}

/// A seat in hand.
struct Sat {
    statement: Statement,
    answer: Verified<Answer>,
    asked: Sealed<Request>,
    lifeline: Lifeline,
}

impl SeatsSubject {
    async fn met(&self) -> Met {
        self.met_at(&self.at).await
    }

    async fn met_at(&self, at: &ServerAddress) -> Met {
        self.servers.meet(at, &self.trust).await.unwrap_or_else(|error| panic!("it is not met: {error}"))
    }

    async fn guest(&self, host: &'static str) -> Guest<'_> {
        self.guest_at(&self.at, host).await
    }

    async fn guest_at(&self, at: &ServerAddress, host: &'static str) -> Guest<'_> {
        let device = SigningKey::from_seed(Digest::of(host.as_bytes()).bytes());
        Guest { subject: self, met: self.met_at(at).await, host, device, asked: AtomicU8::new(0) }
    }
}

impl Guest<'_> {
    fn request(&self, to: Addressee, ask: Ask, signers: &[&SigningKey]) -> Sealed<Request> {
        let count = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let words = Request {
            needs: Vec::new(),
            to,
            ask,
            nonce: Nonce([count; 16]),
            product: self.subject.product.clone(),
            version: self.subject.version.clone(),
            language: name("en-US"),
            device: self.device.public(),
            host: name(self.host),
            fingerprint: fingerprint(self.host),
            count: count.into(),
            created: day(0),
            typed: None,
        };
        let entry = |key: &SigningKey, message: &[u8]| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
        let sign = |message: &[u8]| Ok::<_, ()>(signers.iter().map(|key| entry(key, message)).collect());
        Sealed::seal(words, sign).unwrap_or_else(|()| unreachable!("a key in memory signs"))
    }

    fn asks(&self, ask: Ask) -> Sealed<Request> {
        self.request(Addressee::Server(self.met.introduced.identity.server.id()), ask, &[&self.device])
    }

    fn wish(ticket: Option<Ticket>) -> Wish {
        Wish { user: name("ada"), process: None, license: None, editions: [].into(), features: [].into(), ticket }
    }

    fn checks_out(&self) -> Sealed<Request> {
        self.asks(Ask::CheckOut { wish: Self::wish(None), held: None })
    }

    fn open(&self, statement: &Statement, asked: &Sealed<Request>) -> Verified<Answer> {
        seal::open(statement, &[&Keyward], &self.subject.trust, asked).unwrap_or_else(|error| panic!("it does not open: {error}"))
    }

    async fn try_out(&self, asked: Sealed<Request>) -> Result<Sat, Refusal> {
        let out = self.met.line.check_out(&asked).await.unwrap_or_else(|error| panic!("there is no answer: {error}"));
        let answer = self.open(&out.statement, &asked);
        if let Body::Refusal(refusal) = &answer.body {
            assert!(out.lifeline.is_none(), "a refusal brings no lifeline");
            return Err(refusal.clone());
        }
        let lifeline = out.lifeline.unwrap_or_else(|| panic!("nothing keeps the lease"));
        Ok(Sat { statement: out.statement, answer, asked, lifeline })
    }

    async fn sits(&self) -> Sat {
        self.try_out(self.checks_out()).await.unwrap_or_else(|refusal| panic!("it is refused: {refusal}"))
    }

    async fn exchange(&self, asked: &Sealed<Request>) -> (Statement, Verified<Answer>) {
        let statement = self.met.line.exchange(asked).await.unwrap_or_else(|error| panic!("there is no answer: {error}"));
        let answer = self.open(&statement, asked);
        (statement, answer)
    }

    async fn gives_back(&self, statement: &Statement, answer: &Verified<Answer>) {
        let activation = answer.certificate().unwrap_or_else(|| panic!("nothing to give back")).activation.clone();
        let (_, answer) = self.exchange(&self.asks(Ask::Return { activation, held: statement.clone() })).await;
        assert!(matches!(answer.body, Body::Receipt(_)), "no receipt: {:?}", answer.body);
    }

    async fn beats(&self, sat: &Sat) -> (PulseHeard, Option<Statement>) {
        let generation = sat.answer.certificate().map_or(0, |it| it.generation);
        let beat = Beat { place: sat.lifeline.place, secret: sat.lifeline.secret.clone(), generation };
        let beaten = self.met.line.beat(&beat).await.unwrap_or_else(|error| panic!("there is no answer: {error}"));
        (beaten.pulse, beaten.fresh)
    }
}

async fn a_license_server_shows_who_it_is_and_what_it_may_sign(subject: &SeatsSubject) {
    let Met { introduced, .. } = subject.met().await;
    assert_eq!(introduced.delegations.len(), 1);
    let delegation = &introduced.delegations[0];
    assert_eq!((delegation.server, delegation.seats), (introduced.identity.server, 2));
    assert_eq!(delegation.rights.product, subject.product);
}

async fn who_repeats_the_words_of_another_is_not_believed(subject: &SeatsSubject) {
    let server = subject.met().await.introduced.identity.server.id();
    match subject.servers.meet(&subject.stranger, &subject.trust).await {
        Err(MeetError::NotBelieved { why, .. }) => assert_eq!(why, SealError::OtherTlsKey { server }),
        Err(error) => panic!("it is something else: {error}"),
        Ok(_) => panic!("a stranger is believed"),
    }
}

async fn where_nobody_answers_it_is_said_so(subject: &SeatsSubject) {
    match subject.servers.meet(&subject.nobody, &subject.trust).await {
        Err(MeetError::NoAnswer(attempt)) => assert_eq!(attempt.server, subject.nobody.to_string()),
        Err(error) => panic!("it is something else: {error}"),
        Ok(_) => panic!("somebody is there"),
    }
}

async fn who_takes_the_place_of_a_server_that_was_met_is_sent_nothing(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    let sat = guest.sits().await;
    (subject.usurp)();
    let beat = Beat { place: sat.lifeline.place, secret: sat.lifeline.secret.clone(), generation: 0 };
    // A connection that was open may break first; no beat is answered.
    for _ in 0..3 {
        match guest.met.line.beat(&beat).await {
            Err(error) if error.is_other_key() => return,
            Err(SeatsError::NoAnswer(_)) => {}
            Err(error) => panic!("it is something else: {error}"),
            Ok(beaten) => panic!("a stranger answered: {beaten:?}"),
        }
    }
    panic!("the other key is not noticed");
}

async fn the_same_check_out_brings_the_same_seat(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    let asked = guest.checks_out();
    let mut seats = Vec::new();
    for _ in 0..2 {
        let sat = guest.try_out(asked.clone()).await.unwrap_or_else(|refusal| panic!("it is refused: {refusal}"));
        let Some(Hold::Lease { seat, .. }) = sat.answer.certificate().map(|it| it.hold) else { panic!("no lease") };
        assert!(matches!(guest.beats(&sat).await.0, PulseHeard::Kept { .. }), "its secret keeps it");
        seats.push(seat);
    }
    assert_eq!(seats[0], seats[1]);
    subject.guest("laptop").await.sits().await;
}

async fn a_full_pool_is_a_refusal_and_its_ticket_keeps_the_place(subject: &SeatsSubject) {
    let (a, b, c) = (subject.guest("office").await, subject.guest("laptop").await, subject.guest("attic").await);
    let (sat, _) = (a.sits().await, b.sits().await);
    let Err(Refusal::PoolFull { ticket, place: 1, .. }) = c.try_out(c.checks_out()).await else { panic!("it is not full") };
    let wait = async || c.met.line.wait(&ticket).await.unwrap_or_else(|error| panic!("there is no answer: {error}")).wait;
    assert_eq!(wait().await, Wait::Waiting { place: 1 });
    a.gives_back(&sat.statement, &sat.answer).await;
    assert!(matches!(wait().await, Wait::Ready { .. }));
    let asked = c.asks(Ask::CheckOut { wish: Guest::wish(Some(ticket)), held: None });
    assert!(c.try_out(asked).await.is_ok());
    let forged = Ticket { mac: [0; 16], ..ticket };
    let waited = c.met.line.wait(&forged).await.unwrap_or_else(|error| panic!("there is no answer: {error}"));
    assert_eq!(waited.wait, Wait::Lost);
}

async fn a_beat_keeps_a_seat_and_brings_a_fresh_lease_when_half_is_spent(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    let mut sat = guest.sits().await;
    let until = |sat: &Sat| sat.answer.certificate().and_then(|it| it.window.until);
    let first = until(&sat);
    for minute in 1..=30 {
        (subject.pass)(Duration::from_secs(60));
        let (pulse, fresh) = guest.beats(&sat).await;
        let PulseHeard::Kept { next } = pulse else { panic!("minute {minute}: {pulse:?}") };
        assert!(next > Duration::from_secs(30) && next < Duration::from_secs(120), "{next:?}");
        if let Some(fresh) = fresh {
            sat.answer = guest.open(&fresh, &sat.asked);
            sat.statement = fresh;
        }
    }
    assert!(until(&sat) > first, "it was never made fresh");
}

async fn who_does_not_know_the_secret_keeps_nothing(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    let mut sat = guest.sits().await;
    sat.lifeline.secret = LeaseSecret::new([0; 32]);
    assert_eq!(guest.beats(&sat).await, (PulseHeard::Stranger, None));
}

async fn a_late_beat_revives_nothing(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    let sat = guest.sits().await;
    guest.gives_back(&sat.statement, &sat.answer).await;
    assert_eq!(guest.beats(&sat).await, (PulseHeard::Gone { why: Gone::Ended }, None));
    let late = guest.sits().await;
    (subject.pass)(Duration::from_secs(601));
    assert!(matches!(guest.beats(&late).await, (PulseHeard::Gone { .. }, None)));
}

async fn a_seat_is_borrowed_and_comes_back(subject: &SeatsSubject) {
    let guest = subject.guest("laptop").await;
    let (statement, answer) = guest.exchange(&guest.asks(Ask::Borrow { wish: Guest::wish(None), until: Until::For(days(1)) })).await;
    assert!(matches!(answer.certificate().map(|it| it.hold), Some(Hold::Loan { .. })), "{:?}", answer.body);
    guest.gives_back(&statement, &answer).await;
}

async fn who_lends_by_file_alone_says_so(subject: &SeatsSubject) {
    let guest = subject.guest_at(&subject.by_file, "laptop").await;
    let asked = guest.asks(Ask::Borrow { wish: Guest::wish(None), until: Until::For(days(1)) });
    match guest.met.line.exchange(&asked).await {
        Err(KeyServerError::Rejected { status: 403, detail, next, after: None, .. }) => {
            assert!(detail.contains("lends seats only to computers that its administrator answers"), "{detail}");
            assert!(next.contains("--request"), "{next}");
        }
        Err(error) => panic!("it is something else: {error}"),
        Ok(_) => panic!("it is lent"),
    }
    guest.sits().await;
}

async fn what_is_offered_names_who_has_the_rest(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    guest.sits().await;
    let offers = guest.met.line.list().await.unwrap_or_else(|error| panic!("there is no answer: {error}"));
    let [offer] = &offers[..] else { panic!("one license: {offers:?}") };
    assert_eq!((offer.product.clone(), offer.seats, offer.used, offer.free), (subject.product.clone(), 2, 1, 1));
    assert!(offer.borrowable > 0 && offer.days.is_some() && offer.latest.is_some());
    let holders: Vec<_> = offer.holders.iter().map(|it| (it.host.as_str(), it.user.as_str(), it.due)).collect();
    assert_eq!(holders, [("office", "ada", None)]);
}

async fn what_is_addressed_to_the_vendor_is_carried_there(subject: &SeatsSubject) {
    let guest = subject.guest("office").await;
    let key = SigningKey::from_seed(&subject.sold.seed());
    let ask = Ask::Activate { key: key.public(), own_slot: false };
    let asked = guest.request((*subject.trust.vendor()).into(), ask, &[&guest.device, &key]);
    let (first, answer) = guest.exchange(&asked).await;
    assert!(matches!(answer.certificate().map(|it| it.hold), Some(Hold::Activation)), "{:?}", answer.body);
    assert_eq!(guest.exchange(&asked).await.0, first, "the same answer");
}
