//! Whoever gives a license back, or calls that off, and whoever has its pool may be two processes: what is asked of the pool, and what came of
//! it, stands in two files of the data folder, for each license its own.
//!
//! One file says what is asked: the one wish takes the place of the other in one step, so that whatever stops in between, a pool that is
//! opened again is closed by no older wish. It is meant for one activation: what is activated later is not closed by it. The other file says
//! which asking it answers.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use keyward::Refusal;
use keyward_domain::document::{Delegation, Nonce};
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::pool::Acted;
use keyward_engine::LicenseServer;
use keyward_files::atomic;
use keyward_ports::Entropy;
use serde::{Deserialize, Serialize};

use super::site::Site;

/// Behind it stands of which license the file is.
const ASKED: &str = "closing.";
const TOLD: &str = "closing-told.";
/// Who closes and opens again, in the log.
pub(crate) const BY: &str = "administrator at the data folder";

/// What is asked of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wish {
    what: What,
    license: EntitlementId,
    /// What the license was activated as when it was asked.
    activation: ActivationId,
    /// No other asking has it, also of the same.
    nonce: Nonce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// To be closed, until its license is given back.
    Close,
    /// To grant again.
    Reopen,
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
    /// The pool signs by another activation than the one that was meant.
    Past,
}

impl Closing {
    /// Whether nothing more comes of it: it is told to whoever asked, who asks again if they like.
    fn is_last(&self) -> bool {
        !matches!(self, Self::Left(_))
    }
}

/// What came of which asking.
#[derive(Serialize, Deserialize)]
struct Told {
    to: Nonce,
    came: Closing,
}

/// What is asked of the process that has the pools.
pub(crate) struct Notes(PathBuf);

impl Notes {
    pub(crate) fn of(site: &Site) -> Self {
        Self(site.path().into())
    }

    fn asked(&self, license: &EntitlementId) -> PathBuf {
        self.0.join(format!("{ASKED}{license}"))
    }

    fn told_file(&self, license: &EntitlementId) -> PathBuf {
        self.0.join(format!("{TOLD}{license}"))
    }

    /// Asks for something, in the place of what was asked before of the same license.
    pub(crate) fn ask(&self, wish: &Wish) -> Result<()> {
        let bytes = serde_json::to_vec(wish).context("could not ask the license server")?;
        atomic::replace(&self.asked(&wish.license), &bytes).context("could not ask the license server")
    }

    /// Whether this is asked still.
    pub(crate) fn stands(&self, wish: &Wish) -> bool {
        matches!(read(&self.asked(&wish.license)), Ok(Some(asked)) if asked == *wish)
    }

    /// How far it has come, once somebody told.
    pub(crate) fn told(&self, wish: &Wish) -> Result<Option<Closing>> {
        let read = || "could not read how far closing has come";
        match fs::read(self.told_file(&wish.license)) {
            Ok(bytes) => {
                let told: Told = serde_json::from_slice(&bytes).with_context(read)?;
                Ok((told.to == wish.nonce).then_some(told.came))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(read),
        }
    }

    /// Wants to hear again how far it has come.
    pub(crate) fn listen_again(&self, wish: &Wish) -> Result<()> {
        clear(&self.told_file(&wish.license))
    }

    /// Asks for this no more. What somebody asked since stays, and what is closed stays closed.
    pub(crate) fn take_back(&self, wish: &Wish) -> Result<()> {
        if !self.stands(wish) {
            return Ok(());
        }
        clear(&self.asked(&wish.license))?;
        clear(&self.told_file(&wish.license))
    }

    /// Asks nothing of an activation any more: its return was written down.
    pub(crate) fn take_back_all(&self, activation: &ActivationId) -> Result<()> {
        self.wishes()?.iter().filter(|wish| wish.activation == *activation).try_for_each(|wish| self.take_back(wish))
    }

    fn wishes(&self) -> Result<Vec<Wish>> {
        let unreadable = || format!("could not read {}", self.0.display());
        let mut wishes = Vec::new();
        for entry in fs::read_dir(&self.0).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(ASKED)) {
                wishes.extend(read(&entry.path())?);
            }
        }
        Ok(wishes)
    }

    /// Does what is asked, and tells what came of it.
    pub(crate) async fn serve(&self, server: &LicenseServer) -> Result<()> {
        let (mut wrong, licenses) = (None, server.licenses());
        for wish in self.wishes()? {
            if licenses.contains(&wish.license)
                && let Err(error) = self.grant(&wish, server).await
            {
                wrong.get_or_insert(error);
            }
        }
        wrong.map_or(Ok(()), Err)
    }

    async fn grant(&self, wish: &Wish, server: &LicenseServer) -> Result<()> {
        let told = self.told(wish)?;
        if told.as_ref().is_some_and(Closing::is_last) {
            return Ok(());
        }
        let came = wish.carry_out(server).await?;
        if told.is_none() {
            wish.log(&came);
        }
        // What was asked before has nobody who waits for it.
        if self.stands(wish) && told.as_ref() != Some(&came) {
            let bytes = serde_json::to_vec(&Told { to: wish.nonce, came }).context("could not tell what came of it")?;
            atomic::replace(&self.told_file(&wish.license), &bytes).context("could not tell what came of it")?;
        }
        Ok(())
    }
}

