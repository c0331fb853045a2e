//! The losses, and the gradient of the model's output.

use crate::array::Array;
use crate::scalar::{Scalar, sum};
use fixtures::{Loss, Target};

/// The unscaled loss of a model's output, and its gradient with respect to the output.
///
/// # Panics
/// If the target does not fit the loss or the output; in a valid case it does.
pub(super) fn loss<S: Scalar>(loss: Loss, output: &Array<S>, target: &Target) -> (S, Array<S>) {
    match (loss, target) {
        (Loss::CrossEntropy { label_smoothing }, Target::Classes(classes)) => {
            cross_entropy(output, classes, label_smoothing)
        }
        (Loss::MeanSquaredError, Target::Values(target)) => {
            mean_square(output, &Array::from_tensor(target))
        }
        _ => panic!("classes for cross-entropy, values for the mean squared error"),
    }
}

/// `−1/B · Σ q·log p` over logits `[B, K]`, with `p` the softmax of a row and
/// `q = (1−α)·[k = y] + α/K`; the gradient is `(p − q)/B`.
fn cross_entropy<S: Scalar>(logits: &Array<S>, classes: &[usize], smoothing: f64) -> (S, Array<S>) {
    let [batch, k] = [logits.shape[0], logits.shape[1]];
    let rows = S::new(batch as f64);
    let certain = S::new(1.0) - S::new(smoothing); // 1 − α
    let uniform = S::new(smoothing) / S::new(k as f64); // α/K
    let mut loss = S::new(0.0);
    let mut gradient = Array::zeros(&logits.shape);
    for (b, &class) in classes.iter().enumerate() {
        let (p, log_p) = softmax(&logits.data[b * k..(b + 1) * k]);
        loss = loss - certain * log_p[class];
        if smoothing > 0.0 {
            loss = loss - uniform * sum(log_p.into_iter());
        }
        for (j, &p) in p.iter().enumerate() {
            let q = if j == class { certain + uniform } else { uniform };
            gradient.data[b * k + j] = (p - q) / rows;
        }
    }
    (loss / rows, gradient)
}

/// `p = exp(x − max)/Σ exp(x − max)` of a row, and `log p = x − max − ln Σ exp(x − max)`.
fn softmax<S: Scalar>(x: &[S]) -> (Vec<S>, Vec<S>) {
    let max = x.iter().copied().reduce(|max, x| if x > max { x } else { max }).expect("a class");
    let shifted: Vec<S> = x.iter().map(|&x| x - max).collect();
    let exp: Vec<S> = shifted.iter().map(|x| x.exp()).collect();
    let total = sum(exp.iter().copied());
    let p = exp.iter().map(|&e| e / total).collect();
    (p, shifted.iter().map(|&x| x - total.ln()).collect())
}

/// The mean of `(x − y)²` over all `N` values; the gradient is `2·(x − y)/N`.
fn mean_square<S: Scalar>(output: &Array<S>, target: &Array<S>) -> (S, Array<S>) {
    let n = S::new(output.data.len() as f64);
    let difference = output.zip(target, |x, y| x - y);
    let loss = sum(difference.data.iter().map(|&d| d * d)) / n;
    (loss, difference.map(|d| S::new(2.0) * d / n))
}
