//! The vendor's customers in a browser: what they see and do with their license key (rows M3 to M5), and what the owner does by a link that
//! came by mail (row A2).
//!
//! Who shows a license key gets a [`Visit`]. The key is used for that and forgotten; the visit travels as a sealed ticket in the visitor's
//! hands, and the server keeps nothing of it. With the key alone one brings requests, which their devices signed, and takes their answers:
//! nothing that is held is taken away by it.

mod answers;
mod freeing;
mod history;
mod stamp;
mod table;

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::Answer;
use keyward_domain::entitlement::Entitlement;
use keyward_domain::keys::{KeyId, SigningKey};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{EntitlementId, Language, ProductId};
use keyward_domain::record::{Lookup, Record, RecordKey};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Keyward, SealError, Statement, Trust, Verified};
use keyward_domain::time::{Timestamp, after};
use keyward_ports::{Clock, Entropy, EntropyError, Ledger, LedgerError, Mailer, Secrets, SecretsError};

use crate::issuer::{Issuer, IssuerError};
use crate::vendor_keys::{KeysError, VendorKeys};
pub use answers::{KeptAnswer, OwnAnswer, Submitted, Tab, WrongFile};
use freeing::Desks;
pub use freeing::{Asked, Freeing, OwnersLink};
pub use history::{History, Line, Who};
use stamp::{Stamp, Use};
pub use table::{LicenseState, Row, Table};

/// How long a visit lasts: long enough to carry a file to a host without a network and its answer back.
const VISIT: Duration = Duration::from_secs(8 * 3_600);

/// Serves the vendor's customers.
pub struct Portal {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    issuer: Arc<Issuer>,
    mailer: Arc<dyn Mailer>,
    keys: VendorKeys,
    stamp: Stamp,
    desks: Desks,
}

/// Somebody who showed a license key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    entitlement: EntitlementId,
    key: KeyId,
    until: Timestamp,
}

/// Why the portal does not do something. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortalError {
    /// No license key of this vendor is like this one.
    #[error("the vendor knows no such license key; compare it with the vendor's message")]
    UnknownKey,
    /// There is a newer key.
    #[error("this license key was replaced by a new one; use the new key the vendor sent")]
    KeyReplaced,
    /// The ticket is too old, or no ticket, or its license key was replaced.
    #[error("the visit has ended; log in again")]
    Ended,
    /// It is not the file that belongs here.
    #[error(transparent)]
    WrongFile(#[from] WrongFile),
    /// The license has no such slot.
    #[error("no device holds this activation any more; look at the table of devices")]
    NoSlot,
    /// No such answer was given under this license key.
    #[error("no answer of this name is kept for this license key; choose one of the list")]
    NoAnswer,
    /// What the answer gave was given back.
    #[error("what this answer gave was given back since, so it is not handed out any more; make a new request in the product")]
    AnswerSpent,
    /// The owner's link is not one, or too old.
    #[error("this link has expired or was not copied whole; ask for a new one")]
    NoLink,
    /// A rule of the domain.
    #[error("{}; {}", .0, .0.remedy())]
    Refused(Refusal),
    /// Our own statement does not open.
    #[error("an answer of this server could not be opened: {0}")]
    Seal(#[from] SealError),
    /// There is no answer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The vendor's keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The secret that tickets are sealed with.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The secret is not one that [`Portal::open`] made.
    #[error(
        "the secret `portal` has {found} bytes where {} are needed; delete it, so that another one is made: visits and links end",
        stamp::LENGTH
    )]
    ShortSecret {
        /// So many it has.
        found: usize,
    },
    /// No random numbers.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Others were always faster.
    #[error("somebody else keeps changing this; try again")]
    Busy,
}

impl Portal {
    /// A portal over a key server's ledger. The secret that tickets are sealed with is made when there is none, and stays: a restart ends no
    /// visit.
    pub fn open(
        ledger: Arc<dyn Ledger>,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        issuer: Arc<Issuer>,
        mailer: Arc<dyn Mailer>,
    ) -> Result<Self, PortalError> {
        let stamp = Stamp::open(&*secrets, &*entropy)?;
        let keys = VendorKeys::new(Arc::clone(&ledger), secrets);
        Ok(Self { ledger, clock, entropy, issuer, mailer, keys, stamp, desks: Desks::new() })
    }

