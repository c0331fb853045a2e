//! ResNet-20 for CIFAR-10 (He et al. 2015, section 4.2), without anyone's data.

use fixtures::model::{TensorSpec, buffers, parameters};
use fixtures::{BatchNorm2d, Conv2d, Layer, Linear, Residual, SubsamplePad2d};
use gpu::{NamedTensors, Network};
use std::sync::LazyLock;
use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Tensor};

const STAGES: [usize; 3] = [16, 32, 64];
const BLOCKS: usize = 3;

/// 3×3 stem, three stages of three basic blocks at 16, 32 and 64 channels, parameter-free
/// shortcuts ("option A"), mean over pixels, linear layer to ten classes.
pub static MODEL: LazyLock<Vec<Layer>> = LazyLock::new(|| {
    let mut layers = conv_bn("stem", "stem_bn", 3, STAGES[0], 1);
    layers.push(Layer::Relu);
    let mut before = STAGES[0];
    for (stage, channels) in (1..).zip(STAGES) {
        for block in 1..=BLOCKS {
            layers.push(basic_block(format!("stage{stage}_{block}"), before, channels));
            layers.push(Layer::Relu);
            before = channels;
        }
    }
    layers.push(Layer::GlobalAvgPool2d);
    layers.push(Layer::Linear(Linear {
        name: "head".to_owned(),
        in_features: before,
        out_features: 10,
        bias: true,
    }));
    layers
});

/// Wider than its input: half the pixels on each axis, new channels of zeros on both sides.
fn basic_block(name: String, before: usize, channels: usize) -> Layer {
    let widens = before != channels;
    let stride = if widens { 2 } else { 1 };
    let mut body = conv_bn("conv1", "bn1", before, channels, stride);
    body.push(Layer::Relu);
    body.extend(conv_bn("conv2", "bn2", channels, channels, 1));
    let pad = (channels - before) / 2;
    let shortcut = SubsamplePad2d { stride: [2, 2], before: pad, after: pad };
    let shortcut = widens.then(|| vec![Layer::SubsamplePad2d(shortcut)]);
    Layer::Residual(Residual { name, body, shortcut })
}

fn conv_bn(conv: &str, bn: &str, before: usize, channels: usize, stride: usize) -> Vec<Layer> {
    let conv = Conv2d {
        name: conv.to_owned(),
        in_channels: before,
        out_channels: channels,
        kernel: [3, 3],
        stride: [stride; 2],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        bias: false,
    };
    let bn = BatchNorm2d { name: bn.to_owned(), features: channels, eps: 1e-5, momentum: 0.1 };
    vec![Layer::Conv2d(conv), Layer::BatchNorm2d(bn)]
}

/// The network, and the store that tch's own optimizers need; both hold the same tensors.
///
/// Kaiming-normal weights (fan-in, gain √2); seed tch to have the same ones again.
pub fn network(kind: Kind) -> (VarStore, Network) {
    let store = VarStore::new(Device::Cpu);
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
