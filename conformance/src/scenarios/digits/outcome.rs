//! What came out of a training.

use crate::judge::Judgement;

/// What came out of a training.
#[derive(Debug)]
pub struct Outcome {
    /// Accuracy on the held-back digits at the end, in per cent.
    pub accuracy: f64,
    /// What became of libtorch beside the reference; `None` in a build without it.
    pub twin: Option<TwinOutcome>,
}

/// What became of a training on libtorch in float64.
#[derive(Debug)]
pub struct TwinOutcome {
    /// Every step from the twin's own state before it, and stage by stage.
    pub judgement: Judgement,
    /// How far the two trainings drifted apart: the largest difference of a parameter after the
    /// last step, relative to the largest of its array. Told, not bounded: every step adds its
    /// rounding to it, and the training may amplify it.
    pub drift: f64,
}
