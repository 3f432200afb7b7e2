//! A host's vault in memory, kept as text: what is not written down is lost, as on a disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use keyward_domain::document::needs;
use keyward_domain::vault::VaultContents;
use keyward_ports::{Lead, Vault, VaultError};
use serde::Deserialize;

use crate::{DiskFull, locked};

const PLACE: &str = "the fake vault";

/// A vault in memory. The processes of one host share it by `Arc`; each asks for the lead of its own.
#[derive(Debug, Default)]
pub struct FakeVault {
    disk: Mutex<Disk>,
    led: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Disk {
    kept: VaultImage,
    generation: u64,
    full: bool,
    power_fails: bool,
}

/// All that a vault keeps: what was saved last, what was saved before it, and what was moved out of the way. The default has no vault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VaultImage {
    current: Option<Arc<str>>,
    previous: Option<Arc<str>>,
    aside: Vec<Arc<str>>,
}

/// The power failed in the middle of a save.
#[derive(Debug, thiserror::Error)]
#[error("the power failed in the middle of a save")]
struct PowerFailed;

/// Whoever holds it leads.
struct Led(Arc<AtomicBool>);

impl Drop for Led {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl FakeVault {
    /// A host without a vault.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all it keeps: a backup, or a copy for another host.
    pub fn image(&self) -> VaultImage {
        locked(&self.disk).kept.clone()
    }

    /// Puts a copy back.
    pub fn restore(&self, image: VaultImage) {
        let mut disk = locked(&self.disk);
        disk.kept = image;
        disk.generation += 1;
    }

    /// Everything that was kept, as it was written.
    pub fn dump(&self) -> String {
        let image = self.image();
        image.current.into_iter().chain(image.previous).chain(image.aside).collect::<Vec<_>>().join("\n")
    }

    /// From now on there is no room to save.
    pub fn fill_disk(&self) {
        locked(&self.disk).full = true;
    }

    /// There is room again.
    pub fn free_disk(&self) {
        locked(&self.disk).full = false;
    }

    /// The power fails in the middle of the next save: half of it is written beside what was there, and the save fails.
    pub fn fail_in_the_next_save(&self) {
        locked(&self.disk).power_fails = true;
    }

    /// The disk loses half of what was saved last. What was saved before it is loaded then; if there is nothing, or it is lost too,
    /// the vault is damaged.
    pub fn damage(&self) {
        let mut disk = locked(&self.disk);
        disk.kept.current = disk.kept.current.as_deref().map(half);
    }
}

fn half(text: &str) -> Arc<str> {
    text.chars().take(text.chars().count() / 2).collect::<String>().into()
}

impl VaultImage {
    /// A vault that says this: one that was edited by hand, or damaged.
    pub fn from_text(text: &str) -> Self {
        Self { current: Some(text.into()), ..Self::default() }
    }

    /// The same after somebody went over both generations with an editor.
    #[must_use]
    pub fn edited(self, edit: impl Fn(&str) -> String) -> Self {
        let change = |text: Option<Arc<str>>| text.map(|text| edit(&text).into());
        Self { current: change(self.current), previous: change(self.previous), aside: self.aside }
    }

    /// What the vault says; none if there is no vault.
    pub fn text(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// What was moved out of the way, or left half written by a save that broke off; oldest first.
    pub fn aside(&self) -> impl Iterator<Item = &str> {
        self.aside.iter().map(|text| &**text)
    }

    /// What was saved last and is whole, and which generation that is.
    fn newest(&self) -> Result<Newest, VaultError> {
        let Some(current) = &self.current else { return Ok(Newest::Nothing) };
        match (read(current), &self.previous) {
            (Err(VaultError::Damaged { .. }), Some(previous)) => read(previous).map(Newest::Previous),
            (current, _) => current.map(Newest::Current),
        }
    }
}

enum Newest {
    Nothing,
    Current(VaultContents),
    Previous(VaultContents),
}

/// Reads what was written. The words it needs are read first and alone: a newer vault may have anything else in another form.
fn read(text: &str) -> Result<VaultContents, VaultError> {
    #[derive(Deserialize)]
    struct Needs {
        #[serde(default)]
        needs: Vec<String>,
    }
    let damaged = |error: serde_json::Error| VaultError::Damaged { place: PLACE.into(), why: error.to_string() };
    let asked: Needs = serde_json::from_str(text).map_err(damaged)?;
    let unknown = needs::unknown(&asked.needs);
    if !unknown.is_empty() {
        return Err(VaultError::Newer { place: PLACE.into(), needs: unknown });
    }
    serde_json::from_str(text).map_err(damaged)
}

impl Vault for FakeVault {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        Ok(match self.image().newest()? {
            Newest::Nothing => None,
            Newest::Current(contents) | Newest::Previous(contents) => Some(contents),
        })
    }

    fn save(&self, _lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        let storage = |cause: keyward_ports::Cause| VaultError::Storage { place: PLACE.into(), cause };
        let text: Arc<str> = serde_json::to_string(contents).map_err(|error| storage(error.into()))?.into();
        let mut disk = locked(&self.disk);
        if disk.full {
            return Err(VaultError::Full { place: PLACE.into(), cause: DiskFull.into() });
        }
        // What cannot be read is not written over: it is set aside first.
        let newest = disk.kept.newest()?;
        if std::mem::take(&mut disk.power_fails) {
            disk.kept.aside.push(half(&text));
            return Err(storage(PowerFailed.into()));
        }
        // A newest generation that is not whole never takes the place of the one before it.
        if matches!(newest, Newest::Current(_)) {
            disk.kept.previous = disk.kept.current.take();
        }
        disk.kept.current = Some(text);
        disk.generation += 1;
        Ok(())
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        if self.led.swap(true, Ordering::Acquire) {
            return Err(VaultError::Led { by: None });
        }
        Ok(Lead::new(Led(self.led.clone())))
    }

    fn set_aside(&self, _lead: &Lead) -> Result<(), VaultError> {
        let mut disk = locked(&self.disk);
        let VaultImage { current, previous, mut aside } = std::mem::take(&mut disk.kept);
        aside.extend(previous.into_iter().chain(current));
        disk.kept.aside = aside;
        disk.generation += 1;
        Ok(())
    }

    fn generation(&self) -> Result<u64, VaultError> {
        Ok(locked(&self.disk).generation)
    }
}
