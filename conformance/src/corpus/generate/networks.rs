//! The paper's networks as cases: too large for a file, generated where they are used.

use super::builder::Builder;
use super::pass::train;
use fixtures::{Case, models};

/// ResNet-20 and a narrow DenseNet, each in the middle of a run and for two steps.
///
/// Some ReLU of so many is always decided narrowly, so these are for float64.
#[must_use]
pub fn networks() -> [Case; 2] {
    let clauses = ["S1", "S2", "S4", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13"];
    let network = |name, seed, what, layers| {
        Builder::new(name, seed, what, &clauses, layers)
            .optimizer(0.03125, [0.9, 0.999], 1e-8, 0.002)
            .mid_run(7)
            .steps(2, &[train(&[3, 3, 32, 32])])
            .build_with_any_forks()
    };
    [
        network("resnet20", 901, "The paper's ResNet-20.", models::cifar_resnet(3)),
        network(
            "narrow-densenet",
            902,
            "The paper's DenseNet with fewer and narrower layers.",
            models::densenet([2, 3, 1, 2], 5, 10),
        ),
    ]
}
