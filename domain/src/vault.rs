//! What a host keeps: documents as received, requests on their way, and what it knows of its clock.
//!
//! [`VaultContents`] is what is written down; [`Holdings`] is the same, opened: every document verified again each time it is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::anchor::AnchorContents;
use crate::document::{Answer, Ask, Body, Hold, Request};
use crate::host::{Fingerprint, Match};
use crate::keys::PublicKey;
use crate::license::{Event, License};
use crate::names::{ActivationId, ProductId};
use crate::refusal::Refusal;
use crate::seal::{self, Digest, Envelope, Scheme, SealError, Sealed, Statement, Trust, Verified};
use crate::signers::VendorId;
use crate::standing::Evidence;
use crate::time::{ClockRecord, Now, Timestamp};
use crate::trial::LocalTrial;

/// So many answers are kept for the sake of revocations of what is not held yet: the newest.
const MOST_AHEAD: usize = 16;

/// What is written down. One vault per host and vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultContents {
    /// Words a reader must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whose vault.
    pub vendor: VendorId,
    /// The key of this vault.
    pub device: PublicKey,
    /// Counts requests; each is used once.
    pub count: u64,
    /// Answers as received, with their requests, oldest first.
    #[serde(default)]
    pub kept: Vec<Kept>,
    /// Requests whose answers are awaited, oldest first.
    #[serde(default)]
    pub outbox: Vec<Pending>,
    /// Trials this host began by itself.
    #[serde(default)]
    pub trials: BTreeMap<ProductId, LocalTrial>,
    /// Activations for which a return request was made.
    #[serde(default)]
    pub tombstones: BTreeSet<ActivationId>,
    /// What is known of the clock.
    pub clock: ClockRecord,
    /// The newest answer: its request's count, and the issuer's time.
    #[serde(default)]
    pub heard: Option<(u64, Timestamp)>,
    /// Running time spent while the host looked changed, in seconds, by activation.
    #[serde(default)]
    pub changed: BTreeMap<ActivationId, u64>,
    /// It was behind its anchor, or a count of it was used twice; the next contact decides.
    #[serde(default)]
    pub restored: bool,
    /// This host knows that it is a copy: its next activation takes a slot of its own.
    #[serde(default)]
    pub own_slot: bool,
    /// The newest key statement.
    #[serde(default)]
    pub keys: Option<Envelope>,
}

/// An answer as received and the request it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The request.
    pub asked: Envelope,
    /// The answer.
    pub statement: Statement,
}

/// A request whose answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The request, byte for byte.
    pub request: Envelope,
    /// The issuer's no to a return: it stays off and can be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

impl VaultContents {
    /// A vault that is new.
    pub fn new(vendor: VendorId, device: PublicKey, now: &Now) -> Self {
        Self {
            needs: Vec::new(),
            vendor,
            device,
            count: 0,
            kept: Vec::new(),
            outbox: Vec::new(),
            trials: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            clock: ClockRecord::new(now),
            heard: None,
            changed: BTreeMap::new(),
            restored: false,
            own_slot: false,
            keys: None,
        }
    }
}

/// A vault, opened.
#[derive(Debug, Clone)]
pub struct Holdings {
    /// What is written down, but for `kept` and `outbox`, which stand opened below.
    rest: VaultContents,
    trust: Trust,
    papers: Vec<Paper>,
    outbox: Vec<Asked>,
    unreadable: Vec<(Kept, SealError)>,
}

#[derive(Debug, Clone)]
struct Paper {
    kept: Kept,
    asked: Sealed<Request>,
    answer: Verified<Answer>,
}

#[derive(Debug, Clone)]
struct Asked {
    request: Sealed<Request>,
    refused: Option<Refusal>,
}

