//! What a key server's ledger promises.

use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use futures_util::future::join_all;
use keyward_domain::record::{LogEntry, Lookup, Record, RecordKey};
use keyward_ports::{Committed, Deed, Ledger, Page, Query, Versioned, Write, look};

use crate::samples::{activation, day, device, entitlement, fingerprint, line, name, product, public, remembered, request, signers, trial};
use crate::{AsyncCase, async_cases};

/// A ledger and the place where it keeps things.
pub trait LedgerSubject: Send + Sync {
    /// Opens the ledger; again what was opened before, after that was dropped. It begins empty.
    fn open(&self) -> Arc<dyn Ledger>;
}

/// The promises of [`Ledger`].
pub const CASES: &[AsyncCase<dyn LedgerSubject>] = async_cases![
    an_answer_is_known_by_its_requests_name_alone,
    a_record_is_read_with_its_version,
    every_kind_of_record_is_kept_as_it_was,
    a_look_up_finds_its_records_lowest_key_first,
    a_look_up_no_longer_finds_what_is_no_longer_so,
    a_deed_is_done_wholly_or_not_at_all,
    of_two_deeds_that_name_the_same_version_one_is_a_conflict,
    of_many_deeds_at_once_that_name_the_same_version_one_is_done,
    of_two_deeds_that_answer_the_same_request_the_second_is_told_the_firsts_answer,
    a_deed_that_was_answered_and_is_a_conflict_is_told_the_answer,
    a_deed_that_writes_one_record_twice_is_a_conflict,
    a_deed_remembers_all_its_answers_or_none,
    a_deed_that_answers_one_request_twice_is_a_conflict,
    a_look_shows_what_the_other_readers_show,
    a_look_sees_one_moment,
    what_is_done_is_there_when_the_ledger_is_opened_again,
    records_are_listed_in_the_order_of_their_keys_and_none_is_left_out,
    the_log_is_listed_newest_first_and_no_line_is_left_out,
];

fn write(read: u64, record: Record) -> Write {
    Write { read, record }
}

fn writes(writes: impl IntoIterator<Item = Write>) -> Deed {
    Deed { writes: writes.into_iter().collect(), ..Deed::default() }
}

fn logs(lines: impl IntoIterator<Item = LogEntry>) -> Deed {
    Deed { log: lines.into_iter().collect(), ..Deed::default() }
}

async fn commit(ledger: &dyn Ledger, deed: Deed) -> Committed {
    ledger.commit(deed).await.unwrap_or_else(|error| panic!("a deed was not taken: {error}"))
}

async fn do_it(ledger: &dyn Ledger, deed: Deed) {
    assert_eq!(commit(ledger, deed).await, Committed::Done);
}

async fn read(ledger: &dyn Ledger, key: &RecordKey) -> Option<Versioned> {
    ledger.read(key).await.unwrap_or_else(|error| panic!("{key:?} was not read: {error}"))
}

async fn find(ledger: &dyn Ledger, lookup: &Lookup) -> Vec<RecordKey> {
    ledger.find(lookup).await.unwrap_or_else(|error| panic!("{lookup:?} was not looked up: {error}"))
}

async fn page(ledger: &dyn Ledger, query: &Query) -> Page {
    ledger.page(query).await.unwrap_or_else(|error| panic!("{query:?} was not listed: {error}"))
}

async fn log(ledger: &dyn Ledger) -> Vec<LogEntry> {
    page(ledger, &Query::Log { of: None, before: None, most: 1000 }).await.log.into_iter().map(|(_, entry)| entry).collect()
}

async fn an_answer_is_known_by_its_requests_name_alone(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let deed = Deed { answers: vec![(request(1), remembered("yes"))], ..Deed::default() };
    do_it(&*ledger, deed).await;
    do_it(&*ledger, writes([write(0, product("cad"))])).await;
    assert_eq!(ledger.answered(&request(1)).await.ok().flatten(), Some(remembered("yes")));
    assert_eq!(ledger.answered(&request(2)).await.ok().flatten(), None);
}

