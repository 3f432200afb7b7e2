//! The customer's license server: its command line, its data folder, and the adapters it is made of.

mod anchor;
mod closing;
mod run;
pub(crate) mod site;
mod verbs;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};
use keyward_domain::names::{DEFAULT_PORT, EntitlementId};
use keyward_host::SystemClock;
use keyward_ports::Clock;
use keyward_web::{Limits, SeatsConfig};

/// Options of the license server.
#[derive(Args, Clone)]
pub(crate) struct LicenseServerLine {
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A folder outside the data folder for what tells a restored server; kept once it was given.
    #[arg(long, value_name = "DIR")]
    anchor: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = SocketAddr::from(([0, 0, 0, 0], DEFAULT_PORT)))]
    listen: SocketAddr,
    /// Requests a minute of one device; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = Limits::PER_DEVICE)]
    per_device: u32,
    /// Requests a minute from one address, beats among them; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = SeatsConfig::PER_ADDRESS)]
    per_address: u32,
    /// Log lines as JSON.
    #[arg(long)]
    log_json: bool,
    /// Play a date: now=RFC3339,turned=FILE. Requires --anchor.
    #[cfg(feature = "simulation")]
    #[arg(long, value_name = "WHAT", requires = "anchor")]
    simulate: Option<crate::simulate::Simulation>,
    #[command(subcommand)]
    verb: Option<SiteVerb>,
}

/// What is done with the server's own license. The server may be running.
#[derive(Subcommand, Clone)]
pub(crate) enum SiteVerb {
    /// Activates a network license with its key: online, or by file with --request.
    Activate {
        /// The license key; `-` reads it from standard input, where no list of processes shows it.
        key: String,
        /// The product's profile.
        #[arg(long, value_name = "FILE")]
        profile: PathBuf,
        /// Put the request into this file or folder instead of sending it.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// Loads the vendor's answer to a request that was carried by hand.
    Load {
        /// The answer.
        file: PathBuf,
    },
    /// Has the license renewed now: online, or by file with --request. The server does it by itself in time.
    Refresh {
        /// Which license, where there are several.
        #[arg(long, value_name = "ID")]
        license: Option<EntitlementId>,
        /// Put the request into this file or folder instead of sending it.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// Gives the license back, to have it on another computer. Refused while seats are borrowed; waits for seats that are in use.
    Return {
        /// Which license, where there are several.
        #[arg(long, value_name = "ID")]
        license: Option<EntitlementId>,
        /// Put the request into this file or folder instead of sending it.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
}

/// Does what was typed.
pub(crate) fn run(options: &LicenseServerLine) -> Result<()> {
    match &options.verb {
        None => run::serve(options),
        Some(verb) => verbs::act(options, verb),
    }
}

#[cfg(not(feature = "simulation"))]
fn clock(_: &LicenseServerLine) -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

#[cfg(feature = "simulation")]
fn clock(options: &LicenseServerLine) -> Arc<dyn Clock> {
    options.simulate.as_ref().and_then(crate::simulate::Simulation::clock).unwrap_or_else(|| Arc::new(SystemClock::new()))
}
