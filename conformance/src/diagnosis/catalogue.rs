//! The mistakes of the catalogue that give the same trace, whole or up to its first wrong stage.

use super::printed;
use super::trajectory::{Honest, Trajectory};
use crate::bounds::BoundSource;
use crate::compare::{Basis, Before, CaseStep, Deviation, Stage, deviations, reports_state};
use fixtures::{Case, Step, StepTrace, Trace};
use mistakes::{Kind, Mistake, all};
use rayon::prelude::*;
use std::borrow::Cow;

/// What a trace looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The mistakes whose trace it is, at every step within its bounds. Several cannot be told apart
    /// in this case.
    pub whole: Vec<&'static Mistake>,
    /// If there are none: the mistakes that explain the stage that diverges first and all before
    /// it, but not what follows.
    pub first: Vec<&'static Mistake>,
    /// If there are none of either: the number of digits that the trace was printed with, if those
    /// are too few to restore its numbers.
    pub digits: Option<usize>,
}

/// The mistakes of the catalogue on one case.
pub struct Catalogue<'c> {
    case: &'c Case,
    honest: Honest<'c, f64>,
    trajectories: Vec<(&'static Mistake, Trajectory<'c, f64>)>,
}

/// A mistake with its run, or AdaAct without one.
type Made<'t, 'c> = Option<&'t (&'static Mistake, Trajectory<'c, f64>)>;

impl<'c> Catalogue<'c> {
    /// The catalogue for a valid case; nothing is computed yet.
    #[must_use]
    pub fn of(case: &'c Case) -> Self {
        let mistakes = all().filter(|mistake| mistake.kind.shows_in_cases());
        let trajectories =
            mistakes.map(|mistake| (mistake, Trajectory::new(case, mistake))).collect();
        Self { case, honest: Honest::of(case), trajectories }
    }

    /// What a trace that fits the case looks like.
    ///
    /// It is compared with the whole trajectory of every mistake, and, if that explains nothing, with
    /// what every mistake makes of the state that the trace reports before each step: there nothing
    /// accumulates, and one wrong step does not hide the next.
    #[must_use]
    pub fn diagnose(&self, trace: &Trace, bounds: &dyn BoundSource) -> Diagnosis {
        let diagnosis = self.named(trace, bounds);
        if !diagnosis.is_empty() {
            return diagnosis;
        }
        let honest: Vec<_> = (0..trace.steps.len()).map(|step| self.honest.step(step)).collect();
        Diagnosis { digits: printed::rounded_to(self.case, trace, &honest), ..diagnosis }
    }

    fn named(&self, trace: &Trace, bounds: &dyn BoundSource) -> Diagnosis {
        let suspect = Suspect { catalogue: self, trace, bounds };
        let diagnosis = suspect.diagnose(&Source::Trajectory);
        if !diagnosis.whole.is_empty() || !reports_state(self.case, trace) {
            return diagnosis;
        }
        let befores = Before::steps(self.case, trace);
        let cut = |(before, step): (&Before, &Step)| {
            let head = before.head(self.case).expect("the state is reported");
            Case { steps: vec![step.clone()], ..head }
        };
        let cuts: Vec<_> = befores.iter().zip(&self.case.steps).map(cut).collect();
        let from_own = suspect.diagnose(&Source::OwnState(cuts.iter().map(Honest::of).collect()));
        if from_own.is_empty() { diagnosis } else { from_own }
    }
}

/// Where a mistake's steps come from.
enum Source<'h> {
    /// Its own run from the start of the case.
    Trajectory,
    /// The state that the trace reports before each step.
    OwnState(Vec<Honest<'h, f64>>),
}

/// A trace under suspicion.
struct Suspect<'s, 'c> {
    catalogue: &'s Catalogue<'c>,
    trace: &'s Trace,
    bounds: &'s dyn BoundSource,
}

/// How well a mistake explains a trace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    First,
    Not,
}

