//! Normalisation, `y = γ·x̂ + β` with `x̂ = (x − mean)/√(var + ε)`, over channels or over rows.

use super::backward::{Backward, Gradients};
use crate::array::{Array, Arrays};
use crate::scalar::{Scalar, sum};
use fixtures::{BatchNorm2d, LayerNorm, Mode};

/// The values that are normalised together, as places in the array.
type Group = Vec<usize>;

/// Mean and biased variance of a group.
#[derive(Clone, Copy)]
struct Moments<S> {
    mean: S,
    var: S,
}

/// Every channel over batch and pixels: `[B, C, H, W] → [B, C, H, W]`.
///
/// In training with the batch's moments, which the buffers take up; in evaluation with the
/// buffers.
pub(super) fn batch_norm2d<'p, S: Scalar>(
    layer: &BatchNorm2d,
    name: &str,
    x: &Array<S>,
    parameters: &'p Arrays<S>,
    buffers: &mut Arrays<S>,
    mode: Mode,
) -> (Array<S>, Backward<'p, S>) {
    let plane = x.shape[2] * x.shape[3];
    let channels = layer.features;
    let channel = move |place: usize| place / plane % channels;
    let mut groups = vec![Group::new(); channels];
    for place in 0..x.data.len() {
        groups[channel(place)].push(place);
    }
    let moments = match mode {
        Mode::Train => {
            let moments: Vec<_> = groups.iter().map(|group| moments(x, group)).collect();
            let values = x.data.len() / channels;
            take_up(layer, name, &moments, values, buffers);
            moments
        }
        Mode::Eval => running(name, channels, buffers),
    };
    normalise(name, x, groups, &moments, layer.eps, parameters, channel)
}

/// Every row over its last axis: `[…, features] → […, features]`.
pub(super) fn layer_norm<'p, S: Scalar>(
    layer: &LayerNorm,
    name: &str,
    x: &Array<S>,
    parameters: &'p Arrays<S>,
) -> (Array<S>, Backward<'p, S>) {
    let width = layer.features;
    let rows = x.data.len() / width;
    let groups: Vec<Group> = (0..rows).map(|n| (n * width..(n + 1) * width).collect()).collect();
    let moments: Vec<_> = groups.iter().map(|group| moments(x, group)).collect();
    normalise(name, x, groups, &moments, layer.eps, parameters, move |place| place % width)
}

/// `y = γ·x̂ + β`, where `feature` tells which `γ` and `β` a place has.
///
/// Back, with `g = γ·dy` and means over the group:
/// `dx = (g − mean(g) − x̂·mean(g·x̂))/√(var + ε)`, `dγ = Σ dy·x̂`, `dβ = Σ dy`. This is for
/// moments of the group itself, not for running ones.
fn normalise<'p, S: Scalar>(
    name: &str,
    x: &Array<S>,
    groups: Vec<Group>,
    moments: &[Moments<S>],
    eps: f64,
    parameters: &'p Arrays<S>,
    feature: impl Fn(usize) -> usize + 'p,
) -> (Array<S>, Backward<'p, S>) {
    let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
    let (gamma, beta) = (&parameters[&weight_name], &parameters[&bias_name]);
    let deviations: Vec<S> = moments.iter().map(|m| (m.var + S::new(eps)).sqrt()).collect();
    let mut normal = Array::zeros(&x.shape); // x̂
    let mut y = Array::zeros(&x.shape);
    for (g, group) in groups.iter().enumerate() {
        for &i in group {
            normal.data[i] = (x.data[i] - moments[g].mean) / deviations[g];
            y.data[i] = gamma.data[feature(i)] * normal.data[i] + beta.data[feature(i)];
        }
    }

    let backward = move |dy: &Array<S>, gradients: &mut Gradients<S>| {
        let mut dx = Array::zeros(&dy.shape);
        for (group, &deviation) in groups.iter().zip(&deviations) {
            let n = S::new(group.len() as f64);
            let g = |i: usize| gamma.data[feature(i)] * dy.data[i];
            let mean = sum(group.iter().map(|&i| g(i))) / n;
            let slope = sum(group.iter().map(|&i| g(i) * normal.data[i])) / n;
            for &i in group {
                dx.data[i] = (g(i) - mean - normal.data[i] * slope) / deviation;
            }
        }
        let mut d_gamma = Array::zeros(&gamma.shape);
        let mut d_beta = Array::zeros(&beta.shape);
        for (i, &d) in dy.data.iter().enumerate() {
            let j = feature(i);
            d_gamma.data[j] = d_gamma.data[j] + d * normal.data[i];
            d_beta.data[j] = d_beta.data[j] + d;
        }
        gradients.add(&weight_name, d_gamma);
        gradients.add(&bias_name, d_beta);
        dx
    };
    (y, Box::new(backward))
}

/// `mean = Σ x/N`, `var = Σ (x − mean)²/N`.
fn moments<S: Scalar>(x: &Array<S>, group: &Group) -> Moments<S> {
    let n = S::new(group.len() as f64);
    let mean = sum(group.iter().map(|&i| x.data[i])) / n;
    let square = |&i: &usize| (x.data[i] - mean) * (x.data[i] - mean);
    Moments { mean, var: sum(group.iter().map(square)) / n }
}

/// `r ← (1−momentum)·r + momentum·batch`, with the unbiased variance `var·N/(N−1)`.
fn take_up<S: Scalar>(
    layer: &BatchNorm2d,
    name: &str,
    moments: &[Moments<S>],
    values: usize,
    buffers: &mut Arrays<S>,
) {
    let n = values as f64;
    let unbiased = S::new(n) / S::new(n - 1.0);
    let new = S::new(layer.momentum);
    let old = S::new(1.0) - new;
    let mut average = |statistic: &str, batch: &dyn Fn(&Moments<S>) -> S| {
        let running = buffers.get_mut(&format!("{name}.{statistic}")).expect("a buffer");
        for (r, m) in running.data.iter_mut().zip(moments) {
            *r = old * *r + new * batch(m);
        }
    };
    average("running_mean", &|m| m.mean);
    average("running_var", &|m| m.var * unbiased);
}

/// The moments that the buffers hold.
fn running<S: Scalar>(name: &str, channels: usize, buffers: &Arrays<S>) -> Vec<Moments<S>> {
    let [mean, var] = ["running_mean", "running_var"].map(|s| &buffers[&format!("{name}.{s}")]);
    (0..channels).map(|c| Moments { mean: mean.data[c], var: var.data[c] }).collect()
}
