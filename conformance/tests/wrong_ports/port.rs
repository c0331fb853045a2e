//! A port of AdaAct with an optimizer of its own, and a mistake in it that the catalogue does not have.
//!
//! Forwards and backwards are those of the slow copy.

use fixtures::model::{self, Preconditioned, PreconditionedLayer};
use fixtures::{Case, Dtype, LayerTrace, Mode, Producer, Step, StepTrace, Tensor, Trace};
use slow::{Array, Arrays, Forks, Pass, mean_square, passes};
use std::collections::BTreeMap;

/// A mistake that is not in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// S3: `A` is the unbiased variance of the inputs of a linear layer, centred and over `N − 1`.
    UnbiasedVariance,
    /// S3: `A` is the square of the mean magnitude of the inputs of a linear layer.
    SquaredMeanMagnitude,
    /// S6: `V` is stored in bfloat16.
    BrainFloat,
    /// S8: `V̂` is at least `ε`, and nothing is added to its root.
    FloorUnderRoot,
    /// S8: one scale per layer, from the mean of `V̂`.
    OneScale,
    /// S9: the gradient is clipped to a norm of 0.05.
    GradientClipped,
    /// S10: the gradient is dampened twice, `M ← β1·M + (1−β1)²·G`.
    DampenedTwice,
    /// S11: the update takes the momentum of the step before.
    StaleMomentum,
    /// S11: the update is clipped to a root mean square of 0.1, as Adafactor does.
    UpdateClipped,
    /// S12: the decay is scaled like the gradient, `θ ← θ − η·(U + λ·s·θ)`.
    DecayScaled,
}

/// The trace of a case by the port, with a mistake or without.
pub fn trace(case: &Case, wrong: Option<Wrong>) -> Trace {
    let layers = model::preconditioned(&case.model);
    let mut port = Port::start(case, &layers, wrong);
    let mut buffers = Array::from_tensors(&case.buffers);
    let steps = case.steps.iter().map(|step| {
        let mut forks = Forks::record();
        let (model, loss) = (&case.model, case.loss);
        let passes =
            passes(model, loss, &port.parameters, &mut buffers, &step.forwards, &mut forks);
        let mut trace = port.step(case, &layers, step, &passes);
        trace.buffers = Array::to_tensors(&buffers);
        trace
    });
    let steps = steps.collect();
    let producer = Producer {
        name: format!("{wrong:?}"),
        version: "1".to_owned(),
        dtype: Dtype::Float64,
        device: "cpu".to_owned(),
        other: BTreeMap::new(),
    };
    Trace { schema: fixtures::TraceSchema::V1, case: case.name.clone(), producer, steps }
}

struct Port {
    wrong: Option<Wrong>,
    t: u64,
    parameters: Arrays<f64>,
    /// `V` and `M` by layer.
    averages: BTreeMap<String, (Vec<f64>, Vec<f64>)>,
}

impl Port {
    fn start(case: &Case, layers: &[Preconditioned], wrong: Option<Wrong>) -> Self {
        let averages = layers.iter().map(|layer| {
            let zeros =
                (vec![0.0; layer.statistic_len()], vec![0.0; layer.out() * layer.columns()]);
            let state = case.state.as_ref().and_then(|state| state.layers.get(&layer.name));
            let given = state.map(|state| (state.ema.clone(), state.momentum.data.clone()));
            (layer.name.clone(), given.unwrap_or(zeros))
        });
        Self {
            wrong,
            t: case.state.as_ref().map_or(0, |state| state.step),
            parameters: Array::from_tensors(&case.parameters),
            averages: averages.collect(),
        }
    }

