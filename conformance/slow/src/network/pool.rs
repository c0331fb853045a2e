//! Pooling and flattening in plain loops; every maximum of several pixels is a fork.

use super::backward::{Backward, Gradients};
use super::forks::Forks;
use crate::array::Array;
use crate::scalar::{Scalar, sum};

/// The mean of every `kernel × kernel` window, side by side; remainders are dropped.
pub(super) fn avg_pool2d<'p, S: Scalar>(
    kernel: usize,
    x: &Array<S>,
) -> (Array<S>, Backward<'p, S>) {
    means(&pooled(kernel, x), windows(kernel, x), x)
}

/// The maximum of every window, each of more than one pixel a fork; `dy` goes to the winner.
pub(super) fn max_pool2d<'p, S: Scalar>(
    kernel: usize,
    x: &Array<S>,
    forks: &mut Forks,
) -> (Array<S>, Backward<'p, S>) {
    let scale = x.largest();
    let mut y = Array::zeros(&pooled(kernel, x));
    let mut winners = Vec::with_capacity(y.data.len());
    for (q, window) in windows(kernel, x).iter().enumerate() {
        let values: Vec<S> = window.iter().map(|&place| x.data[place]).collect();
        let winner = winner(&values, forks, scale);
        y.data[q] = values[winner];
        winners.push(window[winner]);
    }
    let shape = x.shape.clone();
    let backward = move |dy: &Array<S>, _: &mut Gradients<S>| {
        let mut dx = Array::zeros(&shape);
        for (&place, &d) in winners.iter().zip(&dy.data) {
            dx.data[place] = d;
        }
        dx
    };
    (y, Box::new(backward))
}

/// `[B, C, H, W] → [B, C]`, the mean over pixels.
pub(super) fn global_avg_pool2d<'p, S: Scalar>(x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
    let plane = x.shape[2] * x.shape[3];
    let planes = x.shape[0] * x.shape[1];
    let windows = (0..planes).map(|p| (p * plane..(p + 1) * plane).collect()).collect();
    means(&x.shape[..2], windows, x)
}

/// `[B, N, C] → [B, C]`, the mean over tokens.
pub(super) fn mean_tokens<'p, S: Scalar>(x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
    let [batch, tokens, channels] = [x.shape[0], x.shape[1], x.shape[2]];
    let mut windows = Vec::new();
    for b in 0..batch {
        for c in 0..channels {
            windows.push((0..tokens).map(|n| (b * tokens + n) * channels + c).collect());
        }
    }
    means(&[batch, channels], windows, x)
}

/// `[B, …] → [B, features]`.
pub(super) fn flatten<'p, S: Scalar>(x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
    let flat = vec![x.shape[0], x.shape[1..].iter().product()];
    let shape = x.shape.clone();
    let backward =
        move |dy: &Array<S>, _: &mut Gradients<S>| Array { shape, data: dy.data.clone() };
    (Array { shape: flat, data: x.data.clone() }, Box::new(backward))
}

/// The mean of each of the windows, given by the places they cover; each place gets `dy/n`.
fn means<'p, S: Scalar>(
    output: &[usize],
    windows: Vec<Vec<usize>>,
    x: &Array<S>,
) -> (Array<S>, Backward<'p, S>) {
    let mean = |window: &Vec<usize>| {
        sum(window.iter().map(|&place| x.data[place])) / S::new(window.len() as f64)
    };
    let y = Array { shape: output.to_vec(), data: windows.iter().map(mean).collect() };
    let shape = x.shape.clone();
    let backward = move |dy: &Array<S>, _: &mut Gradients<S>| {
        let mut dx = Array::zeros(&shape);
        for (window, &d) in windows.iter().zip(&dy.data) {
            for &place in window {
                dx.data[place] = d / S::new(window.len() as f64);
            }
        }
        dx
    };
    (y, Box::new(backward))
}

