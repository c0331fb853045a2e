//! The rows of inputs that a layer multiplies with its weights (S3, S4).

use super::{Mutant, size};
use fixtures::Conv2d;
use fixtures::model::{Preconditioned, PreconditionedLayer};
use tch::{Kind, Tensor};

/// The rows of one input without the bias's 1, `[batch, positions, groups, inputs]`.
///
/// A position is a window of a convolution, or a token; a row of a matrix has a single one.
pub fn rows(mutant: Option<Mutant>, layer: &Preconditioned, x: &Tensor) -> Tensor {
    match layer.layer {
        // [B, …, in] → [B, positions, 1, in]
        PreconditionedLayer::Linear(l) => {
            x.reshape([x.size()[0], -1, 1, size(l.in_features)].as_slice())
        }
        PreconditionedLayer::Conv2d(conv) => match mutant {
            Some(Mutant::ChannelMeans) => pixels(conv, x),
            Some(Mutant::FirstGroupForAll) => {
                let rows = patches(mutant, conv, x);
                rows.narrow(2, 0, 1).expand_as(&rows)
            }
            _ => patches(mutant, conv, x),
        },
    }
}

/// Every window of the padded image, columns in the order (channel, kernel y, kernel x) (S4).
///
/// Where a kernel does not fit the image without its padding, one row of zeros per sample.
fn patches(mutant: Option<Mutant>, conv: &Conv2d, x: &Tensor) -> Tensor {
    let pair = |[y, x]: [usize; 2]| [size(y), size(x)];
    let (kernel, padding) = (pair(conv.kernel), pair(conv.padding));
    let stride = match mutant {
        Some(Mutant::StrideIgnored) => [1, 1],
        _ => pair(conv.stride),
    };
    let dilation = match mutant {
        Some(Mutant::DilationIgnored) => [1, 1],
        _ => pair(conv.dilation),
    };
    let unfold = |x: &Tensor, padding: [i64; 2]| x.im2col(kernel, dilation, padding, stride);
    // [B, groups·c·ky·kx, positions]
    let windows = match mutant {
        Some(Mutant::PaddingIgnored) if !fits(x, kernel, dilation) => {
            let columns = x.size()[1] * kernel[0] * kernel[1];
            Tensor::zeros([x.size()[0], columns, 1], (x.kind(), x.device()))
        }
        Some(Mutant::PaddingIgnored) => unfold(x, [0, 0]),
        Some(Mutant::PaddingReplicated) => {
            let [y, along_x] = padding;
            unfold(&x.replication_pad2d([along_x, along_x, y, y]), [0, 0])
        }
        _ => unfold(x, padding),
    };
    let (groups, [ky, kx]) = (size(conv.groups), kernel);
    // → [B, positions, groups, c, ky, kx]
    let taps = windows
        .view([x.size()[0], groups, -1, ky, kx, windows.size()[2]])
        .permute([0, 5, 1, 2, 3, 4]);
    let taps = match mutant {
        Some(Mutant::KernelFlipped) => taps.flip([4, 5]),
        Some(Mutant::ChannelsLast) => taps.permute([0, 1, 2, 4, 5, 3]),
        Some(Mutant::KernelTransposed) => taps.permute([0, 1, 2, 3, 5, 4]),
        _ => taps,
    };
    taps.flatten(3, 5)
}

/// Whether a kernel fits into an image without padding.
fn fits(x: &Tensor, kernel: [i64; 2], dilation: [i64; 2]) -> bool {
    let image = &x.size()[2..];
    (0..2).all(|axis| dilation[axis] * (kernel[axis] - 1) < image[axis])
}

/// Every pixel of the image as a position, its channels repeated for all taps of the kernel.
fn pixels(conv: &Conv2d, x: &Tensor) -> Tensor {
    let taps = size(conv.kernel[0] * conv.kernel[1]);
    // [B, C, H, W] → [B, H·W, groups, c]
    let pixels = x.flatten(2, 3).transpose(1, 2).unflatten(2, [size(conv.groups), -1]);
    pixels.repeat_interleave_self_int(taps, 3, None)
}

/// The rows with the bias's trailing 1, if the layer has a bias (S5).
pub fn with_one(layer: &Preconditioned, rows: &Tensor) -> Tensor {
    if !layer.bias() {
        return rows.shallow_clone();
    }
    let one = rows.narrow(3, 0, 1).ones_like();
    Tensor::cat(&[rows, &one], 3)
}

