//! `vendor answer`: a request that a customer brought, and the answer that they take along (row M2).

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use keyward_engine::console::{Brought, NotBrought, Verdict};
use keyward_files::{CodesError, FolderExchange};
use keyward_ports::FileExchangeError;
use keyward_wire::{Unreadable, qr};
use keyward_words::CommandText;

use super::server::Server;
use crate::exit::{Failure, told};
use crate::output::list;

/// The options of `vendor answer`.
#[derive(Args)]
pub(super) struct Answer {
    /// The request: the file that the customer sent, or pictures (PNG, JPEG) of all its QR codes
    #[arg(required = true, value_name = "REQUEST")]
    requests: Vec<PathBuf>,
    /// The files are pictures of QR codes
    #[arg(long)]
    qr: bool,
    /// Where to put the answer: a file that is not there yet, or a folder; beside the request if this is not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Answer {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let brought = match &self.requests[..] {
            [file] if !self.qr => Brought::read(&FolderExchange, file).map_err(not_brought)?,
            pictures => in_pictures(pictures)?,
        };
        let handed = server.answer(brought.envelope())?;
        write!(out, "{}", brought.report(&handed))?;
        let file = brought.put(&FolderExchange, &handed, self.output.as_deref()).map_err(not_put)?;
        writeln!(out, "{:<13}{}", "File", file.display())?;
        match handed.verdict {
            // The customer is told by the file, whoever brought it by the exit code.
            Verdict::Refused { code, why, remedy } => Err(Failure::refused(code, format!("{why}; {remedy}"))),
            Verdict::Granted { .. } | Verdict::Returned { .. } | Verdict::Revoked { .. } => Ok(()),
        }
    }
}

/// The request in pictures of all its codes.
fn in_pictures(files: &[PathBuf]) -> Result<Brought, Failure> {
    let named = list(files.iter().map(|file| file.display()));
    let texts = FolderExchange.codes(files).map_err(|error| match error {
        CodesError::File(error) => error.into(),
        CodesError::Codes(error) => Failure::codes(&error, &named),
    })?;
    let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    match qr::read_request(&texts) {
        Ok(envelope) => Brought::of(envelope, first).map_err(not_brought),
        Err(Unreadable::OtherPaper { .. }) => Err(not_brought(NotBrought::IsAnswer(named))),
        Err(error) => Err(Failure::codes(&error, &named)),
    }
}

fn not_brought(error: NotBrought) -> Failure {
    let code = error.code();
    match error {
        NotBrought::File(error) => error.into(),
        NotBrought::IsAnswer(file) => Failure::cannot(code, &CommandText::FileIsAnswer { file }),
        NotBrought::Sealed { file, cause } => Failure::cannot(code, &cause).about(&file),
        error => Failure::failed(code, told(&error)),
    }
}

/// The answer is given, but not in a file.
fn not_put(error: FileExchangeError) -> Failure {
    Failure::from(error).and(&CommandText::AnswerNotLost)
}