    fn step(
        &mut self,
        case: &Case,
        layers: &[Preconditioned],
        step: &Step,
        passes: &[Pass<f64>],
    ) -> StepTrace {
        let gradients = sum_of_gradients(passes);
        let first = self.t == 0;
        self.t += u64::from(!step.skip);
        let mut traces = BTreeMap::new();
        for layer in layers {
            let rows = self.observe(case, layer, passes, first);
            let g = self.gradient(layer, &gradients);
            let mut trace = LayerTrace {
                mean_square: Some(rows),
                ema: Some(self.averages[&layer.name].0.clone()),
                gradient: Some(matrix(layer, &g)),
                ..LayerTrace::default()
            };
            if !step.skip {
                self.move_layer(case, layer, step, &g, &mut trace);
            }
            traces.insert(layer.name.clone(), trace);
        }
        let plain = model::plain_parameters(&case.model).into_iter().map(|spec| spec.name);
        let plain: BTreeMap<_, _> = plain.map(|name| (name.clone(), &gradients[&name])).collect();
        for (name, g) in plain.iter().filter(|_| !step.skip) {
            let (lr, decay) = case.optimizer.rates(name, step.lr);
            let theta = &mut self.parameters.get_mut(name).unwrap().data;
            theta.iter_mut().zip(&g.data).for_each(|(x, g)| *x = *x * (1.0 - lr * decay) - lr * g);
        }
        StepTrace {
            step: Some(self.t),
            losses: passes.iter().map(|pass| pass.loss).collect(),
            outputs: Some(passes.iter().map(|pass| pass.output.to_tensor()).collect()),
            layers: traces,
            plain_gradients: plain.into_iter().map(|(name, g)| (name, g.to_tensor())).collect(),
            parameters: Array::to_tensors(&self.parameters),
            buffers: BTreeMap::new(),
        }
    }

    /// S2–S6; `A` of every observation.
    fn observe(
        &mut self,
        case: &Case,
        layer: &Preconditioned,
        passes: &[Pass<f64>],
        first: bool,
    ) -> Vec<Vec<f64>> {
        let train = passes.iter().filter(|pass| pass.mode == Mode::Train);
        let uses = train.flat_map(|pass| &pass.uses).filter(|used| used.layer == layer.name);
        let rows: Vec<_> = uses.map(|used| self.statistic(layer, &used.input)).collect();
        let [_, beta2] = case.optimizer.betas;
        let (v, _) = self.averages.get_mut(&layer.name).unwrap();
        for a in &rows {
            for (v, a) in v.iter_mut().zip(a) {
                let before = if first { 0.0 } else { *v };
                *v = beta2 * before + (1.0 - beta2) * a;
                if self.wrong == Some(Wrong::BrainFloat) {
                    *v = f64::from(f32::from_bits((*v as f32).to_bits() & 0xffff_0000));
                }
            }
        }
        rows
    }

    fn statistic(&self, layer: &Preconditioned, input: &Array<f64>) -> Vec<f64> {
        let PreconditionedLayer::Linear(linear) = layer.layer else {
            return mean_square(layer, input);
        };
        let rows: Vec<&[f64]> = input.data.chunks(linear.in_features).collect();
        let n = rows.len() as f64;
        let mean = |f: &dyn Fn(f64) -> f64, j: usize| rows.iter().map(|x| f(x[j])).sum::<f64>() / n;
        let column = |j: usize| match self.wrong {
            Some(Wrong::UnbiasedVariance) => {
                let centre = mean(&|x| x, j);
                mean(&|x| (x - centre).powi(2), j) * n / (n - 1.0)
            }
            Some(Wrong::SquaredMeanMagnitude) => mean(&f64::abs, j).powi(2),
            _ => mean(&|x| x * x, j),
        };
        (0..linear.in_features).map(column).chain(layer.bias().then_some(1.0)).collect()
    }

    /// S9
    fn gradient(&self, layer: &Preconditioned, gradients: &Arrays<f64>) -> Vec<f64> {
        let inputs = layer.columns() - usize::from(layer.bias());
        let weight = &gradients[&format!("{}.weight", layer.name)].data;
        let bias = gradients.get(&format!("{}.bias", layer.name));
        let row = |i: usize| {
            let bias = bias.map(|bias| bias.data[i]);
            weight[i * inputs..(i + 1) * inputs].iter().copied().chain(bias)
        };
        let g: Vec<f64> = (0..layer.out()).flat_map(row).collect();
        match self.wrong {
            Some(Wrong::GradientClipped) => clipped(g, 0.05, 1.0),
            _ => g,
        }
    }

