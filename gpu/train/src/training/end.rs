//! How a run ends, and what the shell is told.

use super::interrupt::Interrupt;
use anyhow::Result;
use std::process::ExitCode;

/// How a run ended, for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The whole schedule is done.
    Finished,
    /// `--steps` are done.
    Steps,
    /// By a signal.
    Interrupted,
    /// The loss was no longer finite: where that began.
    NotFinite(String),
}

/// The main function of a program that trains: catches signals, runs, prints what went wrong.
///
/// The exit status is 0 when the run is finished or has reached `--steps`, 1 if the loss is no longer
/// finite, 2 for an error, 130 after a signal.
pub fn main(program: &str, run: impl FnOnce(Interrupt) -> Result<End>) -> ExitCode {
    match Interrupt::listen().and_then(run) {
        Ok(End::Finished | End::Steps) => ExitCode::SUCCESS,
        Ok(End::Interrupted) => ExitCode::from(130),
        Ok(End::NotFinite(diagnosis)) => {
            eprintln!("{program}: {diagnosis}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("{program}: {error:#}");
            ExitCode::from(2)
        }
    }
}
