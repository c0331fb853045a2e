//! The list of the project's own cases, by subject.
//!
//! Names are permanent, and so is what a name stands for: a committed case is never changed. All
//! values follow from a case's seed, the second argument of `Builder::new`; but for `smoke`, whose
//! values are chosen.

mod accumulation;
mod conventions;
mod convolutions;
mod failures;
mod groups;
mod layers;
mod models;
mod optimizer;
mod patches;
mod scales;
mod shared;
mod smoke;
mod structures;
mod tokens;

use fixtures::Case;

/// Every own case: the smallest, then layers, the optimizer, and what goes wrong.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        smoke::cases(),
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
        conventions::cases(),
    ]
    .concat()
}
