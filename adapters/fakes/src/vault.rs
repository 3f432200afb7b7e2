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

    /// The power fails in the middle of the next save: half of it is written, and the save fails.
    pub fn fail_in_the_next_save(&self) {
        locked(&self.disk).power_fails = true;
    }
}

impl VaultImage {
    /// A vault that says this: one that was edited by hand, or damaged.
    pub fn from_text(text: &str) -> Self {
        Self { current: Some(text.into()), ..Self::default() }
    }

    /// What the vault says; none if there is no vault.
    pub fn text(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// What was saved last and is whole. A save that broke off leaves what was saved before it.
    fn read(&self) -> Result<Option<VaultContents>, VaultError> {
        let Some(current) = &self.current else { return Ok(None) };
        read(current)
            .or_else(|error| match (&error, &self.previous) {
                (VaultError::Damaged { .. }, Some(previous)) => read(previous),
                _ => Err(error),
            })
            .map(Some)
    }
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
        self.image().read()
    }

    fn save(&self, _lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        let storage = |cause: keyward_ports::Cause| VaultError::Storage { place: PLACE.into(), cause };
        let text: Arc<str> = serde_json::to_string(contents).map_err(|error| storage(error.into()))?.into();
        let mut disk = locked(&self.disk);
        if disk.full {
            return Err(VaultError::Full { place: PLACE.into(), cause: DiskFull.into() });
        }
        let whole = disk.kept.current.take().filter(|current| serde_json::from_str::<serde::de::IgnoredAny>(current).is_ok());
        if whole.is_some() {
            disk.kept.previous = whole;
        }
        if std::mem::take(&mut disk.power_fails) {
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            disk.kept.current = Some(half.into());
            return Err(storage(PowerFailed.into()));
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
