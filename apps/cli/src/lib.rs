//! The keyward command line: a host's licenses, and a vendor's administration.
//!
//! A verb parses, calls one use case and prints what came back: nothing about licenses is decided here.
//! Results go to stdout, everything else to stderr; [`exit`] says what the exit codes mean.

mod arguments;
mod exit;
mod host;
mod output;
mod progress;
mod server;
#[cfg(feature = "simulation")]
mod simulation;
mod vendor;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use arguments::Arguments;
use exit::Failure;

/// What can be typed, for whoever checks what a guide shows.
pub fn grammar() -> clap::Command {
    Arguments::command()
}

/// Does what was typed.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error, host::words_of(host::typed_language(std::env::args()))),
    };
    let words = arguments.words();
    let mut stdout = std::io::stdout().lock();
    let done = arguments.run(&mut stdout).and_then(|code| stdout.flush().map(|()| code).map_err(Failure::from));
    match done {
        Ok(code) => code,
        Err(failure) => failure.tell(words),
    }
}
