//! Layer normalisation, `y = γ·(x − mean)/√(var + ε) + β` for every row of the last axis.

use crate::Activations;
use crate::layer::{Backward, Forward, Layer, Names, vector};
use crate::parallel::{chunk, shaped, sum, values, values_mut};
use ndarray::Array1;
use rayon::prelude::*;

/// A layer normalisation.
pub(crate) struct LayerNorm {
    layer: fixtures::LayerNorm,
    names: Names,
}

/// The input, from which backward computes the statistics of its rows again.
pub(crate) struct Input(Activations);

impl LayerNorm {
    pub fn new(layer: &fixtures::LayerNorm, name: String) -> Self {
        Self { layer: layer.clone(), names: Names::new(name) }
    }

    /// `(mean, 1/√(var + ε))` of a row, with the biased variance.
    fn statistics(&self, x: &[f64]) -> (f64, f64) {
        let n = x.len() as f64;
        let mean = sum(x.len(), |j| x[j]) / n;
        let var = sum(x.len(), |j| (x[j] - mean) * (x[j] - mean)) / n;
        (mean, 1.0 / (var + self.layer.eps).sqrt())
    }
}

impl Layer for LayerNorm {
    type Kept = Input;

    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Input) {
        let width = self.layer.features;
        let gamma = vector(forward.parameters, &self.names.weight);
        let beta = vector(forward.parameters, &self.names.bias);
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(width)
            .zip(values(&x).par_chunks(width))
            .with_min_len(chunk(x.len() / width, width))
            .for_each(|(y, x)| {
                let (mean, inverse_deviation) = self.statistics(x);
                for j in 0..width {
                    y[j] = (x[j] - mean) * inverse_deviation * gamma[j] + beta[j];
                }
            });
        (shaped(x.shape(), y), Input(x))
    }

    /// With `x̂ = (x − mean)/√(var + ε)`, `g = γ·dy` and means over the row:
    /// `dx = (g − mean(g) − x̂·mean(g·x̂))/√(var + ε)`.
    fn backward(&self, Input(x): Input, dy: Activations, backward: &mut Backward) -> Activations {
        let width = self.layer.features;
        let gamma = vector(backward.parameters, &self.names.weight);
        let rows = chunk(x.len() / width, width);

        let mut dx = dy.into_owned();
        let of_chunks: Vec<_> = values_mut(&mut dx)
            .par_chunks_mut(rows * width)
            .zip(values(&x).par_chunks(rows * width))
            .map(|(dx, x)| {
                let mut dgamma = Array1::zeros(width);
                let mut dbeta = Array1::zeros(width);
                for (dx, x) in dx.chunks_mut(width).zip(x.chunks(width)) {
                    let (mean, inverse_deviation) = self.statistics(x);
                    let normalised = |j: usize| (x[j] - mean) * inverse_deviation;
                    for j in 0..width {
                        dgamma[j] += dx[j] * normalised(j);
                        dbeta[j] += dx[j];
                        dx[j] *= gamma[j];
                    }
                    let mean_g = sum(width, |j| dx[j]) / width as f64;
                    let slope = sum(width, |j| dx[j] * normalised(j)) / width as f64;
                    for (j, dx) in dx.iter_mut().enumerate() {
                        *dx = (*dx - mean_g - normalised(j) * slope) * inverse_deviation;
                    }
                }
                (dgamma, dbeta)
            })
            .collect();
        for (dgamma, dbeta) in of_chunks {
            backward.add(&self.names.weight, dgamma.into_dyn());
            backward.add(&self.names.bias, dbeta.into_dyn());
        }
        dx.into_shared()
    }
}
