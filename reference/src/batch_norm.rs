//! Batch normalisation, `y = γ·(x − mean)/√(var + ε) + β` for every channel of `[B, C, H, W]`.

use crate::layer::{Backward, Forward, Layer, Names, vector};
use crate::parallel::{chunk, shaped, sum, values, values_mut};
use crate::{Activations, TensorMap};
use fixtures::Mode;
use ndarray::Array1;
use rayon::prelude::*;

/// A batch normalisation. A *plane* is one channel of one image.
pub(crate) struct BatchNorm2d {
    layer: fixtures::BatchNorm2d,
    names: Names,
    running_mean: String,
    running_var: String,
}

/// What a forward in training mode keeps; nothing in evaluation, which has no backward.
pub(crate) type Kept = Option<Normalised>;

/// The input and its statistics, from which backward computes the normalised values again.
pub(crate) struct Normalised {
    x: Activations,
    channels: Vec<Channel>,
}

/// The statistics that a channel is normalised with.
#[derive(Clone, Copy)]
struct Channel {
    mean: f64,
    /// `1/√(var + ε)`.
    inverse_deviation: f64,
}

impl BatchNorm2d {
    pub fn new(layer: &fixtures::BatchNorm2d, name: String) -> Self {
        Self {
            layer: layer.clone(),
            running_mean: format!("{name}.running_mean"),
            running_var: format!("{name}.running_var"),
            names: Names::new(name),
        }
    }

    fn channel(&self, mean: f64, var: f64) -> Channel {
        Channel { mean, inverse_deviation: 1.0 / (var + self.layer.eps).sqrt() }
    }

    /// Normalises with the batch's own statistics, which it adds to the running ones.
    fn batch_statistics(&self, x: &Activations, buffers: &mut TensorMap) -> Vec<Channel> {
        let (mean, var) = mean_and_variance(x);
        let n = (x.len() / self.layer.features) as f64;
        let momentum = self.layer.momentum;
        let mut average = |running: &str, batch: &Array1<f64>| {
            let running = buffers.get_mut(running).expect("a buffer of every batch normalisation");
            running.zip_mut_with(&batch.view().into_dyn(), |r, &batch| {
                *r = (1.0 - momentum) * *r + momentum * batch;
            });
        };
        average(&self.running_mean, &mean);
        average(&self.running_var, &(&var * (n / (n - 1.0)))); // unbiased
        mean.iter().zip(&var).map(|(&mean, &var)| self.channel(mean, var)).collect()
    }

    fn running_statistics(&self, buffers: &TensorMap) -> Vec<Channel> {
        let (mean, var) = (&buffers[&self.running_mean], &buffers[&self.running_var]);
        mean.iter().zip(var).map(|(&mean, &var)| self.channel(mean, var)).collect()
    }
}

