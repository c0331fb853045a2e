//! Why there is no trace: a verdict on the case, not on the run.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use thiserror::Error;

/// What a subject did instead of computing a trace.
#[derive(Debug)]
pub struct Failure {
    /// What it was.
    pub kind: Kind,
    /// In which step of a forced replay.
    pub step: Option<usize>,
    /// The end of what a command wrote to standard error, or else to standard output.
    pub output: String,
}

/// The ways to leave no trace.
#[derive(Debug, Error)]
pub enum Kind {
    /// The subject does not support the case, and says so with exit status
    /// [`Kind::DECLINES`].
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
    #[error("ends with {}", ending(*.status))]
    Crashes {
        /// How it ended.
        status: ExitStatus,
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
    /// It wrote a trace, or messages, of a size that nobody reads.
    #[error("writes more than {} MiB to its {what}", .limit >> 20)]
    WritesTooMuch {
        /// Where.
        what: &'static str,
        /// How much it may write, in bytes.
        limit: u64,
    },
    /// It ended well without writing anything.
    #[error("ends well, but writes no trace")]
    WritesNothing,
    /// What it wrote is no trace of the case.
    #[error("writes no trace of the case: {error}")]
    WritesNoTrace {
        /// Which field, and why.
        error: String,
    },
    /// Not the subject's doing: this machine could not run it.
    #[error("cannot be run: {error}")]
    CannotRun {
        /// What the system says.
        error: String,
    },
    /// Not the subject's doing: whoever started the run ended it.
    #[error("was interrupted")]
    Interrupted,
}

impl Kind {
    /// The exit status of a command that does not support a case, the one with which test programs
    /// of automake and meson say that they were skipped.
    pub const DECLINES: i32 = 77;

    /// The kind without its figures, the same on every machine.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Kind::Declines { .. } => "declines".into(),
            Kind::Refuses { .. } => "refuses".into(),
            Kind::Crashes { status } => format!("ends with {}", ending(*status)),
            Kind::TimesOut { .. } => "times out".into(),
            Kind::TakesMemory { .. } => "takes too much memory".into(),
            Kind::WritesTooMuch { .. } => "writes too much".into(),
            Kind::WritesNothing => "writes nothing".into(),
            Kind::WritesNoTrace { .. } => "writes no trace of the case".into(),
            Kind::CannotRun { .. } => "cannot be run".into(),
            Kind::Interrupted => "was interrupted".into(),
        }
    }
}

impl Failure {
    pub(super) fn new(kind: Kind, output: String) -> Self {
        Self { kind, step: None, output }
    }

    pub(super) fn refused(error: &dyn std::error::Error) -> Self {
        Self::new(Kind::Refuses { error: error.to_string() }, String::new())
    }

    /// What keeps this machine from running a subject.
    pub(super) fn here(error: impl fmt::Display) -> Self {
        Self::new(Kind::CannotRun { error: error.to_string() }, String::new())
    }

    /// The same failure, in a step of a forced replay.
    pub(crate) fn in_step(self, step: usize) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Whether the subject said that it does not support the case.
    #[must_use]
    pub fn declines(&self) -> bool {
        matches!(self.kind, Kind::Declines { .. })
    }

    /// Whether nothing can be said of the subject.
    #[must_use]
    pub fn is_no_verdict(&self) -> bool {
        matches!(self.kind, Kind::CannotRun { .. } | Kind::Interrupted)
    }
}

/// `steps[3]: ends with exit status 1: ZeroDivisionError: float division by zero`: with the line that
/// names the error, [`error_line`].
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(step) = self.step.filter(|_| !self.declines()) {
            write!(f, "steps[{step}]: ")?;
        }
        write!(f, "{}", self.kind)?;
        let lines: Vec<_> = self.output.lines().collect();
        match error_line(&lines) {
            Some(line) if matches!(self.kind, Kind::Crashes { .. }) => {
                write!(f, ": {}", lines[line])
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// Which line of what a program wrote names the error: the last whose first word ends in `error`,
/// `exception` or `panic`, such as `ValueError:` or `panic:`; or else the last that is not empty.
///
/// Python ends with it; Node has the stack and its version after it.
#[must_use]
pub fn error_line(lines: &[&str]) -> Option<usize> {
    let names_error = |line: &&str| {
        let word = line.split([':', ' ']).next().unwrap_or_default().to_ascii_lowercase();
        ["error", "exception", "panic"].iter().any(|end| word.ends_with(end))
    };
    let last = |wanted: &dyn Fn(&&str) -> bool| lines.iter().rposition(wanted);
    last(&names_error).or_else(|| last(&|line| !line.trim().is_empty()))
}

/// `exit status 1`, or `signal 11`, which a shell reports as exit status 128 + 11.
fn ending(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code @ 129..=192)) => format!("signal {}", code - 128),
        (None, code) => format!("exit status {}", code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::error_line;

    #[test]
    fn the_line_that_names_the_error_is_told() {
        let node =
            "port.js:3\n  throw new Error('no');\n  ^\n\nError: no\n    at port.js:3\n\nNode v22";
        let python =
            "Traceback (most recent call last):\n  File \"port.py\"\nnumpy.AxisError: axis 2\n";
        let go =
            "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n";
        let shell = "port.sh: line 3: no such command\n\n";
        for (output, line) in [(node, 4), (python, 2), (go, 0), (shell, 0)] {
            assert_eq!(error_line(&output.lines().collect::<Vec<_>>()), Some(line), "{output}");
        }
        assert_eq!(error_line(&["", " "]), None);
    }
}
