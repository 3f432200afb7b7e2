//! A vault in a folder: its last two generations, its key, and a lock for who leads.
//!
//! | file | what |
//! | --- | --- |
//! | `vault.json` | the newest generation |
//! | `vault.prev.json` | the one before |
//! | `vault.key` | the secret its MACs come from |
//! | `vault.lock` | held by the leader; says who it is |
//! | `vault.aside-N.*` | what was set aside |
//!
//! Whether its documents are genuine is not asked here: the domain verifies each one whenever it opens a vault.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyward_domain::vault::VaultContents;
use keyward_ports::{Entropy, Lead, Vault, VaultError};
use zeroize::Zeroizing;

use crate::wrapper::{self, MacKey, Unfit};
use crate::{atomic, rights};

const CURRENT: &str = "vault.json";
const PREVIOUS: &str = "vault.prev.json";
const KEY: &str = "vault.key";
const LOCK: &str = "vault.lock";
const ASIDE: &str = "vault.aside-";
/// A number no vault is saved often enough to reach: whoever wrote it was not Keyward.
const UNREACHABLE: u64 = 1 << 48;

/// A vault in a folder of its own.
pub struct FileVault {
    dir: PathBuf,
    entropy: Arc<dyn Entropy>,
}

impl FileVault {
    /// The vault in a folder, which is made when it is first led or saved.
    pub fn new(dir: impl Into<PathBuf>, entropy: Arc<dyn Entropy>) -> Self {
        Self { dir: dir.into(), entropy }
    }

