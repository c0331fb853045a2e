//! What a convention decides, in every arithmetic: exact kinks, and the loss of an evaluation.

use super::models::{conv, linear, wide_mlp};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
use fixtures::{Case, Conv2d, Layer, Loss};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "relu-at-zero",
            181,
            "A unit whose weights are all 0 gets exactly 0: as the derivative there is 0, it stays so.",
            &["S9", "S12"],
            vec![linear("fc", 5, 7), Layer::Relu, linear("head", 7, 3)],
        )
        .silent("fc", 2)
        .steps(3, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "max-pool-tie",
            182,
            "A channel starts at exactly 0: of equal maxima, the first in its window has the gradient.",
            &["S4", "S9"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 0], ..conv("conv", 2, 4, [3, 2]) }),
                Layer::MaxPool2d { kernel: 2 },
                Layer::Flatten,
                linear("head", 16, 3),
            ],
        )
        .silent("conv", 1)
        .steps(3, &[train(&[3, 2, 4, 5])])
        .build(),
        Builder::new(
            "smoothing-mlp",
            183,
            "Labels are smoothed in training and in evaluation; linear layers only.",
            &["S2", "S9"],
            wide_mlp(),
        )
        .loss(Loss::CrossEntropy { label_smoothing: 0.1875 })
        .steps(3, &[train(&[6, 5]), eval(&[4, 5])])
        .build(),
    ]
}