    /// Begins a visit with a license key.
    pub async fn log_in(&self, key: &LicenseKey) -> Result<Visit, PortalError> {
        let key = SigningKey::from_seed(&key.seed()).public();
        let found = self.ledger.find(&Lookup::LicenseKey(key.id())).await?.into_iter().next();
        let Some(Record::Entitlement(entitlement)) = self.record(found).await? else { return Err(PortalError::UnknownKey) };
        if entitlement.key != Some(key) {
            return Err(PortalError::KeyReplaced);
        }
        Ok(Visit { entitlement: entitlement.id, key: key.id(), until: after(self.now(), VISIT) })
    }

    /// The visit as a ticket, for its visitor to keep and show.
    pub fn ticket(&self, visit: &Visit) -> String {
        self.stamp.seal(Use::Visit, &[visit.entitlement.as_str(), &visit.key.to_string()], visit.until)
    }

    /// Goes on with the visit of a ticket. It ends with its time, and when the license key is replaced.
    pub async fn resume(&self, ticket: &str) -> Result<Visit, PortalError> {
        let ([entitlement, key], until) = self.stamp.open_sealed(Use::Visit, ticket, self.now()).ok_or(PortalError::Ended)?;
        let entitlement = entitlement.parse().map_err(|_| PortalError::Ended)?;
        let visit = Visit { entitlement, key: key.parse().map_err(|_| PortalError::Ended)?, until };
        self.license(&visit).await?;
        Ok(visit)
    }

    /// Something random for a visitor without a ticket, so that forms can be bound to them too.
    pub fn guest(&self) -> Result<String, PortalError> {
        let mut random = [0; 16];
        self.entropy.fill(&mut random)?;
        Ok(data_encoding::HEXLOWER.encode(&random))
    }

    /// What stands in a form for one visitor, by their ticket or what [`Self::guest`] gave them: nobody else can send it.
    pub fn form(&self, visitor: &str) -> String {
        self.stamp.mark(Use::Form, visitor)
    }

    /// Whether a form is the visitor's own.
    pub fn is_form(&self, visitor: &str, form: &str) -> bool {
        self.stamp.is_mark(Use::Form, visitor, form)
    }

    /// The visited license.
    async fn license(&self, visit: &Visit) -> Result<Entitlement, PortalError> {
        let found = self.record(Some(RecordKey::Entitlement(visit.entitlement.clone()))).await?;
        match found {
            Some(Record::Entitlement(it)) if it.key.is_some_and(|key| key.id() == visit.key) => Ok(it),
            _ => Err(PortalError::Ended),
        }
    }

    async fn record(&self, key: Option<RecordKey>) -> Result<Option<Record>, PortalError> {
        match key {
            Some(key) => Ok(self.ledger.read(&key).await?.map(|found| found.record)),
            None => Ok(None),
        }
    }

    /// What people call a product, and the languages it speaks.
    async fn product(&self, id: &ProductId) -> Result<(Box<str>, Vec<Language>), PortalError> {
        Ok(match self.record(Some(RecordKey::Product(id.clone()))).await? {
            Some(Record::Product(product)) => (product.name.into(), product.languages),
            _ => (id.as_str().into(), Vec::new()),
        })
    }

    /// Whom this server believes: itself.
    async fn trust(&self) -> Result<Trust, PortalError> {
        let (_, signers) = self.keys.signers().await?;
        Ok(self.keys.trust(&signers)?)
    }

    async fn open_own(&self, statement: &Statement) -> Result<Verified<Answer>, PortalError> {
        Ok(Keyward::open_any(statement.bytes(), &self.trust().await?)?)
    }

    fn now(&self) -> Timestamp {
        self.clock.now().wall
    }
}

impl Visit {
    /// The license key's name.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// When it ends.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}
