//! A license server's journal in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use keyward_domain::pool::{Books, Fact};
use keyward_ports::{Journal, JournalError};

use crate::{DiskFull, locked};

/// A journal in memory.
#[derive(Debug, Default)]
pub struct FakeJournal {
    store: Mutex<Store>,
}

#[derive(Debug, Default)]
struct Store {
    kept: JournalImage,
    state: State,
    appends: u64,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Open,
    Full,
    Closed,
}

/// All that a journal keeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JournalImage {
    facts: Vec<Fact>,
    snapshot: Option<Books>,
}

impl FakeJournal {
    /// A journal that was never written.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all it keeps: a backup.
    pub fn image(&self) -> JournalImage {
        locked(&self.store).kept.clone()
    }

    /// Puts a backup back. What was written since is forgotten.
    pub fn restore(&self, image: JournalImage) {
        locked(&self.store).kept = image;
    }

    /// Its disk is full from here on.
    pub fn fill_up(&self) {
        locked(&self.store).state = State::Full;
    }

    /// It takes and gives nothing from here on.
    pub fn close(&self) {
        locked(&self.store).state = State::Closed;
    }

    /// How often it was appended to.
    pub fn appends(&self) -> u64 {
        locked(&self.store).appends
    }

    /// Everything that was kept, as JSON.
    pub fn dump(&self) -> String {
        let store = locked(&self.store);
        serde_json::to_string(&(&store.kept.facts, &store.kept.snapshot)).unwrap_or_default()
    }
}

impl Store {
    fn open(&self) -> Result<(), JournalError> {
        match self.state {
            State::Open => Ok(()),
            State::Full => Err(JournalError::Full(Box::new(DiskFull))),
            State::Closed => Err(JournalError::Closed),
        }
    }
}

fn position(facts: &[Fact]) -> u64 {
    facts.len() as u64
}

#[async_trait]
impl Journal for FakeJournal {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        let mut store = locked(&self.store);
        store.open()?;
        store.appends += 1;
        store.kept.facts.extend(facts);
        Ok(position(&store.kept.facts))
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        let store = locked(&self.store);
        if let State::Closed = store.state {
            return Err(JournalError::Closed);
        }
        let mut books = store.kept.snapshot.clone().unwrap_or_default();
        let from = usize::try_from(books.position()).unwrap_or(usize::MAX);
        store.kept.facts.iter().skip(from).for_each(|fact| books.apply(fact));
        Ok(books)
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        let mut store = locked(&self.store);
        store.open()?;
        if store.kept.snapshot.as_ref().is_none_or(|older| older.position() < books.position()) {
            // As it would be read back: what a restart forgets is not in it.
            let written = serde_json::to_vec(&books).unwrap_or_default();
            store.kept.snapshot = serde_json::from_slice(&written).ok();
        }
        Ok(())
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        let store = locked(&self.store);
        if let State::Closed = store.state {
            return Err(JournalError::Closed);
        }
        let numbered = (0u64..).zip(store.kept.facts.iter().cloned()).take_while(|(at, _)| before.is_none_or(|before| *at < before));
        let mut page: Vec<_> = numbered.collect();
        page.reverse();
        page.truncate(most as usize);
        Ok(page)
    }
}
