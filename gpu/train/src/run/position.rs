//! How far a run has come.

use serde::{Deserialize, Serialize};

/// How far training has come; always between two updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The epoch that is running; the schedule's length once all are done.
    pub epoch: u64,
    /// Micro-batches of it that are done.
    pub batch: u64,
    /// Sum of these batches' losses.
    pub loss_sum: f64,
    /// Images of these batches that were classified rightly.
    pub correct: i64,
    /// Seconds that they took.
    pub train_seconds: f64,
    /// Of these, seconds in which batches were made.
    pub data_seconds: f64,
    /// The best evaluation so far.
    pub best: Option<Best>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    pub epoch: u64,
    /// Per cent of the test images.
    pub accuracy: f64,
}
