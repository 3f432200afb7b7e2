//! Answering a request without a server: by whoever has the data folder, on a computer that no network leads to.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use keyward_engine::console::{Brought, NotBrought, Verdict};
use keyward_files::FolderExchange;
use keyward_ports::LedgerError;
use keyward_wire::{Unreadable, qr};

use crate::Answer;
use crate::data::Data;
use crate::key_server::Parts;

/// Who speaks in the log.
const ACTOR: &str = "administrator at the data folder";

/// Answers a request from a data folder. While a server has it open, nothing is done.
pub(crate) fn answer(options: &Answer) -> Result<()> {
    let brought = match &options.requests[..] {
        [file] if !options.qr => Brought::read(&FolderExchange, file).context("could not take the request"),
        pictures => in_pictures(pictures).with_context(|| format!("could not take the request in {}", listed(pictures))),
    }?;
    let data = Data::open(&options.dir)?;
    let Parts { clock, entropy, options: ledger, between, .. } = parts(options)?;
    let desk = data.desk(&clock, &entropy, ledger, between).map_err(|error| match error.downcast_ref() {
        Some(LedgerError::InUse(_)) => {
            error.context("a key server is using this data folder; bring the request to it with `keyward vendor answer`")
        }
        _ => error,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("could not start")?;
    let answered = runtime.block_on(desk.console.answer(&desk.issuer, brought.request().clone(), ACTOR));
    let (handed, _) = answered.context("could not answer")?;
    desk.ledger.close().context("could not close the ledger")?;
    let mut out = std::io::stdout();
    let unsaid = "could not say what was answered";
    write!(out, "{}", brought.report(&handed)).context(unsaid)?;
    let file = brought.put(&FolderExchange, &handed, options.output.as_deref()).context("could not write the answer")?;
    writeln!(out, "{:<13}{}", "File", file.display()).and_then(|()| out.flush()).context(unsaid)?;
    match handed.verdict {
        Verdict::Refused { code, why, remedy } => bail!("refused ({code}): {why}; {remedy}"),
        Verdict::Granted { .. } | Verdict::Returned { .. } | Verdict::Revoked { .. } => Ok(()),
    }
}

/// The request in pictures of all its codes.
fn in_pictures(files: &[PathBuf]) -> Result<Brought> {
    let texts = FolderExchange.codes(files)?;
    let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    match qr::read_request(&texts) {
        Ok(envelope) => Ok(Brought::of(envelope, first)?),
        Err(Unreadable::OtherPaper { .. }) => Err(NotBrought::IsAnswer(listed(files)).into()),
        Err(error) => Err(error.into()),
    }
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(not(feature = "simulation"))]
#[expect(clippy::unnecessary_wraps, reason = "a simulation can fail to be what was asked for")]
fn parts(_: &Answer) -> Result<Parts> {
    Ok(Parts::real())
}

#[cfg(feature = "simulation")]
fn parts(options: &Answer) -> Result<Parts> {
    options.simulate.as_ref().map_or_else(|| Ok(Parts::real()), |simulation| simulation.parts())
}
