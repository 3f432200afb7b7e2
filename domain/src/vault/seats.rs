//! The seats of a host: which lease answers which check-out, how long each lasts, and what is let go of.
//!
//! A check-out stays open while its seat is held: each fresh lease answers it again, one generation higher. A lease is kept only as long as
//! its check-out is open or its return waits, so that a vault does not grow however often seats come and go.

mod lease;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::tenancy::{Loss, Sat, Sitting, Tenancy};
use super::{Asked, Holdings, NotTaken, Paper, Taken, returns};
use crate::document::{Addressee, Answer, Ask, Certificate, Hold, LONGEST_LEASE, Request, Wish};
use crate::entitlement::Per;
use crate::keys::KeyId;
use crate::names::{ActivationId, ProductId, UserName};
use crate::seal::{Digest, Scheme, Sealed, Statement, Verified};
use crate::time::{CLOCK_TOLERANCE, Now, Reading, Timestamp, after, between};
pub use lease::Lease;

/// Who uses a product: a lease is for one user, and where each process takes a seat, for one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitter {
    /// The user.
    pub user: UserName,
    /// The process.
    pub process: Option<u64>,
}

impl Sitter {
    /// Who a wish is for.
    pub fn of(wish: &Wish) -> Self {
        Self { user: wish.user.clone(), process: wish.process }
    }

    /// Whether a seat of a product is somebody's. Of which product older ones are nobody wrote down.
    fn has(&self, seat: &Tenancy, product: &ProductId) -> bool {
        self.user == seat.user && self.process == seat.process && seat.product.as_ref().is_none_or(|of| of == product)
    }

    fn may_use(&self, wish: &Wish) -> bool {
        self.user == wish.user && (self.process.is_none() || wish.process.is_none() || self.process == wish.process)
    }
}

/// Whether a lease that was asked for with a wish is somebody's seat, as far as the license tells people apart.
fn sits(paper: &Paper, sitter: &Sitter, wish: &Wish) -> bool {
    match paper.delegation.as_ref().map(|it| it.per) {
        Some(Per::Host) => true,
        Some(Per::User) => sitter.user == wish.user,
        Some(Per::Process) | None => *sitter == Sitter::of(wish),
    }
}

impl Holdings {
    /// The most grace that can be earned on a seat of a product: its profile says it.
    #[must_use]
    pub fn earning_at_most(self, product: &ProductId, most: Duration) -> Self {
        Self { most, earning: Some(product.clone()), ..self }
    }

    /// Takes a fresh lease that a beat brought; `sent` is when the beat was sent.
    pub fn take_fresh(&mut self, statement: Statement, schemes: &[&dyn Scheme], now: &Now, sent: &Reading) -> Result<Taken, NotTaken> {
        self.take_sent(statement, schemes, now, Some(sent))
    }

    /// The lease of a product that somebody sits on, if there is one: the newest.
    pub fn lease_of(&self, product: &ProductId, sitter: &Sitter, now: &Now) -> Option<Lease> {
        let returning: BTreeSet<_> = self.returning();
        let mine = self.leases().filter(|(paper, it, wish)| it.rights.product == *product && sits(paper, sitter, wish));
        let (paper, certificate, wish) = mine.filter(|(_, it, _)| !returning.contains(&it.activation)).last()?;
        let sitting = self.sitting(paper)?;
        Some(Lease {
            request: paper.asked.name(),
            certificate: certificate.clone(),
            statement: paper.kept.statement.clone(),
            server: paper.asked.words().to,
            sat: sitting.judge(certificate.window, now),
            news: sitting.seat.news,
            wish: wish.clone(),
        })
    }

    /// Whether an activation is a seat that is somebody else's on this host.
    pub fn is_of_another(&self, activation: &ActivationId, sitter: &Sitter) -> bool {
        let mine = |paper, wish| sits(paper, sitter, wish) || sitter.may_use(wish);
        self.leases().any(|(paper, certificate, wish)| certificate.activation == *activation && !mine(paper, wish))
    }

    /// Whether a check-out waits only for fresh leases of the seat it brought.
    pub(super) fn is_kept_open(&self, request: Digest) -> bool {
        self.leases().any(|(paper, ..)| paper.asked.name() == request)
    }

    /// Whether the seat of a lease may have been checked out anew on this host without the answer having been heard.
    pub fn may_be_seated_anew(&self, activation: &ActivationId) -> bool {
        let Some((paper, _, wish)) = self.leases().find(|(_, it, _)| it.activation == *activation) else { return false };
        let of = paper.asked.words();
        self.unanswered().map(|asked| &asked.request).any(|request| {
            let words = request.words();
            let later = words.to == of.to && words.product == of.product && words.count > of.count;
            later && asked_by(request).is_some_and(|by| sits(paper, &by, wish))
        })
    }

