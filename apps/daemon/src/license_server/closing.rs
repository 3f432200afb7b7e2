//! Whoever gives a license back and whoever has its pool may be two processes: what is to be closed, and how far that has come, stands in
//! two files of the data folder.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use keyward::Refusal;
use keyward_domain::names::EntitlementId;
use keyward_engine::LicenseServer;
use keyward_files::atomic;
use serde::{Deserialize, Serialize};

use super::site::Site;

/// Who closes, in the log.
pub(crate) const BY: &str = "administrator at the data folder";

/// How far giving back has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Closing {
    /// Nothing is granted any more; what was signed goes on for so many milliseconds.
    Left(u64),
    /// It is not closed.
    Refused(Box<Refusal>),
}

/// What is asked of the process that has the pools.
pub(crate) struct Notes {
    asked: PathBuf,
    told: PathBuf,
}

impl Notes {
    pub(crate) fn of(site: &Site) -> Self {
        Self { asked: site.path().join("closing"), told: site.path().join("closing-told") }
    }

    /// Asks that a pool be closed.
    pub(crate) fn ask(&self, license: &EntitlementId) -> Result<()> {
        self.take_back()?;
        atomic::replace(&self.asked, license.as_str().as_bytes()).context("could not ask the license server to close")
    }

    /// How far it has come, once somebody told.
    pub(crate) fn told(&self) -> Result<Option<Closing>> {
        match fs::read(&self.told) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).context("could not read how far closing has come"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("could not read how far closing has come"),
        }
    }

    /// Asks nothing any more. What is closed stays closed.
    pub(crate) fn take_back(&self) -> Result<()> {
        for file in [&self.asked, &self.told] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context("could not clear a note"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Does what is asked, and tells how far it has come.
    pub(crate) async fn serve(&self, server: &LicenseServer) -> Result<()> {
        let Ok(license) = fs::read_to_string(&self.asked) else { return Ok(()) };
        let Ok(license) = license.trim().parse::<EntitlementId>() else { return self.take_back() };
        if !server.licenses().contains(&license) {
            return Ok(());
        }
        let closing = close(server, &license).await?;
        if self.told()?.as_ref() != Some(&closing) {
            let bytes = serde_json::to_vec(&closing).context("could not tell how far closing has come")?;
            atomic::replace(&self.told, &bytes).context("could not tell how far closing has come")?;
        }
        Ok(())
    }
}

/// Closes a pool, or looks how far that has come.
pub(crate) async fn close(server: &LicenseServer, license: &EntitlementId) -> Result<Closing> {
    let closed: Result<Duration, Refusal> = server.close(license, BY).await.context("could not close the pool")?;
    Ok(match closed {
        Ok(left) => Closing::Left(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
        Err(refusal) => Closing::Refused(Box::new(refusal)),
    })
}
