//! What an expected value was computed from.

use super::mode::ReplayMode;
use super::stage::Stage;
use serde::Serialize;

/// What the expected values of a comparison were computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The start of the case: the whole trajectory is compared.
    Trajectory,
    /// The golden state before the step, from which the subject was restarted.
    GoldenState,
    /// The parameters, buffers and state that the trace itself reports after the step before.
    OwnState,
    /// The stage before it, in the trace itself: stage by stage.
    #[serde(rename = "stage_by_stage")]
    OwnStages,
}

impl Basis {
    /// How many steps' rounding the deviation contains.
    #[must_use]
    pub fn mode(self) -> ReplayMode {
        match self {
            Basis::Trajectory => ReplayMode::Free,
            Basis::GoldenState | Basis::OwnState | Basis::OwnStages => ReplayMode::Forced,
        }
    }

    /// What the expected value of a stage was computed from, to follow "computed".
    #[must_use]
    pub fn source(self, stage: Stage) -> &'static str {
        match (self, stage) {
            (Basis::Trajectory, _) => "over the whole trajectory",
            (Basis::GoldenState, _) => "from the golden state before the step",
            (Basis::OwnState, _) => "from the trace's own state before the step",
            (Basis::OwnStages, Stage::Ema) => "from the trace's own mean_square",
            (Basis::OwnStages, Stage::Scale) => "from the trace's own ema",
            (Basis::OwnStages, Stage::Momentum) => "from the trace's own gradient",
            (Basis::OwnStages, Stage::Update) => "from the trace's own momentum and scale",
            (Basis::OwnStages, _) => "from the trace's own update or gradient",
        }
    }
}
