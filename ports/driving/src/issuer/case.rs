//! One request, with everything in the ledger that bears on it, and the ruling of the domain.

use std::sync::Arc;

use keyward_domain::device::{Counted, Device};
use keyward_domain::document::{Answer, Ask, Body, Hold, Request, Revocation};
use keyward_domain::entitlement::{Entitlement, Held, Outcome, Shown};
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::product::Product;
use keyward_domain::record::{Granted, Lookup, Record, RecordKey, Remembered};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Reply, Statement, Verified};
use keyward_domain::time::Timestamp;
use keyward_domain::trial::Trial;
use keyward_ports::{LedgerError, Versioned, View};

/// A request, and what it shows of its own, opened.
pub(super) struct Errand {
    pub(super) request: Verified<Request>,
    pub(super) shown: Option<Verified<Answer>>,
}

/// What the ledger knows of a request beside the records that may change.
pub(super) struct Papers {
    /// The record that is looked up for it.
    pub(super) found: Option<RecordKey>,
    /// The record that it is about, which may not be there: what it shows may name one that a restored server forgot.
    pub(super) subject: Option<RecordKey>,
    /// It was answered before.
    pub(super) again: Option<Again>,
    product: Option<Arc<Versioned>>,
    /// Whether what it shows is remembered.
    remembered: bool,
    /// What the device has to be told of its other licenses.
    others: Vec<Revocation>,
}

/// What a request that was answered before is told.
pub(super) enum Again {
    /// The same.
    Stands(Statement),
    /// What it granted was given back since; beside the no, these.
    Spent(Vec<Revocation>),
}

/// One request with all that bears on it.
pub(super) struct Case<'a> {
    device: (u64, Option<Device>),
    product: Option<Arc<Versioned>>,
    subject: Subject,
    /// What the asking device shows of its own, and whether it is remembered.
    shown: Option<(&'a Verified<Answer>, bool)>,
    others: Vec<Revocation>,
}

/// The record that the request is about.
enum Subject {
    Nothing,
    Entitlement(u64, Box<Entitlement>),
    Trial(u64, Box<Trial>),
}

/// What the domain ruled, and what to write.
pub(super) struct Ruling {
    pub(super) answer: Answer,
    /// Whether the device was known before.
    pub(super) known: bool,
    /// Whether anything was granted or given back: then it is remembered.
    pub(super) changed: bool,
    /// The device, to be written, and the version that was read.
    pub(super) device: Option<(u64, Record)>,
    /// What it was about: to be written if anything changed.
    pub(super) subject: Option<(u64, Record)>,
    pub(super) granted: Option<Granted>,
    pub(super) happened: Option<&'static str>,
    pub(super) entitlement: Option<EntitlementId>,
    pub(super) activation: Option<ActivationId>,
}

impl Papers {
    /// Looks up what is known of a request.
    pub(super) fn look(view: &dyn View, errand: &Errand) -> Result<Self, LedgerError> {
        let request = &errand.request;
        if let Some(again) = again(view, request)? {
            return Ok(Self { found: None, subject: None, again: Some(again), product: None, remembered: true, others: Vec::new() });
        }
        let found = find(view, request)?;
        let product = view.read(&RecordKey::Product(request.product.clone()))?;
        let remembered = match &errand.shown {
            Some(shown) => is_remembered(view, shown)?,
            None => false,
        };
        let named = errand.shown.as_ref().filter(|_| !remembered).and_then(|answer| Shown::of(answer)?.entitlement().cloned());
        let subject = found.clone().or(named.map(RecordKey::Entitlement));
        let others = others(view, request, subject.as_ref())?;
        Ok(Self { found, subject, again: None, product, remembered, others })
    }
}

impl<'a> Case<'a> {
    /// Puts together what a request is decided on.
    pub(super) fn new(errand: &'a Errand, papers: Papers, device: (u64, Option<Device>), subject: Option<(u64, Record)>) -> Self {
        let subject = match subject {
            Some((read, Record::Entitlement(it))) => Subject::Entitlement(read, Box::new(it)),
            Some((read, Record::Trial(it))) => Subject::Trial(read, Box::new(it)),
            Some((_, Record::Product(_) | Record::Device(_) | Record::Signers(_) | Record::Staff(_))) | None => Subject::Nothing,
        };
        let shown = errand.shown.as_ref().map(|shown| (shown, papers.remembered));
        Self { device, product: papers.product, subject, shown, others: papers.others }
    }

