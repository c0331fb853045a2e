//! The list as it is read from a file.

use super::failing::Failing;
use super::list::{Entry, Expected, Replayed};
use crate::compare::ReplayMode;
use thiserror::Error;

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListError {
    /// Not three parts.
    #[error(
        "line {line}: {text:?} is not an entry; write CASE MODE HOW, as in `conv-groups free diverges at scale of conv`"
    )]
    NoEntry {
        /// Counted from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// The second part is not a mode.
    #[error("line {line}: {mode:?} is not a mode; write `forced` or `free`")]
    NoMode {
        /// Counted from 1.
        line: usize,
        /// What is there instead.
        mode: String,
    },
    /// Two entries for one replay.
    #[error("line {line}: line {first} already has this case and mode; remove one of the two")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// The first of the two.
        first: usize,
    },
}

impl Expected {
    /// Reads a list.
    ///
    /// # Errors
    /// At the first line that is not an entry, or repeats one.
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
    Ok(((case.to_owned(), mode), Failing::parse(how.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const LIST: &str = "\
# What is known of this port.

conv-groups forced ends with exit status 1   # a shape error
# Not yet.
conv-groups free diverges at mean_square of conv
# The end.
";

    #[test]
    fn a_list_is_written_as_it_was_read() {
        let list = Expected::parse(LIST).unwrap();
        assert_eq!((list.to_string().as_str(), list.len()), (LIST, 2));
        let expected = Failing::parse("diverges at mean_square of conv");
        assert_eq!(list.failing("conv-groups", ReplayMode::Free), Some(&expected));
        assert_eq!(list.failing("mlp-bias", ReplayMode::Free), None);
    }

    #[test]
    fn what_is_no_entry_is_refused_with_its_line() {
        let error = |text: &str| Expected::parse(text).unwrap_err().to_string();
        assert!(error("\nmlp-bias").starts_with("line 2: \"mlp-bias\" is not an entry"));
        assert!(error("mlp-bias free").starts_with("line 1: "));
        assert!(error("mlp-bias fee times out").contains("\"fee\" is not a mode"));
        let twice = "a free times out\n#\na  free  crashes";
        assert!(error(twice).starts_with("line 3: line 1 already has this case and mode"));
    }

    #[test]
    fn an_entry_is_true_of_its_very_failure_only() {
        let list = Expected::parse(LIST).unwrap();
        let untrue = |how: Option<&str>| {
            let failing = how.map(Failing::parse);
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
            ("conv-groups".to_owned(), ReplayMode::Free, Failing::parse("times out")),
            ("mlp-bias".to_owned(), ReplayMode::Free, Failing::parse("writes nothing")),
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
