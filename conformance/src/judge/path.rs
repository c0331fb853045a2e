//! What is expected of a trace from one state on, along the sides of kinks that it took so far.

use super::kinks::{Crossing, Trial};
use crate::bounds::{BoundSource, Origin, RUNS, Widened};
use fixtures::StepTrace;
use slow::{Flips, Spread};
use std::borrow::Cow;

/// What is expected of a trace from one state on, along the sides that it took so far.
pub(crate) struct Path<'e> {
    expected: Cow<'e, [StepTrace]>,
    bounds: Widened<'e>,
    /// The kinks taken on the other side, of every step so far.
    sides: Vec<Flips>,
    /// Whether a step diverges on every side; no later one can tell its side then.
    lost: bool,
}

impl<'e> Path<'e> {
    /// On the sides that `expected` took, the steps of a case from its start.
    pub fn new(expected: &'e [StepTrace], bounds: &'e dyn BoundSource) -> Self {
        let (expected, bounds) = (Cow::Borrowed(expected), Widened::from(bounds));
        Self { expected, bounds, sides: Vec::new(), lost: false }
    }

    /// What is expected of a step.
    pub fn expected(&self, step: usize) -> &StepTrace {
        &self.expected[step]
    }

    /// How far the trace may lie from that.
    pub fn bounds(&self) -> &dyn BoundSource {
        &self.bounds
    }

    /// Goes on to the next step, on another side from here on if the trace is.
    pub fn follow(&mut self, trial: &Trial) -> Option<Crossing> {
        let fit = trial.fit(self.expected(trial.step.index), &self.bounds);
        let is_slow = self.bounds.origin() == Origin::Estimated;
        let may_be_elsewhere =
            fit.forwards_conform() && !fit.gradients_conform() && !self.lost && !is_slow;
        let side = may_be_elsewhere.then(|| trial.other_side(&self.sides, &self.bounds)).flatten();
        self.lost |= side.is_none() && !fit.conforms();
        let (flips, crossing) = side.unzip();
        self.sides.push(flips.unwrap_or_default());
        if crossing.is_some() {
            self.cross(trial);
        }
        crossing
    }

    /// Expects what the slow copy computes on this side. The bounds grow by samples along it: of
    /// a unit that only the kink wakes, every value is rounding.
    fn cross(&mut self, trial: &Trial) {
        let (case, dtype) = (trial.step.case, trial.dtype);
        let spread = Spread::of(case, case.steps.len(), &self.sides, dtype, RUNS);
        self.bounds.widen(case, dtype, trial.basis.mode(), &spread);
        self.expected = spread.centre.0.into();
    }
}
