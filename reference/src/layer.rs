//! What a layer is: two functions that stand next to each other, and what one leaves the other.

use crate::{Activations, TensorMap};
use fixtures::Mode;
use ndarray::{Array1, ArrayD, ArrayView1};
use std::sync::Arc;

/// A differentiable function of activations and parameters.
pub(crate) trait Layer: Send + Sync + 'static {
    /// What `forward` keeps for `backward`.
    type Kept: Send;

    /// The output for the input `x`.
    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Self::Kept);

    /// The gradient of `x` from the gradient `dy` of the output; those of the layer's own
    /// parameters are added to `backward.gradients`.
    fn backward(&self, kept: Self::Kept, dy: Activations, backward: &mut Backward) -> Activations;

    /// [`Layer::backward`] for a layer whose input is the network's: nobody needs the gradient
    /// of `x`. Layers that can save work by that say how.
    fn backward_parameters(&self, kept: Self::Kept, dy: Activations, backward: &mut Backward) {
        self.backward(kept, dy, backward);
    }
}

/// What a forward pass reads and leaves behind.
pub(crate) struct Forward<'a> {
    pub parameters: &'a TensorMap,
    pub buffers: &'a mut TensorMap,
    pub mode: Mode,
    /// `A` of every preconditioned layer, in order of use; empty in evaluation (S2, S17).
    pub observations: Vec<(String, Array1<f64>)>,
}

/// What a backward pass reads and adds to.
pub(crate) struct Backward<'a> {
    pub parameters: &'a TensorMap,
    pub gradients: &'a mut TensorMap,
}

impl Backward<'_> {
    /// Adds to a parameter's gradient, so that several uses and several passes accumulate.
    pub fn add(&mut self, parameter: &str, gradient: ArrayD<f64>) {
        match self.gradients.get_mut(parameter) {
            Some(sum) => *sum += &gradient,
            None => {
                self.gradients.insert(parameter.to_owned(), gradient);
            }
        }
    }
}

/// Names of a layer's parameters.
pub(crate) struct Names {
    pub layer: String,
    pub weight: String,
    pub bias: String,
}

impl Names {
    pub fn new(layer: String) -> Self {
        Self { weight: format!("{layer}.weight"), bias: format!("{layer}.bias"), layer }
    }
}

/// Layers in a row. A layer used twice stands here twice (S17).
#[derive(Default)]
pub(crate) struct Sequence {
    pub layers: Vec<Arc<dyn Node>>,
}

/// What the layers of a sequence keep for backward, in order of execution.
pub(crate) type Tape = Vec<Pullback>;

/// A layer's backward with what its forward kept.
pub(crate) type Pullback =
    Box<dyn FnOnce(Activations, InputGradient, &mut Backward) -> Option<Activations> + Send>;

/// Whether a backward pass must go down to the gradient of its input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputGradient {
    Wanted,
    Unwanted,
}

/// A [`Layer`] of any type.
pub(crate) trait Node: Send + Sync {
    fn forward(self: Arc<Self>, x: Activations, forward: &mut Forward) -> (Activations, Pullback);
}

impl<L: Layer> Node for L {
    fn forward(self: Arc<Self>, x: Activations, forward: &mut Forward) -> (Activations, Pullback) {
        let (y, kept) = Layer::forward(&*self, x, forward);
        let pullback = move |dy, input, backward: &mut Backward| match input {
            InputGradient::Wanted => Some(self.backward(kept, dy, backward)),
            InputGradient::Unwanted => {
                self.backward_parameters(kept, dy, backward);
                None
            }
        };
        (y, Box::new(pullback))
    }
}

impl Layer for Sequence {
    type Kept = Tape;

    fn forward(&self, mut x: Activations, forward: &mut Forward) -> (Activations, Tape) {
        let mut tape = Tape::new();
        for layer in &self.layers {
            let (y, pullback) = Arc::clone(layer).forward(x, forward);
            if forward.mode == Mode::Train {
                tape.push(pullback);
            }
            x = y;
        }
        (x, tape)
    }

    fn backward(&self, tape: Tape, mut dy: Activations, backward: &mut Backward) -> Activations {
        for pullback in tape.into_iter().rev() {
            dy = pullback(dy, InputGradient::Wanted, backward).expect("a wanted gradient");
        }
        dy
    }

    fn backward_parameters(&self, mut tape: Tape, dy: Activations, backward: &mut Backward) {
        if tape.is_empty() {
            return;
        }
        let first = tape.remove(0);
        let dy = self.backward(tape, dy, backward);
        first(dy, InputGradient::Unwanted, backward);
    }
}

/// A parameter or buffer of one axis.
pub(crate) fn vector<'m>(map: &'m TensorMap, name: &str) -> ArrayView1<'m, f64> {
    map[name].view().into_dimensionality().expect("a vector")
}
