//! The walk through a model's layers, forwards; every layer leaves its way back.

use super::backward::{Backward, Gradients};
use super::forks::Forks;
use super::{activation, branch, conv2d, linear, norm, pool};
use crate::array::{Array, Arrays};
use crate::scalar::Scalar;
use fixtures::{Concat, Layer, Mode, Residual, model::join};

/// An input that a linear or conv2d layer saw.
#[derive(Clone, Debug)]
pub struct Use<S> {
    /// The layer's full dotted name; for `shared`, that of the layer it shares (S17).
    pub layer: String,
    /// `[…, in]` or `[batch, in, y, x]`.
    pub input: Array<S>,
}

/// What the layers read and write on a forward.
pub(super) struct Network<'p, 'w, S> {
    pub parameters: &'p Arrays<S>,
    pub buffers: &'w mut Arrays<S>,
    pub forks: &'w mut Forks,
    pub mode: Mode,
    pub uses: Vec<Use<S>>,
}

impl<'p, S: Scalar> Network<'p, '_, S> {
    /// The output of a list of layers, and its way back.
    pub fn forward(
        &mut self,
        layers: &[Layer],
        prefix: &str,
        x: Array<S>,
    ) -> (Array<S>, Backward<'p, S>) {
        let mut x = x;
        let mut ways_back = Vec::new();
        for layer in layers {
            let (y, backward) = match layer {
                Layer::Shared { of } => self.layer(named(layers, of), prefix, &x),
                layer => self.layer(layer, prefix, &x),
            };
            ways_back.push(backward);
            x = y;
        }
        let backward = |dy: &Array<S>, gradients: &mut Gradients<S>| {
            let mut d = dy.clone();
            for backward in ways_back.into_iter().rev() {
                d = backward(&d, gradients);
            }
            d
        };
        (x, Box::new(backward))
    }

    /// The output of a layer, and its way back.
    fn layer(&mut self, layer: &Layer, prefix: &str, x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
        let parameters = self.parameters;
        let name = layer.name().map(|name| join(prefix, name)).unwrap_or_default();
        match layer {
            Layer::Linear(l) => {
                self.uses.push(Use { layer: name.clone(), input: x.clone() });
                linear::linear(l, &name, x, parameters)
            }
            Layer::Conv2d(l) => {
                self.uses.push(Use { layer: name.clone(), input: x.clone() });
                conv2d::conv2d(l, &name, x, parameters)
            }
            Layer::BatchNorm2d(l) => {
                norm::batch_norm2d(l, &name, x, parameters, self.buffers, self.mode)
            }
            Layer::LayerNorm(l) => norm::layer_norm(l, &name, x, parameters),
            Layer::Relu => activation::relu(x, self.forks),
            Layer::Tanh => activation::tanh(x),
            Layer::Gelu => activation::gelu(x),
            Layer::Flatten => pool::flatten(x),
            &Layer::AvgPool2d { kernel } => pool::avg_pool2d(kernel, x),
            &Layer::MaxPool2d { kernel } => pool::max_pool2d(kernel, x, self.forks),
            Layer::GlobalAvgPool2d => pool::global_avg_pool2d(x),
            Layer::MeanTokens => pool::mean_tokens(x),
            Layer::Residual(l) => self.residual(l, &name, x),
            Layer::Concat(l) => self.concat(l, &name, x),
            Layer::SubsamplePad2d(l) => branch::subsample_pad2d(l, x),
            Layer::Shared { .. } => unreachable!("`forward` looks up what is shared"),
        }
    }

    /// `body(x) + shortcut(x)`; `dx` is the sum of what comes back through both.
    fn residual(
        &mut self,
        layer: &Residual,
        name: &str,
        x: &Array<S>,
    ) -> (Array<S>, Backward<'p, S>) {
        let shortcut = layer.shortcut.as_deref().unwrap_or_default();
        let (y, body) = self.forward(&layer.body, &join(name, "body"), x.clone());
        let (z, shortcut) = self.forward(shortcut, &join(name, "shortcut"), x.clone());
        let backward = |dy: &Array<S>, gradients: &mut Gradients<S>| {
            let dx = body(dy, gradients);
            dx.zip(&shortcut(dy, gradients), |dx, dz| dx + dz)
        };
        (y.zip(&z, |y, z| y + z), Box::new(backward))
    }

    /// `[body(x), x]` along axis 1; `dx` comes back through the body and directly.
    fn concat(&mut self, layer: &Concat, name: &str, x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
        let (y, body) = self.forward(&layer.body, &join(name, "body"), x.clone());
        let channels = y.shape[1];
        let backward = move |dy: &Array<S>, gradients: &mut Gradients<S>| {
            let (dy, dz) = branch::split(dy, channels);
            body(&dy, gradients).zip(&dz, |dx, dz| dx + dz)
        };
        (branch::stack(&y, x), Box::new(backward))
    }
}

/// The linear or conv2d layer of this name (S17).
fn named<'m>(layers: &'m [Layer], name: &str) -> &'m Layer {
    layers.iter().find(|layer| layer.name() == Some(name)).expect("an earlier layer of the list")
}
