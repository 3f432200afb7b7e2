//! What a host keeps: documents as received, requests on their way, and what it knows of its clock.
//!
//! [`VaultContents`] is what is written down; [`Holdings`] is the same, opened: every document verified, again in each process, and again
//! whenever other signers are believed.

mod contents;
pub(crate) mod seats;
mod taking;
mod tenancy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::anchor::AnchorContents;
use crate::document::{Answer, Ask, Delegation, Hold, Kind, Request, Revocation};
use crate::host::{Fingerprint, Match};
use crate::keys::{KeyId, PublicKey};
use crate::license::{Event, License};
use crate::names::{ActivationId, ProductId};
use crate::refusal::Refusal;
use crate::seal::{self, Digest, Envelope, Keyward, Scheme, SealError, Sealed, Statement, Trust, Verified};
use crate::standing::Evidence;
use crate::time::{Mark, Now, Reading, Timestamp};
use crate::trial::LocalTrial;
pub use contents::{Kept, Pending, VaultContents};
pub use seats::{Lease, Sitter};
pub use taking::{NotTaken, Taken};
pub use tenancy::{GIVEN, GIVEN_EVERY, Gift, Loss, Sat, Sitting, Tenancy};

/// So many names of requests that were answered here are remembered: the newest.
const SPENT_REMEMBERED: usize = 64;

/// A vault, opened.
#[derive(Debug, Clone)]
pub struct Holdings {
    /// What is written down, but for `kept` and `outbox`, which stand opened below.
    rest: VaultContents,
    trust: Trust,
    papers: Vec<Arc<Paper>>,
    outbox: Vec<Asked>,
    unreadable: Vec<(Kept, SealError)>,
    /// The most grace that can be earned on a seat.
    most: Duration,
    /// Of which product that is said; what a seat of another is worth, that one says.
    earning: Option<ProductId>,
}

#[derive(Debug, Clone)]
struct Paper {
    kept: Kept,
    asked: Sealed<Request>,
    answer: Verified<Answer>,
    /// By which a license server signed it.
    delegation: Option<Box<Delegation>>,
}

#[derive(Debug, Clone)]
struct Asked {
    request: Sealed<Request>,
    clock: Option<Mark>,
    refused: Option<Refusal>,
    /// When a check-out was written down and sent; none for one of an earlier run, which is not sent again.
    sent: Option<Reading>,
}

impl Holdings {
    /// Opens what was written down. A document that does not verify counts for nothing and is kept; [`Self::unreadable`] names it.
    pub fn open(contents: VaultContents, schemes: &[&dyn Scheme], trust: Trust) -> Self {
        Self::open_after(None, contents, schemes, trust)
    }

    /// Opens what was written down by somebody who opened this vault `before`, with the same schemes: what was verified then, byte for byte
    /// the same and under the same trust, is not verified again. Signatures are nearly all that opening costs.
    pub fn open_after(before: Option<&Self>, contents: VaultContents, schemes: &[&dyn Scheme], mut trust: Trust) -> Self {
        let mut rest = contents;
        match before.filter(|before| before.trust.newest() == rest.keys.as_ref() && before.trust.has_basis_of(&trust)) {
            Some(before) => trust = before.trust.clone(),
            // A statement that does not prove itself teaches nothing; what it would have vouched for does not verify.
            None => drop(rest.keys.as_ref().map(|keys| trust.learn(keys))),
        }
        let known = before.filter(|before| before.trust == trust).map(|before| &*before.papers).unwrap_or_default();
        let (mut papers, mut unreadable) = (Vec::new(), Vec::new());
        for kept in std::mem::take(&mut rest.kept) {
            if let Some(paper) = known.iter().find(|paper| paper.kept == kept) {
                papers.push(Arc::clone(paper));
                continue;
            }
            match Paper::open(&kept, schemes, &trust) {
                Ok((asked, answer)) => papers.push(Arc::new(Paper::new(kept, asked, answer))),
                Err(error) => unreadable.push((kept, error)),
            }
        }
        let known = before.map(|before| &*before.outbox).unwrap_or_default();
        let outbox = std::mem::take(&mut rest.outbox).into_iter().filter_map(|Pending { request, clock, refused }| {
            let known = known.iter().map(|asked| &asked.request).find(|known| *known.envelope() == request);
            // A request that was damaged cannot be asked again; its count stays used.
            let request = known.cloned().map_or_else(|| reseal(&request).ok(), Some)?;
            Some(Asked { request, clock, refused, sent: None })
        });
        let most = crate::profile::GraceTerms::default().seat();
        Self { outbox: outbox.collect(), rest, trust, papers, unreadable, most, earning: None }
    }

