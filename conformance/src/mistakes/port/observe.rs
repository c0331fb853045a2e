//! What is observed of a step, and the statistic `A` of one input (S2–S5, S17).

use super::Mutant;
use super::passes::Pass;
use super::patches::{rows, rows_inside, with_one};
use fixtures::model::Preconditioned;
use tch::{Kind, Tensor};

/// Every `A` that a layer takes in during a step, in order of execution, each
/// `[groups, columns]`.
pub fn observations(
    mutant: Option<Mutant>,
    layer: &Preconditioned,
    number: usize,
    passes: &[Pass],
) -> Vec<Tensor> {
    let seen: Vec<_> = observed(mutant, passes)
        .into_iter()
        .flat_map(|pass| uses(mutant, layer, pass.inputs.0.get(&number)))
        .collect();
    match mutant {
        Some(Mutant::ForwardsAveraged) => mean(&seen).into_iter().collect(),
        _ => seen,
    }
}

/// The forwards that a layer observes: all that train (S2).
fn observed(mutant: Option<Mutant>, passes: &[Pass]) -> Vec<&Pass> {
    let training = || passes.iter().filter(|pass| pass.gradients.is_some());
    match mutant {
        Some(Mutant::EvaluationObserved) => passes.iter().collect(),
        Some(Mutant::FirstForwardOnly) => training().take(1).collect(),
        Some(Mutant::LastForwardOnly) => training().next_back().into_iter().collect(),
        _ => training().collect(),
    }
}

/// One `A` per use of a layer within a forward (S17).
fn uses(
    mutant: Option<Mutant>,
    layer: &Preconditioned,
    inputs: Option<&Vec<Tensor>>,
) -> Vec<Tensor> {
    let inputs = inputs.into_iter().flatten();
    let each: Vec<_> = inputs.map(|x| mean_square(mutant, layer, x)).collect();
    match mutant {
        Some(Mutant::FirstUseOnly) => each.into_iter().take(1).collect(),
        Some(Mutant::LastUseOnly) => each.into_iter().next_back().into_iter().collect(),
        Some(Mutant::UsesAveraged) => mean(&each).into_iter().collect(),
        Some(Mutant::UsesSummed) => each.into_iter().reduce(|sum, a| sum + a).into_iter().collect(),
        _ => each,
    }
}

fn mean(of: &[Tensor]) -> Option<Tensor> {
    let sum = of.iter().map(Tensor::shallow_clone).reduce(|sum, a| sum + a);
    sum.map(|sum| sum / of.len() as f64)
}

/// `A` of one input, `[groups, columns]`; the bias's column is the last (S3–S5).
pub fn mean_square(mutant: Option<Mutant>, layer: &Preconditioned, x: &Tensor) -> Tensor {
    let rows = with_one(layer, &rows(mutant, layer, x));
    let a = match mutant {
        // A column whose taps all lie in the padding: 0/1.
        Some(Mutant::PaddingNotCounted) => {
            sum(&rows.square()) / rows_inside(mutant, layer, x).clamp_min(1)
        }
        _ => over_rows(mutant.and_then(Mutant::with_bias).or(mutant), &rows),
    };
    let bias = i64::from(layer.bias());
    let columns = a.size()[1] - bias;
    // [groups, inputs] and [groups, 1], or [groups, 0] without a bias
    let (inputs, one) = (a.narrow(1, 0, columns), a.narrow(1, columns, bias));
    match mutant {
        Some(Mutant::GroupsPooled) => a.mean_dim([0].as_slice(), true, None::<Kind>).expand_as(&a),
        // All groups together; the bias keeps its 1.
        Some(Mutant::ColumnsPooled) => {
            let mean = inputs.mean(None::<Kind>).expand_as(&inputs);
            Tensor::cat(&[mean, one], 1)
        }
        Some(Mutant::BiasColumnMissing) => Tensor::cat(&[inputs, one.zeros_like()], 1),
        Some(mutant) if mutant.with_bias().is_some() => Tensor::cat(&[inputs, one.ones_like()], 1),
        Some(Mutant::BiasColumnFirst) => Tensor::cat(&[one, inputs], 1),
        _ => a,
    }
}

/// The mean square of every column, `[batch, positions, groups, columns]` → `[groups, columns]`.
///
/// The bias's 1 is a column like any other.
fn over_rows(mutant: Option<Mutant>, rows: &Tensor) -> Tensor {
    let [batch, positions] = [0, 1].map(|axis| rows.size()[axis] as f64);
    let n = batch * positions;
    let squares = rows.square();
    match mutant {
        Some(Mutant::RowsSummed) => sum(&squares),
        Some(Mutant::MeanOverBatchOnly) => sum(&squares) / batch,
        Some(Mutant::MeanOverPositionsOnly) => sum(&squares) / positions,
        Some(Mutant::MeanThenSquare) => (sum(rows) / n).square(),
        Some(Mutant::PositionMeanThenSquare) => {
            let means = rows.mean_dim([1].as_slice(), true, None::<Kind>);
            sum(&means.square()) / batch
        }
        Some(Mutant::Centred) => sum(&squares) / n - (sum(rows) / n).square(),
        Some(Mutant::OneRowLess) => sum(&squares) / (n - 1.0),
        Some(Mutant::MeanAbsolute) => sum(&rows.abs()) / n,
        Some(Mutant::RootMeanSquare) => (sum(&squares) / n).sqrt(),
        Some(Mutant::FirstSampleOnly) => sum(&squares.narrow(0, 0, 1)) / positions,
        Some(Mutant::FirstPositionOnly) => sum(&squares.narrow(1, 0, 1)) / batch,
        Some(Mutant::Float32Sum) => (float32_sum(rows) / n).to_kind(rows.kind()),
        _ => sum(&squares) / n, // S3
    }
}

/// The sum over batch and positions.
fn sum(x: &Tensor) -> Tensor {
    x.sum_dim_intlist([0, 1].as_slice(), false, None::<Kind>)
}

/// The sum of squares, each value, each square and each partial sum rounded to float32.
///
/// One row after the other; libtorch's own sums go by blocks.
fn float32_sum(rows: &Tensor) -> Tensor {
    let squares = rows.to_kind(Kind::Float).square().flatten(0, 1);
    let each = squares.unbind(0).into_iter();
    each.reduce(|sum, row| sum + row).expect("no batch is empty")
}
