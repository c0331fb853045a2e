//! S3: another statistic than the mean square of every column over all rows.

use super::statistics::mean;
use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::model::Preconditioned;
use slow::{Rows, Scalar};
#[cfg(feature = "tch")]
use tch::{Kind, Tensor};

mistakes! {
    "rows-summed", "S3", Observation, RowsSummed, "the sum over rows instead of their mean";
    "mean-over-batch-only", "S3", Observation, MeanOverBatchOnly, "the mean over the batch only, a sum over positions or tokens";
    "mean-over-positions-only", "S3", Observation, MeanOverPositionsOnly, "the mean over positions or tokens only, a sum over the batch";
    "mean-then-square", "S3", Observation, MeanThenSquare, "the square of the mean instead of the mean of squares";
    "position-mean-then-square", "S3", Observation, PositionMeanThenSquare, "the mean over positions taken before the square";
    "centred", "S3", Observation, Centred, "the centred variance of the inputs";
    "one-row-less", "S3", Observation, OneRowLess, "a division by N − 1 instead of N";
    "inputs-summed", "S3", Observation, ButBias(RowsSummed), "the sum over rows instead of their mean, the bias kept at 1", like "rows-summed";
    "inputs-over-batch-only", "S3", Observation, ButBias(MeanOverBatchOnly), "the mean over the batch only, a sum over positions or tokens, the bias kept at 1", like "mean-over-batch-only";
    "inputs-over-positions-only", "S3", Observation, ButBias(MeanOverPositionsOnly), "the mean over positions or tokens only, a sum over the batch, the bias kept at 1", like "mean-over-positions-only";
    "inputs-centred", "S3", Observation, ButBias(Centred), "the centred variance of the inputs, the bias kept at 1", like "centred";
    "inputs-one-row-less", "S3", Observation, ButBias(OneRowLess), "a division by N − 1 instead of N, the bias kept at 1", like "one-row-less";
    "mean-absolute", "S3", Observation, MeanAbsolute, "absolute values instead of squares";
    "root-mean-square", "S3", Observation, RootMeanSquare, "the root of the mean square averaged instead of the mean square";
    "first-sample-only", "S3", Observation, FirstSampleOnly, "only the first sample of the batch observed";
    "first-position-only", "S3", Observation, FirstPositionOnly, "only the first position or token of every sample observed";
    "columns-pooled", "S3", Observation, ColumnsPooled, "one mean over all input columns of the layer";
    "float32-sum", "S3", Observation, Float32Sum, "squares summed in float32";
}

#[derive(Clone)]
struct RowsSummed;

impl<S: Scalar> slow::Clauses<S> for RowsSummed {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| squares(rows.column(j)))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for RowsSummed {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.square())
    }
}

#[derive(Clone)]
struct MeanOverBatchOnly;

impl<S: Scalar> slow::Clauses<S> for MeanOverBatchOnly {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| squares(rows.column(j)) / count(rows.batch))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MeanOverBatchOnly {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.square()) / batch(rows)
    }
}

#[derive(Clone)]
struct MeanOverPositionsOnly;

impl<S: Scalar> slow::Clauses<S> for MeanOverPositionsOnly {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| squares(rows.column(j)) / count(rows.positions))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MeanOverPositionsOnly {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.square()) / positions(rows)
    }
}

#[derive(Clone)]
struct MeanThenSquare;

impl<S: Scalar> slow::Clauses<S> for MeanThenSquare {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| {
            let mean = slow::sum(rows.column(j)) / count(rows.count());
            mean * mean
        })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MeanThenSquare {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        (port::sum(rows) / port::count(rows)).square()
    }
}

#[derive(Clone)]
struct PositionMeanThenSquare;

impl<S: Scalar> slow::Clauses<S> for PositionMeanThenSquare {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| {
            let mean = |sample| slow::sum(rows.of_sample(sample, j)) / count(rows.positions);
            squares((0..rows.batch).map(mean)) / count(rows.batch)
        })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for PositionMeanThenSquare {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        let means = rows.mean_dim([1].as_slice(), true, None::<Kind>);
        port::sum(&means.square()) / batch(rows)
    }
}

#[derive(Clone)]
struct Centred;

impl<S: Scalar> slow::Clauses<S> for Centred {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        let n = count(rows.count());
        columns(rows, |j| {
            let mean = slow::sum(rows.column(j)) / n;
            squares(rows.column(j)) / n - mean * mean
        })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for Centred {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        let n = port::count(rows);
        port::sum(&rows.square()) / n - (port::sum(rows) / n).square()
    }
}

#[derive(Clone)]
struct OneRowLess;

