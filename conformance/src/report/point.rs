//! A value of a trace beside the expected one.

use crate::compare::{Basis, Deviation, Judged, Stage};
use fixtures::Number;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// A value of a trace beside the expected one.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// The step, counted from 0.
    pub step: usize,
    /// The stage.
    #[schemars(with = "String")]
    pub stage: Stage,
    /// The clauses that the stage shows; none if the stage is the network's.
    pub clauses: &'static [&'static str],
    /// The layer, parameter or buffer; empty for the whole model.
    pub name: String,
    /// Which forward or observation of the step.
    pub occurrence: Option<usize>,
    /// The place in the array.
    pub index: Vec<usize>,
    /// The expected value.
    pub expected: Number,
    /// The value in the trace.
    pub got: Number,
    /// The distance of the two, in the measure of the stage; stage by stage, absolute.
    pub error: Number,
    /// What the expected value was computed from: as in a finding, or `stage_by_stage`.
    #[schemars(with = "String")]
    pub judged: Basis,
    /// The same in words.
    pub computed: &'static str,
    /// `|got − expected|` in units in the last place; `null` if no bound applies.
    pub ulps: Option<Number>,
    /// The bound of the error; `null` if none applies.
    pub bound: Option<Number>,
}

/// With its bound.
impl From<&Judged> for Point {
    fn from(judged: &Judged) -> Self {
        Self {
            ulps: Some(Number(judged.ulps)),
            bound: Some(Number(judged.bound)),
            ..Self::from(&judged.deviation)
        }
    }
}

/// Without a bound.
impl From<&Deviation> for Point {
    fn from(deviation: &Deviation) -> Self {
        let Deviation { step, address, basis, index, expected, got, error } = deviation;
        Self {
            step: *step,
            stage: address.stage,
            clauses: address.stage.clauses(),
            name: address.name.clone(),
            occurrence: address.occurrence,
            index: index.clone(),
            expected: Number(*expected),
            got: Number(*got),
            error: Number(*error),
            judged: *basis,
            computed: basis.source(address.stage),
            ulps: None,
            bound: None,
        }
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
        let own = if *judged == Basis::OwnStages { " from its own stages" } else { "" };
        write!(f, " ({stage}{owner}{own}, steps[{step}])")
    }
}
