//! A list of expected failures: what a subject is known to get wrong, and nothing else.
//!
//! A text file, one failure a line: case, mode, and how it fails, as [`Failing`] words it. Behind a
//! `#` anything may be said; lines of nothing else belong to the entry below, those above the first
//! empty line to the whole list.
//!
//! ```text
//! # What is known of this port.
//!
//! # Grouped convolutions come with the next release.
//! conv-groups free   diverges at mean_square of conv
//! conv-groups forced ends with exit status 1   # a shape error
//! ```
//!
//! The list is held to be true: an entry that no longer fails, or fails otherwise, is wrong, and so
//! is one that names no case.

use crate::compare::ReplayMode;
use crate::judge::Judgement;
use crate::subject::Failure;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use thiserror::Error;

/// How a replay fails, in words that are the same on every machine: `diverges at scale of fc1`, or
/// the name of a [`Kind`](crate::Kind).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing(String);

impl Failing {
    /// How a judged replay fails: its first divergence, without step and figures.
    #[must_use]
    pub fn of(judgement: &Judgement) -> Option<Self> {
        let address = &judgement.divergence.as_ref()?.deviation.address;
        let owner = match address.name.as_str() {
            "" => String::new(),
            name => format!(" of {name}"),
        };
        Some(Self(format!("diverges at {}{owner}", address.stage)))
    }

    /// How a replay without a trace fails; `None` for one that the subject declines.
    #[must_use]
    pub fn without_trace(failure: &Failure) -> Option<Self> {
        (!failure.declines()).then(|| Self(failure.kind.name()))
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which replay: the name of a case, and a mode.
type Replayed = (String, ReplayMode);

/// The failures that are expected of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The lines up to the first empty one, if no entry stands above it.
    head: String,
    entries: BTreeMap<Replayed, Entry>,
    /// The lines below the last entry.
    end: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    failing: Failing,
    line: usize,
    /// The lines of comments above it.
    above: String,
    /// The comment behind it, with its `#`.
    beside: String,
}

/// A line that is no entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListError {
    /// Not three parts.
    #[error(
        "line {line}: {text:?} is no entry; one is CASE MODE HOW, as in `conv-groups free diverges at scale of conv`"
    )]
    NoEntry {
        /// Counted from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// The second part is no mode.
    #[error("line {line}: {mode:?} is no mode; there are `forced` and `free`")]
    NoMode {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        mode: String,
    },
    /// Two entries for one replay.
    #[error("line {line}: line {first} is of the same case and mode")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// The first of the two.
        first: usize,
    },
}

