//! Tensors of libtorch and those of files.

use gpu::NamedTensors;
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// Sizes as tch counts them.
pub fn size(n: usize) -> i64 {
    i64::try_from(n).expect("a size")
}

/// A file's tensor, each value rounded to the nearest of `kind`.
pub fn upload(tensor: &fixtures::Tensor, kind: Kind) -> Tensor {
    let shape: Vec<_> = tensor.shape.iter().map(|&n| size(n)).collect();
    Tensor::from_slice(&tensor.data).view(&shape[..]).to_kind(kind)
}

/// A tensor as files hold it.
pub fn download(tensor: &Tensor) -> fixtures::Tensor {
    let shape = tensor.size().into_iter().map(|n| usize::try_from(n).expect("not negative"));
    fixtures::Tensor::new(shape.collect::<Vec<_>>(), values(tensor))
}

/// Tensors as files hold them.
pub fn downloaded(tensors: &NamedTensors) -> BTreeMap<String, fixtures::Tensor> {
    tensors.iter().map(|(name, tensor)| (name.clone(), download(tensor))).collect()
}

/// A tensor's values, row-major.
pub fn values(tensor: &Tensor) -> Vec<f64> {
    let mut data = vec![0.0; tensor.numel()];
    tensor.detach().to_kind(Kind::Double).contiguous().copy_data(&mut data, tensor.numel());
    data
}
