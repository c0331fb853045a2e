//! AdaAct, clause by clause.

use super::rows::{self, Rows};
use super::state::{Averages, Shape};
use super::step::{LayerStep, ParameterStep};
use crate::array::{Array, Arrays};
use crate::network::pass::{Pass, training};
use crate::scalar::Scalar;
use fixtures::model::Preconditioned;
use fixtures::{LayerState, Optimizer, State};
use std::collections::BTreeMap;

/// A vector of a layer, `[groups · columns]`, or a matrix, `[out, columns]`, row-major.
pub type Values<S> = Vec<S>;

/// `A` of every observation of a step, in order of execution, by the layer's full name.
pub type Observations<S> = BTreeMap<String, Vec<Values<S>>>;

/// The clauses of AdaAct (`docs/spec.md`): each default method is one, or its part in the sum.
///
/// [`Definition`] follows them all. Whoever overrides one computes something else than AdaAct, as a
/// port with a mistake does. In a run, every layer asks an object of its own for what concerns the
/// layer and its parameters; one more is asked for everything else, plain parameters included. So
/// an object may keep whatever it needs from step to step.
///
/// Default methods are compiled for every mistake anew, so the arithmetic of all but the shortest
/// lies in functions: below, in [`rows`], and in the methods of [`Shape`] and [`Averages`].
#[expect(unused_variables, reason = "a clause need not use all that it is told")]
pub trait Clauses<S: Scalar>: Copies<S> + Send + Sync {
    // ------------------------------------------- a layer: what it observes

