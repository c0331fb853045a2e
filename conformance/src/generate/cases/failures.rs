//! Values that are no numbers: equal ones conform.

use super::models::wide_mlp;
use crate::generate::builder::Builder;
use crate::generate::pass::train;
use fixtures::{Case, Loss};

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
    ]
}
