//! What a wrong trace looks like: the mutants whose trace it is.

use super::{Kind, Mutant, printed};
use crate::bounds::Bounds;
use crate::compare::{Basis, Before, Deviation, Stage, deviations, reports_state};
use crate::slow::{self, Forks, Pass, Session};
use fixtures::{Case, Step, StepTrace, Trace};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a trace looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The mutants whose trace it is, at every step within its bounds. Several cannot be told apart
    /// in this case.
    pub whole: Vec<Mutant>,
    /// If there are none: the mutants that explain the stage that diverges first and all before
    /// it, but not what follows.
    pub first: Vec<Mutant>,
    /// If there are none of either: the number of digits that the trace was printed with, if those
    /// are too few to restore its numbers.
    pub digits: Option<usize>,
}

/// The mistakes of the catalogue on one case.
pub struct Catalogue<'c> {
    case: &'c Case,
    honest: OnceLock<Trace>,
    trajectories: BTreeMap<Mutant, OnceLock<Trace>>,
}

impl<'c> Catalogue<'c> {
    /// The catalogue for a valid case; nothing is computed yet.
    #[must_use]
    pub fn of(case: &'c Case) -> Self {
        let mistakes = Mutant::ALL.iter().filter(|mutant| mutant.is_mistake());
        let trajectories = mistakes.map(|&mutant| (mutant, OnceLock::new())).collect();
        Self { case, honest: OnceLock::new(), trajectories }
    }

    /// What a trace that fits the case looks like.
    ///
    /// It is compared with the whole trajectory of every mutant, and, if that explains nothing, with
    /// what every mutant makes of the state that the trace reports before each step: there nothing
    /// accumulates, and one wrong step does not hide the next.
    #[must_use]
    pub fn diagnose(&self, trace: &Trace, bounds: &Bounds) -> Diagnosis {
        let diagnosis = self.mutants(trace, bounds);
        if !diagnosis.is_empty() {
            return diagnosis;
        }
        let honest = self.honest.get_or_init(|| slow::trace::<f64>(self.case, None));
        Diagnosis { digits: printed::rounded_to(self.case, trace, honest), ..diagnosis }
    }

    fn mutants(&self, trace: &Trace, bounds: &Bounds) -> Diagnosis {
        let suspect = Suspect { catalogue: self, trace, bounds };
        let diagnosis = suspect.diagnose(&Source::Trajectory);
        if !diagnosis.whole.is_empty() || !reports_state(self.case, trace) {
            return diagnosis;
        }
        let befores = Before::steps(self.case, trace);
        let heads = befores.iter().map(|before| before.head(self.case));
        let heads: Vec<Case> = heads.map(|head| head.expect("the state is reported")).collect();
        let starts = heads.iter().zip(&self.case.steps).map(|(head, step)| Start::of(head, step));
        let from_own = suspect.diagnose(&Source::OwnState(starts.collect()));
        if from_own.is_empty() { diagnosis } else { from_own }
    }

    /// A step of the whole trajectory, with a mutant or without.
    fn of_trajectory(&self, mutant: Option<Mutant>, step: usize) -> &StepTrace {
        let cell = mutant.map_or(&self.honest, |mutant| &self.trajectories[&mutant]);
        &cell.get_or_init(|| slow::trace::<f64>(self.case, mutant)).steps[step]
    }
}

/// A step with its forwards behind it, which are the same for every mutant.
struct Start<'h> {
    head: &'h Case,
    session: Session<'h, f64>,
    passes: Vec<Pass<f64>>,
}

impl<'h> Start<'h> {
    fn of(head: &'h Case, step: &Step) -> Self {
        let mut session = Session::start(head, None, &f64::from).expect("a valid case");
        let passes = session.passes(step, &mut Forks::record());
        Self { head, session, passes }
    }

    fn finish(&self, step: &Step, mutant: Option<Mutant>) -> StepTrace {
        let mut session = self.session.with(self.head, mutant).expect("a valid case");
        session.finish(step, &self.passes).expect("what has a gradient was observed")
    }
}

/// Where a mutant's steps come from.
enum Source<'h> {
    /// Its own run from the start of the case.
    Trajectory,
    /// The state that the trace reports before each step.
    OwnState(Vec<Start<'h>>),
}

