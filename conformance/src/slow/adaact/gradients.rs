//! The gradients of a step, summed over its forwards (S9).

use crate::mistakes::Mutant;
use crate::slow::{Arrays, Pass, Scalar};
use fixtures::Mode;
use std::borrow::Cow;

/// The sum over training forwards, by the parameter's full name.
#[must_use]
pub fn gradients<S: Scalar>(passes: &[Pass<S>], mutant: Option<Mutant>) -> Arrays<S> {
    let train: Vec<_> = passes.iter().filter(|pass| pass.mode == Mode::Train).collect();
    let counted = match mutant {
        Some(Mutant::LastGradientOnly) => &train[train.len() - 1..],
        _ => &train[..], // S9
    };
    let mut sums = of_pass(counted[0], mutant).into_owned();
    for pass in &counted[1..] {
        add(&mut sums, &of_pass(pass, mutant));
    }
    if mutant == Some(Mutant::ForwardsMeaned) {
        let forwards = S::new(train.len() as f64);
        sums.values_mut().flat_map(|g| &mut g.data).for_each(|g| *g = *g / forwards);
    }
    sums
}

/// What one forward adds.
fn of_pass<S: Scalar>(pass: &Pass<S>, mutant: Option<Mutant>) -> Cow<'_, Arrays<S>> {
    match mutant {
        Some(Mutant::LossScaleIgnored) => {
            let mut unscaled = pass.gradients.clone();
            let gradients = unscaled.values_mut().flat_map(|g| &mut g.data);
            gradients.for_each(|g| *g = *g / pass.loss_scale);
            Cow::Owned(unscaled)
        }
        Some(Mutant::LastUseGradientOnly) => {
            let mut last = pass.gradients.clone();
            last.extend(pass.of_last_use.clone());
            Cow::Owned(last)
        }
        _ => Cow::Borrowed(&pass.gradients), // S9: of the scaled loss, S17: of all uses
    }
}

/// Adds to each parameter's gradient.
pub(super) fn add<S: Scalar>(sums: &mut Arrays<S>, gradients: &Arrays<S>) {
    for (name, g) in gradients {
        sums.get_mut(name).expect("the same parameters in every forward").add(g);
    }
}
