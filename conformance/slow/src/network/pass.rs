//! The forwards of a step, each with its loss and its backward.

use super::backward::Gradients;
use super::forks::Forks;
use super::layers::{Network, Use};
use super::loss::loss;
use crate::array::{Array, Arrays};
use crate::scalar::Scalar;
use fixtures::{Forward, Layer, Loss, Mode};

/// What a forward and its backward leave behind.
#[derive(Clone, Debug)]
pub struct Pass<S> {
    /// Training or evaluation.
    pub mode: Mode,
    /// The unscaled loss.
    pub loss: S,
    /// What the loss is multiplied by before its backward.
    pub loss_scale: S,
    /// The model's output.
    pub output: Array<S>,
    /// The inputs of the preconditioned layers in order of execution, in evaluation too.
    pub uses: Vec<Use<S>>,
    /// The gradients of `loss_scale · loss`; none in evaluation.
    pub gradients: Gradients<S>,
}

/// The forwards in training.
#[must_use]
pub fn training<S>(passes: &[Pass<S>]) -> Vec<&Pass<S>> {
    passes.iter().filter(|pass| pass.mode == Mode::Train).collect()
}

/// All forwards of a step in order, each with its backward; buffers move on.
///
/// The case that they are from must be valid.
///
/// # Panics
/// If something does not fit the model, or `forks` replays another step.
pub(crate) fn passes<S: Scalar>(
    model: &[Layer],
    loss: Loss,
    parameters: &Arrays<S>,
    buffers: &mut Arrays<S>,
    forwards: &[Forward],
    forks: &mut Forks,
) -> Vec<Pass<S>> {
    forwards.iter().map(|forward| pass(model, loss, parameters, buffers, forward, forks)).collect()
}

fn pass<S: Scalar>(
    model: &[Layer],
    of: Loss,
    parameters: &Arrays<S>,
    buffers: &mut Arrays<S>,
    forward: &Forward,
    forks: &mut Forks,
) -> Pass<S> {
    let mode = forward.mode;
    let input = input(forward, parameters);
    let mut network = Network { parameters, buffers, forks, mode, uses: Vec::new() };
    let (output, backward) = network.forward(model, "", input);
    let uses = network.uses;
    let (loss, gradient) = loss(of, &output, &forward.target);
    let loss_scale = S::new(forward.loss_scale);
    let mut gradients = Gradients::default();
    if mode == Mode::Train {
        backward(&gradient.map(|d| d * loss_scale), &mut gradients);
    }
    Pass { mode, loss, loss_scale, output, uses, gradients }
}

/// The batch, read in the same run as the parameters.
fn input<S: Scalar>(forward: &Forward, parameters: &Arrays<S>) -> Array<S> {
    match parameters.values().find_map(|array| array.data.first()) {
        Some(parameter) => Array::map_tensor(&forward.input, |x| parameter.alike(x)),
        None => Array::from_tensor(&forward.input),
    }
}
