//! What a deed does and what it leaves.

use std::thread;

use keyward_domain::record::{Lookup, Record, RecordKey};
use keyward_ports::{Committed, Deed, Ledger as _, LedgerError, Query, Versioned, Write};
use keyward_sql::SqlLedger;

use crate::samples::{answer, key, line, product, trial, writing};
use crate::{Place, commit, wait};

#[test]
fn a_deed_is_done_whole_or_not_at_all() {
    let place = Place::new();
    let ledger = place.open();
    let (name, remembered) = answer("a request");
    let deed = |read| Deed {
        writes: vec![Write { read: 0, record: product("cad", "new") }, Write { read, record: product("cam", "new") }],
        answers: vec![(name, remembered.clone())],
        log: vec![line("sold", Some("E-1"))],
    };
    let seen = || {
        let read = |id: &str| wait(ledger.read(&product(id, "").key())).expect("it reads").map(|it| it.version);
        let log = wait(ledger.page(&Query::Log { of: None, before: None, most: 10 })).expect("it lists").log;
        let position = wait(ledger.place()).expect("it stands somewhere").position;
        (read("cad"), read("cam"), wait(ledger.answered(&name)).expect("it knows").is_some(), log.len(), position)
    };

    assert_eq!(commit(&ledger, deed(7)), Committed::Conflict);
    assert_eq!(seen(), (None, None, false, 0, 0));
    assert_eq!(commit(&ledger, deed(0)), Committed::Done);
    assert_eq!(seen(), (Some(1), Some(1), true, 1, 1));

    // The same request again, with writes that would fit.
    let again = Deed { writes: vec![Write { read: 1, record: product("cad", "newer") }], ..deed(0) };
    assert_eq!(commit(&ledger, again), Committed::Answered(remembered.statement.clone()));
    assert_eq!(seen(), (Some(1), Some(1), true, 1, 1));
    assert_eq!(wait(ledger.answered(&name)).expect("it knows"), Some(remembered));
}

#[test]
fn a_version_is_taken_once() {
    let place = Place::new();
    let ledger = place.open();
    for (read, becomes) in [
        (1, Committed::Conflict),
        (0, Committed::Done),
        (0, Committed::Conflict),
        (1, Committed::Done),
        (1, Committed::Conflict),
        (u64::MAX, Committed::Conflict),
    ] {
        assert_eq!(commit(&ledger, writing(read, product("cad", "x"))), becomes, "read {read}");
    }
    let twice = Deed {
        writes: vec![Write { read: 2, record: product("cad", "y") }, Write { read: 2, record: product("cad", "z") }],
        ..Deed::default()
    };
    assert_eq!(commit(&ledger, twice), Committed::Conflict);
    let found = wait(ledger.read(&product("cad", "").key())).expect("it reads");
    assert_eq!(found, Some(Versioned { version: 2, record: product("cad", "x") }));
}

#[test]
fn of_64_threads_each_takes_its_own_version() {
    const EACH: u64 = 4;
    let place = Place::new();
    let ledger = place.open();
    let work = |ledger: &SqlLedger, id: &str| {
        let mut done = 0;
        while done < EACH {
            let read = wait(ledger.read(&product(id, "").key())).expect("it reads").map_or(0, |it| it.version);
            match commit(ledger, writing(read, product(id, &format!("{read}")))) {
                Committed::Done => done += 1,
                Committed::Conflict => {}
                Committed::Answered(_) => panic!("nothing was asked"),
            }
        }
    };
    thread::scope(|threads| {
        for number in 0..64 {
            let id = if number % 2 == 0 { "shared".to_owned() } else { format!("own-{number}") };
            let ledger = &ledger;
            threads.spawn(move || work(ledger, &id));
        }
    });
    let version = |id: &str| wait(ledger.read(&product(id, "").key())).expect("it reads").expect("it is there").version;
    assert_eq!(version("shared"), 32 * EACH);
    assert!((1..64).step_by(2).all(|number| version(&format!("own-{number}")) == EACH));
    assert_eq!(wait(ledger.place()).expect("it stands somewhere").position, 64 * EACH);
}

#[test]
fn a_record_is_found_by_what_it_is_now_and_no_longer_by_what_it_was() {
    let place = Place::new();
    let ledger = place.open();
    let (before, after) = (trial("A-1", 1, &["disk one", "disk two"]), trial("A-1", 2, &["disk two", "disk three"]));
    let other = trial("A-0", 3, &["disk two"]);
    let keys = |trials: &[&str]| trials.iter().map(|id| RecordKey::Trial(id.parse().expect("an id"))).collect::<Vec<_>>();
    let found = |lookup: &Lookup| wait(ledger.find(lookup)).expect("it finds");

    commit(&ledger, writing(0, Record::Trial(before.clone())));
    commit(&ledger, writing(0, Record::Trial(other)));
    for lookup in Record::Trial(before.clone()).lookups() {
        assert!(found(&lookup).contains(&before_key(&before)), "{lookup:?}");
    }
    commit(&ledger, writing(1, Record::Trial(after.clone())));
    assert_eq!(found(&Lookup::Device(key(1).id())), []);
    assert_eq!(found(&Lookup::Device(key(2).id())), keys(&["A-1"]));
    let parts = |it: &keyward_domain::trial::Trial| it.fingerprint.parts().collect::<Vec<_>>();
    for part in parts(&before).into_iter().filter(|part| !parts(&after).contains(part)) {
        assert_eq!(found(&Lookup::HostPart("cad".parse().expect("an id"), part)), []);
    }
    let shared = parts(&before).into_iter().find(|part| parts(&after).contains(part)).expect("disk two");
    assert_eq!(found(&Lookup::HostPart("cad".parse().expect("an id"), shared)), keys(&["A-0", "A-1"]));
    assert_eq!(found(&Lookup::HostPart("cam".parse().expect("an id"), shared)), []);
}

fn before_key(trial: &keyward_domain::trial::Trial) -> RecordKey {
    RecordKey::Trial(trial.activation.clone())
}

#[test]
fn a_closed_ledger_says_so_to_every_handle() {
    let place = Place::new();
    let ledger = place.open();
    let other = ledger.clone();
    commit(&ledger, writing(0, product("cad", "x")));
    ledger.close().expect("it closes");
    ledger.close().expect("it stays closed");

    let closed = |it: Result<(), LedgerError>| assert!(matches!(it, Err(LedgerError::Closed)), "{it:?}");
    closed(wait(other.commit(writing(1, product("cad", "y")))).map(drop));
    closed(wait(other.read(&product("cad", "").key())).map(drop));
    closed(wait(other.answered(&answer("x").0)).map(drop));
    closed(wait(other.find(&Lookup::Device(key(1).id()))).map(drop));
    closed(wait(other.page(&Query::Products { after: None, most: 1 })).map(drop));
    closed(wait(other.place()).map(drop));
    closed(wait(other.bump_epoch()).map(drop));
    closed(wait(other.backup(&place.folder.path().join("copy"))));

    // Whoever opens it next does not wait for the other handle.
    let again = place.open();
    assert_eq!(wait(again.read(&product("cad", "").key())).expect("it reads").map(|it| it.version), Some(1));
}
