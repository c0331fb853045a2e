//! Patches of images as matrices, and back.

use crate::windows::Windows;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use std::ops::Range;

impl Windows {
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
        for ((channel, pixel), mut patches) in self.places().zip(patches.outer_iter_mut()) {
            let image = image.row(channel).to_slice().expect("a row-major image");
            let patches = patches.as_slice_mut().expect("a row-major buffer");
            if self.by_shift(&windows) {
                self.gather_by_shift(pixel, image, windows.clone(), patches);
            } else {
                self.gather_by_runs(pixel, image, windows.clone(), patches);
            }
        }
    }

    /// What one place of the kernel sees of one channel `[y, x]`, in each of the windows.
    fn gather_by_runs(
        &self,
        pixel: [isize; 2],
        image: &[f64],
        windows: Range<usize>,
        patches: &mut [f64],
    ) {
        self.each_run(pixel, windows, |run| {
            let patches = &mut patches[run.windows];
            patches[..run.inside.start].fill(0.0);
            patches[run.inside.end..].fill(0.0);
            let pixels = image[run.first..].iter().step_by(self.stride[1]);
            patches[run.inside].iter_mut().zip(pixels).for_each(|(patch, &pixel)| *patch = pixel);
        });
    }

    /// Whether [`Self::gather_by_shift`] applies: whole rows of windows, side by side, as many in
    /// a row as pixels.
    fn by_shift(&self, windows: &Range<usize>) -> bool {
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
        for ((channel, pixel), patches) in self.places().zip(patches.outer_iter()) {
            let patches = patches.to_slice().expect("a row-major buffer");
            let mut image = image.row_mut(channel);
            let image = image.as_slice_mut().expect("a row-major image");
            self.each_run(pixel, windows.clone(), |run| {
                let patches = &patches[run.windows][run.inside];
                let pixels = image[run.first..].iter_mut().step_by(self.stride[1]);
                pixels.zip(patches).for_each(|(pixel, &patch)| *pixel += patch);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every geometry up to a small size for which the faster way applies.
    #[test]
    fn shifting_equals_gathering_window_by_window() {
        let [height, width] = [5, 4];
        let image: Vec<f64> = (1_u8..).take(height * width).map(f64::from).collect();
        let mut checked = 0;
        for y in -7..=7 {
            for x in -6..=6 {
                for output_height in 1..=8 {
                    let windows = Windows {
                        channels: 1,
                        input: [height, width],
                        output: [output_height, width],
                        kernel: [1, 1],
                        stride: [1, 1],
                        dilation: [1, 1],
                        padding: [-y, -x],
                    };
                    for rows in [0..output_height, output_height / 2..output_height] {
                        let block = rows.start * width..rows.end * width;
                        assert!(windows.by_shift(&block));
                        let mut expected = vec![f64::NAN; block.len()];
                        let mut shifted = expected.clone();
                        windows.gather_by_runs([y, x], &image, block.clone(), &mut expected);
                        windows.gather_by_shift([y, x], &image, block.clone(), &mut shifted);
                        assert_eq!(shifted, expected, "{windows:?}, windows {block:?}");
                        checked += 1;
                    }
                }
            }
        }
        assert_eq!(checked, 15 * 13 * 8 * 2);
    }
}
