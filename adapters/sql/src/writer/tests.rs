use std::sync::mpsc;
use std::thread;

use super::*;
use crate::deeds::Outcome;
use crate::prepared::{Key, Line, Prepared, Row};
use crate::{Options, connection, migrations};

/// A deed that logs a line of so many bytes and writes a new record.
fn deed(id: usize, bytes: usize) -> Prepared {
    let row = Row { key: Key { kind: "product", id: id.to_string() }, read: 0, body: "{}".into(), lookups: Vec::new() };
    Prepared { writes: vec![row], answers: Vec::new(), log: vec![Line { entitlement: None, body: "x".repeat(bytes) }] }
}

#[test]
fn a_full_disk_fails_the_whole_batch_and_later_ones_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger.db");
    let mut connection = connection::writing(&file, &migrations::LEDGER, &Options::default()).expect("it opens");
    migrations::apply(&mut connection, &migrations::LEDGER).expect("it has tables");
    let pages: i64 = connection.query_row("PRAGMA page_count", (), |row| row.get(0)).expect("it has pages");
    connection.pragma_update(None, "max_page_count", pages + 20).expect("a small disk");

    let (orders, waiting) = mpsc::channel();
    let ask = |id, bytes| {
        let (reply, outcome) = oneshot::channel();
        orders.send(Order::Work(deed(id, bytes), reply)).expect("the writer waits");
        outcome
    };
    // All wait before the writer begins, and share its first batch; the last does not fit.
    let mut batch: Vec<_> = (0..5).map(|id| ask(id, if id == 4 { 200_000 } else { 10 })).collect();
    let (reply, alone) = mpsc::channel();
    orders.send(Order::Alone(Box::new(move |_| reply.send(()).expect("the test waits")))).expect("the writer waits");
    let writer = Writer::new(connection, waiting, None);
    let writer = thread::spawn(|| writer.run());
    alone.recv().expect("the batch is over");
    for outcome in &mut batch {
        let told = outcome.try_recv().expect("each is told");
        assert!(matches!(told, Err(LedgerError::Full(_))), "{told:?}");
    }
    // Nothing of the batch is there: the same deeds fit now, but for the large one.
    let again: Vec<_> = (0..5).map(|id| ask(id, 10)).collect();
    orders.send(Order::Close).expect("the writer waits");
    writer.join().expect("the writer ends").expect("it closes");
    for mut outcome in again {
        assert_eq!(outcome.try_recv().expect("each is told").expect("it fits"), Outcome::Done);
    }
}