/// An entry that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrue {
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Expected {
    /// Reads a list.
    ///
    /// # Errors
    /// At the first line that is no entry, or comes twice.
    pub fn parse(text: &str) -> Result<Self, ListError> {
        let mut list = Self::default();
        for (line, text) in (1..).zip(text.lines()) {
            let (entry, beside) = text.split_at(text.find('#').unwrap_or(text.len()));
            if entry.trim().is_empty() {
                list.end += text.trim_end();
                list.end.push('\n');
                if text.trim().is_empty() && list.entries.is_empty() {
                    list.head += &std::mem::take(&mut list.end);
                }
                continue;
            }
            let (replayed, failing) = parse_entry(line, entry.trim())?;
            if let Some(first) = list.entries.get(&replayed) {
                return Err(ListError::Twice { line, first: first.line });
            }
            let above = std::mem::take(&mut list.end);
            let beside = beside.trim_end().to_owned();
            list.entries.insert(replayed, Entry { failing, line, above, beside });
        }
        Ok(list)
    }

    /// How the replay is expected to fail.
    #[must_use]
    pub fn failing(&self, case: &str, mode: ReplayMode) -> Option<&Failing> {
        self.entries.get(&(case.to_owned(), mode)).map(|entry| &entry.failing)
    }

    /// The entries that name none of the cases.
    #[must_use]
    pub fn strangers(&self, cases: &BTreeSet<&str>) -> Vec<Untrue> {
        let strangers = self.entries.iter().filter(|((case, _), _)| !cases.contains(case.as_str()));
        let why = |case: &str| format!("{case} is no case of the corpus");
        strangers.map(|((case, _), e)| Untrue { line: e.line, why: why(case) }).collect()
    }

    /// What is wrong with the entry of a replay that came out as `failing`, or did not fail.
    #[must_use]
    pub fn untrue(
        &self,
        case: &str,
        mode: ReplayMode,
        failing: Option<&Failing>,
    ) -> Option<Untrue> {
        let entry = self.entries.get(&(case.to_owned(), mode))?;
        let now = match failing {
            Some(failing) if *failing == entry.failing => return None,
            Some(failing) => format!("now it {failing}"),
            None => "it no longer fails".to_owned(),
        };
        let why = format!("{case} {} \"{}\": {now}", mode.name(), entry.failing);
        Some(Untrue { line: entry.line, why })
    }

    /// The list of these failures, with the comments of those that were listed before.
    #[must_use]
    pub fn of(&self, failures: impl IntoIterator<Item = (String, ReplayMode, Failing)>) -> Self {
        let mut entries = BTreeMap::new();
        for (line, (case, mode, failing)) in (1..).zip(failures) {
            let replayed = (case, mode);
            let (above, beside) = match self.entries.get(&replayed) {
                Some(known) => (known.above.clone(), known.beside.clone()),
                None => (String::new(), String::new()),
            };
            entries.insert(replayed, Entry { failing, line, above, beside });
        }
        Self { head: self.head.clone(), entries, end: self.end.clone() }
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is expected to fail.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn parse_entry(line: usize, text: &str) -> Result<(Replayed, Failing), ListError> {
    let no_entry = || ListError::NoEntry { line, text: text.to_owned() };
    let (case, rest) = text.split_once(char::is_whitespace).ok_or_else(no_entry)?;
    let (mode, how) = rest.trim_start().split_once(char::is_whitespace).ok_or_else(no_entry)?;
    let mode = match mode {
        "forced" => ReplayMode::Forced,
        "free" => ReplayMode::Free,
        _ => return Err(ListError::NoMode { line, mode: mode.to_owned() }),
    };
    Ok(((case.to_owned(), mode), Failing(how.trim().to_owned())))
}

/// The list as a file.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.head)?;
        for ((case, mode), Entry { failing, above, beside, .. }) in &self.entries {
            f.write_str(above)?;
            write!(f, "{case} {} {failing}", mode.name())?;
            if !beside.is_empty() {
                write!(f, "   {beside}")?;
            }
            f.write_char('\n')?;
        }
        f.write_str(&self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
# What is known of this port.

conv-groups forced ends with exit status 1   # a shape error
# Not yet.
conv-groups free diverges at mean_square of conv
# The end.
";

    fn failing(how: &str) -> Failing {
        Failing(how.to_owned())
    }

    #[test]
    fn a_list_is_written_as_it_was_read() {
        let list = Expected::parse(LIST).unwrap();
        assert_eq!((list.to_string().as_str(), list.len()), (LIST, 2));
        let expected = failing("diverges at mean_square of conv");
        assert_eq!(list.failing("conv-groups", ReplayMode::Free), Some(&expected));
        assert_eq!(list.failing("mlp-bias", ReplayMode::Free), None);
    }

    #[test]
    fn what_is_no_entry_is_refused_with_its_line() {
        let error = |text: &str| Expected::parse(text).unwrap_err().to_string();
        assert!(error("\nmlp-bias").starts_with("line 2: \"mlp-bias\" is no entry"));
        assert!(error("mlp-bias free").starts_with("line 1: "));
        assert!(error("mlp-bias fee times out").contains("\"fee\" is no mode"));
        let twice = "a free times out\n#\na  free  crashes";
        assert_eq!(error(twice), "line 3: line 1 is of the same case and mode");
    }

    #[test]
    fn an_entry_is_true_of_its_very_failure_only() {
        let list = Expected::parse(LIST).unwrap();
        let untrue = |how: Option<&str>| {
            let failing = how.map(failing);
            list.untrue("conv-groups", ReplayMode::Forced, failing.as_ref())
        };
        assert_eq!(untrue(Some("ends with exit status 1")), None);
        let other = untrue(Some("times out")).unwrap();
        assert_eq!(other.line, 3);
        assert!(other.why.ends_with("\"ends with exit status 1\": now it times out"));
        assert!(untrue(None).unwrap().why.ends_with(": it no longer fails"));
        let strangers = list.strangers(&BTreeSet::from(["mlp-bias"]));
        assert_eq!(strangers.iter().map(|s| s.line).collect::<Vec<_>>(), [3, 5]);
        assert!(list.strangers(&BTreeSet::from(["conv-groups"])).is_empty());
    }

    #[test]
    fn a_new_list_keeps_the_comments_of_what_still_fails() {
        let list = Expected::parse(LIST).unwrap();
        let new = list.of([
            ("conv-groups".to_owned(), ReplayMode::Free, failing("times out")),
            ("mlp-bias".to_owned(), ReplayMode::Free, failing("writes nothing")),
        ]);
        let expected = "\
# What is known of this port.

# Not yet.
conv-groups free times out
mlp-bias free writes nothing
# The end.
";
        assert_eq!(new.to_string(), expected);
        assert_eq!(Expected::parse(expected).unwrap().to_string(), expected);
    }
}
