//! One request, with everything in the ledger that bears on it, and the ruling of the domain.

use keyward_domain::device::{Counted, Device};
use keyward_domain::document::{Answer, Ask, Body, Hold, Request, Revocation};
use keyward_domain::entitlement::{Entitlement, Held, Outcome};
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::product::Product;
use keyward_domain::record::{Granted, Lookup, Record, RecordKey};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Keyward, Reply, Statement, Trust, Verified};
use keyward_domain::time::Timestamp;
use keyward_domain::trial::Trial;
use keyward_ports::{Ledger, LedgerError};

/// What the ledger knows that bears on a request.
pub(super) struct Case {
    device: (u64, Option<Device>),
    product: Option<Product>,
    subject: Subject,
    /// What the asking device shows of its own, and whether it is remembered.
    shown: Option<(Verified<Answer>, bool)>,
    /// What the device has to be told of its other licenses.
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
    pub(super) writes: Vec<(u64, Record)>,
    pub(super) remember: bool,
    pub(super) granted: Option<Granted>,
    pub(super) happened: Option<&'static str>,
    pub(super) entitlement: Option<EntitlementId>,
    pub(super) activation: Option<ActivationId>,
}

impl Case {
    /// Finds the record that a request is about.
    pub(super) async fn subject(ledger: &dyn Ledger, request: &Verified<Request>) -> Result<Option<RecordKey>, LedgerError> {
        match &request.ask {
            Ask::Activate { key, .. } | Ask::Delegate { key } => Ok(ledger.find(&Lookup::LicenseKey(key.id())).await?.into_iter().next()),
            Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => {
                Ok(ledger.find(&Lookup::Activation(activation.clone())).await?.into_iter().next())
            }
            Ask::Trial { .. } => find_trial(ledger, request).await,
            // A license server is asked for these.
            Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. } => Ok(None),
        }
    }

    /// Loads all that bears on a request.
    pub(super) async fn load(
        ledger: &dyn Ledger,
        request: &Verified<Request>,
        subject: Option<&RecordKey>,
        trust: &Trust,
    ) -> Result<Self, LedgerError> {
        let device = match ledger.read(&RecordKey::Device(request.device.id())).await? {
            Some(found) => match found.record {
                Record::Device(device) => (found.version, Some(device)),
                _ => (found.version, None),
            },
            None => (0, None),
        };
        let product = match ledger.read(&RecordKey::Product(request.product.clone())).await?.map(|found| found.record) {
            Some(Record::Product(product)) => Some(product),
            _ => None,
        };
        let shown = match &request.ask {
            Ask::Refresh { held, .. } | Ask::Return { held, .. } => show(ledger, held, trust).await?,
            Ask::Trial { .. }
            | Ask::Activate { .. }
            | Ask::Delegate { .. }
            | Ask::CheckOut { .. }
            | Ask::Borrow { .. }
            | Ask::Extend { .. } => None,
        };
        let named = shown.as_ref().filter(|(_, remembered)| !remembered).and_then(|(answer, _)| answer.certificate()?.entitlement.clone());
        let subject = match subject.cloned().or(named.map(RecordKey::Entitlement)) {
            Some(key) => read_subject(ledger, &key).await?,
            None => Subject::Nothing,
        };
        let others = others(ledger, request, &subject).await?;
        Ok(Self { device, product, subject, shown, others })
    }

    /// The domain's ruling.
    pub(super) fn rule(self, request: &Verified<Request>, now: Timestamp) -> Ruling {
        let Self { device: (device_version, device), product, subject, shown, others } = self;
        let known = device.is_some();
        let mut device = device.unwrap_or_else(|| Device::new(request.device, request.host.clone(), now));
        let counted = device.take(request.count, request.name(), &request.host, now);
        let (mut subject, decided) = match counted {
            Counted::Copied => (subject, Err(Refusal::CopiedHost)),
            Counted::Once | Counted::Doubled { .. } => decide(request, product.as_ref(), subject, shown.as_ref(), now),
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
        let mut writes = Vec::new();
        if known || changed {
            writes.push((device_version, Record::Device(device)));
        }
        let granted = decided.as_ref().ok().and_then(|outcome| subject.granted(&outcome.body, request));
        let entitlement = subject.entitlement();
        if changed {
            writes.extend(subject.take());
        }
        Ruling {
            answer,
            writes,
            remember: changed,
            granted,
            happened: decided.ok().map(|outcome| outcome.happened),
            entitlement,
            activation: asked_about(&request.ask).cloned(),
        }
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
    shown: Option<&(Verified<Answer>, bool)>,
    now: Timestamp,
) -> (Subject, Result<Outcome, Refusal>) {
    let Some(product) = product else {
        return (subject, Err(Refusal::UnknownProduct { product: request.product.clone() }));
    };
    let held = shown.map(|(answer, remembered)| Held { answer, remembered: *remembered });
    let subject = subject.or_adopted(request, held, now);
    match (subject, &request.ask) {
        (Subject::Entitlement(version, mut it), Ask::Activate { key, own_slot }) => {
            let outcome = if it.key == Some(*key) { it.activate(request, *own_slot, product, now) } else { Err(Refusal::KeyReplaced) };
            (Subject::Entitlement(version, it), outcome)
        }
        (subject, Ask::Activate { .. }) => (subject, Err(Refusal::UnknownKey)),
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
        (subject, Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. }) => {
            (subject, Err(Refusal::Unsupported { kind: request.ask.kind() }))
        }
    }
}

