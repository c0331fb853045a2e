//! The list of the project's own cases, by subject.
//!
//! Names are permanent, and so is what a name stands for: a committed case is never changed. A
//! case's values follow from its seed alone, the second argument of `Builder::new`.

mod accumulation;
mod convolutions;
mod failures;
mod groups;
mod layers;
mod models;
mod optimizer;
mod patches;
mod scales;
mod shared;
mod structures;
mod tokens;

use fixtures::Case;

/// Every own case: layers first, then the optimizer, then what goes wrong.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        convolutions::cases(),
        patches::cases(),
        layers::cases(),
        structures::cases(),
        shared::cases(),
        tokens::cases(),
        accumulation::cases(),
        groups::cases(),
        optimizer::cases(),
        scales::cases(),
        failures::cases(),
    ]
    .concat()
}
