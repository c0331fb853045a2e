//! The gradients of a step, summed over its forwards (S9).

use crate::mutants::Mutant;
use crate::slow::{Arrays, Pass, Scalar};
use fixtures::Mode;

/// The sum over training forwards, by the parameter's full name.
#[must_use]
pub fn gradients<S: Scalar>(passes: &[Pass<S>], mutant: Option<Mutant>) -> Arrays<S> {
    let train: Vec<_> = passes.iter().filter(|pass| pass.mode == Mode::Train).collect();
    let counted = match mutant {
        Some(Mutant::LastGradientOnly) => &train[train.len() - 1..],
        _ => &train[..], // S9
    };
    let mut sums = counted[0].gradients.clone();
    for pass in &counted[1..] {
        for (name, g) in &pass.gradients {
            let sum = &mut sums.get_mut(name).expect("the same parameters in every forward").data;
            sum.iter_mut().zip(&g.data).for_each(|(sum, &g)| *sum = *sum + g);
        }
    }
    if mutant == Some(Mutant::ForwardsMeaned) {
        let forwards = S::new(train.len() as f64);
        sums.values_mut().flat_map(|g| &mut g.data).for_each(|g| *g = *g / forwards);
    }
    sums
}
