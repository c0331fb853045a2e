//! Comparisons against bounds: the verdict on a trace.

use crate::arrays::addresses;
use crate::basis::Basis;
use crate::before::Before;
use crate::bounds::{Origin, ReplayMode};
use crate::compare::{Deviation, compare_step};
use crate::kinks::{Crossing, Path, Trial};
use crate::stage::{Measure, Stage};
use crate::stagewise::{self, unit_in_last_place};
use fixtures::{Case, Dtype, StepTrace};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A deviation with the bound that it is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The largest deviation of an array.
    pub deviation: Deviation,
    /// Its bound, in the same measure.
    pub bound: f64,
    /// `|got − expected|` in units in the last place of the expected value, in the subject's dtype.
    pub ulps: f64,
}

/// An error, and how many of its bounds it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// In the measure of its stage.
    pub error: f64,
    /// As a multiple of its bound.
    pub ratio: f64,
}

/// What is known of a subject's run of a case.
///
/// A step conforms only if both judgements do: from a state before it (or over the whole
/// trajectory), and stage by stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What the subject computed in; decides the bounds.
    pub dtype: Dtype,
    /// How it was judged, beside stage by stage.
    pub basis: Basis,
    /// What every step showed: by stage and basis, the error that is largest against its bound.
    pub history: Vec<BTreeMap<(Stage, Basis), Figure>>,
    /// By basis and stage, the deviation that is largest against its bound.
    pub worst: BTreeMap<(Stage, Basis), Judged>,
    /// The first deviation beyond its bound, in the order of report.
    pub divergence: Option<Judged>,
    /// The steps that diverge.
    pub diverging: BTreeSet<usize>,
    /// The steps that were judged with kinks taken on the other side.
    pub kinks: Vec<Crossing>,
    /// By stage, the largest deviation that no bound applies to.
    pub reported: BTreeMap<Stage, Deviation>,
    /// How the bounds came about.
    pub origin: Origin,
    /// Stages that could not be compared, or not everywhere.
    pub not_judged: BTreeSet<Stage>,
    /// Stages that could not be judged stage by stage, or not everywhere.
    pub not_derived: BTreeSet<Stage>,
}

impl Judged {
    pub(crate) fn new(deviation: Deviation, bound: f64, dtype: Dtype) -> Self {
        let Deviation { expected, got, .. } = deviation;
        let ulps = match (got - expected).abs() / unit_in_last_place(expected, dtype) {
            _ if got == expected || (got.is_nan() && expected.is_nan()) => 0.0,
            ulps if ulps.is_nan() => f64::INFINITY,
            ulps => ulps,
        };
        Self { deviation, bound, ulps }
    }

    /// Whether the deviation lies within the bound; never true for NaN.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.deviation.error <= self.bound
    }

    /// The deviation as a multiple of its bound.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.deviation.error == 0.0 { 0.0 } else { self.deviation.error / self.bound }
    }
}

impl Judgement {
    /// Nothing judged so far.
    pub(crate) fn new(dtype: Dtype, basis: Basis) -> Self {
        Self {
            dtype,
            basis,
            history: Vec::new(),
            worst: BTreeMap::new(),
            divergence: None,
            diverging: BTreeSet::new(),
            kinks: Vec::new(),
            reported: BTreeMap::new(),
            origin: Origin::Sampled,
            not_judged: BTreeSet::new(),
            not_derived: BTreeSet::new(),
        }
    }

    /// Judges the next step, the `step`-th of the case: against what is expected, on the side of
    /// its kinks that the trace took, and stage by stage from `before`.
    ///
    /// For every array, the formula that computes it stands before the comparison with what is
    /// expected: where both fail, the fault lies in this stage.
    pub(crate) fn add_step(
        &mut self,
        case: &Case,
        step: usize,
        before: &Before,
        path: &mut Path,
        got: &StepTrace,
    ) {
        let (basis, dtype) = (self.basis, self.dtype);
        let crossing = path.follow(&Trial { case, step, basis, dtype, got });
        let (expected, bounds) = (path.expected(step), path.bounds());
        let compared = compare_step(case, step, self.basis, expected, got);
        let mut derived = stagewise::judge_step(case, step, before, got, self.dtype);
        let mut compared_at: BTreeMap<_, _> =
            compared.deviations.into_iter().map(|d| (d.address.clone(), d)).collect();
        // A case cut to one step calls each its first; here they are counted.
        let number = self.history.len();
        self.history.push(BTreeMap::new());
        self.origin = bounds.origin;
        let mut judged = Vec::new();
        for address in addresses(case, step) {
            judged.extend(derived.judged.remove(&address));
            let Some(deviation) = compared_at.remove(&address) else { continue };
            match bounds.of(dtype, basis.mode(), &address) {
                Some(bound) => judged.push(Judged::new(deviation, bound, dtype)),
                // Without a bound any number will do, but a number it has to be.
                None if deviation.expected.is_finite() != deviation.got.is_finite() => {
                    judged.push(Judged::new(deviation, f64::MAX, dtype));
                }
                None => self.report(Deviation { step: number, ..deviation }),
            }
        }
        self.kinks.extend(crossing.map(|crossing| Crossing { step: number, ..crossing }));
        self.not_judged.extend(compared.not_judged);
        self.not_derived.extend(derived.not_judged);
        for mut judged in judged {
            judged.deviation.step = number;
            self.add(judged);
        }
    }