    /// Check-outs that brought nothing yet, and perhaps never will.
    fn unanswered(&self) -> impl Iterator<Item = &Asked> {
        let held: BTreeSet<_> = self.leases().map(|(paper, ..)| paper.asked.name()).collect();
        self.outbox.iter().filter(move |asked| asked_by(&asked.request).is_some() && !held.contains(&asked.request.name()))
    }

    /// Who signs for an activation: the vendor, or the license server that it is a seat of.
    pub fn signer_of(&self, activation: &ActivationId) -> Option<Addressee> {
        Some(self.paper_of(activation)?.asked.words().to).filter(|to| to.server().is_some())
    }

    /// Writes down what a license server said of a seat, unsigned. Says whether it is new.
    pub fn hear_of(&mut self, activation: &ActivationId, news: Option<Loss>) -> bool {
        let Some(seat) = self.tenancy_of(activation) else { return false };
        let new = seat.news != news;
        seat.news = news;
        new
    }

    /// Counts a process among those that use a seat. Says whether it is new.
    pub fn use_seat(&mut self, activation: &ActivationId, by: u64) -> bool {
        self.tenancy_of(activation).is_some_and(|seat| seat.users.insert(by))
    }

    /// Counts a process no longer among those that use a seat. Says whether another still does.
    pub fn stop_using(&mut self, activation: &ActivationId, by: u64) -> bool {
        self.tenancy_of(activation).is_some_and(|seat| {
            seat.users.remove(&by);
            !seat.users.is_empty()
        })
    }

    /// Whether anybody else than a process is counted among those that use a seat.
    pub fn is_used_beside(&self, activation: &ActivationId, by: u64) -> bool {
        let seat = self.leases().find(|(_, it, _)| it.activation == *activation).and_then(|(paper, ..)| self.seat(paper));
        seat.is_some_and(|seat| seat.users.iter().any(|user| *user != by))
    }

    /// Counts nobody any more among those that use a user's seats of a product: they are given back for all.
    pub fn empty_seats(&mut self, product: &ProductId, sitter: &Sitter) {
        for seat in self.rest.seats.iter_mut().filter(|seat| sitter.has(seat, product)) {
            seat.users.clear();
            seat.left_for_all = true;
        }
    }

    /// Whether a user's seats of a product were given back for all who used them, and none was taken since.
    pub fn is_left_for_all(&self, product: &ProductId, sitter: &Sitter) -> bool {
        let mut seats = self.rest.seats.iter().filter(|seat| sitter.has(seat, product)).peekable();
        seats.peek().is_some() && seats.all(|seat| seat.left_for_all)
    }

    fn tenancy_of(&mut self, activation: &ActivationId) -> Option<&mut Tenancy> {
        let key = self.leases().find(|(_, it, _)| it.activation == *activation).and_then(|(paper, ..)| Key::of(paper))?;
        self.rest.seats.iter_mut().find(|seat| key.is(seat))
    }

    /// The time in the newest answer of each license server.
    pub(super) fn heard_of(&self) -> BTreeMap<KeyId, Timestamp> {
        let mut heard = BTreeMap::new();
        for paper in &self.papers {
            if let Addressee::Server(server) = paper.asked.words().to {
                let newest = heard.entry(server).or_insert(paper.answer.issued);
                *newest = paper.answer.issued.max(*newest);
            }
        }
        heard
    }

    /// What is known of each seat beside its lease.
    pub(super) fn sittings(&self) -> BTreeMap<ActivationId, Sitting> {
        self.leases().filter_map(|(paper, it, _)| Some((it.activation.clone(), self.sitting(paper)?))).collect()
    }

    /// Counts running time on every seat, and lets go of what ended: returns of leases that are over, and seats of processes that are.
    pub(super) fn note_seats(&mut self, now: &Now) {
        let returning = self.returning();
        let ends: Vec<_> = self.leases().filter_map(|(paper, it, _)| Some((Key::of(paper)?, it.clone()))).collect();
        let first_gift = self.rest.first_gift();
        let (mut spent, mut over) = (false, BTreeSet::new());
        for (key, certificate) in ends {
            let lease = certificate.window;
            let gift = self.rest.gifts.entry(key.pool.clone()).or_insert(first_gift);
            let Some(seat) = self.rest.seats.iter_mut().find(|seat| key.is(seat)) else { continue };
            if returning.contains(&certificate.activation) {
                if seat.left(lease, now).is_none() {
                    over.insert(certificate.activation);
                }
                continue;
            }
            if self.earning.as_ref() == Some(&certificate.rights.product) {
                seat.bound(self.most);
            }
            spent |= seat.note(gift, lease, now);
            let sitting = Sitting { seat: seat.clone(), gift: *gift, delegated: None, outlived: Duration::ZERO };
            if seat.process.is_some() && matches!(sitting.judge(lease, now), Sat::Over { .. }) {
                over.insert(certificate.activation);
            }
        }
        if spent {
            // A vault that is put back from before it was spent is behind its anchor.
            self.rest.count = self.rest.count.saturating_add(1);
        }
        if over.is_empty() {
            return;
        }
        let dead: BTreeSet<_> =
            self.leases().filter(|(_, it, _)| over.contains(&it.activation)).map(|(paper, ..)| paper.asked.name()).collect();
        self.outbox.retain(|asked| {
            !dead.contains(&asked.request.name()) && returns(&asked.request).is_none_or(|activation| !over.contains(activation))
        });
        self.tidy_seats();
        self.prune();
    }

