//! The rows of inputs that a layer multiplies with its weights (S3–S5).

use super::tensors::size;
use fixtures::Conv2d;
use fixtures::model::{Preconditioned, PreconditionedLayer};
use tch::Tensor;

/// The rows of one input without the bias's 1, `[batch, positions, groups, inputs]`.
///
/// A position is a window of a convolution, or a token; a row of a matrix has a single one.
pub fn rows(layer: &Preconditioned, x: &Tensor) -> Tensor {
    match layer.layer {
        // [B, …, in] → [B, positions, 1, in]
        PreconditionedLayer::Linear(l) => {
            x.reshape([x.size()[0], -1, 1, size(l.in_features)].as_slice())
        }
        PreconditionedLayer::Conv2d(conv) => Cut::of(conv).rows(x),
    }
}

/// How windows are cut from an image, as `[y, x]`.
#[derive(Clone, Copy)]
pub struct Cut {
    /// Extent of the kernel.
    pub kernel: [i64; 2],
    /// Distance of neighbouring windows.
    pub stride: [i64; 2],
    /// Zeros on each side of the image.
    pub padding: [i64; 2],
    /// Distance of neighbouring taps.
    pub dilation: [i64; 2],
    /// Groups of channels.
    pub groups: i64,
}

impl Cut {
    /// As the layer itself does (S4).
    pub fn of(conv: &Conv2d) -> Self {
        let pair = |[y, x]: [usize; 2]| [size(y), size(x)];
        Self {
            kernel: pair(conv.kernel),
            stride: pair(conv.stride),
            padding: pair(conv.padding),
            dilation: pair(conv.dilation),
            groups: size(conv.groups),
        }
    }

    /// Every window of the padded image, columns in the order (channel, kernel y, kernel x) (S4):
    /// `[B, positions, groups, inputs]`.
    pub fn rows(&self, x: &Tensor) -> Tensor {
        in_order(&self.taps(&self.windows(x)))
    }

    /// The windows of an image, `[B, groups·c·ky·kx, positions]`.
    pub fn windows(&self, x: &Tensor) -> Tensor {
        x.im2col(self.kernel, self.dilation, self.padding, self.stride)
    }

    /// Windows with their axes apart: `[B, positions, groups, c, ky, kx]`.
    pub fn taps(&self, windows: &Tensor) -> Tensor {
        let (batch, _, positions) = windows.size3().expect("three axes");
        let [ky, kx] = self.kernel;
        windows.view([batch, self.groups, -1, ky, kx, positions]).permute([0, 5, 1, 2, 3, 4])
    }
}

/// Columns in the order of the taps' last three axes, the channel's first (S4).
pub fn in_order(taps: &Tensor) -> Tensor {
    taps.flatten(3, 5)
}

/// The rows with the bias's trailing 1, if the layer has a bias (S5).
pub fn with_one(layer: &Preconditioned, rows: &Tensor) -> Tensor {
    if !layer.bias() {
        return rows.shallow_clone();
    }
    let one = rows.narrow(3, 0, 1).ones_like();
    Tensor::cat(&[rows, &one], 3)
}
