//! Changes of a case or trace that leave it valid, or nearly so.

use crate::Random;
use fixtures::{Case, Group, Layer, Loss, Mode, Tensor, Trace};
use rand::RngExt;

/// Changes one to four things; `None` if the text is neither a case nor a trace.
pub fn mutate(line: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    if let Ok(mut case) = serde_json::from_slice::<Case>(line) {
        (0..random.random_range(1..5)).for_each(|_| change_case(&mut case, random));
        return serde_json::to_vec(&case).ok();
    }
    let mut trace = serde_json::from_slice::<Trace>(line).ok()?;
    (0..random.random_range(1..5)).for_each(|_| change_trace(&mut trace, random));
    serde_json::to_vec(&trace).ok()
}

/// Any float64, most often of moderate size.
fn value(random: &mut Random) -> f64 {
    match random.random_range(0..12) {
        0 => f64::from_bits(random.random()),
        1 => 0.0,
        2 => f64::INFINITY,
        3 => f64::NAN,
        4 => 1e308,
        5 => 1e-310,
        _ => random.random_range(-4.0..4.0),
    }
}

fn change_case(case: &mut Case, random: &mut Random) {
    let steps = case.steps.len();
    let step = random.random_range(0..steps.max(1));
    match random.random_range(0..14) {
        0 => case.optimizer.lr = value(random).abs(),
        1 => case.optimizer.betas[random.random_range(0..2)] = random.random_range(0.0..1.0),
        2 => case.optimizer.eps = value(random).abs(),
        3 => case.optimizer.weight_decay = value(random).abs(),
        4 => case.loss = Loss::CrossEntropy { label_smoothing: random.random_range(0.0..=1.0) },
        5 => {
            let parameters = case.parameters.keys().filter(|_| random.random_bool(0.3)).cloned();
            let parameters = parameters.collect();
            let lr = Some(value(random).abs());
            case.optimizer.groups = vec![Group { parameters, lr, weight_decay: None }];
        }
        6 => {
            for layer in &mut case.model {
                if matches!(layer, Layer::Relu | Layer::Tanh | Layer::Gelu) {
                    *layer = [Layer::Relu, Layer::Tanh, Layer::Gelu][random.random_range(0..3)].clone();
                }
            }
        }
        7 => change_tensor(case.parameters.values_mut(), random),
        8 => change_tensor(case.buffers.values_mut(), random),
        9 if steps > 0 => case.steps.insert(step, case.steps[step].clone()),
        10 if steps > 1 => drop(case.steps.remove(step)),
        11 if steps > 0 => case.steps[step].skip ^= true,
        12 if steps > 0 => case.steps[step].lr = Some(value(random).abs()),
        13 if steps > 0 => change_forward(case, step, random),
        _ => {}
    }
}

fn change_forward(case: &mut Case, step: usize, random: &mut Random) {
    let forwards = &mut case.steps[step].forwards;
    if forwards.is_empty() {
        return;
    }
    let at = random.random_range(0..forwards.len());
    match random.random_range(0..4) {
        0 => change_tensor(std::iter::once(&mut forwards[at].input), random),
        1 => forwards[at].loss_scale = value(random).abs(),
        2 => {
            let mode = forwards[at].mode;
            forwards[at].mode = if mode == Mode::Train { Mode::Eval } else { Mode::Train };
        }
        _ => forwards.insert(at, forwards[at].clone()),
    }
}

fn change_trace(trace: &mut Trace, random: &mut Random) {
    let steps = trace.steps.len();
    if steps == 0 {
        return;
    }
    let step = &mut trace.steps[random.random_range(0..steps)];
    match random.random_range(0..8) {
        0 => change_tensor(step.parameters.values_mut(), random),
        1 => change_tensor(step.buffers.values_mut(), random),
        2 => change_tensor(step.plain_gradients.values_mut(), random),
        3 => step.outputs = None,
        4 => step.losses.iter_mut().for_each(|loss| *loss = value(random)),
        5 => step.step = Some(random.random_range(0..9)),
        _ => {
            for layer in step.layers.values_mut() {
                match random.random_range(0..6) {
                    0 => layer.ema = None,
                    1 => layer.scale.iter_mut().flatten().for_each(|s| *s = value(random)),
                    2 => layer.ema.iter_mut().flatten().for_each(|v| *v = value(random)),
                    3 => layer.mean_square.iter_mut().for_each(|rows| rows.truncate(1)),
                    4 => change_tensor(layer.momentum.iter_mut(), random),
                    _ => change_tensor(layer.update.iter_mut(), random),
                }
            }
        }
    }
}

/// Sets a value, or multiplies all, of one of the tensors.
fn change_tensor<'t>(tensors: impl Iterator<Item = &'t mut Tensor>, random: &mut Random) {
    let mut tensors: Vec<_> = tensors.collect();
    if tensors.is_empty() {
        return;
    }
    let at = random.random_range(0..tensors.len());
    let data = &mut tensors[at].data;
    let factor = value(random);
    if data.is_empty() {
    } else if random.random_bool(0.7) {
        let at = random.random_range(0..data.len());
        data[at] = factor;
    } else {
        data.iter_mut().for_each(|x| *x *= factor);
    }
}
