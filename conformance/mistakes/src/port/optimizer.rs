//! The algorithm: in which order a run of the port asks for the clauses.

use super::clauses::Clauses;
use super::layer::Averages;
use super::observe::observations;
use super::passes::Pass;
use super::rules::Rules;
use super::step::{LayerStep, ParameterStep, Step};
use super::tensors::{download, values};
use fixtures::model::{self, Preconditioned};
use fixtures::{Case, LayerTrace};
use gpu::NamedTensors;
use slow::Part;
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// AdaAct on tensors that are a network's.
pub struct Optimizer<'c> {
    settings: &'c fixtures::Optimizer,
    betas: [f64; 2],
    /// `t`, completed steps.
    pub t: u64,
    /// In the model's order.
    layers: Vec<Layer<'c>>,
    /// Shared with the network.
    parameters: NamedTensors,
    /// For what no layer owns.
    pub clauses: Box<dyn Clauses>,
}

struct Layer<'c> {
    described: Preconditioned<'c>,
    averages: Averages,
    clauses: Box<dyn Clauses>,
}

impl<'c> Optimizer<'c> {
    /// At the case's start, which may lie in mid-run (S20).
    pub fn new(case: &'c Case, rules: &dyn Rules, parameters: &NamedTensors) -> Self {
        let kind = parameters.values().next().map_or(Kind::Double, Tensor::kind);
        let mut clauses = rules.clauses(Part::Run);
        let all = model::preconditioned(&case.model);
        let layer = |(index, described): (usize, &Preconditioned<'c>)| {
            let mut clauses = rules.clauses(Part::Layer { all: &all, index });
            let saved = case.state.as_ref();
            let (t, saved) =
                (saved.map_or(0, |s| s.step), saved.and_then(|s| s.layers.get(&described.name)));
            let mut averages = Averages::zeros(described, kind);
            clauses.restore(&mut averages, saved, t);
            Layer { described: described.clone(), averages, clauses }
        };
        let layers = all.iter().enumerate().map(layer).collect();
        let parameters = parameters.iter().map(|(n, p)| (n.clone(), p.shallow_clone())).collect();
        let t = clauses.restored_clock(case.state.as_ref());
        let betas = clauses.betas(&case.optimizer);
        Self { settings: &case.optimizer, betas, t, layers, parameters, clauses }
    }

    /// All of a step after its forwards, and what is to be said of every layer.
    pub fn step(
        &mut self,
        step: &fixtures::Step,
        passes: &[Pass],
        gradients: &NamedTensors,
    ) -> BTreeMap<String, LayerTrace> {
        let lr = self.clauses.scheduled(step.lr); // S14
        let (t, betas) = (self.t, self.betas);
        let layers = self.layers.iter_mut().enumerate();
        let observed: Vec<_> =
            layers.map(|(number, layer)| layer.observe(number, passes, t, betas)).collect();
        let counts: Vec<_> = observed.iter().map(Vec::len).collect();
        self.t = self.clauses.observed_clock(self.t, &counts); // S7
        let mut traces = if self.skips(step.skip, lr) {
            self.skip(lr, gradients)
        } else {
            self.take(lr, gradients)
        };
        for (layer, observed) in self.layers.iter().zip(observed) {
            let trace = traces.get_mut(&layer.described.name).expect("of every layer");
            trace.mean_square = Some(observed.iter().map(values).collect());
            if step.skip {
                // A trace has no place for the rest.
                (trace.scale, trace.momentum, trace.update) = (None, None, None);
            }
        }
        traces
    }

    fn skips(&mut self, skip: bool, lr: Option<f64>) -> bool {
        let names: Vec<_> = self.parameters.keys().cloned().collect();
        let rates: Vec<_> = names
            .iter()
            .map(|name| {
                clauses_of(name, &mut self.layers, &mut self.clauses)
                    .0
                    .rates(self.settings, name, lr)
                    .0
            })
            .collect();
        self.clauses.skips(skip, &rates)
    }

    fn take(&mut self, lr: Option<f64>, gradients: &NamedTensors) -> BTreeMap<String, LayerTrace> {
        self.t = self.clauses.clock(self.t); // S7
        let step = Step { t: self.t, betas: self.betas, settings: self.settings, lr };
        let mut traces = BTreeMap::new();
        for layer in &mut self.layers {
            let trace = layer.step(step, gradients, &mut self.parameters);
            traces.insert(layer.described.name.clone(), trace);
        }
        for (name, theta) in &mut self.parameters {
            let (clauses, is_plain) = clauses_of(name, &mut self.layers, &mut self.clauses);
            if is_plain {
                let at = parameter_step(clauses, step, name, is_plain);
                let update = clauses.plain_update(&gradients[name], &theta.detach(), &at); // S13
                descend(clauses, theta, &update, &at); // S12
            }
        }
        traces
    }

