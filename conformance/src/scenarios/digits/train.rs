//! A training on the reference, and on libtorch beside it.

use super::Recipe;
use super::twin::Twin;
use crate::judge::Judgement;
use anyhow::Result;
use fixtures::digits::Digits;
use fixtures::{Case, Target, Tensor};
use reference::convert::{to_array, to_tensor};

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

/// Trains the reference, and beside it libtorch in float64, from the same start; `tick` is called
/// after every step.
///
/// # Errors
/// If an engine fails.
pub fn train(recipe: &Recipe, digits: &Digits, mut tick: impl FnMut()) -> Result<Outcome> {
    let case = Case { steps: recipe.steps(digits), ..recipe.head() };
    let mut session = reference::Session::start(&case)?;
    let mut twin = Twin::start(&case)?;
    for step in &case.steps {
        session.advance(step)?;
        twin.step(step)?;
        tick();
    }
    let held_back = recipe.held_back(digits);
    let input = to_array(&held_back.input).into_shared();
    let outputs = to_tensor(&session.evaluate(input));
    let accuracy = accuracy(&outputs, &held_back.target);
    let twin = twin.judge(&case, &recipe.bounds()?, &session)?;
    Ok(Outcome { accuracy, twin })
}

/// The share of samples whose largest output is the target's, in per cent.
#[must_use]
pub fn accuracy(outputs: &Tensor, target: &Target) -> f64 {
    let Target::Classes(labels) = target else { return f64::NAN };
    let rows = outputs.data.chunks(outputs.shape[1]);
    let right = rows.zip(labels).filter(|(row, label)| {
        row.iter().enumerate().all(|(k, &x)| k == **label || x < row[**label])
    });
    100.0 * right.count() as f64 / labels.len() as f64
}
