//! A toy service, hosts that ask it, and the running of what waits for nothing.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use keyward_domain::document::{Answer, Ask, Body, Nonce, Request, Typed};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::{PublicKey, SigningKey};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::seal::{self, Keyward, SealError, Sealed, SignatureEntry, Statement, Trust, Verified};
use keyward_domain::signers::VendorId;
use keyward_ports::{HostProbe as _, KeyServer as _, KeyServerError};

use crate::{FakeClock, FakeHost, ToyBackend, ToyTerms};

/// What a future that waits for nothing comes to, but for a timer that lets others go on.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..2 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("it waits")
}

/// A service that sold one key, and hosts that ask.
pub(crate) struct Shop {
    pub(crate) service: Arc<ToyBackend>,
    pub(crate) key: Arc<LicenseKey>,
    asked: u8,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let clock = FakeClock::at("2027-01-01T00:00:00Z".parse().expect("an instant"));
        let service = Arc::new(ToyBackend::new(&[7; 32], Arc::new(clock)));
        let key = Arc::new(LicenseKey::from_random([9; 15]));
        let editions = ["Standard", "Plus"].map(|edition| edition.parse().expect("an edition"));
        let terms = ToyTerms { product: "cad".parse().expect("a product"), editions: editions.into(), until: None, hosts: 1 };
        service.sell(&key, terms);
        Self { service, key, asked: 0 }
    }

    pub(crate) fn activate(&mut self, host: &str, typed: Option<&Arc<LicenseKey>>) -> Sealed<Request> {
        let key = SigningKey::from_seed(&self.key.seed());
        self.request(host, Ask::Activate { key: key.public(), own_slot: false }, typed, &[key])
    }

    pub(crate) fn request(&mut self, host: &str, ask: Ask, typed: Option<&Arc<LicenseKey>>, also: &[SigningKey]) -> Sealed<Request> {
        self.asked += 1;
        let device = SigningKey::from_seed(&[1; 32]);
        let probed = FakeHost::named(host).expect("a name").look();
        let words = Request {
            needs: Vec::new(),
            to: vendor().into(),
            ask,
            nonce: Nonce([self.asked; 16]),
            product: "cad".parse().expect("a product"),
            version: "2027".parse().expect("a version"),
            language: "en-US".parse().expect("a language"),
            device: device.public(),
            host: probed.name,
            fingerprint: Fingerprint::of(&vendor(), &probed.parts),
            count: self.asked.into(),
            created: "2027-01-01T00:00:00Z".parse().expect("an instant"),
            typed: typed.map(|key| Typed(key.clone())),
        };
        let entry = |key: &SigningKey, message: &[u8]| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
        let sign = |message: &[u8]| Ok::<_, ()>([&device].into_iter().chain(also).map(|key| entry(key, message)).collect());
        Sealed::seal(words, sign).expect("it is signed")
    }

    pub(crate) fn ask(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        at_once(self.service.exchange(request))
    }

    pub(crate) fn open_answer(&self, statement: &Statement, asked: &Sealed<Request>) -> Result<Verified<Answer>, SealError> {
        seal::open(statement, &[&Keyward, &self.service.scheme()], &Trust::new(vendor(), vec![root()], 0), asked)
    }

    pub(crate) fn body(&self, asked: &Sealed<Request>) -> Body {
        let statement = self.ask(asked).expect("is answered");
        self.open_answer(&statement, asked).expect("opens").into_words().body
    }
}

pub(crate) fn root() -> PublicKey {
    SigningKey::from_seed(&[2; 32]).public()
}

pub(crate) fn vendor() -> VendorId {
    VendorId::of(&root())
}
