//! Between the tensors of the files and ndarray.

use crate::TensorMap;
use fixtures::{Tensor, Tensors};
use ndarray::{ArrayBase, ArrayD, Data, Dimension};

/// The same values in the same shape.
#[must_use]
pub fn to_array(tensor: &Tensor) -> ArrayD<f64> {
    ArrayD::from_shape_vec(tensor.shape.as_slice(), tensor.data.clone())
        .expect("a tensor holds as many values as its shape")
}

/// The same values in the same shape, row-major.
#[must_use]
pub fn to_tensor<D: Dimension>(array: &ArrayBase<impl Data<Elem = f64>, D>) -> Tensor {
    Tensor::new(array.shape(), array.iter().copied().collect())
}

/// [`to_array`] by name.
#[must_use]
pub fn to_arrays(tensors: &Tensors) -> TensorMap {
    tensors.iter().map(|(name, tensor)| (name.clone(), to_array(tensor))).collect()
}

/// [`to_tensor`] by name.
#[must_use]
pub fn to_tensors(arrays: &TensorMap) -> Tensors {
    arrays.iter().map(|(name, array)| (name.clone(), to_tensor(array))).collect()
}
