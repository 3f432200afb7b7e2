//! `keywardd`: the vendor's key server and the customer's license server. It wires adapters together and decides nothing.

mod answer;
mod backup;
mod data;
mod demo;
mod folder;
mod handles;
mod key_server;
mod license_server;
#[cfg(feature = "simulation")]
mod simulate;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use keyward_web::Limits;

/// The Keyward servers.
#[derive(Parser)]
#[command(name = "keywardd", version, about, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The vendor's key server: sells, activates, takes back. It serves until SIGTERM or Ctrl-C.
    ///
    /// The first start makes keys, ledger, a TLS certificate for localhost and an admin token in the data folder. The first line on standard output is
    /// `listening on URL`. Next: add a product and issue license keys with `keyward vendor`.
    KeyServer(KeyServer),
    /// The customer's license server: shares the seats of network licenses on a LAN. Without a command behind the options it serves, until SIGTERM or
    /// Ctrl-C.
    ///
    /// The first start makes keys, journal, a TLS key and an admin token in the data folder. The first line on standard output is `listening on URL`.
    /// Next: activate a network license beside it, as the same user; clients then name this computer and the port.
    ///
    /// The commands are about the server's own license. They may be typed while it serves: it sees what they did within a second.
    #[command(after_help = license_server::AFTER_HELP)]
    LicenseServer(license_server::LicenseServerLine),
    /// Writes a copy of a data folder, keys included, into one file. The server may be running.
    Backup {
        /// The data folder.
        dir: PathBuf,
        /// The file to write; it must not be there.
        file: PathBuf,
    },
    /// Makes a data folder of a backup. The server that uses it knows that it was restored.
    Restore {
        /// The backup.
        file: PathBuf,
        /// The data folder to make; it must not be there.
        dir: PathBuf,
    },
    /// Answers a request that a customer brought as a file, from a data folder that no server has open.
    Answer(Answer),
    /// The whole story on temporary data over real HTTPS, told step by step.
    Demo {
        /// Keep the server running at the end and print keys to try.
        #[arg(long)]
        serve: bool,
    },
}

/// Options of an answer from a data folder.
#[derive(Args)]
struct Answer {
    /// The data folder.
    dir: PathBuf,
    /// The request: the file that the customer sent, or pictures (PNG, JPEG) of all its QR codes.
    #[arg(required = true, value_name = "REQUEST")]
    requests: Vec<PathBuf>,
    /// The files are pictures of QR codes; said of several files anyway.
    #[arg(long)]
    qr: bool,
    /// Where to put the answer: a file that is not there yet, or a folder; beside the request if this is not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Play a date: now=RFC3339.
    #[cfg(feature = "simulation")]
    #[arg(long, value_name = "WHAT")]
    simulate: Option<simulate::Simulation>,
}

/// Options of the key server.
#[derive(Args, Clone)]
struct KeyServer {
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// TLS certificate chain, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Without TLS; only on a loopback address.
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    plain_http: bool,
    /// What products call this server, for their profiles; may be repeated, the first is asked first.
    #[arg(long, value_name = "URL")]
    public_url: Vec<String>,
    /// Where the portal's letters are put, as .eml files; mail in the data folder if this is left away.
    #[arg(long, value_name = "DIR")]
    mail_folder: Option<PathBuf>,
    /// Whom the portal's letters are from.
    #[arg(long, value_name = "ADDRESS", default_value = "licenses@localhost")]
    mail_from: String,
    /// Requests a minute under one license key; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = Limits::PER_KEY)]
    per_key: u32,
    /// Requests a minute of one device; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = Limits::PER_DEVICE)]
    per_device: u32,
    /// Requests a minute from one address; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = Limits::PER_ADDRESS)]
    per_address: u32,
    /// Requests a minute that are answered by hand with one token; 0 = no limit.
    #[arg(long, value_name = "N", default_value_t = Limits::PER_TOKEN)]
    per_token: u32,
    /// Log lines as JSON.
    #[arg(long)]
    log_json: bool,
    /// Play a date or a crash: now=RFC3339,turned=FILE,crash=POINT. Requires --anchor.
    #[cfg(feature = "simulation")]
    #[arg(long, value_name = "WHAT", requires = "anchor")]
    simulate: Option<simulate::Simulation>,
    /// A folder outside the data folder for what tells a restored server.
    #[arg(long, value_name = "DIR")]
    anchor: Option<PathBuf>,
}

impl KeyServer {
    fn limits(&self) -> Limits {
        Limits::per_minute(self.per_key, self.per_device, self.per_address, self.per_token)
    }

    /// The server of the demonstration: on a port the system picks, without limits.
    fn for_demo(data: PathBuf) -> Self {
        Self {
            data,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls_cert: None,
            tls_key: None,
            plain_http: false,
            public_url: Vec::new(),
            mail_folder: None,
            mail_from: "licenses@localhost".into(),
            per_key: 0,
            per_device: 0,
            per_address: 0,
            per_token: 0,
            log_json: false,
            #[cfg(feature = "simulation")]
            simulate: None,
            anchor: None,
        }
    }
}

/// What can be typed, for whoever checks what a guide shows.
pub fn grammar() -> clap::Command {
    Line::command()
}

/// Does what was typed.
pub fn run() -> ExitCode {
    let line = Line::parse();
    let result = match line.verb {
        Verb::KeyServer(options) => key_server::run(&options),
        Verb::LicenseServer(options) => license_server::run(&options),
        Verb::Backup { dir, file } => backup::backup(&dir, &file),
        Verb::Restore { file, dir } => backup::restore(&file, &dir),
        Verb::Answer(options) => answer::answer(&options),
        Verb::Demo { serve } => demo::run(serve),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be said where standard error is closed.
            let _ = writeln!(std::io::stderr(), "keywardd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        grammar().debug_assert();
    }

    #[test]
    fn who_is_told_nothing_of_limits_has_those_of_every_server() {
        let line = Line::try_parse_from(["keywardd", "key-server", "--data", "d"]).expect("it can be typed");
        let Verb::KeyServer(options) = line.verb else { panic!("another verb was typed") };
        assert_eq!(options.limits(), Limits::default());
    }
}
