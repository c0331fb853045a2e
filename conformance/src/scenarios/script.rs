//! The language of scripts: calls on an engine, and expectations.

use super::engine::{Engine, Refusal, Training};
use super::setup::{A1_BODY, A1_HEAD, FIRST, Gradients, Setup};
use crate::compare::unit_roundoff;
use fixtures::{LayerState, State, Tensor, Tensors};
use std::fmt;

/// Values agree to this many unit roundoffs, relative to the larger of 1 and the largest expected.
///
/// A step makes at most a dozen roundings on the way to a parameter, of terms up to 8. A mistake
/// changes a value by more than a hundredth.
const ROUNDINGS: f64 = 100.0;

/// A run of a scenario.
pub struct Script {
    engine: Engine,
    training: Option<Box<dyn Training>>,
    /// Parameters and state before the last step.
    before: (Tensors, State),
}

/// An expectation that is not met: what came out, and what should have.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet(String);

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

type Met = Result<(), Unmet>;

impl Script {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, training: None, before: Default::default() }
    }

    /// Starts training; nothing is to be refused.
    pub fn start(&mut self, setup: &Setup) -> Met {
        let started = self.engine.start(setup);
        self.training = Some(started.map_err(|refusal| unmet(format!("refused: {refusal}")))?);
        Ok(())
    }

    /// A training forward shows `layer` inputs whose mean square is `a` (S2–S5).
    pub fn observe(&mut self, layer: &str, a: &[f64]) {
        self.training().observe(layer, a);
    }

    /// Both layers observe what they do in the first step.
    pub fn observe_first(&mut self) {
        self.observe("body", &A1_BODY);
        self.observe("head", &A1_HEAD);
    }

    /// A step that has to be taken.
    pub fn step(&mut self, gradients: Gradients) -> Met {
        self.try_step(None, gradients).map_err(|refusal| unmet(format!("refused: {refusal}")))
    }

    /// A step at a rate of its own, or none, that has to be refused in this way, with nothing
    /// changed.
    pub fn step_is_refused(
        &mut self,
        lr: Option<f64>,
        gradients: Gradients,
        expected: &Refusal,
    ) -> Met {
        match self.try_step(lr, gradients) {
            Ok(()) => return Err(unmet(format!("accepted, although {expected}"))),
            Err(refusal) => refusal_is(&refusal, expected)?,
        }
        let (parameters, state) = &self.before;
        let training = self.training.as_ref().expect("started");
        met(training.parameters() == *parameters, || "refused, with parameters changed".into())?;
        met(training.state() == *state, || "refused, with the state changed".into())
    }

    /// That a hyperparameter is refused: at the start, or at the latest by the first step, with
    /// nothing changed.
    pub fn is_refused(&mut self, setup: &Setup, lr: Option<f64>, expected: &Refusal) -> Met {
        match self.engine.start(setup) {
            Err(refusal) => refusal_is(&refusal, expected),
            Ok(training) => {
                self.training = Some(training);
                self.observe_first();
                self.step_is_refused(lr, FIRST, expected)
            }
        }
    }

    /// `t`
    pub fn t(&self, expected: u64) -> Met {
        let t = self.state().step;
        met(t == expected, || format!("t is {t}, not {expected}"))
    }

    /// `V` of a layer, after the first step.
    pub fn v(&self, layer: &str, expected: &[f64]) -> Met {
        self.close(&format!("V of {layer}"), &self.layer(layer)?.ema, expected)
    }

    /// `M` of a layer, row by row, after the first step.
    pub fn m(&self, layer: &str, expected: &[f64]) -> Met {
        self.close(&format!("M of {layer}"), &self.layer(layer)?.momentum.data, expected)
    }

    /// A parameter's values.
    pub fn parameter(&self, name: &str, expected: &[f64]) -> Met {
        let parameters = self.training_now().parameters();
        self.close(name, &parameters[name].data, expected)
    }

    /// That parameters are what they were before the last step, to the bit.
    pub fn left_alone(&self, parameters: &[&str]) -> Met {
        let now = self.training_now().parameters();
        let (before, _) = &self.before;
        let moved = parameters.iter().find(|&&name| now[name] != before[name]);
        met(moved.is_none(), || format!("{} has moved", moved.unwrap_or(&"")))
    }

    /// That `M` of a layer is what it was before the last step, to the bit.
    pub fn m_left_alone(&self, layer: &str) -> Met {
        let before = self.before.1.layers.get(layer).map(|state| &state.momentum);
        let now = &self.layer(layer)?.momentum;
        met(Some(now) == before, || format!("M of {layer} has moved"))
    }

    /// The names of the layers that have a state, after the first step.
    pub fn layers(&self, expected: &[&str]) -> Met {
        let state = self.state();
        let names: Vec<_> = state.layers.keys().map(String::as_str).collect();
        met(names == expected, || format!("layers {names:?} have a state, not {expected:?}"))
    }

    fn try_step(&mut self, lr: Option<f64>, gradients: Gradients) -> Result<(), Refusal> {
        let parameters = self.training_now().parameters();
        let shaped = |&(name, data): &(&str, &[f64])| {
            let shape = parameters[name].shape.clone();
            (name.to_owned(), Tensor::new(shape, data.to_vec()))
        };
        let gradients = gradients.iter().map(shaped).collect();
        let state = self.state();
        self.before = (parameters, state);
        self.training().step(lr, &gradients)
    }

    fn close(&self, what: &str, got: &[f64], expected: &[f64]) -> Met {
        let largest = expected.iter().fold(1.0_f64, |largest, x| largest.max(x.abs()));
        let tolerance = ROUNDINGS * unit_roundoff(self.engine.dtype()) * largest;
        let close = |(got, expected): (&f64, &f64)| (got - expected).abs() <= tolerance;
        let all = got.len() == expected.len() && got.iter().zip(expected).all(close);
        met(all, || format!("{what} is {got:?}, not {expected:?}"))
    }

    fn training(&mut self) -> &mut dyn Training {
        self.training.as_mut().expect("a script starts first").as_mut()
    }

    fn training_now(&self) -> &dyn Training {
        self.training.as_ref().expect("a script starts first").as_ref()
    }

    fn state(&self) -> State {
        self.training_now().state()
    }

    fn layer(&self, layer: &str) -> Result<LayerState, Unmet> {
        self.state().layers.remove(layer).ok_or_else(|| unmet(format!("{layer} has no state")))
    }
}

fn unmet(what: String) -> Unmet {
    Unmet(what)
}

fn met(is: bool, what: impl FnOnce() -> String) -> Met {
    if is { Ok(()) } else { Err(unmet(what())) }
}

fn refusal_is(refusal: &Refusal, expected: &Refusal) -> Met {
    met(refusal.is(expected), || format!("refused because {refusal}, not because {expected}"))
}