    /// What is to be written down.
    pub fn contents(&self) -> VaultContents {
        let kept = self.unreadable.iter().map(|(kept, _)| kept).chain(self.papers.iter().map(|paper| &paper.kept));
        let outbox = self.outbox.iter().map(|asked| {
            let request = asked.request.envelope().clone();
            Pending { request, clock: asked.clock, refused: asked.refused.clone() }
        });
        VaultContents { kept: kept.cloned().collect(), outbox: outbox.collect(), ..self.rest.clone() }
    }

    /// The key of this vault.
    pub fn device(&self) -> PublicKey {
        self.rest.device
    }

    /// Whether the next activation takes a slot of its own.
    pub fn own_slot(&self) -> bool {
        self.rest.own_slot
    }

    /// The trial this host began by itself.
    pub fn local_trial(&self, product: &ProductId) -> Option<&LocalTrial> {
        self.rest.trials.get(product)
    }

    /// The vault's count.
    pub fn count(&self) -> u64 {
        self.rest.count
    }

    /// Activations for which a return request was made here.
    pub fn tombstones(&self) -> &BTreeSet<ActivationId> {
        &self.rest.tombstones
    }

    /// Whom it believes, with what was learned since.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Documents that were kept and no longer verify, and why.
    pub fn unreadable(&self) -> impl Iterator<Item = &SealError> {
        self.unreadable.iter().map(|(_, error)| error)
    }

    /// Requests whose answers are awaited, oldest first, each with the issuer's no if it is a return that was refused.
    pub fn outbox(&self) -> impl DoubleEndedIterator<Item = (&Sealed<Request>, Option<&Refusal>)> {
        self.outbox.iter().map(|asked| (&asked.request, asked.refused.as_ref()))
    }

    /// The same without check-outs: those of seats that are held are open for fresh leases, and no answer comes any more to one that was sent.
    pub fn awaited(&self) -> impl Iterator<Item = (&Sealed<Request>, Option<&Refusal>)> {
        self.outbox().filter(|(request, _)| request.words().ask.kind() != Kind::CheckOut)
    }

    /// The licenses of a product: one for each activation, or the trial where there is none.
    pub fn licenses(&self, product: &ProductId) -> Vec<License> {
        let mut activations = Vec::new();
        for paper in self.of(product) {
            if let Some(certificate) = paper.answer.certificate()
                && certificate.hold != Hold::Trial
                && !activations.contains(&certificate.activation)
            {
                activations.push(certificate.activation.clone());
            }
        }
        let before = self.trial_events(product);
        let mut licenses: Vec<_> = activations
            .iter()
            .map(|activation| License::from_documents(before.iter().cloned().chain(self.events(product, activation))))
            .collect();
        let in_use = |license: &License| matches!(license, License::Activated(_) | License::Borrowed(_));
        if !before.is_empty() && !licenses.iter().any(in_use) {
            licenses.push(License::from_documents(before));
        }
        licenses
    }

    /// What happened to the trial of a product.
    fn trial_events(&self, product: &ProductId) -> Vec<Event> {
        let local = self.rest.trials.get(product).cloned().map(Event::Try);
        let papers = self.of(product).filter(|paper| paper.answer.certificate().is_some_and(|it| it.hold == Hold::Trial));
        local.into_iter().chain(papers.filter_map(|paper| Event::of(&paper.answer))).collect()
    }