async fn a_record_is_read_with_its_version(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let key = product("cad").key();
    assert_eq!(read(&*ledger, &key).await, None);
    for version in 1..=3 {
        do_it(&*ledger, writes([write(version - 1, product("cad"))])).await;
        assert_eq!(read(&*ledger, &key).await, Some(Versioned { version, record: product("cad") }));
    }
}

async fn every_kind_of_record_is_kept_as_it_was(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let records = [product("cad"), entitlement("E-1", 1, 2), device(1), trial(1), signers()];
    do_it(&*ledger, writes(records.clone().map(|record| write(0, record)))).await;
    for record in records {
        assert_eq!(read(&*ledger, &record.key()).await, Some(Versioned { version: 1, record }));
    }
}

async fn a_look_up_finds_its_records_lowest_key_first(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let records = [entitlement("E-3", 1, 2), trial(1), entitlement("E-1", 3, 1), entitlement("E-2", 4, 5), device(1)];
    do_it(&*ledger, writes(records.clone().map(|record| write(0, record)))).await;
    let mut lookups: Vec<_> = records.iter().flat_map(Record::lookups).collect();
    lookups.push(Lookup::Device(public(99).id()));
    for lookup in lookups {
        let mut expected: Vec<_> = records.iter().filter(|it| it.lookups().contains(&lookup)).map(Record::key).collect();
        expected.sort_unstable();
        assert_eq!(find(&*ledger, &lookup).await, expected, "{lookup:?}");
    }
    let part = fingerprint("office").parts().next().unwrap_or_else(|| panic!("a part"));
    assert_eq!(find(&*ledger, &Lookup::HostPart(name("cad"), part)).await, [trial(1).key()]);
    assert_eq!(find(&*ledger, &Lookup::HostPart(name("other"), part)).await, []);
}

async fn a_look_up_no_longer_finds_what_is_no_longer_so(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    do_it(&*ledger, writes([write(0, entitlement("E-1", 1, 2))])).await;
    do_it(&*ledger, writes([write(1, entitlement("E-1", 3, 2))])).await;
    assert_eq!(find(&*ledger, &Lookup::Activation(activation(1))).await, []);
    assert_eq!(find(&*ledger, &Lookup::Device(public(1).id())).await, []);
    for still in [2, 3] {
        assert_eq!(find(&*ledger, &Lookup::Activation(activation(still))).await, [entitlement("E-1", 3, 2).key()]);
    }
}

async fn a_deed_is_done_wholly_or_not_at_all(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    do_it(&*ledger, writes([write(0, product("old"))])).await;
    let deed = |read| Deed {
        writes: vec![write(0, entitlement("E-1", 1, 2)), write(read, product("old"))],
        answers: vec![(request(1), remembered("yes"))],
        log: vec![line("sold", Some("E-1"))],
    };
    assert_eq!(commit(&*ledger, deed(7)).await, Committed::Conflict);
    assert_eq!(read(&*ledger, &RecordKey::Entitlement(name("E-1"))).await, None, "a write of a deed that was not done");
    assert_eq!(find(&*ledger, &Lookup::Activation(activation(1))).await, [], "a look-up of a deed that was not done");
    assert_eq!(ledger.answered(&request(1)).await.ok().flatten(), None, "the answer of a deed that was not done");
    assert_eq!(log(&*ledger).await, [], "the log of a deed that was not done");
    do_it(&*ledger, deed(1)).await;
    assert!(read(&*ledger, &RecordKey::Entitlement(name("E-1"))).await.is_some());
    assert!(ledger.answered(&request(1)).await.ok().flatten().is_some());
    assert_eq!(log(&*ledger).await, [line("sold", Some("E-1"))]);
}

