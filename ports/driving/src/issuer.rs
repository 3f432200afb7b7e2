//! The key server's side of the exchange: a request in, a signed answer out.

mod case;
mod desk;
mod round;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use keyward_domain::document::{Addressee, Answer, Ask, Body, Request};
use keyward_domain::record::{LogEntry, Record, RecordKey, Signers};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Envelope, Keyward, Reply, SealError, Statement, Trust, Verified, open_request};
use keyward_domain::time::Timestamp;
use keyward_ports::{Clock, Committed, Deed, Ledger, LedgerError, Secrets, Write, look};

use crate::vendor_keys::{self, KeysError, VendorKeys};
use case::Errand;
use desk::{Desk, Line, Turn};
use round::Round;

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

/// A signed answer, and what it says for whoever counts answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub statement: Statement,
    /// What it says; none if it is what the same request was told before.
    pub says: Option<Says>,
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A certificate.
    Granted,
    /// No, with this code.
    Refused(&'static str),
    /// It was given back.
    Receipt,
    /// It was taken away.
    Revocation,
}

/// Answers requests.
pub struct Issuer {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    keys: VendorKeys,
    /// Decisions about one record wait for each other here rather than finding out at commit.
    desks: Vec<Desk>,
}

impl Issuer {
    /// An issuer over a ledger that was begun.
    pub fn new(ledger: Arc<dyn Ledger>, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Self {
        let keys = VendorKeys::new(Arc::clone(&ledger), secrets);
        Self { ledger, clock, keys, desks: (0..DESKS).map(|_| Desk::default()).collect() }
    }

    /// Answers a request. What the answer grants is durable before this returns; the same request is given the same answer while what
    /// it granted stands (row O4).
    pub async fn answer(&self, envelope: &Envelope) -> Result<Statement, IssuerError> {
        let request = open_request(envelope)?;
        Ok(self.answer_verified(request).await?.statement)
    }

    /// Answers a request that was opened already.
    pub async fn answer_verified(&self, request: Verified<Request>) -> Result<Answered, IssuerError> {
        let errand = Arc::new(self.errand(request).await?);
        let round = self.prepare(vec![Arc::clone(&errand)]).await?;
        let now = self.clock.now().wall;
        if errand.request.to != *self.keys.trust(&round.signers)?.vendor() {
            return self.seal(&round.signers, Answer::of(&errand.request, now, Body::Refusal(not_for_vendor(errand.request.to))), now);
        }
        if let Some(answered) = round.again(self, &errand, now)? {
            return Ok(answered);
        }
        // All that concerns one record is decided at one desk; what was found before it is reached may have changed there.
        let desk = match &errand.request.ask {
            Ask::Trial { .. } => Some(RecordKey::Product(errand.request.product.clone())),
            Ask::Activate { .. }
            | Ask::Delegate { .. }
            | Ask::CheckOut { .. }
            | Ask::Borrow { .. }
            | Ask::Extend { .. }
            | Ask::Refresh { .. }
            | Ask::Return { .. } => round.subject(&errand),
        };
        let Some(desk) = self.desk(desk.as_ref()) else { return self.decide(&Line::alone(errand), Some(round)).await };
        match desk.turn(errand).await {
            Turn::Answered(answered) => Ok(answered),
            Turn::Next(line, _turn) => {
                // A trial may have been begun here meanwhile by a host that shares parts with this one: no record that was found tells.
                let stands = line.is_alone() && !matches!(line.errands().first().map(|it| &it.request.ask), Some(Ask::Trial { .. }));
                self.decide(&line, stands.then_some(round)).await
            }
        }
    }

    /// What a request is about, as far as it says so itself: what it shows of its own is opened here, beside all others.
    async fn errand(&self, request: Verified<Request>) -> Result<Errand, IssuerError> {
        let (Ask::Refresh { held, .. } | Ask::Return { held, .. }) = &request.ask else { return Ok(Errand { request, shown: None }) };
        let signers = self.adopt_signers(&request, held).await?;
        let trust = self.keys.trust(&signers)?;
        let shown = show(held, &trust);
        Ok(Errand { request, shown })
    }

    /// The vendor's signers. A newer statement of them that a device shows was made before this server was restored from a backup, and its
    /// devices believe it already: it is taken up again (promise 8).
    async fn adopt_signers(&self, request: &Verified<Request>, held: &Statement) -> Result<Signers, IssuerError> {
        let (mut read, mut signers) = self.keys.signers().await?;
        for _ in 0..MOST_CONFLICTS {
            let Some(newer) = vendor_keys::newer(&signers, held) else { return Ok(signers) };
            let entry = LogEntry {
                at: self.clock.now().wall,
                actor: format!("device {}", request.device.id()).into(),
                act: "showed newer signers than this restored server knew".into(),
                entitlement: None,
                activation: None,
                host: Some(request.host.clone()),
                request: None,
            };
            let deed = Deed { writes: vec![Write { read, record: Record::Signers(newer.clone()) }], answers: Vec::new(), log: vec![entry] };
            if self.ledger.commit(deed).await? == Committed::Done {
                return Ok(newer);
            }
            (read, signers) = self.keys.signers().await?;
        }
        Err(IssuerError::Busy)
    }

    /// Loads all that bears on some requests, as it stands at one moment.
    async fn prepare(&self, errands: Vec<Arc<Errand>>) -> Result<Round, IssuerError> {
        look(&*self.ledger, move |view| Round::look(view, errands)).await?.ok_or(KeysError::NotBegun.into())
    }

    /// Decides about all that stand in a line, commits once, and tells each. Gives back the answer to the first.
    async fn decide(&self, line: &Line, mut prepared: Option<Round>) -> Result<Answered, IssuerError> {
        for _ in 0..MOST_CONFLICTS {
            let round = match prepared.take() {
                Some(round) => round,
                None => self.prepare(line.errands()).await?,
            };
            let ruled = round.rule(self, self.clock.now().wall)?;
            let committed = if ruled.deed == Deed::default() { Committed::Done } else { self.ledger.commit(ruled.deed).await? };
            match committed {
                Committed::Done => return line.tell(ruled.answers).ok_or(IssuerError::Busy),
                Committed::Answered(statement) if line.is_alone() => return Ok(Answered { statement, says: None }),
                Committed::Answered(_) | Committed::Conflict => {}
            }
        }
        Err(IssuerError::Busy)
    }

    fn seal(&self, signers: &Signers, answer: Answer, now: Timestamp) -> Result<Answered, IssuerError> {
        let active = signers.current.active(now).ok_or(KeysError::NotBegun)?;
        let signer = self.keys.signer(&active.key)?;
        let says = Some(Says::of(&answer.body));
        let sealed = vendor_keys::seal(answer, &*signer).map_err(KeysError::from)?;
        let statement = Reply { answer: sealed.envelope().clone(), keys: vec![signers.sealed.clone()], delegation: None }.to_statement();
        Ok(Answered { statement, says })
    }

    fn desk(&self, subject: Option<&RecordKey>) -> Option<&Desk> {
        let mut hasher = DefaultHasher::new();
        subject?.hash(&mut hasher);
        self.desks.get(usize::try_from(hasher.finish() % DESKS as u64).unwrap_or_default())
    }
}

impl Says {
    /// What a body says.
    pub fn of(body: &Body) -> Self {
        match body {
            Body::Certificate(_) | Body::Delegation(_) => Self::Granted,
            Body::Receipt(_) => Self::Receipt,
            Body::Revocation(_) => Self::Revocation,
            Body::Refusal(refusal) => Self::Refused(refusal.code()),
        }
    }
}

/// Why a request that is addressed to somebody else is not answered.
pub(crate) fn not_for_vendor(to: Addressee) -> Refusal {
    to.server().map_or(Refusal::OtherVendor, |server| Refusal::ForLicenseServer { server })
}

/// Opens what a device shows of its own with the server's trust. What does not open was never ours, and counts for nothing.
fn show(held: &Statement, trust: &Trust) -> Option<Verified<Answer>> {
    (*held.scheme() == Keyward::NAME).then(|| Keyward::open_any(held.bytes(), trust).ok())?
}
