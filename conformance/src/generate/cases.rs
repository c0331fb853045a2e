//! The list of the project's own cases; names are permanent.

use super::builder::{Builder, eval, train};
use fixtures::{
    BatchNorm2d, Case, Concat, Conv2d, Layer, LayerNorm, Linear, Loss, Residual, SubsamplePad2d,
};

/// Every own case, in the order of their names' subjects: layers first, then the optimizer.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = convolutions();
    cases.extend(pools_and_norms());
    cases.extend(structures());
    cases.extend(tokens());
    cases.extend(accumulation());
    cases.extend(hyperparameters());
    cases.extend(scales());
    cases
}

fn convolutions() -> Vec<Case> {
    let head = |width| [Layer::GlobalAvgPool2d, linear("head", width, 4)];
    let conv_then_head = |conv: Conv2d| {
        let width = conv.out_channels;
        let mut model = vec![Layer::Conv2d(conv), Layer::Relu];
        model.extend(head(width));
        model
    };
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

fn pools_and_norms() -> Vec<Case> {
    vec![
        Builder::new(
            "pools-drop-remainders",
            10,
            "Both pools on images that their kernels do not divide.",
            &["S4"],
            vec![
                Layer::Conv2d(Conv2d { padding: [1, 1], ..conv("conv1", 2, 4, [3, 3]) }),
                Layer::Tanh,
                Layer::MaxPool2d { kernel: 3 },
                Layer::Conv2d(Conv2d { padding: [1, 0], ..conv("conv2", 4, 5, [2, 1]) }),
                Layer::Tanh,
                Layer::AvgPool2d { kernel: 2 },
                Layer::Flatten,
                linear("head", 5, 3),
            ],
        )
        .steps(4, &[train(&[4, 2, 8, 10])])
        .build(),
        Builder::new(
            "batch-norm-momentum",
            11,
            "Batch norm with an own momentum and a large epsilon, evaluated before and after.",
            &["S2", "S13"],
            vec![
                Layer::Conv2d(Conv2d { bias: false, ..conv("conv", 3, 4, [2, 3]) }),
                Layer::BatchNorm2d(BatchNorm2d {
                    name: "bn".into(),
                    features: 4,
                    eps: 0.0078125,
                    momentum: 0.3125,
                }),
                Layer::Relu,
                Layer::GlobalAvgPool2d,
                linear("head", 4, 3),
            ],
        )
        .steps(4, &[eval(&[3, 3, 4, 5]), train(&[4, 3, 4, 5]), eval(&[2, 3, 4, 5])])
        .build(),
        Builder::new(
            "layer-norm-first",
            12,
            "Plain parameters before the first preconditioned layer, and no bias behind.",
            &["S3", "S13"],
            vec![
                layer_norm("norm", 5),
                Layer::Linear(Linear {
                    name: "fc".into(),
                    in_features: 5,
                    out_features: 4,
                    bias: false,
                }),
                Layer::Tanh,
                linear("head", 4, 3),
            ],
        )
        .steps(5, &[train(&[6, 5])])
        .build(),
    ]
}

fn structures() -> Vec<Case> {
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

fn tokens() -> Vec<Case> {
    vec![
        Builder::new(
            "mse-tokens",
            30,
            "A loss over every token: mean squared error, no pooling.",
            &["S3"],
            vec![linear("fc1", 4, 7), Layer::Gelu, linear("fc2", 7, 3)],
        )
        .loss(Loss::MeanSquaredError)
        .steps(5, &[train(&[3, 6, 4])])
        .build(),
        Builder::new(
            "transformer-mlp",
            31,
            "The MLP half of a transformer block: norm, expansion, GELU, residual, final norm.",
            &["S1", "S3", "S13", "S14"],
            vec![
                linear("embed", 5, 6),
                Layer::Residual(Residual {
                    name: "mlp".into(),
                    body: vec![
                        layer_norm("norm", 6),
                        linear("fc1", 6, 12),
                        Layer::Gelu,
                        linear("fc2", 12, 6),
                    ],
                    shortcut: None,
                }),
                layer_norm("norm", 6),
                Layer::MeanTokens,
                linear("head", 6, 4),
            ],
        )
        .loss(Loss::CrossEntropy { label_smoothing: 0.125 })
        .group(&["embed.bias", "mlp.body.norm.weight", "norm.weight", "norm.bias"], None, Some(0.0))
        .steps(4, &[train(&[4, 7, 5])])
        .build(),
        Builder::new(
            "token-counts-vary",
            32,
            "Numbers of tokens change from step to step; every row counts alike.",
            &["S3", "S6"],
            vec![linear("fc", 5, 4), Layer::Tanh, Layer::MeanTokens, linear("head", 4, 3)],
        )
        .step(&[train(&[4, 3, 5])])
        .step(&[train(&[2, 9, 5])])
        .step(&[train(&[6, 2, 5]), train(&[3, 5, 5])])
        .build(),
    ]
}

fn accumulation() -> Vec<Case> {
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
    ]
}

fn hyperparameters() -> Vec<Case> {
    let epsilon_zero = |name, seed, description| {
        Builder::new(name, seed, description, &["S8"], mlp()).optimizer(
            0.0625,
            [0.875, 0.96875],
            0.0,
            0.0078125,
        )
    };
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
            "heavy-decay",
            52,
            "η·λ of a quarter: the order of decay and step shows in the first digit.",
            &["S12"],
            mlp(),
        )
        .optimizer(0.5, [0.75, 0.875], 1e-3, 0.5)
        .steps(5, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "large-epsilon",
            53,
            "An epsilon of the size of the root: inside or outside makes a visible difference.",
            &["S8"],
            mlp(),
        )
        .optimizer(0.125, [0.75, 0.9375], 0.5, 0.0078125)
        .steps(5, &[train(&[6, 5])])
        .build(),
        Builder::new(
            "slow-momentum-fast-statistic",
            54,
            "β1 above β2: exchanged betas cannot hide.",
            &["S6", "S7", "S10"],
            mlp(),
        )
        .optimizer(0.0625, [0.96875, 0.625], 1e-6, 0.0078125)
        .steps(6, &[train(&[6, 5])])
        .build(),
        epsilon_zero("epsilon-zero", 55, "ε = 0 with every column active.")
            .steps(4, &[train(&[6, 5])])
            .build(),
        epsilon_zero(
            "epsilon-zero-dead-column",
            56,
            "ε = 0 with a column that was never active: ∞·0 is NaN, and it spreads.",
        )
        .steps(2, &[train(&[6, 5]).dead(2)])
        .build(),
        Builder::new(
            "forty-steps",
            57,
            "A longer run: bias corrections fade, rounding accumulates.",
            &["S6", "S7", "S10"],
            vec![linear("fc1", 3, 4), Layer::Tanh, linear("head", 4, 2)],
        )
        .steps(40, &[train(&[5, 3])])
        .build(),
    ]
}

fn scales() -> Vec<Case> {
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

fn mlp() -> Vec<Layer> {
    vec![linear("fc1", 5, 6), Layer::Tanh, linear("head", 6, 3)]
}

fn linear(name: &str, in_features: usize, out_features: usize) -> Layer {
    Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias: true })
}

fn conv(name: &str, in_channels: usize, out_channels: usize, kernel: [usize; 2]) -> Conv2d {
    Conv2d {
        name: name.to_owned(),
        in_channels,
        out_channels,
        kernel,
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        bias: true,
    }
}

fn batch_norm(name: &str, features: usize) -> Layer {
    Layer::BatchNorm2d(BatchNorm2d { name: name.to_owned(), features, eps: 1e-5, momentum: 0.1 })
}

fn layer_norm(name: &str, features: usize) -> Layer {
    Layer::LayerNorm(LayerNorm { name: name.to_owned(), features, eps: 1e-5 })
}
