//! Values that are no numbers: equal ones conform.

use super::models::{conv, linear, wide_mlp};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
use fixtures::{Case, Conv2d, Layer, Loss};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "infinite-input-skipped",
            171,
            "An infinite input in a skipped step: V stays infinite, its scale is 0 from then on.",
            &["S6", "S8", "S19"],
            wide_mlp(),
        )
        .step(&[train(&[6, 5])])
        .skipped(&[train(&[6, 5]).input_flaw(7, f64::INFINITY)])
        .steps(2, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "nan-input-skipped",
            172,
            "NaN in a skipped step: parameters stay finite until the next step spreads it from V.",
            &["S6", "S8", "S19"],
            wide_mlp(),
        )
        .step(&[train(&[6, 5])])
        .skipped(&[train(&[6, 5]).input_flaw(7, f64::NAN)])
        .step(&[train(&[6, 5])])
        .build(),
        Builder::new(
            "infinite-target",
            173,
            "An infinite loss: the skipped step leaves parameters alone, the one taken spreads it.",
            &["S10", "S11", "S19"],
            wide_mlp(),
        )
        .loss(Loss::MeanSquaredError)
        .step(&[train(&[6, 5])])
        .skipped(&[train(&[6, 5]).target_flaw(4, f64::INFINITY)])
        .step(&[train(&[6, 5])])
        .step(&[train(&[6, 5]).target_flaw(10, f64::NEG_INFINITY)])
        .build(),
        Builder::new(
            "relu-of-nan",
            174,
            "NaN is not below 0: it passes a ReLU, here in an evaluation.",
            &["S2"],
            vec![linear("fc", 5, 7), Layer::Relu, linear("head", 7, 3)],
        )
        .steps(2, &[train(&[6, 5]), eval(&[4, 5]).input_flaw(7, f64::NAN)])
        .build(),
        Builder::new(
            "max-pool-of-nan",
            175,
            "NaN is the largest value of its window, wherever it stands, here in an evaluation.",
            &["S2"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 0], ..conv("conv", 2, 4, [3, 2]) }),
                Layer::MaxPool2d { kernel: 2 },
                Layer::Flatten,
                linear("head", 16, 3),
            ],
        )
        .steps(2, &[train(&[3, 2, 4, 5]), eval(&[2, 2, 4, 5]).input_flaw(31, f64::NAN)])
        .build(),
    ]
}
