//! What the observer hears: requests as they leave a host, requests and answers as they pass a server's door. And the dishonest carrier.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keyward_domain::document::{Answer, Body, Request};
use keyward_domain::seal::{Envelope, Reply, Scheme, Sealed, Statement};
use keyward_domain::signers::VendorId;
use keyward_fakes::world::Outfit;
use keyward_fakes::{FakeAnchor, FakeVault};
use keyward_ports::{Anchor, Clock, KeyServer, KeyServerError, Ledger, Secrets, Vault};

/// So many exchanges are remembered for mischief.
const MEMORY: usize = 48;

/// A request that came to a server's door, and the answer that left it; none if none did.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) request: Sealed<Request>,
    pub(crate) answer: Option<(Statement, Answer)>,
    /// So many requests had arrived in this step when it was answered, itself among them.
    pub(crate) among: usize,
}

/// An answer as it was brought to a host.
#[derive(Clone)]
pub(crate) struct Brought {
    pub(crate) answer: Option<Answer>,
    pub(crate) meddled: bool,
}

/// What a dishonest carrier does to the next answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mischief {
    /// Writes a better answer into it.
    Tamper,
    /// Brings another host's, or another request's.
    Swap,
}

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) brought: Vec<Brought>,
    pub(crate) sent: Vec<(String, Sealed<Request>)>,
    pub(crate) untold: Vec<(String, String)>,
    pub(crate) mischief: Option<Mischief>,
    pub(crate) memory: VecDeque<(Sealed<Request>, Statement)>,
    pub(crate) disks: BTreeMap<String, (Arc<FakeVault>, Arc<FakeAnchor>)>,
}

/// All taps of one world.
pub(crate) struct Tap {
    heard: Mutex<Heard>,
    vendor: Mutex<Option<VendorId>>,
}

impl Tap {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { heard: Mutex::default(), vendor: Mutex::default() })
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_of(&self, vendor: VendorId) {
        *self.vendor.lock().unwrap_or_else(PoisonError::into_inner) = Some(vendor);
    }

    /// Promise 3: what is sent stands in the vault already, and its count in the anchor.
    pub(crate) fn look_at_disks(&self, host: &str, request: &Sealed<Request>) {
        let mut heard = self.heard();
        let vendor = *self.vendor.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some((vault, anchor)), Some(vendor)) = (heard.disks.get(host).cloned(), vendor) else { return };
        let envelope = serde_json::to_string(request.envelope()).expect("an envelope is JSON");
        let written = vault.image().text().is_some_and(|text| text.contains(&envelope));
        let anchored = anchor.load(&vendor).is_ok_and(|it| it.count >= request.words().count);
        if !written {
            heard.untold.push((host.into(), "a request left that is not in the vault".into()));
        }
        if !anchored {
            heard.untold.push((host.into(), "a request left whose count is not in the anchor".into()));
        }
    }
}

/// The words of an answer, believing nothing.
pub(crate) fn words(statement: &Statement) -> Option<Answer> {
    serde_json::from_slice(Reply::from_bytes(statement.bytes()).ok()?.answer.payload()).ok()
}

/// The same answer with better words under the old signature.
pub(crate) fn improved(statement: &Statement) -> Option<Statement> {
    let mut reply = Reply::from_bytes(statement.bytes()).ok()?;
    let mut answer: Answer = serde_json::from_slice(reply.answer.payload()).ok()?;
    match &mut answer.body {
        Body::Certificate(certificate) => {
            certificate.window.until = None;
            certificate.generation += 1;
        }
        Body::Delegation(_) | Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => answer.revocations.clear(),
    }
    let payload = serde_json::to_vec(&answer).ok()?;
    reply.answer = Envelope::new(reply.answer.payload_type(), payload, reply.answer.signatures().to_vec());
    Some(reply.to_statement())
}

struct AtTheHost {
    name: String,
    tap: Arc<Tap>,
    inner: Arc<dyn KeyServer>,
}

#[async_trait]
impl KeyServer for AtTheHost {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.tap.look_at_disks(&self.name, request);
        self.tap.heard().sent.push((self.name.clone(), request.clone()));
        let honest = self.inner.exchange(request).await?;
        let mut heard = self.tap.heard();
        let brought = match heard.mischief.take() {
            None => None,
            Some(Mischief::Tamper) => improved(&honest),
            Some(Mischief::Swap) => heard.memory.iter().find(|(known, _)| known.name() != request.name()).map(|(_, other)| other.clone()),
        };
        let meddled = brought.as_ref().is_some_and(|brought| *brought != honest);
        let brought = brought.unwrap_or(honest);
        heard.memory.push_back((request.clone(), brought.clone()));
        if heard.memory.len() > MEMORY {
            heard.memory.pop_front();
        }
        heard.brought.push(Brought { answer: words(&brought), meddled });
        Ok(brought)
    }
}

struct AtTheDoor {
    tap: Arc<Tap>,
    inner: Arc<dyn KeyServer>,
}

#[async_trait]
impl KeyServer for AtTheDoor {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let place = {
            let mut heard = self.tap.heard();
            heard.arrivals.push(Arrival { request: request.clone(), answer: None, among: 0 });
            heard.arrivals.len() - 1
        };
        let statement = self.inner.exchange(request).await?;
        let answer = words(&statement).map(|answer| (statement.clone(), answer));
        let mut heard = self.tap.heard();
        let among = heard.arrivals.len();
        if let Some(arrival) = heard.arrivals.get_mut(place) {
            (arrival.answer, arrival.among) = (answer, among);
        }
        Ok(statement)
    }
}

/// The taps, and between them and the world whatever a test planted.
pub(crate) struct Tapped {
    pub(crate) tap: Arc<Tap>,
    pub(crate) plant: Arc<dyn Outfit>,
}

impl Outfit for Tapped {
    fn vault(&self, host: &str, vault: Arc<dyn Vault>) -> Arc<dyn Vault> {
        self.plant.vault(host, vault)
    }

    fn anchor(&self, host: &str, anchor: Arc<dyn Anchor>) -> Arc<dyn Anchor> {
        self.plant.anchor(host, anchor)
    }

    fn secrets(&self, host: &str, secrets: Arc<dyn Secrets>) -> Arc<dyn Secrets> {
        self.plant.secrets(host, secrets)
    }

    fn clock(&self, host: &str, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        self.plant.clock(host, clock)
    }

    fn scheme(&self, host: &str, scheme: Arc<dyn Scheme>) -> Arc<dyn Scheme> {
        self.plant.scheme(host, scheme)
    }

    fn carrier(&self, host: &str, carrier: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        let inner = self.plant.carrier(host, carrier);
        Arc::new(AtTheHost { name: host.into(), tap: Arc::clone(&self.tap), inner })
    }

    fn key_server(&self, server: &str, key_server: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        self.plant.key_server(server, Arc::new(AtTheDoor { tap: Arc::clone(&self.tap), inner: key_server }))
    }

    fn ledger(&self, server: &str, ledger: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        self.plant.ledger(server, ledger)
    }

    fn server_clock(&self, server: &str, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        self.plant.server_clock(server, clock)
    }
}
