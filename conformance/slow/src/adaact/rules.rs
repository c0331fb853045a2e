//! What a run follows: clauses for each of its parts.

use super::clauses::{Clauses, Definition};
use crate::scalar::Scalar;
use fixtures::model::Preconditioned;

/// A part of a run that has clauses of its own.
#[derive(Clone, Copy, Debug)]
pub enum Part<'p> {
    /// All that no preconditioned layer owns: the clock, the schedule, the plain parameters.
    Run,
    /// A preconditioned layer.
    Layer {
        /// All of them, in the model's order.
        all: &'p [Preconditioned<'p>],
        /// Which of these.
        index: usize,
    },
}

/// AdaAct, or what a port makes of it.
pub trait Rules<S: Scalar>: Sync {
    /// What goes by these rules, as traces name their producer.
    fn name(&self) -> &'static str;

    /// New clauses for a part of a run.
    fn clauses(&self, part: Part) -> Box<dyn Clauses<S>>;
}

impl<S: Scalar> Rules<S> for Definition {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn clauses(&self, _: Part) -> Box<dyn Clauses<S>> {
        Box::new(Definition)
    }
}