impl Subject {
    /// What this server signed before it was restored from a backup is taken up again.
    fn or_adopted(self, request: &Verified<Request>, held: Option<Held<'_>>, now: Timestamp) -> Self {
        let (Ask::Refresh { activation, .. } | Ask::Return { activation, .. }) = &request.ask else { return self };
        match (self, held.and_then(|held| held.forgotten(activation, &request.device))) {
            (Self::Nothing, Some(shown)) if shown.hold == Hold::Trial => {
                Trial::adopted(request, shown).map_or(Self::Nothing, |it| Self::Trial(0, Box::new(it)))
            }
            (Self::Nothing, Some(shown)) => match &shown.entitlement {
                Some(id) => Self::Entitlement(0, Box::new(Entitlement::adopted(id.clone(), shown, now))),
                None => Self::Nothing,
            },
            (subject, _) => subject,
        }
    }

    fn granted(&self, body: &Body, request: &Verified<Request>) -> Option<Granted> {
        let Body::Certificate(certificate) = body else { return None };
        let record = match self {
            Self::Nothing => return None,
            Self::Entitlement(_, it) => RecordKey::Entitlement(it.id.clone()),
            Self::Trial(_, it) => RecordKey::Trial(it.activation.clone()),
        };
        Some(Granted { record, activation: certificate.activation.clone(), device: request.device })
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

    fn take(&mut self) -> Option<(u64, Record)> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => None,
            Self::Entitlement(version, it) => Some((version, Record::Entitlement(*it))),
            Self::Trial(version, it) => Some((version, Record::Trial(*it))),
        }
    }
}

async fn read_subject(ledger: &dyn Ledger, key: &RecordKey) -> Result<Subject, LedgerError> {
    Ok(match ledger.read(key).await? {
        Some(found) => match found.record {
            Record::Entitlement(it) => Subject::Entitlement(found.version, Box::new(it)),
            Record::Trial(it) => Subject::Trial(found.version, Box::new(it)),
            Record::Product(_) | Record::Device(_) | Record::Signers(_) => Subject::Nothing,
        },
        None => Subject::Nothing,
    })
}

/// Opens what a device shows of its own with the server's trust. What does not open was never ours, and counts for nothing.
async fn show(ledger: &dyn Ledger, held: &Statement, trust: &Trust) -> Result<Option<(Verified<Answer>, bool)>, LedgerError> {
    if *held.scheme() != Keyward::NAME {
        return Ok(None);
    }
    let Ok(answer) = Keyward::open_any(held.bytes(), trust) else { return Ok(None) };
    // A request that is sent again after a restore is answered again: the name alone does not say which answer is remembered.
    let remembered = ledger.answered(&answer.request).await?.is_some_and(|known| {
        // By what was signed: the reply around it can be respelled by anybody.
        Reply::from_bytes(known.statement.bytes()).is_ok_and(|known| known.answer.name() == answer.name())
    });
    Ok(Some((answer, remembered)))
}

/// The one trial of a product on the asking host, by its key or by its parts.
async fn find_trial(ledger: &dyn Ledger, request: &Verified<Request>) -> Result<Option<RecordKey>, LedgerError> {
    let parts = request.fingerprint.parts().map(|part| Lookup::HostPart(request.product.clone(), part));
    for lookup in std::iter::once(Lookup::Device(request.device.id())).chain(parts) {
        for key in ledger.find(&lookup).await? {
            if matches!(key, RecordKey::Trial(_))
                && let Subject::Trial(_, trial) = read_subject(ledger, &key).await?
                && trial.is_of(request)
            {
                return Ok(Some(key));
            }
        }
    }
    Ok(None)
}

/// Revocations of all the device's licenses.
pub(super) async fn revocations(ledger: &dyn Ledger, request: &Verified<Request>) -> Result<Vec<Revocation>, LedgerError> {
    others(ledger, request, &Subject::Nothing).await
}

/// Revocations of the device's other licenses: they travel in any answer.
async fn others(ledger: &dyn Ledger, request: &Verified<Request>, subject: &Subject) -> Result<Vec<Revocation>, LedgerError> {
    let mut revocations = Vec::new();
    for key in ledger.find(&Lookup::Device(request.device.id())).await? {
        let RecordKey::Entitlement(id) = &key else { continue };
        if subject.entitlement().as_ref() == Some(id) {
            continue;
        }
        if let Subject::Entitlement(_, it) = read_subject(ledger, &key).await? {
            revocations.extend(it.revocations(&request.device));
        }
    }
    Ok(revocations)
}
