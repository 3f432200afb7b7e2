//! The customer's license server: its command line, its data folder, and the adapters it is made of.

mod anchor;
mod closing;
mod parts;
mod returning;
mod run;
pub(crate) mod site;
mod verbs;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use keyward::Refusal;
use keyward_domain::names::{DEFAULT_PORT, EntitlementId};
use keyward_domain::pool::Lending;
use keyward_web::{Limits, SeatsConfig};

pub(crate) use parts::Parts;

/// What an administrator types one after the other.
pub(crate) const AFTER_HELP: &str = "\
Online (the license key on standard input):
  keywardd license-server --data DIR activate - --profile F
Without a way to the vendor:
  keywardd license-server --data DIR activate - --profile F --request FILE
  (have FILE answered in the vendor's portal or by the reseller)
  keywardd license-server --data DIR load ANSWER
Then, on a client what the server offers, and here who has what:
  keyward network query HOST
  keyward server --server HOST --token-file DIR/admin-token status
";

/// Options of the license server.
#[derive(Args, Clone)]
pub(crate) struct LicenseServerLine {
    /// The data folder, on a local disk: made at the first start. Back it up with `keywardd backup`; never let two copies of it run.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A folder outside the data folder and its backups, which tells when the data folder was put back to an older state. Give it at the first
    /// start; it is remembered.
    #[arg(long, value_name = "DIR")]
    anchor: Option<PathBuf>,
    /// Where to listen. Clients need this one TCP port.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = SocketAddr::from(([0, 0, 0, 0], DEFAULT_PORT)))]
    listen: SocketAddr,
    /// Requests a minute of one device; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = Limits::PER_DEVICE)]
    per_device: u32,
    /// Requests a minute from one address, 0 = no limit. Beats that keep a seat do not count. Raise it where many users share one address.
    #[arg(long, value_name = "N", default_value_t = SeatsConfig::PER_ADDRESS)]
    per_address: u32,
    /// Who may borrow seats.
    #[arg(long, value_enum, value_name = "WHO", default_value_t = LoansTo::Open)]
    loans: LoansTo,
    /// Log lines as JSON.
    #[arg(long)]
    log_json: bool,
    /// Play a date or a crash: now=RFC3339,turned=FILE,crash=POINT. Requires --anchor.
    #[cfg(feature = "simulation")]
    #[arg(long, value_name = "WHAT", requires = "anchor")]
    simulate: Option<crate::simulate::Simulation>,
    #[command(subcommand)]
    verb: Option<SiteVerb>,
}

/// Who may borrow seats.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum LoansTo {
    /// Every computer that reaches the server, as far as the license lets seats be borrowed
    Open,
    /// Whom the administrator answers: requests are brought as files, and answered with `keyward server answer`
    ByFile,
}

impl From<LoansTo> for Lending {
    fn from(to: LoansTo) -> Self {
        match to {
            LoansTo::Open => Self::Open,
            LoansTo::ByFile => Self::ByFile,
        }
    }
}

/// What is done with the server's own license. The server may be running.
#[derive(Subcommand, Clone)]
pub(crate) enum SiteVerb {
    /// Activates a network license on this server with its key: online, or by file with --request.
    ///
    /// Needs the license key and the product's profile. Several licenses, also of several products of one vendor, may stand side by side. Next: start
    /// the server if it does not run. With --request: have the file answered by the vendor, then `load` the answer.
    Activate {
        /// The license key of a network license; `-` reads it from standard input, where no list of processes shows it.
        key: String,
        /// The product's profile (TOML), as the vendor sent it or as it stands beside the product.
        #[arg(long, value_name = "FILE")]
        profile: PathBuf,
        /// Put the request into this file or folder instead of sending it, for a server without a way to the vendor.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// Loads the vendor's answer to a request that was carried by hand.
    ///
    /// The answer says by itself what it is for: an activation, a renewal or a return. It is loaded where its request was made.
    Load {
        /// The vendor's answer: the file that came back from the portal or the reseller.
        file: PathBuf,
    },
    /// Has the vendor renew what it lets this server sign: online, or by file with --request.
    ///
    /// A server that reaches the vendor does it by itself in time (in the last third). One that does not must be renewed by file before that time ends:
    /// the log warns, and `keyward server ... status` shows the date. Next, with --request: have the file answered, then `load` the answer.
    Refresh {
        /// Which license, by its id, where there are several; `keyward server ... status` lists them.
        #[arg(long, value_name = "ID")]
        license: Option<EntitlementId>,
        /// Put the request into this file or folder instead of sending it, for a server without a way to the vendor.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// Gives a license back, to have it on another computer. Refused while seats are borrowed; waits for seats that are in use.
    ///
    /// From here on no seat is granted any more. It may be stopped and typed again: what was begun goes on; --cancel calls it off. Next: activate the same key on the other
    /// computer and tell the clients its address. With --request: the license is free once the vendor answered the file; then `load` the answer here.
    Return {
        /// Which license, by its id, where there are several; `keyward server ... status` lists them.
        #[arg(long, value_name = "ID")]
        license: Option<EntitlementId>,
        /// Put the request into this file or folder instead of sending it, for a server without a way to the vendor.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
        /// Call off what was begun: seats are granted again. Refused once the request was made, because the vendor may have freed the license.
        #[arg(long, conflicts_with = "request")]
        cancel: bool,
    },
}

/// Does what was typed.
pub(crate) fn run(options: &LicenseServerLine) -> Result<()> {
    match &options.verb {
        None => run::serve(options),
        Some(verb) => verbs::act(options, verb),
    }
}

/// What an administrator does about a no of the vendor: a license server is no host that becomes a new one.
fn what_to_do(refusal: &Refusal) -> String {
    match refusal {
        Refusal::CopiedHost => {
            "two license servers run on copies of one data folder: stop one for good, then run `refresh` on the other, again \
             if it is told the same; a second license server begins with an empty data folder and a license key of its own"
                .into()
        }
        refusal => refusal.remedy(),
    }
}

#[cfg(not(feature = "simulation"))]
fn parts(_: &LicenseServerLine) -> Parts {
    Parts::real()
}

#[cfg(feature = "simulation")]
fn parts(options: &LicenseServerLine) -> Parts {
    options.simulate.as_ref().map_or_else(Parts::real, crate::simulate::Simulation::site_parts)
}
