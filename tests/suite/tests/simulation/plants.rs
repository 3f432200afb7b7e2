//! Bugs to be found: decorators that break one promise each. None of them is in the product.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::anchor::AnchorContents;
use keyward_domain::device::Device;
use keyward_domain::document::{Answer, Request};
use keyward_domain::entitlement::Entitlement;
use keyward_domain::keys::KeyId;
use keyward_domain::record::{LogEntry, Lookup, Record, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Reply, Scheme, SchemeName, SealError, Sealed, Statement, Trust};
use keyward_domain::signers::VendorId;
use keyward_domain::time::{Now, Timestamp};
use keyward_domain::vault::VaultContents;
use keyward_fakes::world::Outfit;
use keyward_ports::{
    Anchor, AnchorError, Clock, Committed, Deed, KeyServer, KeyServerError, Lead, Ledger, LedgerError, Look, Page, Query, SecretName,
    Secrets, SecretsError, Vault, VaultError, Versioned, View,
};
use zeroize::Zeroizing;

/// A vault that does not write down what is about to be sent.
pub(crate) struct ForgetfulVaults;

/// An anchor that forgets one of the things it is for.
pub(crate) struct ForgetfulAnchors(pub(crate) fn(&mut AnchorContents));

/// A place for private keys that keeps none.
pub(crate) struct EmptySecrets;

/// A host whose running time does not pass.
pub(crate) struct StandingClocks;

/// A product that believes whatever is brought.
pub(crate) struct Gullible;

/// A ledger that changes what is read, and what is written.
#[derive(Clone, Copy)]
pub(crate) struct LyingLedgers {
    pub(crate) read: fn(&mut Record),
    /// Told what is kept under the key of each record that is about to be written.
    pub(crate) write: fn(&mut Record, Option<&Record>),
    pub(crate) deed: fn(&mut Deed),
}

/// A ledger that says `Done` and did nothing.
#[derive(Clone, Copy)]
pub(crate) struct LazyLedgers;

/// A ledger that does not look at versions.
#[derive(Clone, Copy)]
pub(crate) struct BlindLedgers;

/// A server that now and then hands out the answer before.
#[derive(Default)]
pub(crate) struct SwappingServers(Arc<Mutex<Vec<Statement>>>);

/// A carrier that tells the ledger the license keys that people type.
#[derive(Default, Clone)]
pub(crate) struct TalkativeCarriers(Arc<Mutex<Option<String>>>);

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A decorator of some port.
struct Planted<P: ?Sized, T> {
    inner: Arc<P>,
    plant: T,
}

impl Outfit for ForgetfulVaults {
    fn vault(&self, _host: &str, inner: Arc<dyn Vault>) -> Arc<dyn Vault> {
        Arc::new(Planted { inner, plant: Self })
    }
}

impl Vault for Planted<dyn Vault, ForgetfulVaults> {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        self.inner.load()
    }

    fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        if contents.outbox.is_empty() { self.inner.save(lead, contents) } else { Ok(()) }
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        self.inner.lead()
    }

    fn set_aside(&self, lead: &Lead) -> Result<(), VaultError> {
        self.inner.set_aside(lead)
    }

    fn generation(&self) -> Result<u64, VaultError> {
        self.inner.generation()
    }
}

impl Outfit for ForgetfulAnchors {
    fn anchor(&self, _host: &str, inner: Arc<dyn Anchor>) -> Arc<dyn Anchor> {
        Arc::new(Planted { inner, plant: self.0 })
    }
}

impl Anchor for Planted<dyn Anchor, fn(&mut AnchorContents)> {
    fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError> {
        self.inner.load(vendor)
    }

    fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError> {
        let mut contents = contents.clone();
        (self.plant)(&mut contents);
        self.inner.save(vendor, &contents)
    }
}

impl Outfit for EmptySecrets {
    fn secrets(&self, _host: &str, inner: Arc<dyn Secrets>) -> Arc<dyn Secrets> {
        Arc::new(Planted { inner, plant: Self })
    }
}

impl Secrets for Planted<dyn Secrets, EmptySecrets> {
    fn get(&self, name: &SecretName) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        self.inner.get(name)
    }

    fn put(&self, _name: &SecretName, _secret: &[u8]) -> Result<(), SecretsError> {
        Ok(())
    }

    fn remove(&self, name: &SecretName) -> Result<(), SecretsError> {
        self.inner.remove(name)
    }
}

impl Outfit for StandingClocks {
    fn clock(&self, _host: &str, inner: Arc<dyn Clock>) -> Arc<dyn Clock> {
        Arc::new(Planted { inner, plant: Self })
    }
}

impl Clock for Planted<dyn Clock, StandingClocks> {
    fn now(&self) -> Now {
        Now { running: Duration::ZERO, ..self.inner.now() }
    }
}

impl Outfit for Gullible {
    fn scheme(&self, _host: &str, inner: Arc<dyn Scheme>) -> Arc<dyn Scheme> {
        Arc::new(Planted { inner, plant: Self })
    }
}

impl Scheme for Planted<dyn Scheme, Gullible> {
    fn name(&self) -> SchemeName {
        self.inner.name()
    }

    fn open(&self, bytes: &[u8], trust: &Trust, asked: &Sealed<Request>) -> Result<(Answer, KeyId), SealError> {
        let genuine = self.inner.open(bytes, trust, asked);
        let signer = Reply::from_bytes(bytes).ok().and_then(|reply| reply.answer.signatures().first()?.keyid.parse().ok());
        let words = Reply::from_bytes(bytes).ok().and_then(|reply| serde_json::from_slice(reply.answer.payload()).ok());
        match (&genuine, words.zip(signer)) {
            (Err(SealError::BadSignature), Some(believed)) => Ok(believed),
            _ => genuine,
        }
    }
}

