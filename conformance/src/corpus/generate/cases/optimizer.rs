//! Averages, epsilon and decay (S6, S8, S10, S12).

use super::models::{linear, mlp};
use crate::corpus::generate::builder::Builder;
use crate::corpus::generate::pass::train;
use fixtures::{Case, Layer, Loss};

pub fn cases() -> Vec<Case> {
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
        Builder::new(
            "momentum-turns",
            155,
            "Targets above and below 0 by turns: gradients change sign, and momenta after them.",
            &["S10"],
            vec![linear("fc1", 4, 6), Layer::Gelu, linear("head", 6, 3)],
        )
        .loss(Loss::MeanSquaredError)
        .optimizer(0.0625, [0.25, 0.9375], 1e-6, 0.0078125)
        .step(&[train(&[6, 4]).raised(1.0).aimed_at(4.0)])
        .step(&[train(&[6, 4]).raised(1.0).aimed_at(-4.0)])
        .step(&[train(&[6, 4]).raised(1.0).aimed_at(4.0)])
        .step(&[train(&[6, 4]).raised(1.0).aimed_at(-4.0)])
        .build(),
    ]
}