impl<S: Scalar> slow::Clauses<S> for OneRowLess {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| squares(rows.column(j)) / count(rows.count() - 1))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for OneRowLess {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.square()) / (port::count(rows) - 1.0)
    }
}

/// A mistake in all columns but the bias's.
#[derive(Clone)]
struct ButBias<C>(C);

impl<S: Scalar, C: slow::Clauses<S> + Clone + 'static> slow::Clauses<S> for ButBias<C> {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        let (wrong, right) = (self.0.mean_square(rows), slow::Definition.mean_square(rows));
        columns(rows, |j| if rows.is_bias(j) { right[j] } else { wrong[j] })
    }
}

#[cfg(feature = "tch")]
impl<C: port::Clauses> port::Clauses for ButBias<C> {
    fn mean_square(&mut self, layer: &Preconditioned, rows: &Tensor) -> Tensor {
        let [inputs, one] = port::columns(layer, &self.0.mean_square(layer, rows));
        Tensor::cat(&[inputs, one.ones_like()], 1)
    }
}

#[derive(Clone)]
struct MeanAbsolute;

impl<S: Scalar> slow::Clauses<S> for MeanAbsolute {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| slow::sum(rows.column(j).map(S::abs)) / count(rows.count()))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MeanAbsolute {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.abs()) / port::count(rows)
    }
}

#[derive(Clone)]
struct RootMeanSquare;

impl<S: Scalar> slow::Clauses<S> for RootMeanSquare {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        slow::Definition.mean_square(rows).into_iter().map(S::sqrt).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for RootMeanSquare {
    fn mean_square(&mut self, layer: &Preconditioned, rows: &Tensor) -> Tensor {
        port::Definition.mean_square(layer, rows).sqrt()
    }
}

#[derive(Clone)]
struct FirstSampleOnly;

impl<S: Scalar> slow::Clauses<S> for FirstSampleOnly {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| squares(rows.of_sample(0, j)) / count(rows.positions))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstSampleOnly {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.square().narrow(0, 0, 1)) / positions(rows)
    }
}

#[derive(Clone)]
struct FirstPositionOnly;

impl<S: Scalar> slow::Clauses<S> for FirstPositionOnly {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| {
            squares((0..rows.batch).map(|sample| rows.at(sample, 0, j))) / count(rows.batch)
        })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstPositionOnly {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        port::sum(&rows.square().narrow(1, 0, 1)) / batch(rows)
    }
}

/// All groups together; the bias keeps its 1.
#[derive(Clone)]
struct ColumnsPooled;

impl<S: Scalar> slow::Clauses<S> for ColumnsPooled {
    fn statistic(&mut self, layer: &Preconditioned, mut groups: Vec<Vec<S>>) -> Vec<S> {
        let inputs = layer.columns() - usize::from(layer.bias());
        let all: Vec<_> = groups.iter().flat_map(|a| &a[..inputs]).map(|&a| vec![a]).collect();
        if let Some(pooled) = mean(&all) {
            groups.iter_mut().for_each(|a| a[..inputs].fill(pooled[0]));
        }
        groups.concat()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ColumnsPooled {
    fn statistic(&mut self, layer: &Preconditioned, a: Tensor) -> Tensor {
        let [inputs, one] = port::columns(layer, &a);
        Tensor::cat(&[inputs.mean(None::<Kind>).expand_as(&inputs), one], 1)
    }
}

#[derive(Clone)]
struct Float32Sum;

impl<S: Scalar> slow::Clauses<S> for Float32Sum {
    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        columns(rows, |j| {
            let values = rows.column(j).map(|x| x.value() as f32);
            S::new(f64::from(values.fold(0.0, |sum, x| sum + x * x) / rows.count() as f32))
        })
    }
}

/// One row after the other; libtorch's own sums go by blocks.
#[cfg(feature = "tch")]
impl port::Clauses for Float32Sum {
    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        let squares = rows.to_kind(Kind::Float).square().flatten(0, 1);
        let sum = squares.unbind(0).into_iter().reduce(|sum, row| sum + row);
        (sum.expect("no batch is empty") / port::count(rows)).to_kind(rows.kind())
    }
}

/// A number of every column.
fn columns<S: Scalar>(rows: &Rows<S>, of: impl Fn(usize) -> S) -> Vec<S> {
    (0..rows.columns).map(of).collect()
}

fn squares<S: Scalar>(values: impl Iterator<Item = S>) -> S {
    slow::sum(values.map(|x| x * x))
}

fn count<S: Scalar>(n: usize) -> S {
    S::new(n as f64)
}

#[cfg(feature = "tch")]
fn batch(rows: &Tensor) -> f64 {
    rows.size()[0] as f64
}

#[cfg(feature = "tch")]
fn positions(rows: &Tensor) -> f64 {
    rows.size()[1] as f64
}
