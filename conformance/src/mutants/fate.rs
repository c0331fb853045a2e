//! Which cases a mutant dies in.

use super::Mutant;
use crate::judge::Judged;
use crate::replay::judge_trajectory;
use crate::slow::{Scalar, trace};
use fixtures::model::PreconditionedLayer;
use fixtures::{Case, Trace, model};
use rayon::prelude::*;

/// A mutant's death in a case: the first divergence that the judge names.
#[derive(Clone, Debug)]
pub struct Kill {
    /// The case's position in the corpus.
    pub case: usize,
    /// What the judge said.
    pub divergence: Judged,
}

impl Kill {
    /// How many times the bound the mutant was off.
    #[must_use]
    pub fn margin(&self) -> f64 {
        self.divergence.deviation.error / self.divergence.bound
    }
}

/// The cases in which a mutant of the slow copy dies, computing in `S`.
///
/// `tick` is called after every case.
pub fn kills<S: Scalar>(
    mutant: Mutant,
    corpus: &[(Case, Trace)],
    tick: impl Fn() + Sync,
) -> Vec<Kill> {
    let in_case = |(index, (case, golden)): (usize, &(Case, Trace))| {
        let judgement = judge_trajectory(case, golden, &trace::<S>(case, Some(mutant)));
        tick();
        judgement.divergence.map(|divergence| Kill { case: index, divergence })
    };
    corpus.par_iter().enumerate().filter_map(in_case).collect()
}

/// What kind of rows the layers of a case observe; a case may be of both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Patches of images: the case has a convolution.
    pub patches: bool,
    /// Tokens: a linear layer with an input of more than two axes.
    pub tokens: bool,
}

impl Rows {
    /// Of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let convolution =
            |layer: &model::Preconditioned| matches!(layer.layer, PreconditionedLayer::Conv2d(_));
        let patches = model::preconditioned(&case.model).iter().any(convolution);
        Self { patches, tokens: crate::slow::sees_tokens(case) }
    }
}