impl Wish {
    /// That a pool be closed, until its license is given back.
    pub(crate) fn close(delegation: &Delegation, entropy: &dyn Entropy) -> Result<Self> {
        Self::new(What::Close, delegation, entropy)
    }

    /// That it grant again.
    pub(crate) fn reopen(delegation: &Delegation, entropy: &dyn Entropy) -> Result<Self> {
        Self::new(What::Reopen, delegation, entropy)
    }

    fn new(what: What, delegation: &Delegation, entropy: &dyn Entropy) -> Result<Self> {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce).context("could not ask the license server")?;
        let (license, activation) = (delegation.entitlement.clone(), delegation.activation.clone());
        Ok(Self { what, license, activation, nonce: Nonce(nonce) })
    }

    /// Closes a pool, or looks how far that has come; or lets it grant again.
    pub(crate) async fn carry_out(&self, server: &LicenseServer) -> Result<Closing> {
        let (license, activation) = (&self.license, &self.activation);
        if !server.signs_by(license, activation) {
            return Ok(Closing::Past);
        }
        match self.what {
            What::Close => {
                let closed: Result<Duration, Refusal> = server.close(license, BY).await.context("could not close the pool")?;
                if !server.signs_by(license, activation) {
                    // It was activated again at this very moment, and that was not meant.
                    let _ = server.reopen(license, BY).await.context("could not open the pool again")?;
                    return Ok(Closing::Past);
                }
                Ok(match closed {
                    Ok(left) => Closing::Left(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
                    Err(refusal) => Closing::Refused(Box::new(refusal)),
                })
            }
            What::Reopen => Ok(match server.reopen(license, BY).await.context("could not open the pool again")? {
                Ok(Acted::Nothing) => Closing::WasOpen,
                Ok(Acted::Done | Acted::Closing { .. }) => Closing::Reopened,
                Err(refusal) => Closing::NotReopened(Box::new(refusal)),
            }),
        }
    }

    fn log(&self, came: &Closing) {
        let license = &self.license;
        match came {
            Closing::Left(_) => tracing::info!(%license, "it is to be given back: nothing is granted any more"),
            Closing::Refused(refusal) => tracing::warn!(%license, "it was to be given back, and is not: {refusal}"),
            Closing::Reopened => tracing::info!(%license, "it is not given back after all: its seats are granted again"),
            Closing::NotReopened(refusal) => tracing::warn!(%license, "its seats were to be granted again, and are not: {refusal}"),
            Closing::Past => tracing::info!(%license, "what was asked of an activation before this one is left undone"),
            Closing::WasOpen => {}
        }
    }
}

/// What is asked in a file; nothing in one that is not there, or is none of ours.
fn read(file: &Path) -> Result<Option<Wish>> {
    match fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read {}", file.display())),
    }
}

fn clear(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context("could not clear a note"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As when it was written by another user than the server's.
    #[test]
    fn a_note_that_cannot_be_read_is_not_taken_for_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let note = folder.path().join("closing.E-1");
        assert!(matches!(read(&note), Ok(None)));
        fs::write(&note, "not ours").expect("it is written");
        assert!(matches!(read(&note), Ok(None)));
        fs::remove_file(&note).and_then(|()| fs::create_dir(&note)).expect("it is made");
        assert!(read(&note).is_err());
    }
}
