//! The run of a case with a mistake or without, step by step as it is asked for.

use fixtures::{Case, Step, StepTrace};
use mistakes::Mistake;
use slow::{Definition, Forks, Pass, Rules, Session};
use std::sync::{Mutex, OnceLock};

/// A step with its forwards behind it, which are the same for every mistake.
pub(super) struct Start<'h> {
    head: &'h Case,
    session: Session<'h, f64>,
    passes: Vec<Pass<f64>>,
}

impl<'h> Start<'h> {
    /// The forwards of a step from the start of `head`.
    pub fn of(head: &'h Case, step: &Step) -> Self {
        let mut session = Session::start(head, &Definition, &f64::from).expect("a valid case");
        let passes = session.passes(step, &mut Forks::record());
        Self { head, session, passes }
    }

    /// What a mistake makes of the step, and the run after it.
    pub fn finish(
        &self,
        step: &Step,
        mistake: Option<&'static Mistake>,
    ) -> (StepTrace, Session<'h, f64>) {
        let rules: &dyn Rules<f64> = match mistake {
            Some(mistake) => mistake,
            None => &Definition,
        };
        let mut session = self.session.with(self.head, rules).expect("a valid case");
        let trace = session.finish(step, &self.passes).expect("what has a gradient was observed");
        (trace, session)
    }
}

/// A run from the start of a case.
pub(super) struct Trajectory<'c> {
    /// The mistake that is made, if any.
    pub mistake: Option<&'static Mistake>,
    steps: Vec<OnceLock<StepTrace>>,
    /// The run after the steps that are there.
    session: Mutex<Option<Session<'c, f64>>>,
}

impl<'c> Trajectory<'c> {
    /// A run of so many steps, none of which is computed yet.
    pub fn new(steps: usize, mistake: Option<&'static Mistake>) -> Self {
        let steps = (0..steps).map(|_| OnceLock::new()).collect();
        Self { mistake, steps, session: Mutex::new(None) }
    }

    /// A step of the run of this case; `start` is its first step.
    pub fn step(&self, case: &'c Case, start: &Start<'c>, step: usize) -> &StepTrace {
        if let Some(found) = self.steps[step].get() {
            return found;
        }
        let mut session = self.session.lock().expect("no run of a valid case panics");
        for (place, step) in self.steps[..=step].iter().zip(&case.steps) {
            place.get_or_init(|| match session.as_mut() {
                Some(session) => session.step(step, &mut Forks::record()),
                None => {
                    let (trace, after) = start.finish(step, self.mistake);
                    *session = Some(after);
                    trace
                }
            });
        }
        self.steps[step].get().expect("just computed")
    }
}
