//! What AdaAct knows of a preconditioned layer, and keeps of it from step to step (S20).

use crate::array::Arrays;
use crate::scalar::Scalar;
use fixtures::model::Preconditioned;
use fixtures::{LayerState, Tensor};

/// The form of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its full dotted name.
    pub name: String,
    /// Its outputs: rows of `G`, `M` and `U`.
    pub out: usize,
    /// Inputs of one output, and one more for a bias.
    pub columns: usize,
    /// Groups of outputs, each with columns of its own; 1 for a linear layer.
    pub groups: usize,
    /// Whether it has a bias.
    pub bias: bool,
}

/// A layer's averages (S20).
#[derive(Clone, Debug, PartialEq)]
pub struct Averages<S> {
    /// `V`, `[groups · columns]`.
    pub v: Vec<S>,
    /// `M`, `[out, columns]`.
    pub m: Vec<S>,
}

impl Shape {
    /// The form of this layer.
    #[must_use]
    pub fn of(layer: &Preconditioned) -> Self {
        let (out, columns, groups) = (layer.out(), layer.columns(), layer.groups());
        Self { name: layer.name.clone(), out, columns, groups, bias: layer.bias() }
    }

    /// The full name of its weight.
    #[must_use]
    pub fn weight_name(&self) -> String {
        format!("{}.weight", self.name)
    }

    /// The full name that its bias has, or would have.
    #[must_use]
    pub fn bias_name(&self) -> String {
        format!("{}.bias", self.name)
    }

    /// Columns without that of the bias.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.columns - usize::from(self.bias)
    }

    /// `[weight as [out, inputs] | bias]`, `[out, columns]` (S9); `None` without a weight.
    #[must_use]
    pub fn matrix<S: Scalar>(&self, arrays: &Arrays<S>) -> Option<Vec<S>> {
        let weight = arrays.get(&self.weight_name())?;
        let bias = arrays.get(&self.bias_name()).filter(|_| self.bias);
        let row = |(i, weights): (usize, &[S])| {
            let bias = bias.map(|bias| bias.data[i]);
            weights.iter().copied().chain(bias).collect::<Vec<_>>()
        };
        Some(weight.data.chunks(self.inputs()).enumerate().flat_map(row).collect())
    }

    /// A matrix `[out, columns]` as a tensor.
    #[must_use]
    pub fn to_tensor<S: Scalar>(&self, values: &[S]) -> Tensor {
        Tensor::new([self.out, self.columns], values.iter().map(|x| x.value()).collect())
    }
}

impl<S: Scalar> Averages<S> {
    /// The beginning of a run.
    #[must_use]
    pub fn zeros(layer: &Shape) -> Self {
        let zeros = |length| vec![S::new(0.0); length];
        Self { v: zeros(layer.groups * layer.columns), m: zeros(layer.out * layer.columns) }
    }

    /// Those of a saved state, or without one the beginning of a run.
    #[must_use]
    pub fn restored(layer: &Shape, saved: Option<&LayerState>) -> Self {
        saved.map_or_else(|| Self::zeros(layer), Self::of)
    }

    /// The averages that a file holds.
    #[must_use]
    pub fn of(saved: &LayerState) -> Self {
        let lift = |values: &[f64]| values.iter().map(|&x| S::new(x)).collect();
        Self { v: lift(&saved.ema), m: lift(&saved.momentum.data) }
    }
}
