//! All mistakes.

use crate::catalogue::{
    controls, s01_layers, s02_forwards, s03_mean_square, s04_groups, s04_patches, s05_bias,
    s06_average, s07_correction, s08_scale, s09_gradient, s10_momentum, s11_update, s12_decay,
    s13_plain, s14_rates, s15_absent, s16_rate_zero, s17_shared, s18_refused, s19_skipped,
    s20_state,
};
use crate::mistake::Mistake;

static TABLES: [&[Mistake]; 22] = [
    controls::MISTAKES,
    s01_layers::MISTAKES,
    s02_forwards::MISTAKES,
    s03_mean_square::MISTAKES,
    s04_patches::MISTAKES,
    s04_groups::MISTAKES,
    s05_bias::MISTAKES,
    s06_average::MISTAKES,
    s07_correction::MISTAKES,
    s08_scale::MISTAKES,
    s09_gradient::MISTAKES,
    s10_momentum::MISTAKES,
    s11_update::MISTAKES,
    s12_decay::MISTAKES,
    s13_plain::MISTAKES,
    s14_rates::MISTAKES,
    s15_absent::MISTAKES,
    s16_rate_zero::MISTAKES,
    s17_shared::MISTAKES,
    s18_refused::MISTAKES,
    s19_skipped::MISTAKES,
    s20_state::MISTAKES,
];

/// All mistakes, in the order of the clauses; the controls come first.
pub fn all() -> impl Iterator<Item = &'static Mistake> + Clone {
    TABLES.iter().copied().flatten()
}

/// The mistake of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Mistake> {
    all().find(|mistake| mistake.name == name)
}
