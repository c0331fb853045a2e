//! Linear layers over tokens: every leading dimension counts as rows (S3).

use super::models::{layer_norm, linear};
use crate::generate::builder::{Builder, train};
use fixtures::{Case, Layer, Loss, Residual};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "mse-tokens",
            30,
            "A loss over every token: mean squared error, no pooling.",
            &["S3"],
            vec![linear("fc1", 4, 7), Layer::Gelu, linear("fc2", 7, 3)],
        )
        .loss(Loss::MeanSquaredError)
        .steps(5, &[train(&[3, 6, 4])])
        .build(),
        Builder::new(
            "transformer-mlp",
            31,
            "The MLP half of a transformer block: norm, expansion, GELU, residual, final norm.",
            &["S1", "S3", "S13", "S14"],
            vec![
                linear("embed", 5, 6),
                Layer::Residual(Residual {
                    name: "mlp".into(),
                    body: vec![
                        layer_norm("norm", 6),
                        linear("fc1", 6, 12),
                        Layer::Gelu,
                        linear("fc2", 12, 6),
                    ],
                    shortcut: None,
                }),
                layer_norm("norm", 6),
                Layer::MeanTokens,
                linear("head", 6, 4),
            ],
        )
        .loss(Loss::CrossEntropy { label_smoothing: 0.125 })
        .group(&["embed.bias", "mlp.body.norm.weight", "norm.weight", "norm.bias"], None, Some(0.0))
        .steps(4, &[train(&[4, 7, 5])])
        .build(),
        Builder::new(
            "token-counts-vary",
            32,
            "Numbers of tokens change from step to step; every row counts alike.",
            &["S3", "S6"],
            vec![linear("fc", 5, 4), Layer::Tanh, Layer::MeanTokens, linear("head", 4, 3)],
        )
        .step(&[train(&[4, 3, 5])])
        .step(&[train(&[2, 9, 5])])
        .step(&[train(&[6, 2, 5]), train(&[3, 5, 5])])
        .build(),
    ]
}