    /// The domain's ruling.
    pub(super) fn rule(self, request: &Verified<Request>, now: Timestamp) -> Ruling {
        let Self { device: (device_version, device), product, subject, shown, others } = self;
        let known = device.is_some();
        let mut device = device.unwrap_or_else(|| Device::new(request.device, request.host.clone(), now));
        let counted = device.take(request.count, request.name(), &request.host, now);
        let (subject, decided) = match counted {
            Counted::Copied => (subject, Err(Refusal::CopiedHost)),
            Counted::Once | Counted::Doubled { .. } => decide(request, as_product(product.as_deref()), subject, shown, now),
        };
        let mut answer = match &decided {
            Ok(outcome) => Answer::of(request, now, outcome.body.clone()),
            Err(refusal) => Answer::of(request, now, Body::Refusal(refusal.clone())),
        };
        answer.revocations = others;
        // A refusal says nothing else of what the device holds; an answer about one activation says nothing of another.
        let about = asked_about(&request.ask).filter(|_| decided.is_ok());
        answer.revocations.extend(subject.revocations(request).into_iter().filter(|revocation| Some(&revocation.activation) != about));
        if let Counted::Doubled { highest } = counted {
            answer.recount = Some(highest);
        }
        let changed = decided.as_ref().is_ok_and(|outcome| outcome.changed);
        let granted = decided.as_ref().ok().and_then(|outcome| subject.granted(&outcome.body, request));
        let entitlement = subject.entitlement();
        Ruling {
            answer,
            known,
            changed,
            device: (known || changed).then_some((device_version, Record::Device(device))),
            subject: subject.into_record(),
            granted,
            happened: decided.ok().map(|outcome| outcome.happened),
            entitlement,
            activation: asked_about(&request.ask).cloned(),
        }
    }
}

fn as_product(found: Option<&Versioned>) -> Option<&Product> {
    match &found?.record {
        Record::Product(product) => Some(product),
        Record::Entitlement(_) | Record::Device(_) | Record::Trial(_) | Record::Signers(_) | Record::Staff(_) => None,
    }
}

/// The activation that is asked about.
fn asked_about(ask: &Ask) -> Option<&ActivationId> {
    match ask {
        Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => Some(activation),
        Ask::Trial { .. }
        | Ask::Activate { .. }
        | Ask::Delegate { .. }
        | Ask::CheckOut { .. }
        | Ask::Borrow { .. }
        | Ask::Extend { .. } => None,
    }
}

fn decide(
    request: &Verified<Request>,
    product: Option<&Product>,
    subject: Subject,
    shown: Option<(&Verified<Answer>, bool)>,
    now: Timestamp,
) -> (Subject, Result<Outcome, Refusal>) {
    let Some(product) = product else {
        return (subject, Err(Refusal::UnknownProduct { product: request.product.clone() }));
    };
    let held = shown.map(|(answer, remembered)| Held { answer, remembered });
    let subject = subject.or_adopted(request, held, now);
    match (subject, &request.ask) {
        (Subject::Entitlement(version, mut it), Ask::Activate { key, own_slot }) => {
            let outcome = if it.key == Some(*key) { it.activate(request, *own_slot, product, now) } else { Err(Refusal::KeyReplaced) };
            (Subject::Entitlement(version, it), outcome)
        }
        (Subject::Entitlement(version, mut it), Ask::Delegate { key }) => {
            let outcome = if it.key == Some(*key) { it.delegate(request, now) } else { Err(Refusal::KeyReplaced) };
            (Subject::Entitlement(version, it), outcome)
        }
        (subject, Ask::Activate { .. } | Ask::Delegate { .. }) => (subject, Err(Refusal::UnknownKey)),
        (Subject::Entitlement(version, mut it), Ask::Refresh { activation, .. }) => {
            let outcome = it.refresh(activation, request, held, now);
            (Subject::Entitlement(version, it), outcome)
        }
        (Subject::Entitlement(version, mut it), Ask::Return { activation, .. }) => {
            let outcome = it.give_back(activation, request, held, now);
            (Subject::Entitlement(version, it), outcome)
        }
        (Subject::Trial(version, mut trial), Ask::Trial { edition, .. }) => {
            let outcome = product.has_edition(edition).and_then(|()| trial.certify(request, Some(edition), now));
            (Subject::Trial(version, trial), outcome)
        }
        (Subject::Trial(version, mut trial), Ask::Refresh { .. }) => {
            if let Some(shown) = held.filter(|held| !held.remembered).and_then(|held| held.answer.certificate()) {
                trial.go_on_above(shown);
            }
            let outcome = trial.refresh(request, now);
            (Subject::Trial(version, trial), outcome)
        }
        (_, Ask::Trial { edition, since }) => match Trial::begin(request, edition, *since, product, now) {
            Ok(mut trial) => {
                let outcome = trial.certify(request, Some(edition), now);
                (Subject::Trial(0, Box::new(trial)), outcome)
            }
            Err(refusal) => (Subject::Nothing, Err(refusal)),
        },
        (subject, Ask::Refresh { .. } | Ask::Return { .. }) => (subject, Err(Refusal::UnknownActivation)),
        (subject, Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. }) => {
            (subject, Err(Refusal::Unsupported { kind: request.ask.kind() }))
        }
    }
}

