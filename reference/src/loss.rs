//! The losses: mean over the batch, and the gradient of the model's output.

use crate::Activations;
use fixtures::{Loss, Target};
use ndarray::{Array1, ArrayD, ArrayView1, Ix2};

/// The loss of a model's output, and its gradient with respect to the output.
///
/// `Loss::CrossEntropy`: with `log p = x − max x − log Σ exp(x − max x)` in each of `B` rows of
/// `K` logits `x`, and `q = (1−α)·[k = y] + α/K`, the loss is `−1/B · Σ q·log p` and its gradient
/// `(p − q)/B`. `Loss::MeanSquaredError`: the mean of `(x − y)²` over `N` values, `2·(x − y)/N`.
///
/// # Panics
/// If the target does not fit the output or the loss; in a valid case it does.
#[must_use]
pub fn loss(loss: Loss, output: &Activations, target: &Target) -> (f64, ArrayD<f64>) {
    match (loss, target) {
        (Loss::CrossEntropy { label_smoothing }, Target::Classes(classes)) => {
            cross_entropy(output, classes, label_smoothing)
        }
        (Loss::MeanSquaredError, Target::Values(target)) => mean_square(output, &target.data),
        _ => panic!("classes for cross-entropy, values for the mean squared error"),
    }
}

fn cross_entropy(output: &Activations, classes: &[usize], smoothing: f64) -> (f64, ArrayD<f64>) {
    let logits = output.view().into_dimensionality::<Ix2>().expect("logits [batch, classes]");
    let (batch, k) = (logits.nrows() as f64, logits.ncols() as f64);
    let mut loss = 0.0;
    let mut gradient = logits.to_owned();
    for ((logits, &class), mut gradient) in
        logits.outer_iter().zip(classes).zip(gradient.outer_iter_mut())
    {
        let log_p = log_softmax(&logits);
        loss -= (1.0 - smoothing) * log_p[class];
        if smoothing > 0.0 {
            loss -= smoothing / k * log_p.sum();
        }
        gradient.zip_mut_with(&log_p, |d, log_p| *d = (log_p.exp() - smoothing / k) / batch);
        gradient[class] -= (1.0 - smoothing) / batch;
    }
    (loss / batch, gradient.into_dyn())
}

fn log_softmax(x: &ArrayView1<f64>) -> Array1<f64> {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = x.iter().map(|x| (x - max).exp()).sum::<f64>().ln();
    x.map(|x| x - max - log_sum)
}

fn mean_square(output: &Activations, target: &[f64]) -> (f64, ArrayD<f64>) {
    let n = output.len() as f64;
    let mut difference = output.to_owned();
    difference.iter_mut().zip(target).for_each(|(x, y)| *x -= y);
    let loss = difference.iter().map(|d| d * d).sum::<f64>() / n;
    (loss, difference * (2.0 / n))
}
