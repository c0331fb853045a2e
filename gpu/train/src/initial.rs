//! Initial values of the paper's networks, drawn as PyTorch draws them for the authors' modules.
//!
//! PyTorch fills every layer as it is made: a convolution or linear weight from
//! `U(−1/√fan_in, 1/√fan_in)`, then a bias from the same; `γ = 1`, `β = 0`, running mean 0 and
//! variance 1. The CIFAR ResNets then draw all these weights anew from `N(0, 2/fan_in)`. Here the
//! draws are the same, in the same order, so that a seed gives the weights that
//! `torch.manual_seed(seed)` gives before the authors' constructor.

use fixtures::Layer;
use fixtures::model::{self, TensorSpec};
use fixtures::run::Model;
use gpu::NamedTensors;
use gpu::sizes;
use tch::{Device, Kind, Tensor};

/// Parameters and buffers of a network.
pub struct Initial {
    /// By full name.
    pub parameters: NamedTensors,
    /// By full name.
    pub buffers: NamedTensors,
}

/// Draws the initial values of `model` on the CPU; reseeds libtorch's generator.
#[must_use]
pub fn draw(model: Model, seed: u64, kind: Kind) -> Initial {
    let layers = model.layers();
    tch::manual_seed(seed.cast_signed());
    let mut initial = defaults(&layers, kind);
    if matches!(model, Model::Resnet20 | Model::Resnet32) {
        kaiming_normal(&layers, &mut initial.parameters);
    }
    initial
}

/// PyTorch's defaults, continuing libtorch's generator.
#[must_use]
pub fn defaults(layers: &[Layer], kind: Kind) -> Initial {
    let options = (kind, Device::Cpu);
    let mut fan_in = 0;
    let parameters = model::parameters(layers).into_iter().map(|spec| {
        let size = sizes(&spec.shape);
        let normalises = is_normalisation(layers, &spec);
        let tensor = match size.len() {
            1 if normalises && spec.name.ends_with("weight") => Tensor::ones(size, options),
            1 if normalises => Tensor::zeros(size, options),
            1 => {
                let bound = 1.0 / f64::from(fan_in).sqrt();
                Tensor::zeros(size, options).uniform_(-bound, bound)
            }
            _ => {
                fan_in = inputs(&spec);
                // Leaky ReLU of slope √5: 1/√fan_in, by the operations that PyTorch rounds.
                let gain = (2.0 / (1.0 + 5.0_f64.sqrt().powi(2))).sqrt();
                let bound = 3.0_f64.sqrt() * (gain / f64::from(fan_in).sqrt());
                Tensor::zeros(size, options).uniform_(-bound, bound)
            }
        };
        (spec.name, tensor)
    });
    let parameters = parameters.collect();
    let buffers = model::buffers(layers).into_iter().map(|spec| {
        let fill = if spec.name.ends_with("running_var") { 1.0 } else { 0.0 };
        (spec.name, Tensor::full(sizes(&spec.shape), fill, options))
    });
    Initial { parameters, buffers: buffers.collect() }
}

/// Weights from `N(0, 2/fan_in)` (He et al. 2015, "Delving deep into rectifiers").
fn kaiming_normal(layers: &[Layer], parameters: &mut NamedTensors) {
    for layer in model::preconditioned(layers) {
        let name = format!("{}.weight", layer.name);
        let weight = parameters.get_mut(&name).expect("listed by the same model");
        let fan_in: i64 = weight.size()[1..].iter().product();
        let std = 2.0_f64.sqrt() / (fan_in as f64).sqrt();
        let _ = weight.normal_(0.0, std);
    }
}

fn inputs(spec: &TensorSpec) -> u32 {
    u32::try_from(spec.shape[1..].iter().product::<usize>()).expect("a layer's width")
}

fn is_normalisation(layers: &[Layer], spec: &TensorSpec) -> bool {
    let layer = spec.name.rsplit_once('.').map_or("", |(layer, _)| layer);
    !model::preconditioned(layers).iter().any(|preconditioned| preconditioned.name == layer)
}
