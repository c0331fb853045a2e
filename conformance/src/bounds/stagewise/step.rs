//! One step judged by its own stages: of every array, the element that is worst against its bound.

use super::equations::Derived;
use super::precision::Precision;
use super::stages::Stages;
use crate::compare::{
    Address, Array, Basis, Before, CaseStep, Deviation, Judged, Stage, addresses,
};
use fixtures::model;
use fixtures::{Dtype, StepTrace};
use std::collections::{BTreeMap, BTreeSet};

/// The stages that have a formula of their own, in the order of report.
pub const STAGES: [Stage; 5] =
    [Stage::Ema, Stage::Scale, Stage::Momentum, Stage::Update, Stage::Parameters];

/// One step of a trace, judged stage by stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stagewise {
    /// By array, the element that is worst against its bound.
    pub judged: BTreeMap<Address, Judged>,
    /// Stages of which an array, or what it comes from, is left out.
    pub not_judged: BTreeSet<Stage>,
}

/// Judges one step of a trace that fits the case.
pub(crate) fn judge_step(
    step: CaseStep,
    before: &Before,
    got: &StepTrace,
    dtype: Dtype,
) -> Stagewise {
    let precision = Precision::of(dtype);
    let layers = model::preconditioned(&step.case.model);
    let stages = Stages::of(step, &layers, before, got, precision);
    let mut found = Stagewise::default();
    for address in addresses(step.case, step.index) {
        if !STAGES.contains(&address.stage) {
            continue;
        }
        let (Some(derived), Some(got)) = (stages.derive(&address), address.find(got)) else {
            found.not_judged.insert(address.stage);
            continue;
        };
        let worst = worst(&derived, &got.values, &precision);
        if let Some((at, error)) = worst {
            let deviation = deviation(step.number, address.clone(), &got, &derived[at], at, error);
            found.judged.insert(address, Judged::new(deviation, derived[at].allowed(), dtype));
        }
    }
    found
}

fn deviation(
    step: usize,
    address: Address,
    got: &Array,
    derived: &Derived,
    at: usize,
    error: f64,
) -> Deviation {
    Deviation {
        step,
        basis: Basis::OwnStages,
        index: got.index(at),
        expected: derived.expected,
        got: got.values[at],
        error,
        address,
    }
}

/// The element that is worst against its bound, and its `|got − expected|`.
pub(super) fn worst(
    derived: &[Derived],
    got: &[f64],
    precision: &Precision,
) -> Option<(usize, f64)> {
    let error = |derived: &Derived, got: f64| {
        let Derived { expected, bound } = *derived;
        if got == expected || (got.is_nan() && expected.is_nan()) {
            return 0.0;
        }
        // What is too large for the dtype is infinite there.
        let overflows = expected.abs() + bound > precision.largest;
        if overflows && got.is_infinite() && got.signum() == expected.signum() {
            return 0.0;
        }
        let error = (got - expected).abs();
        if error.is_nan() { f64::INFINITY } else { error }
    };
    let ratio = |at: usize, error: f64| match error {
        0.0 => 0.0,
        error => error / derived[at].allowed(),
    };
    let errors = derived.iter().zip(got).map(|(derived, &got)| error(derived, got)).enumerate();
    errors.reduce(
        |worst, next| {
            if ratio(next.0, next.1) > ratio(worst.0, worst.1) { next } else { worst }
        },
    )
}
