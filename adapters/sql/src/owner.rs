//! One process at a time: a lock file beside the database.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use keyward_ports::LedgerError;

use crate::trouble::storage;

/// The right to use a file, for as long as it is kept. The system takes it back when the process ends, however it ends;
/// the file stays, because removing it would let two processes lock two files.
#[derive(Debug)]
pub(crate) struct Ownership(#[expect(dead_code, reason = "holding it is its use")] File);

/// Who has the file.
#[derive(Debug, thiserror::Error)]
#[error("{} is locked{}", .place.display(), .by.as_ref().map(|by| format!(" by process {by}")).unwrap_or_default())]
struct Owned {
    place: PathBuf,
    by: Option<String>,
}

impl Ownership {
    /// Takes a file, or says who has it.
    pub(crate) fn take(database: &Path) -> Result<Self, LedgerError> {
        let place = database.with_extension("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        // Whoever can open it can lock it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&place).map_err(storage)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse(Box::new(Owned { by: pid(&mut file), place }))),
            Err(TryLockError::Error(cause)) => return Err(storage(cause)),
        }
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", process::id())).map_err(storage)?;
        Ok(Self(file))
    }
}

fn pid(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned()).filter(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The folder a file is in.
pub(crate) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes sure that a file which was just made or renamed is found again after the loss of power.
pub(crate) fn sync_folder(file: &Path) -> Result<(), LedgerError> {
    let synced = if cfg!(unix) { File::open(folder(file)).and_then(|folder| folder.sync_all()) } else { io::Result::Ok(()) };
    synced.map_err(storage)
}