    /// What happened to an activation.
    fn events(&self, product: &ProductId, activation: &ActivationId) -> Vec<Event> {
        let mut events = Vec::new();
        // In whatever order the answers were brought: a revocation ends what is not newer than it.
        for paper in self.of(product) {
            if paper.answer.certificate().is_some_and(|certificate| certificate.activation == *activation) {
                events.extend(Event::of(&paper.answer));
            }
        }
        // A revocation travels in any answer.
        for revocation in self.papers.iter().flat_map(|paper| paper.answer.all_revocations()) {
            if revocation.activation == *activation {
                events.push(Event::Revoke(revocation.clone()));
            }
        }
        for asked in &self.outbox {
            if returns(&asked.request) == Some(activation) {
                let request = asked.request.name();
                events.push(Event::Return { request });
                events.extend(asked.refused.clone().map(|refusal| Event::Refuse { request, refusal }));
            }
        }
        events
    }

    fn of<'a>(&'a self, product: &'a ProductId) -> impl Iterator<Item = &'a Arc<Paper>> {
        // A certificate is for the product it names, whichever product asked for it.
        self.papers.iter().filter(move |paper| match paper.answer.rights() {
            Some(rights) => rights.product == *product,
            None => paper.asked.words().product == *product,
        })
    }

    /// The newest statement held for an activation: what refresh and return show.
    pub fn held(&self, activation: &ActivationId) -> Option<(&Statement, &Answer)> {
        let paper = self.paper_of(activation)?;
        Some((&paper.kept.statement, paper.answer.words()))
    }

    /// The newest statement held for an activation, and the request that brought it.
    pub fn shown(&self, activation: &ActivationId) -> Option<(&Sealed<Request>, &Statement)> {
        let paper = self.paper_of(activation)?;
        Some((&paper.asked, &paper.kept.statement))
    }

    fn paper_of(&self, activation: &ActivationId) -> Option<&Arc<Paper>> {
        self.papers.iter().rfind(|paper| paper.answer.grants().is_some_and(|(of, _)| of == activation))
    }

