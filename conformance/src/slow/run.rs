//! Runs of a case along given ways: one in a scalar's precision, or samples of rounding.

use super::{Fork, Forks, Sampled, Scalar, Session};
use fixtures::{Case, Dtype, Step, StepTrace};
use rayon::prelude::*;

/// What a run leaves behind: its steps, and the forks of each.
pub type Run = (Vec<StepTrace>, Vec<Vec<Fork>>);

/// Runs the first `steps` steps of a case, each along the forks that `forks` gives for its index.
///
/// # Panics
/// If the case is not valid, or the forks are those of another.
pub fn run<S: Scalar>(
    case: &Case,
    steps: usize,
    forks: impl Fn(usize) -> Forks,
    lift: &dyn Fn(f64) -> S,
) -> Run {
    let mut session = Session::start(case, None, lift).expect("a valid case");
    let step = |(index, step): (usize, &Step)| {
        let mut forks = forks(index);
        (session.step(step, &mut forks), forks.into_vec())
    };
    case.steps[..steps].iter().enumerate().map(step).unzip()
}

/// `runs` runs in which every result is off by its rounding in `dtype`, at random, all along the
/// same ways: those of the first steps of a case, as many as `forks` has.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn samples(case: &Case, forks: &[Vec<Fork>], dtype: Dtype, runs: u64) -> Vec<Run> {
    match dtype {
        Dtype::Float64 => samples_of::<53>(case, forks, runs),
        Dtype::Float32 => samples_of::<24>(case, forks, runs),
    }
}

fn samples_of<const BITS: u32>(case: &Case, forks: &[Vec<Fork>], runs: u64) -> Vec<Run> {
    let replay = |index: usize| Forks::replay(&forks[index]);
    let sample = |seed| {
        let lift = |x| Sampled::<BITS>::seeded(x, seed);
        run(case, forks.len(), replay, &lift)
    };
    (1..=runs).into_par_iter().map(sample).collect()
}
