//! A file where there was none, whole or not at all, on disks that cannot do much.
//!
//! What an empty file stands for is nothing: a name that was claimed on a disk without links and never used, because somebody pulled the
//! stick. Its name is free for the next who comes, unless whoever claimed it is still at it. An empty file that a person made is no other:
//! it has nothing that could be lost. Of our own kind none takes a name from another, because the empty file is locked while its name is
//! given; a program that knows no locks and writes to it at that very instant writes to a file without a name.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::TempPath;

/// Makes a file that is not there yet, whole: `AlreadyExists` otherwise, and what is there stays as it is.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() && there.len() == 0 => claim(path, &written(path, bytes)?),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => match written(path, bytes)?.persist_noclobber(path) {
            Ok(()) => sync_folder(path),
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Err(refused.error),
            // A disk that cannot give a name without taking it from another file.
            Err(refused) => claim(path, &refused.path),
        },
    }
}

/// Gives a file its name where the disk cannot help: an empty file has it first, and is held until the name is given.
#[cfg(not(windows))]
pub(super) fn claim(path: &Path, fresh: &Path) -> io::Result<()> {
    use std::fs::TryLockError;
    use std::os::unix::fs::MetadataExt as _;

    let (held, is_new) = match File::options().write(true).create_new(true).open(path) {
        Ok(held) => (held, true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match File::options().write(true).open(path) {
            Ok(held) => (held, false),
            // Who may not write to it has no claim on its name.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => return Err(error),
        },
        Err(error) => return Err(error),
    };
    match held.try_lock() {
        Ok(()) => {}
        // Shares that know no locks: what is new is ours, what was there is somebody's.
        Err(TryLockError::Error(_)) if is_new => {}
        Err(_) => return Err(io::ErrorKind::AlreadyExists.into()),
    }
    // Whoever held it before may have given the name away in the meantime, and a program that knows no locks may have written to it.
    let is_ours = || -> io::Result<bool> {
        let (ours, there) = (held.metadata()?, fs::symlink_metadata(path)?);
        Ok(there.is_file() && there.len() == 0 && (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
    };
    if !is_ours()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    match fs::rename(fresh, path) {
        Ok(()) => sync_folder(path),
        Err(error) => {
            // The error that is told is the first. What somebody else made stays, empty as it is.
            if is_new && is_ours().unwrap_or_default() {
                let _ = fs::remove_file(path);
            }
            Err(error)
        }
    }
}

/// Every disk that Windows knows can give a name that is free. An empty file is taken away first, while nobody else can open it: whoever came
/// too late for that would take away what has the name by then.
#[cfg(windows)]
pub(super) fn claim(path: &Path, fresh: &Path) -> io::Result<()> {
    use std::os::windows::fs::OpenOptionsExt as _;

    /// Others can take the file away, as is done here by its name, and do nothing else with it.
    const FILE_SHARE_DELETE: u32 = 4;
    let taken = || io::Error::from(io::ErrorKind::AlreadyExists);
    match File::options().write(true).share_mode(FILE_SHARE_DELETE).open(path) {
        Ok(held) => {
            let is_empty = held.metadata()?.len() == 0 && fs::symlink_metadata(path).is_ok_and(|it| it.is_file());
            if !is_empty {
                return Err(taken());
            }
            fs::remove_file(path).map_err(|_| taken())?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // Somebody has it open, or it is not to be written to.
        Err(_) => return Err(taken()),
    }
    TempPath::try_from_path(fresh)?.persist_noclobber(path).map_err(|refused| refused.error)
}

/// Whether a file could be made there, tried with one that nobody sees: rights and room.
pub(super) fn try_out(path: &Path) -> io::Result<()> {
    /// More than a request or a picture of its code takes.
    const ROOM: usize = 64 << 10;
    tempfile::tempfile_in(folder(path))?.write_all(&vec![0; ROOM])
}

/// A file on the disk with these bytes and no lasting name yet.
pub(super) fn written(path: &Path, bytes: &[u8]) -> io::Result<TempPath> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keyward-").suffix(".new");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666)); // Less what the user's mask takes away.
    }
    let (mut file, fresh) = builder.tempfile_in(folder(path))?.into_parts();
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(fresh)
}

/// The folder a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    crate::atomic::folder(path)
}

/// Some file systems of sticks and shares cannot sync a folder; they are taken at their word.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(folder(path))?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
