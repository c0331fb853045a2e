//! What was found of one trace.

use super::failed::Failed;
use super::kinks::Kinks;
use super::looks::Looks;
use super::point::Point;
use super::verdict::{Listed, Verdict};
use crate::bounds::Origin;
use crate::compare::{Basis, ReplayMode, Stage};
use fixtures::{Dtype, Number};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What was found of one trace: of a replay, or of the trace that `check` was given.
///
/// If there was no trace to judge, everything from `dtype` to `growth` is empty.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The same in a line.
    pub message: String,
    /// The name of the case.
    pub case: String,
    /// The clauses of the specification that the case lists.
    pub clauses: Vec<String>,
    /// Who computed the trace.
    pub subject: String,
    /// How it was replayed; `null` for a trace that was given.
    pub mode: Option<ReplayMode>,
    /// What the list of expected failures says of it.
    pub listed: Listed,

    /// What the trace was computed in, which decides the bounds.
    pub dtype: Option<Dtype>,
    /// The number of steps judged.
    pub steps: usize,
    /// What the expected values of every step were computed from: `trajectory`, `golden_state` or
    /// `own_state`.
    #[schemars(with = "Option<String>")]
    pub judged: Option<Basis>,
    /// The stages that were also judged from the trace's own stage before, at every step.
    #[schemars(with = "Vec<String>")]
    pub stage_by_stage: Vec<Stage>,
    /// The first value beyond its bound, in the order of report.
    pub divergence: Option<Point>,
    /// The steps that diverge, counted from 0.
    pub diverging_steps: Vec<usize>,
    /// The value that is largest against its bound.
    pub largest: Option<Point>,
    /// How the bounds were found: `sampled` or `estimated`.
    #[schemars(with = "Option<String>")]
    pub bounds: Option<Origin>,
    /// By stage, the largest deviation that no bound applies to.
    pub reported: Vec<Point>,
    /// The steps that were judged with kinks taken on the other side.
    pub kinks: Vec<Kinks>,
    /// The stages that the trace leaves out somewhere.
    #[schemars(with = "Vec<String>")]
    pub not_judged: Vec<Stage>,
    /// The clauses that could not be judged by their own stages.
    pub clauses_not_judged: Vec<&'static str>,
    /// The mistakes that produce such a trace; `null` if it conforms, or none were looked for.
    pub looks_like: Option<Looks>,
    /// By stage, the largest error of every step as a multiple of its bound.
    pub ratios: BTreeMap<Stage, Vec<Option<Number>>>,
    /// The largest error of the parameters after every step, relative to the largest of their array.
    pub growth: Vec<Option<Number>>,

    /// Why there is no trace.
    pub failure: Option<Failed>,
    /// The command that replays this case alone.
    pub again: Option<String>,
    /// How long it took to compute the trace and to judge it. Not in JSON, which says the same of the
    /// same traces.
    #[serde(skip)]
    pub took: Duration,
}

impl Finding {
    /// The largest multiple of its bound that a stage reaches in any step; `None` if the stage was
    /// not judged.
    #[must_use]
    pub fn ratio(&self, stage: Stage) -> Option<f64> {
        let steps = self.ratios.get(&stage)?.iter().flatten();
        steps.map(|number| number.0).reduce(f64::max)
    }

    /// The same in one step.
    #[must_use]
    pub fn ratio_at(&self, stage: Stage, step: usize) -> Option<f64> {
        self.ratios.get(&stage)?.get(step).copied().flatten().map(|number| number.0)
    }
}
