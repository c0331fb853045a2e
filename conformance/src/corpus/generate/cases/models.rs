//! Layers and small models that many cases share.

use fixtures::{BatchNorm2d, Conv2d, Layer, LayerNorm, Linear};

/// A convolution, ReLU, and a classifier of four classes on the mean over pixels.
pub fn conv_then_head(conv: Conv2d) -> Vec<Layer> {
    let width = conv.out_channels;
    vec![Layer::Conv2d(conv), Layer::Relu, Layer::GlobalAvgPool2d, linear("head", width, 4)]
}

/// `conv_then_head` without a kink.
pub fn conv_gelu_head(conv: Conv2d) -> Vec<Layer> {
    let width = conv.out_channels;
    vec![Layer::Conv2d(conv), Layer::Gelu, Layer::GlobalAvgPool2d, linear("head", width, 4)]
}

pub fn mlp() -> Vec<Layer> {
    vec![linear("fc1", 5, 6), Layer::Tanh, linear("head", 6, 3)]
}

/// An `mlp` none of whose gradients is a square matrix.
pub fn wide_mlp() -> Vec<Layer> {
    vec![linear("fc1", 5, 7), Layer::Tanh, linear("head", 7, 3)]
}

/// A classifier of tokens of five features.
pub fn token_classifier() -> Vec<Layer> {
    vec![linear("fc", 5, 7), Layer::Tanh, Layer::MeanTokens, linear("head", 7, 3)]
}

pub fn linear(name: &str, in_features: usize, out_features: usize) -> Layer {
    Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias: true })
}

pub fn linear_without_bias(name: &str, in_features: usize, out_features: usize) -> Layer {
    Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias: false })
}

pub fn shared(of: &str) -> Layer {
    Layer::Shared { of: of.to_owned() }
}

pub fn conv(name: &str, in_channels: usize, out_channels: usize, kernel: [usize; 2]) -> Conv2d {
    Conv2d {
        name: name.to_owned(),
        in_channels,
        out_channels,
        kernel,
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        bias: true,
    }
}

pub fn batch_norm(name: &str, features: usize) -> Layer {
    Layer::BatchNorm2d(BatchNorm2d { name: name.to_owned(), features, eps: 1e-5, momentum: 0.1 })
}

pub fn layer_norm(name: &str, features: usize) -> Layer {
    Layer::LayerNorm(LayerNorm { name: name.to_owned(), features, eps: 1e-5 })
}