impl Subject {
    /// What this server signed before it was restored from a backup is taken up again.
    fn or_adopted(self, request: &Verified<Request>, held: Option<Held<'_>>, now: Timestamp) -> Self {
        let (Ask::Refresh { activation, .. } | Ask::Return { activation, .. }) = &request.ask else { return self };
        match (self, held.and_then(|held| held.forgotten(activation, &request.device))) {
            (Self::Nothing, Some(Shown::Certificate(shown))) if shown.hold == Hold::Trial => {
                Trial::adopted(request, shown).map_or(Self::Nothing, |it| Self::Trial(0, Box::new(it)))
            }
            (Self::Nothing, Some(shown)) => match shown.entitlement() {
                Some(id) => Self::Entitlement(0, Box::new(Entitlement::adopted(id.clone(), &shown, now))),
                None => Self::Nothing,
            },
            (subject, _) => subject,
        }
    }

    fn granted(&self, body: &Body, request: &Verified<Request>) -> Option<Granted> {
        let activation = match body {
            Body::Certificate(it) => it.activation.clone(),
            Body::Delegation(it) => it.activation.clone(),
            Body::Receipt(_) | Body::Revocation(_) | Body::Refusal(_) => return None,
        };
        let record = match self {
            Self::Nothing => return None,
            Self::Entitlement(_, it) => RecordKey::Entitlement(it.id.clone()),
            Self::Trial(_, it) => RecordKey::Trial(it.activation.clone()),
        };
        Some(Granted { record, activation, device: request.device })
    }

    /// What the asking device has to be told was taken from it here.
    fn revocations(&self, request: &Verified<Request>) -> Vec<Revocation> {
        match self {
            Self::Entitlement(_, it) => it.revocations(&request.device),
            Self::Nothing | Self::Trial(..) => Vec::new(),
        }
    }

    fn entitlement(&self) -> Option<EntitlementId> {
        match self {
            Self::Entitlement(_, it) => Some(it.id.clone()),
            Self::Nothing | Self::Trial(..) => None,
        }
    }

    fn into_record(self) -> Option<(u64, Record)> {
        match self {
            Self::Nothing => None,
            Self::Entitlement(version, it) => Some((version, Record::Entitlement(*it))),
            Self::Trial(version, it) => Some((version, Record::Trial(*it))),
        }
    }
}

/// The answer this request got before, or that what it granted was given back since.
fn again(view: &dyn View, request: &Verified<Request>) -> Result<Option<Again>, LedgerError> {
    let Some(Remembered { statement, granted }) = view.answered(&request.name())? else { return Ok(None) };
    let stands = match granted {
        None => true,
        Some(Granted { record, activation, device }) => match view.read(&record)?.as_deref().map(|found| &found.record) {
            Some(Record::Entitlement(entitlement)) => entitlement.stands(&activation, &device),
            Some(Record::Trial(trial)) => trial.device == device,
            _ => false,
        },
    };
    Ok(Some(if stands { Again::Stands(statement) } else { Again::Spent(others(view, request, None)?) }))
}

/// Finds the record that a request is about.
fn find(view: &dyn View, request: &Verified<Request>) -> Result<Option<RecordKey>, LedgerError> {
    match &request.ask {
        Ask::Activate { key, .. } | Ask::Delegate { key } => Ok(view.find(&Lookup::LicenseKey(key.id()))?.into_iter().next()),
        Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => {
            Ok(view.find(&Lookup::Activation(activation.clone()))?.into_iter().next())
        }
        Ask::Trial { .. } => find_trial(view, request),
        // A license server is asked for these.
        Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. } => Ok(None),
    }
}

/// The one trial of a product on the asking host, by its key or by its parts.
fn find_trial(view: &dyn View, request: &Verified<Request>) -> Result<Option<RecordKey>, LedgerError> {
    let parts = request.fingerprint.parts().map(|part| Lookup::HostPart(request.product.clone(), part));
    for lookup in std::iter::once(Lookup::Device(request.device.id())).chain(parts) {
        for key in view.find(&lookup)? {
            if matches!(key, RecordKey::Trial(_))
                && let Some(found) = view.read(&key)?
                && let Record::Trial(trial) = &found.record
                && trial.is_of(request)
            {
                return Ok(Some(key));
            }
        }
    }
    Ok(None)
}

/// Whether an answer of our own is remembered.
fn is_remembered(view: &dyn View, shown: &Verified<Answer>) -> Result<bool, LedgerError> {
    // A request that is sent again after a restore is answered again: the name alone does not say which answer is remembered.
    Ok(view.answered(&shown.request)?.is_some_and(|known| {
        // By what was signed: the reply around it can be respelled by anybody.
        Reply::from_bytes(known.statement.bytes()).is_ok_and(|known| known.answer.name() == shown.name())
    }))
}

/// Revocations of the device's licenses beside the one that is asked about: they travel in any answer.
fn others(view: &dyn View, request: &Verified<Request>, subject: Option<&RecordKey>) -> Result<Vec<Revocation>, LedgerError> {
    let mut revocations = Vec::new();
    for key in view.find(&Lookup::Device(request.device.id()))? {
        if Some(&key) == subject || !matches!(key, RecordKey::Entitlement(_)) {
            continue;
        }
        if let Some(found) = view.read(&key)?
            && let Record::Entitlement(it) = &found.record
        {
            revocations.extend(it.revocations(&request.device));
        }
    }
    Ok(revocations)
}
