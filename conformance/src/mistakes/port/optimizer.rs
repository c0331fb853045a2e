//! The optimizer's part of a step, for layers and plain parameters (S12–S20).

use super::constants::Constants;
use super::layer::Layer;
use super::observe::observations;
use super::passes::Pass;
use super::rates::{self, Rates};
use super::{Mutant, download, values};
use fixtures::{Case, LayerTrace, Step, model};
use gpu::NamedTensors;
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// AdaAct with a mistake.
pub struct Optimizer<'c> {
    pub mutant: Option<Mutant>,
    pub given: &'c fixtures::Optimizer,
    /// `t`, completed steps.
    pub t: u64,
    /// In the model's order.
    pub layers: Vec<Layer<'c>>,
    /// Everything else that is trained (S13).
    plain: Vec<String>,
    /// Shared with the network.
    pub parameters: NamedTensors,
    /// Of [`Mutant::PlainMomentum`] alone; a restored run has none either.
    pub plain_momentum: NamedTensors,
    /// What the gradients of all steps come to, of [`Mutant::GradientsNotCleared`] alone.
    uncleared: NamedTensors,
    /// The last rate that a step gave.
    last_lr: Option<f64>,
}

/// A layer's `A`s in a step, and its `V` before them.
pub struct Observed {
    pub mean_squares: Vec<Tensor>,
    v_before: Tensor,
}

impl<'c> Optimizer<'c> {
    /// At the case's start, which may lie in mid-run (S20).
    pub fn new(case: &'c Case, mutant: Option<Mutant>, parameters: &NamedTensors) -> Self {
        let kind = parameters.values().next().map_or(Kind::Double, Tensor::kind);
        let layers = model::preconditioned(&case.model);
        let plain = model::plain_parameters(&case.model);
        let mut optimizer = Self {
            mutant,
            given: &case.optimizer,
            t: 0,
            layers: layers.into_iter().map(|layer| Layer::new(layer, kind)).collect(),
            plain: plain.into_iter().map(|spec| spec.name).collect(),
            parameters: parameters.iter().map(|(n, p)| (n.clone(), p.shallow_clone())).collect(),
            plain_momentum: NamedTensors::new(),
            uncleared: NamedTensors::new(),
            last_lr: None,
        };
        match (&case.state, mutant) {
            (None, _) | (_, Some(Mutant::StateForgotten)) => {}
            (Some(state), _) => optimizer.restore(state),
        }
        optimizer
    }

    /// S20
    fn restore(&mut self, state: &fixtures::State) {
        self.t = match self.mutant {
            Some(Mutant::StepForgotten) => 0,
            Some(Mutant::StepRestoredEarly) => state.step.saturating_sub(1),
            Some(Mutant::StepRestoredLate) => state.step + 1,
            _ => state.step,
        };
        for layer in &mut self.layers {
            layer.observed = state.step;
            if let Some(state) = state.layers.get(&layer.described.name) {
                layer.restore(self.mutant, state);
            }
        }
    }

    /// The gradients of a step's own forwards, as the step finds them (S9).
    pub fn found(&mut self, own: NamedTensors) -> NamedTensors {
        match self.mutant {
            Some(Mutant::GradientsNotCleared) => {
                let mut found = NamedTensors::new();
                for (name, g) in own {
                    let sum = match self.uncleared.get(&name) {
                        Some(earlier) => earlier + g,
                        None => g,
                    };
                    self.uncleared.insert(name.clone(), sum.shallow_clone());
                    found.insert(name, sum);
                }
                found
            }
            _ => own, // S9
        }
    }

