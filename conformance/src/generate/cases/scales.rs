//! Values far from 1: losses, inputs, silence.

use super::models::mlp;
use crate::generate::builder::{Builder, train};
use fixtures::Case;

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
    ]
}
