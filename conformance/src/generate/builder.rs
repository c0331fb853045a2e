//! From a model and a few words to a whole case with seeded values.

use super::pass::Pass;
use fixtures::{
    Case, CaseDtype, CaseSchema, Forward, Group, Layer, LayerState, Loss, Optimizer, State, Step,
    Target, Tensor, Tensors, elements, model,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// A case under construction, with its own random numbers.
pub struct Builder {
    case: Case,
    rng: ChaCha8Rng,
}

impl Builder {
    /// A case with random initial values for this model.
    pub fn new(
        name: &str,
        seed: u64,
        description: &str,
        clauses: &[&str],
        model: Vec<Layer>,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let parameters = model::parameters(&model)
            .into_iter()
            .map(|spec| (spec.name.clone(), parameter(&mut rng, &model, &spec)))
            .collect();
        let buffers = buffers(&mut rng, &model);
        let case = Case {
            schema: CaseSchema::V1,
            name: name.to_owned(),
            description: description.to_owned(),
            clauses: clauses.iter().map(|&id| id.to_owned()).collect(),
            dtype: CaseDtype::Float64,
            model,
            loss: Loss::CrossEntropy { label_smoothing: 0.0 },
            optimizer: Optimizer {
                lr: 0.0625,
                betas: [0.875, 0.96875],
                eps: 1e-6,
                weight_decay: 0.0078125,
                groups: Vec::new(),
            },
            parameters,
            buffers,
            state: None,
            steps: Vec::new(),
        };
        Self { case, rng }
    }

    pub fn loss(mut self, loss: Loss) -> Self {
        self.case.loss = loss;
        self
    }

    pub fn optimizer(mut self, lr: f64, betas: [f64; 2], eps: f64, weight_decay: f64) -> Self {
        self.case.optimizer = Optimizer { lr, betas, eps, weight_decay, groups: Vec::new() };
        self
    }

    pub fn group(
        mut self,
        parameters: &[&str],
        lr: Option<f64>,
        weight_decay: Option<f64>,
    ) -> Self {
        let parameters = parameters.iter().map(|&name| name.to_owned()).collect();
        self.case.optimizer.groups.push(Group { parameters, lr, weight_decay });
        self
    }

    /// Starts after `step` completed steps, with random averages.
    pub fn mid_run(mut self, step: u64) -> Self {
        let rng = &mut self.rng;
        let layers = model::preconditioned(&self.case.model)
            .iter()
            .map(|layer| {
                let mut ema: Vec<f64> = (0..layer.statistic_len())
                    .map(|_| exact(rng.random_range(0.0625..2.0)))
                    .collect();
                if layer.bias() {
                    ema.iter_mut()
                        .skip(layer.columns() - 1)
                        .step_by(layer.columns())
                        .for_each(|v| *v = 1.0);
                }
                let momentum = normal(rng, &[layer.out(), layer.columns()], 0.0625);
                (layer.name.clone(), LayerState { ema, momentum })
            })
            .collect();
        self.case.state = Some(State { step, layers });
        self
    }

    /// Adds a step of these forwards.
    pub fn step(self, passes: &[Pass]) -> Self {
        self.push(passes, None, false)
    }

    /// Adds `count` steps of the same form, each with its own values.
    pub fn steps(mut self, count: usize, passes: &[Pass]) -> Self {
        for _ in 0..count {
            self = self.step(passes);
        }
        self
    }

    /// Adds a step with a learning rate of its own.
    pub fn step_at(self, lr: f64, passes: &[Pass]) -> Self {
        self.push(passes, Some(lr), false)
    }

    /// Adds a step whose update is left out (S19).
    pub fn skipped(self, passes: &[Pass]) -> Self {
        self.push(passes, None, true)
    }

    fn push(mut self, passes: &[Pass], lr: Option<f64>, skip: bool) -> Self {
        let forwards = passes.iter().map(|pass| self.forward(pass)).collect();
        self.case.steps.push(Step { lr, skip, forwards });
        self
    }

    fn forward(&mut self, pass: &Pass) -> Forward {
        let input = self.input(pass);
        let output = model::output_shape(&self.case.model, &pass.shape, pass.mode)
            .expect("a generated model fits its input");
        let target = match self.case.loss {
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

    /// The finished case.
    pub fn build(self) -> Case {
        self.case
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
