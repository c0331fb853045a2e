//! The run of a case with a mistake or without, step by step as it is asked for.

use fixtures::{Case, StepTrace};
use slow::{Compiled, Definition, Forks, Passed, Rules, Session};
use std::sync::{Mutex, OnceLock};

/// A run from the start of a case by AdaAct's own rules; others share its forwards.
pub(crate) struct Honest<'c, S: Compiled> {
    case: &'c Case,
    steps: Steps<'c, S, (Passed<S>, StepTrace)>,
}

/// A run from the start of a case by rules of its own.
pub(crate) struct Trajectory<'c, S: Compiled> {
    rules: &'static dyn Rules<S>,
    steps: Steps<'c, S, StepTrace>,
}

/// What is known of each step of a run, computed once and in order.
struct Steps<'c, S: Compiled, T> {
    known: Vec<OnceLock<T>>,
    /// The run after the steps that are known.
    session: Mutex<Option<Session<'c, S>>>,
}

impl<'c, S: Compiled> Honest<'c, S> {
    /// The run of a valid case; nothing is computed yet.
    pub fn of(case: &'c Case) -> Self {
        Self { case, steps: Steps::unknown(case) }
    }

    /// A step of the run.
    pub fn step(&self, step: usize) -> &StepTrace {
        &self.known(step).1
    }

    /// What other rules make of a step that starts as this run's does, or as their own run left it.
    pub fn step_by(&self, step: usize, session: &mut Session<S>) -> StepTrace {
        session.step_like(&self.case.steps[step], &self.known(step).0)
    }

    /// A run from the start of the same case by other rules.
    pub fn restarted(&self, rules: &dyn Rules<S>) -> Session<'c, S> {
        start(self.case, rules)
    }

    fn known(&self, step: usize) -> &(Passed<S>, StepTrace) {
        let go = |session: &mut Session<S>, step: usize| {
            let step = &self.case.steps[step];
            let passed = session.pass(step, &mut Forks::record());
            let trace = session.step_like(step, &passed);
            (passed, trace)
        };
        self.steps.get(step, || start(self.case, &Definition), go)
    }
}

impl<'c, S: Compiled> Trajectory<'c, S> {
    /// The run of a valid case; nothing is computed yet.
    pub fn new(case: &'c Case, rules: &'static dyn Rules<S>) -> Self {
        Self { rules, steps: Steps::unknown(case) }
    }

    /// A step of the run, beside the honest one of the same case.
    pub fn step(&self, honest: &Honest<'c, S>, step: usize) -> &StepTrace {
        let go = |session: &mut Session<S>, step| honest.step_by(step, session);
        self.steps.get(step, || honest.restarted(self.rules), go)
    }
}

impl<'c, S: Compiled, T> Steps<'c, S, T> {
    fn unknown(case: &Case) -> Self {
        let known = case.steps.iter().map(|_| OnceLock::new()).collect();
        Self { known, session: Mutex::new(None) }
    }

    fn get(
        &self,
        step: usize,
        start: impl FnOnce() -> Session<'c, S>,
        go: impl Fn(&mut Session<'c, S>, usize) -> T,
    ) -> &T {
        if let Some(known) = self.known[step].get() {
            return known;
        }
        let mut session = self.session.lock().expect("no run of a valid case panics");
        let session = session.get_or_insert_with(start);
        for (step, place) in self.known[..=step].iter().enumerate() {
            place.get_or_init(|| go(session, step));
        }
        self.known[step].get().expect("just computed")
    }
}

fn start<'c, S: Compiled>(case: &'c Case, rules: &dyn Rules<S>) -> Session<'c, S> {
    Session::start(case, rules, &S::new).expect("a valid case")
}
