//! Bounds by sampling: how far rounding alone moves a step (`docs/tolerances.md`).
//!
//! The slow copy runs once in float64 and records which way every fork went. Then it runs [`RUNS`]
//! times with every elementary result off by its rounding at random, along the same ways. The bound
//! of an array is [`MULTIPLE`] times the largest deviation seen, in the measure of its stage.

use super::{Bounds, unit_roundoff};
use crate::basis::Basis;
use crate::compare::{Deviation, compare_step};
use crate::replay::single_steps;
use crate::slow::{self, Fork, Forks, Sampled, Scalar, Session};
use fixtures::{Case, Dtype, Step, StepTrace};
use rayon::prelude::*;

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
    for cut in single_steps(case, &slow::trace::<f64>(case, None)) {
        add::<53>(&mut bounds, &cut, Basis::GoldenState);
        add::<24>(&mut bounds, &cut, Basis::GoldenState);
    }
    add::<53>(&mut bounds, case, Basis::Trajectory);
    let margin = add::<24>(&mut bounds, case, Basis::Trajectory);
    bounds.fork_margin = margin;
    bounds
}

/// Samples the bounds of a long run from some of its steps, each a case of its own, in float64.
#[must_use]
pub fn sample_excerpts(run: &Case, excerpts: &[Case]) -> Bounds {
    let mut bounds = Bounds::new(run);
    for excerpt in excerpts {
        let margin = add::<53>(&mut bounds, excerpt, Basis::GoldenState);
        bounds.fork_margin = [bounds.fork_margin, margin].into_iter().flatten().reduce(f64::min);
    }
    bounds
}

/// A run: its steps, and the forks of each.
type Run = (Vec<StepTrace>, Vec<Vec<Fork>>);

/// Widens the bounds by what `BITS` bits make of a case; the margin of its forks.
fn add<const BITS: u32>(bounds: &mut Bounds, case: &Case, basis: Basis) -> Option<f64> {
    let dtype = if BITS == 24 { Dtype::Float32 } else { Dtype::Float64 };
    let (centre, forks) = run::<f64>(case, None, &f64::new);
    let samples: Vec<Run> = (1..=RUNS)
        .into_par_iter()
        .map(|seed| run(case, Some(&forks), &|x| Sampled::<BITS>::seeded(x, seed)))
        .collect();
    for (steps, _) in &samples {
        for (index, (expected, got)) in centre.iter().zip(steps).enumerate() {
            for deviation in compare_step(case, index, basis, expected, got).deviations {
                if deviation.address.stage.is_count() {
                    continue;
                }
                let bound = MULTIPLE * error(&deviation).max(unit_roundoff(dtype));
                bounds.widen(dtype, basis.mode(), &deviation.address, rounded(bound, f64::ceil));
            }
        }
    }
    fork_margin(&forks, &samples)
}

/// The deviation of a sample.
///
/// An infinite one is no measure: beside nothing but zeros, or where a number stands against none
/// (`0·∞` is NaN, and `0` may be the rest of a cancellation). There only equal values will conform.
fn error(deviation: &Deviation) -> f64 {
    if deviation.error.is_infinite() { 0.0 } else { deviation.error }
}

/// One run of a case, along given forks or its own.
fn run<S: Scalar>(case: &Case, forks: Option<&[Vec<Fork>]>, lift: &dyn Fn(f64) -> S) -> Run {
    let mut session = Session::start(case, None, lift).expect("a valid case");
    let step = |(index, step): (usize, &Step)| {
        let mut forks = match forks {
            Some(forks) => Forks::replay(&forks[index]),
            None => Forks::record(),
        };
        let passes = session.passes(step, &mut forks);
        let trace = session.finish(step, &passes);
        (trace.expect("a valid case has observed what has a gradient"), forks.into_vec())
    };
    case.steps.iter().enumerate().map(step).unzip()
}

/// The smallest margin by which a fork was decided, relative to the layer's scale.
///
/// Forks between values that are equal in every sample are left out: rounding does not decide
/// those, the convention does. `None` without any other.
fn fork_margin(forks: &[Vec<Fork>], samples: &[Run]) -> Option<f64> {
    let mut margin = f64::INFINITY;
    for (step, of_step) in forks.iter().enumerate() {
        for (at, fork) in of_step.iter().enumerate() {
            let tied =
                fork.gap == 0.0 && samples.iter().all(|(_, forks)| forks[step][at].gap == 0.0);
            if !tied {
                margin = margin.min(fork.gap / fork.scale);
            }
        }
    }
    margin.is_finite().then(|| rounded(margin, f64::floor))
}

/// To two significant digits: what a person reads, and a file that does not move.
fn rounded(x: f64, direction: fn(f64) -> f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    let unit = x.log10().floor() as i32 - 1;
    let digits = direction(x / 10_f64.powi(unit));
    format!("{digits}e{unit}").parse().expect("a number")
}