/// What a ledger does instead of what it should.
#[async_trait]
trait Instead: Clone + Send + Sync + 'static {
    fn read(&self, _record: &mut Record) {}

    async fn commit(&self, inner: &dyn Ledger, deed: Deed) -> Result<Committed, LedgerError>;
}

#[async_trait]
impl<T: Instead> Ledger for Planted<dyn Ledger, T> {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.inner.answered(name).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        let mut found = self.inner.read(key).await?;
        if let Some(found) = &mut found {
            self.plant.read(&mut found.record);
        }
        Ok(found)
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.inner.find(lookup).await
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        let plant = self.plant.clone();
        self.inner.look(Box::new(move |inner| look(&Seen { inner, plant }))).await
    }

    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        self.plant.commit(&*self.inner, deed).await
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        self.inner.page(query).await
    }
}

/// A ledger as it is seen through a plant.
struct Seen<'a, T> {
    inner: &'a dyn View,
    plant: T,
}

impl<T: Instead> View for Seen<'_, T> {
    fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.inner.answered(name)
    }

    fn read(&self, key: &RecordKey) -> Result<Option<Arc<Versioned>>, LedgerError> {
        let found = self.inner.read(key)?;
        Ok(found.map(|found| {
            let mut found = Versioned::clone(&found);
            self.plant.read(&mut found.record);
            Arc::new(found)
        }))
    }

    fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.inner.find(lookup)
    }
}

impl Outfit for LyingLedgers {
    fn ledger(&self, _server: &str, inner: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        Arc::new(Planted { inner, plant: *self })
    }
}

#[async_trait]
impl Instead for LyingLedgers {
    fn read(&self, record: &mut Record) {
        (self.read)(record);
    }

    async fn commit(&self, inner: &dyn Ledger, mut deed: Deed) -> Result<Committed, LedgerError> {
        for write in &mut deed.writes {
            let kept = inner.read(&write.record.key()).await?.map(|found| found.record);
            (self.write)(&mut write.record, kept.as_ref());
        }
        (self.deed)(&mut deed);
        inner.commit(deed).await
    }
}

impl LyingLedgers {
    pub(crate) const HONEST: Self = Self { read: |_| {}, write: |_, _| {}, deed: |_| {} };
}

/// Both as entitlements.
pub(crate) fn sold<'a>(written: &'a mut Record, kept: Option<&'a Record>) -> Option<(&'a mut Entitlement, &'a Entitlement)> {
    match (written, kept) {
        (Record::Entitlement(written), Some(Record::Entitlement(kept))) => Some((written, kept)),
        _ => None,
    }
}

/// A device of which nobody remembers a count.
pub(crate) fn forgotten(device: &Device) -> Device {
    Device::new(device.key, device.host.clone(), device.seen)
}

impl Outfit for LazyLedgers {
    fn ledger(&self, _server: &str, inner: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        Arc::new(Planted { inner, plant: Self })
    }
}

#[async_trait]
impl Instead for LazyLedgers {
    async fn commit(&self, _inner: &dyn Ledger, _deed: Deed) -> Result<Committed, LedgerError> {
        Ok(Committed::Done)
    }
}

impl Outfit for BlindLedgers {
    fn ledger(&self, _server: &str, inner: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        Arc::new(Planted { inner, plant: Self })
    }
}

#[async_trait]
impl Instead for BlindLedgers {
    async fn commit(&self, inner: &dyn Ledger, mut deed: Deed) -> Result<Committed, LedgerError> {
        loop {
            for write in &mut deed.writes {
                write.read = inner.read(&write.record.key()).await?.map_or(0, |found| found.version);
            }
            match inner.commit(deed.clone()).await? {
                Committed::Conflict => {}
                committed => return Ok(committed),
            }
        }
    }
}

impl Outfit for SwappingServers {
    fn key_server(&self, _server: &str, inner: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        Arc::new(Planted { inner, plant: Self(Arc::clone(&self.0)) })
    }
}

#[async_trait]
impl KeyServer for Planted<dyn KeyServer, SwappingServers> {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let statement = self.inner.exchange(request).await?;
        let mut given = locked(&self.plant.0);
        given.push(statement.clone());
        let swap = given.len().is_multiple_of(10);
        Ok(if swap { given[given.len() - 2].clone() } else { statement })
    }
}

impl Outfit for TalkativeCarriers {
    fn carrier(&self, _host: &str, inner: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        Arc::new(Planted { inner, plant: Self(Arc::clone(&self.0)) })
    }

    fn ledger(&self, _server: &str, inner: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        Arc::new(Planted { inner, plant: Self(Arc::clone(&self.0)) })
    }
}

#[async_trait]
impl KeyServer for Planted<dyn KeyServer, TalkativeCarriers> {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        if let Some(typed) = &request.words().typed {
            *locked(&self.plant.0) = Some(typed.0.expose().to_string());
        }
        self.inner.exchange(request).await
    }
}

#[async_trait]
impl Instead for TalkativeCarriers {
    async fn commit(&self, inner: &dyn Ledger, mut deed: Deed) -> Result<Committed, LedgerError> {
        let heard = locked(&self.0).take();
        deed.log.extend(heard.map(|key| LogEntry {
            at: Timestamp::UNIX_EPOCH,
            actor: "somebody".into(),
            act: format!("heard {key}").into(),
            entitlement: None,
            activation: None,
            host: None,
            request: None,
        }));
        inner.commit(deed).await
    }
}
