//! How far a case stays away from the points where a derivative jumps.

use crate::compare::rounded;
use fixtures::{Case, Dtype};
use slow::Spread;

/// Enough samples to tell a tie from a fork that rounding decides.
const RUNS: u64 = 4;

/// The smallest margin by which a ReLU or a maximum of a case was decided, over the whole
/// trajectory and relative to the largest input of its layer, rounded down to two digits.
///
/// Where rounding decides nothing, because all values are equal in every sample, the convention
/// does, and such a fork is left out. `None` without any other.
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn fork_margin(case: &Case) -> Option<f64> {
    smallest(&Spread::of(case, case.steps.len(), &[], Dtype::Float32, RUNS))
}

/// The smallest margin of the forks of a run.
pub(super) fn smallest(spread: &Spread) -> Option<f64> {
    let (forks, samples) = (&spread.centre.1, &spread.samples);
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
