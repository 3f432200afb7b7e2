//! One writer at a time, across processes. A lock goes with its file: it ends when that is dropped or its process dies.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::atomic;

/// Waits until nobody else holds the lock. For the moment a file takes to be written, never longer.
pub(crate) fn hold(path: &Path) -> io::Result<File> {
    let file = atomic::open_private(path)?;
    file.lock()?;
    Ok(file)
}
