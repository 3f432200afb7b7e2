//! The program `keywardd`.

use std::process::ExitCode;

fn main() -> ExitCode {
    keywardd::run()
}
