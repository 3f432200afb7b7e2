//! Requests that are decided about together: what the ledger knows that bears on them, and one deed for all.
//!
//! They are decided one after the other, each on top of what those before it changed; nobody is told before all of it is durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_domain::document::{Answer, Ask, Body};
use keyward_domain::record::{LogEntry, Record, RecordKey, Remembered, Signers};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Digest;
use keyward_domain::time::Timestamp;
use keyward_ports::{Deed, LedgerError, Versioned, View, Write};

use super::case::{Again, Case, Errand, Papers, Ruling};
use super::{Answered, Issuer, IssuerError};

/// What is decided together.
pub(super) struct Round {
    pub(super) signers: Signers,
    errands: Vec<(Arc<Errand>, Papers)>,
    sheet: Sheet,
}

/// What was decided.
pub(super) struct Ruled {
    /// To be done before anybody is told.
    pub(super) deed: Deed,
    /// What to tell, by the request's name.
    pub(super) answers: BTreeMap<Digest, Answered>,
}

/// The records that are decided about, as those decided before have left them.
#[derive(Default)]
struct Sheet(BTreeMap<RecordKey, Leaf>);

struct Leaf {
    /// The version that was read; 0 = the record was not there.
    read: u64,
    record: Option<Kept>,
    changed: bool,
}

/// A record as it was read, or as it was left.
enum Kept {
    Read(Arc<Versioned>),
    Left(Record),
}

impl Round {
    /// Loads all that bears on some requests; none if the vendor has no keys yet.
    pub(super) fn look(view: &dyn View, errands: Vec<Arc<Errand>>) -> Result<Option<Self>, LedgerError> {
        let Some(Record::Signers(signers)) = view.read(&RecordKey::Signers)?.map(|found| found.record.clone()) else { return Ok(None) };
        let mut round = Self { signers, errands: Vec::with_capacity(errands.len()), sheet: Sheet::default() };
        for errand in errands {
            let papers = Papers::look(view, &errand)?;
            if papers.again.is_none() {
                round.sheet.load(view, &RecordKey::Device(errand.request.device.id()))?;
                if let Some(subject) = &papers.subject {
                    round.sheet.load(view, subject)?;
                }
            }
            round.errands.push((errand, papers));
        }
        Ok(Some(round))
    }

    /// The record a request is about, if the ledger finds one.
    pub(super) fn subject(&self, errand: &Arc<Errand>) -> Option<RecordKey> {
        self.papers(errand)?.found.clone()
    }

    /// What a request that was answered before is told.
    pub(super) fn again(&self, issuer: &Issuer, errand: &Arc<Errand>, now: Timestamp) -> Result<Option<Answered>, IssuerError> {
        let again = self.papers(errand).and_then(|papers| papers.again.as_ref());
        again.map(|again| self.tell_again(issuer, errand, again, now)).transpose()
    }

    /// Decides about all of them.
    pub(super) fn rule(mut self, issuer: &Issuer, now: Timestamp) -> Result<Ruled, IssuerError> {
        let mut ruled = Ruled { deed: Deed::default(), answers: BTreeMap::new() };
        for (errand, papers) in std::mem::take(&mut self.errands) {
            let name = errand.request.name();
            let answered = match &papers.again {
                Some(again) => self.tell_again(issuer, &errand, again, now)?,
                None => {
                    let mut ruling = self.sheet.case(&errand, papers).rule(&errand.request, now);
                    let answered = issuer.seal(&self.signers, ruling.answer.clone(), now)?;
                    self.sheet.take_back(&errand, &mut ruling);
                    ruling.write_down(&errand, &answered, now, &mut ruled.deed);
                    answered
                }
            };
            ruled.answers.insert(name, answered);
        }
        ruled.deed.writes = self.sheet.into_writes();
        Ok(ruled)
    }

    fn papers(&self, errand: &Arc<Errand>) -> Option<&Papers> {
        self.errands.iter().find(|(it, _)| Arc::ptr_eq(it, errand)).map(|(_, papers)| papers)
    }

