//! The optimizer in plain loops (S6–S20), with every mutant at the line that it changes.
//!
//! Every `match` on a [`Mutant`] has the clause as its last arm: read those, and this is AdaAct.

mod gradients;
mod layer;
mod rates;
mod refused;
mod stages;

pub use gradients::gradients;
pub use layer::Layer;
pub use refused::Refused;
pub use stages::Stages;

use super::{Arrays, Observations, Pass, Scalar};
use crate::mistakes::Mutant;
use fixtures::model::Preconditioned;
use fixtures::{Optimizer, State};
use rates::Rates;
use stages::Step;
use std::collections::BTreeMap;

/// The optimizer with its state (S20).
#[derive(Clone)]
pub struct AdaAct<S> {
    settings: Optimizer,
    mutant: Option<Mutant>,
    /// `t`, completed steps.
    t: u64,
    layers: Vec<Layer<S>>,
    /// What the mutant remembers beside the state.
    memory: Memory<S>,
}

/// What mutants keep from step to step; AdaAct itself has no such thing.
#[derive(Clone, Default)]
struct Memory<S> {
    /// The last rate that the schedule gave.
    scheduled: Option<f64>,
    /// Averages of plain gradients.
    plain: BTreeMap<String, Vec<S>>,
    /// The sums of all gradients so far.
    gradients: Arrays<S>,
}

impl<S: Scalar> AdaAct<S> {
    /// An optimizer for these layers, at `t = 0` or from a state (S20).
    ///
    /// # Errors
    /// If a hyperparameter is invalid (S18).
    pub fn new(
        layers: &[Preconditioned],
        settings: &Optimizer,
        state: Option<&State>,
        mutant: Option<Mutant>,
    ) -> Result<Self, Refused> {
        refused::check(settings, mutant)?;
        let state = state.filter(|_| mutant != Some(Mutant::StateForgotten));
        let t = state.map_or(0, |state| state.step);
        let t = match mutant {
            Some(Mutant::StepForgotten) => 0,
            Some(Mutant::StepRestoredEarly) => t.saturating_sub(1),
            Some(Mutant::StepRestoredLate) if state.is_some() => t + 1,
            _ => t, // S20
        };
        let restored = |name: &str| state.and_then(|state| state.layers.get(name));
        let layers: Vec<_> = layers
            .iter()
            .map(|layer| Layer::new(layer, restored(&layer.name), t, mutant))
            .collect();
        let mut settings = settings.clone();
        if mutant == Some(Mutant::BetasExchanged) {
            settings.betas.reverse();
        }
        let memory = Memory { scheduled: None, plain: BTreeMap::new(), gradients: Arrays::new() };
        Ok(Self { settings, mutant, t, layers, memory })
    }

    /// `t`, completed steps.
    #[must_use]
    pub fn t(&self) -> u64 {
        self.t
    }

    /// The preconditioned layers in the model's order.
    #[must_use]
    pub fn layers(&self) -> &[Layer<S>] {
        &self.layers
    }

    /// Every layer takes up what a step's forwards left (S6).
    pub fn observe(&mut self, observations: &Observations<S>) {
        for layer in &mut self.layers {
            let all = observations.get(&layer.name).map_or(&[][..], Vec::as_slice);
            layer.observe(all, self.t, self.settings.betas, self.mutant);
        }
        if self.mutant == Some(Mutant::ObservationsAreSteps) {
            let observations = self.layers.iter().map(|layer| layer.observations);
            self.t = observations.max().unwrap_or(self.t);
        }
    }

    /// The gradients that a step finds: those of its own passes (S9).
    pub fn gradients(&mut self, passes: &[Pass<S>]) -> Arrays<S> {
        let mut found = gradients(passes, self.mutant);
        if self.mutant == Some(Mutant::GradientsNotCleared) {
            gradients::add(&mut found, &self.memory.gradients);
            self.memory.gradients.clone_from(&found);
        }
        found
    }