    /// What license servers of this vault's key may sign for a product, each in the newest statement and when that was
    /// signed; but for what is on its way back.
    pub fn delegations<'a>(&'a self, product: &'a ProductId) -> impl Iterator<Item = (&'a Statement, Timestamp, &'a Delegation)> {
        let papers = self.of(product).filter_map(|paper| Some((&paper.kept.statement, paper.answer.issued, paper.answer.delegation()?)));
        papers.filter(|(_, _, delegation)| !self.rest.tombstones.contains(&delegation.activation))
    }

    /// What took away what is held of an activation up to a generation, if something did.
    pub fn revocation(&self, activation: &ActivationId, generation: u64) -> Option<&Revocation> {
        let own = self.rest.device.id();
        let mut all = self.papers.iter().flat_map(|paper| paper.answer.all_revocations());
        all.find(|it| it.activation == *activation && it.device == own && it.generation >= generation)
    }

    /// The activations of a product that the issuer can be asked about: those that are neither on their way back nor gone.
    pub fn refreshable(&self, product: &ProductId) -> Vec<ActivationId> {
        let mut all = Vec::new();
        for (activation, _) in self.of(product).filter_map(|paper| paper.answer.grants()) {
            if !self.rest.tombstones.contains(activation) && !all.contains(activation) {
                all.push(activation.clone());
            }
        }
        all
    }

    /// What was returned here, as the anchor knows, while this vault was restored from before: it holds it and knows of no request. The return
    /// can be made again.
    pub fn lost_returns(&self) -> Vec<ActivationId> {
        let asked: BTreeSet<_> = self.outbox.iter().filter_map(|asked| returns(&asked.request)).collect();
        let held = self.papers.iter().filter_map(|paper| paper.answer.grants()).map(|(activation, _)| activation);
        let lost: BTreeSet<_> = held.filter(|it| self.rest.tombstones.contains(*it) && !asked.contains(*it)).collect();
        lost.into_iter().cloned().collect()
    }

    /// What is observed, for [`crate::standing::Standing::of`]. The anchor is asked too: it knows returns that a restored vault forgot.
    pub fn evidence(&self, anchor: &AnchorContents, product: &crate::profile::ProductProfile, observed: Fingerprint) -> Evidence {
        Evidence {
            product: product.product.clone(),
            released: product.released,
            local_days: product.trial.local_days,
            device: self.rest.device,
            observed,
            clock: self.rest.clock.clone(),
            heard: self.rest.heard.map(|(_, issued)| issued),
            heard_of: self.heard_of(),
            seats: self.sittings(),
            restored: self.rest.restored || self.rest.count < anchor.count,
            buried: self.rest.tombstones.union(&anchor.tombstones).cloned().collect(),
            changed: self.rest.changed.iter().map(|(activation, spent)| (activation.clone(), Duration::from_secs(*spent))).collect(),
        }
    }

    /// Takes a reading of the clock and of the host in: running time is counted where there is doubt.
    pub fn note(&mut self, now: &Now, observed: &Fingerprint) {
        self.note_seats(now);
        let ran = self.rest.clock.note(now);
        self.note_delegations(ran, now);
        let ran = ran.as_secs();
        let mut changed = BTreeMap::new();
        for certificate in self.papers.iter().filter_map(|paper| paper.answer.certificate()) {
            if certificate.binding.fingerprint().judge(observed) == Match::Changed {
                let before = self.rest.changed.get(&certificate.activation).copied().unwrap_or_default();
                changed.insert(certificate.activation.clone(), before + ran);
            }
        }
        self.rest.changed = changed;
    }

    /// The vault is behind its anchor: it was restored from a copy. The next contact decides.
    pub fn notice_restore(&mut self, anchor: &AnchorContents) {
        if self.rest.count < anchor.count {
            self.rest.restored = true;
            self.rest.count = anchor.count;
            self.restore_seats();
        }
        for activation in &anchor.tombstones {
            self.rest.tombstones.insert(activation.clone());
        }
        for (product, first) in &anchor.trials {
            if let Some(trial) = self.rest.trials.get_mut(product) {
                trial.first = trial.first.min(*first);
            }
            // What waits and knows less of the first day would begin the trial anew (row S2).
            self.forget_trials(product, |since| since.is_none_or(|since| since > *first));
        }
    }

    /// The count for the next request; whoever asks sees to it that the last there is was not used before.
    pub fn next_count(&self) -> u64 {
        self.rest.count.saturating_add(1)
    }

    /// Puts a request into the outbox. A return is off from here on (promise 4).
    pub fn post(&mut self, request: Sealed<Request>) {
        self.rest.count = self.rest.count.max(request.words().count);
        self.close_unanswered(&request);
        if let Some(activation) = returns(&request) {
            if self.is_lease(activation) {
                // It is off while its return waits, ends soon by itself, and no answer brings it back.
                self.close_check_out(activation);
            } else {
                self.rest.tombstones.insert(activation.clone());
            }
            // What is given back is not asked about any more, whoever carries the question.
            self.outbox.retain(|asked| !matches!(&asked.request.words().ask, Ask::Refresh { activation: of, .. } if of == activation));
        }
        let sent = matches!(request.words().ask, Ask::CheckOut { .. }).then(|| self.rest.clock.last.clone());
        self.outbox.push(Asked { request, clock: Some(self.rest.clock.mark()), refused: None, sent });
    }

    /// Takes a request out of the outbox that certainly reached nobody. A return stays: it is off, and it is asked again.
    pub fn withdraw(&mut self, request: Digest) {
        self.outbox.retain(|asked| asked.request.name() != request || returns(&asked.request).is_some());
    }

    /// A request was answered, and nothing could be taken of the answer: asking again would bring the same. A return stays.
    pub fn spend(&mut self, request: Digest) {
        self.withdraw(request);
        self.remember(request);
    }

    fn remember(&mut self, answered: Digest) {
        self.rest.spent.push(answered);
        let too_many = self.rest.spent.len().saturating_sub(SPENT_REMEMBERED);
        self.rest.spent.drain(..too_many);
    }

    /// Takes a request out of the outbox whose place another has taken.
    pub fn forget(&mut self, request: Digest) {
        self.outbox.retain(|asked| asked.request.name() != request);
    }

    /// Takes requests for a trial of a product out of the outbox, by the first days they name.
    pub fn forget_trials(&mut self, product: &ProductId, goes: impl Fn(Option<Timestamp>) -> bool) {
        self.outbox.retain(|asked| match asked.request.words() {
            Request { ask: Ask::Trial { since, .. }, product: of, .. } if of == product => !goes(*since),
            _ => true,
        });
    }

    /// Begins a trial without a server.
    pub fn begin_trial(&mut self, product: ProductId, trial: LocalTrial) {
        // What waits and says nothing of a first day would begin anew, asked again.
        self.forget_trials(&product, |since| since.is_none());
        self.rest.trials.entry(product).or_insert(trial);
    }

    /// This host knows that it is a copy: a new key, and nothing of what the old one held or asked.
    pub fn become_new_host(&mut self, device: PublicKey, now: &Now) {
        let rest = VaultContents::new(self.rest.vendor, device, now);
        let old = std::mem::replace(&mut self.rest, rest);
        self.rest.count = old.count;
        self.rest.trials = old.trials;
        self.rest.tombstones = old.tombstones;
        self.rest.clock = old.clock;
        self.rest.keys = old.keys;
        self.rest.gifts = old.gifts;
        self.rest.remade = old.remade;
        self.rest.outlived = old.outlived;
        self.rest.own_slot = true;
        self.papers.clear();
        self.unreadable.clear();
        self.outbox.clear();
    }
}

