//! Branches: residuals, concatenations, shortcuts.

use super::models::{batch_norm, conv, linear};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::train;
use fixtures::{Case, Concat, Conv2d, Layer, Residual, SubsamplePad2d};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "nested-branches",
            20,
            "A concatenation inside a residual body, a convolution in the shortcut, dotted names.",
            &["S1", "S4", "S13"],
            vec![
                Layer::Residual(Residual {
                    name: "block".into(),
                    body: vec![
                        Layer::Concat(Concat {
                            name: "dense".into(),
                            body: vec![
                                batch_norm("bn", 3),
                                Layer::Tanh,
                                Layer::Conv2d(Conv2d {
                                    padding: [1, 0],
                                    ..conv("conv", 3, 2, [3, 1])
                                }),
                            ],
                        }),
                        Layer::Conv2d(conv("mix", 5, 4, [1, 1])),
                    ],
                    shortcut: Some(vec![
                        Layer::Conv2d(Conv2d { bias: false, ..conv("proj", 3, 4, [1, 1]) }),
                        batch_norm("proj_bn", 4),
                    ]),
                }),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 4, 3),
            ],
        )
        .steps(4, &[train(&[4, 3, 5, 4])])
        .build(),
        Builder::new(
            "subsample-asymmetric",
            21,
            "The parameter-free shortcut with strides and padding that differ on every side.",
            &["S4", "S13"],
            vec![
                Layer::Residual(Residual {
                    name: "block".into(),
                    body: vec![Layer::Conv2d(Conv2d {
                        stride: [2, 3],
                        padding: [1, 1],
                        ..conv("conv", 2, 6, [3, 3])
                    })],
                    shortcut: Some(vec![Layer::SubsamplePad2d(SubsamplePad2d {
                        stride: [2, 3],
                        before: 1,
                        after: 3,
                    })]),
                }),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 6, 4),
            ],
        )
        .steps(4, &[train(&[4, 2, 7, 8])])
        .build(),
        Builder::new(
            "dense-chain",
            121,
            "Two concatenations in a row, each around a chain of two convolutions with GELU.",
            &["S4", "S5", "S13"],
            vec![
                Layer::Concat(Concat {
                    name: "dense1".into(),
                    body: vec![
                        batch_norm("bn", 3),
                        Layer::Gelu,
                        Layer::Conv2d(Conv2d { bias: false, ..conv("reduce", 3, 4, [1, 1]) }),
                        Layer::Gelu,
                        Layer::Conv2d(Conv2d {
                            padding: [1, 0],
                            bias: false,
                            ..conv("grow", 4, 2, [3, 1])
                        }),
                    ],
                }),
                Layer::Concat(Concat {
                    name: "dense2".into(),
                    body: vec![
                        batch_norm("bn", 5),
                        Layer::Gelu,
                        Layer::Conv2d(conv("reduce", 5, 4, [1, 1])),
                        Layer::Gelu,
                        Layer::Conv2d(Conv2d { padding: [0, 1], ..conv("grow", 4, 3, [1, 3]) }),
                    ],
                }),
                Layer::GlobalAvgPool2d,
                linear("head", 8, 3),
            ],
        )
        .steps(3, &[train(&[4, 3, 3, 5])])
        .build(),
        Builder::new(
            "subsample-chain",
            122,
            "A strided block with the parameter-free shortcut, then a block with the identity.",
            &["S1", "S4", "S13"],
            vec![
                Layer::Residual(Residual {
                    name: "block1".into(),
                    body: vec![
                        Layer::Conv2d(Conv2d {
                            stride: [1, 2],
                            padding: [1, 0],
                            bias: false,
                            ..conv("conv1", 2, 5, [3, 2])
                        }),
                        batch_norm("bn1", 5),
                        Layer::Gelu,
                        Layer::Conv2d(Conv2d {
                            padding: [0, 1],
                            bias: false,
                            ..conv("conv2", 5, 5, [1, 3])
                        }),
                        batch_norm("bn2", 5),
                    ],
                    shortcut: Some(vec![Layer::SubsamplePad2d(SubsamplePad2d {
                        stride: [1, 2],
                        before: 2,
                        after: 1,
                    })]),
                }),
                Layer::Gelu,
                Layer::Residual(Residual {
                    name: "block2".into(),
                    body: vec![
                        Layer::Conv2d(Conv2d { padding: [1, 0], ..conv("conv", 5, 5, [3, 1]) }),
                        Layer::Tanh,
                    ],
                    shortcut: None,
                }),
                Layer::GlobalAvgPool2d,
                linear("head", 5, 4),
            ],
        )
        .steps(3, &[train(&[3, 2, 4, 6])])
        .build(),
    ]
}
