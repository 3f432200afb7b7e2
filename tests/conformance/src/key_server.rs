//! What whoever brings answers promises: a carrier to a key server of ours, or a translator to a foreign backend.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use keyward_domain::document::{Answer, Ask, Body, Delegation, Kind, Nonce, Request, Typed};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{Edition, ProductId, Version};
use keyward_domain::refusal::Refusal;
use keyward_domain::rights::KeyType;
use keyward_domain::seal::{self, Digest, Scheme, SealError, Sealed, SignatureEntry, Statement, Trust, Verified};
use keyward_domain::time::Timestamp;
use keyward_ports::{KeyServer, KeyServerError};

use crate::samples::{day, fingerprint, name};
use crate::{AsyncCase, async_cases};

/// A backend that sold one license key, for one host at a time, and perhaps a network license key; and how to open what it says.
pub struct KeyServerSubject {
    /// The way to the backend.
    pub server: Arc<dyn KeyServer>,
    /// What it sold.
    pub sold: LicenseKey,
    /// What it sold for a pool on one license server, and until when; a key that was never sold, where it has no pools.
    pub pool: LicenseKey,
    /// How many seats that has, and when what was sold under it ends.
    pub pool_of: (u32, Timestamp),
    /// Of which product.
    pub product: ProductId,
    /// In which version.
    pub version: Version,
    /// One of its editions.
    pub edition: Edition,
    /// Whom its customers believe.
    pub trust: Trust,
    /// How it signs.
    pub scheme: Box<dyn Scheme>,
}

/// The promises of [`KeyServer`].
pub const CASES: &[AsyncCase<KeyServerSubject>] = async_cases![
    an_answer_opens_for_the_request_it_answers_and_for_no_other,
    the_same_request_brings_the_same_answer_while_what_it_granted_stands,
    dropping_the_call_at_any_step_loses_nothing,
    a_refusal_is_an_answer_and_no_error,
    a_trial_is_answered_or_said_to_be_unsupported,
    a_pool_is_delegated_as_it_was_sold_or_said_to_be_unsupported,
    one_license_server_at_a_time_may_sign_for_a_pool,
];

/// A host that asks.
struct Customer<'a> {
    subject: &'a KeyServerSubject,
    host: &'static str,
    device: SigningKey,
    asked: AtomicU8,
}

impl<'a> Customer<'a> {
    fn new(subject: &'a KeyServerSubject, host: &'static str) -> Self {
        let device = SigningKey::from_seed(Digest::of(host.as_bytes()).bytes());
        Self { subject, host, device, asked: AtomicU8::new(0) }
    }

    fn activate(&self, license_key: &LicenseKey) -> Sealed<Request> {
        let signs = SigningKey::from_seed(&license_key.seed());
        let typed: LicenseKey = name(&license_key.expose());
        let ask = Ask::Activate { key: signs.public(), own_slot: false };
        self.request(ask, Some(Typed(Arc::new(typed))), &[&self.device, &signs])
    }

    fn delegate(&self, license_key: &LicenseKey) -> Sealed<Request> {
        let signs = SigningKey::from_seed(&license_key.seed());
        self.request(Ask::Delegate { key: signs.public() }, None, &[&self.device, &signs])
    }

    fn ask(&self, ask: Ask) -> Sealed<Request> {
        self.request(ask, None, &[&self.device])
    }

    fn request(&self, ask: Ask, typed: Option<Typed>, signers: &[&SigningKey]) -> Sealed<Request> {
        let count = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let words = Request {
            needs: Vec::new(),
            to: (*self.subject.trust.vendor()).into(),
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
            typed,
        };
        let entry = |key: &SigningKey, message: &[u8]| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
        let sign = |message: &[u8]| Ok::<_, ()>(signers.iter().map(|key| entry(key, message)).collect());
        Sealed::seal(words, sign).unwrap_or_else(|()| unreachable!("a key in memory signs"))
    }
}

impl KeyServerSubject {
    async fn exchange(&self, request: &Sealed<Request>) -> Statement {
        self.server.exchange(request).await.unwrap_or_else(|error| panic!("there is no answer: {error}"))
    }

