//! A scenario, or a training on digits, as it came out.

use super::verdict::Verdict;
use fixtures::Dtype;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// A scenario, or a training on digits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// Who ran it.
    pub subject: String,
    /// In which dtype.
    #[schemars(with = "String")]
    pub dtype: Dtype,
    /// What came of it.
    pub verdict: Verdict,
    /// The same in a line.
    pub message: String,
    /// How long it took. Not in JSON, which says the same of the same outcomes.
    #[serde(skip)]
    pub took: Duration,
}
