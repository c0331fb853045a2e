//! Kinks that a trace takes on the other side.
//!
//! At a kink, a ReLU's input near 0 or a maximum near a tie, rounding decides which way a step
//! goes. What the forwards compute is the same on both sides but for that rounding; the gradients
//! are not, and either side's are right. Where a step's forwards conform and its gradients diverge,
//! the slow copy computes it anew with the open kinks taken on the other side. A kink is open if
//! rounding in the subject's dtype can bridge its gap. A tie that every rounding leaves a tie is
//! not: there the convention decides.

use crate::bounds::{Bounds, MULTIPLE, Origin, RUNS, widen};
use crate::compare::{Basis, Judged, Stage, compare_step};
use crate::slow::{Definition, Flips, Fork, Forks, Session, Spread};
use fixtures::{Case, Dtype, StepTrace};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Where so few of the samples leave every gap this far from its rounding, the others are not taken:
/// their largest deviation would have to be 64 times that of these.
const FEW: u64 = 8;
const FAR: f64 = 64.0 * MULTIPLE;

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
    pub case: &'t Case,
    /// Which step of the case.
    pub step: usize,
    pub basis: Basis,
    pub dtype: Dtype,
    pub got: &'t StepTrace,
}

/// What is expected of a trace from one state on, along the sides that it took so far.
pub(crate) struct Path<'e> {
    expected: Cow<'e, [StepTrace]>,
    bounds: Cow<'e, Bounds>,
    /// The kinks taken on the other side, of every step so far.
    sides: Vec<Flips>,
    /// Whether a step diverges on every side; no later one can tell its side then.
    lost: bool,
}

impl<'e> Path<'e> {
    /// On the sides that `expected` took, the steps of a case from its start.
    pub fn new(expected: &'e [StepTrace], bounds: &'e Bounds) -> Self {
        let (expected, bounds) = (Cow::Borrowed(expected), Cow::Borrowed(bounds));
        Self { expected, bounds, sides: Vec::new(), lost: false }
    }

    /// What is expected of a step.
    pub fn expected(&self, step: usize) -> &StepTrace {
        &self.expected[step]
    }

    /// How far the trace may lie from that.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Goes on to the next step, on another side from here on if the trace is.
    pub fn follow(&mut self, trial: &Trial) -> Option<Crossing> {
        let fit = trial.fit(self.expected(trial.step), &self.bounds);
        let is_slow = self.bounds.origin == Origin::Estimated;
        let may_be_elsewhere =
            fit.forwards_conform() && !fit.gradients_conform() && !self.lost && !is_slow;
        let side = may_be_elsewhere.then(|| trial.other_side(&self.sides, &self.bounds)).flatten();
        self.lost |= side.is_none() && !fit.failing.is_empty();
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
        let Trial { case, basis, dtype, .. } = *trial;
        let spread = Spread::of(case, case.steps.len(), &self.sides, dtype, RUNS);
        for (sample, _) in &spread.samples {
            let kind = (dtype, basis, MULTIPLE);
            widen(self.bounds.to_mut(), case, kind, &spread.centre.0, sample);
        }
        self.expected = spread.centre.0.into();
    }
}

/// How a step fits what is expected of it.
struct Fit {
    /// The stages beyond their bounds.
    failing: BTreeSet<Stage>,
    /// Whether every gradient could be compared.
    has_gradients: bool,
    /// How far the gradients and their averages are off, as multiples of their bounds, added up.
    distance: f64,
}

impl Fit {
    /// Whether everything that is the same on both sides of a kink conforms.
    fn forwards_conform(&self) -> bool {
        let sides_differ = |stage: &Stage| *stage >= Stage::Gradient;
        // A unit that only the kink wakes has a statistic on one side, and none on the other.
        let noticed = |stage: &Stage| matches!(stage, Stage::Ema | Stage::Scale);
        self.failing.iter().all(|stage| sides_differ(stage) || noticed(stage))
    }

    /// Whether this is the side that the trace is on.
    fn is_the_side(&self) -> bool {
        self.forwards_conform() && self.gradients_conform()
    }

