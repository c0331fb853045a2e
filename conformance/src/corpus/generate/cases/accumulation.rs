//! Several forwards in a step (S2, S6, S7), and steps left out (S19).

use super::models::{batch_norm, conv, layer_norm, linear, mlp, wide_mlp};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
use fixtures::{Case, Conv2d, Layer};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "accumulate-unevenly",
            40,
            "Three forwards of different sizes and loss scales, an evaluation between them.",
            &["S2", "S6", "S7"],
            mlp(),
        )
        .steps(
            4,
            &[
                train(&[6, 5]).scaled(0.5),
                eval(&[3, 5]),
                train(&[4, 5]).scaled(0.375),
                train(&[2, 5]).scaled(0.125),
            ],
        )
        .build(),
        Builder::new(
            "skip-first-step",
            41,
            "The first step is skipped: with t = 0 the next observation resets V again.",
            &["S6", "S7", "S19"],
            mlp(),
        )
        .skipped(&[train(&[6, 5])])
        .steps(3, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "skip-two-mid-run",
            42,
            "Two skipped steps in a row from a state: V advances, t and M stay.",
            &["S6", "S7", "S19", "S20"],
            vec![
                Layer::Conv2d(Conv2d { padding: [0, 1], ..conv("conv", 2, 3, [2, 3]) }),
                batch_norm("bn", 3),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .mid_run(5)
        .step(&[train(&[4, 2, 5, 4])])
        .skipped(&[train(&[4, 2, 5, 4])])
        .skipped(&[train(&[4, 2, 5, 4]), train(&[4, 2, 5, 4])])
        .step(&[train(&[4, 2, 5, 4])])
        .build(),
        Builder::new(
            "skip-first-accumulated",
            141,
            "The skipped first step has two forwards: each resets V until a step is completed.",
            &["S6", "S7", "S19"],
            wide_mlp(),
        )
        .skipped(&[train(&[6, 5]).scaled(0.5), train(&[4, 5]).scaled(0.5)])
        .steps(3, &[train(&[6, 5]).scaled(0.5), train(&[4, 5]).scaled(0.5)])
        .build(),
        Builder::new(
            "skip-heavy-decay",
            142,
            "With η·λ of an eighth, a skipped step decays nothing.",
            &["S12", "S13", "S19"],
            vec![linear("fc", 5, 7), layer_norm("norm", 7), Layer::Tanh, linear("head", 7, 3)],
        )
        .optimizer(0.25, [0.75, 0.875], 1e-3, 0.5)
        .step(&[train(&[6, 5])])
        .skipped(&[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .skipped(&[train(&[6, 5])])
        .step(&[train(&[6, 5])])
        .build(),
    ]
}
