//! What the journals on SQLite promise beyond the list that every journal runs: several pools in one file, one commit for all, what is kept
//! and for how long, marks, damage.

#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

use std::fs;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use keyward_domain::pool::{Books, Fact};
use keyward_domain::time::{Timestamp, after};
use keyward_ports::{Journal as _, JournalError};
use keyward_sql::{Options, SqlJournal, SqlJournals, SqlLedger, backup, mark_journals_restored};
use pollster::block_on as wait;
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder with journals in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    fn open(&self) -> SqlJournals {
        self.open_with(Options::default())
    }

    fn open_with(&self, options: Options) -> SqlJournals {
        SqlJournals::open(&self.file(), options).expect("the journals open")
    }

    fn alter(&self, sql: &str) {
        Connection::open(self.file()).and_then(|it| it.execute_batch(sql)).expect("it is altered");
    }
}

fn pool(journals: &SqlJournals, id: &str) -> SqlJournal {
    journals.of(id.parse().expect("an id"))
}

/// So many facts from a number on.
fn facts(numbers: std::ops::Range<u64>) -> Vec<Fact> {
    let opened =
        |epoch| Fact::Opened { epoch, lease: Duration::from_secs(600), at: after(Timestamp::UNIX_EPOCH, Duration::from_secs(epoch)) };
    numbers.map(opened).collect()
}

fn append(journal: &SqlJournal, facts: Vec<Fact>) -> u64 {
    wait(journal.append(facts)).expect("facts are taken")
}

fn replay(journal: &SqlJournal) -> Books {
    wait(journal.replay()).expect("it is replayed")
}

/// The books of facts numbered from 0.
fn books(count: u64) -> Books {
    let mut books = Books::default();
    facts(0..count).iter().for_each(|fact| books.apply(fact));
    books
}

/// The positions that are listed, from the end.
fn listed(journal: &SqlJournal) -> Vec<u64> {
    let (mut positions, mut before) = (Vec::new(), None);
    loop {
        let page = wait(journal.page(before, 1000)).expect("it lists");
        let Some((last, _)) = page.last() else { return positions };
        before = Some(*last);
        positions.extend(page.iter().map(|(position, _)| position));
    }
}

#[test]
fn each_pool_has_its_own_facts() {
    let place = Place::new();
    let journals = place.open();
    let (left, right) = (pool(&journals, "E-1"), pool(&journals, "E-2"));
    for turn in 0..5 {
        assert_eq!(append(&left, facts(3 * turn..3 * turn + 3)), 3 * turn + 3);
        assert_eq!(append(&right, facts(turn..turn + 1)), turn + 1);
    }
    wait(left.snapshot(books(15))).expect("a snapshot");
    assert_eq!((replay(&left), replay(&right)), (books(15), books(5)));
    assert_eq!((listed(&left).len(), listed(&right).len()), (15, 5));
    assert_eq!(replay(&pool(&journals, "E-3")), Books::default());
    drop((left, right, journals));
    let journals = place.open();
    assert_eq!(wait(journals.pools()).expect("they are listed"), ["E-1", "E-2"].map(|id| id.parse().expect("an id")));
    assert_eq!((replay(&pool(&journals, "E-1")), replay(&pool(&journals, "E-2"))), (books(15), books(5)));
}

#[test]
fn long_appends_and_snapshots_in_the_middle_of_a_run_come_to_the_same() {
    let place = Place::new();
    let journals = place.open();
    let journal = pool(&journals, "E-1");
    assert_eq!(append(&journal, facts(0..1000)), 1000);
    assert_eq!(append(&journal, facts(1000..1001)), 1001);
    assert_eq!(append(&journal, facts(1001..1600)), 1600);
    for at in [0, 1, 255, 256, 257, 999, 1000, 1001, 1300, 1600] {
        wait(journal.snapshot(books(at))).expect("a snapshot");
        assert_eq!(replay(&journal), books(1600), "from {at}");
    }
    assert_eq!(listed(&journal), (0..1600).rev().collect::<Vec<_>>());
    let middle: Vec<_> = wait(journal.page(Some(300), 3)).expect("it lists").into_iter().map(|(position, _)| position).collect();
    assert_eq!(middle, [299, 298, 297]);
    assert_eq!(wait(journal.page(Some(0), 3)).expect("it lists"), []);
}

