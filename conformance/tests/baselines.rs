//! The reference's baselines against libtorch's own optimizers, over whole trajectories.
#![cfg(feature = "tch")]

use fixtures::{Tensor, Tensors};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use reference::adam::{self, Adam, WeightDecay};
use reference::convert::{to_arrays, to_tensors};
use reference::sgd::{self, Form, Sgd};
use reference::{TensorMap, adaact::Rates};
use tch::nn::{self, OptimizerConfig};

const STEPS: usize = 30;
const RATES: Rates = Rates { lr: 0.03, weight_decay: 0.07 };
const BETAS: [f64; 2] = [0.85, 0.97];
const EPS: f64 = 1e-6;
const SEED: u64 = 7;

/// A step costs each value about 10 roundings of 2⁻⁵³; values stay of order 1.
const BOUND: f64 = 10.0 * STEPS as f64 * f64::EPSILON;

/// A matrix and a vector of random values; nothing is square.
fn draw(rng: &mut ChaCha8Rng) -> Tensors {
    let mut tensor = |shape: &[usize]| {
        let count = shape.iter().product();
        Tensor::new(shape, (0..count).map(|_| rng.sample::<f64, _>(StandardNormal)).collect())
    };
    [("weight".to_owned(), tensor(&[3, 5])), ("bias".to_owned(), tensor(&[3]))].into()
}

/// Takes the same steps with both and holds the parameters together after each.
fn agree(
    config: impl OptimizerConfig,
    mut step: impl FnMut(&mut TensorMap, &TensorMap, &dyn Fn(&str) -> Rates),
) {
    let rng = &mut ChaCha8Rng::seed_from_u64(SEED);
    let start = draw(rng);
    let mut ours = to_arrays(&start);
    let mut store = nn::VarStore::new(tch::Device::Cpu);
    store.set_kind(tch::Kind::Double);
    let root = store.root();
    let theirs: Vec<(String, tch::Tensor)> = start
        .iter()
        .map(|(name, tensor)| (name.clone(), root.var_copy(name, &upload(tensor))))
        .collect();
    let mut optimizer = config.build(&store, RATES.lr).unwrap();

    for index in 0..STEPS {
        // The gradient of Σ p·g is g.
        let gradients = draw(rng);
        optimizer.zero_grad();
        for (name, parameter) in &theirs {
            (parameter * upload(&gradients[name])).sum(tch::Kind::Double).backward();
        }
        optimizer.step();
        step(&mut ours, &to_arrays(&gradients), &|_| RATES);

        let ours = to_tensors(&ours);
        for (name, parameter) in &theirs {
            let got = Vec::<f64>::try_from(parameter.flatten(0, -1)).unwrap();
            for (expected, got) in ours[name].data.iter().zip(got) {
                let conforms = (got - expected).abs() <= BOUND * expected.abs().max(1.0);
                assert!(conforms, "step {index}, {name}, seed {SEED}: {expected} and {got}");
            }
        }
    }
}

fn upload(tensor: &Tensor) -> tch::Tensor {
    let shape: Vec<i64> = tensor.shape.iter().map(|&extent| extent as i64).collect();
    tch::Tensor::from_slice(&tensor.data).reshape(shape)
}

#[test]
fn sgd_with_both_forms_of_momentum() {
    for (form, nesterov) in [(Form::HeavyBall, false), (Form::Nesterov, true)] {
        let config = nn::Sgd { momentum: 0.8, dampening: 0.0, wd: RATES.weight_decay, nesterov };
        let mut sgd = Sgd::new(sgd::Hyperparameters { momentum: 0.8, form }).unwrap();
        agree(config, |p, g, rates| sgd.step(p, g, rates).unwrap());
    }
}

#[test]
fn adam_with_coupled_decay() {
    let [beta1, beta2] = BETAS;
    let config = nn::Adam { beta1, beta2, wd: RATES.weight_decay, eps: EPS, amsgrad: false };
    let weight_decay = WeightDecay::Coupled;
    let mut adam =
        Adam::new(adam::Hyperparameters { betas: BETAS, eps: EPS, weight_decay }).unwrap();
    agree(config, |p, g, rates| adam.step(p, g, rates).unwrap());
}

#[test]
fn adamw_with_decoupled_decay() {
    let [beta1, beta2] = BETAS;
    let config = nn::AdamW { beta1, beta2, wd: RATES.weight_decay, eps: EPS, amsgrad: false };
    let weight_decay = WeightDecay::Decoupled;
    let mut adam =
        Adam::new(adam::Hyperparameters { betas: BETAS, eps: EPS, weight_decay }).unwrap();
    agree(config, |p, g, rates| adam.step(p, g, rates).unwrap());
}
