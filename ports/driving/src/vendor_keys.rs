//! The vendor's keys on a server: public halves and statements in the ledger, private halves behind `Secrets`.

use std::sync::{Arc, Mutex, PoisonError};

use keyward_domain::keys::{KeyId, PublicKey};
use keyward_domain::record::{Record, RecordKey, Signers};
use keyward_domain::seal::{Document, Envelope, Keyward, Reply, Sealed, SignatureEntry, Statement, Trust};
use keyward_domain::signers::VendorId;
use keyward_ports::{Entropy, EntropyError, Ledger, LedgerError, SecretName, Secrets, SecretsError, Signer, SignerError, SoftwareSigner};
use zeroize::Zeroizing;

/// Why a vendor's key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The server was never started.
    #[error("this server has no keys; start it once to make them")]
    NotBegun,
    /// The private half is not here.
    #[error("the private half of key {0} is not on this server; put its file back into the server's keys, or rotate the issuer")]
    Away(KeyId),
    /// The root was removed.
    #[error("the root is not on this server any more; use the file it was exported to")]
    RootAway,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The key does not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// No random numbers.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Loads and makes the vendor's keys.
pub(crate) struct VendorKeys {
    ledger: Arc<dyn Ledger>,
    secrets: Arc<dyn Secrets>,
    /// The issuer that signed last: reading it from the disk for every answer would be slower than signing.
    last: Mutex<Option<Arc<SoftwareSigner>>>,
    /// The key statement that was verified last, and whom it makes the server believe: verifying it for every answer would double its cost.
    believed: Mutex<Option<(Envelope, Trust)>>,
}

impl VendorKeys {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, secrets: Arc<dyn Secrets>) -> Self {
        Self { ledger, secrets, last: Mutex::new(None), believed: Mutex::new(None) }
    }

    /// The vendor's keys and their version in the ledger.
    pub(crate) async fn signers(&self) -> Result<(u64, Signers), KeysError> {
        match self.ledger.read(&RecordKey::Signers).await? {
            Some(found) => match found.record {
                Record::Signers(signers) => Ok((found.version, signers)),
                _ => Err(KeysError::NotBegun),
            },
            None => Err(KeysError::NotBegun),
        }
    }

    /// Whom the vendor's own server believes: its roots and its own newest statement.
    pub(crate) fn trust(&self, signers: &Signers) -> Result<Trust, KeysError> {
        let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, trust)) = believed.as_ref().filter(|(sealed, _)| *sealed == signers.sealed) {
            return Ok(trust.clone());
        }
        let vendor = VendorId::of(signers.roots.first().ok_or(KeysError::NotBegun)?);
        let mut trust = Trust::new(vendor, signers.roots.clone(), 0);
        trust.learn(&signers.sealed).map_err(|_| KeysError::NotBegun)?;
        *believed = Some((signers.sealed.clone(), trust.clone()));
        Ok(trust)
    }

    /// A signer of the vendor whose private half is here.
    pub(crate) fn signer(&self, key: &PublicKey) -> Result<Arc<SoftwareSigner>, KeysError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signer) = last.as_ref().filter(|signer| signer.public() == *key) {
            return Ok(Arc::clone(signer));
        }
        let away = || KeysError::Away(key.id());
        let secret = self.secrets.get(&secret_name(key))?.ok_or_else(away)?;
        let seed = secret.as_slice().try_into().map_err(|_| away())?;
        let signer = Arc::new(SoftwareSigner::from_seed(seed));
        *last = Some(Arc::clone(&signer));
        Ok(signer)
    }

    /// Whether a private half is here.
    pub(crate) fn is_here(&self, key: &PublicKey) -> Result<bool, KeysError> {
        Ok(self.secrets.get(&secret_name(key))?.is_some())
    }

    /// Makes a key and keeps its private half.
    pub(crate) fn make(&self, entropy: &dyn Entropy) -> Result<PublicKey, KeysError> {
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(&mut *seed)?;
        let public = SoftwareSigner::from_seed(&seed).public();
        self.secrets.put(&secret_name(&public), &*seed)?;
        Ok(public)
    }

    /// The seed of a key whose private half is here, to be exported.
    pub(crate) fn export(&self, key: &PublicKey) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        self.secrets.get(&secret_name(key))?.ok_or(KeysError::RootAway)
    }

    /// Removes a private half from this server.
    pub(crate) fn remove(&self, key: &PublicKey) -> Result<(), KeysError> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(self.secrets.remove(&secret_name(key))?)
    }
}

/// Signers newer than a server knows, which a root of the vendor signed and a device shows with what it holds.
pub(crate) fn newer(known: &Signers, held: &Statement) -> Option<Signers> {
    if *held.scheme() != Keyward::NAME {
        return None;
    }
    let reply = Reply::from_bytes(held.bytes()).ok()?;
    let vendor = VendorId::of(known.roots.first()?);
    let mut trust = Trust::new(vendor, known.roots.clone(), known.current.version + 1);
    for sealed in &reply.keys {
        trust.learn(sealed).ok()?;
    }
    let (current, sealed) = (trust.signers()?.clone(), trust.newest()?.clone());
    Some(Signers { current, sealed, draft: None, ..known.clone() })
}

/// Seals a document under one key of the vendor.
pub(crate) fn seal<T: Document>(words: T, signer: &dyn Signer) -> Result<Sealed<T>, SignerError> {
    Sealed::seal(words, |message| Ok(vec![SignatureEntry { keyid: signer.public().id().to_string().into(), sig: signer.sign(message)? }]))
}

fn secret_name(key: &PublicKey) -> SecretName {
    SecretName::new(&format!("vendor-{}", key.id()))
}