#[test]
fn facts_of_all_pools_that_wait_share_a_commit() {
    let place = Place::new();
    let commits = Arc::new(AtomicUsize::new(0));
    let ((reach, reached), (go, gone)) = (mpsc::channel(), mpsc::channel());
    let (counted, gone) = (Arc::clone(&commits), Mutex::new(gone));
    let journals = place.open_with(Options::default().before_commit(move || {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            reach.send(()).expect("the test waits");
            gone.lock().expect("one writer").recv().expect("the test says go");
        }
    }));
    let pools: Vec<_> = (0..64).map(|number| pool(&journals, &format!("E-{number}"))).collect();
    let mut all = pin!(join_all(pools.iter().map(|pool| pool.append(facts(0..2)))));
    assert!(all.as_mut().now_or_never().is_none());
    reached.recv().expect("the writer is about to commit");
    assert!(all.as_mut().now_or_never().is_none(), "nobody is told before the commit");
    assert_eq!(wait(journals.pools()).expect("they are listed"), [], "nothing is seen before the commit");
    go.send(()).expect("the writer waits");
    assert!(wait(all).into_iter().all(|end| end.expect("facts are taken") == 2));
    assert!(commits.load(Ordering::SeqCst) <= 2, "{} commits", commits.load(Ordering::SeqCst));
}

