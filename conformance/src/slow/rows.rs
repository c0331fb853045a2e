//! The rows that a layer's outputs are computed from (S3–S5), written out.

use super::{Array, Scalar};
use crate::mistakes::Mutant;
use fixtures::Conv2d;
use fixtures::model::{Preconditioned, PreconditionedLayer};

/// The rows of one group: `batch · positions` of them, `columns` wide, the bias's 1 last (S5).
pub struct Rows<S> {
    /// Samples.
    pub batch: usize,
    /// Rows of one sample: tokens or output pixels.
    pub positions: usize,
    /// Inputs of one output, and 1 for a bias.
    pub columns: usize,
    /// How many of a sample's rows have this column's tap inside the image.
    pub inside: Vec<usize>,
    bias: bool,
    /// `[batch, positions, columns]`
    values: Vec<S>,
}

impl<S: Scalar> Rows<S> {
    /// `N`
    pub fn count(&self) -> usize {
        self.batch * self.positions
    }

    /// Whether a column is the bias's (S5).
    pub fn is_bias(&self, column: usize) -> bool {
        self.bias && column + 1 == self.columns
    }

    /// One entry of a row.
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
pub fn rows<S: Scalar>(
    layer: &Preconditioned,
    input: &Array<S>,
    mutant: Option<Mutant>,
) -> Vec<Rows<S>> {
    match layer.layer {
        PreconditionedLayer::Linear(l) => vec![of_linear(input, l.in_features, l.bias)],
        PreconditionedLayer::Conv2d(l) => {
            let l = &wrong_geometry(l, mutant);
            (0..l.groups).map(|group| of_group(l, input, group, mutant)).collect()
        }
    }
}

/// S3: `[batch, …, in]`, all axes but the last are rows.
fn of_linear<S: Scalar>(input: &Array<S>, features: usize, bias: bool) -> Rows<S> {
    let batch = input.shape[0];
    let positions = input.data.len() / (batch * features);
    let mut values = Vec::new();
    for row in input.data.chunks(features) {
        values.extend(row);
        values.extend(bias.then(|| S::new(1.0))); // S5
    }
    let columns = features + usize::from(bias);
    Rows { batch, positions, columns, inside: vec![positions; columns], bias, values }
}

/// The convolution whose patches are taken: the layer's own.
fn wrong_geometry(l: &Conv2d, mutant: Option<Mutant>) -> Conv2d {
    match mutant {
        Some(Mutant::PaddingIgnored) => Conv2d { padding: [0, 0], ..l.clone() },
        Some(Mutant::StrideIgnored) => Conv2d { stride: [1, 1], ..l.clone() },
        Some(Mutant::DilationIgnored) => Conv2d { dilation: [1, 1], ..l.clone() },
        _ => l.clone(), // S4
    }
}

/// S4: the patches of one group, `[batch, positions, columns]`.
fn of_group<S: Scalar>(
    l: &Conv2d,
    input: &Array<S>,
    group: usize,
    mutant: Option<Mutant>,
) -> Rows<S> {
    let &[batch, channels, height, width] = &input.shape[..] else { unreachable!("an image") };
    let per_group = channels / l.groups;
    let taps = taps(per_group, l.kernel, mutant);
    let columns = taps.len() + usize::from(l.bias);
    let out = [windows(l, height, 0), windows(l, width, 1)];
    let positions = out[0] * out[1];
    let mut inside = vec![0; columns];
    let mut values = Vec::with_capacity(batch * positions * columns);
    for sample in 0..batch {
        for position in 0..positions {
            let corner = [position / out[1], position % out[1]];
            for (j, &[c, ky, kx]) in taps.iter().enumerate() {
                let y = pixel(l, 0, corner[0], ky, height, mutant);
                let x = pixel(l, 1, corner[1], kx, width, mutant);
                let channel = sample * channels + group * per_group + c;
                values.push(match (y, x) {
                    (Some(y), Some(x)) => input.data[(channel * height + y) * width + x],
                    _ => S::new(0.0), // padding
                });
                inside[j] += usize::from(sample == 0 && y.is_some() && x.is_some());
            }
            values.extend(l.bias.then(|| S::new(1.0))); // S5
        }
    }
    if l.bias {
        inside[columns - 1] = positions;
    }
    let rows = Rows { batch, positions, columns, inside, bias: l.bias, values };
    match mutant {
        Some(Mutant::ChannelMeans) => channel_rows(l, input, group),
        _ => rows,
    }
}

/// `[channel, ky, kx]` of every column, in order (S4).
fn taps(channels: usize, [height, width]: [usize; 2], mutant: Option<Mutant>) -> Vec<[usize; 3]> {
    let mut taps = Vec::new();
    for c in 0..channels {
        for ky in 0..height {
            for kx in 0..width {
                taps.push(match mutant {
                    Some(Mutant::KernelFlipped) => [c, height - 1 - ky, width - 1 - kx],
                    _ => [c, ky, kx],
                });
            }
        }
    }
    match mutant {
        Some(Mutant::ChannelsLast) => taps.sort_by_key(|&[c, ky, kx]| [ky, kx, c]),
        Some(Mutant::KernelTransposed) => taps.sort_by_key(|&[c, ky, kx]| [c, kx, ky]),
        _ => {} // S4: channel, kernel y, kernel x
    }
    taps
}

/// Positions of the window along an axis.
fn windows(l: &Conv2d, extent: usize, axis: usize) -> usize {
    let reach = l.dilation[axis] * (l.kernel[axis] - 1) + 1;
    (extent + 2 * l.padding[axis]).checked_sub(reach).map_or(0, |room| room / l.stride[axis] + 1)
}

/// The pixel under a tap of a window along an axis; `None` in the padding.
fn pixel(
    l: &Conv2d,
    axis: usize,
    window: usize,
    tap: usize,
    extent: usize,
    mutant: Option<Mutant>,
) -> Option<usize> {
    let padded = window * l.stride[axis] + tap * l.dilation[axis];
    match mutant {
        Some(Mutant::PaddingReplicated) => {
            Some(padded.saturating_sub(l.padding[axis]).min(extent - 1))
        }
        _ => padded.checked_sub(l.padding[axis]).filter(|&pixel| pixel < extent),
    }
}

/// [`Mutant::ChannelMeans`]: a row per pixel, its channel's value at every tap.
fn channel_rows<S: Scalar>(l: &Conv2d, input: &Array<S>, group: usize) -> Rows<S> {
    let &[batch, channels, height, width] = &input.shape[..] else { unreachable!("an image") };
    let (per_group, area, pixels) =
        (channels / l.groups, l.kernel[0] * l.kernel[1], height * width);
    let columns = per_group * area + usize::from(l.bias);
    let mut values = Vec::new();
    for sample in 0..batch {
        for pixel in 0..pixels {
            for c in 0..per_group {
                let channel = sample * channels + group * per_group + c;
                values.extend(std::iter::repeat_n(input.data[channel * pixels + pixel], area));
            }
            values.extend(l.bias.then(|| S::new(1.0)));
        }
    }
    Rows { batch, positions: pixels, columns, inside: vec![pixels; columns], bias: l.bias, values }
}
