//! Random values of a case: moderate, never square, exact in float32.

use super::pass::Pass;
use fixtures::{Case, Forward, Layer, LayerState, Loss, Target, Tensor, Tensors, elements, model};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::collections::BTreeMap;

/// A source of values for one case.
pub struct Draw {
    rng: ChaCha8Rng,
}

impl Draw {
    /// The `nth` draw from a seed: each is a stream of numbers of its own.
    pub fn new(seed: u64, nth: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(nth);
        Self { rng }
    }

    pub fn parameters(&mut self, model: &[Layer]) -> Tensors {
        let specs = model::parameters(model).into_iter();
        specs.map(|spec| (spec.name.clone(), parameter(&mut self.rng, model, &spec))).collect()
    }

    pub fn buffers(&mut self, model: &[Layer]) -> Tensors {
        buffers(&mut self.rng, model)
    }

    /// Averages of every preconditioned layer; those of a bias's column are 1 (S5).
    pub fn state(&mut self, model: &[Layer]) -> BTreeMap<String, LayerState> {
        let rng = &mut self.rng;
        let layers = model::preconditioned(model);
        let state = layers.iter().map(|layer| {
            let mut ema: Vec<f64> =
                (0..layer.statistic_len()).map(|_| exact(rng.random_range(0.0625..2.0))).collect();
            if layer.bias() {
                let ones = ema.iter_mut().skip(layer.columns() - 1).step_by(layer.columns());
                ones.for_each(|v| *v = 1.0);
            }
            let momentum = normal(rng, &[layer.out(), layer.columns()], 0.0625);
            (layer.name.clone(), LayerState { ema, momentum })
        });
        state.collect()
    }

    /// The batch of a forward and its targets.
    pub fn forward(&mut self, case: &Case, pass: &Pass) -> Forward {
        let input = self.input(pass);
        let output = model::output_shape(&case.model, &pass.shape, pass.mode)
            .expect("a generated model fits its input");
        let target = match case.loss {
            Loss::CrossEntropy { .. } => Target::Classes(
                (0..output[0]).map(|_| self.rng.random_range(0..output[1])).collect(),
            ),
            Loss::MeanSquaredError => {
                let mut target = normal(&mut self.rng, &output, 1.0);
                target.data.iter_mut().for_each(|y| *y += pass.aim);
                plant(&mut target, pass.target_flaw);
                Target::Values(target)
            }
        };
        Forward { mode: pass.mode, input, target, loss_scale: pass.loss_scale }
    }

    /// Values whose channels (or features, on the last axis of rows) differ in mean and spread.
    fn input(&mut self, pass: &Pass) -> Tensor {
        let shape = &pass.shape;
        let axis = if shape.len() == 4 { 1 } else { shape.len() - 1 };
        let inner: usize = shape[axis + 1..].iter().product();
        let mut input = normal(&mut self.rng, shape, 1.0);
        for (at, x) in input.data.iter_mut().enumerate() {
            let channel = at / inner % shape[axis];
            let (mean, spread) = (0.25 * (channel % 3) as f64, 0.5 + 0.25 * (channel % 4) as f64);
            let drawn = exact(mean + spread * *x);
            *x = if pass.dead == Some(channel) { 0.0 } else { pass.factor * (pass.raised + drawn) };
        }
        plant(&mut input, pass.input_flaw);
        input
    }
}

fn plant(tensor: &mut Tensor, flaw: Option<(usize, f64)>) {
    if let Some((at, value)) = flaw {
        tensor.data[at] = value;
    }
}

/// The nearest multiple of 2⁻¹⁰.
fn exact(x: f64) -> f64 {
    (x * 1024.0).round() / 1024.0
}

fn normal(rng: &mut ChaCha8Rng, shape: &[usize], deviation: f64) -> Tensor {
    let count = elements(shape).expect("generated shapes are small");
    let draw = |_| exact(deviation * rng.sample::<f64, _>(StandardNormal));
    Tensor::new(shape, (0..count).map(draw).collect())
}

/// Weights of spread √(2/fan-in); norms around 1; biases small but not zero.
fn parameter(rng: &mut ChaCha8Rng, model: &[Layer], spec: &model::TensorSpec) -> Tensor {
    let is_norm = !model::preconditioned(model)
        .iter()
        .any(|layer| spec.name.rsplit_once('.').is_some_and(|(owner, _)| owner == layer.name));
    if spec.name.ends_with(".bias") {
        return normal(rng, &spec.shape, 0.125);
    }
    if is_norm {
        let count = spec.shape[0];
        let draw = |_| exact(rng.random_range(0.5..1.5));
        return Tensor::new(spec.shape.clone(), (0..count).map(draw).collect());
    }
    let fan_in: usize = spec.shape[1..].iter().product();
    normal(rng, &spec.shape, (2.0 / fan_in as f64).sqrt())
}

fn buffers(rng: &mut ChaCha8Rng, model: &[Layer]) -> Tensors {
    model::buffers(model)
        .into_iter()
        .map(|spec| {
            let tensor = if spec.name.ends_with("running_mean") {
                normal(rng, &spec.shape, 0.125)
            } else {
                let count = spec.shape[0];
                let draw = |_| exact(rng.random_range(0.5..1.5));
                Tensor::new(spec.shape.clone(), (0..count).map(draw).collect())
            };
            (spec.name, tensor)
        })
        .collect()
}
