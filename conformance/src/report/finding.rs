//! What was found of one trace.

use crate::compare::{Basis, ReplayMode, Stage};
use crate::judge::Crossing;
use fixtures::{Dtype, Number};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What was found of one trace: of a replay, or of the trace that `check` was given.
///
/// Where there was no trace to judge, everything from `dtype` to `growth` is empty.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// What it comes to.
    pub verdict: Verdict,
    /// The same in a line.
    pub message: String,
    /// The name of the case.
    pub case: String,
    /// The clauses of the specification that the case lists.
    pub clauses: Vec<String>,
    /// Who computed the trace.
    pub subject: String,
    /// How it was replayed; `null` of a trace that was given.
    pub mode: Option<ReplayMode>,
    /// What the list of expected failures says of it.
    pub listed: Listed,

    /// What the trace was computed in, which decides the bounds.
    pub dtype: Option<Dtype>,
    /// The number of steps judged.
    pub steps: usize,
    /// What was expected of every step was computed from: `trajectory`, `golden_state` or
    /// `own_state`.
    pub judged: Option<&'static str>,
    /// The stages that were judged from the trace's own stage before, too, at every step.
    pub stage_by_stage: Vec<&'static str>,
    /// The first value beyond its bound, in the order of report.
    pub divergence: Option<Point>,
    /// The steps that diverge, counted from 0.
    pub diverging_steps: Vec<usize>,
    /// The value that is largest against its bound.
    pub largest: Option<Point>,
    /// How the bounds came about: `sampled` or `estimated`.
    pub bounds: Option<&'static str>,
    /// By stage, the largest deviation that no bound applies to.
    pub reported: Vec<Point>,
    /// The steps that were judged with kinks taken on the other side.
    pub kinks: Vec<Kinks>,
    /// The stages that the trace leaves out somewhere.
    pub not_judged: Vec<&'static str>,
    /// The clauses that could not be judged by their own stages.
    pub clauses_not_judged: Vec<&'static str>,
    /// The mistakes that come out like this; `null` if it conforms, or none were looked for.
    pub looks_like: Option<Looks>,
    /// By stage, the largest error of every step as a multiple of its bound.
    pub ratios: BTreeMap<Stage, Vec<Option<Number>>>,
    /// The largest error of the parameters after every step, relative to the largest of their array.
    pub growth: Vec<Option<Number>>,

    /// Why there is no trace.
    pub failure: Option<Failed>,
    /// The command that replays this case alone.
    pub again: Option<String>,
}

/// What a finding comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every array that could be judged lies within its bound.
    Conforms,
    /// A value lies beyond its bound.
    Diverges,
    /// There is no trace that could be judged.
    Fails,
    /// The subject does not support the case, and says so.
    Declines,
}

/// What a list of expected failures says of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// Nothing.
    #[default]
    No,
    /// That it fails, just as it does.
    AsExpected,
    /// That it fails, which it does not, or otherwise.
    Untrue,
}

/// Why there is no trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failed {
    /// How, without figures, such as `times out`.
    pub name: String,
    /// In which step of a forced replay.
    pub step: Option<usize>,
    /// The end of what the subject wrote to standard error, or else to standard output.
    pub output: String,
}

/// A value of a trace beside the expected one.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// The step, counted from 0.
    pub step: usize,
    /// The stage.
    pub stage: &'static str,
    /// The clauses that the stage shows; none where it is the network's.
    pub clauses: &'static [&'static str],
    /// The layer, parameter or buffer; empty for the whole model.
    pub name: String,
    /// Which forward or observation of the step.
    pub occurrence: Option<usize>,
    /// The place in the array.
    pub index: Vec<usize>,
    /// What was expected there.
    pub expected: Number,
    /// What the trace has there.
    pub got: Number,
    /// How far they are apart, in the measure of the stage; stage by stage, absolute.
    pub error: Number,
    /// What the expected value was computed from: as a finding's, or `stage_by_stage`.
    pub judged: &'static str,
    /// The same in words.
    pub computed: &'static str,
    /// `|got − expected|` in units in the last place; `null` where no bound applies.
    pub ulps: Option<Number>,
    /// The bound of the error; `null` where none applies.
    pub bound: Option<Number>,
}

/// A step that was judged with kinks taken on the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kinks {
    /// The step, counted from 0.
    pub step: usize,
    /// How many kinks rounding may decide.
    pub open: usize,
    /// How many of them the trace takes on the other side.
    pub crossed: usize,
}

/// What a wrong trace looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Looks {
    /// How much of it the mistakes explain.
    pub explains: Explains,
    /// Mistakes that this case cannot tell apart.
    pub mutants: Vec<Mistake>,
    /// If there are none: how many significant digits the trace was printed with, if those are too
    /// few to restore its numbers.
    pub digits: Option<usize>,
}

/// How much of a wrong trace is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Explains {
    /// All of it.
    Whole,
    /// What diverges first, and all before it.
    First,
    /// Nothing.
    Nothing,
}

/// A mistake of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mistake {
    /// Its name.
    pub name: &'static str,
    /// The clause that it breaks.
    pub clause: &'static str,
    /// What it is, in words that follow "what comes out with".
    pub what: &'static str,
}

impl Finding {
    /// The largest multiple of its bound that a stage reaches in any step; `None` where the stage
    /// was not judged.
    #[must_use]
    pub fn ratio(&self, stage: Stage) -> Option<f64> {
        let steps = self.ratios.get(&stage)?.iter().flatten();
        steps.map(|number| number.0).reduce(f64::max)
    }
}

/// `3.1e-16 of 1e-12 (update of fc1 from its own stages, steps[2])`; without a bound, the error and
/// the place; `equal to the last bit`, if there is no error.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Point { step, stage, name, error, bound, judged, .. } = self;
        if error.0 == 0.0 {
            return f.write_str("equal to the last bit");
        }
        write!(f, "{:.1e}", error.0)?;
        if let Some(Number(bound)) = bound {
            write!(f, " of {bound:.1e}")?;
        }
        let owner = if name.is_empty() { String::new() } else { format!(" of {name}") };
        let own = if *judged == Basis::OwnStages.name() { " from its own stages" } else { "" };
        write!(f, " ({stage}{owner}{own}, steps[{step}])")
    }
}

/// `steps[0]: 1 of 2 open kinks taken on the other side`
impl fmt::Display for Kinks {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Kinks { step, open, crossed } = *self;
        Crossing { step, open, crossed }.fmt(f)
    }
}

/// `ε inside the root (epsilon-inside-root, S8)`
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Mistake { name, clause, what } = self;
        write!(f, "{what} ({name}, {clause})")
    }
}
