//! Patches of every shape (S4).

use super::models::{conv, conv_then_head, linear};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::train;
use fixtures::{Case, Conv2d, Layer};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "conv-dilated",
            1,
            "Dilation differs between the axes; the patches of S4 are dilated (an extension).",
            &["S4", "S5"],
            conv_then_head(Conv2d {
                dilation: [2, 3],
                stride: [1, 2],
                padding: [2, 1],
                ..conv("conv", 2, 5, [3, 2])
            }),
        )
        .steps(4, &[train(&[5, 2, 7, 9])])
        .build(),
        Builder::new(
            "conv-grouped",
            2,
            "Two groups with a bias: each group has its own columns and its own trailing 1.",
            &["S4", "S5", "S11"],
            conv_then_head(Conv2d { groups: 2, padding: [0, 1], ..conv("conv", 4, 6, [2, 3]) }),
        )
        .steps(4, &[train(&[5, 4, 5, 6])])
        .build(),
        Builder::new(
            "conv-depthwise",
            3,
            "As many groups as channels, two outputs each, then a 1×1 convolution.",
            &["S4"],
            vec![
                Layer::Conv2d(Conv2d {
                    groups: 3,
                    stride: [2, 1],
                    bias: false,
                    ..conv("depthwise", 3, 6, [3, 2])
                }),
                Layer::Tanh,
                Layer::Conv2d(conv("pointwise", 6, 5, [1, 1])),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[4, 3, 8, 5])])
        .build(),
        Builder::new(
            "conv-grouped-dilated-mid-run",
            4,
            "Groups, dilation, stride and padding at once, from a state after 37 steps.",
            &["S4", "S5", "S20"],
            conv_then_head(Conv2d {
                groups: 3,
                dilation: [1, 2],
                stride: [2, 1],
                padding: [1, 2],
                ..conv("conv", 6, 9, [3, 2])
            }),
        )
        .mid_run(37)
        .steps(3, &[train(&[3, 6, 6, 5])])
        .build(),
        Builder::new(
            "conv-stride-beyond-kernel",
            5,
            "The stride is larger than the kernel: some pixels are in no patch.",
            &["S4"],
            conv_then_head(Conv2d { stride: [3, 4], ..conv("conv", 2, 4, [2, 1]) }),
        )
        .steps(4, &[train(&[4, 2, 9, 11])])
        .build(),
        Builder::new(
            "conv-whole-image",
            6,
            "The kernel covers the padded image: one position, like a linear layer over pixels.",
            &["S3", "S4", "S5"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 0], ..conv("conv", 2, 6, [5, 4]) }),
                Layer::Gelu,
                Layer::Flatten,
                linear("head", 6, 3),
            ],
        )
        .steps(4, &[train(&[5, 2, 3, 4])])
        .build(),
        Builder::new(
            "conv-sizes-vary",
            7,
            "Batch and image sizes change from forward to forward; N counts what is there.",
            &["S4", "S6"],
            conv_then_head(Conv2d { padding: [1, 1], ..conv("conv", 2, 4, [3, 2]) }),
        )
        .step(&[train(&[5, 2, 6, 4])])
        .step(&[train(&[2, 2, 3, 7]), train(&[7, 2, 5, 3])])
        .step(&[train(&[3, 2, 4, 8])])
        .build(),
    ]
}
