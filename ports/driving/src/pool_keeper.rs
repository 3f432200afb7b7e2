//! A license server's pool as its connections see it: requests, beats, waiting, and what administrators do.
//!
//! Whoever asks takes the pool, one after the other, and decides. One task, [`Keeping::run`], writes what was decided since it last wrote, and
//! only then lets the answers go; what nothing written bears on, as most beats, does not wait for it. What costs time is done outside: a
//! request is opened before the pool is taken, and what is granted is signed after it is written.

mod keeping;
mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use futures_channel::mpsc;
use keyward_domain::document::{Answer, Ask, Request, Revocation, Ticket};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::{ActivationId, EntitlementId, HostName};
use keyward_domain::pool::{
    Act, Acted, Anchored, Beat, Charter, GuestNo, Lending, Lifeline, Op, Outcome, Overview, Pool, Pulse, Rhythm, Seat, ServerSecret,
    Sitter, Start, Waited, Way,
};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Envelope, Keyward, SealError, Statement, Trust, Verified, open_request};
use keyward_domain::time::{Now, Timestamp};
use keyward_ports::{Clock, Journal, JournalError, Signer, SignerError};

pub use keeping::Keeping;
use running::{Running, When};

use crate::issuer::Says;
use crate::vendor_keys;

/// Why there is no signed answer at all. Fits after "could not answer: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeeperError {
    /// The request, or the vendor's word, does not open.
    #[error("it was not taken: {0}")]
    Unreadable(#[from] SealError),
    /// The server's key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What was asked over the network is lent by file alone.
    #[error(
        "this license server lends seats only to computers that its administrator answers; make a request file (`keyward borrow ... --request \
         FILE`) and have the license server's administrator answer it"
    )]
    ByFileAlone,
    /// Nothing was delegated to this server yet.
    #[error("this license server has no license yet; activate it with a network key first")]
    NotActivated,
    /// The pool is no longer kept: what happened could not be written, and the server stops.
    #[error("the license server is stopping; what it promised is kept; start it again")]
    Stopped,
}

/// What a server has of its own when it starts.
#[derive(Debug)]
pub struct Outset {
    /// Whom it believes: its vendor.
    pub trust: Trust,
    /// The secret that leases and tickets are derived from.
    pub secret: ServerSecret,
    /// How long leases are.
    pub rhythm: Rhythm,
    /// To whom seats are lent.
    pub lending: Lending,
    /// What is known beside the journal.
    pub start: Start,
}

/// An answer to a request.
#[derive(Debug, Clone)]
pub struct Served {
    /// The answer, signed.
    pub statement: Statement,
    /// How the lease in it is kept: sent once, beside it.
    pub lifeline: Option<Lifeline>,
    /// What happened, for the log.
    pub happened: &'static str,
    /// What the answer says, if it is this server's own: it was not read again to say so.
    pub says: Option<Says>,
}

/// An answer to a beat.
#[derive(Debug, Clone)]
pub struct Beaten {
    /// What became of the beat. The words of a fresh lease in it are unsigned.
    pub pulse: Pulse,
    /// The fresh lease it brings, signed.
    pub fresh: Option<Statement>,
}

/// What matters to a host that could have a seat of several licenses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance {
    /// This very request was granted something of this one before.
    pub(crate) granted: bool,
    /// Whoever asks has a seat of this one.
    pub(crate) sits: bool,
    /// So many are free.
    pub(crate) free: u32,
    /// Any are granted.
    pub(crate) grants: bool,
}

/// Answers hosts and administrators.
#[derive(Clone)]
pub struct PoolKeeper {
    running: Arc<Running>,
    wake: mpsc::UnboundedSender<()>,
    charter: Arc<RwLock<Option<Arc<Charter>>>>,
    signer: Arc<dyn Signer>,
    trust: Arc<RwLock<Arc<Trust>>>,
}