/// A trace under suspicion.
struct Suspect<'s> {
    catalogue: &'s Catalogue<'s>,
    trace: &'s Trace,
    bounds: &'s Bounds,
}

/// How well a mutant explains a trace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    First,
    Not,
}

impl Suspect<'_> {
    fn diagnose(&self, source: &Source) -> Diagnosis {
        let mut steps = 0..self.trace.steps.len();
        let first = steps.find_map(|step| Some((step, self.mismatch(source, None, step)?)));
        let Some((step, stage)) = first else { return Diagnosis::default() };
        let mutants: Vec<Mutant> = self.catalogue.trajectories.keys().copied().collect();
        let fit = |&mutant: &Mutant| (mutant, self.fit(source, mutant, step, stage));
        let fits: Vec<_> = mutants.par_iter().map(fit).collect();
        let that = |wanted: Fit| {
            let fitting = fits.iter().filter(|(_, fit)| *fit == wanted);
            fitting.map(|(mutant, _)| *mutant).collect::<Vec<_>>()
        };
        let whole = that(Fit::Whole);
        let first = if whole.is_empty() { that(Fit::First) } else { Vec::new() };
        Diagnosis { whole, first, digits: None }
    }

    /// How well a mutant explains the trace, which first diverges in `step`, in stage `first`.
    fn fit(&self, source: &Source, mutant: Mutant, step: usize, first: Stage) -> Fit {
        let mismatch = |step| self.mismatch(source, Some(mutant), step);
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

    /// The first stage of a step that is not what the mutant makes of it, or AdaAct without one.
    fn mismatch(&self, source: &Source, mutant: Option<Mutant>, step: usize) -> Option<Stage> {
        let case = self.catalogue.case;
        let (dtype, got) = (self.trace.producer.dtype, &self.trace.steps[step]);
        let mut expected = self.expected(source, mutant, step);
        for name in self.reported_whole(&expected, step) {
            expected.to_mut().layers.get_mut(name).expect("just read").mean_square = None;
        }
        let basis = match source {
            Source::Trajectory => Basis::Trajectory,
            Source::OwnState(_) => Basis::OwnState,
        };
        let matches = |deviation: &Deviation| {
            let bound = self.bounds.of(dtype, basis.mode(), &deviation.address);
            bound.is_none_or(|bound| deviation.error <= bound)
        };
        let mut compared = deviations(case, step, basis, &expected, got).flatten();
        compared.find(|deviation| !matches(deviation)).map(|deviation| deviation.address.stage)
    }

    /// The layers of which the trace reports every observation where the mutant takes in fewer, or
    /// more: a port's hooks may see what its average leaves out. What they see says nothing, then.
    fn reported_whole(&self, mutant: &StepTrace, step: usize) -> Vec<&String> {
        let count = |step: &StepTrace, name: &str| {
            step.layers.get(name)?.mean_square.as_ref().map(Vec::len)
        };
        let (got, honest) = (&self.trace.steps[step], self.catalogue.of_trajectory(None, step));
        let whole = |name: &&String| {
            let got = count(got, name);
            got.is_some() && got == count(honest, name) && got != count(mutant, name)
        };
        got.layers.keys().filter(whole).collect()
    }

    /// What the mutant makes of a step, or AdaAct without one.
    fn expected<'t>(
        &'t self,
        source: &Source,
        mutant: Option<Mutant>,
        step: usize,
    ) -> Cow<'t, StepTrace> {
        match source {
            Source::Trajectory => Cow::Borrowed(self.catalogue.of_trajectory(mutant, step)),
            Source::OwnState(starts) => {
                // What a trace reports goes on; it is not restored (S20).
                let acts = |mutant: &Mutant| step == 0 || mutant.clause() != "S20";
                let step_of_case = &self.catalogue.case.steps[step];
                Cow::Owned(starts[step].finish(step_of_case, mutant.filter(acts)))
            }
        }
    }
}

impl Diagnosis {
    /// Whether no mutant explains anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.first.is_empty()
    }
}

impl Mutant {
    /// Whether it is a mistake that a case can show.
    #[must_use]
    pub fn is_mistake(self) -> bool {
        !matches!(self.kind(), Kind::Beyond | Kind::Identity)
    }
}