    /// S7, S8, S10–S12, S14
    fn move_layer(
        &mut self,
        case: &Case,
        layer: &Preconditioned,
        step: &Step,
        g: &[f64],
        trace: &mut LayerTrace,
    ) {
        let ([beta1, beta2], eps) = (case.optimizer.betas, case.optimizer.eps);
        let corrected = |x: f64, beta: f64| x / (1.0 - beta.powf(self.t as f64));
        let (v, m) = self.averages.get_mut(&layer.name).unwrap();
        let v_hat: Vec<f64> = v.iter().map(|&v| corrected(v, beta2)).collect();
        let mean = v_hat.iter().sum::<f64>() / v_hat.len() as f64;
        let inverse_root = |&v_hat: &f64| match self.wrong {
            Some(Wrong::FloorUnderRoot) => 1.0 / v_hat.max(eps).sqrt(),
            Some(Wrong::OneScale) => 1.0 / (mean.sqrt() + eps),
            _ => 1.0 / (v_hat.sqrt() + eps),
        };
        let s: Vec<f64> = v_hat.iter().map(inverse_root).collect();

        let before = m.clone();
        let take = match self.wrong {
            Some(Wrong::DampenedTwice) => (1.0 - beta1).powi(2),
            _ => 1.0 - beta1,
        };
        m.iter_mut().zip(g).for_each(|(m, g)| *m = beta1 * *m + take * g);
        let averaged = if self.wrong == Some(Wrong::StaleMomentum) { &before } else { &*m };

        let (columns, rows_of_group) = (layer.columns(), layer.out() / layer.groups());
        let scale = |at: usize| s[at / columns / rows_of_group * columns + at % columns];
        let u = averaged.iter().enumerate().map(|(at, &m)| corrected(m, beta1) * scale(at));
        let u: Vec<f64> = match self.wrong {
            Some(Wrong::UpdateClipped) => clipped(u.collect(), 0.1, averaged.len() as f64),
            _ => u.collect(),
        };
        trace.scale = Some(s.clone());
        trace.momentum = Some(matrix(layer, m));
        trace.update = Some(matrix(layer, &u));

        let inputs = columns - usize::from(layer.bias());
        for (at, &u) in u.iter().enumerate() {
            let (i, j) = (at / columns, at % columns);
            let (kind, place) = if j < inputs { ("weight", i * inputs + j) } else { ("bias", i) };
            let name = format!("{}.{kind}", layer.name);
            let (lr, decay) = case.optimizer.rates(&name, step.lr);
            let theta = &mut self.parameters.get_mut(&name).unwrap().data[place];
            *theta = match self.wrong {
                Some(Wrong::DecayScaled) => *theta - lr * (u + decay * scale(at) * *theta),
                _ => *theta * (1.0 - lr * decay) - lr * u,
            };
        }
    }
}

/// The values, made smaller together where the root of their mean square, or of its `n`-fold, is
/// above `limit`.
fn clipped(values: Vec<f64>, limit: f64, n: f64) -> Vec<f64> {
    let norm = (values.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    let factor = (limit / norm).min(1.0);
    values.into_iter().map(|x| x * factor).collect()
}

fn sum_of_gradients(passes: &[Pass<f64>]) -> Arrays<f64> {
    let mut sums = Arrays::new();
    for (name, g) in passes.iter().flat_map(|pass| pass.gradients.sums()) {
        sums.entry(name).and_modify(|sum: &mut Array<f64>| sum.add(&g)).or_insert(g);
    }
    sums
}

fn matrix(layer: &Preconditioned, values: &[f64]) -> Tensor {
    Tensor::new([layer.out(), layer.columns()], values.to_vec())
}
