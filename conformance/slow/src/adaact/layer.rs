//! One preconditioned layer in a run: its averages, its clauses and its step.

use super::clauses::{Clauses, Values};
use super::state::{Averages, Shape};
use super::step::{LayerStep, Owner, ParameterStep, Step};
use crate::array::Arrays;
use crate::scalar::Scalar;

/// A layer with its averages.
#[derive(Clone)]
pub struct Layer<S: Scalar> {
    /// Its form.
    pub shape: Shape,
    /// `V` and `M` (S20).
    pub averages: Averages<S>,
    /// Whether it was ever observed (S15); before a stop, a layer was.
    pub(super) observed: bool,
    pub(super) clauses: Box<dyn Clauses<S>>,
}

/// What one step computes for a layer.
#[derive(Clone, Debug)]
pub struct Stages<S> {
    /// `G`, `[out, columns]`.
    pub gradient: Values<S>,
    /// `s`, `[groups · columns]`.
    pub scale: Values<S>,
    /// `M`, `[out, columns]`.
    pub momentum: Values<S>,
    /// `U`, `[out, columns]`.
    pub update: Values<S>,
}

impl<S: Scalar> Layer<S> {
    /// Takes up what a step's forwards left (S6); `t` counts completed steps.
    pub(super) fn observe(&mut self, all: &[Values<S>], t: u64, betas: [f64; 2]) {
        self.clauses.observe(&mut self.averages.v, all, t, betas);
        self.observed |= !all.is_empty();
    }

    /// `G` (S9); `None` without a gradient (S15).
    pub(super) fn gradient(&mut self, gradients: &Arrays<S>) -> Option<Values<S>> {
        self.clauses.gradient(&self.shape, gradients)
    }

    /// The layer's step, down to its parameters; `None` without a gradient (S15).
    pub(super) fn step(
        &mut self,
        step: Step,
        gradients: &Arrays<S>,
        parameters: &mut Arrays<S>,
    ) -> Option<Stages<S>> {
        let Some(gradient) = self.gradient(gradients) else {
            self.clauses.without_gradient(&mut self.averages);
            return None;
        };
        let Self { shape: layer, averages: Averages { v, m }, clauses, .. } = self;
        let at = LayerStep { step, layer, gradient: &gradient, parameters };
        let v_hat = clauses.corrected(v, &at); // S7
        let scale = clauses.scale(&v_hat, &at); // S8
        clauses.momentum(m, &scale, &at); // S10
        let m_hat = clauses.corrected_momentum(m, &at); // S10
        let update = clauses.update(&m_hat, &scale, &at); // S11
        self.descend(&update, step, parameters);
        Some(Stages { gradient, scale, momentum: self.averages.m.clone(), update })
    }

    /// Moves the weight and the bias along their columns of `U` (S12).
    fn descend(&mut self, update: &[S], step: Step, parameters: &mut Arrays<S>) {
        let Self { shape, clauses, .. } = self;
        let (rows, inputs) = (|| update.chunks(shape.columns), shape.inputs());
        let mut descend = |name: &str, update: Values<S>| {
            let theta = parameters.get_mut(name).expect("a parameter of the layer");
            let at = parameter_step(&mut **clauses, step, name, Owner::Layer);
            clauses.descend(&mut theta.data, &update, &at);
        };
        descend(&shape.weight_name(), rows().flat_map(|row| &row[..inputs]).copied().collect());
        if shape.bias {
            descend(&shape.bias_name(), rows().map(|row| row[inputs]).collect());
        }
    }
}

/// A parameter's share of a step, with its rates (S14).
pub(super) fn parameter_step<'s, S: Scalar>(
    clauses: &mut dyn Clauses<S>,
    step: Step<'s>,
    name: &'s str,
    owner: Owner,
) -> ParameterStep<'s> {
    let (lr, decay) = clauses.rates(step.settings, name, step.lr);
    ParameterStep { step, name, owner, lr, decay }
}
