//! Why there is no trace: a verdict on the case, not on the run.

use super::kind::{Ending, FailureKind};
use super::messages::{error_line, status_under_make};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// What a subject did instead of computing a trace.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// In which step of a forced replay.
    pub step: Option<usize>,
    /// The end of what a program wrote to standard error, or else to standard output.
    pub output: String,
}

/// What went wrong, with its figures.
#[derive(Debug, Error)]
pub enum Cause {
    /// The subject does not support the case, and says so with exit status [`DECLINES`].
    #[error("{reason}")]
    Declines {
        /// The last line of its standard error.
        reason: String,
    },
    /// An engine of this project cannot compute the case.
    #[error("refuses: {error}")]
    Refuses {
        /// Its error.
        error: String,
    },
    /// It ended with an error, or a signal ended it.
    #[error("ends with {ending}")]
    Ends {
        /// How it ended.
        ending: Ending,
    },
    /// It ran longer than it may.
    #[error("still runs after {} s", .limit.as_secs_f64())]
    TimesOut {
        /// How long it may run.
        limit: Duration,
    },
    /// It and its children held more memory than they may.
    #[error("takes {} MiB of memory, more than {} MiB", .taken >> 20, .limit >> 20)]
    TakesMemory {
        /// What they held, in bytes.
        taken: u64,
        /// What they may hold.
        limit: u64,
    },
    /// It wrote a trace, or messages, too large to read.
    #[error("writes more than {} MiB to its {what}", .limit >> 20)]
    WritesTooMuch {
        /// Where it wrote.
        what: Written,
        /// How much it may write, in bytes.
        limit: u64,
    },
    /// It succeeded without writing anything.
    #[error("ends well, but writes no trace")]
    WritesNothing,
    /// What it wrote is not a trace of the case.
    #[error("writes no trace of the case: {error}")]
    WritesNoTrace {
        /// Which field, and why.
        error: String,
    },
    /// Not the subject's fault: this machine could not run it.
    #[error("cannot be run: {error}")]
    CannotRun {
        /// What the system says.
        error: String,
    },
    /// Not the subject's fault: the user ended the run.
    #[error("was interrupted")]
    Interrupted,
}

/// Exit status of a program that does not support a case; test programs of automake and meson use
/// it to say that they were skipped.
pub const DECLINES: i32 = 77;

/// What a program writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Its trace.
    Trace,
    /// Standard error.
    StandardError,
    /// Standard output.
    StandardOutput,
}

impl Cause {
    /// The same without figures.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Cause::Declines { .. } => FailureKind::Declines,
            Cause::Refuses { .. } => FailureKind::Refuses,
            Cause::Ends { ending } => FailureKind::Ends(*ending),
            Cause::TimesOut { .. } => FailureKind::TimesOut,
            Cause::TakesMemory { .. } => FailureKind::TakesTooMuchMemory,
            Cause::WritesTooMuch { .. } => FailureKind::WritesTooMuch,
            Cause::WritesNothing => FailureKind::WritesNothing,
            Cause::WritesNoTrace { .. } => FailureKind::WritesNoTrace,
            Cause::CannotRun { .. } => FailureKind::CannotRun,
            Cause::Interrupted => FailureKind::Interrupted,
        }
    }
}

impl Failure {
    pub(super) fn new(cause: Cause, output: String) -> Self {
        Self { cause, step: None, output }
    }

    pub(super) fn refused(error: &dyn std::error::Error) -> Self {
        Self::new(Cause::Refuses { error: error.to_string() }, String::new())
    }

    /// This machine could not run the subject.
    pub(super) fn here(error: impl fmt::Display) -> Self {
        Self::new(Cause::CannotRun { error: error.to_string() }, String::new())
    }

    /// The same failure, in a step of a forced replay.
    pub(crate) fn in_step(self, step: usize) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Whether the subject said that it does not support the case.
    #[must_use]
    pub fn declines(&self) -> bool {
        matches!(self.cause, Cause::Declines { .. })
    }

    /// Whether nothing can be said of the subject.
    #[must_use]
    pub fn is_no_verdict(&self) -> bool {
        matches!(self.cause, Cause::CannotRun { .. } | Cause::Interrupted)
    }
}

/// `steps[3]: ends with exit status 1: ZeroDivisionError: float division by zero`: with the line
/// that names the error, [`error_line`].
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(step) = self.step.filter(|_| !self.declines()) {
            write!(f, "steps[{step}]: ")?;
        }
        write!(f, "{}", self.cause)?;
        let lines: Vec<_> = self.output.lines().collect();
        if !matches!(self.cause, Cause::Ends { .. }) {
            return Ok(());
        }
        if let Some(line) = error_line(&lines) {
            write!(f, ": {}", lines[line])?;
        }
        match status_under_make(&self.output) {
            Some(DECLINES) => f.write_str(
                " (make ended with 2 where its command ended with 77, which would decline the case: \
                 call the port without make)",
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Written::Trace => "trace",
            Written::StandardError => "standard error",
            Written::StandardOutput => "standard output",
        })
    }
}
