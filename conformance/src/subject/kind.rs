//! The kinds of failure, in words that are the same on every machine.

use serde::{Serialize, Serializer};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a subject failed, without figures: what reports and lists of expected failures name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It does not support the case, and says so.
    Declines,
    /// An engine of this project cannot compute the case.
    Refuses,
    /// It ended with an error, or a signal ended it.
    Ends(Ending),
    /// It ran for too long.
    TimesOut,
    /// It held too much memory.
    TakesTooMuchMemory,
    /// It wrote too much.
    WritesTooMuch,
    /// It wrote nothing.
    WritesNothing,
    /// It wrote something that is not a trace of the case.
    WritesNoTrace,
    /// This machine could not run it.
    CannotRun,
    /// The user interrupted the run.
    Interrupted,
}

/// How a program ended that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

impl FailureKind {
    const WITHOUT_ENDING: [Self; 9] = [
        Self::Declines,
        Self::Refuses,
        Self::TimesOut,
        Self::TakesTooMuchMemory,
        Self::WritesTooMuch,
        Self::WritesNothing,
        Self::WritesNoTrace,
        Self::CannotRun,
        Self::Interrupted,
    ];

    /// The kind with these words, those of its `Display`.
    #[must_use]
    pub fn named(words: &str) -> Option<Self> {
        if let Some(ending) = words.strip_prefix("ends with ") {
            return Ending::named(ending).map(Self::Ends);
        }
        Self::WITHOUT_ENDING.into_iter().find(|kind| kind.to_string() == words)
    }
}

/// `times out`, `ends with exit status 1`
impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Declines => "declines",
            Self::Refuses => "refuses",
            Self::Ends(ending) => return write!(f, "ends with {ending}"),
            Self::TimesOut => "times out",
            Self::TakesTooMuchMemory => "takes too much memory",
            Self::WritesTooMuch => "writes too much",
            Self::WritesNothing => "writes nothing",
            Self::WritesNoTrace => "writes no trace of the case",
            Self::CannotRun => "cannot be run",
            Self::Interrupted => "was interrupted",
        })
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Ending {
    /// How a process ended; a shell reports signal 11 as exit status 128 + 11.
    #[must_use]
    pub fn of(status: ExitStatus) -> Self {
        match (status.signal(), status.code()) {
            (Some(signal), _) => Self::Signal(signal),
            (None, Some(code @ 129..=192)) => Self::Signal(code - 128),
            (None, code) => Self::Status(code.unwrap_or_default()),
        }
    }

    fn named(words: &str) -> Option<Self> {
        let (what, number) = words.rsplit_once(' ')?;
        let number = number.parse().ok()?;
        match what {
            "exit status" => Some(Self::Status(number)),
            "signal" => Some(Self::Signal(number)),
            _ => None,
        }
    }
}

/// `exit status 1`, `signal 11`
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_words() {
        let ends = [Ending::Status(3), Ending::Signal(11)].map(FailureKind::Ends);
        for kind in FailureKind::WITHOUT_ENDING.into_iter().chain(ends) {
            assert_eq!(FailureKind::named(&kind.to_string()), Some(kind));
        }
        for words in ["", "time out", "ends with", "ends with exit status", "ends with code 1"] {
            assert_eq!(FailureKind::named(words), None, "{words}");
        }
    }

    #[test]
    fn an_exit_status_above_128_is_a_signal() {
        let ended = |raw| Ending::of(ExitStatus::from_raw(raw));
        assert_eq!(ended(3 << 8), Ending::Status(3));
        assert_eq!(ended(11), Ending::Signal(11));
        assert_eq!(ended(137 << 8), Ending::Signal(9));
    }
}
