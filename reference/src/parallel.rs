//! Parallel loops whose results do not depend on the number of threads.
//!
//! Work is cut into chunks whose size depends on shapes alone; a value is computed within one
//! chunk, and partial sums are added in the order of the chunks.

use crate::Activations;
use ndarray::ArrayD;
use rayon::prelude::*;

/// Values that are worth a task of their own.
const GRAIN: usize = 1 << 13;

/// How many of `items` one task takes if each costs about as much as `work` values.
pub(crate) fn chunk(items: usize, work: usize) -> usize {
    GRAIN.div_ceil(work.max(1)).clamp(1, items.max(1))
}

/// `f` of every value; in place where nobody else holds `x`.
pub(crate) fn map(x: Activations, f: impl Fn(f64) -> f64 + Sync) -> Activations {
    match x.try_into_owned_nocopy() {
        Ok(mut x) => {
            values_mut(&mut x)
                .par_chunks_mut(GRAIN)
                .for_each(|chunk| chunk.iter_mut().for_each(|x| *x = f(*x)));
            x.into_shared()
        }
        Err(x) => {
            let y = values(&x).par_iter().with_min_len(GRAIN).map(|&x| f(x)).collect();
            shaped(x.shape(), y)
        }
    }
}

/// `f` of every two values; in place where nobody else holds `x`.
pub(crate) fn map2(
    x: Activations,
    y: &Activations,
    f: impl Fn(f64, f64) -> f64 + Sync,
) -> Activations {
    match x.try_into_owned_nocopy() {
        Ok(mut x) => {
            values_mut(&mut x)
                .par_chunks_mut(GRAIN)
                .zip(values(y).par_chunks(GRAIN))
                .for_each(|(x, y)| x.iter_mut().zip(y).for_each(|(x, &y)| *x = f(*x, y)));
            x.into_shared()
        }
        Err(x) => {
            let pairs = values(&x).par_iter().zip(values(y)).with_min_len(GRAIN);
            let z = pairs.map(|(&x, &y)| f(x, y)).collect();
            shaped(x.shape(), z)
        }
    }
}

/// The values in row-major order, in which all activations are held.
pub(crate) fn values(x: &Activations) -> &[f64] {
    x.as_slice().expect("row-major activations")
}

/// [`values`], to be written.
pub(crate) fn values_mut(x: &mut ArrayD<f64>) -> &mut [f64] {
    x.as_slice_mut().expect("row-major activations")
}

/// Activations of this shape from their values.
pub(crate) fn shaped(shape: &[usize], values: Vec<f64>) -> Activations {
    ArrayD::from_shape_vec(shape, values).expect("as many values as the shape holds").into_shared()
}

/// The sum of `f(i)` over `0..n` in eight interleaved partial sums, which lets it be vectorised.
#[inline(always)]
pub(crate) fn sum(n: usize, f: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let whole = n - n % 8;
    for i in (0..whole).step_by(8) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += f(i + lane);
        }
    }
    let tail: f64 = (whole..n).map(f).sum();
    lanes.iter().sum::<f64>() + tail
}
