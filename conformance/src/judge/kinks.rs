//! Searches the open kinks of a step for the sides that a trace took.
//!
//! At a kink, a ReLU's input near 0 or a maximum near a tie, rounding decides which way a step
//! goes. What the forwards compute is the same on both sides but for that rounding; the gradients
//! are not, and either side's are right. Where a step's forwards conform and its gradients diverge,
//! the slow copy computes it anew with the open kinks taken on the other side. A kink is open if
//! rounding in the subject's dtype can bridge its gap. A tie that every rounding leaves a tie is
//! not: there the convention decides.

use crate::bounds::{BoundSource, FAR, FEW, MULTIPLE, RUNS};
use crate::compare::{Basis, CaseStep, Deviation, Judged, Stage, StepComparison};
use fixtures::{Dtype, StepTrace};
use slow::{Definition, Flips, Fork, Forks, Session, Spread};
use std::collections::BTreeSet;
use std::fmt;

/// Up to so many open kinks, all combinations of sides are tried.
const ALL_COMBINATIONS: usize = 6;

/// A step whose expected values were computed with kinks on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The step, counted from 0 as in the file.
    pub step: usize,
    /// How many kinks of the step are open.
    pub open: usize,
    /// How many of them the trace takes on another side than the slow copy in float64. 0 where it
    /// is the expected trace that does.
    pub crossed: usize,
}

/// A step of a trace that looks for the side it is on.
#[derive(Clone, Copy)]
pub(crate) struct Trial<'t> {
    pub step: CaseStep<'t>,
    pub basis: Basis,
    pub dtype: Dtype,
    pub got: &'t StepTrace,
}

/// How a step fits what is expected of it.
pub(crate) struct Fit {
    /// The stages beyond their bounds.
    failing: BTreeSet<Stage>,
    /// Whether every gradient could be compared.
    has_gradients: bool,
    /// What was compared.
    deviations: Vec<Deviation>,
}

impl Fit {
    /// Whether every stage conforms.
    pub fn conforms(&self) -> bool {
        self.failing.is_empty()
    }

    /// Whether everything that is the same on both sides of a kink conforms.
    pub fn forwards_conform(&self) -> bool {
        let sides_differ = |stage: &Stage| *stage >= Stage::Gradient;
        // A unit that only the kink wakes has a statistic on one side, and none on the other.
        let noticed = |stage: &Stage| matches!(stage, Stage::Ema | Stage::Scale);
        self.failing.iter().all(|stage| sides_differ(stage) || noticed(stage))
    }

    /// Whether the gradients conform; where they are not told, what is computed from them.
    pub fn gradients_conform(&self) -> bool {
        let shows = |stage: &Stage| match stage {
            Stage::Gradient | Stage::PlainGradients => true,
            Stage::Momentum | Stage::Update | Stage::Parameters => !self.has_gradients,
            _ => false,
        };
        !self.failing.iter().any(shows)
    }

    /// Whether this is the side that the trace is on.
    fn is_the_side(&self) -> bool {
        self.forwards_conform() && self.gradients_conform()
    }

    /// How far the gradients and their averages are off, as multiples of their bounds, added up.
    fn distance(&self, trial: &Trial, bounds: &dyn BoundSource) -> f64 {
        let shows =
            |stage| matches!(stage, Stage::Gradient | Stage::PlainGradients | Stage::Momentum);
        let of_gradients = self.deviations.iter().filter(|it| shows(it.address.stage));
        let ratio = |deviation: &Deviation| {
            let bound = bounds.bound(trial.dtype, trial.basis.mode(), &deviation.address)?;
            Some(Judged::new(deviation.clone(), bound, trial.dtype).ratio())
        };
        of_gradients.filter_map(ratio).sum()
    }
}