async fn of_two_deeds_that_name_the_same_version_one_is_a_conflict(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    do_it(&*ledger, writes([write(0, entitlement("E-1", 1, 2))])).await;
    do_it(&*ledger, writes([write(1, entitlement("E-1", 3, 2))])).await;
    for (version, why) in [(0, "it is there"), (1, "it was written since"), (3, "there is no such version")] {
        assert_eq!(commit(&*ledger, writes([write(version, entitlement("E-1", 4, 2))])).await, Committed::Conflict, "{why}");
    }
    assert_eq!(commit(&*ledger, writes([write(1, product("absent"))])).await, Committed::Conflict, "it is not there");
    let kept = Versioned { version: 2, record: entitlement("E-1", 3, 2) };
    assert_eq!(read(&*ledger, &kept.record.key()).await, Some(kept));
}

async fn of_many_deeds_at_once_that_name_the_same_version_one_is_done(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    do_it(&*ledger, writes([write(0, product("cad"))])).await;
    let came = join_all((0..32).map(|n| {
        let deed = Deed { log: vec![line(&n.to_string(), None)], ..writes([write(1, product("cad"))]) };
        commit(&*ledger, deed)
    }))
    .await;
    assert_eq!(came.iter().filter(|came| **came == Committed::Done).count(), 1, "{came:?}");
    assert_eq!(came.iter().filter(|came| **came == Committed::Conflict).count(), 31, "{came:?}");
    assert_eq!(read(&*ledger, &product("cad").key()).await.map(|it| it.version), Some(2));
    assert_eq!(log(&*ledger).await.len(), 1);
}

async fn of_two_deeds_that_answer_the_same_request_the_second_is_told_the_firsts_answer(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let deed = |answer: &str, read| Deed {
        answers: vec![(request(1), remembered(answer))],
        log: vec![line(answer, None)],
        ..writes([write(read, product("cad"))])
    };
    do_it(&*ledger, deed("first", 0)).await;
    for (read, why) in [(1, "it would be no conflict"), (0, "it would be a conflict, too")] {
        assert_eq!(commit(&*ledger, deed("second", read)).await, Committed::Answered(remembered("first").statement), "{why}");
    }
    assert_eq!(ledger.answered(&request(1)).await.ok().flatten(), Some(remembered("first")));
    assert_eq!(read(&*ledger, &product("cad").key()).await.map(|it| it.version), Some(1), "nothing was done");
    assert_eq!(log(&*ledger).await, [line("first", None)], "nothing was done");
}

async fn a_deed_that_was_answered_and_is_a_conflict_is_told_the_answer(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let deed = Deed { answers: vec![(request(1), remembered("yes"))], ..writes([write(0, product("cad"))]) };
    do_it(&*ledger, deed).await;
    let late = Deed { answers: vec![(request(1), remembered("no"))], ..writes([write(0, product("cad"))]) };
    assert_eq!(commit(&*ledger, late).await, Committed::Answered(remembered("yes").statement));
}

async fn a_deed_that_writes_one_record_twice_is_a_conflict(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let key = product("cad").key();
    assert_eq!(commit(&*ledger, writes([write(0, product("cad")), write(0, product("cad"))])).await, Committed::Conflict);
    assert_eq!(commit(&*ledger, writes([write(0, product("cad")), write(1, product("cad"))])).await, Committed::Conflict);
    assert_eq!(read(&*ledger, &key).await, None);
}

async fn a_deed_remembers_all_its_answers_or_none(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let answers = |numbers: &[u8]| Deed {
        answers: numbers.iter().map(|n| (request(*n), remembered(&n.to_string()))).collect(),
        log: vec![line("answered", None)],
        ..Deed::default()
    };
    do_it(&*ledger, answers(&[1, 2])).await;
    let earlier = Committed::Answered(remembered("2").statement);
    assert_eq!(commit(&*ledger, answers(&[3, 2, 4])).await, earlier);
    for (n, known) in [(1, true), (2, true), (3, false), (4, false)] {
        let expected = known.then(|| remembered(&n.to_string()));
        assert_eq!(ledger.answered(&request(n)).await.ok().flatten(), expected, "request {n}");
    }
    assert_eq!(log(&*ledger).await.len(), 1);
}

