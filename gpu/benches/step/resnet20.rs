//! ResNet-20 as tch's own optimizers need it, without anyone's data.

use fixtures::Layer;
use fixtures::model::{TensorSpec, buffers, parameters};
use fixtures::run::Model;
use gpu::{NamedTensors, Network};
use std::sync::LazyLock;
use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Tensor};

/// The layers, built once: contenders borrow them.
pub static MODEL: LazyLock<Vec<Layer>> = LazyLock::new(|| Model::Resnet20.layers());

/// The network, and the store that tch's own optimizers need; both hold the same tensors.
///
/// Kaiming-normal weights (fan-in, gain √2); seed tch to have the same ones again.
pub fn network(kind: Kind) -> (VarStore, Network) {
    let mut store = VarStore::new(Device::Cpu);
    store.set_kind(kind);
    for spec in parameters(&MODEL) {
        let initial = initial(&spec).to_kind(kind);
        let (path, name) = place(store.root(), &spec.name);
        let _variable = path.var_copy(name, &initial);
    }
    let buffers: NamedTensors = buffers(&MODEL)
        .into_iter()
        .map(|spec| {
            let fill = if spec.name.ends_with("running_var") { 1.0 } else { 0.0 };
            let tensor = Tensor::full(sizes(&spec), fill, (kind, Device::Cpu));
            (spec.name, tensor)
        })
        .collect();
    let parameters = store.variables().into_iter().collect();
    let network = Network::new(&MODEL, parameters, buffers).expect("made for these layers");
    (store, network)
}

/// A dotted name as tch's store has it: a path and a last part.
fn place<'s>(root: Path<'s>, name: &'s str) -> (Path<'s>, &'s str) {
    match name.split_once('.') {
        Some((first, rest)) => place(root / first, rest),
        None => (root, name),
    }
}

fn initial(spec: &TensorSpec) -> Tensor {
    let size = sizes(spec);
    let options = (Kind::Float, Device::Cpu);
    match size.len() {
        1 if spec.name.ends_with("weight") => Tensor::ones(size, options),
        1 => Tensor::zeros(size, options),
        _ => {
            let fan_in: i64 = size[1..].iter().product();
            Tensor::randn(size, options) * (2.0 / fan_in as f64).sqrt()
        }
    }
}

fn sizes(spec: &TensorSpec) -> Vec<i64> {
    spec.shape.iter().map(|&n| n as i64).collect()
}
