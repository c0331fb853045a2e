//! What a layer observes in a step, asked of the clauses (S2–S6, S17).

use super::clauses::{Clauses, Definition, Values};
use crate::array::Array;
use crate::network::pass::Pass;
use crate::scalar::Scalar;
use fixtures::model::Preconditioned;

/// `A` of every observation of a layer in a step, in order of execution.
pub(super) fn observations<S: Scalar>(
    clauses: &mut dyn Clauses<S>,
    layer: &Preconditioned,
    passes: &[Pass<S>],
) -> Vec<Values<S>> {
    let mut forwards = Vec::new();
    for pass in clauses.observed(passes) {
        let uses = pass.uses.iter().filter(|used| used.layer == layer.name);
        let statistics = uses.map(|used| statistic(clauses, layer, &used.input)).collect();
        forwards.extend(clauses.of_uses(statistics));
    }
    clauses.of_forwards(forwards)
}

/// `A` of one input of a layer, `[groups · columns]`: for each group its columns, and a 1 for a bias
/// (S3–S5).
#[must_use]
pub fn mean_square<S: Scalar>(layer: &Preconditioned, input: &Array<S>) -> Values<S> {
    statistic(&mut Definition, layer, input)
}

fn statistic<S: Scalar>(
    clauses: &mut dyn Clauses<S>,
    layer: &Preconditioned,
    input: &Array<S>,
) -> Values<S> {
    let groups = clauses.rows(layer, input);
    let groups = groups.iter().map(|rows| clauses.mean_square(rows)).collect();
    clauses.statistic(layer, groups)
}
