//! `keyward-load`: drives a key server as many hosts would and says what came of it.
//!
//! Requests are signed beforehand and sent over raw HTTP/1.1 on kept-alive TLS connections. In the same run the same driver asks an empty
//! handler on the same TLS stack, so that the figure can be read as a ratio on a machine that is busy with other things.

mod admin;
mod drive;
mod empty;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand};
use keyward_host::SystemEntropy;
use keyward_ports::Entropy as _;

use crate::drive::{Load, Pace, Target};

/// Drives a key server and measures it.
#[derive(Parser)]
#[command(name = "keyward-load", version, about)]
struct Line {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Activations: each request is another host's.
    Activations(Activations),
}

/// A run of activations.
#[derive(Args)]
struct Activations {
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

#[tokio::main]
async fn main() -> Result<()> {
    match Line::parse().what {
        What::Activations(run) => run.go().await,
    }
}

impl Activations {
    async fn go(&self) -> Result<()> {
        let ca = std::fs::read_to_string(&self.ca).with_context(|| format!("could not read {}", self.ca.display()))?;
        let token = std::fs::read_to_string(&self.token_file).with_context(|| format!("could not read {}", self.token_file.display()))?;
        let target = Target::new(&self.server, &ca)?;
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
        let pace = self.rate.map_or(Pace::Closed, Pace::Open);
        let seconds = Duration::from_secs(self.seconds);
        let load = Load { path: "/v1/exchange", bodies: Arc::new(bodies?), connections: self.connections, seconds, pace };
        let measured = drive::run(&target, &load).await?;
        report::print("activations", &measured);
        let server = empty::Empty::start().await?;
        let bare = drive::run(&Target::new(&server.url, &server.ca)?, &load).await?;
        report::print("empty handler, same TLS stack", &bare);
        report::ratio(&measured, &bare);
        Ok(())
    }
}
