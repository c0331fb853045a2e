//! Why there is no trace.

use crate::subject::{Failure, FailureKind};
use schemars::JsonSchema;
use serde::Serialize;

/// Why there is no trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failed {
    /// How, without figures, such as `times out`.
    #[serde(rename = "name")]
    #[schemars(with = "String")]
    pub kind: FailureKind,
    /// In which step of a forced replay.
    pub step: Option<usize>,
    /// The end of what the subject wrote to standard error, or else to standard output.
    pub output: String,
}

impl From<&Failure> for Failed {
    fn from(failure: &Failure) -> Self {
        let kind = failure.cause.kind();
        Self { kind, step: failure.step, output: failure.output.clone() }
    }
}
