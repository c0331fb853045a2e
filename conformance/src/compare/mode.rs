//! What a comparison spans: one step, or a whole trajectory.

use serde::{Deserialize, Serialize};

/// What a comparison spans: how many steps' rounding the deviation contains.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
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
