//! Where vault and anchor are when nobody says otherwise.
//!
//! | | for all users of the host | for one user |
//! | --- | --- | --- |
//! | Linux | `/var/lib/keyward/VENDOR`, `/var/lib/keyward-anchor` | `~/.local/share/keyward/VENDOR`, `~/.local/state/keyward` (XDG) |
//! | macOS | `/Library/Application Support/Keyward/VENDOR`, `/Library/Preferences/Keyward` | the same in the user's `Library` |
//! | Windows | `%ProgramData%\Keyward\VENDOR`, `%ProgramData%\Keyward Anchor` | `%LOCALAPPDATA%\Keyward\VENDOR`, `%APPDATA%\Keyward` |
//!
//! One vault per host and vendor is the aim, made by the installer; a user's own is for hosts where that cannot be written.

use std::fs;
use std::path::{Path, PathBuf};

use keyward_domain::signers::VendorId;

/// A place, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder. It may not be there yet.
    pub dir: PathBuf,
    /// For whom.
    pub reach: Reach,
}

/// For whom a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All users of the host.
    MachineWide,
    /// One user, because the machine-wide place cannot be written.
    PerUser,
}

/// Neither place can be had. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[error("there is no folder for it: {machine} cannot be written, and this user has no home folder; name a folder")]
pub struct NoPlace {
    machine: String,
}

/// Where a vendor's vault is.
pub fn default_vault_dir(vendor: &VendorId) -> Result<Place, NoPlace> {
    let vendor: String = vendor.to_string().chars().take(16).collect();
    choose(system::machine_vault().join(&vendor), system::user_vault().map(|dir| dir.join(&vendor)))
}

/// Where the anchor is: another place, which backups and clean-ups of the vault's do not touch.
pub fn default_anchor_dir() -> Result<Place, NoPlace> {
    choose(system::machine_anchor(), system::user_anchor())
}

/// The machine's place if it can be written; a user's that is in use already stays in use.
fn choose(machine: PathBuf, user: Option<PathBuf>) -> Result<Place, NoPlace> {
    let writable = is_writable(&machine);
    let settled = user.as_deref().is_some_and(is_in_use) && !(writable && is_in_use(&machine));
    match user {
        _ if writable && !settled => Ok(Place { dir: machine, reach: Reach::MachineWide }),
        Some(dir) => Ok(Place { dir, reach: Reach::PerUser }),
        None => Err(NoPlace { machine: machine.display().to_string() }),
    }
}

fn is_in_use(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether files can be made there, or the folder itself if it is not there, and those that are there can be opened: an installer may
/// share them, another user's program may not. Asked by making a file that is gone at once.
fn is_writable(dir: &Path) -> bool {
    let shared = |entry: fs::DirEntry| match fs::OpenOptions::new().read(true).write(true).open(entry.path()) {
        // What is being written now, and what is no file, is nobody's to share.
        _ if entry.file_name().to_string_lossy().starts_with('.') || !entry.path().is_file() => true,
        Err(error) => error.kind() != std::io::ErrorKind::PermissionDenied,
        Ok(_) => true,
    };
    let all_shared = fs::read_dir(dir).map_or(true, |entries| entries.flatten().all(shared));
    all_shared && dir.ancestors().find(|folder| folder.exists()).is_some_and(|folder| tempfile::tempfile_in(folder).is_ok())
}

#[cfg(windows)]
pub(crate) use system::program_data;

#[cfg(windows)]
mod system {
    use std::path::PathBuf;

    use etcetera::base_strategy::{BaseStrategy as _, Windows};

    pub(crate) fn program_data() -> PathBuf {
        std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from)
    }

    pub(super) fn machine_vault() -> PathBuf {
        program_data().join("Keyward")
    }

    pub(super) fn machine_anchor() -> PathBuf {
        program_data().join("Keyward Anchor")
    }

    /// Not the roaming folder: a vault belongs to one host.
    pub(super) fn user_vault() -> Option<PathBuf> {
        Windows::new().ok().map(|base| base.cache_dir().join("Keyward"))
    }

    pub(super) fn user_anchor() -> Option<PathBuf> {
        Windows::new().ok().map(|base| base.data_dir().join("Keyward"))
    }
}

#[cfg(target_os = "macos")]
mod system {
    use std::path::PathBuf;

    use etcetera::base_strategy::{Apple, BaseStrategy as _};

    pub(super) fn machine_vault() -> PathBuf {
        "/Library/Application Support/Keyward".into()
    }

    pub(super) fn machine_anchor() -> PathBuf {
        "/Library/Preferences/Keyward".into()
    }

    pub(super) fn user_vault() -> Option<PathBuf> {
        Apple::new().ok().map(|base| base.data_dir().join("Keyward"))
    }

    pub(super) fn user_anchor() -> Option<PathBuf> {
        Apple::new().ok().map(|base| base.config_dir().join("Keyward"))
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
mod system {
    use std::path::PathBuf;

    use etcetera::base_strategy::{BaseStrategy as _, Xdg};

    pub(super) fn machine_vault() -> PathBuf {
        "/var/lib/keyward".into()
    }

    pub(super) fn machine_anchor() -> PathBuf {
        "/var/lib/keyward-anchor".into()
    }

    pub(super) fn user_vault() -> Option<PathBuf> {
        Xdg::new().ok().map(|base| base.data_dir().join("keyward"))
    }

    pub(super) fn user_anchor() -> Option<PathBuf> {
        Xdg::new().ok().and_then(|base| base.state_dir()).map(|dir| dir.join("keyward"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::vendor;

    #[test]
    fn the_machine_comes_before_the_user_unless_it_cannot_be_written_or_the_user_is_settled() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let file = dir.path().join("a file");
        fs::write(&file, "").expect("it is written");
        let full = |name: &str| {
            fs::create_dir_all(dir.path().join(name).join("vault")).expect("a folder in use");
            dir.path().join(name)
        };
        let (free, used, own, own_used) = (dir.path().join("free"), full("used"), dir.path().join("own"), full("own-used"));
        for (machine, user, expected) in [
            (&free, Some(&own), Some((&free, Reach::MachineWide))),
            (&free, None, Some((&free, Reach::MachineWide))),
            (&free, Some(&own_used), Some((&own_used, Reach::PerUser))),
            (&used, Some(&own_used), Some((&used, Reach::MachineWide))),
            (&file.join("below"), Some(&own), Some((&own, Reach::PerUser))),
            (&file.join("below"), None, None),
        ] {
            let chosen = choose(machine.clone(), user.cloned()).ok();
            assert_eq!(chosen, expected.map(|(dir, reach)| Place { dir: dir.clone(), reach }), "{machine:?} {user:?}");
        }
        assert!(!free.exists(), "choosing makes nothing");
    }

    #[test]
    fn vault_and_anchor_are_never_in_one_folder() {
        assert!(!system::machine_anchor().starts_with(system::machine_vault()));
        if let (Some(vault), Some(anchor)) = (system::user_vault(), system::user_anchor()) {
            assert!(!anchor.starts_with(&vault) && !vault.starts_with(&anchor), "{vault:?} {anchor:?}");
        }
        let (one, two) = (default_vault_dir(&vendor(1)), default_vault_dir(&vendor(2)));
        assert_ne!(one.ok().map(|place| place.dir), two.ok().map(|place| place.dir));
    }
}
