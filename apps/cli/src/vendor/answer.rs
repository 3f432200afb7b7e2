//! `vendor answer`: a request that a customer brought, and the answer that they take along (row M2).

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use keyward_engine::console::{Brought, NotBrought, Verdict};
use keyward_files::FolderExchange;
use keyward_ports::FileExchangeError;

use super::server::Server;
use crate::exit::{Failure, told};

/// The options of `vendor answer`.
#[derive(Args)]
pub(super) struct Answer {
    /// The request: the file that the customer sent, or a picture of its QR code
    request: PathBuf,
    /// Where to put the answer: a file that is not there yet, or a folder; beside the request if this is not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Answer {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let brought = Brought::read(&FolderExchange, &self.request).map_err(not_brought)?;
        let handed = server.answer(brought.envelope())?;
        write!(out, "{}", brought.report(&handed))?;
        let file = brought.put(&FolderExchange, &handed, self.output.as_deref()).map_err(|error| not_put(&error))?;
        writeln!(out, "{:<13}{}", "File", file.display())?;
        match handed.verdict {
            // The customer is told by the file, whoever brought it by the exit code.
            Verdict::Refused { code, why, remedy } => Err(Failure::refused(code, format!("{why}; {remedy}"))),
            Verdict::Granted { .. } | Verdict::Returned { .. } | Verdict::Revoked { .. } => Ok(()),
        }
    }
}

fn not_brought(error: NotBrought) -> Failure {
    match error {
        NotBrought::File(error) => error.into(),
        error => Failure::failed(error.code(), told(&error)),
    }
}

/// The answer is given, but not in a file.
fn not_put(error: &FileExchangeError) -> Failure {
    Failure::failed(error.code(), format!("{}; nothing is lost: the same request is given the same answer again", told(error)))
}
