//! Bounds of a case that is too large to sample (`docs/tolerances.md`).
//!
//! The reference runs once as the case has it, and is held beside honest ways to compute the same:
//! [`WAYS`] times itself, with every parameter moved by a unit in its last place, up or down at
//! random, and the samples of every batch in another order; and the slow copy, which adds up one by
//! one, as libtorch does in the statistics of a batch. The bound of an array is a multiple of the
//! largest deviation seen: [`MOVED`] or, of the slow copy, [`MULTIPLE`].

use super::sample::{MULTIPLE, widen};
use super::shuffle::{Orders, restore, shuffled};
use super::table::Bounds;
use crate::compare::{ReplayMode, single_steps};
use anyhow::Result;
use fixtures::model::multiply_adds;
use fixtures::{Case, Dtype, Mode, StepTrace, Trace};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// In how many other ways a case is run.
pub const WAYS: u64 = 8;

/// The multiple of what moves with the parameters' last places: four times that of samples, since
/// this moves an array by a quarter to a half of what rounding every single result does
/// (`tests/large.rs`).
const MOVED: f64 = 4.0 * MULTIPLE;

/// A case with more products than this, over all forwards and backwards, is large: samples of it
/// take more than half a minute.
const LARGE: usize = 50_000_000;

/// Whether a case is too large for whatever the slow copy does with it.
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn is_large(case: &Case) -> bool {
    let forwards = case.steps.iter().flat_map(|step| &step.forwards);
    let products = forwards.map(|forward| {
        let products = multiply_adds(&case.model, &forward.input.shape, forward.mode);
        // A backward takes two products for every one of the forward.
        let passes = if forward.mode == Mode::Train { 3 } else { 1 };
        products.expect("a valid case").saturating_mul(passes)
    });
    products.fold(0, usize::saturating_add) > LARGE
}

/// Estimates the bounds of a case, in float64: for single steps and for the whole trajectory.
///
/// # Errors
/// If the reference refuses the case.
pub fn estimate(case: &Case) -> Result<Bounds> {
    let mut bounds = Bounds::none(case);
    let ways = Ways::of(case)?;
    ways.widen(&mut bounds, case, ReplayMode::Free);
    if case.steps.len() == 1 {
        ways.widen(&mut bounds, case, ReplayMode::Forced);
        return Ok(bounds);
    }
    for cut in single_steps(case, &ways.given) {
        Ways::of(&cut)?.widen(&mut bounds, &cut, ReplayMode::Forced);
    }
    Ok(bounds)
}

/// The steps of a case, computed in ways that differ by rounding.
struct Ways {
    given: Trace,
    moved: Vec<Vec<StepTrace>>,
    one_by_one: Vec<StepTrace>,
}

impl Ways {
    fn of(case: &Case) -> Result<Self> {
        std::thread::scope(|scope| {
            // This takes by far the longest, on one core.
            let one_by_one = scope.spawn(|| slow::trace::<f64>(case, &slow::Definition).steps);
            let given = reference::trace(case)?;
            let moved = (1..=WAYS).map(|seed| other_way(case, seed)).collect::<Result<_>>()?;
            let one_by_one =
                one_by_one.join().expect("the slow copy takes what the reference does");
            Ok(Self { given, moved, one_by_one })
        })
    }

    fn widen(&self, bounds: &mut Bounds, case: &Case, mode: ReplayMode) {
        let bounds = bounds.stages(Dtype::Float64, mode);
        let moved = self.moved.iter().map(|steps| (steps, MOVED));
        for (steps, multiple) in moved.chain([(&self.one_by_one, MULTIPLE)]) {
            widen(bounds, case, Dtype::Float64, multiple, &self.given.steps, steps);
        }
    }
}

fn other_way(case: &Case, seed: u64) -> Result<Vec<StepTrace>> {
    let orders = Orders::draw(case, seed);
    let mut case = shuffled(case, &orders);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for value in case.parameters.values_mut().flat_map(|tensor| &mut tensor.data) {
        *value *= if random.random() { 1.0 + f64::EPSILON } else { 1.0 - f64::EPSILON };
    }
    let mut steps = reference::trace(&case)?.steps;
    restore(&mut steps, &orders);
    Ok(steps)
}