    /// One step along the sum of a step's gradients; `lr` is the schedule's rate, if it gives one.
    ///
    /// A parameter without a gradient is left alone (S15).
    ///
    /// # Errors
    /// If a layer has a gradient and was never observed (S15), or the schedule makes a rate invalid
    /// (S18); nothing has changed then.
    pub fn step(
        &mut self,
        lr: Option<f64>,
        gradients: &Arrays<S>,
        parameters: &mut Arrays<S>,
    ) -> Result<BTreeMap<String, Stages<S>>, Refused> {
        let rates = self.rates(lr);
        refused::check_observed(&self.layers, gradients, self.mutant)?;
        refused::check_rates(parameters.keys(), &rates)?;
        let left_out = match self.mutant {
            Some(Mutant::RateZeroReturnsEarly) => {
                parameters.keys().all(|name| rates.of(name).0 == 0.0)
            }
            _ => false, // S16
        };
        if left_out {
            return Ok(BTreeMap::new());
        }
        let complete = parameters.keys().all(|name| gradients.contains_key(name));
        self.t += match self.mutant {
            Some(Mutant::AbsentGradientStopsClock) => u64::from(complete),
            Some(Mutant::ObservationsAreSteps) => 0,
            _ => 1, // S7, S15: for all
        };
        let step = Step {
            t: self.t,
            betas: self.settings.betas,
            eps: self.settings.eps,
            mutant: self.mutant,
        };
        let unlike = self.unlike();
        let mut stages = BTreeMap::new();
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let Some(g) = layer.gradient(gradients, self.mutant) else {
                layer.without_gradient(self.mutant);
                continue; // S15
            };
            let (weight_rate, _) = rates.of(&layer.weight());
            let mut of_layer = layer.step(&g, &step, weight_rate, parameters, &rates);
            if unlike.contains(&index) {
                of_layer.update.clone_from(&of_layer.gradient);
            }
            if !(self.mutant == Some(Mutant::RateZeroKeepsMomentum) && weight_rate == 0.0) {
                layer.apply(&of_layer.update, parameters, &rates);
            }
            stages.insert(layer.name.clone(), of_layer);
        }
        self.step_plain(gradients, parameters, &rates);
        if self.mutant == Some(Mutant::Control) {
            let off = S::new(1.0 + 1e-6);
            parameters.values_mut().flat_map(|p| &mut p.data).for_each(|x| *x = *x * off);
        }
        Ok(stages)
    }

    /// S19: the forwards have advanced `V`; nothing else happens.
    pub fn skip(&mut self, lr: Option<f64>, gradients: &Arrays<S>, parameters: &mut Arrays<S>) {
        let rates = self.rates(lr);
        match self.mutant {
            Some(Mutant::SkipCounted) => self.t += 1,
            Some(Mutant::SkipForgetsObservations) => {
                self.layers.iter_mut().for_each(Layer::forget_observations);
            }
            Some(Mutant::SkipAdvancesMomentum) => {
                for layer in &mut self.layers {
                    if let Some(g) = layer.gradient(gradients, self.mutant) {
                        layer.average_gradient(&g, self.settings.betas[0]);
                    }
                }
            }
            Some(Mutant::SkipDecays) => {
                for (name, parameter) in parameters {
                    let (lr, decay) = rates.of(name);
                    let keep = S::new(1.0 - lr * decay);
                    parameter.data.iter_mut().for_each(|x| *x = *x * keep);
                }
            }
            _ => {}
        }
    }

    /// S13: a parameter that no layer owns moves along its raw gradient.
    fn step_plain(&mut self, gradients: &Arrays<S>, parameters: &mut Arrays<S>, rates: &Rates) {
        let mutant = self.mutant;
        let [beta1, _] = self.settings.betas;
        for (name, parameter) in parameters.iter_mut() {
            let owned = self.layers.iter().any(|layer| layer.owns(name));
            let Some(g) = gradients.get(name).filter(|_| !owned) else { continue }; // S15
            let mut u = g.data.clone();
            match mutant {
                Some(Mutant::PlainFrozen) => continue,
                Some(Mutant::PlainSign) => {
                    u.iter_mut().for_each(|u| *u = S::new(sign(u.value())));
                }
                Some(Mutant::PlainMomentum) => {
                    let m = self.memory.plain.entry(name.clone());
                    let m = m.or_insert_with(|| vec![S::new(0.0); u.len()]);
                    for (m, u) in m.iter_mut().zip(&mut u) {
                        *m = S::new(beta1) * *m + S::new(1.0 - beta1) * *u;
                        *u = m.over_correction(beta1, self.t);
                    }
                }
                Some(Mutant::DecayCoupled) => {
                    let decay = S::new(rates.of(name).1);
                    u.iter_mut().zip(&parameter.data).for_each(|(u, &x)| *u = *u + decay * x);
                }
                _ => {} // S13
            }
            rates.descend(name, &mut parameter.data, &u, Owner::Plain);
        }
    }

    /// The layers that a mutant of S1 takes for plain ones.
    fn unlike(&self) -> Vec<usize> {
        let convolution = |i: &usize| self.layers[*i].is_convolution;
        match self.mutant {
            Some(Mutant::FirstLayerPlain) => vec![0],
            Some(Mutant::LastLayerPlain) => vec![self.layers.len() - 1],
            Some(Mutant::ConvolutionsPlain) => (0..self.layers.len()).filter(convolution).collect(),
            _ => vec![], // S1
        }
    }

    /// `η` and `λ` of this step (S14).
    fn rates(&mut self, lr: Option<f64>) -> Rates {
        let lr = match self.mutant {
            Some(Mutant::ScheduleIgnored) => None,
            Some(Mutant::ScheduleSticks) => lr.or(self.memory.scheduled),
            _ => lr, // S14: of this step alone
        };
        self.memory.scheduled = lr;
        Rates { settings: self.settings.clone(), lr, mutant: self.mutant }
    }
}

/// Whose parameter a step moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// A preconditioned layer's.
    Layer,
    /// Any other (S13).
    Plain,
}

fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() { x } else { x.signum() }
}
