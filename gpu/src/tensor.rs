//! Between the files' tensors and tch's.

use fixtures::{Dtype, Tensors};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// tch tensors by full dotted name, such as `block2.body.conv1.weight`.
pub type NamedTensors = BTreeMap<String, Tensor>;

/// tch's word for a dtype.
#[must_use]
pub fn kind(dtype: Dtype) -> Kind {
    match dtype {
        Dtype::Float64 => Kind::Double,
        Dtype::Float32 => Kind::Float,
    }
}

/// Sizes as tch counts them.
#[must_use]
pub fn sizes(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&n| size(n)).collect()
}

/// A size as tch counts it; whatever fits into memory fits.
pub(crate) fn size(n: usize) -> i64 {
    i64::try_from(n).expect("a size")
}

/// The tensor on a device, each value rounded to the nearest of `kind`.
pub(crate) fn upload(tensor: &fixtures::Tensor, (kind, device): (Kind, tch::Device)) -> Tensor {
    Tensor::from_slice(&tensor.data).view(&sizes(&tensor.shape)[..]).to_kind(kind).to_device(device)
}

/// The tensor as the files hold it; a float32 widens without rounding.
#[must_use]
pub fn download(tensor: &Tensor) -> fixtures::Tensor {
    fixtures::Tensor::new(shape(tensor), values(tensor))
}

/// Tensors as the files hold them.
#[must_use]
pub fn downloaded(tensors: &NamedTensors) -> Tensors {
    tensors.iter().map(|(name, tensor)| (name.clone(), download(tensor))).collect()
}

/// The tensor's values, row-major.
pub(crate) fn values(tensor: &Tensor) -> Vec<f64> {
    let mut data = vec![0.0; tensor.numel()];
    let tensor = tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Double).contiguous();
    tensor.copy_data(&mut data, tensor.numel());
    data
}

/// The tensor's shape as the files count.
#[must_use]
pub fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().into_iter().map(|n| usize::try_from(n).expect("not negative")).collect()
}