async fn a_deed_that_answers_one_request_twice_is_a_conflict(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let answers = ["yes", "no"].map(|answer| (request(1), remembered(answer)));
    assert_eq!(commit(&*ledger, Deed { answers: answers.into(), ..Deed::default() }).await, Committed::Conflict);
    assert_eq!(ledger.answered(&request(1)).await.ok().flatten(), None);
}

async fn a_look_shows_what_the_other_readers_show(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let records = [entitlement("E-3", 1, 2), trial(1), entitlement("E-1", 3, 1), product("cad"), signers()];
    let deed = Deed { answers: vec![(request(1), remembered("yes"))], ..writes(records.clone().map(|record| write(0, record))) };
    do_it(&*ledger, deed).await;
    do_it(&*ledger, writes([write(1, entitlement("E-1", 3, 4))])).await;
    for record in records {
        let key = record.key();
        let seen = look(&*ledger, move |view| view.read(&key)).await.unwrap_or_else(|error| panic!("a look failed: {error}"));
        assert_eq!(seen.map(Arc::unwrap_or_clone), read(&*ledger, &record.key()).await);
        for lookup in record.lookups() {
            let asked = lookup.clone();
            let seen = look(&*ledger, move |view| view.find(&asked)).await.unwrap_or_else(|error| panic!("a look failed: {error}"));
            assert_eq!(seen, find(&*ledger, &lookup).await, "{lookup:?}");
        }
    }
    for n in [1, 2] {
        let seen = look(&*ledger, move |view| view.answered(&request(n))).await.ok().flatten();
        assert_eq!(seen, ledger.answered(&request(n)).await.ok().flatten(), "request {n}");
    }
}

/// Looks so often, at most, for a commit that may have to wait until the look is over.
const MOST_LOOKS: u32 = 20_000;

async fn a_look_sees_one_moment(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    do_it(&*ledger, writes([write(0, product("a")), write(0, product("b"))])).await;
    let ((begin, begun), (done, committed)) = (mpsc::channel(), mpsc::channel());
    let writer = Arc::clone(&ledger);
    let writer = thread::spawn(move || {
        let deed = writes([write(1, product("a")), write(1, product("b"))]);
        // Whatever keeps the look from beginning is told of there.
        if begun.recv().is_ok() {
            wait(do_it(&*writer, deed));
            let _ = done.send(());
        }
    });
    let seen = look(&*ledger, move |view| {
        let version = |name: &str| Ok(view.read(&product(name).key())?.map(|found| found.version));
        let first = version("a")?;
        let _ = begin.send(());
        for _ in 0..MOST_LOOKS {
            let second = version("b")?;
            if second != first || committed.try_recv().is_ok() {
                return Ok((first, second, version("b")?));
            }
        }
        Ok((first, version("b")?, version("b")?))
    })
    .await;
    writer.join().unwrap_or_else(|_| panic!("the deed was not done"));
    let seen = seen.unwrap_or_else(|error| panic!("a look failed: {error}"));
    assert_eq!(seen, (Some(1), Some(1), Some(1)), "a look saw what was done after it began");
    let now = look(&*ledger, |view| Ok(view.read(&product("b").key())?.map(|found| found.version))).await;
    assert_eq!(now.ok().flatten(), Some(2), "a look does not see what was done before it began");
}

/// Waits for a future on this thread: a ledger asks for no runtime.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let (mut context, mut future) = (Context::from_waker(&waker), pin!(future));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(it) => return it,
            Poll::Pending => thread::park(),
        }
    }
}