#[test]
fn an_append_of_nothing_is_no_commit() {
    let place = Place::new();
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let journals = place.open_with(Options::default().before_commit(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    let journal = pool(&journals, "E-1");
    assert_eq!((append(&journal, Vec::new()), append(&journal, facts(0..3)), append(&journal, Vec::new())), (0, 3, 3));
    assert_eq!(commits.load(Ordering::SeqCst), 1);
}

#[test]
fn old_facts_are_let_go_of_only_when_a_snapshot_has_them_and_enough_are_kept() {
    let place = Place::new();
    let journals = place.open_with(Options::default().keep_facts(100));
    let (journal, other) = (pool(&journals, "E-1"), pool(&journals, "E-2"));
    append(&other, facts(0..5));
    for number in 0..300 {
        append(&journal, facts(number..number + 1));
    }
    assert_eq!(listed(&journal).len(), 300, "no snapshot has them");
    wait(journal.snapshot(books(150))).expect("a snapshot");
    for number in 300..400 {
        append(&journal, facts(number..number + 1));
    }
    assert_eq!(listed(&journal).last(), Some(&150), "the snapshot has no more");
    wait(journal.snapshot(books(400))).expect("a snapshot");
    for number in 400..1000 {
        append(&journal, facts(number..number + 1));
    }
    assert_eq!((listed(&journal).last(), listed(&other).len()), (Some(&400), 5));
    wait(journal.snapshot(books(1000))).expect("a snapshot");
    for number in 1000..1500 {
        append(&journal, facts(number..number + 1));
        assert!(listed(&journal).len() >= 100, "at {number}");
    }
    assert_eq!(replay(&journal), books(1500));
    drop((journal, other, journals));
    assert_eq!(replay(&pool(&place.open(), "E-1")), books(1500));
}

#[test]
fn a_restored_file_is_marked_until_a_fact_of_each_pool_says_so() {
    let (place, restored) = (Place::new(), Place::new());
    let journals = place.open();
    for id in ["E-1", "E-2"] {
        append(&pool(&journals, id), facts(0..300));
    }
    assert!(!wait(pool(&journals, "E-1").is_marked()).expect("it says"));
    wait(journals.backup(&restored.file())).expect("a backup while it is open");
    fs::remove_file(restored.file()).expect("it is there");
    backup(&place.file(), &restored.file()).expect("a backup from another process");
    assert!(matches!(mark_journals_restored(&place.file()), Err(JournalError::InUse(_))), "somebody has it");
    mark_journals_restored(&restored.file()).expect("it is marked");
    let marked = |journals: &SqlJournals| ["E-1", "E-2", "E-3"].map(|id| wait(pool(journals, id).is_marked()).expect("it says"));
    let journals = restored.open();
    assert_eq!(marked(&journals), [true, true, true], "the third may have been made after the backup");
    append(&pool(&journals, "E-1"), facts(300..301));
    assert_eq!(marked(&journals), [true, true, true], "another fact says nothing of it");
    append(&pool(&journals, "E-1"), vec![Fact::Restored { at: Timestamp::UNIX_EPOCH }]);
    drop(journals);
    assert_eq!(marked(&restored.open()), [false, true, true]);
    append(&pool(&restored.open(), "E-3"), vec![Fact::Restored { at: Timestamp::UNIX_EPOCH }]);
    assert_eq!(marked(&restored.open()), [false, true, false]);
    assert_eq!(replay(&pool(&restored.open(), "E-2")), books(300));
}

#[test]
fn a_journal_in_which_facts_are_missing_is_not_replayed() {
    let cases = [
        ("DELETE FROM run WHERE place % 17592186044416 = 256", "fact 256 is not there"),
        ("DELETE FROM run WHERE place % 17592186044416 = 0", "fact 0 is not there"),
        ("UPDATE run SET body = substr(body, 1, instr(body, char(10)) - 1) WHERE place % 17592186044416 = 256", "fact 511 is not there"),
        ("UPDATE run SET body = 'x' || body WHERE place % 17592186044416 = 256", "expected value"),
        ("INSERT INTO snapshot VALUES (1, 9, '{')", "EOF while parsing"),
        // What a snapshot has, and the file does not: what is written next would stand in the place of it.
        ("DELETE FROM run WHERE place % 17592186044416 >= 256", "fact 256 is not there"),
    ];
    for (change, cause) in cases {
        let place = Place::new();
        append(&pool(&place.open(), "E-1"), facts(0..1000));
        if change.contains(">=") {
            wait(pool(&place.open(), "E-1").snapshot(books(1000))).expect("a snapshot");
        }
        place.alter(change);
        let error = wait(pool(&place.open(), "E-1").replay()).expect_err(change);
        assert!(error.to_string().contains("`keywardd restore`"), "{error}");
        let JournalError::Unreadable { cause: Some(found), .. } = error else { panic!("{error:?}") };
        assert!(found.to_string().contains(cause), "{found}");
    }
}

#[test]
fn a_ledger_is_no_journal_and_a_journal_no_ledger() {
    let (place, other) = (Place::new(), Place::new());
    drop(SqlLedger::open(&place.file(), Options::default()).expect("a ledger"));
    let error = SqlJournals::open(&place.file(), Options::default()).expect_err("it is a ledger").to_string();
    assert_eq!(error, "the journal cannot be read: its file holds a ledger and no journal; name the right file");
    drop(other.open());
    let error = SqlLedger::open(&other.file(), Options::default()).expect_err("it is a journal").to_string();
    assert!(error.contains("its file holds a journal and no ledger"), "{error}");
    let error = SqlJournals::open(&other.0.path().join("nowhere").join("journal.db"), Options::default()).expect_err("no folder");
    assert!(matches!(error, JournalError::Storage(_)), "{error:?}");
}

#[test]
fn a_journal_that_was_closed_says_so() {
    let place = Place::new();
    let journals = place.open();
    let journal = pool(&journals, "E-1");
    append(&journal, facts(0..3));
    assert!(matches!(SqlJournals::open(&place.file(), Options::default()), Err(JournalError::InUse(_))));
    journals.close().expect("it closes");
    assert!(matches!(wait(journal.append(facts(3..4))), Err(JournalError::Closed)));
    assert!(matches!(wait(journal.replay()), Err(JournalError::Closed)));
    assert_eq!(replay(&pool(&place.open(), "E-1")), books(3), "another can have it, though handles are left");
}
