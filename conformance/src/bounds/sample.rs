//! Bounds by sampling: how far rounding alone moves a step (`docs/tolerances.md`).
//!
//! The slow copy runs once in float64 and records which way every fork went. Then it runs [`RUNS`]
//! times with every elementary result off by its rounding at random, along the same ways. The bound
//! of an array is [`MULTIPLE`] times the largest deviation seen, in the measure of its stage.

use super::{Bounds, margin};
use crate::compare::{Basis, Deviation, compare_step, rounded, single_steps, unit_roundoff};
use crate::slow::{self, Spread};
use fixtures::{Case, Dtype, StepTrace};

/// How often a case is run with perturbed results.
pub const RUNS: u64 = 32;

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
        add(&mut bounds, &cut, Dtype::Float64, Basis::GoldenState);
        add(&mut bounds, &cut, Dtype::Float32, Basis::GoldenState);
    }
    add(&mut bounds, case, Dtype::Float64, Basis::Trajectory);
    bounds.fork_margin = add(&mut bounds, case, Dtype::Float32, Basis::Trajectory);
    bounds
}

/// Samples the bounds of a long run from some of its steps, each a case of its own, in float64.
#[must_use]
pub fn sample_excerpts(run: &Case, excerpts: &[Case]) -> Bounds {
    let mut bounds = Bounds::new(run);
    for excerpt in excerpts {
        let margin = add(&mut bounds, excerpt, Dtype::Float64, Basis::GoldenState);
        bounds.fork_margin = [bounds.fork_margin, margin].into_iter().flatten().reduce(f64::min);
    }
    bounds
}

/// Widens the bounds by what rounding in a dtype makes of a case; the margin of its forks.
fn add(bounds: &mut Bounds, case: &Case, dtype: Dtype, basis: Basis) -> Option<f64> {
    let spread = Spread::of(case, case.steps.len(), &[], dtype, RUNS);
    for (sample, _) in &spread.samples {
        widen(bounds, case, (dtype, basis, MULTIPLE), &spread.centre.0, sample);
    }
    margin::smallest(&spread)
}

/// Widens the bounds in a dtype to a multiple of the deviations of a sample, and to [`MULTIPLE`]
/// roundings at least.
pub(crate) fn widen(
    bounds: &mut Bounds,
    case: &Case,
    (dtype, basis, multiple): (Dtype, Basis, f64),
    centre: &[StepTrace],
    sample: &[StepTrace],
) {
    for (index, (expected, got)) in centre.iter().zip(sample).enumerate() {
        for deviation in compare_step(case, index, basis, expected, got).deviations {
            if deviation.address.stage.is_count() {
                continue;
            }
            let least = MULTIPLE * unit_roundoff(dtype);
            let bound = (multiple * error(&deviation)).max(least);
            bounds.widen(dtype, basis.mode(), &deviation.address, rounded(bound, f64::ceil));
        }
    }
}

/// The deviation of a sample.
///
/// An infinite one is no measure: beside nothing but zeros, or where a number stands against none
/// (`0·∞` is NaN, and `0` may be the rest of a cancellation). There only equal values will conform.
fn error(deviation: &Deviation) -> f64 {
    if deviation.error.is_infinite() { 0.0 } else { deviation.error }
}
