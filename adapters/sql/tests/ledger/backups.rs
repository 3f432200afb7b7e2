//! Copies of a ledger in use.

use std::sync::mpsc;
use std::{fs, thread};

use keyward_ports::{Committed, Deed, Ledger as _, LedgerError, Query, Write};
use keyward_sql::{Options, SqlLedger};

use crate::samples::{line, product, writing};
use crate::{Place, commit, wait};

#[test]
fn a_backup_is_the_ledger_at_one_moment_while_writes_go_on() {
    let place = Place::new();
    let ledger = place.open();
    let (written, writes) = mpsc::channel();
    let both = |read| {
        let write = |id| Write { read, record: product(id, &"x".repeat(2000)) };
        Deed { writes: vec![write("left"), write("right")], answers: Vec::new(), log: vec![line("write", None)] }
    };
    commit(&ledger, both(0));
    let copies: Vec<_> = (0..5).map(|number| place.folder.path().join(format!("copy-{number}.db"))).collect();
    thread::scope(|threads| {
        // Dropped at the end, or when this breaks off: then the writing ends too.
        let writes = writes;
        threads.spawn(|| {
            let mut read = 1;
            while commit(&ledger, both(read)) == Committed::Done && written.send(()).is_ok() {
                read += 1;
            }
        });
        for copy in &copies {
            while writes.try_recv().is_ok() {}
            // The second of two was begun after the copy before was made.
            for _ in 0..2 {
                writes.recv().expect("writes go on");
            }
            wait(ledger.backup(copy)).expect("a backup");
        }
    });

    let mut last = 0;
    for copy in &copies {
        assert!(!copy.with_extension("db-wal").exists(), "a backup is one file");
        let copy = SqlLedger::open(copy, Options::default()).expect("the copy opens");
        let version = |id: &str| wait(copy.read(&product(id, "").key())).expect("it reads").expect("it is there").version;
        let position = wait(copy.place()).expect("it stands somewhere").position;
        let log = wait(copy.page(&Query::Log { of: None, before: None, most: 1 })).expect("it lists").log;
        assert_eq!((version("left"), version("right"), log[0].0), (position, position, position));
        assert!(position > last, "later copies hold more");
        last = position;
    }
}

#[test]
fn a_backup_replaces_the_one_before_it_and_leaves_nothing_half_made() {
    let (place, elsewhere) = (Place::new(), Place::new());
    let ledger = place.open();
    commit(&ledger, writing(0, product("cad", "x")));
    fs::write(elsewhere.file(), "an old backup").expect("a file");
    wait(ledger.backup(&elsewhere.file())).expect("a backup");
    assert_eq!(fs::read_dir(elsewhere.folder.path()).expect("a folder").count(), 1);
    assert_eq!(&fs::read(elsewhere.file()).expect("a file")[18..20], [1, 1], "no write-ahead log is asked for");
    let copy = elsewhere.open();
    assert_eq!(wait(copy.read(&product("cad", "").key())).expect("it reads").map(|it| it.version), Some(1));

    // A target that cannot be replaced: a folder.
    let taken = place.folder.path().join("taken");
    fs::create_dir_all(taken.join("by")).expect("a folder");
    let before = fs::read_dir(place.folder.path()).expect("a folder").count();
    assert!(matches!(wait(ledger.backup(&taken)), Err(LedgerError::Storage(_))));
    assert_eq!(fs::read_dir(place.folder.path()).expect("a folder").count(), before);
}
