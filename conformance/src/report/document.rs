//! A report as a document: `adaact.report/1`.

use super::finding::Finding;
use super::identity::Identity;
use super::suspect::Suspect;
use super::tally::Tally;
use super::trial::Trial;
use super::verdict::{Listed, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What one run of `conformance` found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The format's version.
    pub schema: ReportSchema,
    /// This program with its version, such as `conformance 0.1.0`.
    pub program: String,
    /// The corpus that was replayed; of `check`, the one that this program was built with.
    pub corpus: Identity,
    /// One entry per trace that was judged, or that a subject failed to write.
    pub findings: Vec<Finding>,
    /// Scenarios and trainings, which the engines of this project run beside the corpus.
    pub trials: Vec<Trial>,
    /// By subject, the mistakes that explain most of its divergences.
    pub suspects: Vec<Suspect>,
    /// What is wrong with the list of expected failures.
    pub untrue: Vec<String>,
}

/// The only version of the report so far.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub enum ReportSchema {
    /// Version 1.
    #[default]
    #[serde(rename = "adaact.report/1")]
    V1,
}

impl Report {
    /// How often each verdict was given, trials included.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let cases: BTreeSet<_> = self.findings.iter().map(|finding| &finding.case).collect();
        let mut tally = Tally { cases: cases.len(), ..Tally::default() };
        for finding in &self.findings {
            tally.count(finding.verdict, finding.listed);
        }
        for trial in &self.trials {
            tally.count(trial.verdict, Listed::No);
        }
        tally
    }

    /// Whether nothing fails but what is expected to, and the list of expected failures is true. A
    /// run in which everything is declined says nothing, and does not pass.
    #[must_use]
    pub fn passes(&self) -> bool {
        let tally = self.tally();
        tally.judged() > 0 && tally.wrong() == tally.expected && self.untrue.is_empty()
    }

    /// Why cases were declined, and which; the reasons of most cases first.
    #[must_use]
    pub fn declined(&self) -> Vec<(&str, BTreeSet<&str>)> {
        let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for finding in self.findings.iter().filter(|f| f.verdict == Verdict::Declines) {
            reasons.entry(&finding.message).or_default().insert(&finding.case);
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, cases)| Reverse(cases.len()));
        reasons
    }

    /// The subjects, each with its dtypes, in the order of the findings.
    pub(super) fn subjects(&self) -> Vec<&str> {
        let mut subjects: Vec<&str> = Vec::new();
        for finding in &self.findings {
            if !subjects.contains(&finding.subject.as_str()) {
                subjects.push(&finding.subject);
            }
        }
        subjects
    }
}
