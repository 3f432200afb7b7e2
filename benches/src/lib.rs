//! Requests to measure with: signed as a real host signs them, made beforehand so that signing is not what is measured.

use keyward_domain::document::{Ask, Nonce, Request};
use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::SigningKey;
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
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&count.to_be_bytes());
        let words = Request {
            needs: Vec::new(),
            to: profile.vendor.into(),
            ask: Ask::Activate { key: license_key.public(), own_slot: false },
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
        };
        let sealed = Sealed::seal(words, |message| {
            let sign = |key: &SigningKey| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
            Ok::<_, std::convert::Infallible>(vec![sign(&self.device), sign(&license_key)])
        });
        match sealed {
            Ok(sealed) => Ok(sealed),
            Err(never) => match never {},
        }
    }
}