    /// A skipped step leaves what was observed and nothing else (S19).
    fn skip(&mut self, lr: Option<f64>, gradients: &NamedTensors) -> BTreeMap<String, LayerTrace> {
        self.t = self.clauses.skipped_clock(self.t);
        let step = Step { t: self.t, betas: self.betas, settings: self.settings, lr };
        let mut traces = BTreeMap::new();
        for Layer { described, averages, clauses } in &mut self.layers {
            let gradient = clauses.gradient(described, gradients);
            clauses.skipped_layer(averages, &gradient, self.betas);
            traces.insert(described.name.clone(), observed_trace(averages, &gradient));
        }
        for (name, theta) in &mut self.parameters {
            let (clauses, is_plain) = clauses_of(name, &mut self.layers, &mut self.clauses);
            let at = parameter_step(clauses, step, name, is_plain);
            clauses.skipped_parameter(theta, &at);
        }
        traces
    }
}

impl Layer<'_> {
    /// Takes up what a step's forwards left (S2–S6, S17), with `t` as it is before the step.
    fn observe(&mut self, number: usize, passes: &[Pass], t: u64, betas: [f64; 2]) -> Vec<Tensor> {
        let all = observations(&mut *self.clauses, &self.described, number, passes);
        self.clauses.observe(&mut self.averages.v, &all, t, betas);
        all
    }

    /// The layer's step, with `t` already raised, and what there is to say of it.
    fn step(
        &mut self,
        step: Step,
        gradients: &NamedTensors,
        parameters: &mut NamedTensors,
    ) -> LayerTrace {
        let Self { described: layer, averages, clauses } = self;
        let gradient = &clauses.gradient(layer, gradients); // S9
        let at = LayerStep { step, layer, gradient, parameters };
        let v_hat = clauses.corrected(&averages.v, &at); // S7
        let scale = clauses.scale(&v_hat, &at); // S8
        averages.m = clauses.momentum(&averages.m, &scale, &at); // S10
        let m_hat = clauses.corrected_momentum(&averages.m, &at); // S10
        let update = clauses.update(&m_hat, &scale, &at); // S11
        let inputs = update.size()[1] - i64::from(layer.bias());
        let parts = [("weight", 0, inputs), ("bias", inputs, 1)];
        for (part, start, length) in parts.into_iter().take(1 + usize::from(layer.bias())) {
            let name = format!("{}.{part}", layer.name);
            let theta = parameters.get_mut(&name).expect("a parameter of the case");
            let at = parameter_step(&mut **clauses, step, &name, false);
            descend(&mut **clauses, theta, &update.narrow(1, start, length), &at);
        }
        LayerTrace {
            scale: Some(values(&scale)),
            momentum: Some(download(&averages.m)),
            update: Some(download(&update)),
            ..observed_trace(averages, gradient)
        }
    }
}

/// Whom to ask for a parameter, and whether it is plain.
fn clauses_of<'o>(
    parameter: &str,
    layers: &'o mut [Layer],
    run: &'o mut Box<dyn Clauses>,
) -> (&'o mut dyn Clauses, bool) {
    let owner = parameter.rsplit_once('.').map_or("", |(owner, _)| owner);
    match layers.iter_mut().find(|layer| layer.described.name == owner) {
        Some(layer) => (&mut *layer.clauses, false),
        None => (&mut **run, true),
    }
}

/// A parameter's share of a step, with its rates (S14).
fn parameter_step<'s>(
    clauses: &mut dyn Clauses,
    step: Step<'s>,
    name: &'s str,
    is_plain: bool,
) -> ParameterStep<'s> {
    let (lr, decay) = clauses.rates(step.settings, name, step.lr);
    ParameterStep { step, name, is_plain, lr, decay }
}

/// Decay, then the step along `update` (S12).
fn descend(clauses: &mut dyn Clauses, theta: &mut Tensor, update: &Tensor, at: &ParameterStep) {
    let moved = clauses.descend(&theta.detach(), &update.reshape_as(theta), at);
    theta.copy_(&moved);
}

/// What a skipped step says of a layer, too.
fn observed_trace(averages: &Averages, gradient: &Tensor) -> LayerTrace {
    LayerTrace {
        ema: Some(values(&averages.v)),
        gradient: Some(download(gradient)),
        ..LayerTrace::default()
    }
}
