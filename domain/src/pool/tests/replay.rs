//! The journal is all there is: replaying it comes to the same, and decides nothing.

use super::*;
use crate::golden::pinned;

fn written(books: &Books) -> String {
    serde_json::to_string_pretty(books).expect("JSON")
}

/// A day of a busy office.
fn busy() -> Office {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    office.check_out(B).expect("a seat");
    office.check_out(B).expect("again");
    office.borrow(A, days(5)).expect("a loan");
    office.borrow(C, days(2)).expect("a loan");
    office.extend(C, days(3)).expect("longer");
    office.check_out(D).expect_err("full");
    office.release(C, Release::AtOnce);
    office.check_out(D).expect("a seat");
    office.wait(LEASE);
    office.restart();
    office.give_back(A, by_file()).expect("a receipt");
    office.give_back(D, Way::Line).expect("a receipt");
    office.start(Start { anchor: None, marked: true });
    office.wait(LEASE);
    office.act(Act::AcceptRestore { by: "boss".into() });
    office.delegate(Delegation { per: crate::entitlement::Per::Host, generation: 2, ..seats(4) });
    office.check_out(('b', "eve")).expect("a seat");
    office.wait(days(1));
    office.decide(Op::Tick);
    office
}

/// A day on which everything happened that can happen to a pool.
fn eventful() -> Office {
    let mut office = busy();
    let morning = office.journal.clone();
    office.check_out(E).expect("a seat");
    office.journal = morning;
    office.restart();
    office.show(E).expect("its seat");
    office.wait(days(8));
    office.decide(Op::Tick);
    let place = office.borrow(A, days(1)).expect("a loan").place();
    office.give_back(A, by_file()).expect("a receipt");
    assert_eq!(office.act(Act::AcceptReturn { place, by: "boss".into() }), "Done");
    office.act(Act::Close { by: "boss".into() });
    office.act(Act::Reopen { by: "boss".into() });
    office.act(Act::Close { by: "boss".into() });
    office.revoke(RevocationReason::Freed);
    office
}

fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Opened { .. } => "opened",
        Fact::Restored { .. } => "restored",
        Fact::Settled { .. } => "settled",
        Fact::Accepted { .. } => "accepted",
        Fact::Delegated { .. } => "delegated",
        Fact::Revoked { .. } => "revoked",
        Fact::Closed { .. } => "closed",
        Fact::Reopened { .. } => "reopened",
        Fact::Believed { .. } => "believed",
        Fact::Met { .. } => "met",
        Fact::Seated { .. } => "seated",
        Fact::Reseated { .. } => "reseated",
        Fact::Lent { .. } => "lent",
        Fact::Renewed { .. } => "renewed",
        Fact::Adopted(_) => "adopted",
        Fact::GivenBack { .. } => "given-back",
        Fact::Released { .. } => "released",
        Fact::Ended { .. } => "ended",
    }
}
const KINDS: usize = 18;

/// What one version wrote, every later one reads.
#[test]
fn a_journal_and_its_snapshot_are_pinned() {
    let office = eventful();
    assert_eq!(office.journal.iter().map(kind).collect::<BTreeSet<_>>().len(), KINDS, "each kind of fact stands in it");
    for fact in &office.journal {
        let written = serde_json::to_value(fact).expect("JSON");
        assert!(written.get(kind(fact)).is_some(), "{written}");
    }
    pinned("journal.json", &office.journal);
    let busy = busy();
    pinned("pool.json", &Office::replayed(&busy.journal));
}

#[test]
fn a_replayed_journal_comes_to_the_books_it_was_written_from() {
    let office = eventful();
    assert_eq!(written(&Office::replayed(&office.journal)), written(office.pool.books()));
}

#[test]
fn a_journal_is_replayed_from_any_snapshot() {
    let office = eventful();
    let all = written(office.pool.books());
    for at in 0..office.journal.len() {
        let snapshot = written(&Office::replayed(&office.journal[..at]));
        let mut books: Books = serde_json::from_str(&snapshot).expect("a snapshot");
        assert_eq!(books.position(), at as u64);
        office.journal[at..].iter().for_each(|fact| books.apply(fact));
        assert_eq!(written(&books), all, "from {at}");
    }
}

#[test]
fn facts_are_read_as_they_were_written() {
    for fact in busy().journal {
        let text = serde_json::to_string(&fact).expect("JSON");
        assert_eq!(serde_json::from_str::<Fact>(&text).expect("a fact"), fact, "{text}");
    }
}

#[test]
fn a_host_that_holds_nothing_is_forgotten_in_time() {
    let mut office = Office::of(seats(3));
    for who in [A, B] {
        office.check_out(who).expect("a seat");
    }
    office.give_back(A, Way::Line).expect("a receipt");
    for _ in 0..91 {
        office.wait(days(1) + MINUTE);
        office.decide(Op::Tick);
    }
    office.check_out(B).expect("a seat");
    office.restart();
    let snapshot = written(office.pool.books());
    assert!(!snapshot.contains("host-a") && snapshot.contains("host-b"), "{snapshot}");
}

/// Whoever makes keys up checks out with each and gives back: what is kept of them has a bound, and who was heard of last is kept.
#[test]
fn of_hosts_that_hold_nothing_no_more_are_kept_than_ten_thousand() {
    let mut office = Office::of(seats(3));
    for who in [A, B] {
        office.check_out(who).expect("a seat");
    }
    office.give_back(A, Way::Line).expect("a receipt");
    let mut journal = office.journal.clone();
    let (first, most) = (office.pool.books().written.next_guest, u32::try_from(books::MOST_IDLE).expect("few"));
    let mut position = office.pool.books().position();
    let device = host('x').device.public();
    for guest in first..first + most {
        let at = after(office.now.wall, Duration::from_secs(guest.into()));
        let asked = Asked { count: 1, request: seal::Digest::of(&guest.to_be_bytes()), by: None };
        let sitter = Sitter { user: crate::testing::name("eve"), process: None };
        let place = Place { epoch: office.pool.books().epoch(), position: position + 1 };
        journal.push(Fact::Met { guest, device, host: host('x').name, looks: host('x').looks, at });
        journal.push(Fact::Seated { guest, asked: asked.clone(), sitter, choice: None, seat: 2, at });
        journal.push(Fact::Ended { place, why: Ending::Returned, asked: Some(asked), by: None, at });
        position += 3;
    }
    let books = Office::replayed(&journal);
    let kept: Vec<_> = books.written.guests.keys().copied().collect();
    let holder = books.guest_of(&host('b').device.public()).expect("who holds something is known").0;
    assert_eq!(kept.len(), most as usize + 1, "those that hold nothing, and the one that does");
    assert!(kept.contains(&holder) && kept.contains(&(first + most - 1)));
    assert!(books.guest_of(&host('a').device.public()).is_none(), "the one that was not heard of for the longest time is gone");
    // The same again from a snapshot in the middle, which stands where one too many is known for a moment.
    let middle = journal.len() - 2;
    let snapshot = written(&Office::replayed(&journal[..middle]));
    let mut again: Books = serde_json::from_str(&snapshot).expect("a snapshot");
    journal[middle..].iter().for_each(|fact| again.apply(fact));
    assert_eq!(written(&again), written(&books));
}
