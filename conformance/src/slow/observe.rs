//! What the layers observe: the mean square of every input column (S2–S5, S17).
//!
//! The definition in plain loops: a layer's rows are written out, then squared and averaged. Every
//! `match` on a [`Mutant`] has the clause as its last arm.

use super::rows::{Rows, rows};
use super::{Pass, Scalar};
use crate::mistakes::Mutant;
use fixtures::Mode;
use fixtures::model::Preconditioned;
use std::collections::BTreeMap;

/// `A` of every observation of a step, in order of execution, by the layer's full name.
pub type Observations<S> = BTreeMap<String, Vec<Vec<S>>>;

/// What a step's forwards leave in the layers (S2, S17).
#[must_use]
pub fn observations<S: Scalar>(
    layers: &[Preconditioned],
    passes: &[Pass<S>],
    mutant: Option<Mutant>,
) -> Observations<S> {
    let train: Vec<usize> = (0..passes.len()).filter(|&i| passes[i].mode == Mode::Train).collect();
    let observed = |i: usize| match mutant {
        Some(Mutant::EvaluationObserved) => true,
        Some(Mutant::FirstForwardOnly) => train.first() == Some(&i),
        Some(Mutant::LastForwardOnly) => train.last() == Some(&i),
        _ => passes[i].mode == Mode::Train, // S2
    };
    let of_layer = |layer: &Preconditioned| {
        let forwards = (0..passes.len()).filter(|&i| observed(i));
        let all: Vec<_> = forwards.flat_map(|i| of_forward(layer, &passes[i], mutant)).collect();
        let all = match mutant {
            Some(Mutant::ForwardsAveraged) => vec![mean(&all)],
            _ => all, // S6: each on its own
        };
        (layer.name.clone(), all)
    };
    layers.iter().map(of_layer).collect()
}

/// `A` of every use of a layer in one forward (S17).
fn of_forward<S: Scalar>(
    layer: &Preconditioned,
    pass: &Pass<S>,
    mutant: Option<Mutant>,
) -> Vec<Vec<S>> {
    let uses = pass.uses.iter().filter(|used| used.layer == layer.name);
    let all: Vec<_> = uses.map(|used| mean_square(layer, &used.input, mutant)).collect();
    match mutant {
        Some(Mutant::FirstUseOnly) => all[..1].to_vec(),
        Some(Mutant::LastUseOnly) => all[all.len() - 1..].to_vec(),
        Some(Mutant::UsesAveraged) => vec![mean(&all)],
        Some(Mutant::UsesSummed) => vec![sum(&all)],
        _ => all, // S17: one per use
    }
}

/// `A`, `[groups · columns]`: for each group its columns, and a 1 for a bias (S3–S5).
#[must_use]
pub fn mean_square<S: Scalar>(
    layer: &Preconditioned,
    input: &super::Array<S>,
    mutant: Option<Mutant>,
) -> Vec<S> {
    let groups = rows(layer, input, mutant);
    let mut a: Vec<Vec<S>> = groups
        .iter()
        .map(|rows| (0..rows.columns).map(|j| of_column(rows, j, mutant)).collect())
        .collect();
    let inputs = layer.columns() - usize::from(layer.bias());
    match mutant {
        Some(Mutant::FirstGroupForAll) => a = vec![a[0].clone(); a.len()],
        Some(Mutant::GroupsPooled) => a = vec![mean(&a); a.len()],
        Some(Mutant::ColumnsPooled) => {
            let all: Vec<_> = a.iter().flat_map(|a| &a[..inputs]).map(|&x| vec![x]).collect();
            let pooled = mean(&all)[0];
            a.iter_mut().for_each(|a| a[..inputs].fill(pooled));
        }
        Some(Mutant::BiasColumnMissing) if layer.bias() => {
            a.iter_mut().for_each(|a| a[inputs] = S::new(0.0));
        }
        Some(Mutant::BiasColumnFirst) if layer.bias() => {
            a.iter_mut().for_each(|a| a.rotate_right(1));
        }
        _ => {}
    }
    a.concat()
}

/// `A_j = (1/N) Σ_n x_nj²` (S3, S4).
fn of_column<S: Scalar>(rows: &Rows<S>, j: usize, mutant: Option<Mutant>) -> S {
    let all = || rows.column(j);
    let n = rows.count();
    let count = |n: usize| S::new(n as f64);
    let mutant = match mutant.and_then(Mutant::with_bias) {
        Some(_) if rows.is_bias(j) => None,
        with_bias => with_bias.or(mutant),
    };
    match mutant {
        Some(Mutant::RowsSummed) => squares(all()),
        Some(Mutant::MeanOverBatchOnly) => squares(all()) / count(rows.batch),
        Some(Mutant::MeanOverPositionsOnly) => squares(all()) / count(rows.positions),
        Some(Mutant::MeanThenSquare) => {
            let mean = total(all()) / count(n);
            mean * mean
        }
        Some(Mutant::PositionMeanThenSquare) => {
            let means =
                (0..rows.batch).map(|b| total(rows.of_sample(b, j)) / count(rows.positions));
            squares(means) / count(rows.batch)
        }
        Some(Mutant::Centred) => {
            let mean = total(all()) / count(n);
            squares(all()) / count(n) - mean * mean
        }
        Some(Mutant::OneRowLess) => squares(all()) / count(n - 1),
        Some(Mutant::MeanAbsolute) => total(all().map(S::abs)) / count(n),
        Some(Mutant::RootMeanSquare) => (squares(all()) / count(n)).sqrt(),
        Some(Mutant::FirstSampleOnly) => squares(rows.of_sample(0, j)) / count(rows.positions),
        Some(Mutant::FirstPositionOnly) => {
            let firsts = (0..rows.batch).map(|b| rows.at(b, 0, j));
            squares(firsts) / count(rows.batch)
        }
        Some(Mutant::Float32Sum) => {
            let sum = all().map(|x| x.value() as f32).fold(0.0, |sum, x| sum + x * x);
            S::new(f64::from(sum / n as f32))
        }
        Some(Mutant::PaddingNotCounted) => match rows.inside[j] {
            0 => S::new(0.0),
            inside => squares(all()) / count(rows.batch * inside),
        },
        Some(Mutant::PaddingIgnored) if n == 0 => S::new(f64::from(u8::from(rows.is_bias(j)))),
        _ => squares(all()) / count(n), // S3, S4: over batch and positions, padding counted
    }
}

fn total<S: Scalar>(values: impl Iterator<Item = S>) -> S {
    values.fold(S::new(0.0), |sum, x| sum + x)
}

fn squares<S: Scalar>(values: impl Iterator<Item = S>) -> S {
    total(values.map(|x| x * x))
}

/// The sum of several statistics, entry by entry.
fn sum<S: Scalar>(all: &[Vec<S>]) -> Vec<S> {
    (0..all[0].len()).map(|j| total(all.iter().map(|a| a[j]))).collect()
}

fn mean<S: Scalar>(all: &[Vec<S>]) -> Vec<S> {
    sum(all).into_iter().map(|x| x / S::new(all.len() as f64)).collect()
}
