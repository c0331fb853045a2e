//! What `run` and `check` found, as data: `adaact.report/1`.
//!
//! A [`Report`] says everything once. Programs read it as JSON; [`junit`] and [`badge`] are made
//! from it for what shows test results, and [`page`] for people.

pub mod badge;
pub mod expected;
mod finding;
mod found;
pub mod junit;
pub mod page;

use crate::compare::ReplayMode;
use crate::corpus::manifest::Identity;
pub use finding::{Explains, Failed, Finding, Kinks, Listed, Looks, Mistake, Point, Verdict};
pub use found::summary;
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
    /// Scenarios and trainings, which the engines of this project play beside the corpus.
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

/// A scenario, or a training on digits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// Who played it.
    pub subject: String,
    /// In which dtype.
    pub dtype: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The same in a line.
    pub message: String,
}

/// What a subject looks like over all the cases in which it diverges.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suspect {
    /// The subject.
    pub subject: String,
    /// In how many cases it diverges, as far as mistakes were looked for.
    pub diverging: usize,
    /// How many of these each of the mistakes explains.
    pub explained: usize,
    /// The mistakes that explain most of them.
    pub mistakes: Vec<Mistake>,
}

/// How often each verdict was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases that were replayed.
    pub cases: usize,
    /// Within every bound.
    pub conform: usize,
    /// Beyond a bound.
    pub diverge: usize,
    /// Without a trace.
    pub fail: usize,
    /// Not supported by the subject.
    pub decline: usize,
    /// Of those that diverge or fail, how many are expected to.
    pub expected: usize,
}

impl Report {
    /// How often each verdict was given, trials included.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let cases: BTreeSet<_> = self.findings.iter().map(|finding| &finding.case).collect();
        let mut tally = Tally { cases: cases.len(), ..Tally::default() };
        for finding in &self.findings {
            tally.count(finding.verdict);
            tally.expected += usize::from(finding.listed == Listed::AsExpected);
        }
        self.trials.iter().for_each(|trial| tally.count(trial.verdict));
        tally
    }

    /// Whether nothing fails but what is expected to, and the list of that is true; a run in which
    /// everything is declined says nothing, and does not pass.
    #[must_use]
    pub fn passes(&self) -> bool {
        let Tally { conform, diverge, fail, expected, .. } = self.tally();
        let judged = conform + diverge + fail > 0;
        judged && diverge + fail == expected && self.untrue.is_empty()
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
    fn subjects(&self) -> Vec<&str> {
        let mut subjects: Vec<&str> = Vec::new();
        for finding in &self.findings {
            if !subjects.contains(&finding.subject.as_str()) {
                subjects.push(&finding.subject);
            }
        }
        subjects
    }
}

impl Tally {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Conforms => self.conform += 1,
            Verdict::Diverges => self.diverge += 1,
            Verdict::Fails => self.fail += 1,
            Verdict::Declines => self.decline += 1,
        }
    }
}

/// `48 cases, 96 replays: 95 conform, 1 diverges, 0 fail`, and what else there is.
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Tally { cases, conform, diverge, fail, decline, expected } = self;
        let all = conform + diverge + fail + decline;
        let s = |count: usize| if count == 1 { "" } else { "s" };
        if *cases > 0 {
            write!(f, "{cases} case{}, ", s(*cases))?;
        }
        write!(f, "{all} replay{}: ", s(all))?;
        write!(f, "{conform} conform, {diverge} diverge, {fail} fail")?;
        if *decline > 0 {
            write!(f, ", {decline} declined")?;
        }
        if *expected > 0 {
            write!(f, "; {expected} as expected")?;
        }
        Ok(())
    }
}

/// The name of a mode, or of what `check` does.
fn mode(mode: Option<ReplayMode>) -> &'static str {
    mode.map_or("check", ReplayMode::name)
}
