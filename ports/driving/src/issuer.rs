//! The key server's side of the exchange: a request in, a signed answer out.

mod case;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use async_lock::{Mutex, MutexGuard};
use keyward_domain::document::{Answer, Ask, Body, Request};
use keyward_domain::record::{Granted, LogEntry, Record, RecordKey, Remembered, Signers};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Envelope, Reply, SealError, Statement, Trust, Verified, open_request};
use keyward_domain::time::Timestamp;
use keyward_ports::{Clock, Committed, Deed, Ledger, LedgerError, Secrets, Write};

use crate::vendor_keys::{self, KeysError, VendorKeys};
use case::{Case, Ruling};

/// So often a decision is made again because a record changed in between.
const MOST_CONFLICTS: u32 = 64;
/// So many entitlements can be decided about at once.
const DESKS: usize = 256;

/// Why there is no signed answer at all. Fits after "could not answer: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The request does not open.
    #[error("the request was not taken: {0}")]
    Unreadable(#[from] SealError),
    /// The vendor's keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Others were always faster.
    #[error("too many requests for the same license at once; try again")]
    Busy,
}

/// Answers requests.
pub struct Issuer {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    keys: VendorKeys,
    /// Decisions about one record wait for each other here rather than finding out at commit.
    desks: Vec<Mutex<()>>,
}

impl Issuer {
    /// An issuer over a ledger that was begun.
    pub fn new(ledger: Arc<dyn Ledger>, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Self {
        let keys = VendorKeys::new(Arc::clone(&ledger), secrets);
        Self { ledger, clock, keys, desks: (0..DESKS).map(|_| Mutex::new(())).collect() }
    }

    /// Answers a request. What the answer grants is durable before this returns; the same request is given the same answer while what
    /// it granted stands (row O4).
    pub async fn answer(&self, envelope: &Envelope) -> Result<Statement, IssuerError> {
        let request = open_request(envelope)?;
        self.answer_verified(&request).await
    }

    /// Answers a request that was opened already.
    pub async fn answer_verified(&self, request: &Verified<Request>) -> Result<Statement, IssuerError> {
        let now = self.clock.now().wall;
        let signers = self.signers(request, now).await?;
        let trust = self.keys.trust(&signers)?;
        if request.to != *trust.vendor() {
            return self.seal(&signers, Answer::of(request, now, Body::Refusal(Refusal::OtherVendor)), now);
        }
        if let Some(statement) = self.remembered(request, &signers, now).await? {
            return Ok(statement);
        }
        // All that concerns one record is decided at one desk; what is found before it is reached may have changed there.
        let desk = match &request.ask {
            Ask::Trial { .. } => Some(RecordKey::Product(request.product.clone())),
            Ask::Activate { .. }
            | Ask::Delegate { .. }
            | Ask::CheckOut { .. }
            | Ask::Borrow { .. }
            | Ask::Extend { .. }
            | Ask::Refresh { .. }
            | Ask::Return { .. } => Case::subject(&*self.ledger, request).await?,
        };
        let _desk = self.desk(desk.as_ref()).await;
        for _ in 0..MOST_CONFLICTS {
            let subject = Case::subject(&*self.ledger, request).await?;
            if let Some(statement) = self.decide(request, subject.as_ref(), &signers, &trust, now).await? {
                return Ok(statement);
            }
        }
        Err(IssuerError::Busy)
    }

    /// The vendor's signers. A newer statement of them that a device shows was made before this server was restored from a backup, and its
    /// devices believe it already: it is taken up again (promise 8).
    async fn signers(&self, request: &Verified<Request>, now: Timestamp) -> Result<Signers, IssuerError> {
        let (mut read, mut signers) = self.keys.signers().await?;
        let (Ask::Refresh { held, .. } | Ask::Return { held, .. }) = &request.ask else { return Ok(signers) };
        for _ in 0..MOST_CONFLICTS {
            let Some(newer) = vendor_keys::newer(&signers, held) else { return Ok(signers) };
            let entry = LogEntry {
                at: now,
                actor: format!("device {}", request.device.id()).into(),
                act: "showed newer signers than this restored server knew".into(),
                entitlement: None,
                activation: None,
                host: Some(request.host.clone()),
                request: None,
            };
            let deed = Deed { writes: vec![Write { read, record: Record::Signers(newer.clone()) }], answer: None, log: vec![entry] };
            if self.ledger.commit(deed).await? == Committed::Done {
                return Ok(newer);
            }
            (read, signers) = self.keys.signers().await?;
        }
        Err(IssuerError::Busy)
    }

    /// The answer this request got before, or a no if what it granted was given back since.
    async fn remembered(&self, request: &Verified<Request>, signers: &Signers, now: Timestamp) -> Result<Option<Statement>, IssuerError> {
        let Some(Remembered { statement, granted }) = self.ledger.answered(&request.name()).await? else { return Ok(None) };
        let stands = match granted {
            None => true,
            Some(Granted { record, activation, device }) => match self.ledger.read(&record).await?.map(|found| found.record) {
                Some(Record::Entitlement(entitlement)) => entitlement.stands(&activation, &device),
                Some(Record::Trial(trial)) => trial.device == device,
                _ => false,
            },
        };
        if stands {
            return Ok(Some(statement));
        }
        let mut answer = Answer::of(request, now, Body::Refusal(Refusal::RequestSpent));
        answer.revocations = case::revocations(&*self.ledger, request).await?;
        self.seal(signers, answer, now).map(Some)
    }

    /// Decides once; none if a record changed in between.
    async fn decide(
        &self,
        request: &Verified<Request>,
        subject: Option<&RecordKey>,
        signers: &Signers,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Option<Statement>, IssuerError> {
        let case = Case::load(&*self.ledger, request, subject, trust).await?;
        let ruling = case.rule(request, now);
        let statement = self.seal(signers, ruling.answer.clone(), now)?;
        if ruling.writes.is_empty() {
            return Ok(Some(statement));
        }
        match self.ledger.commit(ruling.into_deed(request, &statement, now)).await? {
            Committed::Done => Ok(Some(statement)),
            Committed::Answered(earlier) => Ok(Some(earlier)),
            Committed::Conflict => Ok(None),
        }
    }

    fn seal(&self, signers: &Signers, answer: Answer, now: Timestamp) -> Result<Statement, IssuerError> {
        let active = signers.current.active(now).ok_or(KeysError::NotBegun)?;
        let signer = self.keys.signer(&active.key)?;
        let sealed = vendor_keys::seal(answer, &*signer).map_err(KeysError::from)?;
        Ok(Reply { answer: sealed.envelope().clone(), keys: vec![signers.sealed.clone()], delegation: None }.to_statement())
    }

    async fn desk(&self, subject: Option<&RecordKey>) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        subject?.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % DESKS as u64).unwrap_or_default();
        Some(self.desks.get(place)?.lock().await)
    }
}

impl Ruling {
    fn into_deed(self, request: &Verified<Request>, statement: &Statement, now: Timestamp) -> Deed {
        let entry = self.happened.map(|happened| LogEntry {
            at: now,
            actor: format!("device {}", request.device.id()).into(),
            act: happened.into(),
            entitlement: self.entitlement,
            activation: self.granted.as_ref().map(|granted| granted.activation.clone()).or(self.activation),
            host: Some(request.host.clone()),
            request: self.remember.then(|| request.name()),
        });
        let answer = self.remember.then(|| (request.name(), Remembered { statement: statement.clone(), granted: self.granted }));
        Deed {
            writes: self.writes.into_iter().map(|(read, record)| Write { read, record }).collect(),
            answer,
            log: entry.into_iter().collect(),
        }
    }
}
