//! What a license server's journal promises.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::pool::{Books, Fact};
use keyward_ports::Journal;

use crate::facts::facts;
use crate::samples::day;
use crate::{AsyncCase, async_cases};

/// A journal and the place where it keeps things.
pub trait JournalSubject: Send + Sync {
    /// Opens the journal; again what was opened before, after that was dropped. It begins empty.
    fn open(&self) -> Arc<dyn Journal>;
}

/// The promises of [`Journal`].
pub const CASES: &[AsyncCase<dyn JournalSubject>] = async_cases![
    a_journal_that_was_never_written_comes_to_empty_books,
    facts_are_replayed_in_the_order_they_were_appended,
    positions_count_every_fact,
    what_was_appended_is_there_when_it_is_opened_again,
    many_appends_at_once_are_all_there_and_each_in_one_piece,
    a_replay_from_a_snapshot_comes_to_the_same,
    no_fact_is_lost_by_a_snapshot,
    an_older_snapshot_does_not_take_the_place_of_a_newer_one,
    facts_are_listed_newest_first_and_none_is_left_out,
    every_kind_of_fact_is_kept_as_it_was,
];

async fn append(journal: &dyn Journal, facts: &[Fact]) -> u64 {
    journal.append(facts.to_vec()).await.unwrap_or_else(|error| panic!("facts were not taken: {error}"))
}

async fn replay(journal: &dyn Journal) -> Books {
    journal.replay().await.unwrap_or_else(|error| panic!("it was not replayed: {error}"))
}

async fn snapshot(journal: &dyn Journal, books: Books) {
    journal.snapshot(books).await.unwrap_or_else(|error| panic!("a snapshot was not taken: {error}"));
}

async fn page(journal: &dyn Journal, before: Option<u64>, most: u32) -> Vec<(u64, Fact)> {
    journal.page(before, most).await.unwrap_or_else(|error| panic!("it was not listed: {error}"))
}

/// The books that facts come to.
fn books(facts: &[Fact]) -> Books {
    let mut books = Books::default();
    facts.iter().for_each(|fact| books.apply(fact));
    books
}

async fn a_journal_that_was_never_written_comes_to_empty_books(subject: &dyn JournalSubject) {
    let journal = subject.open();
    assert_eq!(replay(&*journal).await, Books::default());
    assert_eq!(page(&*journal, None, 10).await, []);
}

async fn facts_are_replayed_in_the_order_they_were_appended(subject: &dyn JournalSubject) {
    let journal = subject.open();
    for some in facts().chunks(3) {
        append(&*journal, some).await;
    }
    assert_eq!(replay(&*journal).await, books(&facts()));
}

async fn positions_count_every_fact(subject: &dyn JournalSubject) {
    let journal = subject.open();
    assert_eq!(append(&*journal, &[]).await, 0);
    assert_eq!(append(&*journal, &facts()[..3]).await, 3);
    assert_eq!(append(&*journal, &facts()[3..4]).await, 4);
    assert_eq!(append(&*journal, &[]).await, 4);
    assert_eq!(replay(&*journal).await.position(), 4);
}

async fn what_was_appended_is_there_when_it_is_opened_again(subject: &dyn JournalSubject) {
    append(&*subject.open(), &facts()[..5]).await;
    assert_eq!(replay(&*subject.open()).await, books(&facts()[..5]));
    append(&*subject.open(), &facts()[5..]).await;
    assert_eq!(replay(&*subject.open()).await, books(&facts()));
}

async fn many_appends_at_once_are_all_there_and_each_in_one_piece(subject: &dyn JournalSubject) {
    let journal = subject.open();
    let pair = |n: u64| {
        let opened = Fact::Opened { epoch: 2 * n, lease: Duration::from_secs(600), at: day(n) };
        [opened, Fact::Opened { epoch: 2 * n + 1, lease: Duration::from_secs(600), at: day(n) }]
    };
    let appends = (1..=50).map(|n| {
        let journal = Arc::clone(&journal);
        async move { append(&*journal, &pair(n)).await }
    });
    let mut ends = futures_util::future::join_all(appends).await;
    ends.sort_unstable();
    assert_eq!(ends, (1..=50).map(|n| 2 * n).collect::<Vec<_>>());
    let mut listed = page(&*journal, None, 1_000).await;
    listed.reverse();
    let epochs: Vec<_> = listed.iter().map(|(_, fact)| if let Fact::Opened { epoch, .. } = fact { *epoch } else { 0 }).collect();
    assert!(epochs.chunks(2).all(|pair| pair[0] % 2 == 0 && pair[1] == pair[0] + 1), "others came in between: {epochs:?}");
}

async fn a_replay_from_a_snapshot_comes_to_the_same(subject: &dyn JournalSubject) {
    let all = facts();
    let journal = subject.open();
    append(&*journal, &all[..6]).await;
    snapshot(&*journal, replay(&*journal).await).await;
    append(&*journal, &all[6..]).await;
    assert_eq!(replay(&*journal).await, books(&all));
    drop(journal);
    assert_eq!(replay(&*subject.open()).await, books(&all), "when it is opened again");
}

async fn no_fact_is_lost_by_a_snapshot(subject: &dyn JournalSubject) {
    let journal = subject.open();
    append(&*journal, &facts()).await;
    snapshot(&*journal, replay(&*journal).await).await;
    assert_eq!(page(&*journal, None, 1_000).await.len(), facts().len());
}

async fn an_older_snapshot_does_not_take_the_place_of_a_newer_one(subject: &dyn JournalSubject) {
    let (all, journal) = (facts(), subject.open());
    append(&*journal, &all[..4]).await;
    let older = replay(&*journal).await;
    append(&*journal, &all[4..]).await;
    snapshot(&*journal, replay(&*journal).await).await;
    snapshot(&*journal, older).await;
    assert_eq!(replay(&*journal).await, books(&all));
}

async fn facts_are_listed_newest_first_and_none_is_left_out(subject: &dyn JournalSubject) {
    let (all, journal) = (facts(), subject.open());
    append(&*journal, &all).await;
    let (mut before, mut listed) = (None, Vec::new());
    loop {
        let some = page(&*journal, before, 4).await;
        assert!(some.len() <= 4, "a page has {} lines", some.len());
        let Some((last, _)) = some.last() else { break };
        before = Some(*last);
        listed.extend(some);
    }
    let expected: Vec<_> = (0u64..).zip(all).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(listed, expected);
}

async fn every_kind_of_fact_is_kept_as_it_was(subject: &dyn JournalSubject) {
    let journal = subject.open();
    append(&*journal, &facts()).await;
    drop(journal);
    let mut listed = page(&*subject.open(), None, 1_000).await;
    listed.reverse();
    assert_eq!(listed.into_iter().map(|(_, fact)| fact).collect::<Vec<_>>(), facts());
}
