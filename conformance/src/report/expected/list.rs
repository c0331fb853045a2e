//! The list: what is expected of which replay, and what is wrong with it.

use super::failing::Failing;
use crate::compare::ReplayMode;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// Which replay: the name of a case, and a mode.
pub(super) type Replayed = (String, ReplayMode);

/// The failures that are expected of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The lines up to the first empty one, if no entry stands above it.
    pub(super) head: String,
    pub(super) entries: BTreeMap<Replayed, Entry>,
    /// The lines below the last entry.
    pub(super) end: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub failing: Failing,
    pub line: usize,
    /// The lines of comments above it.
    pub above: String,
    /// The comment behind it, with its `#`.
    pub beside: String,
}

/// An entry that is not true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrue {
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Expected {
    /// How the replay is expected to fail.
    #[must_use]
    pub fn failing(&self, case: &str, mode: ReplayMode) -> Option<&Failing> {
        self.entries.get(&(case.to_owned(), mode)).map(|entry| &entry.failing)
    }

    /// The entries that name none of the cases.
    #[must_use]
    pub fn strangers(&self, cases: &BTreeSet<&str>) -> Vec<Untrue> {
        let strangers = self.entries.iter().filter(|((case, _), _)| !cases.contains(case.as_str()));
        let why = |case: &str| format!("the corpus has no case {case}");
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

    /// Whether no failure is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
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