impl Trial<'_> {
    /// How the step fits what is expected of it.
    pub fn fit(&self, expected: &StepTrace, bounds: &dyn BoundSource) -> Fit {
        let compared = StepComparison::of(self.step, self.basis, expected, self.got);
        let told = |stage| !compared.not_judged.contains(stage);
        let has_gradients = [Stage::Gradient, Stage::PlainGradients].iter().all(told);
        let conforms = |Deviation { address, error, .. }: &Deviation| {
            let bound = bounds.deciding(self.dtype, self.basis.mode(), address, *error);
            bound.is_none_or(|bound| *error <= bound)
        };
        let failing = compared.deviations.iter().filter(|deviation| !conforms(deviation));
        let failing = failing.map(|deviation| deviation.address.stage).collect();
        Fit { failing, has_gradients, deviations: compared.deviations }
    }

    /// The side on which forwards and gradients conform, if there is one; `sides` are those of the
    /// steps before. What the optimizer makes of them may still be wrong.
    pub fn other_side(
        &self,
        sides: &[Flips],
        bounds: &dyn BoundSource,
    ) -> Option<(Flips, Crossing)> {
        let open = self.open_kinks(sides);
        if open.is_empty() {
            return None;
        }
        let (start, CaseStep { case, index, number }) = (self.before(sides), self.step);
        let fit = |flips: &Flips| {
            let mut forks = Forks::record().flipping(flips.clone());
            self.fit(&start.clone().step(&case.steps[index], &mut forks), bounds)
        };
        let flips = if open.len() <= ALL_COMBINATIONS {
            by_combinations(&open, fit)
        } else {
            by_descent(&open, fit, |fit| fit.distance(self, bounds))
        }?;
        let crossing = Crossing { step: number, open: open.len(), crossed: flips.len() };
        Some((flips, crossing))
    }

    /// The slow copy before the step.
    fn before(&self, sides: &[Flips]) -> Session<'_, f64> {
        let CaseStep { case, index, .. } = self.step;
        let mut session = Session::start(case, &Definition, &|x| x).expect("a valid case");
        for (step, flips) in case.steps[..index].iter().zip(sides) {
            session.step(step, &mut Forks::record().flipping(flips.clone()));
        }
        session
    }

    /// The step's forks whose gap is smaller than the bound of its rounding: [`MULTIPLE`] times the
    /// largest deviation of the gap in a sample.
    fn open_kinks(&self, sides: &[Flips]) -> Vec<usize> {
        let near = self.kinks_within(FAR * MULTIPLE, sides, FEW);
        if near.is_empty() { near } else { self.kinks_within(MULTIPLE, sides, RUNS) }
    }

    /// The forks whose gap is smaller than `multiple` of its largest deviation in so many samples.
    fn kinks_within(&self, multiple: f64, sides: &[Flips], runs: u64) -> Vec<usize> {
        let CaseStep { case, index, .. } = self.step;
        let spread = Spread::of(case, index + 1, sides, self.dtype, runs);
        let gaps = |forks: &[Vec<Fork>]| forks[index].iter().map(|fork| fork.gap).collect();
        let centre: Vec<f64> = gaps(&spread.centre.1);
        let samples: Vec<Vec<f64>> = spread.samples.iter().map(|(_, forks)| gaps(forks)).collect();
        let within = |&at: &usize| {
            let moved = samples.iter().map(|gaps| (gaps[at] - centre[at]).abs());
            // Less, never equal: what no rounding moves from a tie is decided by the convention.
            centre[at] < multiple * moved.fold(0.0, f64::max)
        };
        (0..centre.len()).filter(within).collect()
    }
}

/// The smallest combination of open kinks that explains the step.
fn by_combinations(open: &[usize], fit: impl Fn(&Flips) -> Fit) -> Option<Flips> {
    let mut masks: Vec<usize> = (0..1 << open.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let chosen = |mask: usize| -> Flips {
        let bits = open.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
        bits.map(|(_, &at)| at).collect()
    };
    masks.into_iter().map(chosen).find(|flips| fit(flips).is_the_side())
}

/// One kink after another, each time the one that brings the step nearest to the trace.
fn by_descent(
    open: &[usize],
    fit: impl Fn(&Flips) -> Fit,
    distance: impl Fn(&Fit) -> f64,
) -> Option<Flips> {
    let mut flips = Flips::new();
    let mut here = fit(&flips);
    while !here.is_the_side() {
        let next = open.iter().filter(|at| !flips.contains(at)).map(|&at| {
            let mut flips = flips.clone();
            flips.insert(at);
            let there = fit(&flips);
            (distance(&there), there, flips)
        });
        let (nearest, there, with) = next.min_by(|(a, ..), (b, ..)| a.total_cmp(b))?;
        if !(nearest < distance(&here)) {
            return None;
        }
        (here, flips) = (there, with);
    }
    Some(flips)
}

/// `steps[3]: 1 of 2 open kinks taken on the other side`.
impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Crossing { step, open, crossed } = self;
        write!(f, "steps[{step}]: {crossed} of {open} open kinks taken on the other side")
    }
}
