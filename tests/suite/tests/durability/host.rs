//! Hosts that ask a key server, with their requests as bytes, so that the same bytes can be sent again.

use keyward_domain::document::{Addressee, Answer, Ask, Body, Nonce, Request};
use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::{PublicKey, SigningKey};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::profile::{ProductProfile, TlsTerms};
use keyward_domain::seal::{Keyward, Scheme as _, Sealed, SignatureEntry, Statement};
use keyward_domain::time::Timestamp;
use keyward_proxy::ClientConfig;
use keyward_wire::{EXCHANGE_PATH, Problem, media};
use std::time::Duration;

/// Nobody waits so long for a server that lives, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// The client of products, for one authority.
pub(crate) fn client(ca: &str) -> reqwest::Client {
    let mut config = ClientConfig::new(TlsTerms { ca: Some(ca.into()), pins: Vec::new() });
    config.connect_timeout = PATIENCE;
    config.deadline = PATIENCE;
    keyward_proxy::client(&config).expect("a client")
}

/// A host, by its device key; no part of it is in another.
pub(crate) struct Host {
    name: String,
    device: SigningKey,
}

impl Host {
    pub(crate) fn new(n: u32) -> Self {
        let mut seed = [7; 32];
        seed[..4].copy_from_slice(&n.to_be_bytes());
        Self { name: format!("host-{n}"), device: SigningKey::from_seed(&seed) }
    }

    /// Asks for a slot with a license key.
    pub(crate) fn activates(&self, profile: &ProductProfile, key: &LicenseKey) -> Sealed<Request> {
        let sold = SigningKey::from_seed(&key.seed());
        self.asks(profile, 1, Ask::Activate { key: sold.public(), own_slot: false }, Some(&sold))
    }

    /// What it asks with this count, signed by its device key, and by the license key where one is used.
    pub(crate) fn asks(&self, profile: &ProductProfile, count: u64, ask: Ask, sold: Option<&SigningKey>) -> Sealed<Request> {
        self.asks_of(profile.vendor.into(), profile, count, ask, sold)
    }

    /// The key that names it.
    pub(crate) fn device(&self) -> PublicKey {
        self.device.public()
    }

    /// The same, asked of whomever.
    pub(crate) fn asks_of(
        &self,
        to: Addressee,
        profile: &ProductProfile,
        count: u64,
        ask: Ask,
        sold: Option<&SigningKey>,
    ) -> Sealed<Request> {
        let parts = [PartKind::Machine, PartKind::Nic, PartKind::Disk].map(|kind| Part::new(kind, &format!("{}-{kind}", self.name)));
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&count.to_be_bytes());
        let words = Request {
            needs: Vec::new(),
            to,
            ask,
            nonce: Nonce(nonce),
            product: profile.product.clone(),
            version: profile.version.clone(),
            language: "en-US".parse().expect("a language"),
            device: self.device.public(),
            host: self.name.parse().expect("a name"),
            fingerprint: Fingerprint::of(&profile.vendor, parts.iter().flatten()),
            count,
            created: Timestamp::UNIX_EPOCH,
            typed: None,
        };
        let signed = Sealed::seal(words, |message| {
            let entry = |key: &SigningKey| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
            Ok::<_, std::convert::Infallible>(std::iter::once(&self.device).chain(sold).map(entry).collect())
        });
        signed.expect("it is signed")
    }
}

/// What came of sending a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A whole answer.
    Answer(Box<[u8]>),
    /// A whole problem document.
    Problem(Box<Problem>),
    /// Nothing whole: nobody knows whether the request arrived.
    Nothing,
}

impl Heard {
    #[track_caller]
    pub(crate) fn answer(self) -> Box<[u8]> {
        match self {
            Self::Answer(bytes) => bytes,
            other => panic!("there is no answer: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn problem(self) -> Problem {
        match self {
            Self::Problem(problem) => *problem,
            other => panic!("there is no problem: {other:?}"),
        }
    }
}

/// Sends a request to a server.
pub(crate) async fn send(client: &reqwest::Client, url: &str, request: &Sealed<Request>) -> Heard {
    let call = client.post(format!("{url}{EXCHANGE_PATH}")).header("content-type", media::ENVELOPE).body(request.envelope().to_json());
    let Ok(response) = call.send().await else { return Heard::Nothing };
    let (status, kind) = (response.status().as_u16(), response.headers().get("content-type").cloned());
    let Ok(body) = response.bytes().await else { return Heard::Nothing };
    match (status, kind.as_ref().and_then(|kind| kind.to_str().ok())) {
        (200, Some(media::REPLY)) => Heard::Answer(body.to_vec().into()),
        (400.., Some(media::PROBLEM)) => Heard::Problem(serde_json::from_slice(&body).expect("a problem document")),
        other => panic!("neither an answer nor a problem: {other:?} {}", String::from_utf8_lossy(&body)),
    }
}

/// What an answer says: it is the issuer's, and answers this request.
#[track_caller]
pub(crate) fn open(profile: &ProductProfile, request: &Sealed<Request>, bytes: &[u8]) -> Body {
    let (Answer { body, .. }, _) = Keyward.open(bytes, &profile.trust(), request).expect("the answer opens for its request");
    body
}

/// An answer as a host keeps it.
pub(crate) fn held(bytes: &[u8]) -> Statement {
    Statement::new(Keyward::NAME, bytes)
}
