//! A copy of a file that is in use.

use std::path::Path;

use keyward_ports::LedgerError;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use tempfile::Builder;

use crate::connection::check;
use crate::owner::{folder, sync_folder};
use crate::trouble::{storage, trouble};

/// Copies what was committed to a file that needs no other, in one step as seen from outside.
pub(crate) fn copy(of: &Connection, to: &Path) -> Result<(), LedgerError> {
    // Removed by itself wherever this ends early.
    let copy = Builder::new().prefix(".backup-").tempfile_in(folder(to)).map_err(storage)?;
    let mut connection = Connection::open(copy.path()).map_err(trouble)?;
    // The copy is not used before it is whole, and is synced then.
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF").map_err(trouble)?;
    // All pages in one step: it reads one snapshot, and a file that is written to meanwhile does not make it begin again.
    let step = Backup::new(of, &mut connection).and_then(|backup| backup.step(-1)).map_err(trouble)?;
    if step != StepResult::Done {
        return Err(LedgerError::InUse("another program locks the file; the backup can be made again".into()));
    }
    // One file, without a write-ahead log beside it.
    connection.execute_batch("PRAGMA journal_mode = DELETE").map_err(trouble)?;
    check(&connection)?;
    connection.close().map_err(|(_, cause)| trouble(cause))?;
    copy.as_file().sync_all().map_err(storage)?;
    copy.persist(to).map_err(|it| storage(it.error))?;
    sync_folder(to)
}
