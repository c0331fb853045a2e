//! Bounds by sampling: how far rounding alone moves a step (`docs/tolerances.md`).
//!
//! The slow copy runs once in float64 and records which way every fork went. Then it runs [`RUNS`]
//! times with every elementary result off by its rounding at random, along the same ways. The bound
//! of an array is [`MULTIPLE`] times the largest deviation seen, in the measure of its stage.

use super::margin;
use super::table::{Bounds, ByStage};
use crate::compare::{
    Basis, CaseStep, Deviation, ReplayMode, StepComparison, rounded, single_steps, unit_roundoff,
};
use fixtures::{Case, Dtype, StepTrace};
use slow::Spread;

/// How often a case is run with perturbed results.
pub const RUNS: u64 = 32;

/// So few samples tell whether an error is far beyond what all will say: where it is [`FAR`] times
/// the bound of these, their largest deviation would have to be a 64th of that of all.
pub(crate) const FEW: u64 = 8;

/// See [`FEW`].
pub(crate) const FAR: f64 = 64.0;

/// A bound is this many times the largest deviation of a sample.
///
/// The golden trace is itself as far from the truth as a sample, and so is a subject; an order of
/// summation, or a function of a library, may be worse than any sample by a small factor.
pub const MULTIPLE: f64 = 16.0;

/// Samples the bounds of a case: in both dtypes, for single steps and for the whole trajectory.
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn sample(case: &Case) -> Bounds {
    let mut bounds = Bounds::new(case);
    for cut in single_steps(case, &slow::trace::<f64>(case, &slow::Definition)) {
        add(&mut bounds, &cut, Dtype::Float64, ReplayMode::Forced);
        add(&mut bounds, &cut, Dtype::Float32, ReplayMode::Forced);
    }
    add(&mut bounds, case, Dtype::Float64, ReplayMode::Free);
    bounds.fork_margin = add(&mut bounds, case, Dtype::Float32, ReplayMode::Free);
    bounds
}

/// Samples the bounds of a long run from some of its steps, each a case of its own, in float64.
#[must_use]
pub fn sample_excerpts(run: &Case, excerpts: &[Case]) -> Bounds {
    let mut bounds = Bounds::new(run);
    for excerpt in excerpts {
        let margin = add(&mut bounds, excerpt, Dtype::Float64, ReplayMode::Forced);
        bounds.fork_margin = [bounds.fork_margin, margin].into_iter().flatten().reduce(f64::min);
    }
    bounds
}

/// Widens the bounds by what rounding in a dtype makes of a case; the margin of its forks.
fn add(bounds: &mut Bounds, case: &Case, dtype: Dtype, mode: ReplayMode) -> Option<f64> {
    let spread = Spread::of(case, case.steps.len(), &[], dtype, RUNS);
    let stages = bounds.stages(dtype, mode);
    for (sample, _) in &spread.samples {
        widen(stages, case, dtype, MULTIPLE, &spread.centre.0, sample);
    }
    margin::smallest(&spread)
}

/// Widens the bounds in a dtype to a multiple of the deviations of a sample, and to [`least`].
pub(super) fn widen(
    bounds: &mut ByStage,
    case: &Case,
    dtype: Dtype,
    multiple: f64,
    centre: &[StepTrace],
    sample: &[StepTrace],
) {
    for (index, (expected, got)) in centre.iter().zip(sample).enumerate() {
        let step = CaseStep::of(case, index);
        // Which state the step begins in is all the same to a comparison.
        let compared = StepComparison::of(step, Basis::GoldenState, expected, got);
        for deviation in compared.deviations {
            if !deviation.address.stage.is_count() {
                let bound = (multiple * error(&deviation)).max(MULTIPLE * unit_roundoff(dtype));
                bounds.widen(&deviation.address, rounded(bound, f64::ceil));
            }
        }
    }
}

/// The smallest bound that a sample gives: [`MULTIPLE`] roundings.
pub(super) fn least(dtype: Dtype) -> f64 {
    rounded(MULTIPLE * unit_roundoff(dtype), f64::ceil)
}

/// The deviation of a sample.
///
/// An infinite one is no measure: beside nothing but zeros, or where a number stands against none
/// (`0·∞` is NaN, and `0` may be the rest of a cancellation). There only equal values will conform.
fn error(deviation: &Deviation) -> f64 {
    if deviation.error.is_infinite() { 0.0 } else { deviation.error }
}
