//! How far a conforming trace may lie from the expected one.

use crate::stage::Stage;
use fixtures::Dtype;

/// What a comparison spans: how many steps' rounding the deviation contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReplayMode {
    /// Every step starts from the golden state before it.
    Forced,
    /// The whole trajectory runs from the start.
    Free,
}

impl ReplayMode {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReplayMode::Forced => "forced",
            ReplayMode::Free => "free",
        }
    }
}

/// The bound of a stage, in the stage's measure; `docs/tolerances.md` gives the reasons.
#[must_use]
pub fn bound(dtype: Dtype, mode: ReplayMode, stage: Stage) -> f64 {
    match (dtype, mode, stage) {
        // Counts have no rounding.
        (_, _, Stage::Observations | Stage::Step) => 0.0,
        (Dtype::Float64, _, _) => 1e-12,
        (Dtype::Float32, ReplayMode::Forced, _) => 5e-5,
        (Dtype::Float32, ReplayMode::Free, _) => 5e-5,
    }
}
