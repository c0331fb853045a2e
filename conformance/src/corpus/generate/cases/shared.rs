//! Layers used several times in a forward (S17).

use super::models::{batch_norm, conv, linear, linear_without_bias, shared};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
use fixtures::{Case, Conv2d, Layer, Residual};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "shared-conv-accumulated",
            22,
            "A convolution used three times in a forward, in steps of two forwards.",
            &["S6", "S7", "S17"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 1], ..conv("conv", 3, 3, [3, 3]) }),
                Layer::Tanh,
                Layer::Shared { of: "conv".into() },
                Layer::Tanh,
                Layer::Shared { of: "conv".into() },
                Layer::Tanh,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .steps(4, &[train(&[3, 3, 4, 6]).scaled(0.5), train(&[3, 3, 4, 6]).scaled(0.5)])
        .build(),
        Builder::new(
            "shared-between-norms",
            123,
            "A convolution used twice in a residual body, each use before a norm of its own.",
            &["S6", "S7", "S13", "S17"],
            vec![
                Layer::Residual(Residual {
                    name: "block".into(),
                    body: vec![
                        Layer::Conv2d(Conv2d {
                            padding: [1, 0],
                            bias: false,
                            ..conv("conv", 3, 3, [3, 1])
                        }),
                        batch_norm("bn1", 3),
                        Layer::Tanh,
                        shared("conv"),
                        batch_norm("bn2", 3),
                    ],
                    shortcut: None,
                }),
                Layer::Tanh,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .steps(3, &[train(&[4, 3, 2, 5]).scaled(0.5), train(&[2, 3, 4, 3]).scaled(0.5)])
        .build(),
        Builder::new(
            "tokens-shared",
            124,
            "A linear layer used three times over tokens: three observations, one gradient.",
            &["S3", "S9", "S17"],
            vec![
                linear("fc", 5, 5),
                Layer::Tanh,
                shared("fc"),
                Layer::Tanh,
                shared("fc"),
                Layer::Tanh,
                Layer::MeanTokens,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[4, 6, 5])])
        .build(),
        Builder::new(
            "tokens-shared-accumulated",
            125,
            "Two layers used by turns over tokens, in steps of two forwards and an evaluation.",
            &["S2", "S3", "S6", "S7", "S17"],
            vec![
                linear_without_bias("fc", 5, 7),
                Layer::Tanh,
                linear("back", 7, 5),
                Layer::Tanh,
                shared("fc"),
                Layer::Tanh,
                shared("back"),
                Layer::Tanh,
                Layer::MeanTokens,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[3, 4, 5]).scaled(0.5), eval(&[2, 3, 5]), train(&[2, 6, 5]).scaled(0.5)])
        .build(),
    ]
}