    /// Counts running time on the seats of license servers that go on past the end of their delegation, as this host's time has it. A server
    /// whose clock was set back signs for ever; its delegation's end is the vendor's word. A newer delegation ends the doubt.
    pub(super) fn note_delegations(&mut self, ran: Duration, now: &Now) {
        let at = self.rest.clock.judge(now, self.rest.heard.map_or(now.wall, |(_, issued)| issued)).at;
        let mut pools = BTreeMap::new();
        for (paper, ..) in self.leases() {
            let (Some(key), Some(end)) = (Key::of(paper), paper.ends_with()) else { continue };
            let newest = pools.entry(key.pool).or_insert(end);
            *newest = end.max(*newest);
        }
        for (pool, end) in pools {
            if outlives(end, at) {
                let spent = self.rest.outlived.entry(pool).or_default();
                *spent = spent.saturating_add(ran.as_secs());
            } else {
                self.rest.outlived.remove(&pool);
            }
        }
    }

    /// A lease was taken.
    pub(super) fn sit(&mut self, asked: &Asked, answer: &Verified<Answer>, sent: Option<&Reading>, now: &Now) {
        let Some(key) = answer.certificate().and_then(|it| Key::of_lease(it, asked.request.words())) else { return };
        let place = self.rest.seats.iter().position(|seat| key.is(seat)).unwrap_or(self.rest.seats.len());
        let pool = key.pool.clone();
        if place == self.rest.seats.len() {
            self.rest.seats.push(Tenancy::new(key.pool, key.user, key.process, now));
        }
        self.rest.seats[place].product = Some(asked.request.words().product.clone());
        let (name, product) = (asked.request.name(), &asked.request.words().product);
        let before = self.leases().filter(|(paper, it, wish)| {
            paper.asked.name() != name && it.rights.product == *product && asked_by(&asked.request).is_some_and(|by| sits(paper, &by, wish))
        });
        let lasts = |paper: &Paper, it: &Certificate| {
            Key::of(paper).is_some_and(|own| own.pool == pool) && self.rest.seats[place].left(it.window, now).is_some()
        };
        let goes_on = self.leases().any(|(paper, it, _)| lasts(paper, it) || paper.asked.name() == name);
        // What one seat was checked out with before it was checked out again, here or elsewhere, is open no more.
        let before: BTreeSet<_> = before.map(|(paper, ..)| paper.asked.name()).collect();
        self.outbox.retain(|asked| !before.contains(&asked.request.name()));
        let first_gift = self.rest.first_gift();
        let seat = &mut self.rest.seats[place];
        if !goes_on {
            seat.users.clear();
        }
        seat.bound(self.most);
        // What is known of a check-out of an earlier run is only that this boot had begun.
        let begun = Reading { boot: now.boot.clone(), running: Duration::ZERO };
        let sent = sent.or(asked.sent.as_ref()).cloned().unwrap_or(begun);
        seat.take(name, answer.issued, sent, self.rest.gifts.entry(pool).or_insert(first_gift), now);
    }

    /// Closes check-outs whose seat was taken away, and forgets what is known of processes that hold none.
    pub(super) fn tidy_seats(&mut self) {
        let revoked = |it: &Certificate| self.revocation(&it.activation, it.generation).is_some();
        let closed: BTreeSet<_> = self.leases().filter(|(_, it, _)| revoked(it)).map(|(paper, ..)| paper.asked.name()).collect();
        self.outbox.retain(|asked| !closed.contains(&asked.request.name()));
        let open: BTreeSet<_> = self.outbox.iter().map(|asked| asked.request.name()).collect();
        self.rest.seats.retain(|seat| seat.process.is_none() || seat.asked().is_some_and(|asked| open.contains(&asked)));
    }

    /// Whether a lease is still worth keeping: its check-out is open, or its return waits.
    pub(super) fn keeps_lease(&self, paper: &Paper, returning: &BTreeSet<ActivationId>) -> bool {
        match paper.answer.certificate() {
            Some(it) if matches!(it.hold, Hold::Lease { .. }) => {
                returning.contains(&it.activation) || self.outbox.iter().any(|asked| asked.request.name() == paper.asked.name())
            }
            _ => true,
        }
    }

