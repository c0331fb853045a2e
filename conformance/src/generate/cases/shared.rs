//! Layers used several times in a forward (S17).

use super::models::{conv, linear};
use crate::generate::builder::{Builder, train};
use fixtures::{Case, Conv2d, Layer};

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
    ]
}
