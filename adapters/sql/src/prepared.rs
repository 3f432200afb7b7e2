//! What stands in the tables for a record, a look-up, an answer, a line of the log. Written out by whoever asks, so that the writing thread
//! only writes.

use keyward_domain::record::{Lookup, Record, RecordKey};
use keyward_ports::{Deed, LedgerError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::trouble::damaged;

/// A deed, ready to be written.
pub(crate) struct Prepared {
    pub(crate) writes: Vec<Row>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) log: Vec<Line>,
}

/// A record, ready to be written.
pub(crate) struct Row {
    pub(crate) key: Key,
    /// The version that was read; 0 = none.
    pub(crate) read: u64,
    pub(crate) body: String,
    /// Sorted, each once.
    pub(crate) lookups: Vec<String>,
}

/// An answer, ready to be written.
pub(crate) struct Answer {
    pub(crate) name: [u8; 32],
    pub(crate) body: String,
}

/// A line of the log, ready to be written.
pub(crate) struct Line {
    pub(crate) entitlement: Option<String>,
    pub(crate) body: String,
}

/// How a record's key stands in the tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
}

impl Prepared {
    pub(crate) fn of(deed: &Deed) -> Result<Self, LedgerError> {
        let writes = deed.writes.iter().map(|write| Row::of(write.read, &write.record)).collect::<Result<_, _>>()?;
        let answers = deed.answers.iter().map(|(name, remembered)| Ok(Answer { name: *name.bytes(), body: text(remembered)? }));
        let lines =
            deed.log.iter().map(|entry| Ok(Line { entitlement: entry.entitlement.as_ref().map(ToString::to_string), body: text(entry)? }));
        Ok(Self { writes, answers: answers.collect::<Result<_, LedgerError>>()?, log: lines.collect::<Result<_, _>>()? })
    }
}

impl Row {
    fn of(read: u64, record: &Record) -> Result<Self, LedgerError> {
        let mut lookups = record.lookups().iter().map(value).collect::<Result<Vec<_>, _>>()?;
        lookups.sort_unstable();
        lookups.dedup();
        Ok(Self { key: Key::of(&record.key()), read, body: text(record)?, lookups })
    }
}

pub(crate) const PRODUCT: &str = "product";
pub(crate) const ENTITLEMENT: &str = "entitlement";
const DEVICE: &str = "device";
const TRIAL: &str = "trial";
const SIGNERS: &str = "signers";
const STAFF: &str = "staff";

impl Key {
    pub(crate) fn of(key: &RecordKey) -> Self {
        let (kind, id) = match key {
            RecordKey::Product(id) => (PRODUCT, id.to_string()),
            RecordKey::Entitlement(id) => (ENTITLEMENT, id.to_string()),
            RecordKey::Device(id) => (DEVICE, id.to_string()),
            RecordKey::Trial(id) => (TRIAL, id.to_string()),
            RecordKey::Signers => (SIGNERS, String::new()),
            RecordKey::Staff => (STAFF, String::new()),
        };
        Self { kind, id }
    }
}

/// The key that stands in the tables as a kind and an id.
pub(crate) fn record_key(kind: &str, id: &str) -> Result<RecordKey, LedgerError> {
    match kind {
        PRODUCT => id.parse().map(RecordKey::Product).map_err(damaged),
        ENTITLEMENT => id.parse().map(RecordKey::Entitlement).map_err(damaged),
        DEVICE => id.parse().map(RecordKey::Device).map_err(damaged),
        TRIAL => id.parse().map(RecordKey::Trial).map_err(damaged),
        SIGNERS => Ok(RecordKey::Signers),
        STAFF => Ok(RecordKey::Staff),
        _ => Err(damaged(format!("a record of kind {kind:?}"))),
    }
}

/// How a look-up stands in the tables.
pub(crate) fn value(lookup: &Lookup) -> Result<String, LedgerError> {
    text(lookup)
}

/// Reads what [`Prepared`] wrote.
pub(crate) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, LedgerError> {
    serde_json::from_str(body).map_err(damaged)
}

fn text(it: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(it).map_err(|cause| LedgerError::Storage(cause.into()))
}
