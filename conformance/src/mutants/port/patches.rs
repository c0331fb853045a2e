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
