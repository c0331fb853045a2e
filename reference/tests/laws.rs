//! Laws that hold for all inputs, whatever the numbers: of the optimizer alone, between layers, and
//! of whole runs.
//!
//! Cases are drawn from fixed seeds; proptest prints the smallest one that breaks a law.

mod build;
mod layers;
mod optimizer;
mod runs;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// This many cases, the same in every run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_240_612),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
