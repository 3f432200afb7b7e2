//! What the ledger on SQLite promises beyond the list that every ledger runs: one commit for many, one owner, migrations, damage, backups.

#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

mod backups;
mod deeds;
mod group_commit;
mod opening;
mod pages;
mod samples;

use std::path::PathBuf;

use keyward_ports::{Committed, Deed, Ledger as _};
use keyward_sql::{Options, SqlLedger};
use pollster::block_on as wait;
use tempfile::TempDir;

/// A folder with a ledger in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    fn open(&self) -> SqlLedger {
        self.open_with(Options::default())
    }

    fn open_with(&self, options: Options) -> SqlLedger {
        SqlLedger::open(&self.file(), options).expect("the ledger opens")
    }
}

fn commit(ledger: &SqlLedger, deed: Deed) -> Committed {
    wait(ledger.commit(deed)).expect("the ledger takes a deed")
}
