//! A data folder is made all or nothing at the first start of its server, and found whole at every other.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use keyward_files::atomic;

/// Where one is made inside a folder that is there.
const MAKING: &str = ".keywardd-making";

/// What stands in a kind of data folder.
pub(crate) struct Kind {
    /// Whose folder it is, for messages.
    pub(crate) whose: &'static str,
    /// The file without which a folder is no data folder: it comes last.
    pub(crate) last: &'static str,
    /// What else stands in one that is new.
    pub(crate) parts: &'static [&'static str],
}

impl Kind {
    /// Whether a folder is a data folder of this kind.
    pub(crate) fn is(&self, dir: &Path) -> bool {
        dir.join(self.last).exists()
    }

    /// Makes a data folder where there is none. One that is there must be this user's.
    pub(crate) fn ensure(&self, dir: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        if self.is(dir) {
            return is_ours(&dir.join(self.last));
        }
        if dir.exists() {
            return self.make_inside(dir, make);
        }
        let parent = atomic::folder(dir);
        fs::create_dir_all(parent).with_context(|| format!("could not make {}", parent.display()))?;
        let making = private_folder_in(parent).context("could not make the data folder")?;
        make(making.path())?;
        fs::rename(making.path(), dir).with_context(|| format!("could not make {}", dir.display()))?;
        // It has its name now; the temporary one is gone.
        let _ = making.keep();
        sync_folder(parent)
    }

    /// Makes a data folder of one that is there and empty, such as a volume that was mounted: in a hidden folder inside it, whose entries are
    /// then moved up, the last one last. Only with that it is a data folder; what an interrupted start left is swept.
    fn make_inside(&self, dir: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let unreadable = || format!("could not use {}", dir.display());
        let making = dir.join(MAKING);
        let begun = making.exists();
        for entry in fs::read_dir(dir).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let ours = begun && self.parts.iter().any(|part| entry.file_name() == *part);
            // A file system's own folder is in every new volume.
            if !ours && entry.file_name() != MAKING && entry.file_name() != "lost+found" {
                bail!("{} is not empty and not a {}'s data folder; name another folder", dir.display(), self.whose);
            }
        }
        for part in self.parts.iter().filter(|part| begun && dir.join(part).exists()) {
            let left = dir.join(part);
            if left.is_dir() { fs::remove_dir_all(&left) } else { fs::remove_file(&left) }.with_context(unreadable)?;
        }
        if begun {
            fs::remove_dir_all(&making).with_context(unreadable)?;
        }
        fs::create_dir(&making).with_context(unreadable)?;
        make(&making)?;
        keep_private(&making).with_context(unreadable)?;
        for part in self.parts.iter().filter(|part| making.join(part).exists()) {
            fs::rename(making.join(part), dir.join(part)).with_context(unreadable)?;
        }
        sync_folder(dir)?;
        fs::rename(making.join(self.last), dir.join(self.last)).with_context(unreadable)?;
        fs::remove_dir_all(&making).with_context(unreadable)?;
        sync_folder(dir)
    }
}

/// What another user than its server's writes into a data folder cannot be read by the server any more.
#[cfg(unix)]
fn is_ours(file: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = fs::metadata(file).with_context(|| format!("could not use {}", file.display()))?.uid();
    is_of(owner, rustix::process::geteuid().as_raw()).with_context(|| format!("could not use {}", file.display()))
}

#[cfg(unix)]
fn is_of(owner: u32, us: u32) -> Result<()> {
    if owner != us {
        bail!("it belongs to user {owner}, and this is user {us}; type the command as that user: `sudo -u '#{owner}' ...`");
    }
    Ok(())
}

/// Where rights are inherited from the folder, they are its administrator's to give.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn is_ours(_: &Path) -> Result<()> {
    Ok(())
}

/// Makes a folder that only its owner can enter, to be given its name when it is whole.
pub(crate) fn private_folder_in(parent: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keywardd-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Takes the rights to what stands in a folder from everybody but its owner. The folder around it may be anybody's.
#[cfg(unix)]
fn keep_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        if path.is_dir() {
            keep_private(&path)?;
        }
    }
    Ok(())
}

/// Where rights are inherited from the folder, they are its administrator's to give.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn keep_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Reads a text file and names it where that fails.
pub(crate) fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))
}

/// Writes a file that only its owner can read; it is on the disk when this returns.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    atomic::create(file, bytes).with_context(|| format!("could not write {}", file.display()))
}

/// Makes a rename in a folder durable.
pub(crate) fn sync_folder(dir: &Path) -> Result<()> {
    atomic::sync_folder(dir).with_context(|| format!("could not sync {}", dir.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// As when an administrator forgets whose the server is.
    #[test]
    fn a_data_folder_of_another_user_is_used_by_that_user() {
        assert!(is_of(998, 998).is_ok());
        let refused = is_of(998, 0).expect_err("what root writes there is root's").to_string();
        assert!(refused.contains("user 998") && refused.contains("sudo -u '#998'"), "{refused}");
    }

    const KIND: Kind = Kind { whose: "test", last: "last.db", parts: &["keys", "token"] };

    #[test]
    fn what_is_made_inside_a_folder_that_all_can_enter_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("all can enter it");
        let readable = |file: &Path| {
            fs::write(file, "").and_then(|()| fs::set_permissions(file, fs::Permissions::from_mode(0o644))).context("could not write")
        };
        let made = KIND.ensure(folder.path(), |making| {
            fs::create_dir(making.join("keys")).context("could not make a folder")?;
            fs::set_permissions(making.join("keys"), fs::Permissions::from_mode(0o755)).context("could not open a folder")?;
            readable(&making.join("keys/key"))?;
            readable(&making.join("token"))?;
            readable(&making.join("last.db"))
        });
        made.expect("it is made");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        let modes = ["keys", "keys/key", "token", "last.db"].map(|name| mode(&folder.path().join(name)));
        assert_eq!(modes.map(|mode| format!("{mode:o}")), ["700", "600", "600", "600"]);
        assert_eq!(mode(folder.path()), 0o755, "the folder itself is its administrator's");
    }
}
