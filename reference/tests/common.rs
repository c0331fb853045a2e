//! Layers in a line, and random values for them.

use fixtures::{BatchNorm2d, Concat, Conv2d, Layer, LayerNorm, Linear, Residual, SubsamplePad2d};
use ndarray::{ArrayD, IxDyn};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use reference::TensorMap;

pub fn linear(name: &str, [inputs, outputs]: [usize; 2], bias: bool) -> Layer {
    Layer::Linear(Linear {
        name: name.to_owned(),
        in_features: inputs,
        out_features: outputs,
        bias,
    })
}

/// A 3×3 convolution with one pixel of padding; tests change what they are about.
pub fn conv2d(name: &str, [inputs, outputs]: [usize; 2]) -> Conv2d {
    Conv2d {
        name: name.to_owned(),
        in_channels: inputs,
        out_channels: outputs,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        bias: false,
    }
}

pub fn batch_norm2d(name: &str, features: usize) -> Layer {
    Layer::BatchNorm2d(BatchNorm2d { name: name.to_owned(), features, eps: 1e-3, momentum: 0.3 })
}

pub fn layer_norm(name: &str, features: usize) -> Layer {
    Layer::LayerNorm(LayerNorm { name: name.to_owned(), features, eps: 1e-3 })
}

pub fn residual(name: &str, body: Vec<Layer>, shortcut: Option<Vec<Layer>>) -> Layer {
    Layer::Residual(Residual { name: name.to_owned(), body, shortcut })
}

pub fn concat(name: &str, body: Vec<Layer>) -> Layer {
    Layer::Concat(Concat { name: name.to_owned(), body })
}

pub fn subsample_pad2d(stride: [usize; 2], before: usize, after: usize) -> Layer {
    Layer::SubsamplePad2d(SubsamplePad2d { stride, before, after })
}

/// Standard normal values.
pub fn normal(rng: &mut ChaCha8Rng, shape: &[usize]) -> ArrayD<f64> {
    ArrayD::from_shape_simple_fn(IxDyn(shape), || rng.sample(StandardNormal))
}

/// Random parameters of a model, of the size that keeps activations about 1.
pub fn parameters(rng: &mut ChaCha8Rng, model: &[Layer]) -> TensorMap {
    let parameters = fixtures::model::parameters(model).into_iter().map(|spec| {
        let inputs: usize = spec.shape[1..].iter().product();
        let values = normal(rng, &spec.shape) / (inputs as f64).sqrt();
        (spec.name, values)
    });
    parameters.collect()
}

/// Buffers of a model: running means 0, running variances 1.
pub fn buffers(model: &[Layer]) -> TensorMap {
    let buffers = fixtures::model::buffers(model).into_iter().map(|spec| {
        let value = if spec.name.ends_with("running_var") { 1.0 } else { 0.0 };
        (spec.name, ArrayD::from_elem(spec.shape, value))
    });
    buffers.collect()
}