impl Layer for BatchNorm2d {
    type Kept = Kept;

    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Kept) {
        let channels = match forward.mode {
            Mode::Train => self.batch_statistics(&x, forward.buffers),
            Mode::Eval => self.running_statistics(forward.buffers),
        };
        let gamma = vector(forward.parameters, &self.names.weight);
        let beta = vector(forward.parameters, &self.names.bias);
        let mut y = vec![0.0; x.len()];
        let plane = plane(&x);
        y.par_chunks_mut(plane)
            .zip(values(&x).par_chunks(plane))
            .with_min_len(chunk(x.len() / plane, plane))
            .enumerate()
            .for_each(|(i, (y, x))| {
                let c = i % channels.len();
                let Channel { mean, inverse_deviation } = channels[c];
                let (scale, shift) = (gamma[c] * inverse_deviation, beta[c]);
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - mean) * scale + shift);
            });
        let y = shaped(x.shape(), y);
        (y, (forward.mode == Mode::Train).then_some(Normalised { x, channels }))
    }

    /// With `x̂ = (x − mean)/√(var + ε)` and means over the channel:
    /// `dx = γ/√(var + ε) · (dy − mean(dy) − x̂·mean(dy·x̂))`.
    fn backward(&self, kept: Kept, dy: Activations, backward: &mut Backward) -> Activations {
        let Normalised { x, channels } = kept.expect("a forward in training mode");
        let gamma = vector(backward.parameters, &self.names.weight);
        let (dgamma, dbeta) = parameter_gradients(&x, &channels, &dy);
        let (plane, n) = (plane(&x), (x.len() / channels.len()) as f64);

        let mut dx = dy.into_owned();
        values_mut(&mut dx)
            .par_chunks_mut(plane)
            .zip(values(&x).par_chunks(plane))
            .with_min_len(chunk(x.len() / plane, plane))
            .enumerate()
            .for_each(|(i, (dx, x))| {
                let c = i % channels.len();
                let Channel { mean, inverse_deviation } = channels[c];
                let scale = gamma[c] * inverse_deviation;
                let mean_dy = dbeta[c] / n;
                let slope = inverse_deviation * dgamma[c] / n; // x̂·mean(dy·x̂) = (x − mean)·slope
                dx.iter_mut().zip(x).for_each(|(dx, &x)| {
                    *dx = scale * (*dx - mean_dy - (x - mean) * slope);
                });
            });
        backward.add(&self.names.weight, dgamma.into_dyn());
        backward.add(&self.names.bias, dbeta.into_dyn());
        dx.into_shared()
    }
}

/// `dγ = Σ dy·x̂` and `dβ = Σ dy` of every channel.
fn parameter_gradients(
    x: &Activations,
    channels: &[Channel],
    dy: &Activations,
) -> (Array1<f64>, Array1<f64>) {
    let plane = plane(x);
    let of_planes: Vec<[f64; 2]> = values(x)
        .par_chunks(plane)
        .zip(values(dy).par_chunks(plane))
        .with_min_len(chunk(x.len() / plane, plane))
        .enumerate()
        .map(|(i, (x, dy))| {
            let Channel { mean, inverse_deviation } = channels[i % channels.len()];
            let dgamma = sum(plane, |p| dy[p] * (x[p] - mean)) * inverse_deviation;
            [dgamma, sum(plane, |p| dy[p])]
        })
        .collect();
    let mut gradients = (Array1::zeros(channels.len()), Array1::zeros(channels.len()));
    for (i, [dgamma, dbeta]) in of_planes.into_iter().enumerate() {
        gradients.0[i % channels.len()] += dgamma;
        gradients.1[i % channels.len()] += dbeta;
    }
    gradients
}

/// Mean and biased variance of every channel of `[B, C, H, W]`.
///
/// Each plane's are taken in two passes while it lies in the cache. The variance of a channel is
/// the mean of its planes' variances plus the variance of their means.
fn mean_and_variance(x: &Activations) -> (Array1<f64>, Array1<f64>) {
    let (batch, features, plane) = (x.shape()[0] as f64, x.shape()[1], plane(x));
    let of_planes: Vec<[f64; 2]> = values(x)
        .par_chunks(plane)
        .with_min_len(chunk(x.len() / plane, plane))
        .map(|x| {
            let mean = sum(plane, |p| x[p]) / plane as f64;
            [mean, sum(plane, |p| (x[p] - mean) * (x[p] - mean)) / plane as f64]
        })
        .collect();
    let mut mean = Array1::zeros(features);
    for (i, [mean_of_plane, _]) in of_planes.iter().enumerate() {
        mean[i % features] += mean_of_plane / batch;
    }
    let mut var = Array1::zeros(features);
    for (i, [mean_of_plane, var_of_plane]) in of_planes.iter().enumerate() {
        let off: f64 = mean_of_plane - mean[i % features];
        var[i % features] += (var_of_plane + off * off) / batch;
    }
    (mean, var)
}

/// Pixels of one plane of `[B, C, H, W]`.
fn plane(x: &Activations) -> usize {
    x.shape()[2..].iter().product()
}
