//! What SQLite and the file system say, in the words of the port.

use std::io;
use std::sync::Arc;

use keyward_ports::{Cause, LedgerError};
use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

const DAMAGED: &str = "its file is damaged, or is not the server's at all; stop the server and restore a backup with `keywardd restore`";

/// An error that one caller is told.
pub(crate) fn trouble(cause: rusqlite::Error) -> LedgerError {
    translated(&Arc::new(cause))
}

/// An error that several callers are told.
pub(crate) fn translated(cause: &Arc<rusqlite::Error>) -> LedgerError {
    let boxed: Cause = Box::new(Arc::clone(cause));
    let rusqlite::Error::SqliteFailure(failure, _) = &**cause else { return LedgerError::Storage(boxed) };
    match failure.code {
        ErrorCode::DiskFull => LedgerError::Full(boxed),
        // The index in shared memory is a file too, and could not grow.
        ErrorCode::SystemIoFailure if failure.extended_code == SQLITE_IOERR_SHMSIZE => LedgerError::Full(boxed),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => unreadable(DAMAGED, Some(boxed)),
        // Our own lock file is ours: a program that knows nothing of it has the database.
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => LedgerError::InUse(boxed),
        _ => LedgerError::Storage(boxed),
    }
}

/// What the file system says.
pub(crate) fn storage(cause: io::Error) -> LedgerError {
    if matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        LedgerError::Full(cause.into())
    } else {
        LedgerError::Storage(cause.into())
    }
}

/// The file holds something else than it should.
pub(crate) fn damaged(cause: impl Into<Cause>) -> LedgerError {
    unreadable(DAMAGED, Some(cause.into()))
}

pub(crate) fn unreadable(why: impl Into<String>, cause: Option<Cause>) -> LedgerError {
    LedgerError::Unreadable { why: why.into(), cause }
}
