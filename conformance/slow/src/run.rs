//! Runs of a case along given sides of its kinks: in a scalar's precision, and spread by rounding.

use crate::adaact::clauses::Definition;
use crate::compiled::Compiled;
use crate::network::forks::{Flips, Fork, Forks};
use crate::sampled::Sampled;
use crate::session::Session;
use fixtures::{Case, Dtype, Step, StepTrace};
use rayon::prelude::*;

/// What a run leaves behind: its steps, and the forks of each.
pub type Run = (Vec<StepTrace>, Vec<Vec<Fork>>);

/// Runs the first `steps` steps of a case, each along the forks that `forks` gives for its index.
///
/// # Panics
/// If the case is not valid, or the forks are those of another.
pub fn run<S: Compiled>(
    case: &Case,
    steps: usize,
    forks: &dyn Fn(usize) -> Forks,
    lift: &dyn Fn(f64) -> S,
) -> Run {
    let mut session = Session::start(case, &Definition, lift).expect("a valid case");
    let step = |(index, step): (usize, &Step)| {
        let mut forks = forks(index);
        (session.step(step, &mut forks), forks.into_vec())
    };
    case.steps[..steps].iter().enumerate().map(step).unzip()
}

/// A run in float64, and what rounding makes of it.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The run in float64.
    pub centre: Run,
    /// The same with every result off by its rounding, at random, each along the same ways.
    pub samples: Vec<Run>,
}

impl Spread {
    /// Runs the first `steps` steps of a case once in float64 and `runs` times with the rounding of
    /// `dtype`. `sides` are the kinks that are taken on the other side, by step; none in steps
    /// beyond.
    ///
    /// # Panics
    /// If the case is not valid.
    #[must_use]
    pub fn of(case: &Case, steps: usize, sides: &[Flips], dtype: Dtype, runs: u64) -> Self {
        let centre = centre(case, steps, sides);
        let samples = (1..=runs).into_par_iter();
        let samples = samples.map(|seed| sample(case, sides, &centre, dtype, seed)).collect();
        Self { centre, samples }
    }
}

/// The first `steps` steps of a case in float64, along the other side of the kinks in `sides`, by
/// step; none in steps beyond.
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn centre(case: &Case, steps: usize, sides: &[Flips]) -> Run {
    let forks = |index| Forks::record().flipping(flips(sides, index));
    run::<f64>(case, steps, &forks, &|x| x)
}

/// The same run as `centre` with every result off by its rounding in `dtype`, at random.
///
/// # Panics
/// If the case is not valid, or the centre is that of another.
#[must_use]
pub fn sample(case: &Case, sides: &[Flips], centre: &Run, dtype: Dtype, seed: u64) -> Run {
    let steps = centre.0.len();
    let forks = |index: usize| Forks::replay(&centre.1[index]).flipping(flips(sides, index));
    match dtype {
        Dtype::Float64 => run(case, steps, &forks, &|x| Sampled::<53>::seeded(x, seed)),
        Dtype::Float32 => run(case, steps, &forks, &|x| Sampled::<24>::seeded(x, seed)),
    }
}

fn flips(sides: &[Flips], step: usize) -> Flips {
    sides.get(step).cloned().unwrap_or_default()
}
