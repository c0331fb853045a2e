//! Comparisons against bounds: the verdict on a trace.

use super::kinks::{Crossing, Path, Trial};
use crate::bounds::Origin;
use crate::bounds::stagewise;
use crate::compare::{
    Basis, Before, Deviation, Judged, ReplayMode, Stage, addresses, compare_step,
};
use fixtures::{Case, Dtype, StepTrace};
use std::collections::{BTreeMap, BTreeSet};

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
