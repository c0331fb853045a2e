//! The program `conformance`; `conformance --help` teaches its use.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
