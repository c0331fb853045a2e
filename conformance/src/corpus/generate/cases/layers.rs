//! Pools, norms, and plain parameters among them (S13).

use super::models::{conv, layer_norm, linear};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
use fixtures::{BatchNorm2d, Case, Conv2d, Layer, Linear};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "pools-drop-remainders",
            10,
            "Both pools on images that their kernels do not divide.",
            &["S4"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 1], ..conv("conv1", 2, 4, [3, 3]) }),
                Layer::Tanh,
                Layer::MaxPool2d { kernel: 3 },
                Layer::Conv2d(Conv2d { padding: [1, 0], ..conv("conv2", 4, 5, [2, 1]) }),
                Layer::Tanh,
                Layer::AvgPool2d { kernel: 2 },
                Layer::Flatten,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[4, 2, 8, 10])])
        .build(),
        Builder::new(
            "batch-norm-momentum",
            11,
            "Batch norm with an own momentum and a large epsilon, evaluated before and after.",
            &["S2", "S13"],
            vec![
                Layer::Conv2d(Conv2d { bias: false, ..conv("conv", 3, 4, [2, 3]) }),
                Layer::BatchNorm2d(BatchNorm2d {
                    name: "bn".into(),
                    features: 4,
                    eps: 0.0078125,
                    momentum: 0.3125,
                }),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 4, 3),
            ],
        )
        .steps(4, &[eval(&[3, 3, 4, 5]), train(&[4, 3, 4, 5]), eval(&[2, 3, 4, 5])])
        .build(),
        Builder::new(
            "layer-norm-first",
            12,
            "Plain parameters before the first preconditioned layer, and no bias behind.",
            &["S3", "S13"],
            vec![
                layer_norm("norm", 5),
                Layer::Linear(Linear {
                    name: "fc".into(),
                    in_features: 5,
                    out_features: 4,
                    bias: false,
                }),
                Layer::Tanh,
                linear("head", 4, 3),
            ],
        )
        .steps(5, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "max-pools-padded",
            111,
            "Maxima over the outputs of padded convolutions, remainders dropped.",
            &["S4", "S5"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 1], ..conv("conv1", 2, 3, [3, 2]) }),
                Layer::Tanh,
                Layer::MaxPool2d { kernel: 2 },
                Layer::Conv2d(Conv2d { padding: [1, 2], ..conv("conv2", 3, 4, [2, 3]) }),
                Layer::Gelu,
                Layer::MaxPool2d { kernel: 3 },
                Layer::Flatten,
                linear("head", 8, 3),
            ],
        )
        .steps(3, &[train(&[3, 2, 6, 7])])
        .build(),
    ]
}