    /// Whether the gradients conform; where they are not told, what is computed from them.
    fn gradients_conform(&self) -> bool {
        let shows = |stage: &Stage| match stage {
            Stage::Gradient | Stage::PlainGradients => true,
            Stage::Momentum | Stage::Update | Stage::Parameters => !self.has_gradients,
            _ => false,
        };
        !self.failing.iter().any(shows)
    }
}

impl Trial<'_> {
    fn fit(&self, expected: &StepTrace, bounds: &Bounds) -> Fit {
        let compared = compare_step(self.case, self.step, self.basis, expected, self.got);
        let told = |stage| !compared.not_judged.contains(stage);
        let has_gradients = [Stage::Gradient, Stage::PlainGradients].iter().all(told);
        let mut fit = Fit { failing: BTreeSet::new(), has_gradients, distance: 0.0 };
        for deviation in compared.deviations {
            let stage = deviation.address.stage;
            let Some(bound) = bounds.of(self.dtype, self.basis.mode(), &deviation.address) else {
                continue;
            };
            let judged = Judged::new(deviation, bound, self.dtype);
            if !judged.conforms() {
                fit.failing.insert(stage);
            }
            if matches!(stage, Stage::Gradient | Stage::PlainGradients | Stage::Momentum) {
                fit.distance += judged.ratio();
            }
        }
        fit
    }

    /// The side on which forwards and gradients conform, if there is one; `sides` are those of the
    /// steps before. What the optimizer makes of them may still be wrong.
    fn other_side(&self, sides: &[Flips], bounds: &Bounds) -> Option<(Flips, Crossing)> {
        let open = self.open_kinks(sides);
        if open.is_empty() {
            return None;
        }
        let start = self.before(sides);
        let fit = |flips: &Flips| {
            let mut forks = Forks::record().flipping(flips.clone());
            self.fit(&start.clone().step(&self.case.steps[self.step], &mut forks), bounds)
        };
        let flips = if open.len() <= ALL_COMBINATIONS {
            by_combinations(&open, fit)
        } else {
            by_descent(&open, fit)
        }?;
        let crossing = Crossing { step: self.step, open: open.len(), crossed: flips.len() };
        Some((flips, crossing))
    }

    /// The slow copy before the step.
    fn before(&self, sides: &[Flips]) -> Session<'_, f64> {
        let mut session = Session::start(self.case, &Definition, &|x| x).expect("a valid case");
        for (step, flips) in self.case.steps[..self.step].iter().zip(sides) {
            session.step(step, &mut Forks::record().flipping(flips.clone()));
        }
        session
    }

    /// The step's forks whose gap is smaller than the bound of its rounding: [`MULTIPLE`] times the
    /// largest deviation of the gap in a sample.
    fn open_kinks(&self, sides: &[Flips]) -> Vec<usize> {
        let near = self.kinks_within(FAR, sides, FEW);
        if near.is_empty() { near } else { self.kinks_within(MULTIPLE, sides, RUNS) }
    }

    /// The forks whose gap is smaller than `multiple` of its largest deviation in so many samples.
    fn kinks_within(&self, multiple: f64, sides: &[Flips], runs: u64) -> Vec<usize> {
        let spread = Spread::of(self.case, self.step + 1, sides, self.dtype, runs);
        let gaps = |forks: &[Vec<Fork>]| forks[self.step].iter().map(|fork| fork.gap).collect();
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
fn by_descent(open: &[usize], fit: impl Fn(&Flips) -> Fit) -> Option<Flips> {
    let mut flips = Flips::new();
    let mut here = fit(&flips);
    while !here.is_the_side() {
        let next = open.iter().filter(|at| !flips.contains(at)).map(|&at| {
            let mut flips = flips.clone();
            flips.insert(at);
            (fit(&flips), flips)
        });
        let (nearest, with) = next.min_by(|(a, _), (b, _)| a.distance.total_cmp(&b.distance))?;
        if !(nearest.distance < here.distance) {
            return None;
        }
        (here, flips) = (nearest, with);
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
