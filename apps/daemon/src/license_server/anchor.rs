//! What a license server remembers of its pools outside its data folder: how far each has come. A journal behind it was restored.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::Anchored;
use keyward_files::atomic;

/// The file in the anchor's folder.
const FILE: &str = "license-server-places";

/// How far each pool has come.
pub(crate) type Places = BTreeMap<EntitlementId, Anchored>;

/// The anchor of a license server.
pub(crate) struct PoolAnchor {
    dir: PathBuf,
    written: Places,
}

impl PoolAnchor {
    /// Reads it; one that was never written knows nothing.
    pub(crate) fn open(dir: PathBuf) -> Result<Self> {
        fs::create_dir_all(&dir).with_context(|| format!("could not make {}", dir.display()))?;
        let file = dir.join(FILE);
        let written = match fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged; remove it to begin anew", file.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Places::new(),
            Err(error) => return Err(error).with_context(|| format!("could not read {}", file.display())),
        };
        Ok(Self { dir, written })
    }

    /// What it knows.
    pub(crate) fn places(&self) -> Places {
        self.written.clone()
    }

    /// Writes down how far the pools have come, in one step. What it knows of pools that were not taken up stays.
    pub(crate) fn remember(&mut self, places: Places) -> Result<()> {
        let mut all = self.written.clone();
        all.extend(places);
        if all == self.written {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&all).context("could not write the anchor")?;
        let write = || atomic::replace(&self.dir.join(FILE), &bytes);
        tokio::task::block_in_place(write).with_context(|| format!("could not write into {}", self.dir.display()))?;
        self.written = all;
        Ok(())
    }
}
