//! Where requests about one record wait for each other. Whoever's turn it is takes along all that wait behind it, so that one load and one
//! commit serve them all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_lock::{Mutex as Turns, MutexGuard as Place};
use keyward_domain::document::Ask;
use keyward_domain::seal::Digest;

use super::Answered;
use super::case::Errand;

/// So many are taken along at most, so that the first is not kept waiting by those behind it.
const MOST: usize = 256;

/// A desk.
#[derive(Default)]
pub(super) struct Desk {
    turns: Turns<()>,
    /// Who waits to be taken along; who went away meanwhile is not decided about.
    waiting: Mutex<Vec<Weak<Waiting>>>,
}

/// One that waits at a desk.
struct Waiting {
    errand: Arc<Errand>,
    answered: Mutex<Option<Answered>>,
}

/// What comes of waiting.
pub(super) enum Turn<'a> {
    /// Somebody took it along.
    Answered(Answered),
    /// It decides, for itself and for those behind it.
    Next(Line, Place<'a, ()>),
}

/// Those that are decided about together; no request stands in it twice.
pub(super) struct Line {
    first: Arc<Waiting>,
    others: Vec<Arc<Waiting>>,
}

impl Desk {
    /// Waits until an errand is answered or it is its turn.
    pub(super) async fn turn(&self, errand: Arc<Errand>) -> Turn<'_> {
        let mine = Arc::new(Waiting { errand, answered: Mutex::default() });
        if let Some(place) = self.turns.try_lock() {
            return Turn::Next(Line { first: mine, others: Vec::new() }, place);
        }
        // Who could leave marks that another decision does not see before they are written down goes alone.
        if mine.errand.goes_along() {
            locked(&self.waiting).push(Arc::downgrade(&mine));
        }
        let place = self.turns.lock().await;
        if let Some(answered) = locked(&mine.answered).take() {
            return Turn::Answered(answered);
        }
        let others = self.others(&mine);
        Turn::Next(Line { first: mine, others }, place)
    }

    /// Those who wait behind one whose turn it is. None, if it was taken along before and was not answered: something may be wrong with one of
    /// those it went with, so each goes alone.
    fn others(&self, mine: &Arc<Waiting>) -> Vec<Arc<Waiting>> {
        let mut waiting = locked(&self.waiting);
        let Some(place) = waiting.iter().position(|it| it.as_ptr() == Arc::as_ptr(mine)) else { return Vec::new() };
        waiting.swap_remove(place);
        let mut line = BTreeMap::from([(mine.errand.request.name(), None)]);
        let mut left = Vec::new();
        for one in waiting.drain(..) {
            let Some(it) = one.upgrade() else { continue };
            let name: Digest = it.errand.request.name();
            if line.len() < MOST && !line.contains_key(&name) {
                line.insert(name, Some(it));
            } else {
                left.push(one);
            }
        }
        *waiting = left;
        line.into_values().flatten().collect()
    }
}

impl Line {
    /// One that waits for nobody.
    pub(super) fn alone(errand: Arc<Errand>) -> Self {
        Self { first: Arc::new(Waiting { errand, answered: Mutex::default() }), others: Vec::new() }
    }

    /// Whether nobody is taken along.
    pub(super) fn is_alone(&self) -> bool {
        self.others.is_empty()
    }

    /// What is to be decided, the first first.
    pub(super) fn errands(&self) -> Vec<Arc<Errand>> {
        std::iter::once(&self.first).chain(&self.others).map(|it| Arc::clone(&it.errand)).collect()
    }

    /// Tells each what was decided; gives back what was decided about the first.
    pub(super) fn tell(&self, mut answers: BTreeMap<Digest, Answered>) -> Option<Answered> {
        for one in &self.others {
            *locked(&one.answered) = answers.remove(&one.errand.request.name());
        }
        answers.remove(&self.first.errand.request.name())
    }
}

impl Errand {
    fn goes_along(&self) -> bool {
        !matches!(self.request.ask, Ask::Trial { .. })
    }
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
