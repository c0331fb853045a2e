//! The two networks that are trained.

use fixtures::{BatchNorm2d, Conv2d, Layer, Linear};

pub(super) fn mlp() -> Vec<Layer> {
    vec![linear("fc1", 64, 48), Layer::Relu, linear("fc2", 48, 10)]
}

/// Average pools: a maximum over digits ties wherever strokes repeat, and a tie's winner would
/// hang on rounding.
pub(super) fn convnet() -> Vec<Layer> {
    vec![
        conv("conv1", 1, 16),
        batch_norm("bn1", 16),
        Layer::Relu,
        Layer::AvgPool2d { kernel: 2 },
        conv("conv2", 16, 32),
        batch_norm("bn2", 32),
        Layer::Relu,
        Layer::AvgPool2d { kernel: 2 },
        Layer::Flatten,
        linear("head", 128, 10),
    ]
}

fn linear(name: &str, in_features: usize, out_features: usize) -> Layer {
    Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias: true })
}

fn conv(name: &str, in_channels: usize, out_channels: usize) -> Layer {
    Layer::Conv2d(Conv2d {
        name: name.to_owned(),
        in_channels,
        out_channels,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        bias: false,
    })
}

fn batch_norm(name: &str, features: usize) -> Layer {
    Layer::BatchNorm2d(BatchNorm2d { name: name.to_owned(), features, eps: 1e-5, momentum: 0.1 })
}