    fn tell_again(&self, issuer: &Issuer, errand: &Errand, again: &Again, now: Timestamp) -> Result<Answered, IssuerError> {
        match again {
            Again::Stands(statement) => Ok(Answered { statement: statement.clone(), says: None }),
            Again::Spent(revocations) => {
                let mut answer = Answer::of(&errand.request, now, Body::Refusal(Refusal::RequestSpent));
                answer.revocations.clone_from(revocations);
                issuer.seal(&self.signers, answer, now)
            }
        }
    }
}

impl Sheet {
    fn load(&mut self, view: &dyn View, key: &RecordKey) -> Result<(), LedgerError> {
        if !self.0.contains_key(key) {
            let (read, record) = view.read(key)?.map_or((0, None), |found| (found.version, Some(Kept::Read(found))));
            self.0.insert(key.clone(), Leaf { read, record, changed: false });
        }
        Ok(())
    }

    fn case<'a>(&mut self, errand: &'a Errand, papers: Papers) -> Case<'a> {
        let device = self.0.get(&RecordKey::Device(errand.request.device.id()));
        let known = device.and_then(|leaf| match leaf.record.as_ref()?.record() {
            Record::Device(device) => Some(device.clone()),
            Record::Product(_) | Record::Entitlement(_) | Record::Trial(_) | Record::Signers(_) | Record::Staff(_) => None,
        });
        let device = (device.map_or(0, |leaf| leaf.read), known);
        let subject = papers.subject.as_ref().and_then(|key| self.0.get_mut(key)).and_then(|leaf| {
            // An entitlement may have thousands of slots: it is lent to those who leave it as it was if they change nothing.
            let record = match errand.leaves_as_it_was() {
                true => leaf.record.take()?.into_record(),
                false => leaf.record.as_ref()?.record().clone(),
            };
            Some((leaf.read, record))
        });
        Case::new(errand, papers, device, subject)
    }

    fn take_back(&mut self, errand: &Errand, ruling: &mut Ruling) {
        if let Some((read, device)) = ruling.device.take() {
            self.write(read, device);
        }
        let Some((read, record)) = ruling.subject.take() else { return };
        if ruling.changed {
            self.write(read, record);
        } else if errand.leaves_as_it_was()
            && let Some(lent) = self.0.get_mut(&record.key())
        {
            lent.record = Some(Kept::Left(record));
        }
    }

    fn write(&mut self, read: u64, record: Record) {
        self.0.insert(record.key(), Leaf { read, record: Some(Kept::Left(record)), changed: true });
    }

    fn into_writes(self) -> Vec<Write> {
        let changed = self.0.into_values().filter(|leaf| leaf.changed);
        changed.filter_map(|leaf| Some(Write { read: leaf.read, record: leaf.record?.into_record() })).collect()
    }
}

impl Kept {
    fn record(&self) -> &Record {
        match self {
            Self::Read(found) => &found.record,
            Self::Left(record) => record,
        }
    }

    fn into_record(self) -> Record {
        match self {
            Self::Read(found) => Arc::unwrap_or_clone(found).record,
            Self::Left(record) => record,
        }
    }
}

impl Errand {
    /// Whether what it is about stays as it was if it is refused. A refresh or a return may take up what a restored server forgot and be
    /// refused all the same.
    fn leaves_as_it_was(&self) -> bool {
        matches!(self.request.ask, Ask::Activate { .. } | Ask::Delegate { .. })
    }
}

impl Ruling {
    fn write_down(self, errand: &Errand, answered: &Answered, now: Timestamp, deed: &mut Deed) {
        let request = &errand.request;
        // A refusal is neither logged nor remembered.
        if let Some(happened) = self.happened
            && (self.changed || self.known)
        {
            deed.log.push(LogEntry {
                at: now,
                actor: format!("device {}", request.device.id()).into(),
                act: happened.into(),
                entitlement: self.entitlement,
                activation: self.granted.as_ref().map(|granted| granted.activation.clone()).or(self.activation),
                host: Some(request.host.clone()),
                request: self.changed.then(|| request.name()),
            });
        }
        if self.changed {
            deed.answers.push((request.name(), Remembered { statement: answered.statement.clone(), granted: self.granted }));
        }
    }
}