impl Paper {
    /// A statement that was opened.
    fn new(kept: Kept, asked: Sealed<Request>, answer: Verified<Answer>) -> Self {
        let delegation = Keyward::delegation_of(&kept.statement).map(Box::new);
        Self { kept, asked, answer, delegation }
    }

    /// Whether it is a loan that has ended by what its license server said since: no clock brings that back.
    fn is_over(&self, heard_of: &BTreeMap<KeyId, Timestamp>) -> bool {
        let Some(it) = self.answer.certificate().filter(|it| matches!(it.hold, Hold::Loan { .. })) else { return false };
        let heard = self.asked.words().to.server().and_then(|server| heard_of.get(&server));
        heard.zip(it.window.until).is_some_and(|(heard, until)| *heard >= until)
    }

    fn open(kept: &Kept, schemes: &[&dyn Scheme], trust: &Trust) -> Result<(Sealed<Request>, Verified<Answer>), SealError> {
        let asked = reseal(&kept.asked)?;
        let answer = seal::open(&kept.statement, schemes, trust, &asked)?;
        Ok((asked, answer))
    }
}

/// Opens a request of our own again: words and bytes.
fn reseal(envelope: &Envelope) -> Result<Sealed<Request>, SealError> {
    let words = seal::open_request(envelope)?.into_words();
    Ok(Sealed::paired(words, envelope.clone()))
}

fn learn_all(trust: &mut Trust, statement: &Statement, schemes: &[&dyn Scheme]) {
    let Some(scheme) = schemes.iter().find(|scheme| scheme.name() == *statement.scheme()) else { return };
    for keys in scheme.key_statements(statement.bytes()) {
        // One that does not prove itself teaches nothing; the answer then fails for want of a signer.
        let _ = trust.learn(&keys);
    }
}

fn returns(request: &Sealed<Request>) -> Option<&ActivationId> {
    match &request.words().ask {
        Ask::Return { activation, .. } => Some(activation),
        Ask::Trial { .. }
        | Ask::Activate { .. }
        | Ask::Delegate { .. }
        | Ask::CheckOut { .. }
        | Ask::Borrow { .. }
        | Ask::Extend { .. }
        | Ask::Refresh { .. } => None,
    }
}

#[cfg(test)]
mod tests;
