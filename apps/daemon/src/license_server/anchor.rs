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
    /// It could not be written when it was last tried.
    fails: bool,
}

/// What changed about writing the anchor.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Nothing.
    None,
    /// It cannot be written.
    Fails(anyhow::Error),
    /// It can be written again.
    Works,
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
        Ok(Self { dir, written, fails: false })
    }

    /// What it knows.
    pub(crate) fn places(&self) -> Places {
        self.written.clone()
    }

    /// Writes down how far the pools have come; where that fails, the next time tries again. An anchor that lags behind notices less of a
    /// restore, and is no reason to take anybody's seat.
    pub(crate) fn remember(&mut self, places: Places) -> Turn {
        let written = self.write(places);
        match (written, std::mem::replace(&mut self.fails, false)) {
            (Ok(()), false) => Turn::None,
            (Ok(()), true) => Turn::Works,
            (Err(error), before) => {
                self.fails = true;
                if before { Turn::None } else { Turn::Fails(error) }
            }
        }
    }

    /// Writes down how far the pools have come, in one step. What it knows of pools that were not taken up stays.
    fn write(&mut self, places: Places) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keyward_domain::document::Place;

    use super::*;

    fn places(position: u64) -> Places {
        let anchored = Anchored { place: Place { epoch: 1, position }, lease: Duration::from_secs(600) };
        Places::from([("E-1".parse().expect("an id"), anchored)])
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_anchor_that_cannot_be_written_is_told_of_once_and_catches_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("anchor");
        let mut anchor = PoolAnchor::open(dir.clone()).expect("it is opened");
        assert!(matches!(anchor.remember(places(1)), Turn::None));
        fs::remove_dir_all(&dir).expect("the folder goes");
        let Turn::Fails(error) = anchor.remember(places(2)) else { panic!("it was written into nothing") };
        assert!(error.to_string().contains(&*dir.display().to_string()), "{error:#}");
        assert!(matches!(anchor.remember(places(3)), Turn::None), "it was told of");
        fs::create_dir(&dir).expect("the folder comes back");
        assert!(matches!(anchor.remember(places(4)), Turn::Works));
        assert!(matches!(anchor.remember(places(5)), Turn::None));
        assert_eq!(PoolAnchor::open(dir).expect("it is opened").places(), places(5));
    }
}
