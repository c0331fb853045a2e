//! The rows that a layer's outputs are computed from (S3–S5), written out.

use crate::array::Array;
use crate::scalar::{Scalar, sum};
use fixtures::model::{Preconditioned, PreconditionedLayer};
use fixtures::{Conv2d, Linear};

/// The rows of one group: `batch · positions` of them, `columns` wide, the bias's 1 last (S5).
#[derive(Clone, Debug)]
pub struct Rows<S> {
    /// Samples.
    pub batch: usize,
    /// Rows of one sample: tokens or output pixels.
    pub positions: usize,
    /// Inputs of one output, and 1 for a bias.
    pub columns: usize,
    /// Whether the last column is the bias's.
    pub bias: bool,
    /// `[batch, positions, columns]`.
    pub values: Vec<S>,
}

/// `[channel, kernel y, kernel x]` of a column.
pub type Tap = [usize; 3];

/// The pixel under a tap of a window along an axis of an image: of `(layer, axis, window, tap,
/// extent)`; `None` in the padding.
pub type Pixel = fn(&Conv2d, usize, usize, usize, usize) -> Option<usize>;

impl<S: Scalar> Rows<S> {
    /// `N`.
    #[must_use]
    pub fn count(&self) -> usize {
        self.batch * self.positions
    }

    /// `A_j = (1/N) Σ_n x_nj²` (S3).
    #[must_use]
    pub fn mean_square(&self) -> Vec<S> {
        let n = S::new(self.count() as f64);
        (0..self.columns).map(|j| sum(self.column(j).map(|x| x * x)) / n).collect()
    }

    /// Whether a column is the bias's (S5).
    #[must_use]
    pub fn is_bias(&self, column: usize) -> bool {
        self.bias && column + 1 == self.columns
    }

    /// One entry of a row.
    #[must_use]
    pub fn at(&self, sample: usize, position: usize, column: usize) -> S {
        self.values[(sample * self.positions + position) * self.columns + column]
    }

    /// One column of the rows of one sample.
    pub fn of_sample(&self, sample: usize, column: usize) -> impl Iterator<Item = S> {
        (0..self.positions).map(move |position| self.at(sample, position, column))
    }

    /// One column of all rows.
    pub fn column(&self, column: usize) -> impl Iterator<Item = S> {
        (0..self.batch).flat_map(move |sample| self.of_sample(sample, column))
    }
}

/// The rows of every group of a layer.
#[must_use]
pub fn rows<S: Scalar>(layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
    match layer.layer {
        PreconditionedLayer::Linear(l) => vec![flat(l, input)],
        PreconditionedLayer::Conv2d(l) => {
            (0..l.groups).map(|group| patches(l, input, group, &taps(l), pixel)).collect()
        }
    }
}

/// S3: `[batch, …, in]`, all axes but the last are rows.
fn flat<S: Scalar>(l: &Linear, input: &Array<S>) -> Rows<S> {
    let batch = input.shape[0];
    let positions = input.data.len() / (batch * l.in_features);
    let mut values = Vec::new();
    for row in input.data.chunks(l.in_features) {
        values.extend(row);
        values.extend(l.bias.then(|| S::new(1.0))); // S5
    }
    let columns = l.in_features + usize::from(l.bias);
    Rows { batch, positions, columns, bias: l.bias, values }
}

/// S4: what the windows of one group cover, a column for each of its taps.
#[must_use]
pub fn patches<S: Scalar>(
    l: &Conv2d,
    images: &Array<S>,
    group: usize,
    taps: &[Tap],
    pixel: Pixel,
) -> Rows<S> {
    let &[batch, channels, height, width] = &images.shape[..] else { unreachable!("images") };
    let first = group * (channels / l.groups); // the group's first channel
    let out = [windows(l, height, 0), windows(l, width, 1)];
    let positions = out[0] * out[1];
    let columns = taps.len() + usize::from(l.bias);
    let mut values = Vec::with_capacity(batch * positions * columns);
    for sample in 0..batch {
        for position in 0..positions {
            let window = [position / out[1], position % out[1]];
            for &[c, ky, kx] in taps {
                let y = pixel(l, 0, window[0], ky, height);
                let x = pixel(l, 1, window[1], kx, width);
                values.push(match (y, x) {
                    (Some(y), Some(x)) => images.data[images.pixel([sample, first + c, y, x])],
                    _ => S::new(0.0), // padding
                });
            }
            values.extend(l.bias.then(|| S::new(1.0))); // S5
        }
    }
    Rows { batch, positions, columns, bias: l.bias, values }
}

/// S4: the columns of a group in the order (channel, kernel y, kernel x).
#[must_use]
pub fn taps(l: &Conv2d) -> Vec<Tap> {
    let ([height, width], channels) = (l.kernel, l.in_channels / l.groups);
    let mut taps = Vec::new();
    for c in 0..channels {
        for ky in 0..height {
            taps.extend((0..width).map(|kx| [c, ky, kx]));
        }
    }
    taps
}

/// Positions of the window along an axis of an image; none if it does not fit.
#[must_use]
pub fn windows(l: &Conv2d, extent: usize, axis: usize) -> usize {
    let reach = l.dilation[axis] * (l.kernel[axis] - 1) + 1;
    (extent + 2 * l.padding[axis]).checked_sub(reach).map_or(0, |room| room / l.stride[axis] + 1)
}

/// S4: see [`Pixel`].
#[must_use]
pub fn pixel(l: &Conv2d, axis: usize, window: usize, tap: usize, extent: usize) -> Option<usize> {
    let padded = window * l.stride[axis] + tap * l.dilation[axis];
    padded.checked_sub(l.padding[axis]).filter(|&pixel| pixel < extent)
}