    /// What is wrong with its files though it can be used, for `doctor`. Empty when all is well.
    pub fn notes(&self) -> Vec<String> {
        let aside = self.aside().unwrap_or_default().into_iter().map(|name| format!("{name} was set aside"));
        let unfit = [CURRENT, PREVIOUS].into_iter().filter_map(|name| match self.read(name) {
            Ok(Some(_)) => None,
            // Before the second save there is one generation.
            Ok(None) if name == PREVIOUS || !self.path(PREVIOUS).exists() => None,
            Ok(None) => Some(format!("{name} is missing; the generation before it is used")),
            Err(error) => Some(format!("{name}: {error}")),
        });
        unfit.chain(aside).chain(rights::notes(&self.dir)).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn place(&self) -> String {
        self.dir.display().to_string()
    }

    fn damaged(&self, why: String) -> VaultError {
        VaultError::Damaged { place: self.place(), why }
    }

    fn storage(&self, cause: io::Error) -> VaultError {
        let (place, full) = (self.place(), atomic::is_full(&cause));
        if full { VaultError::Full { place, cause: cause.into() } } else { VaultError::Storage { place, cause: cause.into() } }
    }

    fn unfit(&self, name: &str, unfit: Unfit) -> VaultError {
        match unfit {
            Unfit::Damaged(why) => self.damaged(format!("{name}: {why}")),
            Unfit::Tampered => VaultError::Tampered { place: self.place() },
            Unfit::Newer(needs) => VaultError::Newer { place: self.place(), needs },
        }
    }

    /// One generation; none if its file is not there.
    fn read(&self, name: &str) -> Result<Option<Generation>, VaultError> {
        let Some(bytes) = atomic::read(&self.path(name)).map_err(|error| self.storage(error))? else { return Ok(None) };
        let key = self.key()?.ok_or_else(|| self.damaged(format!("{KEY} is missing")))?;
        let (number, contents) = wrapper::open(&key, &bytes).map_err(|unfit| self.unfit(name, unfit))?;
        Ok(Some(Generation { number, contents }))
    }

    /// The newest generation that is whole, and whether it is the newest there was. A vault that was changed by hand, or is newer
    /// than this program, hides behind nothing.
    fn newest(&self) -> Result<Newest, VaultError> {
        let lost = match self.read(CURRENT) {
            Ok(Some(current)) => return Ok(Newest::Current(current)),
            Ok(None) => None,
            Err(error @ VaultError::Damaged { .. }) => Some(error),
            Err(error) => return Err(error),
        };
        match (self.read(PREVIOUS), lost) {
            (Ok(Some(previous)), lost) => {
                let why = lost.map_or_else(|| format!("{CURRENT} is missing"), |error| error.to_string());
                tracing::warn!(place = %self.dir.display(), why, generation = previous.number, "the vault's previous generation is used");
                Ok(Newest::Previous(previous))
            }
            (Ok(None), None) => Ok(Newest::Nothing),
            (Ok(None) | Err(VaultError::Damaged { .. }), Some(error)) | (Err(error), _) => Err(error),
        }
    }

    fn key(&self) -> Result<Option<MacKey>, VaultError> {
        let Some(secret) = atomic::read(&self.path(KEY)).map_err(|error| self.storage(error))?.map(Zeroizing::new) else { return Ok(None) };
        match secret.as_slice().try_into() {
            Ok(secret) => Ok(Some(MacKey::of(secret))),
            Err(_) => Err(self.damaged(format!("{KEY} has {} bytes and should have {}", secret.len(), MacKey::SECRET))),
        }
    }

    /// The key, made now if there is none.
    fn key_to_save(&self) -> Result<MacKey, VaultError> {
        if let Some(key) = self.key()? {
            return Ok(key);
        }
        let mut secret = Zeroizing::new([0; MacKey::SECRET]);
        self.entropy.fill(secret.as_mut_slice()).map_err(|error| VaultError::Storage { place: self.place(), cause: error.into() })?;
        atomic::create(&self.path(KEY), secret.as_slice()).map_err(|error| self.storage(error))?;
        Ok(MacKey::of(&secret))
    }

    /// The number written in a generation's file; none if there is no file.
    fn number(&self, name: &str) -> Result<Option<Result<u64, Unfit>>, VaultError> {
        match atomic::open(&self.path(name)).and_then(wrapper::generation) {
            Ok(number) => Ok(Some(number)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.storage(error)),
        }
    }

    /// The number of a vault that is empty: above all that was ever set aside, so that a watcher sees it go and sees what follows.
    fn empty_number(&self) -> Result<u64, VaultError> {
        let mut highest = None;
        for name in self.aside().map_err(|error| self.storage(error))? {
            highest = highest.max(Some(self.reachable(&name)?));
        }
        Ok(highest.map_or(0, |number| number + 1))
    }

    /// The number written in a file that nothing vouches for; 0 if it has none that saving could have brought about.
    fn reachable(&self, name: &str) -> Result<u64, VaultError> {
        Ok(self.number(name)?.and_then(Result::ok).filter(|number| *number < UNREACHABLE).unwrap_or_default())
    }

    /// The names of what was set aside.
    fn aside(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        match fs::read_dir(&self.dir) {
            Ok(entries) => {
                for entry in entries {
                    names.extend(entry?.file_name().into_string().ok().filter(|name| name.starts_with(ASIDE)));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        names.sort();
        Ok(names)
    }
}

impl Vault for FileVault {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        Ok(match self.newest()? {
            Newest::Current(generation) | Newest::Previous(generation) => Some(generation.contents),
            Newest::Nothing => None,
        })
    }

    fn save(&self, _lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        let storage = |error| self.storage(error);
        atomic::make_folder(&self.dir).map_err(storage)?;
        let newest = self.newest()?;
        let number = match &newest {
            Newest::Current(generation) => generation.number,
            // Above the one that was lost, too: who saw that one must see this one come.
            Newest::Previous(generation) => (generation.number + 1).max(self.reachable(CURRENT)?),
            Newest::Nothing => self.empty_number()?,
        };
        let key = self.key_to_save()?;
        let bytes =
            wrapper::wrap(&key, number + 1, contents).map_err(|error| VaultError::Storage { place: self.place(), cause: error.into() })?;
        let current = self.path(CURRENT);
        // A newest generation that is not whole never takes the place of the one before it.
        if matches!(newest, Newest::Current(_)) {
            atomic::keep_as(&current, &self.path(PREVIOUS)).map_err(storage)?;
        }
        atomic::replace(&current, &bytes).map_err(storage)
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        let storage = |error| self.storage(error);
        atomic::make_folder(&self.dir).map_err(storage)?;
        let mut file = atomic::open_private(&self.path(LOCK)).map_err(storage)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(VaultError::Led { by: leader(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(storage(error)),
        }
        // Who leads is said as well as it can be: a full disk takes the lead from nobody.
        let _ = file.set_len(0).and_then(|()| file.write_all(myself().as_bytes()));
        atomic::sweep(&self.dir, "vault").map_err(storage)?;
        Ok(Lead::new(file))
    }

    fn set_aside(&self, _lead: &Lead) -> Result<(), VaultError> {
        let storage = |error| self.storage(error);
        let taken = self.aside().map_err(storage)?;
        let free = (1_u64..).find(|n| !taken.iter().any(|name| name.starts_with(&format!("{ASIDE}{n}."))));
        let Some(free) = free else { return Ok(()) };
        // The previous generation first: were it last, a crash in between would bring it back.
        for name in [PREVIOUS, CURRENT, KEY] {
            let rest = name.trim_start_matches("vault.");
            match atomic::rename(&self.path(name), &self.path(&format!("{ASIDE}{free}.{rest}"))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                moved => moved.map_err(storage)?,
            }
        }
        Ok(())
    }

    fn generation(&self) -> Result<u64, VaultError> {
        let lost = match self.number(CURRENT)? {
            Some(Ok(number)) => return Ok(number),
            Some(Err(unfit @ Unfit::Newer(_))) => return Err(self.unfit(CURRENT, unfit)),
            Some(Err(unfit)) => Some(unfit),
            None => None,
        };
        match (self.number(PREVIOUS)?, lost) {
            (Some(Ok(number)), _) => Ok(number),
            (None, None) => self.empty_number(),
            (_, Some(unfit)) => Err(self.unfit(CURRENT, unfit)),
            (Some(Err(unfit)), None) => Err(self.unfit(PREVIOUS, unfit)),
        }
    }
}

impl fmt::Debug for FileVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileVault").field("dir", &self.dir).finish_non_exhaustive()
    }
}

struct Generation {
    number: u64,
    contents: VaultContents,
}

enum Newest {
    Current(Generation),
    /// The newest was lost; this is the one before.
    Previous(Generation),
    Nothing,
}

fn myself() -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_name).map_or_else(|| "a program".into(), |name| name.to_string_lossy());
    format!("{program}, process {}", std::process::id())
}

/// Who has the lead, if that can be read: on Windows a locked file cannot.
fn leader(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.take(256).read_to_string(&mut text).ok()?;
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