    fn open(&self, statement: &Statement, asked: &Sealed<Request>) -> Result<Verified<Answer>, SealError> {
        let mut trust = self.trust.clone();
        for keys in self.scheme.key_statements(statement.bytes()) {
            trust.learn(&keys)?;
        }
        seal::open(statement, &[&*self.scheme], &trust, asked)
    }

    async fn answer(&self, request: &Sealed<Request>) -> (Statement, Body) {
        let statement = self.exchange(request).await;
        let answer = self.open(&statement, request).unwrap_or_else(|error| panic!("the answer does not open: {error}"));
        (statement, answer.into_words().body)
    }

    /// What a license server may sign; none where the backend has no pools, and says so.
    async fn delegated(&self, request: &Sealed<Request>) -> Option<(Statement, Delegation)> {
        let statement = match self.server.exchange(request).await {
            Ok(statement) => statement,
            Err(KeyServerError::Unsupported { kind }) => {
                assert_eq!(kind, Kind::Delegate);
                return None;
            }
            Err(error) => panic!("neither answered nor unsupported: {error}"),
        };
        let answer = self.open(&statement, request).unwrap_or_else(|error| panic!("the answer does not open: {error}"));
        let delegation = answer.delegation().cloned().unwrap_or_else(|| panic!("nothing was delegated: {:?}", answer.body));
        Some((statement, delegation))
    }

    async fn give_back(&self, customer: &Customer<'_>, held: Statement, body: &Body) {
        let activation = match body {
            Body::Certificate(certificate) => certificate.activation.clone(),
            Body::Delegation(delegation) => delegation.activation.clone(),
            nothing => panic!("nothing was granted: {nothing:?}"),
        };
        let request = customer.ask(Ask::Return { activation: activation.clone(), held });
        let mut answers = Vec::new();
        for _ in 0..2 {
            let (statement, body) = self.answer(&request).await;
            assert!(matches!(&body, Body::Receipt(receipt) if receipt.activation == activation), "no receipt: {body:?}");
            answers.push(statement);
        }
        assert_eq!(answers[0], answers[1], "a receipt stands for ever");
    }
}

async fn an_answer_opens_for_the_request_it_answers_and_for_no_other(subject: &KeyServerSubject) {
    let customer = Customer::new(subject, "office");
    let asked = customer.activate(&subject.sold);
    let (statement, body) = subject.answer(&asked).await;
    let Body::Certificate(certificate) = body else { panic!("nothing was granted: {body:?}") };
    assert_eq!(certificate.rights.product, subject.product);
    assert!(certificate.rights.editions.contains(&subject.edition));
    let other = customer.activate(&subject.sold);
    assert_eq!(subject.open(&statement, &other).map(Verified::into_words), Err(SealError::OtherRequest));
}

async fn the_same_request_brings_the_same_answer_while_what_it_granted_stands(subject: &KeyServerSubject) {
    let customer = Customer::new(subject, "office");
    let asked = customer.activate(&subject.sold);
    let (first, body) = subject.answer(&asked).await;
    for _ in 0..2 {
        assert_eq!(subject.exchange(&asked).await, first);
    }
    subject.give_back(&customer, first, &body).await;
    let (_, late) = subject.answer(&asked).await;
    assert!(matches!(late, Body::Refusal(_)), "it was given back, and yet: {late:?}");
}

async fn dropping_the_call_at_any_step_loses_nothing(subject: &KeyServerSubject) {
    let customer = Customer::new(subject, "office");
    let asked = customer.activate(&subject.sold);
    for steps in 1..=20 {
        polled(steps, subject.server.exchange(&asked)).await;
    }
    let (held, body) = subject.answer(&asked).await;
    assert!(matches!(body, Body::Certificate(_)), "the slot was taken by a call that was dropped: {body:?}");
    subject.give_back(&customer, held, &body).await;
    let (_, body) = subject.answer(&Customer::new(subject, "laptop").activate(&subject.sold)).await;
    assert!(matches!(body, Body::Certificate(_)), "a call that was dropped left a slot in use: {body:?}");
}