impl PoolKeeper {
    /// Takes a pool up from its journal. The facts of the start are written when this returns; nothing else is before the [`Keeping`] runs.
    pub async fn open(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        signer: Arc<dyn Signer>,
        outset: Outset,
    ) -> Result<(Self, Keeping), KeeperError> {
        let books = journal.replay().await?;
        let (pool, facts) = Pool::open(books, outset.secret, outset.rhythm, outset.start, &clock.now());
        let pool = pool.lending(outset.lending);
        journal.append(facts).await?;
        let charter = Arc::new(RwLock::new(pool.books().charter().cloned().map(Arc::new)));
        let (wake, woken) = mpsc::unbounded();
        let running = Arc::new(Running::new(pool, clock));
        let keeping = Keeping::new(Arc::clone(&running), journal, woken, Arc::clone(&charter));
        Ok((Self { running, wake, charter, signer, trust: Arc::new(RwLock::new(Arc::new(outset.trust))) }, keeping))
    }

    /// Believes its vendor so from now on: the product's profile is another.
    pub fn believe(&self, trust: Trust) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(trust);
    }

    fn trust(&self) -> Arc<Trust> {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers a request. What the answer grants is durable before this returns.
    pub async fn answer(&self, envelope: &Envelope, way: Way) -> Result<Served, KeeperError> {
        let request = open_request(envelope)?;
        self.answer_verified(request, way).await
    }

    /// Answers a request that was opened already.
    pub async fn answer_verified(&self, request: Verified<Request>, way: Way) -> Result<Served, KeeperError> {
        let shown = self.shown(&request);
        let op = Op::Ask { request: Box::new(request), shown: shown.map(Box::new), way };
        let answered = match self.decide(op).await? {
            Outcome::Answered(answered) => answered,
            Outcome::ByFileAlone => return Err(KeeperError::ByFileAlone),
            _ => return Err(KeeperError::Stopped),
        };
        let says = Some(Says::of(&answered.answer.body));
        Ok(Served { statement: self.sign(answered.answer)?, lifeline: answered.lifeline, happened: answered.happened, says })
    }

    /// Keeps a seat.
    pub async fn beat(&self, beat: Beat) -> Result<Beaten, KeeperError> {
        let Outcome::Pulse(pulse) = self.decide(Op::Beat(beat)).await? else { return Err(KeeperError::Stopped) };
        let fresh = match &pulse {
            Pulse::Fresh { answer, .. } => Some(self.sign((**answer).clone())?),
            _ => None,
        };
        Ok(Beaten { pulse, fresh })
    }

    /// Tells somebody who waits where it stands.
    pub async fn wait(&self, ticket: Ticket) -> Result<Waited, KeeperError> {
        let Outcome::Waited(waited) = self.decide(Op::Wait(ticket)).await? else { return Err(KeeperError::Stopped) };
        Ok(waited)
    }

    /// Carries an administrator's act out.
    pub async fn act(&self, act: Act) -> Result<Result<Acted, Refusal>, KeeperError> {
        let Outcome::Acted(acted) = self.decide(Op::Act(act)).await? else { return Err(KeeperError::Stopped) };
        Ok(acted)
    }

    /// Takes the vendor's delegation in: the first, or a newer one.
    pub async fn delegate(&self, statement: &Statement) -> Result<Result<Acted, Refusal>, KeeperError> {
        let charter = Charter::open(statement, &self.trust())?;
        if charter.delegation().server != self.signer.public() {
            return Ok(Err(Refusal::OtherServer));
        }
        self.act(Act::Delegate(Box::new(charter))).await
    }

    /// Takes in that the vendor took the delegation away: nothing more is granted. What is said of another activation changes nothing.
    pub async fn revoke(&self, revocation: Revocation) -> Result<Result<Acted, Refusal>, KeeperError> {
        self.act(Act::Revoke(revocation)).await
    }

    /// Lets time pass: ends what it has ended. To be called now and then.
    pub async fn tick(&self) -> Result<(), KeeperError> {
        self.decide(Op::Tick).await.map(drop)
    }

    /// What the vendor delegated, and its proof.
    pub fn charter(&self) -> Option<Arc<Charter>> {
        self.charter.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pool at a glance, and the first so many of those who have a seat; [`usize::MAX`] = all. Meanwhile the pool answers nobody else, so strangers are shown few.
    pub async fn look_at(&self, most: usize) -> Result<(Option<Overview>, Vec<Seat>), KeeperError> {
        self.running.look(&self.wake, When::Written, |pool, now| (pool.overview(now), pool.seats(now).take(most).collect())).await
    }

    /// The license that a statement of this server was signed under.
    pub(crate) fn license_of(&self, held: &Statement) -> Option<EntitlementId> {
        let own = self.own(held)?;
        own.certificate()?.entitlement.clone()
    }

    /// What matters to a host that could have a seat of several licenses.
    pub(crate) async fn glance(&self, request: &Verified<Request>, sitter: &Sitter) -> Result<Glance, KeeperError> {
        let (request, sitter) = (request.clone(), sitter.clone());
        let look = move |pool: &Pool, now: &Now| Glance {
            granted: pool.granted_before(&request),
            grants: pool.grants(now),
            sits: pool.sits(&request.device, &sitter, now),
            free: pool.overview(now).map_or(0, |it| it.free),
        };
        self.running.look(&self.wake, When::AtOnce, look).await
    }

    /// Whether the pool grants anything now.
    pub(crate) async fn grants(&self) -> Result<bool, KeeperError> {
        self.running.look(&self.wake, When::AtOnce, Pool::grants).await
    }

    /// Whether a host has a seat under an activation.
    pub(crate) async fn holds(&self, device: PublicKey, activation: &ActivationId) -> Result<bool, KeeperError> {
        let activation = activation.clone();
        self.running.look(&self.wake, When::AtOnce, move |pool, _| pool.holds(&device, &activation)).await
    }

    /// What hosts call themselves, of those that the pool has not forgotten.
    pub(crate) async fn hosts(&self, guests: BTreeSet<GuestNo>) -> Result<BTreeMap<GuestNo, HostName>, KeeperError> {
        let name = |pool: &Pool, guest: GuestNo| pool.host(guest).map(|host| (guest, host.clone()));
        self.running.look(&self.wake, When::AtOnce, move |pool, _| guests.into_iter().filter_map(|it| name(pool, it)).collect()).await
    }

    /// What the time is at least, as far as the pool knows.
    pub(crate) async fn time(&self) -> Result<Timestamp, KeeperError> {
        self.running.look(&self.wake, When::AtOnce, |pool, now| pool.time(now)).await
    }

    /// What the server's anchor is to remember: all of it is written.
    pub async fn anchored(&self) -> Result<Anchored, KeeperError> {
        self.running.look(&self.wake, When::Written, |pool, _| pool.anchored()).await
    }

    async fn decide(&self, op: Op) -> Result<Outcome, KeeperError> {
        self.running.decide(op, &self.wake).await
    }

    /// What a host shows of what it holds, if this server signed it. What does not open was never its own, and counts for nothing.
    fn shown(&self, request: &Request) -> Option<Verified<Answer>> {
        let held = match &request.ask {
            Ask::CheckOut { held, .. } => held.as_ref()?,
            Ask::Extend { held, .. } | Ask::Refresh { held, .. } | Ask::Return { held, .. } => held,
            Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. } | Ask::Borrow { .. } => return None,
        };
        self.own(held)
    }

    /// A statement of this server, opened.
    fn own(&self, held: &Statement) -> Option<Verified<Answer>> {
        if *held.scheme() != Keyward::NAME {
            return None;
        }
        Keyward::open_own(held.bytes(), &self.trust(), &self.signer.public()).ok()
    }

    fn sign(&self, answer: Answer) -> Result<Statement, KeeperError> {
        let charter = self.charter().ok_or(KeeperError::NotActivated)?;
        let sealed = vendor_keys::seal(answer, &*self.signer)?;
        Ok(charter.reply(sealed.envelope().clone()).to_statement())
    }
}