/// `[B, C, H/kernel, W/kernel]`.
fn pooled<S>(kernel: usize, x: &Array<S>) -> [usize; 4] {
    [x.shape[0], x.shape[1], x.shape[2] / kernel, x.shape[3] / kernel]
}

/// The places that each window covers, row-major, in the order of the outputs.
fn windows<S: Scalar>(kernel: usize, x: &Array<S>) -> Vec<Vec<usize>> {
    let [batch, channels, height, width] = pooled(kernel, x);
    let mut windows = Vec::new();
    for b in 0..batch {
        for c in 0..channels {
            for qy in 0..height {
                for qx in 0..width {
                    let place = |k: usize| {
                        x.pixel([b, c, qy * kernel + k / kernel, qx * kernel + k % kernel])
                    };
                    windows.push((0..kernel * kernel).map(place).collect());
                }
            }
        }
    }
    windows
}

/// The index of the maximum, or of what is replayed for it.
fn winner<S: Scalar>(values: &[S], forks: &mut Forks, scale: f64) -> usize {
    let own = best(values, None);
    if values.len() == 1 {
        return own;
    }
    let other = best(values, Some(own));
    let own = if forks.flips_next() { (other, own) } else { (own, other) };
    forks.choose(own, |choice, other| (values[choice] - values[other]).value(), scale)
}

/// The index of the first of the largest values, `except` left out; NaN beats all before it.
fn best<S: Scalar>(values: &[S], except: Option<usize>) -> usize {
    let mut candidates = (0..values.len()).filter(|&k| Some(k) != except);
    let mut best = candidates.next().expect("a value");
    for k in candidates {
        if values[k] > values[best] || values[k].value().is_nan() {
            best = k;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::forks::Fork;

    /// The winners of two windows of `2 × 2`, side by side.
    fn max_pool(x: [f64; 8], forks: &mut Forks) -> (Vec<f64>, Vec<f64>) {
        let x = Array { shape: vec![1, 1, 2, 4], data: x.to_vec() };
        let (y, backward) = max_pool2d(2, &x, forks);
        let dx = backward(&y.map(|_| 1.0), &mut Gradients::default());
        (y.data, dx.data)
    }

    #[test]
    fn the_first_of_equal_maxima_wins() {
        let mut forks = Forks::record();
        // Row-major windows: 1, 5, 5, 2 and −4, −3, 0, −1.
        let (y, dx) = max_pool([1.0, 5.0, -4.0, -3.0, 5.0, 2.0, 0.0, -1.0], &mut forks);
        assert_eq!(y, [5.0, 0.0]);
        assert_eq!(dx, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let expected = [
            Fork { choice: 1, other: 2, gap: 0.0, scale: 5.0 },
            Fork { choice: 2, other: 3, gap: 1.0, scale: 5.0 },
        ];
        assert_eq!(forks.taken(), expected);
    }

    #[test]
    fn nan_wins_and_the_last_of_several() {
        let nan = f64::NAN;
        let (y, dx) = max_pool([nan, 5.0, 1.0, 2.0, 9.0, nan, 3.0, 4.0], &mut Forks::record());
        assert!(y[0].is_nan() && y[1] == 4.0);
        assert_eq!(dx, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn where_it_is_flipped_the_best_of_the_rest_wins() {
        let mut forks = Forks::record().flipping([1].into());
        let (y, dx) = max_pool([1.0, 5.0, -4.0, -3.0, 5.0, 2.0, 0.0, -1.0], &mut forks);
        assert_eq!(y, [5.0, -1.0]);
        assert_eq!(dx, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(forks.taken()[1], Fork { choice: 3, other: 2, gap: -1.0, scale: 5.0 });
    }

    #[test]
    fn a_window_of_one_pixel_is_no_fork() {
        let x = Array { shape: vec![1, 1, 1, 2], data: vec![1.0, 2.0] };
        let mut forks = Forks::record();
        assert_eq!(max_pool2d(1, &x, &mut forks).0, x);
        assert!(forks.taken().is_empty());
    }
}
