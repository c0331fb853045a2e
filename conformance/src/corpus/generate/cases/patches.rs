//! Convolutions amid other things: rows behind them, late starts, means, small pixels.

use super::models::{batch_norm, conv, conv_gelu_head, linear, linear_without_bias};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::{eval, train};
use fixtures::{Case, Conv2d, Layer, Loss};

pub fn cases() -> Vec<Case> {
    vec![
        Builder::new(
            "conv-feeds-rows",
            101,
            "A linear layer on the last axis of images: batch, channels and lines are its rows.",
            &["S3", "S4", "S5"],
            vec![
                Layer::Conv2d(Conv2d {
                    stride: [2, 1],
                    padding: [1, 2],
                    ..conv("conv", 2, 4, [3, 2])
                }),
                Layer::Tanh,
                linear("rows", 7, 3),
            ],
        )
        .loss(Loss::MeanSquaredError)
        .steps(4, &[train(&[3, 2, 6, 4])])
        .build(),
        Builder::new(
            "conv-feeds-rows-accumulated",
            102,
            "Rows behind a grouped, dilated convolution, from forwards of different sizes.",
            &["S2", "S3", "S4", "S5", "S6", "S7"],
            vec![
                Layer::Conv2d(Conv2d {
                    stride: [1, 2],
                    padding: [2, 1],
                    dilation: [2, 1],
                    groups: 2,
                    ..conv("conv", 4, 6, [2, 3])
                }),
                Layer::Gelu,
                linear_without_bias("rows", 3, 2),
            ],
        )
        .loss(Loss::MeanSquaredError)
        .steps(
            3,
            &[
                train(&[2, 4, 3, 5]).scaled(0.5),
                eval(&[3, 4, 2, 5]),
                train(&[1, 4, 4, 5]).scaled(0.25),
            ],
        )
        .build(),
        Builder::new(
            "conv-all-differs",
            103,
            "Stride, padding, dilation and groups differ between axes and between two layers.",
            &["S4", "S5", "S9"],
            vec![
                Layer::Conv2d(Conv2d {
                    stride: [2, 1],
                    padding: [1, 3],
                    dilation: [3, 2],
                    groups: 2,
                    ..conv("conv1", 4, 6, [2, 3])
                }),
                Layer::Tanh,
                Layer::Conv2d(Conv2d {
                    stride: [1, 3],
                    padding: [2, 1],
                    dilation: [1, 2],
                    groups: 3,
                    bias: false,
                    ..conv("conv2", 6, 3, [3, 2])
                }),
                Layer::Tanh,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .steps(4, &[train(&[3, 4, 6, 5])])
        .build(),
        Builder::new(
            "conv-wide-padding",
            104,
            "Padding wider than the kernel: some patches hold zeros alone, and they count.",
            &["S4"],
            conv_gelu_head(Conv2d { padding: [2, 3], bias: false, ..conv("conv", 3, 5, [3, 2]) }),
        )
        .steps(4, &[train(&[4, 3, 2, 3])])
        .build(),
        Builder::new(
            "conv-one-dimensional",
            105,
            "Kernels of one line and of one column.",
            &["S4", "S5"],
            vec![
                Layer::Conv2d(Conv2d { padding: [0, 2], ..conv("line", 2, 4, [1, 5]) }),
                Layer::Tanh,
                Layer::Conv2d(Conv2d {
                    stride: [2, 1],
                    padding: [1, 0],
                    ..conv("column", 4, 3, [4, 1])
                }),
                Layer::Gelu,
                Layer::GlobalAvgPool2d,
                linear("head", 3, 4),
            ],
        )
        .steps(4, &[train(&[3, 2, 5, 6])])
        .build(),
        Builder::new(
            "conv-strong-mean",
            106,
            "Pixels of mean 4 before batch norm: their second moment is far from their variance.",
            &["S3", "S4", "S13"],
            vec![
                Layer::Conv2d(Conv2d {
                    padding: [1, 0],
                    bias: false,
                    ..conv("conv", 2, 5, [3, 2])
                }),
                batch_norm("bn", 5),
                Layer::Tanh,
                Layer::GlobalAvgPool2d,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[4, 2, 5, 4]).raised(4.0)])
        .build(),
        Builder::new(
            "conv-tiny-inputs",
            107,
            "Pixels of the size of ε: inside or outside the root makes a visible difference.",
            &["S4", "S8"],
            vec![
                Layer::Conv2d(Conv2d {
                    stride: [1, 2],
                    padding: [0, 1],
                    bias: false,
                    ..conv("conv", 3, 4, [2, 3])
                }),
                batch_norm("bn", 4),
                Layer::Gelu,
                Layer::GlobalAvgPool2d,
                linear("head", 4, 3),
            ],
        )
        .optimizer(0.0009765625, [0.875, 0.96875], 0.0009765625, 0.125)
        .steps(4, &[train(&[4, 3, 4, 5]).times(0.0009765625)])
        .build(),
        Builder::new(
            "conv-to-single-pixel",
            108,
            "A kernel of the whole image, then batch norm and a 1×1 convolution of single pixels.",
            &["S3", "S4", "S13"],
            vec![
                Layer::Conv2d(conv("whole", 2, 5, [3, 4])),
                Layer::Tanh,
                batch_norm("bn", 5),
                Layer::Conv2d(conv("pixel", 5, 7, [1, 1])),
                Layer::Gelu,
                Layer::Flatten,
                linear("head", 7, 4),
            ],
        )
        .steps(3, &[train(&[12, 2, 3, 4])])
        .build(),
        Builder::new(
            "conv-dilated-late",
            110,
            "Resumed after 1000 steps at slow averages, with evaluations around every forward.",
            &["S2", "S4", "S7", "S20"],
            conv_gelu_head(Conv2d {
                stride: [1, 2],
                padding: [1, 0],
                dilation: [2, 1],
                ..conv("conv", 2, 5, [2, 3])
            }),
        )
        .optimizer(0.0625, [0.984375, 0.9990234375], 1e-6, 0.0078125)
        .mid_run(1000)
        .steps(3, &[eval(&[4, 2, 5, 7]), train(&[3, 2, 4, 7]), eval(&[2, 2, 4, 5])])
        .build(),
    ]
}