    fn report(&mut self, deviation: Deviation) {
        let stage = deviation.address.stage;
        let largest = self.reported.get(&stage);
        if largest.is_none_or(|largest| deviation.error > largest.error) {
            self.reported.insert(stage, deviation);
        }
    }

    fn add(&mut self, judged: Judged) {
        if !judged.conforms() {
            self.diverging.insert(judged.deviation.step);
            self.divergence.get_or_insert_with(|| judged.clone());
        }
        let key = (judged.deviation.address.stage, judged.deviation.basis);
        let figure = Figure { error: judged.deviation.error, ratio: judged.ratio() };
        let of_step = &mut self.history[judged.deviation.step];
        if of_step.get(&key).is_none_or(|largest| figure.ratio > largest.ratio) {
            of_step.insert(key, figure);
        }
        let worst = self.worst.get(&key);
        if worst.is_none_or(|worst| judged.ratio() > worst.ratio()) {
            self.worst.insert(key, judged);
        }
    }

    /// The number of steps compared.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.history.len()
    }

    /// Whether every compared array lies within its bounds.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.divergence.is_none()
    }

    /// The deviation that is largest against its bound, however it was judged.
    #[must_use]
    pub fn largest(&self) -> Option<&Judged> {
        self.worst.values().reduce(|a, b| if b.ratio() > a.ratio() { b } else { a })
    }

    /// What was compared: single steps or the whole trajectory.
    #[must_use]
    pub fn mode(&self) -> ReplayMode {
        self.basis.mode()
    }

    /// The stages that were judged stage by stage at every step, in the order of report.
    #[must_use]
    pub fn stage_by_stage(&self) -> Vec<Stage> {
        let judged = |stage: &Stage| {
            self.worst.contains_key(&(*stage, Basis::OwnStages))
                && !self.not_derived.contains(stage)
        };
        stagewise::STAGES.into_iter().filter(judged).collect()
    }

    /// The clauses that could not be judged by their own stages, since those were left out.
    #[must_use]
    pub fn clauses_not_judged(&self) -> Vec<&'static str> {
        let mut clauses: Vec<_> =
            self.not_judged.iter().flat_map(|stage| stage.clauses()).copied().collect();
        clauses.sort_by_key(|clause| clause[1..].parse::<u32>().ok());
        clauses.dedup();
        clauses
    }
}

/// `steps[2], layer fc1, stage scale, index [3]`.
impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Deviation { step, address, index, .. } = self;
        write!(f, "steps[{step}], ")?;
        match address.stage {
            Stage::Outputs | Stage::Losses | Stage::Step => {}
            Stage::Buffers => write!(f, "buffer {}, ", address.name)?,
            Stage::PlainGradients | Stage::Parameters => write!(f, "parameter {}, ", address.name)?,
            _ => write!(f, "layer {}, ", address.name)?,
        }
        write!(f, "stage {}", address.stage)?;
        match (address.stage, address.occurrence) {
            (Stage::MeanSquare, Some(nth)) => write!(f, ", observation {nth}")?,
            (_, Some(nth)) => write!(f, ", forward {nth}")?,
            (_, None) => {}
        }
        if !index.is_empty() {
            write!(f, ", index {index:?}")?;
        }
        Ok(())
    }
}

/// `…: expected 1.0 (from the trace's own ema), got 1.1; error 1.0e-1, 4.5e14 ulp, bound 1.0e-15
/// (absolute); clauses S7, S8`; of a count, `…: expected 2 (over the whole trajectory), got 1;
/// clauses S2, S17`.
impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Judged { deviation, bound, ulps } = self;
        let Deviation { expected, got, error, address, basis, .. } = deviation;
        let stage = address.stage;
        let source = basis.source(stage);
        if stage.is_count() {
            write!(f, "{deviation}: expected {expected} ({source}), got {got}; ")?;
            return write!(f, "clauses {}", stage.clauses().join(", "));
        }
        write!(f, "{deviation}: expected {expected:?} ({source}), got {got:?}; ")?;
        let measure = match (basis, stage.measure()) {
            (Basis::OwnStages, _) => "absolute",
            (_, Measure::OfLargest) => "relative to the largest of its array",
            (_, Measure::OfItself) => "relative to the value itself",
            (_, Measure::OfInputs) => "as an error of the layer's inputs, relative to the largest",
        };
        write!(f, "error {error:.1e}, {ulps:.1e} ulp, bound {bound:.1e} ({measure}); ")?;
        match stage.clauses() {
            [] => f.write_str("of the network")?,
            clauses => write!(f, "clauses {}", clauses.join(", "))?,
        }
        match stage {
            Stage::MeanSquare => f.write_str(", or of the network before the layer"),
            Stage::Gradient => f.write_str(", or of the network's backward"),
            _ => Ok(()),
        }
    }
}