    /// S2: the forwards of a step that a layer observes: all in training, none in evaluation.
    fn observed<'p>(&mut self, passes: &'p [Pass<S>]) -> Vec<&'p Pass<S>> {
        training(passes)
    }

    /// S3–S5: for each group the rows that its outputs are computed from.
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        rows::rows(layer, input)
    }

    /// S3: `A_j = (1/N) Σ_n x_nj²`, of the rows of one group.
    fn mean_square(&mut self, rows: &Rows<S>) -> Values<S> {
        rows.mean_square()
    }

    /// S4, S5: `A` holds the columns of group 0, then those of group 1, and so on.
    fn statistic(&mut self, layer: &Preconditioned, groups: Vec<Values<S>>) -> Values<S> {
        groups.concat()
    }

    /// S17: what a forward observes, from `A` of each of its uses of the layer: each by itself.
    fn of_uses(&mut self, uses: Vec<Values<S>>) -> Vec<Values<S>> {
        uses
    }

    /// S6: what a step observes, from what its forwards do: each by itself.
    fn of_forwards(&mut self, forwards: Vec<Values<S>>) -> Vec<Values<S>> {
        forwards
    }

    /// S6: `V` takes up the observations of a step one by one. While no step has been completed,
    /// `t = 0`, each of them first resets it.
    fn observe(&mut self, v: &mut [S], all: &[Values<S>], t: u64, betas: [f64; 2]) {
        for a in all {
            if t == 0 {
                v.fill(S::new(0.0));
            }
            self.average(v, a, betas);
        }
    }

    /// S6: `V ← β2·V + (1 − β2)·A`.
    fn average(&mut self, v: &mut [S], a: &[S], [_, beta2]: [f64; 2]) {
        average(v, a, beta2);
    }

    // ----------------------------------------------------- a layer: its step

    /// S9: `G = [∂L/∂weight | ∂L/∂bias]`; none if the weight has no gradient (S15).
    fn gradient(&mut self, layer: &Shape, gradients: &Arrays<S>) -> Option<Values<S>> {
        layer.matrix(gradients)
    }

    /// S15: a step that finds no gradient leaves `M`, and `V` as it was observed.
    fn without_gradient(&mut self, averages: &mut Averages<S>) {}

    /// S7: `V̂ = V/(1 − β2ᵗ)`.
    fn corrected(&mut self, v: &[S], at: &LayerStep<S>) -> Values<S> {
        corrected(v, at.step.betas[1], at.step.t)
    }

    /// S8: `s = 1/(√V̂ + ε)`.
    fn scale(&mut self, v_hat: &[S], at: &LayerStep<S>) -> Values<S> {
        scale(v_hat, at.step.settings.eps)
    }

    /// S10: `M ← β1·M + (1 − β1)·G`, also at a rate of 0 (S16).
    fn momentum(&mut self, m: &mut [S], scale: &[S], at: &LayerStep<S>) {
        average(m, at.gradient, at.step.betas[0]);
    }

    /// S10: `M̂ = M/(1 − β1ᵗ)`.
    fn corrected_momentum(&mut self, m: &[S], at: &LayerStep<S>) -> Values<S> {
        corrected(m, at.step.betas[0], at.step.t)
    }

    /// S11: `U_ij = M̂_ij · s_j`, with the `s` of the group of row `i`.
    fn update(&mut self, m_hat: &[S], scale: &[S], at: &LayerStep<S>) -> Values<S> {
        scaled(m_hat, scale, at.layer)
    }

    // ------------------------------------------------------------ a parameter

    /// S14: `(η, λ)` of a parameter, where the schedule gives the rate `lr` or none.
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        settings.rates(parameter, lr)
    }

    /// S13: `U` of a plain parameter, its raw gradient.
    fn plain_update(&mut self, gradient: &[S], theta: &[S], at: &ParameterStep) -> Values<S> {
        gradient.to_vec()
    }

    /// S12: what the decay leaves of a parameter, `1 − η·λ` in float64 (S7).
    fn kept(&mut self, at: &ParameterStep) -> f64 {
        1.0 - at.lr * at.decay
    }

    /// S12: `θ ← θ·(1 − η·λ)`, then `θ ← θ − η·U`.
    fn descend(&mut self, theta: &mut [S], update: &[S], at: &ParameterStep) {
        descend(theta, update, at.lr, self.kept(at));
    }

    // ---------------------------------------------------------------- the run

    /// S14: `β1` and `β2` are the optimizer's, for all layers.
    fn betas(&mut self, settings: &Optimizer) -> [f64; 2] {
        settings.betas
    }

    /// S9: the gradients that a step finds, summed over its training forwards.
    fn gradients(&mut self, passes: &[Pass<S>]) -> Arrays<S> {
        let mut forwards = Vec::new();
        for pass in training(passes) {
            forwards.push(self.pass_gradients(pass));
        }
        total(forwards)
    }

    /// S9, S17: the gradients of one forward, each the sum over the uses of its parameter.
    fn pass_gradients(&mut self, pass: &Pass<S>) -> Arrays<S> {
        pass.gradients.sums()
    }

    /// S16, S19: whether a step is left out: where it is to be skipped, not where its `rates` are 0.
    fn skips(&mut self, skip: bool, rates: &[f64]) -> bool {
        skip
    }

    /// S14: the schedule's rate in a step, whatever the step before used.
    fn scheduled(&mut self, lr: Option<f64>) -> Option<f64> {
        lr
    }

    /// S7: a step raises `t` by one, also where gradients are `absent` (S15).
    fn clock(&mut self, t: u64, absent: usize) -> u64 {
        t + 1
    }

    /// S7: observations leave `t` alone.
    fn observed_clock(&mut self, t: u64, observations: &Observations<S>) -> u64 {
        t
    }

    // --------------------------------------------------------- what is refused

    /// S15: whether a layer with a gradient may step: if it was ever observed.
    fn may_step(&self, observed: bool) -> bool {
        observed
    }

    /// S18: `0 ≤ β < 1`.
    fn is_beta(&self, x: f64) -> bool {
        (0.0..1.0).contains(&x)
    }

    /// S18: `η`, `λ` and `ε` are finite and at least 0.
    fn is_rate(&self, x: f64) -> bool {
        x >= 0.0 && x.is_finite()
    }

    // ---------------------------------------------------------- a skipped step

    /// S19: a skipped step leaves `t`.
    fn skipped_clock(&mut self, t: u64) -> u64 {
        t
    }

    /// S19: a skipped step leaves `M`, and `V` as it was observed.
    fn skipped_layer(
        &mut self,
        averages: &mut Averages<S>,
        gradient: Option<&[S]>,
        betas: [f64; 2],
    ) {
    }

    /// S19: a skipped step leaves a parameter, without decay.
    fn skipped_parameter(&mut self, theta: &mut [S], at: &ParameterStep) {}

    // --------------------------------------------------------------- the state

    /// S20: `t` at the start of a run: that of the saved state, 0 without one.
    fn restored_clock(&mut self, state: Option<&State>) -> u64 {
        saved_clock(state)
    }

    /// S20: `V` and `M` at the start of a run: those of the saved state, 0 without one.
    fn restored(&mut self, layer: &Shape, saved: Option<&LayerState>, t: u64) -> Averages<S> {
        Averages::restored(layer, saved)
    }
}

