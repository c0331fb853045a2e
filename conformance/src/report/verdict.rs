//! Verdicts.

use schemars::JsonSchema;
use serde::Serialize;

/// The verdict on a replay or a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every array that could be judged is within its bound.
    Conforms,
    /// A value is beyond its bound.
    Diverges,
    /// There is no trace that could be judged.
    Fails,
    /// The subject does not support the case, and says so.
    Declines,
}

impl Verdict {
    /// Whether the subject is at fault: it diverges or fails.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        matches!(self, Verdict::Diverges | Verdict::Fails)
    }
}

/// What a list of expected failures says of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// Nothing.
    #[default]
    No,
    /// That it fails in just this way.
    AsExpected,
    /// That it fails, but it does not, or fails in another way.
    Untrue,
}
