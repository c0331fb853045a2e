//! AdaAct, clause by clause, in tensors.

use super::layer::{Averages, matrix, scaled};
use super::passes::{Backward, Pass, training};
use super::rows::rows;
use super::step::{LayerStep, ParameterStep, Step};
use fixtures::model::Preconditioned;
use fixtures::{LayerState, Optimizer, State};
use gpu::NamedTensors;
use tch::{Kind, Tensor};

/// The clauses of AdaAct (`docs/spec.md`): each default method is one, or its part in the sum.
///
/// [`Definition`] follows them all, a mistake overrides one. As in the slow copy, every layer asks
/// an object of its own, and one more is asked for everything else; and the arithmetic lies in
/// functions, which are compiled once.
#[expect(unused_variables, reason = "a clause need not use all that it is told")]
pub trait Clauses {
    // ------------------------------------------- a layer: what it observes

    /// S2: the forwards of a step that a layer observes: all in training, none in evaluation.
    fn observed<'p>(&mut self, passes: &'p [Pass]) -> Vec<&'p Pass> {
        training(passes)
    }

    /// S3, S4: the rows of one input, `[batch, positions, groups, inputs]`.
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        rows(layer, x)
    }

    /// S3: the mean square of every column, `[batch, positions, groups, columns]` →
    /// `[groups, columns]`; the bias's 1 is a column like any other (S5).
    fn mean_square(&mut self, layer: &Preconditioned, rows: &Tensor) -> Tensor {
        mean_square(rows)
    }

    /// S4, S5: `A` from the mean squares of all columns, `[groups, columns]`.
    fn statistic(&mut self, layer: &Preconditioned, a: Tensor) -> Tensor {
        a
    }

    /// S17: what a forward observes, from `A` of each of its uses of the layer: each by itself.
    fn of_uses(&mut self, uses: Vec<Tensor>) -> Vec<Tensor> {
        uses
    }

    /// S6: what a step observes, from what its forwards do: each by itself.
    fn of_forwards(&mut self, forwards: Vec<Tensor>) -> Vec<Tensor> {
        forwards
    }

    /// S6: `V` takes up the observations of a step one by one. While no step has been completed,
    /// `t = 0`, each of them first resets it.
    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], t: u64, betas: [f64; 2]) {
        for a in all {
            if t == 0 {
                *v = v.zeros_like();
            }
            *v = self.average(v, a, betas);
        }
    }

    /// S6: `β2·V + (1 − β2)·A`.
    fn average(&mut self, v: &Tensor, a: &Tensor, [_, beta2]: [f64; 2]) -> Tensor {
        average(v, a, beta2)
    }

    // ----------------------------------------------------- a layer: its step

    /// S9: `G = [∂L/∂weight | ∂L/∂bias]`, `[out, columns]`.
    fn gradient(&mut self, layer: &Preconditioned, gradients: &NamedTensors) -> Tensor {
        matrix(layer, gradients)
    }

    /// S7: `V̂ = V/(1 − β2ᵗ)`.
    fn corrected(&mut self, v: &Tensor, at: &LayerStep) -> Tensor {
        let Step { t, betas: [_, beta2], .. } = at.step;
        v / unbias(beta2, t)
    }

    /// S8: `s = 1/(√V̂ + ε)`.
    fn scale(&mut self, v_hat: &Tensor, at: &LayerStep) -> Tensor {
        scale(v_hat, at.step.settings.eps)
    }

    /// S10: `β1·M + (1 − β1)·G`, also at a rate of 0 (S16).
    fn momentum(&mut self, m: &Tensor, scale: &Tensor, at: &LayerStep) -> Tensor {
        let [beta1, _] = at.step.betas;
        average(m, at.gradient, beta1)
    }

    /// S10: `M̂ = M/(1 − β1ᵗ)`.
    fn corrected_momentum(&mut self, m: &Tensor, at: &LayerStep) -> Tensor {
        let Step { t, betas: [beta1, _], .. } = at.step;
        m / unbias(beta1, t)
    }

    /// S11: `U_ij = M̂_ij · s_j`, with the `s` of the group of row `i`.
    fn update(&mut self, m_hat: &Tensor, scale: &Tensor, at: &LayerStep) -> Tensor {
        scaled(m_hat, scale)
    }

    // ------------------------------------------------------------ a parameter

    /// S14: `(η, λ)` of a parameter, where the schedule gives the rate `lr` or none.
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        rates(settings, parameter, lr)
    }

    /// S13: `U` of a plain parameter, its raw gradient.
    fn plain_update(&mut self, gradient: &Tensor, theta: &Tensor, at: &ParameterStep) -> Tensor {
        gradient.shallow_clone()
    }

    /// S12: what the decay leaves of a parameter, `1 − η·λ`.
    fn kept(&mut self, at: &ParameterStep) -> f64 {
        1.0 - at.lr * at.decay
    }

    /// S12: `θ·(1 − η·λ) − η·U`; `U` has the parameter's shape.
    fn descend(&mut self, theta: &Tensor, update: &Tensor, at: &ParameterStep) -> Tensor {
        descended(theta, update, at.lr, self.kept(at))
    }

    // ---------------------------------------------------------------- the run

    /// S14: `β1` and `β2` are the optimizer's, for all layers.
    fn betas(&mut self, settings: &Optimizer) -> [f64; 2] {
        settings.betas
    }

    /// S9, S17: the gradients of one forward's scaled loss, each of all uses of its parameter.
    fn backward(&mut self, backward: &Backward) -> NamedTensors {
        backward.gradients(backward.forward.loss_scale)
    }

    /// S9: the gradients that a step finds, summed over its training forwards.
    fn gradients(&mut self, forwards: &[&NamedTensors]) -> NamedTensors {
        total(forwards)
    }

    /// S16, S19: whether a step is left out: where it is to be skipped, not where its `rates` are 0.
    fn skips(&mut self, skip: bool, rates: &[f64]) -> bool {
        skip
    }

    /// S14: the schedule's rate in a step, whatever the step before used.
    fn scheduled(&mut self, lr: Option<f64>) -> Option<f64> {
        lr
    }

    /// S7: a step raises `t` by one.
    fn clock(&mut self, t: u64) -> u64 {
        t + 1
    }

    /// S7: observations, so many of each layer, leave `t` alone.
    fn observed_clock(&mut self, t: u64, observations: &[usize]) -> u64 {
        t
    }

    // ---------------------------------------------------------- a skipped step

    /// S19: a skipped step leaves `t`.
    fn skipped_clock(&mut self, t: u64) -> u64 {
        t
    }

    /// S19: a skipped step leaves `M`, and `V` as it was observed.
    fn skipped_layer(&mut self, averages: &mut Averages, gradient: &Tensor, betas: [f64; 2]) {}

    /// S19: a skipped step leaves a parameter, without decay.
    fn skipped_parameter(&mut self, theta: &mut Tensor, at: &ParameterStep) {}

    // --------------------------------------------------------------- the state

    /// S20: `t` at the start of a run: that of the saved state, 0 without one.
    fn restored_clock(&mut self, state: Option<&State>) -> u64 {
        saved_clock(state)
    }

    /// S20: takes up the saved `V` and `M` of a layer; `t` is that of the state.
    fn restore(&mut self, averages: &mut Averages, saved: Option<&LayerState>, t: u64) {
        averages.restore(saved);
    }
}