/// AdaAct as it is defined.
#[derive(Clone, Copy, Debug)]
pub struct Definition;

impl<S: Scalar> Clauses<S> for Definition {}

/// Copies of boxed clauses, with all that they remember.
pub trait Copies<S: Scalar> {
    /// A copy.
    fn copy(&self) -> Box<dyn Clauses<S>>;
}

impl<S: Scalar, C: Clauses<S> + Clone + 'static> Copies<S> for C {
    fn copy(&self) -> Box<dyn Clauses<S>> {
        Box::new(self.clone())
    }
}

impl<S: Scalar> Clone for Box<dyn Clauses<S>> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

/// `x ← β·x + (1 − β)·new`; both weights are computed in float64 (S7).
pub fn average<S: Scalar>(average: &mut [S], new: &[S], beta: f64) {
    let (keep, take) = (S::new(beta), S::new(1.0 - beta));
    for (x, &new) in average.iter_mut().zip(new) {
        *x = keep * *x + take * new;
    }
}

/// `x/(1 − βᵗ)`: what is corrected for the zero that an average began with.
#[must_use]
pub fn corrected<S: Scalar>(average: &[S], beta: f64, t: u64) -> Values<S> {
    average.iter().map(|x| x.over_correction(beta, t)).collect()
}

/// `1/(√V̂ + ε)` (S8).
fn scale<S: Scalar>(v_hat: &[S], eps: f64) -> Values<S> {
    let (one, eps) = (S::new(1.0), S::new(eps));
    v_hat.iter().map(|v_hat| one / (v_hat.sqrt() + eps)).collect()
}

/// `θ ← θ·kept − η·U` (S12).
fn descend<S: Scalar>(theta: &mut [S], update: &[S], lr: f64, kept: f64) {
    let (lr, kept) = (S::new(lr), S::new(kept));
    for (theta, &u) in theta.iter_mut().zip(update) {
        *theta = *theta * kept - lr * u;
    }
}

/// `t` of a saved state, 0 without one (S20).
fn saved_clock(state: Option<&State>) -> u64 {
    state.map_or(0, |state| state.step)
}

/// Each column `j` of a matrix times `s_j`; a group's rows take that group's `s` (S11).
#[must_use]
pub fn scaled<S: Scalar>(matrix: &[S], scale: &[S], layer: &Shape) -> Values<S> {
    let rows_of_group = layer.out / layer.groups;
    let entry = |(at, &x): (usize, &S)| {
        let (i, j) = (at / layer.columns, at % layer.columns);
        x * scale[i / rows_of_group * layer.columns + j]
    };
    matrix.iter().enumerate().map(entry).collect()
}

/// The sums over the training forwards of their gradients, by the parameter's full name (S9).
fn total<S: Scalar>(forwards: Vec<Arrays<S>>) -> Arrays<S> {
    let add = |mut sums: Arrays<S>, gradients: Arrays<S>| {
        for (name, gradient) in gradients {
            sums.get_mut(&name).expect("the same parameters in every forward").add(&gradient);
        }
        sums
    };
    forwards.into_iter().reduce(add).expect("a training forward")
}
