//! `keyward-load`: drives a key server or a license server as many hosts would and says what came of it.
//!
//! Requests are signed beforehand and sent over raw HTTP/1.1 on TLS connections. In the same run the same driver asks an empty handler on the
//! same TLS stack, so that the figure can be read as a ratio on a machine that is busy with other things.

mod activations;
mod admin;
mod drive;
mod empty;
mod footprint;
mod lan;
mod line;
mod pace;
mod process;
mod report;
mod seats;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::activations::Activations;
use crate::footprint::Footprint;
use crate::seats::Seats;

/// Drives a server and measures it.
#[derive(Parser)]
#[command(name = "keyward-load", version, about)]
struct Line {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Activations on a key server that runs: each request is another host's.
    Activations(Activations),
    /// Check-outs and beats on a license server, which is made and started for the run.
    Seats(Seats),
    /// The memory of a license server, and how soon it answers after it was killed.
    Footprint(Footprint),
    /// Serves an empty handler; other runs start it.
    Empty {
        /// Where its certificate is put.
        #[arg(long, value_name = "FILE")]
        ca: PathBuf,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Line::parse().what {
        What::Activations(run) => run.go().await,
        What::Seats(run) => run.go().await,
        What::Footprint(run) => run.go().await,
        What::Empty { ca } => empty::serve_until_ended(&ca).await,
    }
}