/// AdaAct as it is defined.
pub struct Definition;

impl Clauses for Definition {}

/// `β·x + (1 − β)·new`.
pub fn average(x: &Tensor, new: &Tensor, beta: f64) -> Tensor {
    x * beta + new * (1.0 - beta)
}

/// The mean over batch and positions of the squares (S3).
fn mean_square(rows: &Tensor) -> Tensor {
    sum(&rows.square()) / count(rows)
}

/// `1/(√V̂ + ε)` (S8).
fn scale(v_hat: &Tensor, eps: f64) -> Tensor {
    (v_hat.sqrt() + eps).reciprocal()
}

/// `θ·kept − η·U` (S12).
fn descended(theta: &Tensor, update: &Tensor, lr: f64, kept: f64) -> Tensor {
    theta * kept - update * lr
}

/// `(η, λ)` of a parameter: the schedule's rate over that of its group, or of the optimizer (S14).
fn rates(settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
    let group = settings.groups.iter().find(|g| g.parameters.iter().any(|p| p == parameter));
    let own = group.and_then(|group| group.lr);
    let decay = group.and_then(|group| group.weight_decay);
    let lr = match (lr, own) {
        (None, own) => own.unwrap_or(settings.lr),
        (Some(r), None) => r,
        (Some(r), Some(g)) => r * g / settings.lr,
    };
    (lr, decay.unwrap_or(settings.weight_decay))
}

/// The sums over the training forwards of their gradients, by the parameter's full name (S9).
fn total(forwards: &[&NamedTensors]) -> NamedTensors {
    let sum = |name: &String| {
        let each = forwards.iter().map(|gradients| gradients[name].shallow_clone());
        (name.clone(), each.reduce(|sum, g| sum + g).expect("a training forward"))
    };
    forwards[0].keys().map(sum).collect()
}

/// `t` of a saved state, 0 without one (S20).
fn saved_clock(state: Option<&State>) -> u64 {
    state.map_or(0, |state| state.step)
}

/// `1 − βᵗ`, in float64 (S7).
pub fn unbias(beta: f64, t: u64) -> f64 {
    1.0 - beta.powf(t as f64)
}

/// The sum over batch and positions.
pub fn sum(rows: &Tensor) -> Tensor {
    rows.sum_dim_intlist([0, 1].as_slice(), false, None::<Kind>)
}

/// `N`: batch times positions.
pub fn count(rows: &Tensor) -> f64 {
    let [batch, positions] = [0, 1].map(|axis| rows.size()[axis] as f64);
    batch * positions
}