/// How many rows count in each column when taps in the padding do not, `[groups, columns]`.
pub fn rows_inside(mutant: Option<Mutant>, layer: &Preconditioned, x: &Tensor) -> Tensor {
    let inside = with_one(layer, &rows(mutant, layer, &x.ones_like()));
    inside.sum_dim_intlist([0, 1].as_slice(), false, None::<Kind>)
}

#[cfg(test)]
mod tests {
    use super::super::observe::mean_square;
    use super::*;

    /// Kernels with the extents and padding given, a bias, and stride and dilation 1.
    fn conv(kernel: [usize; 2], padding: [usize; 2], in_channels: usize) -> Conv2d {
        let (stride, dilation) = ([1, 1], [1, 1]);
        let name = "conv".to_owned();
        let (out_channels, groups, bias) = (1, 1, true);
        Conv2d { name, in_channels, out_channels, kernel, stride, padding, dilation, groups, bias }
    }

    /// `A` of an image that counts from 1.
    fn a(mutant: Option<Mutant>, conv: &Conv2d, [height, width]: [i64; 2]) -> Vec<f64> {
        let shape = [1, size(conv.in_channels), height, width];
        let count = shape.iter().product::<i64>();
        let x = Tensor::arange_start(1, count + 1, (Kind::Double, tch::Device::Cpu)).view(shape);
        let layer = PreconditionedLayer::Conv2d(conv);
        let layer = Preconditioned { name: conv.name.clone(), layer };
        super::super::values(&mean_square(mutant, &layer, &x))
    }

    /// A kernel of two pixels along x over `1 2 / 3 4`, with one column of padding on each side.
    #[test]
    fn what_padding_holds_and_counts() {
        let of = |mutant| a(mutant, &conv([1, 2], [0, 1], 1), [2, 2]);
        assert_eq!(of(None), [30.0 / 6.0, 30.0 / 6.0, 1.0]);
        assert_eq!(of(Some(Mutant::PaddingNotCounted)), [30.0 / 4.0, 30.0 / 4.0, 1.0]);
        assert_eq!(of(Some(Mutant::PaddingReplicated)), [40.0 / 6.0, 50.0 / 6.0, 1.0]);
        assert_eq!(of(Some(Mutant::PaddingIgnored)), [10.0 / 2.0, 20.0 / 2.0, 1.0]);
        assert_eq!(of(Some(Mutant::ChannelMeans)), [30.0 / 4.0, 30.0 / 4.0, 1.0]);
    }

    /// One pixel with a border of zeros: a tap that meets nothing else, a kernel that does not fit.
    #[test]
    fn columns_of_nothing_but_padding_are_zero() {
        let of = |mutant| a(mutant, &conv([1, 3], [0, 1], 1), [1, 1]);
        assert_eq!(of(None), [0.0, 1.0, 0.0, 1.0]);
        assert_eq!(of(Some(Mutant::PaddingNotCounted)), [0.0, 1.0, 0.0, 1.0]);
        assert_eq!(of(Some(Mutant::PaddingIgnored)), [0.0, 0.0, 0.0, 1.0]);
    }

    /// A single window: every column is the square of its pixel.
    #[test]
    fn orders_of_columns() {
        let of = |mutant| {
            let a = a(mutant, &conv([2, 3], [0, 0], 2), [2, 3]);
            a.into_iter().map(f64::sqrt).collect::<Vec<_>>()
        };
        let flipped = [6., 5., 4., 3., 2., 1., 12., 11., 10., 9., 8., 7., 1.];
        let channels_last = [1., 7., 2., 8., 3., 9., 4., 10., 5., 11., 6., 12., 1.];
        let transposed = [1., 4., 2., 5., 3., 6., 7., 10., 8., 11., 9., 12., 1.];
        let bias_first = [1., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.];
        assert_eq!(of(Some(Mutant::KernelFlipped)), flipped);
        assert_eq!(of(Some(Mutant::ChannelsLast)), channels_last);
        assert_eq!(of(Some(Mutant::KernelTransposed)), transposed);
        assert_eq!(of(Some(Mutant::BiasColumnFirst)), bias_first);
    }
}
