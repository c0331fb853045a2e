//! A model: layers in a row, with a forward and a backward pass through all of them.

use crate::activation::{Gelu, Relu, Tanh};
use crate::batch_norm::BatchNorm2d;
use crate::branch::{Concat, Residual, SubsamplePad2d};
use crate::conv2d::Conv2d;
use crate::layer::{Backward, Forward, Layer, Node, Sequence, Tape};
use crate::layer_norm::LayerNorm;
use crate::linear::Linear;
use crate::pool::{AvgPool2d, Flatten, GlobalAvgPool2d, MaxPool2d, MeanTokens};
use crate::{Activations, TensorMap};
use fixtures::{Mode, model};
use ndarray::{Array1, ArrayD};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A model without its parameters, which stand beside it by name.
pub struct Network {
    layers: Sequence,
}

/// What a forward pass leaves behind.
pub struct Pass {
    /// The model's output.
    pub output: Activations,
    /// `A` of every preconditioned layer by full name, in order of use; none in evaluation
    /// (S2, S17).
    pub observations: Vec<(String, Array1<f64>)>,
    tape: Tape,
}

impl Network {
    /// The network of a valid list of layers.
    ///
    /// # Panics
    /// If a `shared` layer names no earlier linear or conv2d layer of its list.
    #[must_use]
    pub fn new(layers: &[fixtures::Layer]) -> Self {
        Self { layers: sequence(layers, "") }
    }

    /// The output for `input`, `[batch, …]`.
    ///
    /// In training, batch normalisations use the batch's statistics and add them to their
    /// buffers, and the pass keeps what [`Network::backward`] needs. In evaluation they use the
    /// buffers as they are (S2).
    ///
    /// # Panics
    /// If a parameter, a buffer or the input does not fit the layers.
    pub fn forward(
        &self,
        parameters: &TensorMap,
        buffers: &mut TensorMap,
        input: Activations,
        mode: Mode,
    ) -> Pass {
        let mut forward = Forward { parameters, buffers, mode, observations: Vec::new() };
        let (output, tape) = self.layers.forward(input, &mut forward);
        Pass { output, observations: forward.observations, tape }
    }

    /// Adds the gradients of all parameters to `gradients`, given that of the output.
    ///
    /// # Panics
    /// If `pass` is not of this network in training mode, or `d_output` not of the output's shape.
    pub fn backward(
        &self,
        parameters: &TensorMap,
        pass: Pass,
        d_output: ArrayD<f64>,
        gradients: &mut TensorMap,
    ) {
        let mut backward = Backward { parameters, gradients };
        self.layers.backward_parameters(pass.tape, d_output.into_shared(), &mut backward);
    }

    /// [`Network::backward`], and on to the gradient of the input.
    ///
    /// # Panics
    /// As [`Network::backward`].
    pub fn backward_to_input(
        &self,
        parameters: &TensorMap,
        pass: Pass,
        d_output: ArrayD<f64>,
        gradients: &mut TensorMap,
    ) -> Activations {
        let mut backward = Backward { parameters, gradients };
        self.layers.backward(pass.tape, d_output.into_shared(), &mut backward)
    }
}

fn sequence(layers: &[fixtures::Layer], prefix: &str) -> Sequence {
    // What a `shared` layer can name: itself once more, with the same parameters (S17).
    let mut preconditioned: BTreeMap<&str, Arc<dyn Node>> = BTreeMap::new();
    let mut sequence = Sequence::default();
    for layer in layers {
        let node = match layer {
            fixtures::Layer::Shared { of } => Arc::clone(&preconditioned[of.as_str()]),
            layer => node(layer, prefix),
        };
        if let fixtures::Layer::Linear(fixtures::Linear { name, .. })
        | fixtures::Layer::Conv2d(fixtures::Conv2d { name, .. }) = layer
        {
            preconditioned.insert(name, Arc::clone(&node));
        }
        sequence.layers.push(node);
    }
    sequence
}

fn node(layer: &fixtures::Layer, prefix: &str) -> Arc<dyn Node> {
    let name = || model::join(prefix, layer.name().expect("a layer with a name"));
    let branch = |layers, branch| sequence(layers, &model::join(&name(), branch));
    match layer {
        fixtures::Layer::Linear(l) => Arc::new(Linear::new(l, name())),
        fixtures::Layer::Conv2d(l) => Arc::new(Conv2d::new(l, name())),
        fixtures::Layer::BatchNorm2d(l) => Arc::new(BatchNorm2d::new(l, name())),
        fixtures::Layer::LayerNorm(l) => Arc::new(LayerNorm::new(l, name())),
        fixtures::Layer::Relu => Arc::new(Relu),
        fixtures::Layer::Tanh => Arc::new(Tanh),
        fixtures::Layer::Gelu => Arc::new(Gelu),
        fixtures::Layer::Flatten => Arc::new(Flatten),
        &fixtures::Layer::AvgPool2d { kernel } => Arc::new(AvgPool2d { kernel }),
        &fixtures::Layer::MaxPool2d { kernel } => Arc::new(MaxPool2d { kernel }),
        fixtures::Layer::GlobalAvgPool2d => Arc::new(GlobalAvgPool2d),
        fixtures::Layer::MeanTokens => Arc::new(MeanTokens),
        fixtures::Layer::Residual(l) => Arc::new(Residual {
            body: branch(&l.body, "body"),
            shortcut: branch(l.shortcut.as_deref().unwrap_or_default(), "shortcut"),
        }),
        fixtures::Layer::Concat(l) => Arc::new(Concat { body: branch(&l.body, "body") }),
        fixtures::Layer::SubsamplePad2d(l) => Arc::new(SubsamplePad2d(l.clone())),
        fixtures::Layer::Shared { .. } => unreachable!("`sequence` resolves shared layers"),
    }
}
