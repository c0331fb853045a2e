//! What the reference makes of the examples' inputs, clause by clause.

use super::formula::Values;
use super::running::Inputs;
use super::{Computed, around, equations, observed};

/// The values of all examples, from the inputs of all examples.
pub fn all(given: &Values) -> Computed {
    let mut computed = Computed::new();
    let inputs = Inputs(given);
    for (clause, values) in [
        ("S1", observed::layers()),
        ("S2", observed::observations(inputs)),
        ("S3", observed::linear_statistic(inputs)),
        ("S4", observed::convolutional_statistic(inputs)),
        ("S5", observed::bias_column(inputs)),
        ("S6", equations::average(inputs)),
        ("S7", equations::correction(inputs)),
        ("S8", equations::scale(inputs)),
        ("S9", equations::gradient(inputs)),
        ("S10", equations::momentum(inputs)),
        ("S11", equations::update(inputs)),
        ("S12", equations::descent(inputs)),
        ("S13", around::plain(inputs)),
        ("S14", around::groups(inputs)),
        ("S15", around::absent(inputs)),
        ("S16", around::rate_zero(inputs)),
        ("S17", around::shared(inputs)),
        ("S18", around::accepted(inputs)),
        ("S19", around::skipped(inputs)),
        ("S20", around::resumed(inputs)),
    ] {
        for (name, value) in values {
            let before = computed.insert(name.to_owned(), (clause.to_owned(), value));
            assert!(before.is_none(), "{name} is computed twice");
        }
    }
    computed
}
