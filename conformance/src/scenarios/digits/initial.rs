//! Where a training starts.

use fixtures::{Layer, Tensor, Tensors, model};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Seed of the initial parameters and of the order of images.
pub(super) const SEED: u64 = 20240;

/// Weights ~ N(0, 2/fan-in), biases 0, norms the identity.
pub(super) fn initial_parameters(layers: &[Layer]) -> Tensors {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let tensor = |spec: model::TensorSpec| {
        let count = spec.shape.iter().product();
        let values = match spec.shape[..] {
            [_, ref inputs @ ..] if !inputs.is_empty() => {
                let fan_in: usize = inputs.iter().product();
                let deviation = (2.0 / fan_in as f64).sqrt();
                (0..count).map(|_| deviation * rng.sample::<f64, _>(StandardNormal)).collect()
            }
            _ if spec.name.ends_with(".bias") => vec![0.0; count],
            _ => vec![1.0; count],
        };
        (spec.name, Tensor::new(spec.shape, values))
    };
    model::parameters(layers).into_iter().map(tensor).collect()
}

pub(super) fn initial_buffers(layers: &[Layer]) -> Tensors {
    let tensor = |spec: model::TensorSpec| {
        let value = if spec.name.ends_with("running_var") { 1.0 } else { 0.0 };
        let count = spec.shape.iter().product();
        (spec.name, Tensor::new(spec.shape, vec![value; count]))
    };
    model::buffers(layers).into_iter().map(tensor).collect()
}
