//! Small cases to state laws about.

use fixtures::{
    BatchNorm2d, Case, CaseDtype, CaseSchema, Conv2d, Forward, Layer, LayerNorm, Linear, Loss,
    Mode, Optimizer, Residual, Step, Target, Tensor, Tensors, model,
};
use rand::SeedableRng;
use rand::distr::{Distribution, Uniform};
use rand_chacha::ChaCha8Rng;

pub fn linear(name: &str, in_features: usize, out_features: usize, bias: bool) -> Layer {
    Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias })
}

/// A convolution of stride 1 that keeps the extent.
pub fn conv3x3(name: &str, in_channels: usize, out_channels: usize, groups: usize) -> Layer {
    Layer::Conv2d(Conv2d {
        name: name.to_owned(),
        in_channels,
        out_channels,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups,
        bias: false,
    })
}

pub fn batch_norm(name: &str, features: usize) -> Layer {
    Layer::BatchNorm2d(BatchNorm2d { name: name.to_owned(), features, eps: 1e-5, momentum: 0.3 })
}

/// Tokens `[B, 3, 4]` to 3 classes.
pub fn token_mlp() -> Vec<Layer> {
    let norm = LayerNorm { name: "norm".to_owned(), features: 6, eps: 1e-5 };
    vec![
        linear("embed", 4, 6, true),
        Layer::LayerNorm(norm),
        Layer::Gelu,
        Layer::MeanTokens,
        linear("head", 6, 3, false),
    ]
}

/// Images `[B, 2, 6, 5]` to 3 classes.
pub fn conv_net() -> Vec<Layer> {
    vec![
        conv3x3("stem", 2, 4, 1),
        batch_norm("bn", 4),
        Layer::Relu,
        Layer::Residual(Residual {
            name: "block".to_owned(),
            body: vec![conv3x3("conv", 4, 4, 2), Layer::Tanh],
            shortcut: None,
        }),
        Layer::GlobalAvgPool2d,
        linear("head", 4, 3, true),
    ]
}

/// Random numbers for everything that a law leaves open.
pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in `[-1, 1)`.
    pub fn tensor(&mut self, shape: &[usize]) -> Tensor {
        let uniform = Uniform::new(-1.0, 1.0).unwrap();
        let data = (0..shape.iter().product()).map(|_| uniform.sample(&mut self.0)).collect();
        Tensor::new(shape, data)
    }

    /// One of `classes` for each of a batch.
    pub fn classes(&mut self, batch: usize, classes: usize) -> Target {
        let uniform = Uniform::new(0, classes).unwrap();
        Target::Classes((0..batch).map(|_| uniform.sample(&mut self.0)).collect())
    }

    pub fn parameters(&mut self, model: &[Layer]) -> Tensors {
        let specs = model::parameters(model).into_iter();
        specs.map(|spec| (spec.name, self.tensor(&spec.shape))).collect()
    }
}

/// `β`s, `ε`, `η` and `λ` that are neither 0 nor 1 nor each other.
pub fn optimizer() -> Optimizer {
    Optimizer { lr: 0.05, betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.02, groups: Vec::new() }
}

/// A case without steps: running means 0 and variances 1, as a network begins.
pub fn case(model: Vec<Layer>, loss: Loss, optimizer: Optimizer, random: &mut Random) -> Case {
    let buffers = model::buffers(&model).into_iter().map(|spec| {
        let value = if spec.name.ends_with("running_var") { 1.0 } else { 0.0 };
        let values = vec![value; spec.shape.iter().product()];
        (spec.name, Tensor::new(spec.shape, values))
    });
    Case {
        schema: CaseSchema::V1,
        name: "law".to_owned(),
        description: String::new(),
        clauses: Vec::new(),
        dtype: CaseDtype::Float64,
        loss,
        optimizer,
        parameters: random.parameters(&model),
        buffers: buffers.collect(),
        model,
        state: None,
        steps: Vec::new(),
    }
}

pub const CROSS_ENTROPY: Loss = Loss::CrossEntropy { label_smoothing: 0.1 };

pub fn train(input: Tensor, target: Target) -> Forward {
    Forward { mode: Mode::Train, input, target, loss_scale: 1.0 }
}

pub fn step(forwards: Vec<Forward>) -> Step {
    Step { lr: None, skip: false, forwards }
}

/// A [`conv_net`] or a [`token_mlp`] with `steps` steps of `forwards` train forwards each.
pub fn run(convolutions: bool, steps: usize, forwards: usize, seed: u64) -> Case {
    let mut random = Random::new(seed);
    let (model, shape) = match convolutions {
        true => (conv_net(), &[3, 2, 6, 5][..]),
        false => (token_mlp(), &[5, 3, 4][..]),
    };
    let mut case = case(model, CROSS_ENTROPY, optimizer(), &mut random);
    case.steps = (0..steps)
        .map(|_| {
            let forward = |_| train(random.tensor(shape), random.classes(shape[0], 3));
            step((0..forwards).map(forward).collect())
        })
        .collect();
    case
}

/// Values that `expected` differs from by at most `bound` of its largest magnitude.
#[track_caller]
pub fn assert_close(what: &str, got: &[f64], expected: &[f64], bound: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (got - expected).abs();
        assert!(error <= bound * largest, "{what}[{i}]: {got:e} is not {expected:e}");
    }
}
