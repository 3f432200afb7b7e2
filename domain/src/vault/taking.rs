//! Answers: which request each is for, whether it is taken, and what is wrong with one that is not.
//!
//! An answer may be brought by anybody, in any order and more than once: from the network at once, or in a file weeks later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Holdings, Kept, Paper, learn_all, returns};
use crate::document::{Answer, Ask, Body, Delegation, Hold, Request};
use crate::keys::KeyId;
use crate::names::{ActivationId, ProductId};
use crate::refusal::Refusal;
use crate::seal::{self, Digest, Document as _, Envelope, Keyward, Scheme, SealError, Sealed, Statement, Trust, Verified};
use crate::time::{Now, Reading};

/// So many answers are kept for the sake of revocations of what is not held yet: the newest.
pub(super) const MOST_AHEAD: usize = 16;

/// No vault that was copied counts further ahead of another: whoever says so is not believed, as counts end somewhere.
const FURTHEST_RECOUNT: u64 = 1 << 20;

/// Why an answer is not taken. No license changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// It is a request.
    #[error("this is a request, not an answer; send it to the vendor, and load the answer that comes back")]
    Request,
    /// It is a request that a license server answers.
    #[error(
        "this is a request, not an answer; have the administrator of license server {server} answer it, and load the answer that comes back"
    )]
    RequestToServer {
        /// Which.
        server: KeyId,
    },
    /// It was taken before.
    #[error("it was used on this host before and is used up; there is nothing to do, or make a new request")]
    Used,
    /// It is for another host.
    #[error("it is for another host; load it there, or make a request on this host and have that one answered")]
    OtherHost,
    /// It is for another product.
    #[error("it is for the product {product}; load it in that product")]
    OtherProduct {
        /// Which.
        product: ProductId,
    },
    /// It answers nothing that is being asked here.
    #[error("it answers nothing that is being asked on this host; make a request here, and load the answer to that one")]
    NotAsked,
    /// What it grants is older than what is known.
    #[error("it is older than what this host knows (generation {found}, known {held}); use the newest answer, or make a new request")]
    Older {
        /// Of which activation.
        activation: ActivationId,
        /// Its generation.
        found: u64,
        /// The generation known.
        held: u64,
    },
    /// What it grants was returned here since.
    #[error(
        "what it grants was returned on this host since; if its return still waits (`keyward pending`), carry that first, then activate again"
    )]
    Returned {
        /// The activation that was returned.
        activation: ActivationId,
    },
}

/// What an answer brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A right, or a newer certificate of one.
    Granted(ActivationId),
    /// A return is confirmed; its row is gone.
    Returned(ActivationId),
    /// A right was taken away.
    Revoked(ActivationId),
    /// A no; no license changed.
    Refused(Refusal),
}

impl Holdings {
    /// Takes an answer: only for a request in the outbox, and once. What it says is applied, and it is kept as received.
    pub fn take(&mut self, statement: Statement, schemes: &[&dyn Scheme], now: &Now) -> Result<Taken, NotTaken> {
        self.take_sent(statement, schemes, now, None)
    }

    /// The same; `sent` is when it was asked for, where that was not when its request was written down.
    pub(super) fn take_sent(
        &mut self,
        statement: Statement,
        schemes: &[&dyn Scheme],
        now: &Now,
        sent: Option<&Reading>,
    ) -> Result<Taken, NotTaken> {
        let (place, answer) = self.open_answer(&statement, schemes)?;
        let entry = self.outbox[place].clone();
        let asked = entry.request.clone();
        let taken = self.judge_answer(&asked, &answer)?;
        learn_all(&mut self.trust, &statement, schemes);
        self.rest.keys = self.trust.newest().cloned();
        self.hear(place, &answer, now);
        let lease = answer.certificate().is_some_and(|it| matches!(it.hold, Hold::Lease { .. }));
        match &taken {
            Taken::Refused(refusal) if returns(&asked).is_some_and(|activation| !self.is_lease(activation)) => {
                self.outbox[place].refused = Some(refusal.clone());
            }
            // A check-out stays open while its seat is held: fresh leases answer it too, and a no takes no lease away.
            Taken::Granted(_) if lease => {}
            Taken::Refused(_) if self.is_kept_open(asked.name()) => {}
            Taken::Refused(_) | Taken::Granted(_) | Taken::Returned(_) | Taken::Revoked(_) => {
                self.outbox.remove(place);
                self.remember(asked.name());
            }
        }
        if matches!((&taken, &asked.words().ask), (Taken::Granted(_), Ask::Activate { .. })) {
            self.rest.own_slot = false;
        }
        if answer.grants().is_some() || answer.all_revocations().next().is_some() {
            let kept = Kept { asked: asked.envelope().clone(), statement };
            if lease {
                self.note_seats(now);
                self.sit(&entry, &answer, sent, now);
            }
            self.papers.push(Arc::new(Paper::new(kept, asked, answer)));
        }
        if let Taken::Returned(activation) = &taken {
            // The server gives its seat to others: what was checked out anew while the return waited is of the same seat.
            self.close_check_out(activation);
        }
        self.prune();
        self.tidy_seats();
        self.prune();
        Ok(taken)
    }

