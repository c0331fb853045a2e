//! The same bits from any number of threads.

use crate::common::{
    self, batch_norm2d, concat, conv2d, layer_norm, linear, normal, residual, subsample_pad2d,
};
use fixtures::corpus::{self, Origin};
use fixtures::{
    Case, CaseDtype, CaseSchema, Conv2d, Forward, Layer, Loss, Mode, Optimizer, Step, Target,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reference::convert::{to_tensor, to_tensors};

const SEED: u64 = 5;
const CLASSES: usize = 7;

/// A trace as text: every value in the digits that restore its bits.
fn trace(case: &Case, threads: usize) -> String {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let trace = pool.install(|| reference::trace(case)).unwrap();
    serde_json::to_string(&trace).unwrap()
}

fn same_bits(case: &Case) {
    let expected = trace(case, 1);
    for threads in [2, 3, 8] {
        assert!(trace(case, threads) == expected, "{}, {threads} threads, seed {SEED}", case.name);
    }
}

/// Two steps of two forwards each, on normal images or tokens.
fn case(name: &str, model: Vec<Layer>, input: &[usize]) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let parameters = to_tensors(&common::parameters(&mut rng, &model));
    let mut forward = |mode| Forward {
        mode,
        input: to_tensor(&normal(&mut rng, input)),
        target: Target::Classes((0..input[0]).map(|_| rng.random_range(0..CLASSES)).collect()),
        loss_scale: 8.0,
    };
    let mut step = || Step {
        lr: None,
        skip: false,
        forwards: vec![forward(Mode::Train), forward(Mode::Train), forward(Mode::Eval)],
    };
    let steps = vec![step(), step()];
    Case {
        schema: CaseSchema::V1,
        name: name.to_owned(),
        description: String::new(),
        clauses: Vec::new(),
        dtype: CaseDtype::Float64,
        loss: Loss::CrossEntropy { label_smoothing: 0.1 },
        optimizer: Optimizer {
            lr: 0.05,
            betas: [0.9, 0.99],
            eps: 1e-6,
            weight_decay: 0.01,
            groups: Vec::new(),
        },
        parameters,
        buffers: to_tensors(&common::buffers(&model)),
        state: None,
        steps,
        model,
    }
}

#[test]
fn images() {
    let conv = |name: &str, channels| Layer::Conv2d(conv2d(name, channels));
    let strided =
        |name: &str, channels| Layer::Conv2d(Conv2d { stride: [2, 2], ..conv2d(name, channels) });
    let grouped = Conv2d { groups: 3, bias: true, ..conv2d("grouped", [18, 24]) };
    let block = vec![
        strided("conv1", [12, 16]),
        batch_norm2d("bn1", 16),
        Layer::Gelu,
        conv("conv2", [16, 16]),
        batch_norm2d("bn2", 16),
    ];
    let model = vec![
        conv("stem", [3, 12]),
        batch_norm2d("bn", 12),
        Layer::Relu,
        residual("block", block, Some(vec![subsample_pad2d([2, 2], 1, 3)])),
        Layer::Relu,
        concat("dense", vec![conv("conv", [16, 2]), Layer::Tanh]),
        Layer::Conv2d(grouped),
        Layer::MaxPool2d { kernel: 2 },
        Layer::AvgPool2d { kernel: 3 },
        Layer::Flatten,
        linear("fc", [24 * 2 * 2, CLASSES], true),
    ];
    same_bits(&case("images", model, &[37, 3, 29, 27]));
}

#[test]
fn tokens() {
    let model = vec![
        linear("embed", [40, 72], true),
        layer_norm("norm", 72),
        residual(
            "mlp",
            vec![linear("fc1", [72, 96], true), Layer::Gelu, linear("fc2", [96, 72], false)],
            None,
        ),
        Layer::MeanTokens,
        linear("head", [72, CLASSES], true),
    ];
    same_bits(&case("tokens", model, &[61, 19, 40]));
}

#[test]
fn official_cases() {
    let mut entries = corpus::entries(&corpus::root()).unwrap();
    entries.retain(|entry| entry.origin == Origin::Official);
    assert!(!entries.is_empty());
    for entry in entries {
        same_bits(&Case::read(&entry.case_path).unwrap());
    }
}
