//! The windows of a convolution: where each lies in the zero-padded image.

use std::ops::Range;

/// Values in a buffer of patches: 288 KiB, about half of a usual second-level cache.
const BLOCK: usize = 36 << 10;

/// The windows of a kernel on images `[channels, y, x]`. A *patch* is what one window covers.
///
/// Pairs are `[y, x]`. Windows are numbered row by row, like the pixels of the output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Windows {
    pub channels: usize,
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// Zeros added on each side; if negative, that many pixels are cut off.
    pub padding: [isize; 2],
}

impl Windows {
    /// The windows of one group of a convolution's channels on images of extent `input`.
    pub fn new(layer: &fixtures::Conv2d, input: [usize; 2]) -> Self {
        let fixtures::Conv2d { kernel, stride, padding, dilation, .. } = *layer;
        let output = [0, 1].map(|axis| {
            let reach = dilation[axis] * (kernel[axis] - 1) + 1;
            (input[axis] + 2 * padding[axis] - reach) / stride[axis] + 1
        });
        Self {
            channels: layer.in_channels / layer.groups,
            input,
            output,
            kernel,
            stride,
            dilation,
            padding: padding.map(usize::cast_signed),
        }
    }

    /// The windows through which outputs flow back to the input of a convolution of stride 1.
    ///
    /// `y[q] = Σ_k w[k]·x[q + d·k − p]` makes `dx[i] = Σ_k w[k]·dy[i − d·k + p]`. With the kernel
    /// flipped, `k = K − 1 − k'`, this is `Σ_k' w[K − 1 − k']·dy[i + d·k' − p']`: a convolution of
    /// `dy` with the padding `p' = d·(K − 1) − p`.
    pub fn transposed(&self, out_channels: usize) -> Option<Self> {
        let padding = [0, 1].map(|axis| {
            (self.dilation[axis] * (self.kernel[axis] - 1)).cast_signed() - self.padding[axis]
        });
        (self.stride == [1, 1]).then_some(Self {
            channels: out_channels,
            input: self.output,
            output: self.input,
            padding,
            ..*self
        })
    }

    /// Values in a patch, in the order `(channel, y, x)` (S4).
    pub fn columns(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Number of windows on one image.
    pub fn count(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Whether patches are the image itself: one pixel each, none left out, none added.
    pub fn are_pixels(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0]
    }

    /// All windows in order, a block at a time whose patches fit the cache.
    ///
    /// A block is one window at least, and whole rows of windows if one fits.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let (count, row) = (self.count(), self.output[1]);
        let fitting = (BLOCK / self.columns()).max(1);
        let block = if fitting < row { fitting } else { fitting / row * row };
        (0..count).step_by(block).map(move |start| start..count.min(start + block))
    }

    /// For every column of the patches its channel, and the pixel that it sees in the first window,
    /// `[y, x]`.
    pub fn places(self) -> impl Iterator<Item = (usize, [isize; 2])> {
        let along = move |axis: usize| {
            (0..self.kernel[axis])
                .map(move |tap| (tap * self.dilation[axis]).cast_signed() - self.padding[axis])
        };
        (0..self.channels).flat_map(move |channel| {
            along(0).flat_map(move |y| along(1).map(move |x| (channel, [y, x])))
        })
    }

    /// Calls `f` with every [`Run`] of some `windows`, of which the first of all sees `pixel`.
    pub fn each_run(&self, pixel: [isize; 2], windows: Range<usize>, mut f: impl FnMut(Run)) {
        let ([height, width], row) = (self.input, self.output[1]);
        let inside_x = inside(pixel[1], self.stride[1], width, row);
        let mut window = windows.start;
        while window < windows.end {
            let (y, start) = (window / row, window % row);
            let end = row.min(start + windows.end - window);
            let clip = |x: usize| x.clamp(start, end) - start;
            let at = window - windows.start;
            let mut run = Run { windows: at..at + end - start, inside: 0..0, first: 0 };

            let y = (y * self.stride[0]).checked_add_signed(pixel[0]).filter(|&y| y < height);
            let inside = clip(inside_x.start)..clip(inside_x.end);
            if let (Some(y), false) = (y, inside.is_empty()) {
                let x = (start + inside.start) * self.stride[1];
                run.first = y * width + x.strict_add_signed(pixel[1]);
                run.inside = inside;
            }
            f(run);
            window += end - start;
        }
    }
}

/// What one place of the kernel sees in windows side by side.
pub(crate) struct Run {
    /// The windows, counted from the first of the block.
    pub windows: Range<usize>,
    /// Those of them whose pixel lies in the image, counted from the first of this run.
    pub inside: Range<usize>,
    /// Where in the image the first of these pixels lies; 0 if none does.
    pub first: usize,
}

/// The outputs `o < outputs` with `0 ≤ o·stride + offset < extent`.
fn inside(offset: isize, stride: usize, extent: usize, outputs: usize) -> Range<usize> {
    let first = (-offset).max(0).cast_unsigned().div_ceil(stride).min(outputs);
    let end = (extent.cast_signed() - offset).max(0).cast_unsigned().div_ceil(stride);
    first..end.clamp(first, outputs)
}
