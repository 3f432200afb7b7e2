//! Files that are there whole or not at all, and on the disk when the call returns.
//!
//! A file is written under a name of its own, synced, and given its name in one step; then its folder is synced.
//! What a crash leaves behind is a file with a name that [`sweep`] knows. Nothing here knows what is in the files, and it is open to programs
//! that keep other files as carefully as a vault is kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::TempPath;

const LEFTOVER: &str = ".new";

/// Gives a file new contents. A reader sees the old ones or the new, also after a crash; if this fails, the old ones stay.
pub fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = written(target, bytes)?;
    keep_mode(target, &fresh)?;
    name(fresh, target)?;
    sync_folder(folder(target))
}

/// Makes a file that must not be there yet: `AlreadyExists` otherwise, and what is there stays as it is.
pub fn create(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = written(target, bytes)?;
    fresh.persist_noclobber(target).map_err(|refused| refused.error)?;
    sync_folder(folder(target))
}

/// Makes `copy` name what `target` names now, too. At every instant `target` is there, and `copy` is old or new.
pub(crate) fn keep_as(target: &Path, copy: &Path) -> io::Result<()> {
    let linked = tempfile::Builder::new().prefix(&prefix(copy)).suffix(LEFTOVER).make_in(folder(copy), |path| fs::hard_link(target, path));
    match linked {
        // Dropping the path afterwards matters: renaming one name of a file over another name of it leaves both.
        Ok(linked) => patiently(|| fs::rename(linked.path(), copy)),
        // A file system without links, such as exFAT.
        Err(_) => replace(copy, &fs::read(target)?),
    }
}

/// Gives a file another name. Nothing may have that name.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| fs::rename(from, to))?;
    sync_folder(folder(to))
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(target: &Path) -> io::Result<()> {
    match patiently(|| fs::remove_file(target)) {
        Ok(()) => sync_folder(folder(target)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The contents of a file; none if there is no file.
pub(crate) fn read(target: &Path) -> io::Result<Option<Vec<u8>>> {
    match patiently(|| fs::read(target)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a folder, and those above it, that only their owner can enter. One that is there stays as it is.
pub(crate) fn make_folder(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = folder(dir);
    if above != dir {
        make_folder(above)?;
    }
    match private_folder().create(dir) {
        Ok(()) => sync_folder(above),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes what writers of these files left behind when they died. Only for who knows that nobody is writing them.
pub(crate) fn sweep(dir: &Path, file: &str) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!(".{file}.")) && name.ends_with(LEFTOVER) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether there was no room: on the disk, in what a user may have of it, or in what one file may have.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// Opens a file for its owner alone, made if it is not there.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    private_file().read(true).create(true).truncate(false).open(path)
}

/// Makes a file for its owner alone, to be written and synced by whoever asked: `AlreadyExists` if it is there.
pub fn begin(target: &Path) -> io::Result<File> {
    private_file().create_new(true).open(target)
}

/// Opens a file to read it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    patiently(|| File::open(path))
}

/// A file on the disk with these bytes and no lasting name yet.
fn written(target: &Path, bytes: &[u8]) -> io::Result<TempPath> {
    let fresh = tempfile::Builder::new().prefix(&prefix(target)).suffix(LEFTOVER).make_in(folder(target), begin)?;
    let (mut file, path) = fresh.into_parts();
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(path)
}

fn name(mut fresh: TempPath, target: &Path) -> io::Result<()> {
    patiently(|| fs::rename(&fresh, target))?;
    fresh.disable_cleanup(true);
    Ok(())
}

fn prefix(target: &Path) -> String {
    format!(".{}-", target.file_name().unwrap_or_default().to_string_lossy())
}

/// The folder a file is in.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => path,
    }
}

#[cfg(not(windows))]
fn patiently<T>(step: impl Fn() -> io::Result<T>) -> io::Result<T> {
    step()
}

/// On Windows a file that another program has open for a moment, a reader of ours or a virus scanner, refuses to be renamed, and one
/// that is being renamed refuses to be opened. It is asked again, for a second in all.
#[cfg(windows)]
fn patiently<T>(step: impl Fn() -> io::Result<T>) -> io::Result<T> {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    let busy = |error: &io::Error| matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION));
    for pause in [1, 2, 4, 8, 16, 32].into_iter().chain([64; 15]) {
        match step() {
            Err(error) if busy(&error) => std::thread::sleep(std::time::Duration::from_millis(pause)),
            done => return done,
        }
    }
    step()
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

#[cfg(unix)]
fn private_folder() -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folder() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

/// An installer may have opened a machine-wide file to a group: what replaces it stays open to that group.
#[cfg(unix)]
fn keep_mode(target: &Path, fresh: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::metadata(target) {
        Ok(old) => fs::set_permissions(fresh, fs::Permissions::from_mode(old.permissions().mode() & 0o666 | 0o600)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn keep_mode(_target: &Path, _fresh: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the names in a folder durable.
#[cfg(unix)]
pub fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Makes the names in a folder durable: Windows offers no way to sync a folder; NTFS journals its names.
#[cfg(not(unix))]
pub fn sync_folder(_dir: &Path) -> io::Result<()> {
    Ok(())
}
