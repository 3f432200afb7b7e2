//! A key server's ledger in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::record::{LogEntry, Lookup, Record, RecordKey, Remembered};
use keyward_domain::seal::Digest;
use keyward_ports::{Committed, Deed, Ledger, LedgerError, Look, Page, Query, Versioned, View};

use crate::{DiskFull, locked};

/// A ledger in memory. It finds records by the look-ups that the domain gives them.
#[derive(Debug, Default)]
pub struct FakeLedger {
    store: Mutex<Store>,
}

#[derive(Debug, Default)]
struct Store {
    kept: LedgerImage,
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Open,
    Full,
    Closed,
}

/// All that a ledger keeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LedgerImage {
    records: BTreeMap<RecordKey, Versioned>,
    index: BTreeMap<Lookup, BTreeSet<RecordKey>>,
    answers: BTreeMap<Digest, Remembered>,
    log: Vec<LogEntry>,
}

impl FakeLedger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all it keeps: a backup.
    pub fn image(&self) -> LedgerImage {
        locked(&self.store).kept.clone()
    }

    /// Puts a backup back. What was committed since is forgotten.
    pub fn restore(&self, image: LedgerImage) {
        locked(&self.store).kept = image;
    }

    /// Everything that was kept, as JSON.
    pub fn dump(&self) -> String {
        let store = locked(&self.store);
        let kept = &store.kept;
        let records: Vec<_> = kept.records.values().map(|it| (it.version, &it.record)).collect();
        let answers: Vec<_> = kept.answers.iter().collect();
        let index: Vec<_> = kept.index.iter().collect();
        serde_json::json!({ "records": records, "index": index, "answers": answers, "log": &kept.log }).to_string()
    }

    /// From now on there is no room: reading works, committing does not.
    pub fn fill_disk(&self) {
        locked(&self.store).state = State::Full;
    }

    /// There is room again.
    pub fn free_disk(&self) {
        locked(&self.store).state = State::Open;
    }

    /// Closes it, as a server does that stops. Another server opens it again with [`Self::free_disk`] or from its image.
    pub fn close(&self) {
        locked(&self.store).state = State::Closed;
    }

    fn read_kept<T>(&self, read: impl FnOnce(&LedgerImage) -> T) -> Result<T, LedgerError> {
        let store = locked(&self.store);
        match store.state {
            State::Open | State::Full => Ok(read(&store.kept)),
            State::Closed => Err(LedgerError::Closed),
        }
    }
}

impl LedgerImage {
    fn do_deed(&mut self, deed: Deed) -> Committed {
        if let Some(known) = deed.answers.iter().find_map(|(name, _)| self.answers.get(name)) {
            return Committed::Answered(known.statement.clone());
        }
        let names: BTreeSet<_> = deed.answers.iter().map(|(name, _)| name).collect();
        if names.len() < deed.answers.len() {
            return Committed::Conflict;
        }
        let version = |key: &RecordKey| self.records.get(key).map_or(0, |known| known.version);
        let mut keys = BTreeSet::new();
        for write in &deed.writes {
            let key = write.record.key();
            if version(&key) != write.read || !keys.insert(key) {
                return Committed::Conflict;
            }
        }
        for write in deed.writes {
            self.write(write.read + 1, write.record);
        }
        self.answers.extend(deed.answers);
        self.log.extend(deed.log);
        Committed::Done
    }

    fn write(&mut self, version: u64, record: Record) {
        let key = record.key();
        let found_by = record.lookups();
        let before = self.records.insert(key.clone(), Versioned { version, record });
        for lookup in before.iter().flat_map(|before| before.record.lookups()) {
            if let Some(keys) = self.index.get_mut(&lookup) {
                keys.remove(&key);
            }
        }
        for lookup in found_by {
            self.index.entry(lookup).or_default().insert(key.clone());
        }
    }

    /// A page of those records whose id `id_of` gives.
    fn page_of(&self, id_of: fn(&RecordKey) -> Option<&str>, after: Option<&str>, most: u32) -> Page {
        let behind = |(key, _): &(&RecordKey, &Versioned)| id_of(key).is_some_and(|id| after.is_none_or(|after| id > after));
        let (records, more) = first_of(self.records.iter().filter(behind).map(|(_, record)| record.clone()), most);
        Page { records, log: Vec::new(), more }
    }

    fn page_of_log(&self, query: impl Fn(u64, &LogEntry) -> bool, most: u32) -> Page {
        let newest_first = (1..=self.log.len() as u64).rev().zip(self.log.iter().rev());
        let lines = newest_first.filter(|(position, entry)| query(*position, entry));
        let (log, more) = first_of(lines.map(|(position, entry)| (position, entry.clone())), most);
        Page { records: Vec::new(), log, more }
    }
}

impl View for LedgerImage {
    fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        Ok(self.answers.get(name).cloned())
    }

    fn read(&self, key: &RecordKey) -> Result<Option<Arc<Versioned>>, LedgerError> {
        Ok(self.records.get(key).cloned().map(Arc::new))
    }

    fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        Ok(self.index.get(lookup).into_iter().flatten().cloned().collect())
    }
}

/// Each thing at a moment of its own; [`Ledger::look`] shows all at one.
impl View for FakeLedger {
    fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.read_kept(|kept| kept.answered(name))?
    }

    fn read(&self, key: &RecordKey) -> Result<Option<Arc<Versioned>>, LedgerError> {
        self.read_kept(|kept| kept.read(key))?
    }

    fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.read_kept(|kept| kept.find(lookup))?
    }
}

#[async_trait]
impl Ledger for FakeLedger {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        View::answered(self, name)
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        self.read_kept(|kept| kept.records.get(key).cloned())
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        View::find(self, lookup)
    }

    /// Commits wait until the look is over.
    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        self.read_kept(|kept| look(kept))?
    }

    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        let mut store = locked(&self.store);
        match store.state {
            State::Open => Ok(store.kept.do_deed(deed)),
            State::Full => Err(LedgerError::Full(Box::new(DiskFull))),
            State::Closed => Err(LedgerError::Closed),
        }
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        self.read_kept(|kept| match query {
            Query::Products { after, most } => kept.page_of(product_id, after.as_deref(), *most),
            Query::Entitlements { after, most } => kept.page_of(entitlement_id, after.as_deref(), *most),
            Query::Log { of, before, most } => {
                let wanted = |position, entry: &LogEntry| {
                    before.is_none_or(|before| position < before) && (of.is_none() || entry.entitlement == *of)
                };
                kept.page_of_log(wanted, *most)
            }
        })
    }
}

fn product_id(key: &RecordKey) -> Option<&str> {
    match key {
        RecordKey::Product(id) => Some(id.as_str()),
        RecordKey::Entitlement(_) | RecordKey::Device(_) | RecordKey::Trial(_) | RecordKey::Signers | RecordKey::Staff => None,
    }
}

fn entitlement_id(key: &RecordKey) -> Option<&str> {
    match key {
        RecordKey::Entitlement(id) => Some(id.as_str()),
        RecordKey::Product(_) | RecordKey::Device(_) | RecordKey::Trial(_) | RecordKey::Signers | RecordKey::Staff => None,
    }
}

/// The first so many, and whether there are more.
fn first_of<T>(mut all: impl Iterator<Item = T>, most: u32) -> (Vec<T>, bool) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let first = all.by_ref().take(most).collect();
    (first, all.next().is_some())
}