    /// Which request of a product an answer is for. If it is for none, what is wrong with it: as much is said as can be verified.
    pub fn asked_by(&self, statement: &Statement, schemes: &[&dyn Scheme], product: &ProductId) -> Result<&Sealed<Request>, NotTaken> {
        let found = self.open_answer(statement, schemes).map(|(place, _)| &self.outbox[place].request);
        match found {
            Ok(request) if request.words().product == *product => Ok(request),
            Ok(request) => Err(NotTaken::OtherProduct { product: request.words().product.clone() }),
            Err(NotTaken::NotAsked) => Err(self.stray(statement, schemes, product)),
            Err(error) => Err(error),
        }
    }

    /// The name of the waiting request that an answer opens with.
    pub fn answers(&self, statement: &Statement, schemes: &[&dyn Scheme]) -> Option<Digest> {
        self.open_answer(statement, schemes).ok().map(|(place, _)| self.outbox[place].request.name())
    }

    /// Which request an answer is for whose signer was revoked since: the same request would bring it again, for ever.
    pub fn void_for(&self, statement: &Statement, schemes: &[&dyn Scheme]) -> Option<&Sealed<Request>> {
        let void = Keyward::void(statement, &self.trust_with(statement, schemes))?;
        self.outbox.iter().map(|asked| &asked.request).find(|request| request.name() == void)
    }

    /// Finds the request that an answer belongs to, and opens it.
    fn open_answer(&self, statement: &Statement, schemes: &[&dyn Scheme]) -> Result<(usize, Verified<Answer>), NotTaken> {
        let trust = self.trust_with(statement, schemes);
        for (place, asked) in self.outbox.iter().enumerate() {
            match seal::open(statement, schemes, &trust, &asked.request) {
                Ok(answer) => return Ok((place, answer)),
                Err(SealError::OtherRequest) => {}
                Err(error) if is_request(statement, &error) => return Err(NotTaken::Request),
                Err(error) => return Err(error.into()),
            }
        }
        Err(NotTaken::NotAsked)
    }

    /// What is wrong with an answer to no request that waits here.
    fn stray(&self, statement: &Statement, schemes: &[&dyn Scheme], product: &ProductId) -> NotTaken {
        if !schemes.iter().any(|scheme| scheme.name() == *statement.scheme()) {
            return SealError::UnknownScheme(statement.scheme().to_string().into()).into();
        }
        if *statement.scheme() != Keyward::NAME {
            // Another backend's is opened with its request alone.
            return NotTaken::NotAsked;
        }
        let answer = match Keyward::open_anyones(statement.bytes(), &self.trust_with(statement, schemes)) {
            Ok(answer) => answer,
            Err(error) if is_request(statement, &error) => return NotTaken::Request,
            Err(error) => return error.into(),
        };
        if self.rest.spent.contains(&answer.request) {
            return NotTaken::Used;
        }
        let own = self.rest.device;
        let server = answer.delegation().map(|delegation| delegation.server);
        let bound = answer.certificate().and_then(|certificate| certificate.binding.device()).or(server);
        if bound.is_some_and(|device| device != own) || answer.all_revocations().any(|revocation| revocation.device != own.id()) {
            return NotTaken::OtherHost;
        }
        let (Some((activation, generation)), Some(rights)) = (answer.grants(), answer.rights()) else { return NotTaken::NotAsked };
        if rights.product != *product {
            return NotTaken::OtherProduct { product: rights.product.clone() };
        }
        if self.rest.tombstones.contains(activation) {
            return NotTaken::Returned { activation: activation.clone() };
        }
        match self.known_generation(activation) {
            Some(held) if held >= generation => NotTaken::Older { activation: activation.clone(), found: generation, held },
            _ => NotTaken::NotAsked,
        }
    }

    fn trust_with(&self, statement: &Statement, schemes: &[&dyn Scheme]) -> Trust {
        let mut trust = self.trust.clone();
        learn_all(&mut trust, statement, schemes);
        trust
    }

    /// The highest generation known of an activation: granted, or taken away. What a late answer grants below it is of the past.
    fn known_generation(&self, activation: &ActivationId) -> Option<u64> {
        let held = self.paper_of(activation).and_then(|paper| paper.answer.grants()).map(|(_, generation)| generation);
        let revocations = self.papers.iter().flat_map(|paper| paper.answer.all_revocations());
        let ended = revocations.filter(|it| it.activation == *activation && it.device == self.rest.device.id()).map(|it| it.generation);
        held.into_iter().chain(ended).max()
    }

    fn judge_answer(&self, asked: &Sealed<Request>, answer: &Verified<Answer>) -> Result<Taken, NotTaken> {
        match &answer.body {
            Body::Certificate(it) => self.judge_grant(&it.activation, it.generation),
            Body::Delegation(it) if self.may_sign(asked, it) => self.judge_grant(&it.activation, it.generation),
            Body::Receipt(receipt) if returns(asked) == Some(&receipt.activation) => Ok(Taken::Returned(receipt.activation.clone())),
            // What a license server may sign is no right of a host that did not ask for it.
            Body::Receipt(_) | Body::Delegation(_) => Err(NotTaken::NotAsked),
            Body::Revocation(revocation) if returns(asked) == Some(&revocation.activation) => {
                Ok(Taken::Returned(revocation.activation.clone()))
            }
            Body::Revocation(revocation) => Ok(Taken::Revoked(revocation.activation.clone())),
            Body::Refusal(refusal) => Ok(Taken::Refused(refusal.clone())),
        }
    }

