//! Arrays of any scalar.

use crate::scalar::Scalar;
use fixtures::{Tensor, Tensors};
use std::collections::BTreeMap;

/// A dense array in row-major order; images are `[batch, channel, y, x]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<S> {
    /// Extent of every axis, outermost first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub data: Vec<S>,
}

/// Arrays by full dotted name.
pub type Arrays<S> = BTreeMap<String, Array<S>>;

impl<S: Scalar> Array<S> {
    /// The values of a tensor, each rounded to the scalar's precision.
    #[must_use]
    pub fn from_tensor(tensor: &Tensor) -> Self {
        Self::map_tensor(tensor, S::new)
    }

    /// The values of a tensor, each made a scalar by `f`.
    pub fn map_tensor(tensor: &Tensor, f: impl Fn(f64) -> S) -> Self {
        let data = tensor.data.iter().map(|&x| f(x)).collect();
        Self { shape: tensor.shape.clone(), data }
    }

    /// The tensor of the nearest float64s.
    #[must_use]
    pub fn to_tensor(&self) -> Tensor {
        Tensor::new(self.shape.clone(), self.data.iter().map(|x| x.value()).collect())
    }

    /// The tensors of a map, as [`Array::from_tensor`].
    #[must_use]
    pub fn from_tensors(tensors: &Tensors) -> Arrays<S> {
        tensors.iter().map(|(name, t)| (name.clone(), Self::from_tensor(t))).collect()
    }

    /// The arrays of a map, as [`Array::to_tensor`].
    #[must_use]
    pub fn to_tensors(arrays: &Arrays<S>) -> Tensors {
        arrays.iter().map(|(name, a)| (name.clone(), a.to_tensor())).collect()
    }

    /// An array of zeros.
    #[must_use]
    pub fn zeros(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), data: vec![S::new(0.0); shape.iter().product()] }
    }

    /// `f` of every value, in order.
    #[must_use]
    pub fn map(&self, f: impl FnMut(S) -> S) -> Self {
        Self { shape: self.shape.clone(), data: self.data.iter().copied().map(f).collect() }
    }

    /// `f` of every pair of values, in order; `other` has the same shape.
    #[must_use]
    pub fn zip(&self, other: &Self, f: impl Fn(S, S) -> S) -> Self {
        let pairs = self.data.iter().zip(&other.data);
        Self { shape: self.shape.clone(), data: pairs.map(|(&x, &y)| f(x, y)).collect() }
    }

    /// The largest magnitude, NaN left out; 0 of no values.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.data.iter().map(|x| x.value().abs()).fold(0.0, f64::max)
    }

    /// Where the pixel `[b, c, y, x]` of an image stands in [`Array::data`].
    #[must_use]
    pub fn pixel(&self, [b, c, y, x]: [usize; 4]) -> usize {
        ((b * self.shape[1] + c) * self.shape[2] + y) * self.shape[3] + x
    }

    /// Adds `other`, of the same shape.
    pub fn add(&mut self, other: &Self) {
        *self = self.zip(other, |x, y| x + y);
    }
}
