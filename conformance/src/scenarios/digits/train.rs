//! A training on the reference, and on libtorch beside it.

use super::outcome::Outcome;
use super::recipe::Recipe;
use super::twin::Twin;
use anyhow::Result;
use fixtures::digits::Digits;
use fixtures::{Case, Target, Tensor};
use reference::convert::{to_array, to_tensor};

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