    fn judge_grant(&self, activation: &ActivationId, generation: u64) -> Result<Taken, NotTaken> {
        if self.rest.tombstones.contains(activation) {
            return Err(NotTaken::Returned { activation: activation.clone() });
        }
        match self.known_generation(activation) {
            Some(held) if held >= generation => Err(NotTaken::Older { activation: activation.clone(), found: generation, held }),
            _ => Ok(Taken::Granted(activation.clone())),
        }
    }

    /// Whether a delegation is what was asked for: the first of a license, or a newer one of the same.
    fn may_sign(&self, asked: &Sealed<Request>, it: &Delegation) -> bool {
        let asked_for = match &asked.words().ask {
            Ask::Delegate { .. } => true,
            Ask::Refresh { activation, .. } => *activation == it.activation,
            _ => false,
        };
        asked_for && it.server == self.rest.device
    }

    fn hear(&mut self, place: usize, answer: &Verified<Answer>, now: &Now) {
        let (asked, known) = (&self.outbox[place], self.rest.count);
        let count = asked.request.words().count;
        self.rest.clock.note(now);
        let copied = answer.recount.is_some() || matches!(answer.body, Body::Refusal(Refusal::CopiedHost));
        let recount = answer.recount.filter(|recount| recount.saturating_sub(count) <= FURTHEST_RECOUNT);
        self.rest.count = self.rest.count.max(recount.unwrap_or_default());
        if self.outbox[place].request.words().to.server().is_some() {
            // A license server's clock counts for what it signed itself, and what it knows of copies is not all there is to know.
            self.rest.restored |= copied;
            return;
        }
        // A refused return waits on, and its refusal can be brought again and again: it is heard once.
        if self.rest.heard.is_none_or(|heard| heard < (count, answer.issued)) {
            self.rest.heard = Some((count, answer.issued));
            if let Some(mark) = asked.clock {
                let correction = self.rest.clock.correct(answer.issued, mark);
                for waiting in &mut self.outbox {
                    waiting.clock = waiting.clock.map(|mark| mark.corrected(correction));
                }
            }
        }
        // An answer to what was asked before the restore says nothing of what happened since.
        self.rest.restored = copied || (self.rest.restored && count < known);
    }

    /// Lets go of what nothing follows from any more: older certificates, what was returned, loans that have ended, all but the widest
    /// revocation of what is held or may still come.
    pub(super) fn prune(&mut self) {
        let own = self.rest.device.id();
        // An answer to one of these can bring an activation that is not held: one of the past, whose end was heard of first.
        let comes = self
            .outbox
            .iter()
            .any(|asked| matches!(asked.request.words().ask, Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. }));
        let (returning, heard_of) = (self.returning(), self.heard_of());
        let (mut newest, mut ended, mut ahead) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (place, paper) in self.papers.iter().enumerate() {
            if let Some((activation, generation)) = paper.answer.grants()
                && (!self.rest.tombstones.contains(activation) || returning.contains(activation))
                && self.keeps_lease(paper, &returning)
                && (returning.contains(activation) || !paper.is_over(&heard_of))
            {
                newest.insert(activation, (generation, place));
            }
        }
        for (place, paper) in self.papers.iter().enumerate() {
            for revocation in paper.answer.all_revocations().filter(|it| it.device == own) {
                let widest = match newest.get(&revocation.activation) {
                    Some((held, _)) if *held <= revocation.generation => &mut ended,
                    None if comes && !self.rest.tombstones.contains(&revocation.activation) => &mut ahead,
                    Some(_) | None => continue,
                };
                let last = widest.entry(&revocation.activation).or_insert((revocation.generation, place));
                *last = (revocation.generation, place).max(*last);
            }
        }
        let ahead: BTreeSet<_> = ahead.into_values().map(|(_, place)| place).collect();
        let wanted: BTreeSet<_> = newest.into_values().chain(ended.into_values()).map(|(_, place)| place).collect();
        let wanted: BTreeSet<_> = ahead.into_iter().rev().take(MOST_AHEAD).chain(wanted).collect();
        let mut place = 0..;
        self.papers.retain(|_| place.next().is_some_and(|place| wanted.contains(&place)));
    }
}

/// Whether something that does not open as an answer is a request: somebody chose the other file.
fn is_request(statement: &Statement, error: &SealError) -> bool {
    match error {
        SealError::OtherType { found, .. } => **found == *Request::PAYLOAD_TYPE,
        SealError::NotAnEnvelope(_) => Envelope::from_json(statement.bytes()).is_ok_and(|it| it.payload_type() == Request::PAYLOAD_TYPE),
        _ => false,
    }
}
