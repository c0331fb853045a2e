//! The baselines against libtorch's own C++ optimizers, step by step.

use fixtures::{Layer, Linear};
use gpu::baselines::{Adam, AdamHyperparameters, Decay, Sgd, SgdHyperparameters};
use gpu::{NamedTensors, Network, Unobserved};
use tch::nn::{self, OptimizerConfig, VarStore};
use tch::{Device, Kind, Tensor};

const OPTIONS: (Kind, Device) = (Kind::Double, Device::Cpu);
const LR: f64 = 0.03;
const WEIGHT_DECAY: f64 = 0.07;

fn model() -> Vec<Layer> {
    let linear = |name: &str, in_features, out_features| {
        Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias: true })
    };
    vec![linear("first", 5, 4), Layer::Tanh, linear("last", 4, 3)]
}

/// A network with drawn parameters, and one with copies of them that a store holds.
fn twins() -> (Network, VarStore, Network) {
    tch::manual_seed(41);
    let mut ours = NamedTensors::new();
    let mut theirs = NamedTensors::new();
    let mut store = VarStore::new(Device::Cpu);
    store.set_kind(Kind::Double);
    for spec in fixtures::model::parameters(&model()) {
        let size: Vec<_> = spec.shape.iter().map(|&n| n as i64).collect();
        let tensor = Tensor::randn(size, OPTIONS);
        let (layer, kind) = spec.name.split_once('.').unwrap();
        theirs.insert(spec.name.clone(), (store.root() / layer).var_copy(kind, &tensor));
        ours.insert(spec.name, tensor.set_requires_grad(true));
    }
    let network = |parameters| Network::new(&model(), parameters, NamedTensors::new()).unwrap();
    (network(ours), store, network(theirs))
}

fn backward(network: &mut Network, x: &Tensor) {
    network.clear_gradients();
    network.train(x, &mut Unobserved).square().sum(None).backward();
}

/// Ten steps of both; they may differ by a rounding or two in each.
fn compare(
    mut ours: impl FnMut(&Network) -> Box<dyn FnMut()>,
    theirs: impl Fn(&VarStore) -> nn::Optimizer,
) {
    let (mut network, store, mut twin) = twins();
    let (mut step, mut optimizer) = (ours(&network), theirs(&store));
    for number in 0..10 {
        let x = Tensor::randn([6, 5], OPTIONS);
        backward(&mut network, &x);
        backward(&mut twin, &x);
        step();
        optimizer.step();
        for (name, expected) in twin.parameters() {
            let error = (&network.parameters()[name] - expected).abs().max().double_value(&[]);
            assert!(error <= 1e-13, "step {number}, {name}: off by {error:e}");
        }
    }
}

#[test]
fn sgd_is_libtorchs() {
    for (momentum, nesterov) in [(0.0, false), (0.8, false), (0.8, true)] {
        let hyper = SgdHyperparameters { momentum, nesterov, weight_decay: WEIGHT_DECAY };
        compare(
            |network| {
                let mut sgd = Sgd::new(network, hyper);
                Box::new(move || sgd.step(LR))
            },
            |store| {
                let wd = WEIGHT_DECAY;
                nn::Sgd { momentum, dampening: 0.0, wd, nesterov }.build(store, LR).unwrap()
            },
        );
    }
}

#[test]
fn adam_and_adamw_are_libtorchs() {
    let (beta1, beta2, eps, wd) = (0.8, 0.95, 1e-4, WEIGHT_DECAY);
    for decay in [Decay::Coupled, Decay::Decoupled] {
        let hyper = AdamHyperparameters { beta1, beta2, eps, weight_decay: wd, decay };
        compare(
            |network| {
                let mut adam = Adam::new(network, hyper);
                Box::new(move || adam.step(LR))
            },
            |store| match decay {
                Decay::Coupled => {
                    nn::Adam { beta1, beta2, wd, eps, amsgrad: false }.build(store, LR).unwrap()
                }
                Decay::Decoupled => {
                    nn::AdamW { beta1, beta2, wd, eps, amsgrad: false }.build(store, LR).unwrap()
                }
            },
        );
    }
}