async fn what_is_done_is_there_when_the_ledger_is_opened_again(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let deed = Deed {
        writes: vec![write(0, entitlement("E-1", 1, 2)), write(0, signers())],
        answers: vec![(request(1), remembered("yes"))],
        log: vec![line("sold", Some("E-1"))],
    };
    do_it(&*ledger, deed).await;
    do_it(&*ledger, writes([write(1, entitlement("E-1", 3, 2))])).await;
    drop(ledger);
    let ledger = subject.open();
    let record = entitlement("E-1", 3, 2);
    assert_eq!(find(&*ledger, &Lookup::Activation(activation(3))).await, [record.key()]);
    assert_eq!(read(&*ledger, &record.key()).await, Some(Versioned { version: 2, record }));
    assert_eq!(read(&*ledger, &RecordKey::Signers).await, Some(Versioned { version: 1, record: signers() }));
    assert_eq!(ledger.answered(&request(1)).await.ok().flatten(), Some(remembered("yes")));
    assert_eq!(log(&*ledger).await, [line("sold", Some("E-1"))]);
}

async fn records_are_listed_in_the_order_of_their_keys_and_none_is_left_out(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    let mut ids: Vec<_> = ["E-10", "E-2", "E-1", "E-A", "E-a", "E-20", "E-3"].map(String::from).into();
    do_it(&*ledger, writes(ids.iter().map(|id| write(0, entitlement(id, 1, 2))))).await;
    do_it(&*ledger, writes([write(0, product("b")), write(0, product("a")), write(0, device(1)), write(0, trial(1))])).await;
    ids.sort_unstable();
    for most in [1, 2, 7, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = page(&*ledger, &Query::Entitlements { after, most }).await;
            assert!(page.records.len() <= most as usize, "at most {most}: {}", page.records.len());
            for it in &page.records {
                let RecordKey::Entitlement(id) = it.record.key() else { panic!("no entitlement: {:?}", it.record) };
                found.push(String::from(id));
            }
            after = found.last().cloned();
            assert!(!page.more || !page.records.is_empty(), "there is more and nothing comes");
            if !page.more {
                break;
            }
        }
        assert_eq!(found, ids, "in pages of {most}");
    }
    let products = page(&*ledger, &Query::Products { after: None, most: 10 }).await;
    assert_eq!(products.records.iter().map(|it| it.record.clone()).collect::<Vec<_>>(), [product("a"), product("b")]);
    assert!(!products.more && products.log.is_empty());
    assert_eq!(page(&*ledger, &Query::Products { after: Some("b".into()), most: 10 }).await, Page::default());
}

async fn the_log_is_listed_newest_first_and_no_line_is_left_out(subject: &dyn LedgerSubject) {
    let ledger = subject.open();
    assert_eq!(page(&*ledger, &Query::Log { of: None, before: None, most: 10 }).await, Page::default());
    let entries: Vec<_> = (0..7).map(|n| line(&n.to_string(), [None, Some("E-1"), Some("E-2")][n % 3])).collect();
    do_it(&*ledger, logs(entries[..3].to_vec())).await;
    do_it(&*ledger, logs(entries[3..].to_vec())).await;
    assert_eq!(entries[0].at, day(0));
    for of in [None, Some("E-1"), Some("E-3")] {
        let wanted = |entry: &&LogEntry| of.is_none_or(|of| entry.entitlement == Some(name(of)));
        let expected: Vec<_> = entries.iter().rev().filter(wanted).cloned().collect();
        for most in [1, 3, 100] {
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let page = page(&*ledger, &Query::Log { of: of.map(name), before, most }).await;
                assert!(page.log.len() <= most as usize && page.records.is_empty());
                assert!(!page.more || !page.log.is_empty(), "there is more and nothing comes");
                for (position, entry) in page.log {
                    assert!(before.is_none_or(|before| position < before), "positions fall from line to line");
                    before = Some(position);
                    found.push(entry);
                }
                if !page.more {
                    break;
                }
            }
            assert_eq!(found, expected, "of {of:?} in pages of {most}");
        }
    }
}
