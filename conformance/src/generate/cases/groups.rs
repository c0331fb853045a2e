//! Rates, decays and schedules of parameter groups (S12, S14, S16).

use super::models::{layer_norm, linear, mlp};
use crate::generate::builder::{Builder, train};
use fixtures::{Case, Layer};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "rate-zero",
            50,
            "Rate 0 in one group and in one step: parameters stay, the state advances.",
            &["S12", "S14", "S16"],
            mlp(),
        )
        .group(&["fc1.weight", "head.bias"], Some(0.0), None)
        .steps(2, &[train(&[6, 5])])
        .step_at(0.0, &[train(&[6, 5])])
        .steps(2, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "every-parameter-in-a-group",
            51,
            "Nothing is left for the first group; rates scale with the schedule.",
            &["S12", "S13", "S14"],
            vec![linear("fc", 5, 6), layer_norm("norm", 6), Layer::Gelu, linear("head", 6, 3)],
        )
        .group(&["fc.weight", "norm.bias"], Some(0.125), Some(0.25))
        .group(&["fc.bias", "norm.weight", "head.weight"], Some(0.03125), None)
        .group(&["head.bias"], None, Some(0.5))
        .step_at(0.0625, &[train(&[6, 5])])
        .step_at(0.03125, &[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .build(),
    ]
}
