//! Linear layers over tokens: every leading dimension counts as rows (S3).

use super::models::{layer_norm, linear, linear_without_bias, token_classifier};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
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
        Builder::new(
            "tokens-eval-between",
            131,
            "Evaluations around every training forward over tokens leave no trace in V.",
            &["S2", "S3"],
            vec![
                linear_without_bias("fc1", 4, 6),
                Layer::Gelu,
                linear("fc2", 6, 5),
                Layer::MeanTokens,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[eval(&[3, 6, 4]), train(&[2, 5, 4]), eval(&[4, 2, 4])])
        .build(),
        Builder::new(
            "tokens-accumulated",
            132,
            "Three forwards over different numbers of tokens: gradients add up, V advances thrice.",
            &["S3", "S6", "S7", "S9"],
            token_classifier(),
        )
        .steps(
            4,
            &[
                train(&[4, 3, 5]).scaled(0.5),
                train(&[2, 6, 5]).scaled(0.375),
                train(&[1, 4, 5]).scaled(0.125),
            ],
        )
        .build(),
        Builder::new(
            "tokens-single-rows",
            133,
            "A single token of a single sample is a batch of one row.",
            &["S3", "S6"],
            vec![linear("fc", 5, 7), Layer::Tanh, linear("out", 7, 3)],
        )
        .loss(Loss::MeanSquaredError)
        .step(&[train(&[1, 1, 5])])
        .step(&[train(&[1, 4, 5])])
        .step(&[train(&[3, 1, 5])])
        .step(&[train(&[1, 1, 5]), train(&[1, 1, 5])])
        .build(),
        Builder::new(
            "tokens-strong-mean",
            134,
            "Tokens of mean 4 before layer norm: their second moment is far from their variance.",
            &["S3", "S13"],
            vec![
                linear_without_bias("fc1", 4, 6),
                layer_norm("norm", 6),
                Layer::Gelu,
                linear("fc2", 6, 5),
                Layer::MeanTokens,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[3, 5, 4]).raised(4.0)])
        .build(),
        Builder::new(
            "tokens-dead-feature",
            135,
            "A feature that is silent over all tokens of three steps, then wakes.",
            &["S3", "S6", "S8"],
            token_classifier(),
        )
        .steps(3, &[train(&[3, 4, 5]).dead(2)])
        .steps(2, &[train(&[3, 4, 5])])
        .build(),
        Builder::new(
            "tokens-resumed-at-one",
            136,
            "Resumed after a single step, over tokens, and the first step is skipped.",
            &["S7", "S19", "S20"],
            vec![
                linear("fc1", 4, 6),
                Layer::Gelu,
                linear_without_bias("fc2", 6, 5),
                Layer::MeanTokens,
                linear("head", 5, 3),
            ],
        )
        .mid_run(1)
        .skipped(&[train(&[3, 5, 4])])
        .steps(3, &[train(&[3, 5, 4])])
        .build(),
    ]
}
