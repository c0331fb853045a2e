//! What a layer of the port observes in a step, in tensors (S2–S6, S17).

use super::clauses::Clauses;
use super::passes::Pass;
use super::rows::with_one;
use super::rules::Rules;
use super::tensors::values;
use fixtures::model::Preconditioned;
use slow::Part;
use tch::Tensor;

/// `A` of every observation of the layer with this number in a step, in order of execution.
pub fn observations(
    clauses: &mut dyn Clauses,
    layer: &Preconditioned,
    number: usize,
    passes: &[Pass],
) -> Vec<Tensor> {
    let mut forwards = Vec::new();
    for pass in clauses.observed(passes) {
        let inputs = pass.inputs.get(&number).into_iter().flatten();
        let uses = inputs.map(|x| statistic(clauses, layer, x)).collect();
        forwards.extend(clauses.of_uses(uses));
    }
    clauses.of_forwards(forwards)
}

/// `A` of one input of a model's only layer, by AdaAct's rules or with a mistake: for each group its
/// columns, and a 1 for a bias (S3–S5).
#[must_use]
pub fn mean_square(rules: &dyn Rules, layer: &Preconditioned, x: &Tensor) -> Vec<f64> {
    let all = std::slice::from_ref(layer);
    values(&statistic(&mut *rules.clauses(Part::Layer { all, index: 0 }), layer, x))
}

/// `[groups, columns]`.
fn statistic(clauses: &mut dyn Clauses, layer: &Preconditioned, x: &Tensor) -> Tensor {
    let rows = with_one(layer, &clauses.rows(layer, x));
    let a = clauses.mean_square(layer, &rows);
    clauses.statistic(layer, a)
}
