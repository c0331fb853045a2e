//! The algorithm: in which order a run asks for the clauses.

use super::clauses::{Clauses, Observations};
use super::layer::{Layer, Stages, parameter_step};
use super::observe::observations;
use super::refused::Refused;
use super::rules::{Part, Rules};
use super::state::Shape;
use super::step::{Owner, Step};
use crate::array::Arrays;
use crate::network::pass::Pass;
use crate::scalar::Scalar;
use fixtures::model::Preconditioned;
use fixtures::{Optimizer, State};
use std::collections::BTreeMap;

/// AdaAct with its state (S20).
#[derive(Clone)]
pub struct AdaAct<S: Scalar> {
    settings: Optimizer,
    betas: [f64; 2],
    /// `t`, completed steps.
    t: u64,
    /// In the model's order.
    layers: Vec<Layer<S>>,
    /// The place in `layers` of the owner of a parameter; no plain ones.
    owners: BTreeMap<String, usize>,
    /// For what no layer owns.
    clauses: Box<dyn Clauses<S>>,
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
        rules: &dyn Rules<S>,
    ) -> Result<Self, Refused> {
        let mut clauses = rules.clauses(Part::Run);
        check_settings(settings, &*clauses)?;
        let t = clauses.restored_clock(state);
        let layer = |(index, layer): (usize, &Preconditioned)| {
            let mut clauses = rules.clauses(Part::Layer { all: layers, index });
            let saved = state.and_then(|state| state.layers.get(&layer.name));
            let shape = Shape::of(layer);
            let averages = clauses.restored(&shape, saved, t);
            Layer { shape, averages, observed: t > 0, clauses }
        };
        let layers: Vec<_> = layers.iter().enumerate().map(layer).collect();
        let own = |layer: &Layer<S>| [layer.shape.weight_name(), layer.shape.bias_name()];
        let owners = layers.iter().enumerate().flat_map(|(i, layer)| own(layer).map(|n| (n, i)));
        let owners = owners.collect();
        let betas = clauses.betas(settings);
        Ok(Self { settings: settings.clone(), betas, t, layers, owners, clauses })
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

    /// Whether a preconditioned layer owns a parameter; else it is plain (S13).
    #[must_use]
    pub fn owns(&self, parameter: &str) -> bool {
        self.owners.contains_key(parameter)
    }

    /// What a step's forwards leave in the layers (S2–S6, S17).
    ///
    /// `layers` are those that the optimizer was made for.
    pub fn observations(
        &mut self,
        layers: &[Preconditioned],
        passes: &[Pass<S>],
    ) -> Observations<S> {
        let layers = layers.iter().zip(&mut self.layers);
        let observed = layers.map(|(layer, own)| {
            (layer.name.clone(), observations(&mut *own.clauses, layer, passes))
        });
        observed.collect()
    }

    /// Every layer takes up what a step's forwards left (S6).
    pub fn observe(&mut self, observations: &Observations<S>) {
        for layer in &mut self.layers {
            let all = observations.get(&layer.shape.name).map_or(&[][..], Vec::as_slice);
            layer.observe(all, self.t, self.betas);
        }
        self.t = self.clauses.observed_clock(self.t, observations); // S7
    }

    /// The gradients that a step finds, by the parameter's full name (S9).
    pub fn gradients(&mut self, passes: &[Pass<S>]) -> Arrays<S> {
        self.clauses.gradients(passes)
    }

    /// `G` of every layer that has a gradient, by the layer's full name (S9).
    pub fn matrices(&mut self, gradients: &Arrays<S>) -> BTreeMap<String, Vec<S>> {
        let matrix =
            |layer: &mut Layer<S>| Some((layer.shape.name.clone(), layer.gradient(gradients)?));
        self.layers.iter_mut().filter_map(matrix).collect()
    }

    /// Whether a step is left out (S16, S19).
    pub fn skips(&mut self, skip: bool, lr: Option<f64>, parameters: &Arrays<S>) -> bool {
        let rates: Vec<f64> = parameters.keys().map(|name| self.rate(name, lr)).collect();
        self.clauses.skips(skip, &rates)
    }

    /// One step along these gradients; `lr` is the schedule's rate, if it gives one.
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
        let lr = self.clauses.scheduled(lr); // S14
        self.check_observed(gradients)?;
        self.check_rates(lr, parameters)?;
        let absent = parameters.keys().filter(|name| !gradients.contains_key(*name)).count();
        self.t = self.clauses.clock(self.t, absent); // S7
        let step = Step { t: self.t, betas: self.betas, settings: &self.settings, lr };
        let mut stages = BTreeMap::new();
        for layer in &mut self.layers {
            let of_layer = layer.step(step, gradients, parameters);
            stages.extend(of_layer.map(|stages| (layer.shape.name.clone(), stages)));
        }
        for (name, theta) in
            parameters.iter_mut().filter(|(name, _)| !self.owners.contains_key(*name))
        {
            let Some(gradient) = gradients.get(name) else { continue }; // S15
            let at = parameter_step(&mut *self.clauses, step, name, Owner::Plain);
            let update = self.clauses.plain_update(&gradient.data, &theta.data, &at); // S13
            self.clauses.descend(&mut theta.data, &update, &at); // S12
        }
        Ok(stages)
    }

    /// S19: the forwards have advanced `V`; nothing else happens.
    pub fn skip(&mut self, lr: Option<f64>, gradients: &Arrays<S>, parameters: &mut Arrays<S>) {
        let lr = self.clauses.scheduled(lr);
        self.t = self.clauses.skipped_clock(self.t);
        let step = Step { t: self.t, betas: self.betas, settings: &self.settings, lr };
        for layer in &mut self.layers {
            let gradient = layer.gradient(gradients);
            layer.clauses.skipped_layer(&mut layer.averages, gradient.as_deref(), self.betas);
        }
        for (name, theta) in parameters {
            let (clauses, owner) = match self.owners.get(name) {
                Some(&index) => (&mut self.layers[index].clauses, Owner::Layer),
                None => (&mut self.clauses, Owner::Plain),
            };
            let at = parameter_step(&mut **clauses, step, name, owner);
            clauses.skipped_parameter(&mut theta.data, &at);
        }
    }

    /// `η` of a parameter (S14).
    fn rate(&mut self, parameter: &str, lr: Option<f64>) -> f64 {
        let clauses = match self.owners.get(parameter) {
            Some(&index) => &mut self.layers[index].clauses,
            None => &mut self.clauses,
        };
        clauses.rates(&self.settings, parameter, lr).0
    }

    /// S15: no step along a gradient whose layer was never observed.
    fn check_observed(&self, gradients: &Arrays<S>) -> Result<(), Refused> {
        let refused = |layer: &&Layer<S>| {
            gradients.contains_key(&layer.shape.weight_name())
                && !layer.clauses.may_step(layer.observed)
        };
        let unobserved = |layer: &Layer<S>| Refused::Unobserved { layer: layer.shape.name.clone() };
        self.layers.iter().find(refused).map_or(Ok(()), |layer| Err(unobserved(layer)))
    }

    /// S18: what a step's own rate makes of every parameter's `η` (S14).
    fn check_rates(&mut self, lr: Option<f64>, parameters: &Arrays<S>) -> Result<(), Refused> {
        for name in parameters.keys() {
            let value = self.rate(name, lr);
            unless(self.clauses.is_rate(value), "lr", value)?;
        }
        Ok(())
    }
}

/// S18: all hyperparameters, those of groups as well.
fn check_settings<S: Scalar>(
    settings: &Optimizer,
    clauses: &dyn Clauses<S>,
) -> Result<(), Refused> {
    let [beta1, beta2] = settings.betas;
    unless(clauses.is_beta(beta1), "beta1", beta1)?;
    unless(clauses.is_beta(beta2), "beta2", beta2)?;
    let rate = |name, value| unless(clauses.is_rate(value), name, value);
    rate("eps", settings.eps)?;
    let own = settings.groups.iter().map(|group| (group.lr, group.weight_decay));
    for (lr, decay) in own.chain([(Some(settings.lr), Some(settings.weight_decay))]) {
        lr.map_or(Ok(()), |lr| rate("lr", lr))?;
        decay.map_or(Ok(()), |decay| rate("weight_decay", decay))?;
    }
    Ok(())
}

fn unless(valid: bool, name: &'static str, value: f64) -> Result<(), Refused> {
    if valid { Ok(()) } else { Err(Refused::Hyperparameter { name, value }) }
}
