//! A host on the LAN that takes a seat over the wire.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Addressee, Ask, Body, Nonce, Request, Wish};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Beat, Lifeline, PulseHeard};
use keyward_domain::profile::ProductProfile;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, Sealed, SignatureEntry};
use keyward_domain::time::Timestamp;
use keyward_host::SystemClock;
use keyward_https::{HttpsLicenseServers, KeyOfLine, Patience};
use keyward_ports::{LicenseServers as _, Seats};
use keyward_proxy::LanConfig;
use tokio::runtime::Runtime;

use super::Lan;

const PATIENCE: Duration = Duration::from_secs(30);

/// A user at a host, and the seat held.
pub(super) struct Seat {
    key: SigningKey,
    profile: ProductProfile,
    runtime: Runtime,
    generation: u64,
    lifeline: Option<Lifeline>,
}

impl Seat {
    pub(super) fn new(lan: &Lan, key: u8) -> Self {
        let profile = fs::read_to_string(&lan.profile).expect("the profile can be read");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let profile = toml::from_str(&profile).expect("a profile");
        Self { key: SigningKey::from_seed(&[key; 32]), profile, runtime, generation: 0, lifeline: None }
    }

    /// Meets the server at `HOST:PORT` as every client does.
    async fn meet(&self, at: &ServerAddress) -> (Arc<dyn Seats>, Addressee) {
        let new_line = || {
            let (client, held) = keyward_proxy::lan_client(&LanConfig { connect_timeout: PATIENCE, deadline: PATIENCE })?;
            let key: KeyOfLine = Arc::new(move || held.digest());
            Ok((client, key))
        };
        let patience = Patience { quick: PATIENCE, exchange: PATIENCE, carried: PATIENCE };
        let servers = HttpsLicenseServers::new(Box::new(new_line), Arc::new(SystemClock::new()), patience);
        let met = servers.meet(at, &self.profile.trust()).await.expect("it says who it is");
        (met.line, Addressee::Server(met.introduced.identity.server.id()))
    }

    /// Checks a seat out.
    pub(super) fn check_out(&mut self, at: &ServerAddress, count: u64) -> Result<(), Refusal> {
        let (statement, lifeline, request) = self.runtime.block_on(async {
            let (line, to) = self.meet(at).await;
            let request = self.request(to, count);
            let out = line.check_out(&request).await.expect("it answers");
            (out.statement, out.lifeline, request)
        });
        let answer = seal::open(&statement, &[&Keyward], &self.profile.trust(), &request).expect("within the delegation");
        match (answer.certificate(), &answer.body) {
            (Some(certificate), _) => (self.generation, self.lifeline) = (certificate.generation, lifeline),
            (None, Body::Refusal(refusal)) => return Err(refusal.clone()),
            (None, other) => panic!("no seat and no refusal: {other:?}"),
        }
        Ok(())
    }

    /// Keeps the seat.
    pub(super) fn beat(&self, at: &ServerAddress) -> PulseHeard {
        let lifeline = self.lifeline.as_ref().expect("it holds a seat");
        let beat = Beat { place: lifeline.place, secret: lifeline.secret.clone(), generation: self.generation };
        self.runtime.block_on(async { self.meet(at).await.0.beat(&beat).await.expect("it answers").pulse })
    }

    fn request(&self, to: Addressee, count: u64) -> Sealed<Request> {
        let (editions, features) = ([].into(), [].into());
        let wish = Wish { user: "ada".parse().expect("a name"), process: None, license: None, editions, features, ticket: None };
        let words = Request {
            needs: Vec::new(),
            to,
            ask: Ask::CheckOut { wish, held: None },
            nonce: Nonce([u8::try_from(count).expect("few requests"); 16]),
            product: self.profile.product.clone(),
            version: self.profile.version.clone(),
            language: self.profile.languages[0].clone(),
            device: self.key.public(),
            host: "laptop".parse().expect("a name"),
            fingerprint: Fingerprint::default(),
            count,
            created: Timestamp::UNIX_EPOCH,
            typed: None,
        };
        let sign = |message: &[u8]| {
            Ok::<_, std::convert::Infallible>(vec![SignatureEntry {
                keyid: self.key.public().to_string().into(),
                sig: self.key.sign(message),
            }])
        };
        Sealed::seal(words, sign).expect("it is signed")
    }
}
