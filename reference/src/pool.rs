//! Pooling of images and of tokens, and flattening, forward and backward.

use crate::Activations;
use crate::layer::{Backward, Forward, Layer};
use crate::parallel::{chunk, shaped, values};
use ndarray::{Axis, IxDyn};
use rayon::prelude::*;

/// The mean of every `kernel × kernel` window, side by side; remainders are dropped.
pub(crate) struct AvgPool2d {
    pub kernel: usize,
}

/// The maximum of every window; of equal ones, the first in row-major order gets the gradient.
pub(crate) struct MaxPool2d {
    pub kernel: usize,
}

/// `[B, C, H, W] → [B, C]`, the mean over pixels.
pub(crate) struct GlobalAvgPool2d;

/// `[B, N, C] → [B, C]`, the mean over tokens.
pub(crate) struct MeanTokens;

/// `[B, …] → [B, features]`.
pub(crate) struct Flatten;

/// The shape of the input, which the output has lost.
pub(crate) struct InputShape(Vec<usize>);

/// The shape of the input, and where in its plane each maximum stood.
pub(crate) struct Maxima {
    shape: Vec<usize>,
    places: Vec<usize>,
}

/// The windows of one plane.
#[derive(Clone, Copy)]
struct Windows {
    kernel: usize,
    /// Columns of the input.
    width: usize,
    /// Windows side by side, `[y, x]`.
    output: [usize; 2],
}

impl Windows {
    /// The windows on `[B, C, H, W]`.
    fn new(kernel: usize, shape: &[usize]) -> Self {
        Self { kernel, width: shape[3], output: [shape[2] / kernel, shape[3] / kernel] }
    }

    /// The places in the plane that the `i`-th window covers, in row-major order.
    fn places(self, i: usize) -> impl Iterator<Item = usize> {
        let Self { kernel, width, output: [_, columns] } = self;
        let first = (i / columns * width + i % columns) * kernel;
        (0..kernel * kernel).map(move |k| first + k / kernel * width + k % kernel)
    }
}

/// The places of each window of every plane of `x` reduced to one value.
fn reduce<T: Send>(
    x: &Activations,
    windows: Windows,
    f: impl Fn(&[f64], usize) -> T + Sync,
) -> Vec<T> {
    let [height, width] = [x.shape()[2], x.shape()[3]];
    let n = windows.output[0] * windows.output[1];
    values(x)
        .par_chunks(height * width)
        .with_min_len(chunk(x.shape()[0] * x.shape()[1], height * width))
        .flat_map_iter(|plane| (0..n).map(|i| f(plane, i)))
        .collect()
}

/// Planes of zeros of this shape, each filled from the gradients of its windows.
fn spread(shape: &[usize], windows: Windows, f: impl Fn(&mut [f64], usize) + Sync) -> Activations {
    let (plane, n) = (shape[2] * shape[3], windows.output[0] * windows.output[1]);
    let mut dx = vec![0.0; shape.iter().product()];
    dx.par_chunks_mut(plane)
        .with_min_len(chunk(shape[0] * shape[1], plane))
        .enumerate()
        .for_each(|(c, dx)| (0..n).for_each(|i| f(dx, c * n + i)));
    shaped(shape, dx)
}

impl Layer for AvgPool2d {
    type Kept = InputShape;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, InputShape) {
        let windows = Windows::new(self.kernel, x.shape());
        let area = (self.kernel * self.kernel) as f64;
        let y = reduce(&x, windows, |plane, i| {
            windows.places(i).map(|place| plane[place]).sum::<f64>() / area
        });
        (shaped(&pooled(x.shape(), windows), y), InputShape(x.shape().to_vec()))
    }

    fn backward(
        &self,
        InputShape(shape): InputShape,
        dy: Activations,
        _: &mut Backward,
    ) -> Activations {
        let windows = Windows::new(self.kernel, &shape);
        let (dy, area) = (values(&dy), (self.kernel * self.kernel) as f64);
        let n = windows.output[0] * windows.output[1];
        spread(&shape, windows, |dx, i| {
            windows.places(i % n).for_each(|place| dx[place] = dy[i] / area);
        })
    }
}

impl Layer for MaxPool2d {
    type Kept = Maxima;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, Maxima) {
        let windows = Windows::new(self.kernel, x.shape());
        let maxima = reduce(&x, windows, |plane, i| {
            windows
                .places(i)
                .map(|place| (plane[place], place))
                // The first of equal ones stays; NaN wins.
                .reduce(|max, new| if new.0 > max.0 || new.0.is_nan() { new } else { max })
                .expect("a window of at least one pixel")
        });
        let (y, places) = maxima.into_iter().unzip();
        (shaped(&pooled(x.shape(), windows), y), Maxima { shape: x.shape().to_vec(), places })
    }

    fn backward(&self, kept: Maxima, dy: Activations, _: &mut Backward) -> Activations {
        let Maxima { shape, places } = kept;
        let dy = values(&dy);
        let windows = Windows::new(self.kernel, &shape);
        spread(&shape, windows, |dx, i| dx[places[i]] = dy[i])
    }
}

/// The shape of the pooled `[B, C, H, W]`.
fn pooled(shape: &[usize], windows: Windows) -> [usize; 4] {
    [shape[0], shape[1], windows.output[0], windows.output[1]]
}

impl Layer for GlobalAvgPool2d {
    type Kept = InputShape;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, InputShape) {
        let shape = x.shape().to_vec();
        let plane = shape[2] * shape[3];
        let y = values(&x)
            .par_chunks(plane)
            .with_min_len(chunk(shape[0] * shape[1], plane))
            .map(|x| x.iter().sum::<f64>() / plane as f64)
            .collect();
        (shaped(&shape[..2], y), InputShape(shape))
    }

    fn backward(
        &self,
        InputShape(shape): InputShape,
        dy: Activations,
        _: &mut Backward,
    ) -> Activations {
        let plane = shape[2] * shape[3];
        // [B, C] → [B, C, 1, 1] → [B, C, H, W]
        let dy = (dy / plane as f64).insert_axis(Axis(2)).insert_axis(Axis(3));
        dy.broadcast(shape).expect("one gradient per plane").to_owned().into_shared()
    }
}

impl Layer for MeanTokens {
    type Kept = InputShape;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, InputShape) {
        let shape = x.shape().to_vec();
        let y = x.sum_axis(Axis(1)) / shape[1] as f64;
        (y.into_shared(), InputShape(shape))
    }

    fn backward(
        &self,
        InputShape(shape): InputShape,
        dy: Activations,
        _: &mut Backward,
    ) -> Activations {
        // [B, C] → [B, 1, C] → [B, N, C]
        let dy = (dy / shape[1] as f64).insert_axis(Axis(1));
        dy.broadcast(shape).expect("one gradient per feature").to_owned().into_shared()
    }
}

impl Layer for Flatten {
    type Kept = InputShape;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, InputShape) {
        let shape = x.shape().to_vec();
        let flat = IxDyn(&[shape[0], shape[1..].iter().product()]);
        (x.into_shape_with_order(flat).expect("row-major activations"), InputShape(shape))
    }

    fn backward(
        &self,
        InputShape(shape): InputShape,
        dy: Activations,
        _: &mut Backward,
    ) -> Activations {
        dy.into_shape_with_order(shape).expect("as many values as the input had")
    }
}
