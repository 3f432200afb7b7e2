//! Many deeds, one commit; answers only after it.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use keyward_ports::{Committed, Ledger as _};
use keyward_sql::{Options, SqlLedger};

use crate::samples::{product, writing};
use crate::{Place, commit, wait};

/// A ledger whose first commit waits for a word.
struct Held {
    /// Dropped before the ledger, so that a test that breaks off lets the writer go.
    go: Sender<()>,
    reached: Receiver<()>,
    commits: Arc<AtomicUsize>,
    ledger: SqlLedger,
    _place: Place,
}

impl Held {
    fn new() -> Self {
        let place = Place::new();
        let commits = Arc::new(AtomicUsize::new(0));
        let ((reach, reached), (go, gone)) = (mpsc::channel(), mpsc::channel());
        let (counted, gone) = (Arc::clone(&commits), Mutex::new(gone));
        let options = Options::default().before_commit(move || {
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                reach.send(()).expect("the test waits");
                gone.lock().expect("one writer").recv().expect("the test says go");
            }
        });
        Self { ledger: place.open_with(options), commits, reached, go, _place: place }
    }
}

#[test]
fn two_hundred_and_fifty_six_deeds_take_two_commits() {
    let held = Held::new();
    let mut all = pin!(join_all((0..256).map(|number| held.ledger.commit(writing(0, product(&format!("p-{number}"), "x"))))));
    assert!(all.as_mut().now_or_never().is_none(), "all are asked for, none is answered");
    held.go.send(()).expect("the writer waits");
    assert!(wait(all).into_iter().all(|it| it.expect("it is taken") == Committed::Done));
    assert!(held.commits.load(Ordering::SeqCst) <= 2, "{} commits", held.commits.load(Ordering::SeqCst));
}

#[test]
fn nothing_is_seen_or_answered_before_its_commit() {
    let held = Held::new();
    let mut deed = pin!(held.ledger.commit(writing(0, product("cad", "x"))));
    assert!(deed.as_mut().now_or_never().is_none());
    held.reached.recv().expect("the writer is about to commit");
    assert_eq!(wait(held.ledger.read(&product("cad", "").key())).expect("it reads"), None);
    assert!(deed.as_mut().now_or_never().is_none(), "not answered yet");
    held.go.send(()).expect("the writer waits");
    assert_eq!(wait(deed).expect("it is taken"), Committed::Done);
    assert_eq!(wait(held.ledger.read(&product("cad", "").key())).expect("it reads").map(|it| it.version), Some(1));
}

#[test]
fn a_conflict_leaves_the_others_of_its_batch_alone() {
    let held = Held::new();
    let asked = [("first", 0), ("a", 0), ("a", 0), ("b", 5), ("a", 1), ("b", 0)];
    let deeds = asked.map(|(id, read)| held.ledger.commit(writing(read, product(id, &format!("from {read}")))));
    let mut all = pin!(join_all(deeds));
    assert!(all.as_mut().now_or_never().is_none());
    held.go.send(()).expect("the writer waits");
    let became: Vec<_> = wait(all).into_iter().map(|it| it.expect("it is taken")).collect();
    use Committed::{Conflict, Done};
    assert_eq!(became, [Done, Done, Conflict, Conflict, Done, Done]);
    let read = |id: &str| wait(held.ledger.read(&product(id, "").key())).expect("it reads").map(|it| (it.version, it.record));
    assert_eq!(read("a"), Some((2, product("a", "from 1"))));
    assert_eq!(read("b"), Some((1, product("b", "from 0"))));
    assert_eq!(wait(held.ledger.place()).expect("it stands somewhere").position, 4);
}

#[test]
fn what_was_asked_before_the_close_is_done() {
    let held = Held::new();
    let mut all = pin!(join_all((0..20).map(|number| held.ledger.commit(writing(0, product(&format!("p-{number}"), "x"))))));
    assert!(all.as_mut().now_or_never().is_none());
    thread::scope(|threads| {
        threads.spawn(|| held.ledger.close().expect("it closes"));
        held.go.send(()).expect("the writer waits");
    });
    assert!(wait(all).into_iter().all(|it| it.expect("it is taken") == Committed::Done));
}

#[test]
fn a_commit_that_changes_nothing_is_none() {
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let place = Place::new();
    let ledger = place.open_with(Options::default().before_commit(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    assert_eq!(commit(&ledger, writing(3, product("cad", "x"))), Committed::Conflict);
    assert_eq!(commits.load(Ordering::SeqCst), 0);
}