/// Why an answer is not taken. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// It answers nothing that is being asked here: never asked, or answered before.
    #[error("it answers nothing that is being asked on this host; it was used before, or belongs to another host")]
    NotAsked,
    /// What it grants is older than what is held.
    #[error("it is older than what is held here (generation {found}, held {held}); use the newest answer")]
    Older {
        /// Its generation.
        found: u64,
        /// The generation held.
        held: u64,
    },
    /// What it grants was returned here since.
    #[error("what it grants was returned on this host since; activate again")]
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
    /// Opens what was written down. A document that does not verify counts for nothing and is kept; [`Self::unreadable`] names it.
    pub fn open(contents: VaultContents, schemes: &[&dyn Scheme], mut trust: Trust) -> Self {
        let mut rest = contents;
        // A statement that does not prove itself teaches nothing; what it would have vouched for does not verify.
        let _ = rest.keys.as_ref().map(|keys| trust.learn(keys));
        let (mut papers, mut unreadable) = (Vec::new(), Vec::new());
        for kept in std::mem::take(&mut rest.kept) {
            match Paper::open(&kept, schemes, &trust) {
                Ok((asked, answer)) => papers.push(Paper { kept, asked, answer }),
                Err(error) => unreadable.push((kept, error)),
            }
        }
        // A request that was damaged cannot be asked again; its count stays used.
        let outbox = std::mem::take(&mut rest.outbox);
        let outbox =
            outbox.into_iter().filter_map(|pending| Some(Asked { request: reseal(&pending.request).ok()?, refused: pending.refused }));
        Self { outbox: outbox.collect(), rest, trust, papers, unreadable }
    }

    /// What is to be written down.
    pub fn contents(&self) -> VaultContents {
        let kept = self.unreadable.iter().map(|(kept, _)| kept).chain(self.papers.iter().map(|paper| &paper.kept));
        let outbox = self.outbox.iter().map(|asked| Pending { request: asked.request.envelope().clone(), refused: asked.refused.clone() });
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
    pub fn outbox(&self) -> impl Iterator<Item = (&Sealed<Request>, Option<&Refusal>)> {
        self.outbox.iter().map(|asked| (&asked.request, asked.refused.as_ref()))
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

    fn of<'a>(&'a self, product: &'a ProductId) -> impl Iterator<Item = &'a Paper> {
        // A certificate is for the product it names, whichever product asked for it.
        self.papers.iter().filter(move |paper| match paper.answer.certificate() {
            Some(certificate) => certificate.rights.product == *product,
            None => paper.asked.words().product == *product,
        })
    }

    /// The newest statement held for an activation: what refresh and return show.
    pub fn held(&self, activation: &ActivationId) -> Option<(&Statement, &Answer)> {
        let paper = self.paper_of(activation)?;
        Some((&paper.kept.statement, paper.answer.words()))
    }

    fn paper_of(&self, activation: &ActivationId) -> Option<&Paper> {
        self.papers.iter().rfind(|paper| paper.answer.certificate().is_some_and(|it| it.activation == *activation))
    }

    /// The activations of a product that the issuer can be asked about: those that are neither on their way back nor gone.
    pub fn refreshable(&self, product: &ProductId) -> Vec<ActivationId> {
        let mut all = Vec::new();
        for certificate in self.of(product).filter_map(|paper| paper.answer.certificate()) {
            if !self.rest.tombstones.contains(&certificate.activation) && !all.contains(&certificate.activation) {
                all.push(certificate.activation.clone());
            }
        }
        all
    }

    /// What was returned here, as the anchor knows, while this vault was restored from before: it holds it and knows of no request. The return
    /// can be made again.
    pub fn lost_returns(&self) -> Vec<ActivationId> {
        let asked: BTreeSet<_> = self.outbox.iter().filter_map(|asked| returns(&asked.request)).collect();
        let held = self.papers.iter().filter_map(|paper| paper.answer.certificate()).map(|it| &it.activation);
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
            restored: self.rest.restored || self.rest.count < anchor.count,
            buried: self.rest.tombstones.union(&anchor.tombstones).cloned().collect(),
            changed: self.rest.changed.iter().map(|(activation, spent)| (activation.clone(), Duration::from_secs(*spent))).collect(),
        }
    }

    /// Takes a reading of the clock and of the host in: running time is counted where there is doubt.
    pub fn note(&mut self, now: &Now, observed: &Fingerprint) {
        let ran = self.rest.clock.note(now).as_secs();
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
        }
        for activation in &anchor.tombstones {
            self.rest.tombstones.insert(activation.clone());
        }
        for (product, first) in &anchor.trials {
            if let Some(trial) = self.rest.trials.get_mut(product) {
                trial.first = trial.first.min(*first);
            }
        }
    }

    /// The count for the next request.
    pub fn next_count(&self) -> u64 {
        self.rest.count + 1
    }

    /// Puts a request into the outbox. A return is off from here on (promise 4).
    pub fn post(&mut self, request: Sealed<Request>) {
        self.rest.count = self.rest.count.max(request.words().count);
        if let Some(activation) = returns(&request) {
            self.rest.tombstones.insert(activation.clone());
        }
        self.outbox.push(Asked { request, refused: None });
    }

    /// Takes a request out of the outbox that certainly reached nobody. A return stays: it is off, and it is asked again.
    pub fn withdraw(&mut self, request: Digest) {
        self.outbox.retain(|asked| asked.request.name() != request || returns(&asked.request).is_some());
    }

    /// Takes a request out of the outbox whose place another has taken.
    pub fn forget(&mut self, request: Digest) {
        self.outbox.retain(|asked| asked.request.name() != request);
    }

    /// Begins a trial without a server.
    pub fn begin_trial(&mut self, product: ProductId, trial: LocalTrial) {
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
        self.rest.own_slot = true;
        self.papers.clear();
        self.unreadable.clear();
        self.outbox.clear();
    }

    /// Takes an answer: only for a request in the outbox, and once. What it says is applied, and it is kept as received.
    pub fn take(&mut self, statement: Statement, schemes: &[&dyn Scheme], now: &Now) -> Result<Taken, NotTaken> {
        let (place, answer) = self.open_answer(&statement, schemes)?;
        let asked = self.outbox[place].request.clone();
        let taken = self.judge_answer(&asked, &answer)?;
        learn_all(&mut self.trust, &statement, schemes);
        self.rest.keys = self.trust.newest().cloned();
        self.hear(&asked, &answer, now);
        match &taken {
            Taken::Refused(refusal) if returns(&asked).is_some() => self.outbox[place].refused = Some(refusal.clone()),
            Taken::Refused(_) | Taken::Granted(_) | Taken::Returned(_) | Taken::Revoked(_) => drop(self.outbox.remove(place)),
        }
        if matches!((&taken, &asked.words().ask), (Taken::Granted(_), Ask::Activate { .. })) {
            self.rest.own_slot = false;
        }
        if answer.certificate().is_some() || answer.all_revocations().next().is_some() {
            let kept = Kept { asked: asked.envelope().clone(), statement };
            self.papers.push(Paper { kept, asked, answer });
        }
        self.prune();
        Ok(taken)
    }

    /// Finds the request that an answer belongs to, and opens it.
    fn open_answer(&self, statement: &Statement, schemes: &[&dyn Scheme]) -> Result<(usize, Verified<Answer>), NotTaken> {
        let mut trust = self.trust.clone();
        learn_all(&mut trust, statement, schemes);
        let mut other = None;
        for (place, asked) in self.outbox.iter().enumerate() {
            match seal::open(statement, schemes, &trust, &asked.request) {
                Ok(answer) => return Ok((place, answer)),
                Err(SealError::OtherRequest) => other = Some(NotTaken::NotAsked),
                Err(error) => return Err(error.into()),
            }
        }
        Err(other.unwrap_or(NotTaken::NotAsked))
    }

    /// The highest generation known of an activation: granted, or taken away. What a late answer grants below it is of the past.
    fn known_generation(&self, activation: &ActivationId) -> Option<u64> {
        let held = self.paper_of(activation).and_then(|paper| paper.answer.certificate()).map(|it| it.generation);
        let revocations = self.papers.iter().flat_map(|paper| paper.answer.all_revocations());
        let ended = revocations.filter(|it| it.activation == *activation && it.device == self.rest.device.id()).map(|it| it.generation);
        held.into_iter().chain(ended).max()
    }

    fn judge_answer(&self, asked: &Sealed<Request>, answer: &Verified<Answer>) -> Result<Taken, NotTaken> {
        match &answer.body {
            Body::Certificate(certificate) => {
                if self.rest.tombstones.contains(&certificate.activation) {
                    return Err(NotTaken::Returned { activation: certificate.activation.clone() });
                }
                match self.known_generation(&certificate.activation) {
                    Some(held) if held >= certificate.generation => Err(NotTaken::Older { found: certificate.generation, held }),
                    _ => Ok(Taken::Granted(certificate.activation.clone())),
                }
            }
            Body::Receipt(receipt) if returns(asked) == Some(&receipt.activation) => Ok(Taken::Returned(receipt.activation.clone())),
            // What a license server may sign is no right of a host.
            Body::Receipt(_) | Body::Delegation(_) => Err(NotTaken::NotAsked),
            Body::Revocation(revocation) if returns(asked) == Some(&revocation.activation) => {
                Ok(Taken::Returned(revocation.activation.clone()))
            }
            Body::Revocation(revocation) => Ok(Taken::Revoked(revocation.activation.clone())),
            Body::Refusal(refusal) => Ok(Taken::Refused(refusal.clone())),
        }
    }

    fn hear(&mut self, asked: &Sealed<Request>, answer: &Verified<Answer>, now: &Now) {
        let count = asked.words().count;
        self.rest.clock.note(now);
        if self.rest.heard.is_none_or(|(newest, _)| newest <= count) {
            self.rest.heard = Some((count, answer.issued));
            self.rest.clock.correct(answer.issued);
        }
        // An answer to what was asked before the restore says nothing of what happened since.
        let copied = answer.recount.is_some() || matches!(answer.body, Body::Refusal(Refusal::CopiedHost));
        self.rest.restored = copied || (self.rest.restored && count < self.rest.count);
        self.rest.count = self.rest.count.max(answer.recount.unwrap_or_default());
    }

    /// Lets go of what nothing follows from any more: older certificates, what was returned, all but the widest revocation of what is held
    /// or may still come.
    fn prune(&mut self) {
        let own = self.rest.device.id();
        // An answer to one of these can bring an activation that is not held: one of the past, whose end was heard of first.
        let comes = self.outbox.iter().any(|asked| matches!(asked.request.words().ask, Ask::Trial { .. } | Ask::Activate { .. }));
        let returning: BTreeSet<_> = self.outbox.iter().filter_map(|asked| returns(&asked.request)).collect();
        let (mut newest, mut ended, mut ahead) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (place, paper) in self.papers.iter().enumerate() {
            if let Some(certificate) = paper.answer.certificate()
                && (!self.rest.tombstones.contains(&certificate.activation) || returning.contains(&certificate.activation))
            {
                newest.insert(&certificate.activation, (certificate.generation, place));
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

impl Paper {
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
