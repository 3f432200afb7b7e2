//! Whether every user of this computer can read what is one user's or one group's, for `doctor`.
//!
//! On Windows rights are lists that only unsafe code can read: there is said where they come from and what shows them.

use std::path::Path;

/// What is to be said about the rights of a vault's files. Empty when there is nothing.
#[cfg(unix)]
pub(crate) fn notes(dir: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    // For who is neither the owner nor in the group.
    const ANY: u32 = 0o007;
    const ENTER: u32 = 0o001;

    let mode = |path: &Path| path.symlink_metadata().map_or(0, |it| it.permissions().mode());
    // Nobody comes to what is in a folder that is closed.
    let inside = |dir: &Path| {
        let open = mode(dir) & ENTER != 0;
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(move |_| open)
    };
    let below = inside(dir).filter(|path| path.is_dir()).flat_map(|folder| inside(&folder).collect::<Vec<_>>());
    let open = inside(dir).chain(below).filter(|path| path.is_file() && mode(path) & ANY != 0);
    open.map(|path| format!("{0} is open to every user of this computer; close it with `chmod o= {0}`", path.display())).collect()
}

/// What is to be said about the rights of a vault's files. Empty when there is nothing.
#[cfg(windows)]
pub(crate) fn notes(dir: &Path) -> Vec<String> {
    // A user's own folders are closed to other users by Windows itself.
    let shared = dir.starts_with(crate::places::program_data()) && dir.exists();
    let note = || {
        format!(
            "its files have the rights of their folder; `icacls \"{}\"` lists them, and if Users stand there, every user can read the device key",
            dir.display()
        )
    };
    shared.then(note).into_iter().collect()
}

/// What is to be said about the rights of a vault's files: nothing is known of this system.
#[cfg(not(any(unix, windows)))]
pub(crate) fn notes(_dir: &Path) -> Vec<String> {
    Vec::new()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_every_user_can_read_is_named_and_what_a_group_can_read_is_not() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let keys = dir.path().join("keys");
        fs::create_dir(&keys).expect("a folder for the keys");
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is given these rights");
        mode(dir.path(), 0o755);
        mode(&keys, 0o755);
        let (shared, open) = (dir.path().join("vault.json"), keys.join("device.key"));
        for (path, rights) in [(&shared, 0o660), (&open, 0o604)] {
            fs::write(path, "").expect("it is written");
            mode(path, rights);
        }
        let said = notes(dir.path());
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with(&format!("{} is open to every user", open.display())), "{said:?}");
        mode(&keys, 0o700);
        assert_eq!(notes(dir.path()), [""; 0], "nobody comes to it");
        assert_eq!(notes(&dir.path().join("nothing")), [""; 0]);
    }
}