    /// All of a step after its forwards, and what is to be said of every layer.
    pub fn step(
        &mut self,
        step: &Step,
        passes: &[Pass],
        gradients: &NamedTensors,
    ) -> BTreeMap<String, LayerTrace> {
        let lr = rates::scheduled(self.mutant, step.lr, self.last_lr);
        self.last_lr = step.lr.or(self.last_lr);
        let observed: Vec<_> = (0..self.layers.len()).map(|l| self.observe(l, passes)).collect();
        if self.mutant == Some(Mutant::ObservationsAreSteps) {
            let most = observed.iter().map(|observed| observed.mean_squares.len()).max();
            self.t += most.unwrap_or_default() as u64;
        }
        let left_out = match self.mutant {
            Some(Mutant::SkipIgnored) => false,
            Some(Mutant::RateZeroReturnsEarly) => step.skip || self.stands_still(lr),
            _ => step.skip, // S16, S19
        };
        if left_out {
            return self.skip(lr, observed, gradients);
        }
        self.t += match self.mutant {
            Some(Mutant::ObservationsAreSteps) => 0,
            _ => 1, // S7
        };
        let mut traces: BTreeMap<_, _> = observed
            .iter()
            .enumerate()
            .map(|(number, observed)| self.step_layer(number, observed, gradients, lr))
            .collect();
        for name in self.plain.clone() {
            self.step_plain(&name, &gradients[&name], lr);
        }
        if step.skip {
            // A trace has no place for the rest.
            traces.values_mut().for_each(|trace: &mut LayerTrace| {
                (trace.scale, trace.momentum, trace.update) = (None, None, None);
            });
        }
        traces
    }

    /// Whether every parameter has the rate 0 in a step.
    fn stands_still(&self, lr: Option<f64>) -> bool {
        let rate = |name: &String| Rates::new(self.mutant, self.given, name, lr).lr;
        self.parameters.keys().all(|name| rate(name) == 0.0)
    }

    /// S6, with `t` as it is before the step.
    fn observe(&mut self, number: usize, passes: &[Pass]) -> Observed {
        let constants = self.constants();
        let layer = &mut self.layers[number];
        let v_before = layer.v.shallow_clone();
        let mean_squares = observations(self.mutant, &layer.described, number, passes);
        for (nth, a) in mean_squares.iter().enumerate() {
            layer.observe(&constants, a, nth == 0);
        }
        Observed { mean_squares, v_before }
    }

    /// A skipped step leaves what was observed and nothing else (S19).
    fn skip(
        &mut self,
        lr: Option<f64>,
        observed: Vec<Observed>,
        gradients: &NamedTensors,
    ) -> BTreeMap<String, LayerTrace> {
        let constants = self.constants();
        let mut traces = BTreeMap::new();
        for (layer, observed) in self.layers.iter_mut().zip(observed) {
            let g = layer.gradient(self.mutant, gradients);
            match self.mutant {
                Some(Mutant::SkipForgetsObservations) => layer.v = observed.v_before,
                Some(Mutant::SkipAdvancesMomentum) => layer.average(&constants, &g),
                _ => {}
            }
            let trace = observed_trace(layer, &observed.mean_squares, &g);
            traces.insert(layer.described.name.clone(), trace);
        }
        match self.mutant {
            Some(Mutant::SkipCounted) => self.t += 1,
            Some(Mutant::SkipDecays) => {
                for (name, parameter) in &mut self.parameters {
                    let plain = self.plain.contains(name);
                    let rates = Rates::new(self.mutant, self.given, name, lr);
                    *parameter *= rates.kept(self.mutant, name, plain);
                }
            }
            _ => {}
        }
        traces
    }

    /// The scalars at the present `t`.
    pub fn constants(&self) -> Constants {
        Constants::new(self.mutant, self.given, self.t)
    }
}

/// What a skipped step says of a layer, too.
pub fn observed_trace(layer: &Layer, mean_squares: &[Tensor], g: &Tensor) -> LayerTrace {
    LayerTrace {
        mean_square: Some(mean_squares.iter().map(values).collect()),
        ema: Some(values(&layer.v)),
        gradient: Some(download(g)),
        ..LayerTrace::default()
    }
}
