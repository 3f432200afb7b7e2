//! What can be typed: the verbs of a host, and those of a vendor.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use keyward_words::Words;

use crate::exit::{self, Failure};
use crate::host::HostOptions;
use crate::host::act::{Activate, NewHost, Refresh, Return, Trial};
use crate::host::borrow::{Borrow, Extend, GiveBack};
use crate::host::doctor::Doctor;
use crate::host::load::Load;
use crate::host::network::NetworkVerb;
use crate::host::pending::Pending;
use crate::host::status::Status;
use crate::server::LicenseServer;
use crate::vendor::Vendor;

/// Licenses of a product on this host, and the vendor's administration of them.
#[derive(Parser)]
#[command(name = "keyward", version, after_help = exit::CODES, max_term_width = 110, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    host: HostOptions,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show the licenses on this host and what they are worth now
    Status(Status),
    /// Begin a trial
    Trial(Trial),
    /// Activate with a license key, over the network or with a request file
    Activate(Activate),
    /// Send what is waiting, and get new certificates for everything held; or for one license with a request file
    Refresh(Refresh),
    /// Give a license back, so that it can be activated on another host, over the network or with a request file
    Return(Return),
    /// Load an answer that was brought here; it is found out what it is for
    Load(Load),
    /// Show the requests that wait for an answer, or make the file of one again
    Pending(Pending),
    /// Seats at a license server
    #[command(subcommand)]
    Network(NetworkVerb),
    /// Borrow a seat of a license server, to take it along
    Borrow(Box<Borrow>),
    /// The same as `borrow extend`
    #[command(hide = true)]
    Extend(Box<Extend>),
    /// The same as `borrow give-back`
    #[command(hide = true)]
    GiveBack(Box<GiveBack>),
    /// This host itself
    #[command(subcommand)]
    Host(HostVerb),
    /// Find out why something does not work
    Doctor(Doctor),
    /// Administer a license server
    Server(LicenseServer),
    /// Administer a key server
    Vendor(Vendor),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Subcommand)]
enum HostVerb {
    /// Say that this host is a copy of another: its next activation takes a slot of its own
    New(NewHost),
}

impl Arguments {
    /// The words to speak in.
    pub(crate) fn words(&self) -> Words {
        self.host.words()
    }

    /// Does what was typed.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        let Self { host, verb } = self;
        let done = match verb {
            // What it holds a seat for has an exit code of its own.
            Verb::Network(verb) => return verb.run(&host, out),
            Verb::Status(verb) => verb.run(&host, out),
            Verb::Trial(verb) => verb.run(&host, out),
            Verb::Activate(verb) => verb.run(&host, out),
            Verb::Refresh(verb) => verb.run(&host, out),
            Verb::Return(verb) => verb.run(&host, out),
            Verb::Load(verb) => verb.run(&host, out),
            Verb::Pending(verb) => verb.run(&host, out),
            Verb::Borrow(verb) => verb.run(&host, out),
            Verb::Extend(verb) => verb.run(&host, out),
            Verb::GiveBack(verb) => verb.run(&host, out),
            Verb::Server(verb) => verb.run(&host, out),
            Verb::Host(HostVerb::New(verb)) => verb.run(&host, out),
            Verb::Doctor(verb) => verb.run(&host, out),
            Verb::Vendor(verb) => verb.run(&host, out),
            Verb::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "keyward", &mut script);
                Ok(out.write_all(&script)?)
            }
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        Arguments::command().debug_assert();
    }
}