async fn a_refusal_is_an_answer_and_no_error(subject: &KeyServerSubject) {
    let never_sold = LicenseKey::from_random([0xEE; 15]);
    let (_, body) = subject.answer(&Customer::new(subject, "office").activate(&never_sold)).await;
    assert_eq!(body, Body::Refusal(Refusal::UnknownKey));
    let (_, body) = subject.answer(&Customer::new(subject, "office").activate(&subject.sold)).await;
    assert!(matches!(body, Body::Certificate(_)), "{body:?}");
    let (_, body) = subject.answer(&Customer::new(subject, "laptop").activate(&subject.sold)).await;
    let Body::Refusal(Refusal::NoActivationLeft { activations: 1, holders }) = body else { panic!("one host at a time: {body:?}") };
    assert_eq!(holders.iter().map(|holder| holder.host.as_str()).collect::<Vec<_>>(), ["office"]);
}

async fn a_trial_is_answered_or_said_to_be_unsupported(subject: &KeyServerSubject) {
    let trial = Customer::new(subject, "office").ask(Ask::Trial { edition: subject.edition.clone(), since: None });
    match subject.server.exchange(&trial).await {
        Ok(statement) => {
            let answer = subject.open(&statement, &trial).unwrap_or_else(|error| panic!("the answer does not open: {error}"));
            assert!(matches!(answer.body, Body::Certificate(_) | Body::Refusal(_)), "{:?}", answer.body);
        }
        Err(KeyServerError::Unsupported { kind }) => assert_eq!(kind, Kind::Trial),
        Err(error) => panic!("neither answered nor unsupported: {error}"),
    }
}

async fn a_pool_is_delegated_as_it_was_sold_or_said_to_be_unsupported(subject: &KeyServerSubject) {
    let server = Customer::new(subject, "pool-server");
    let asked = server.delegate(&subject.pool);
    let Some(mut held) = subject.delegated(&asked).await else { return };
    let (seats, sold_until) = subject.pool_of;
    let mut generation = 0;
    for _ in 0..3 {
        let (statement, delegation) = held;
        assert_eq!((delegation.server, delegation.seats), (server.device.public(), seats));
        assert_eq!((&delegation.rights.product, delegation.rights.key_type), (&subject.product, KeyType::Network));
        assert!(delegation.window.until.is_some_and(|until| until <= sold_until), "it outlives what was sold: {:?}", delegation.window);
        assert!(delegation.generation > generation, "generation {} after {generation}", delegation.generation);
        generation = delegation.generation;
        let activation = delegation.activation.clone();
        let renewal = server.ask(Ask::Refresh { activation: activation.clone(), held: statement });
        held = subject.delegated(&renewal).await.unwrap_or_else(|| panic!("it was delegated, and is not renewed"));
        assert_eq!(held.1.activation, activation);
        // A lost answer is brought again.
        assert_eq!(subject.exchange(&renewal).await, held.0);
    }
    // A key is asked for what it is for (row K2).
    let (_, body) = subject.answer(&Customer::new(subject, "office").activate(&subject.pool)).await;
    assert_eq!(body, Body::Refusal(Refusal::NeedsLicenseServer));
    let (_, body) = subject.answer(&server.delegate(&subject.sold)).await;
    assert_eq!(body, Body::Refusal(Refusal::StandAloneKeyHasNoServer));
}

async fn one_license_server_at_a_time_may_sign_for_a_pool(subject: &KeyServerSubject) {
    let (first, second) = (Customer::new(subject, "pool-server"), Customer::new(subject, "other-server"));
    let asked = first.delegate(&subject.pool);
    let Some((held, delegation)) = subject.delegated(&asked).await else { return };
    let (_, body) = subject.answer(&second.delegate(&subject.pool)).await;
    let Body::Refusal(Refusal::NoActivationLeft { activations: 1, holders }) = body else { panic!("one server at a time: {body:?}") };
    assert_eq!(holders.iter().map(|holder| holder.host.as_str()).collect::<Vec<_>>(), ["pool-server"]);
    subject.give_back(&first, held, &Body::Delegation(delegation)).await;
    assert!(subject.delegated(&second.delegate(&subject.pool)).await.is_some(), "the pool was given back");
    let (_, late) = subject.answer(&asked).await;
    assert_eq!(late, Body::Refusal(Refusal::RequestSpent));
}

/// Goes at most so many steps with a call, then drops it.
async fn polled<F: Future>(steps: u32, call: F) {
    let mut call = Box::pin(call);
    let mut left = steps;
    std::future::poll_fn(|context| {
        left = left.saturating_sub(1);
        let done = call.as_mut().poll(context).is_ready();
        if done || left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