    /// Whether an activation is a lease: it ends soon by itself, and a return of it leaves no tombstone.
    pub(super) fn is_lease(&self, activation: &ActivationId) -> bool {
        self.leases().any(|(_, it, _)| it.activation == *activation)
    }

    /// Closes the check-out of a lease that is given back.
    pub(super) fn close_check_out(&mut self, activation: &ActivationId) {
        let names: BTreeSet<_> =
            self.leases().filter(|(_, it, _)| it.activation == *activation).map(|(paper, ..)| paper.asked.name()).collect();
        self.outbox.retain(|asked| !names.contains(&asked.request.name()));
    }

    /// Closes the check-out of the same user at the same license server that brought nothing, as no answer is waited for; and of others those
    /// that are so old that what they may have brought is over.
    pub(super) fn close_unanswered(&mut self, request: &Sealed<Request>) {
        let (Some(by), words) = (asked_by(request), request.words()) else { return };
        let closed = |asked: &&Asked| {
            let other = asked.request.words();
            let is_same = asked_by(&asked.request).as_ref() == Some(&by) && (other.to, &other.product) == (words.to, &words.product);
            is_same || between(other.created, words.created) >= LONGEST_LEASE
        };
        let closed: BTreeSet<_> = self.unanswered().filter(closed).map(|asked| asked.request.name()).collect();
        self.outbox.retain(|asked| !closed.contains(&asked.request.name()));
    }

    /// The vault is a copy: what it knows of its seats is of the past.
    pub(super) fn restore_seats(&mut self) {
        let first_gift = self.rest.first_gift();
        for seat in &mut self.rest.seats {
            seat.restored(self.rest.gifts.entry(seat.pool.clone()).or_insert(first_gift));
        }
    }

    pub(super) fn returning(&self) -> BTreeSet<ActivationId> {
        self.outbox.iter().filter_map(|asked| returns(&asked.request)).cloned().collect()
    }

    fn leases(&self) -> impl Iterator<Item = (&Paper, &Certificate, &Wish)> {
        self.papers.iter().map(|paper| &**paper).filter_map(|paper| match (paper.answer.certificate(), &paper.asked.words().ask) {
            (Some(it), Ask::CheckOut { wish, .. }) if matches!(it.hold, Hold::Lease { .. }) => Some((paper, it, wish)),
            _ => None,
        })
    }

    fn seat(&self, paper: &Paper) -> Option<&Tenancy> {
        let key = Key::of(paper)?;
        self.rest.seats.iter().find(|seat| key.is(seat))
    }

    fn sitting(&self, paper: &Paper) -> Option<Sitting> {
        let mut seat = self.seat(paper)?.clone();
        let gift = self.rest.gifts.get(&seat.pool).copied().unwrap_or_else(|| self.rest.first_gift());
        if self.earning.as_ref() == paper.answer.rights().map(|rights| &rights.product) {
            seat.bound(self.most);
        }
        let outlived = Duration::from_secs(self.rest.outlived.get(&seat.pool).copied().unwrap_or_default());
        Some(Sitting { seat, gift, delegated: paper.ends_with(), outlived })
    }
}

/// Whether it is later than a delegation's end by more than clocks that are right can differ.
pub(crate) fn outlives(end: Timestamp, at: Timestamp) -> bool {
    at > after(end, CLOCK_TOLERANCE)
}

impl Paper {
    /// When the delegation ends by which it was signed.
    fn ends_with(&self) -> Option<Timestamp> {
        self.delegation.as_ref()?.window.until
    }
}

/// Whose check-out it is.
fn asked_by(request: &Sealed<Request>) -> Option<Sitter> {
    match &request.words().ask {
        Ask::CheckOut { wish, .. } => Some(Sitter::of(wish)),
        _ => None,
    }
}

/// What a seat is known by.
struct Key {
    pool: crate::names::EntitlementId,
    user: UserName,
    process: Option<u64>,
}

impl Key {
    fn of(paper: &Paper) -> Option<Self> {
        Self::of_lease(paper.answer.certificate()?, paper.asked.words())
    }

    fn of_lease(certificate: &Certificate, asked: &Request) -> Option<Self> {
        match (&certificate.hold, &asked.ask, &certificate.entitlement) {
            (Hold::Lease { .. }, Ask::CheckOut { wish, .. }, Some(pool)) => {
                Some(Self { pool: pool.clone(), user: wish.user.clone(), process: wish.process })
            }
            _ => None,
        }
    }

    fn is(&self, seat: &Tenancy) -> bool {
        self.pool == seat.pool && self.user == seat.user && self.process == seat.process
    }
}
