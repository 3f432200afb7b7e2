//! Requests to measure with: signed as a real host signs them, made beforehand so that signing is not what is measured.

use keyward_domain::document::{Addressee, Ask, Nonce, Request, Wish};
use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::{KeyId, SigningKey};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::NameError;
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::{Sealed, SignatureEntry};
use keyward_domain::time::Timestamp;

/// One made-up host: a device key and parts that nobody else has.
pub struct MadeHost {
    device: SigningKey,
    fingerprint: Fingerprint,
    name: String,
}

impl MadeHost {
    /// The n-th host of a run; another salt, another run.
    pub fn new(profile: &ProductProfile, salt: u64, n: u64) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&salt.to_be_bytes());
        seed[8..16].copy_from_slice(&n.to_be_bytes());
        let part = |kind| Part::new(kind, &format!("{salt:x}-{n:x}-{kind}"));
        let parts: Vec<_> = [PartKind::Machine, PartKind::Nic, PartKind::Disk].into_iter().filter_map(part).collect();
        Self { device: SigningKey::from_seed(&seed), fingerprint: Fingerprint::of(&profile.vendor, &parts), name: format!("load-{n}") }
    }

    /// Its request to activate a license key.
    pub fn activation(&self, profile: &ProductProfile, key: &LicenseKey, count: u64) -> Result<Sealed<Request>, NameError> {
        let license_key = SigningKey::from_seed(&key.seed());
        let ask = Ask::Activate { key: license_key.public(), own_slot: false };
        let words = self.words(profile, profile.vendor.into(), ask, count)?;
        Ok(sealed(words, &[&self.device, &license_key]))
    }

    /// Its request to a license server for a seat; its user is always the same.
    pub fn check_out(&self, profile: &ProductProfile, server: KeyId, count: u64) -> Result<Sealed<Request>, NameError> {
        let (editions, features) = ([].into(), [].into());
        let wish = Wish { user: "ada".parse()?, process: None, license: None, editions, features, ticket: None };
        let words = self.words(profile, Addressee::Server(server), Ask::CheckOut { wish, held: None }, count)?;
        Ok(sealed(words, &[&self.device]))
    }

    fn words(&self, profile: &ProductProfile, to: Addressee, ask: Ask, count: u64) -> Result<Request, NameError> {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&count.to_be_bytes());
        Ok(Request {
            needs: Vec::new(),
            to,
            ask,
            nonce: Nonce(nonce),
            product: profile.product.clone(),
            version: profile.version.clone(),
            language: "en-US".parse()?,
            device: self.device.public(),
            host: self.name.parse()?,
            fingerprint: self.fingerprint.clone(),
            count,
            created: Timestamp::UNIX_EPOCH,
            typed: None,
        })
    }
}

fn sealed(words: Request, keys: &[&SigningKey]) -> Sealed<Request> {
    let sealed = Sealed::seal(words, |message| {
        let sign = |key: &&SigningKey| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
        Ok::<_, std::convert::Infallible>(keys.iter().map(sign).collect())
    });
    match sealed {
        Ok(sealed) => sealed,
        Err(never) => match never {},
    }
}
