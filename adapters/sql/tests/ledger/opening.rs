//! What is found when a ledger is opened: what was there, somebody else, a newer Keyward, damage.

use std::fs;

use keyward_ports::{Committed, Ledger as _, LedgerError};
use keyward_sql::{Options, SqlLedger};
use rusqlite::Connection;

use crate::samples::{product, writing};
use crate::{Place, commit, wait};

fn why_not(place: &Place) -> String {
    SqlLedger::open(&place.file(), Options::default()).expect_err("it does not open").to_string()
}

#[test]
fn what_was_done_is_there_after_a_reopening() {
    let place = Place::new();
    let ledger = place.open();
    assert_eq!(wait(ledger.bump_epoch()).expect("an epoch"), 1);
    for read in 0..3 {
        assert_eq!(commit(&ledger, writing(read, product("cad", "x"))), Committed::Done);
    }
    drop(ledger);
    let left: Vec<_> = fs::read_dir(place.folder.path()).expect("a folder").map(|it| it.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 2, "the ledger and its lock: {left:?}");

    let ledger = place.open();
    assert_eq!(wait(ledger.read(&product("cad", "").key())).expect("it reads").map(|it| it.version), Some(3));
    let stands = wait(ledger.place()).expect("it stands somewhere");
    assert_eq!((stands.epoch, stands.position), (1, 3));
    assert_eq!(wait(ledger.bump_epoch()).expect("an epoch"), 2);
    assert!(wait(ledger.place()).expect("it stands somewhere") > stands);
}

/// A process that is killed closes nothing: what its files say at that moment must do.
#[test]
fn what_was_done_is_in_the_files_without_a_close() {
    let (place, after_the_kill) = (Place::new(), Place::new());
    let ledger = place.open();
    for read in 0..3 {
        commit(&ledger, writing(read, product("cad", "x")));
        for name in ["ledger.db", "ledger.db-wal"] {
            fs::copy(place.folder.path().join(name), after_the_kill.folder.path().join(name)).expect("a copy");
        }
        let found = wait(after_the_kill.open().read(&product("cad", "").key())).expect("it reads");
        assert_eq!(found.map(|it| it.version), Some(read + 1));
    }
}

#[test]
fn a_ledger_has_one_owner() {
    let place = Place::new();
    let ledger = place.open();
    let refused = SqlLedger::open(&place.file(), Options::default()).expect_err("it is taken");
    let LedgerError::InUse(cause) = refused else { panic!("{refused}") };
    assert!(cause.to_string().contains(&format!("process {}", std::process::id())), "{cause}");

    let clone = ledger.clone();
    drop(ledger);
    assert!(matches!(SqlLedger::open(&place.file(), Options::default()), Err(LedgerError::InUse(_))), "a clone still has it");
    drop(clone);
    place.open();
}

#[test]
fn a_program_that_holds_the_database_is_named_as_the_reason() {
    let place = Place::new();
    drop(place.open());
    let other = Connection::open(place.file()).expect("it opens");
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = 0").expect("it is held");
    assert!(matches!(SqlLedger::open(&place.file(), Options::default()), Err(LedgerError::InUse(_))));
}

#[test]
fn a_ledger_that_a_newer_server_changed_is_left_alone() {
    for change in [
        "INSERT INTO migration VALUES (9, 'later', 'f00d', '2031-01-01T00:00:00Z')",
        "UPDATE migration SET sha256 = 'f00d' WHERE number = 1",
    ] {
        let place = Place::new();
        drop(place.open());
        Connection::open(place.file()).and_then(|it| it.execute(change, ())).expect("a change");
        let why = why_not(&place);
        assert!(why.contains("written by a newer Keyward") && why.contains("update the server"), "{why}");
    }
}

#[test]
fn damage_is_told_with_what_to_do() {
    let place = Place::new();
    fs::write(place.file(), "this is no database, whatever its name says; it is text, and long enough".repeat(40)).expect("a file");
    let why = why_not(&place);
    assert!(why.contains("damaged") && why.contains("keywardd restore"), "{why}");

    let place = Place::new();
    let ledger = place.open();
    for number in 0..200 {
        commit(&ledger, writing(0, product(&format!("p-{number}"), &"x".repeat(500))));
    }
    drop(ledger);
    let mut bytes = fs::read(place.file()).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xA5);
    fs::write(place.file(), bytes).expect("a file");
    let why = why_not(&place);
    assert!(why.contains("damaged") && why.contains("keywardd restore"), "{why}");
}

#[test]
fn another_programs_database_is_not_taken() {
    let place = Place::new();
    Connection::open(place.file()).and_then(|it| it.execute("CREATE TABLE songs (title TEXT)", ())).expect("a database");
    assert!(why_not(&place).contains("another program"));
}

#[test]
fn a_folder_that_is_not_there_is_a_matter_of_storage() {
    let place = Place::new();
    let file = place.folder.path().join("nowhere").join("ledger.db");
    assert!(matches!(SqlLedger::open(&file, Options::default()), Err(LedgerError::Storage(_))));
}