impl<'c> Suspect<'_, 'c> {
    fn diagnose(&self, source: &Source) -> Diagnosis {
        let mut steps = 0..self.trace.steps.len();
        let first = steps.find_map(|step| Some((step, self.mismatch(source, None, step)?)));
        let Some((step, stage)) = first else { return Diagnosis::default() };
        let fit = |made| (self.fit(source, made, step, stage), made.0);
        let fits: Vec<_> = self.catalogue.trajectories.par_iter().map(fit).collect();
        let that = |wanted: Fit| {
            let fitting = fits.iter().filter(|(fit, _)| *fit == wanted);
            fitting.map(|(_, mistake)| *mistake).collect::<Vec<_>>()
        };
        let whole = that(Fit::Whole);
        let first = if whole.is_empty() { that(Fit::First) } else { Vec::new() };
        Diagnosis { whole, first, digits: None }
    }

    /// How well a mistake explains the trace, which first diverges in `step`, in stage `first`.
    fn fit(
        &self,
        source: &Source,
        made: &(&'static Mistake, Trajectory<'c, f64>),
        step: usize,
        first: Stage,
    ) -> Fit {
        let mismatch = |step| self.mismatch(source, Some(made), step);
        let after = mismatch(step);
        if after.is_some_and(|after| after <= first) || (0..step).any(|s| mismatch(s).is_some()) {
            return Fit::Not;
        }
        let mut rest = step + 1..self.trace.steps.len();
        match after.is_none() && rest.all(|step| mismatch(step).is_none()) {
            true => Fit::Whole,
            false => Fit::First,
        }
    }

    /// The first stage of a step that is not what the mistake makes of it, or AdaAct without one.
    fn mismatch(&self, source: &Source, made: Made<'_, 'c>, step: usize) -> Option<Stage> {
        let case = self.catalogue.case;
        let (dtype, got) = (self.trace.producer.dtype, &self.trace.steps[step]);
        let mut expected = self.expected(source, made, step);
        for name in self.reported_whole(&expected, step) {
            expected.to_mut().layers.get_mut(name).expect("just read").mean_square = None;
        }
        let basis = match source {
            Source::Trajectory => Basis::Trajectory,
            Source::OwnState(_) => Basis::OwnState,
        };
        let matches = |deviation: &Deviation| {
            self.bounds.allows(dtype, basis.mode(), &deviation.address, deviation.error)
        };
        let mut compared = deviations(CaseStep::of(case, step), basis, &expected, got).flatten();
        compared.find(|deviation| !matches(deviation)).map(|deviation| deviation.address.stage)
    }

    /// The layers of which the trace reports every observation where the mistake takes in fewer, or
    /// more: a port's hooks may see what its average leaves out. What they see says nothing, then.
    fn reported_whole(&self, expected: &StepTrace, step: usize) -> Vec<&String> {
        let count = |step: &StepTrace, name: &str| {
            step.layers.get(name)?.mean_square.as_ref().map(Vec::len)
        };
        let (got, honest) = (&self.trace.steps[step], self.catalogue.honest.step(step));
        let whole = |name: &&String| {
            let got = count(got, name);
            got.is_some() && got == count(honest, name) && got != count(expected, name)
        };
        got.layers.keys().filter(whole).collect()
    }

    /// What the mistake makes of a step, or AdaAct without one.
    fn expected<'t>(
        &'t self,
        source: &'t Source,
        made: Made<'t, 'c>,
        step: usize,
    ) -> Cow<'t, StepTrace> {
        match (source, made) {
            (Source::Trajectory, None) => Cow::Borrowed(self.catalogue.honest.step(step)),
            (Source::Trajectory, Some((_, made))) => {
                Cow::Borrowed(made.step(&self.catalogue.honest, step))
            }
            // What a trace reports goes on; it is not restored.
            (Source::OwnState(starts), Some((mistake, _)))
                if step == 0 || mistake.kind != Kind::State =>
            {
                let start = &starts[step];
                Cow::Owned(start.step_by(0, &mut start.restarted(*mistake)))
            }
            (Source::OwnState(starts), _) => Cow::Borrowed(starts[step].step(0)),
        }
    }
}

impl Diagnosis {
    /// Whether no mistake explains anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.first.is_empty()
    }
}
