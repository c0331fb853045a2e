//! How the program ends.

use super::style::BAD;
use anyhow::Result;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command ends that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is as it should be: status 0.
    Good,
    /// Something is not: status 1.
    Bad,
}

impl Exit {
    pub fn good_if(good: bool) -> Self {
        if good { Exit::Good } else { Exit::Bad }
    }
}

/// The exit status of a command; its error is printed.
pub fn status(result: Result<Exit>) -> ExitCode {
    match result {
        Ok(Exit::Good) => ExitCode::SUCCESS,
        Ok(Exit::Bad) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::from(2),
        Err(error) => {
            // Every other error of the system names its file.
            let is_bare = error.is::<io::Error>() && error.chain().len() == 1;
            let place = if is_bare { "standard output: " } else { "" };
            // Standard error may be closed as well; then there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {place}{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the reader of our output has gone, as `head` does: no reason for a message.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
