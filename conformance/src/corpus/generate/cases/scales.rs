//! Values far from 1: losses, inputs, silence.

use super::models::{layer_norm, linear, mlp};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::train;
use fixtures::{Case, Layer};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "large-loss-scale",
            60,
            "A loss scale of 1024 reaches the gradient and the momentum, not the loss.",
            &["S10", "S11"],
            mlp(),
        )
        .optimizer(0.0009765625, [0.875, 0.96875], 1e-6, 0.0078125)
        .steps(4, &[train(&[6, 5]).scaled(1024.0)])
        .build(),
        Builder::new(
            "late-dead-column",
            61,
            "A column goes silent after the first step: V decays, and its gradient is 0.",
            &["S6", "S8"],
            mlp(),
        )
        .step(&[train(&[6, 5])])
        .steps(5, &[train(&[6, 5]).dead(3)])
        .build(),
        Builder::new(
            "huge-inputs",
            161,
            "Inputs of the size of a thousand before layer norm: the scale takes them back.",
            &["S3", "S8", "S11"],
            vec![linear("fc", 5, 7), layer_norm("norm", 7), Layer::Gelu, linear("head", 7, 3)],
        )
        .steps(4, &[train(&[6, 5]).times(1024.0)])
        .build(),
        Builder::new(
            "shrinking-inputs",
            162,
            "Inputs shrink to an eighth from step to step: V forgets what was largest.",
            &["S6", "S8"],
            vec![linear("fc1", 5, 7), Layer::Gelu, linear("head", 7, 3)],
        )
        .optimizer(0.0625, [0.875, 0.625], 1e-6, 0.0078125)
        .step(&[train(&[6, 5]).times(4.0)])
        .step(&[train(&[6, 5]).times(0.5)])
        .step(&[train(&[6, 5]).times(0.0625)])
        .step(&[train(&[6, 5]).times(0.0078125)])
        .build(),
    ]
}
