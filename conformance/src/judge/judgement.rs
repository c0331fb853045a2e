//! Comparisons against bounds: the verdict on a trace.

use super::kinks::{Crossing, Trial};
use super::path::Path;
use crate::bounds::{Origin, stagewise};
use crate::compare::{
    Address, Basis, Before, CaseStep, Deviation, Judged, ReplayMode, Stage, StepComparison,
    addresses,
};
use fixtures::{Dtype, StepTrace};
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

    /// Judges the next step of the case: against what is expected, on the side of its kinks that
    /// the trace took, and stage by stage from `before`.
    pub(crate) fn add_step(
        &mut self,
        step: CaseStep,
        before: &Before,
        path: &mut Path,
        got: &StepTrace,
    ) {
        let (basis, dtype) = (self.basis, self.dtype);
        self.kinks.extend(path.follow(&Trial { step, basis, dtype, got }));
        self.history.push(BTreeMap::new());
        self.origin = path.bounds().origin();
        let compared = StepComparison::of(step, basis, path.expected(step.index), got);
        let derived = stagewise::judge_step(step, before, got, dtype);
        self.not_judged.extend(compared.not_judged);
        self.not_derived.extend(derived.not_judged);
        self.add_arrays(step, path, compared.deviations, derived.judged, got);
    }

    /// Judges every array of a step, in the order of report.
    ///
    /// The formula that computes it stands before the comparison with what is expected: where both
    /// fail, the fault lies in this stage.
    fn add_arrays(
        &mut self,
        step: CaseStep,
        path: &Path,
        compared: Vec<Deviation>,
        mut derived: BTreeMap<Address, Judged>,
        got: &StepTrace,
    ) {
        let mut compared: BTreeMap<_, _> =
            compared.into_iter().map(|it| (it.address.clone(), it)).collect();
        for address in addresses(step.case, step.index) {
            if let Some(judged) = derived.remove(&address) {
                self.add(judged);
            }
            let Some(deviation) = compared.remove(&address) else { continue };
            let (mode, error) = (self.basis.mode(), deviation.error);
            let bound = path.bounds().deciding(self.dtype, mode, &address, error);
            let unlike = || unlike(&deviation, path.expected(step.index), got);
            match (bound, bound.is_none().then(unlike).flatten()) {
                (Some(bound), _) => self.add(Judged::new(deviation, bound, self.dtype)),
                (None, Some(unlike)) => self.add(Judged::new(unlike, f64::MAX, self.dtype)),
                (None, None) => self.report(deviation),
            }
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
        let of_step = self.history.last_mut().expect("a step");
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

/// Without a bound any number will do for a number, and nothing but the same for what is none: the
/// deviation at the first place where that is not so.
fn unlike(deviation: &Deviation, expected: &StepTrace, got: &StepTrace) -> Option<Deviation> {
    let address = &deviation.address;
    let (expected, got) = (address.find(expected)?, address.find(got)?);
    let differ = |(&e, &g): (&f64, &f64)| {
        let numbers = e.is_finite() && g.is_finite();
        let same = e == g || (e.is_nan() && g.is_nan());
        !(numbers || same)
    };
    let at = expected.values.iter().zip(&*got.values).position(differ)?;
    let (index, expected, got) = (expected.index(at), expected.values[at], got.values[at]);
    Some(Deviation { index, expected, got, error: f64::INFINITY, ..deviation.clone() })
}
