//! One step of a trace against the expected one, array by array, in the order of report.

use super::address::{Address, addresses};
use super::basis::Basis;
use super::stage::{Measure, Stage};
use super::step::CaseStep;
use fixtures::{Case, StepTrace, model};
use std::collections::BTreeSet;
use std::fmt;

/// The largest deviation within one array.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// Which step, counted from 0 as in the file.
    pub step: usize,
    /// Which array of the step.
    pub address: Address,
    /// What the expected value was computed from.
    pub basis: Basis,
    /// Where in the array, one index per axis.
    pub index: Vec<usize>,
    /// The value expected there.
    pub expected: f64,
    /// The value got there.
    pub got: f64,
    /// The deviation: in the stage's measure; stage by stage, `|got − expected|`.
    pub error: f64,
}

/// What the comparison of one step saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepComparison {
    /// One entry per array that both traces have, in the order of report.
    pub deviations: Vec<Deviation>,
    /// Stages of which an array is missing in one of the traces.
    pub not_judged: BTreeSet<Stage>,
}

/// Compares one step of two traces that fit the case (`fixtures::Trace::fits`); `basis` says what
/// `expected` was computed from.
#[must_use]
pub fn compare_step(
    case: &Case,
    step: usize,
    basis: Basis,
    expected: &StepTrace,
    got: &StepTrace,
) -> StepComparison {
    StepComparison::of(CaseStep::of(case, step), basis, expected, got)
}

impl StepComparison {
    /// Compares a step under its number; see [`compare_step`].
    pub(crate) fn of(step: CaseStep, basis: Basis, expected: &StepTrace, got: &StepTrace) -> Self {
        let mut found = Self::default();
        for compared in deviations(step, basis, expected, got) {
            match compared {
                Ok(deviation) => found.deviations.push(deviation),
                Err(missing) => drop(found.not_judged.insert(missing)),
            }
        }
        found
    }
}

/// The arrays of a step in the order of report, each compared when it is asked for: its largest
/// deviation, or the stage of an array that one of the traces lacks.
pub(crate) fn deviations<'s>(
    step: CaseStep<'s>,
    basis: Basis,
    expected: &'s StepTrace,
    got: &'s StepTrace,
) -> impl Iterator<Item = Result<Deviation, Stage>> + 's {
    let compare = move |address: Address| {
        let (Some(e), Some(g)) = (address.find(expected), address.find(got)) else {
            return Some(Err(address.stage));
        };
        let measure = address.stage.measure();
        let columns = input_columns(step.case, measure, &address);
        let largest = measure.largest(&e.values, &g.values, columns)?;
        Some(Ok(Deviation {
            step: step.number,
            basis,
            index: e.index(largest.at),
            expected: e.values[largest.at],
            got: g.values[largest.at],
            error: largest.error,
            address,
        }))
    };
    addresses(step.case, step.index).into_iter().filter_map(compare)
}

/// Which entries of a mean square are input columns: all but a bias's trailing 1 (S5).
fn input_columns(case: &Case, measure: Measure, address: &Address) -> impl Fn(usize) -> bool {
    let bias_every = (measure == Measure::OfInputs)
        .then(|| model::preconditioned(&case.model))
        .into_iter()
        .flatten()
        .find(|layer| layer.name == address.name && layer.bias())
        .map(|layer| layer.columns());
    move |j| bias_every.is_none_or(|columns| j % columns != columns - 1)
}

/// `steps[2], layer fc1, stage scale, index [3]`.
impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Deviation { step, address, index, .. } = self;
        write!(f, "steps[{step}], ")?;
        match address.stage {
            Stage::Outputs | Stage::Losses | Stage::Step => {}
            Stage::Buffers => write!(f, "buffer {}, ", address.name)?,
            Stage::PlainGradients | Stage::Parameters => write!(f, "parameter {}, ", address.name)?,
            _ => write!(f, "layer {}, ", address.name)?,
        }
        write!(f, "stage {}", address.stage)?;
        match (address.stage, address.occurrence) {
            (Stage::MeanSquare, Some(nth)) => write!(f, ", observation {nth}")?,
            (_, Some(nth)) => write!(f, ", forward {nth}")?,
            (_, None) => {}
        }
        if !index.is_empty() {
            write!(f, ", index {index:?}")?;
        }
        Ok(())
    }
}
