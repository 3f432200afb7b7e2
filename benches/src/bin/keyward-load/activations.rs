//! Activations on a vendor's key server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use keyward_host::SystemEntropy;
use keyward_ports::Entropy as _;
use keyward_wire::{EXCHANGE_PATH, media};

use crate::drive::{self, Calls, Load, once};
use crate::empty::Empty;
use crate::line::Target;
use crate::pace::{Pace, Schedule};
use crate::{admin, report};

/// A run of activations.
#[derive(Args)]
pub(crate) struct Activations {
    /// The key server, started with its limits at 0.
    #[arg(long, value_name = "URL")]
    server: String,
    /// Its admin token: products and keys for the run are made through it.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The authority of its certificate, PEM.
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Connections kept open.
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    /// For how long.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
    /// Open loop: so many requests a second, whether or not they are answered. Left away: closed loop, as fast as answers come.
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// License keys the hosts share.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    keys: usize,
    /// Requests signed beforehand; a run that needs more ends early and says so.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    requests: usize,
}

impl Activations {
    pub(crate) async fn go(&self) -> Result<()> {
        let ca = std::fs::read_to_string(&self.ca).with_context(|| format!("could not read {}", self.ca.display()))?;
        let token = std::fs::read_to_string(&self.token_file).with_context(|| format!("could not read {}", self.token_file.display()))?;
        let target = Arc::new(Target::new(&self.server, None, &ca)?);
        let profile = admin::product(&target, token.trim()).await?;
        let keys = admin::issue(&target, token.trim(), self.keys, self.requests.div_ceil(self.keys)).await?;
        if keys.is_empty() {
            bail!("there is nothing to activate; ask for at least one key");
        }
        eprintln!("signing {} requests", self.requests);
        let mut salt = [0; 8];
        SystemEntropy.fill(&mut salt).context("could not draw a random number")?;
        let salt = u64::from_be_bytes(salt);
        let bodies: Result<Vec<_>, _> = (0..self.requests as u64)
            .map(|n| {
                let host = keyward_benches::MadeHost::new(&profile, salt, n);
                let key = &keys[usize::try_from(n).unwrap_or_default() % keys.len()];
                host.activation(&profile, key, 1).map(|request| request.envelope().to_json().into())
            })
            .collect();
        let schedule = Schedule { pace: self.rate.map_or(Pace::Closed, Pace::Open), length: Duration::from_secs(self.seconds) };
        let load = Load {
            path: EXCHANGE_PATH,
            kind: media::ENVELOPE,
            bodies: once(bodies?),
            good: Arc::new(|_, _| true),
            connections: self.connections,
            calls: Calls::Kept,
            schedule,
        };
        let bare = load.bare(Schedule { pace: Pace::Closed, ..schedule });
        let measured = drive::run(&target, load).await?;
        report::print("activations", &measured);
        let folder = tempfile::tempdir().context("could not make a folder")?;
        let bare = drive::run(&Empty::start(folder.path())?.target, bare).await?;
        report::print("empty handler, same TLS stack", &bare);
        report::ratio(&measured, &[bare]);
        Ok(())
    }
}
