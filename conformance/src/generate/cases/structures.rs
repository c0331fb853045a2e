//! Branches: residuals, concatenations, shortcuts.

use super::models::{batch_norm, conv, linear};
use crate::generate::builder::{Builder, train};
use fixtures::{Case, Concat, Conv2d, Layer, Residual, SubsamplePad2d};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "nested-branches",
            20,
            "A concatenation inside a residual body, a convolution in the shortcut, dotted names.",
            &["S1", "S4", "S13"],
            vec![
                Layer::Residual(Residual {
                    name: "block".into(),
                    body: vec![
                        Layer::Concat(Concat {
                            name: "dense".into(),
                            body: vec![
                                batch_norm("bn", 3),
                                Layer::Tanh,
                                Layer::Conv2d(Conv2d {
                                    padding: [1, 0],
                                    ..conv("conv", 3, 2, [3, 1])
                                }),
                            ],
                        }),
                        Layer::Conv2d(conv("mix", 5, 4, [1, 1])),
                    ],
                    shortcut: Some(vec![
                        Layer::Conv2d(Conv2d { bias: false, ..conv("proj", 3, 4, [1, 1]) }),
                        batch_norm("proj_bn", 4),
                    ]),
                }),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 4, 3),
            ],
        )
        .steps(4, &[train(&[4, 3, 5, 4])])
        .build(),
        Builder::new(
            "subsample-asymmetric",
            21,
            "The parameter-free shortcut with strides and padding that differ on every side.",
            &["S4", "S13"],
            vec![
                Layer::Residual(Residual {
                    name: "block".into(),
                    body: vec![Layer::Conv2d(Conv2d {
                        stride: [2, 3],
                        padding: [1, 1],
                        ..conv("conv", 2, 6, [3, 3])
                    })],
                    shortcut: Some(vec![Layer::SubsamplePad2d(SubsamplePad2d {
                        stride: [2, 3],
                        before: 1,
                        after: 3,
                    })]),
                }),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 6, 4),
            ],
        )
        .steps(4, &[train(&[4, 2, 7, 8])])
        .build(),
    ]
}
