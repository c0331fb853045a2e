//! Rates, decays and schedules of parameter groups (S12, S14, S16).

use super::models::{batch_norm, conv, layer_norm, linear, mlp, wide_mlp};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::train;
use fixtures::{Case, Conv2d, Layer, Loss};

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
        Builder::new(
            "bias-rate-schedule",
            151,
            "Biases with rates and decays of their own, under a schedule that goes on and off.",
            &["S12", "S14"],
            wide_mlp(),
        )
        .group(&["fc1.bias", "head.bias"], Some(0.25), Some(0.125))
        .step_at(0.125, &[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .step_at(0.03125, &[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .step_at(0.25, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "decays-under-schedule",
            152,
            "Heavy decay of plain and other parameters follows the schedule, group by group.",
            &["S12", "S13", "S14"],
            vec![linear("fc", 5, 7), layer_norm("norm", 7), Layer::Gelu, linear("head", 7, 3)],
        )
        .optimizer(0.25, [0.75, 0.875], 1e-3, 0.5)
        .group(&["fc.weight", "norm.bias"], Some(0.5), None)
        .group(&["head.weight"], None, Some(0.75))
        .step_at(0.125, &[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .step_at(0.5, &[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .build(),
        Builder::new(
            "no-decay-first-group",
            153,
            "The ImageNet recipe: biases and norms form the first group, which has no decay.",
            &["S12", "S13", "S14"],
            vec![
                Layer::Conv2d(Conv2d {
                    stride: [1, 2],
                    padding: [1, 0],
                    ..conv("conv", 2, 5, [2, 3])
                }),
                batch_norm("bn", 5),
                Layer::Gelu,
                Layer::GlobalAvgPool2d,
                layer_norm("norm", 5),
                linear("head", 5, 3),
            ],
        )
        .loss(Loss::CrossEntropy { label_smoothing: 0.125 })
        .optimizer(0.125, [0.875, 0.96875], 1e-6, 0.0)
        .group(&["conv.weight", "head.weight"], None, Some(0.25))
        .steps(3, &[train(&[4, 2, 3, 5]).scaled(0.5), train(&[3, 2, 3, 5]).scaled(0.5)])
        .build(),
        Builder::new(
            "groups-at-rate-zero",
            154,
            "Two groups stay at rate 0 under every schedule, while their states advance.",
            &["S14", "S16"],
            vec![
                Layer::Conv2d(Conv2d { padding: [0, 1], ..conv("conv", 2, 3, [3, 2]) }),
                batch_norm("bn", 3),
                Layer::Tanh,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .group(&["conv.weight", "head.bias"], Some(0.0), None)
        .group(&["bn.weight"], Some(0.0), Some(0.25))
        .step(&[train(&[3, 2, 4, 5])])
        .step_at(0.125, &[train(&[3, 2, 4, 5])])
        .step(&[train(&[3, 2, 4, 5])])
        .build(),
        Builder::new(
            "conv-rate-zero-mid-run",
            109,
            "A resumed schedule falls to 0 twice: parameters stay, the averages go on.",
            &["S12", "S16", "S20"],
            vec![
                Layer::Conv2d(Conv2d {
                    stride: [2, 1],
                    padding: [1, 1],
                    ..conv("conv", 2, 3, [2, 3])
                }),
                batch_norm("bn", 3),
                Layer::Gelu,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .mid_run(6)
        .step_at(0.125, &[train(&[4, 2, 4, 5])])
        .step_at(0.0, &[train(&[4, 2, 4, 5])])
        .step(&[train(&[4, 2, 4, 5])])
        .step_at(0.0, &[train(&[4, 2, 4, 5])])
        .step_at(0.03125, &[train(&[4, 2, 4, 5])])
        .build(),
    ]
}
