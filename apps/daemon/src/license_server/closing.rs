//! Whoever gives a license back, or calls that off, and whoever has its pool may be two processes: what is asked of the pool, and what came of
//! it, stands in two files of the data folder.
//!
//! One file says what is asked: the one wish takes the place of the other in one step, so that whatever stops in between, a pool that is
//! opened again is closed by no older wish.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use keyward::Refusal;
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::Acted;
use keyward_engine::LicenseServer;
use keyward_files::atomic;
use serde::{Deserialize, Serialize};

use super::site::Site;

/// What stands before the license that is not given back after all.
const REOPEN: &str = "reopen ";
/// Who closes and opens again, in the log.
pub(crate) const BY: &str = "administrator at the data folder";

/// What is asked of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To be closed, until its license is given back.
    Close(EntitlementId),
    /// To grant again.
    Reopen(EntitlementId),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Closing {
    /// Nothing is granted any more; what was signed goes on for so many milliseconds.
    Left(u64),
    /// It is not closed.
    Refused(Box<Refusal>),
    /// It grants again.
    Reopened,
    /// It was not closed.
    WasOpen,
    /// It stays closed.
    NotReopened(Box<Refusal>),
}

impl Closing {
    /// Whether it is the answer to whoever wants a pool to grant again.
    pub(crate) fn is_of_reopening(&self) -> bool {
        matches!(self, Self::Reopened | Self::WasOpen | Self::NotReopened(_))
    }
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

    /// Asks for something, in the place of what was asked before.
    pub(crate) fn ask(&self, wish: &Wish) -> Result<()> {
        clear(&self.told)?;
        atomic::replace(&self.asked, wish.text().as_bytes()).context("could not ask the license server")
    }

    /// Whether this is asked still.
    pub(crate) fn stands(&self, wish: &Wish) -> bool {
        self.wish().as_ref() == Some(wish)
    }

    fn wish(&self) -> Option<Wish> {
        let text = fs::read_to_string(&self.asked).ok()?;
        match text.trim().strip_prefix(REOPEN) {
            Some(license) => license.parse().ok().map(Wish::Reopen),
            None => text.trim().parse().ok().map(Wish::Close),
        }
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
        clear(&self.asked)?;
        clear(&self.told)
    }

    /// Asks for this no more. What somebody asked since stays.
    pub(crate) fn take_back_if(&self, wish: &Wish) -> Result<()> {
        if self.stands(wish) { self.take_back() } else { Ok(()) }
    }

    /// Does what is asked, and tells what came of it.
    pub(crate) async fn serve(&self, server: &LicenseServer) -> Result<()> {
        let Some(wish) = self.wish() else { return Ok(()) };
        if !server.licenses().contains(wish.license()) {
            return Ok(());
        }
        let told = self.told()?;
        let came = match &wish {
            // Once: it is told to whoever asked, who asks nothing more then.
            Wish::Reopen(_) if told.as_ref().is_some_and(Closing::is_of_reopening) => return Ok(()),
            Wish::Reopen(license) => reopen(server, license).await?,
            Wish::Close(license) => close(server, license).await?,
        };
        // What was asked before has nobody who waits for it.
        if self.stands(&wish) && told.as_ref() != Some(&came) {
            let bytes = serde_json::to_vec(&came).context("could not tell what came of it")?;
            atomic::replace(&self.told, &bytes).context("could not tell what came of it")?;
        }
        Ok(())
    }
}

impl Wish {
    pub(crate) fn license(&self) -> &EntitlementId {
        match self {
            Self::Close(license) | Self::Reopen(license) => license,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Close(license) => license.as_str().into(),
            Self::Reopen(license) => format!("{REOPEN}{}", license.as_str()),
        }
    }
}

fn clear(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("could not clear a note"),
        _ => Ok(()),
    }
}

/// Lets a pool grant again.
async fn reopen(server: &LicenseServer, license: &EntitlementId) -> Result<Closing> {
    Ok(match server.reopen(license, BY).await.context("could not open the pool again")? {
        Ok(Acted::Nothing) => Closing::WasOpen,
        Ok(Acted::Done | Acted::Closing { .. }) => Closing::Reopened,
        Err(refusal) => Closing::NotReopened(Box::new(refusal)),
    })
}

/// Closes a pool, or looks how far that has come.
pub(crate) async fn close(server: &LicenseServer, license: &EntitlementId) -> Result<Closing> {
    let closed: Result<Duration, Refusal> = server.close(license, BY).await.context("could not close the pool")?;
    Ok(match closed {
        Ok(left) => Closing::Left(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
        Err(refusal) => Closing::Refused(Box::new(refusal)),
    })
}
