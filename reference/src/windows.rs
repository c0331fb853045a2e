//! The windows of a convolution: where each lies in the zero-padded image.

use ndarray::{ArrayView2, ArrayViewMut2, Axis};
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

    /// A matrix `[columns, windows]` of arbitrary values in the buffer.
    pub fn matrix<'b>(&self, windows: usize, buffer: &'b mut Vec<f64>) -> ArrayViewMut2<'b, f64> {
        let values = self.columns() * windows;
        if buffer.len() < values {
            buffer.resize(values, 0.0);
        }
        ArrayViewMut2::from_shape((self.columns(), windows), &mut buffer[..values])
            .expect("as many values")
    }

    /// The patches of some `windows` as columns: image `[channels, pixels]` → `[columns, windows]`.
    pub fn patches<'b>(
        &self,
        image: &ArrayView2<'b, f64>,
        windows: Range<usize>,
        buffer: &'b mut Vec<f64>,
    ) -> ArrayView2<'b, f64> {
        if self.are_pixels() {
            let mut pixels = *image;
            pixels.slice_axis_inplace(Axis(1), windows.into());
            return pixels;
        }
        let shape = (self.columns(), windows.len());
        let mut patches = self.matrix(windows.len(), buffer);
        self.gather(image, windows, &mut patches);
        let patches: &[f64] = patches.into_slice().expect("a row-major buffer");
        ArrayView2::from_shape(shape, patches).expect("as many values")
    }

    /// image `[channels, pixels]` → patches `[columns, windows]`
    fn gather(
        &self,
        image: &ArrayView2<f64>,
        windows: Range<usize>,
        patches: &mut ArrayViewMut2<f64>,
    ) {
        for (column, mut patches) in patches.outer_iter_mut().enumerate() {
            let (channel, tap) = self.place(column);
            let image = image.row(channel).to_slice().expect("a row-major image");
            let patches = patches.as_slice_mut().expect("a row-major buffer");
            if self.shift_rows(&windows) {
                self.gather_by_shift(tap, image, windows.clone(), patches);
            } else {
                self.gather_by_runs(tap, image, windows.clone(), patches);
            }
        }
    }

    /// What one place of the kernel sees of one channel `[y, x]`, in each of the windows.
    fn gather_by_runs(
        &self,
        tap: [isize; 2],
        image: &[f64],
        windows: Range<usize>,
        patches: &mut [f64],
    ) {
        self.each_run(tap, windows, |run| {
            let patches = &mut patches[run.windows];
            patches[..run.inside.start].fill(0.0);
            patches[run.inside.end..].fill(0.0);
            let pixels = image[run.first..].iter().step_by(self.stride[1]);
            patches[run.inside].iter_mut().zip(pixels).for_each(|(patch, &pixel)| *patch = pixel);
        });
    }

    /// Whether [`Self::gather_by_shift`] applies: whole rows of windows, side by side, as many in
    /// a row as pixels.
    fn shift_rows(&self, windows: &Range<usize>) -> bool {
        let row = self.output[1];
        self.stride == [1, 1] && self.input[1] == row && windows.start.is_multiple_of(row)
    }

    /// [`Self::gather_by_runs`], faster: window `i` sees pixel `i + shift`, where that is not
    /// beside the image.
    fn gather_by_shift(
        &self,
        [y, x]: [isize; 2],
        image: &[f64],
        windows: Range<usize>,
        patches: &mut [f64],
    ) {
        let row = self.output[1];
        let shift = y * row.cast_signed() + x;
        let window = |pixel: usize| {
            let window = pixel.cast_signed() - shift;
            window.clamp(windows.start.cast_signed(), windows.end.cast_signed()).cast_unsigned()
        };
        let (start, end) = (window(0), window(image.len()));
        patches[..start - windows.start].fill(0.0);
        patches[end - windows.start..].fill(0.0);
        if start < end {
            let pixels = &image[start.strict_add_signed(shift)..end.strict_add_signed(shift)];
            patches[start - windows.start..end - windows.start].copy_from_slice(pixels);
        }
        let beside = x.unsigned_abs().min(row);
        let beside = if x < 0 { 0..beside } else { row - beside..row };
        if !beside.is_empty() {
            patches.chunks_mut(row).for_each(|patches| patches[beside.clone()].fill(0.0));
        }
    }

    /// Adds every column of `patches` to where its window lies, the transpose of
    /// [`Self::patches`]: `[columns, windows]` → image `[channels, pixels]`.
    pub fn scatter(
        &self,
        patches: &ArrayView2<f64>,
        windows: Range<usize>,
        image: &mut ArrayViewMut2<f64>,
    ) {
        for (column, patches) in patches.outer_iter().enumerate() {
            let (channel, tap) = self.place(column);
            let patches = patches.to_slice().expect("a row-major buffer");
            let mut image = image.row_mut(channel);
            let image = image.as_slice_mut().expect("a row-major image");
            self.each_run(tap, windows.clone(), |run| {
                let patches = &patches[run.windows][run.inside];
                let pixels = image[run.first..].iter_mut().step_by(self.stride[1]);
                pixels.zip(patches).for_each(|(pixel, &patch)| *pixel += patch);
            });
        }
    }

    /// The channel of a patch's column, and where its place of the kernel lies in the image for
    /// the first window, `[y, x]`.
    fn place(&self, column: usize) -> (usize, [isize; 2]) {
        let [ky, kx] = self.kernel;
        let place = [column / kx % ky, column % kx];
        let tap = [0, 1]
            .map(|axis| (place[axis] * self.dilation[axis]).cast_signed() - self.padding[axis]);
        (column / (ky * kx), tap)
    }

    /// Calls `f` with every [`Run`] of some `windows`.
    fn each_run(&self, tap: [isize; 2], windows: Range<usize>, mut f: impl FnMut(Run)) {
        let ([height, width], row) = (self.input, self.output[1]);
        let inside_x = inside(tap[1], self.stride[1], width, row);
        let mut window = windows.start;
        while window < windows.end {
            let (y, start) = (window / row, window % row);
            let end = row.min(start + windows.end - window);
            let clip = |x: usize| x.clamp(start, end) - start;
            let at = window - windows.start;
            let mut run = Run { windows: at..at + end - start, inside: 0..0, first: 0 };

            let y = (y * self.stride[0]).checked_add_signed(tap[0]).filter(|&y| y < height);
            let inside = clip(inside_x.start)..clip(inside_x.end);
            if let (Some(y), false) = (y, inside.is_empty()) {
                let x = (start + inside.start) * self.stride[1];
                run.first = y * width + x.strict_add_signed(tap[1]);
                run.inside = inside;
            }
            f(run);
            window += end - start;
        }
    }
}

/// What one place of the kernel covers in windows side by side.
struct Run {
    /// The windows, counted from the first of the block.
    windows: Range<usize>,
    /// Those of them whose pixel lies in the image, counted from the first of this run.
    inside: Range<usize>,
    /// Where in the image the first of these pixels lies; 0 if none does.
    first: usize,
}

/// The outputs `o < outputs` with `0 ≤ o·stride + offset < extent`.
fn inside(offset: isize, stride: usize, extent: usize, outputs: usize) -> Range<usize> {
    let first = (-offset).max(0).cast_unsigned().div_ceil(stride).min(outputs);
    let end = (extent.cast_signed() - offset).max(0).cast_unsigned().div_ceil(stride);
    first..end.clamp(first, outputs)
}
