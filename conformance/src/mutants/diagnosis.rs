//! What a wrong trace looks like: the mutants whose trace it is.

use super::{Kind, Mutant};
use crate::bounds::Bounds;
use crate::replay::same_trajectory;
use crate::slow::trace;
use fixtures::{Case, Trace};
use rayon::prelude::*;

/// The traces of every mistake of the catalogue on one case.
pub struct Catalogue {
    traces: Vec<(Mutant, Trace)>,
}

impl Catalogue {
    /// Replays the catalogue on a case, in float64.
    #[must_use]
    pub fn replay(case: &Case) -> Self {
        let mistake = |mutant: &&Mutant| !matches!(mutant.kind(), Kind::Beyond | Kind::Identity);
        let replay = |&mutant: &Mutant| (mutant, trace::<f64>(case, Some(mutant)));
        let mutants: Vec<_> = Mutant::ALL.iter().filter(mistake).copied().collect();
        Self { traces: mutants.par_iter().map(replay).collect() }
    }

    /// The mutants whose trace the trace is, within its bounds. They cannot be told apart in this
    /// case if there are several; none: the mistake is not in the catalogue.
    #[must_use]
    pub fn diagnose(&self, case: &Case, trace: &Trace, bounds: &Bounds) -> Vec<Mutant> {
        let is = |(_, mutant): &&(Mutant, Trace)| same_trajectory(case, mutant, trace, bounds);
        self.traces.par_iter().filter(is).map(|(mutant, _)| *mutant).collect()
    }
}
