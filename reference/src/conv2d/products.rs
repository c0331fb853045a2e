//! The matrix products of a convolution, forward and backward.
//!
//! Patches are taken a block of windows at a time, into a buffer that fits the cache; the patches
//! of a whole batch never exist. Images are `[batch, groups, channels of a group, pixels]`, weights
//! `[groups, outputs of a group, columns]`. Gradients of the weight are summed per chunk of images,
//! then over the chunks in order, so that they do not depend on the number of threads.

use crate::parallel::chunk;
use crate::windows::Windows;
use ndarray::linalg::general_mat_mul;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, Array4, ArrayView3, ArrayView4, Axis, Zip};

/// `y = W · patches(x)`.
pub fn convolve(x: &ArrayView4<f64>, w: &ArrayView3<f64>, windows: &Windows) -> Array4<f64> {
    let (batch, groups, ..) = x.dim();
    let mut y = Array4::zeros((batch, groups, w.dim().1, windows.count()));
    y.outer_iter_mut()
        .into_par_iter()
        .zip(x.outer_iter())
        .with_min_len(chunk(batch, work(w, windows)))
        .for_each_init(Vec::new, |buffer, (mut y, x)| {
            let groups = Zip::from(y.outer_iter_mut()).and(x.outer_iter()).and(w.outer_iter());
            groups.for_each(|mut y, x, w| {
                for block in windows.blocks() {
                    let patches = windows.patches(&x, block.clone(), buffer);
                    let mut y = y.slice_axis_mut(Axis(1), block.into());
                    // [out, columns] · [columns, block] = [out, block]
                    general_mat_mul(1.0, &w, &patches, 1.0, &mut y);
                }
            });
        });
    y
}

/// `dW = Σ dy · patches(x)ᵀ`, over blocks and images.
pub fn weight_gradient(
    x: &ArrayView4<f64>,
    dy: &ArrayView4<f64>,
    windows: &Windows,
) -> Array3<f64> {
    let (batch, groups, out, _) = dy.dim();
    let zero = Array3::zeros((groups, out, windows.columns()));
    let images = images_per_chunk(batch, &zero.view(), windows);
    let chunks = x
        .axis_chunks_iter(Axis(0), images)
        .into_par_iter()
        .zip(dy.axis_chunks_iter(Axis(0), images));
    let sums = chunks.map_init(Vec::new, |buffer, (x, dy)| {
        let mut dw = zero.clone();
        Zip::from(x.outer_iter()).and(dy.outer_iter()).for_each(|x, dy| {
            let groups = Zip::from(dw.outer_iter_mut()).and(x.outer_iter()).and(dy.outer_iter());
            groups.for_each(|mut dw, x, dy| {
                for block in windows.blocks() {
                    let patches = windows.patches(&x, block.clone(), buffer);
                    let dy = dy.slice_axis(Axis(1), block.into());
                    // [out, block] · [columns, block]ᵀ = [out, columns]
                    general_mat_mul(1.0, &dy, &patches.t(), 1.0, &mut dw);
                }
            });
        });
        dw
    });
    total(sums.collect())
}

/// `dx`, to which every window adds its column of `Wᵀ · dy`.
pub fn input_gradient(dy: &ArrayView4<f64>, w: &ArrayView3<f64>, windows: &Windows) -> Array4<f64> {
    let (batch, groups, ..) = dy.dim();
    let pixels = windows.input[0] * windows.input[1];
    let mut dx = Array4::zeros((batch, groups, windows.channels, pixels));
    dx.outer_iter_mut()
        .into_par_iter()
        .zip(dy.outer_iter())
        .with_min_len(chunk(batch, work(w, windows)))
        .for_each_init(Vec::new, |buffer, (mut dx, dy)| {
            let groups = Zip::from(dx.outer_iter_mut()).and(dy.outer_iter()).and(w.outer_iter());
            groups.for_each(|mut dx, dy, w| {
                for block in windows.blocks() {
                    let mut patches = windows.matrix(block.len(), buffer);
                    let dy = dy.slice_axis(Axis(1), block.clone().into());
                    // [out, columns]ᵀ · [out, block] = [columns, block]
                    general_mat_mul(1.0, &w.t(), &dy, 0.0, &mut patches);
                    windows.scatter(&patches.view(), block, &mut dx);
                }
            });
        });
    dx
}

/// [`input_gradient`] and [`weight_gradient`] of a convolution of stride 1, both from the same
/// patches of `dy`; see [`Windows::transposed`], which makes the windows `back`.
pub fn gradients_by_windows_of_dy(
    x: &ArrayView4<f64>,
    dy: &ArrayView4<f64>,
    w: &ArrayView3<f64>,
    back: &Windows,
) -> (Array4<f64>, Array3<f64>) {
    let turned = turn(w, back.kernel);
    let mut dx = Array4::zeros(x.dim());
    let images = images_per_chunk(x.dim().0, w, back);
    let chunks = dx
        .axis_chunks_iter_mut(Axis(0), images)
        .into_par_iter()
        .zip(x.axis_chunks_iter(Axis(0), images))
        .zip(dy.axis_chunks_iter(Axis(0), images));
    let sums = chunks.map_init(Vec::new, |buffer, ((mut dx, x), dy)| {
        let mut dw = Array3::zeros(turned.dim());
        let images = Zip::from(dx.outer_iter_mut()).and(x.outer_iter()).and(dy.outer_iter());
        images.for_each(|mut dx, x, dy| {
            let groups = Zip::from(dx.outer_iter_mut()).and(x.outer_iter()).and(dy.outer_iter());
            let groups = groups.and(turned.outer_iter()).and(dw.outer_iter_mut());
            groups.for_each(|mut dx, x, dy, w, mut dw| {
                for block in back.blocks() {
                    let patches = back.patches(&dy, block.clone(), buffer);
                    let mut dx = dx.slice_axis_mut(Axis(1), block.clone().into());
                    // [in, columns] · [columns, block] = [in, block]
                    general_mat_mul(1.0, &w, &patches, 1.0, &mut dx);
                    let x = x.slice_axis(Axis(1), block.into());
                    // [in, block] · [columns, block]ᵀ = [in, columns]
                    general_mat_mul(1.0, &x, &patches.t(), 1.0, &mut dw);
                }
            });
        });
        dw
    });
    let dw = total(sums.collect());
    (dx, turn(&dw.view(), back.kernel))
}

/// Swaps inputs and outputs and flips the kernel: `[groups, out, in·ky·kx]` → `[groups, in,
/// out·ky·kx]`, and back.
fn turn(w: &ArrayView3<f64>, [ky, kx]: [usize; 2]) -> Array3<f64> {
    let (groups, out, columns) = w.dim();
    let channels = columns / (ky * kx);
    let w = w.into_shape_with_order((groups, out, channels, ky, kx)).expect("row-major weights");
    let mut turned = w.permuted_axes([0, 2, 1, 3, 4]);
    turned.invert_axis(Axis(3));
    turned.invert_axis(Axis(4));
    let turned = turned.as_standard_layout().into_owned();
    turned.into_shape_with_order((groups, channels, out * ky * kx)).expect("row-major weights")
}

/// Multiplications for one image, in units that cost about as much as moving a value.
fn work(w: &ArrayView3<f64>, windows: &Windows) -> usize {
    w.len() * windows.count() / 8
}

/// How many images one task takes that sums up a gradient of `w`'s size: at most 16 tasks, whose
/// sums together are bounded.
fn images_per_chunk(batch: usize, w: &ArrayView3<f64>, windows: &Windows) -> usize {
    const VALUES_OF_ALL_SUMS: usize = 1 << 23;
    let chunks = (VALUES_OF_ALL_SUMS / w.len()).clamp(1, 16);
    batch.div_ceil(chunks).max(chunk(batch, work(w, windows)))
}

/// The sum in order.
fn total(sums: Vec<Array3<f64>>) -> Array3<f64> {
    sums.into_iter().reduce(|total, sum| total + sum).expect("a batch is not empty")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, Dimension, ShapeBuilder};

    /// Small integers that do not repeat along any axis; sums of their products are exact.
    fn integers<D: Dimension>(shape: impl ShapeBuilder<Dim = D>) -> Array<f64, D> {
        let mut i = 0_u32;
        Array::from_shape_simple_fn(shape, || {
            i = (i * 57 + 19) % 1009;
            f64::from(i % 19) - 9.0
        })
    }

    #[test]
    fn gradients_by_windows_of_dy_equal_those_by_windows_of_x() {
        for (kernel, padding, dilation) in
            [([3, 3], [1, 1], [1, 1]), ([3, 2], [0, 2], [2, 1]), ([1, 1], [0, 0], [1, 1])]
        {
            let (groups, channels, out) = (2, 3, 5);
            let layer = fixtures::Conv2d {
                name: "conv".to_owned(),
                in_channels: groups * channels,
                out_channels: groups * out,
                kernel,
                stride: [1, 1],
                padding,
                dilation,
                groups,
                bias: false,
            };
            let windows = Windows::new(&layer, [9, 7]);
            let back = windows.transposed(out).unwrap();
            let x = integers((4, groups, channels, 9 * 7));
            let dy = integers((4, groups, out, windows.count()));
            let w = integers((groups, out, windows.columns()));

            let (x, dy, w) = (x.view(), dy.view(), w.view());
            let (dx, dw) = gradients_by_windows_of_dy(&x, &dy, &w, &back);
            assert_eq!(dx, input_gradient(&dy, &w, &windows), "{layer:?}");
            assert_eq!(dw, weight_gradient(&x, &dy, &windows), "{layer:?}");
        }
    }
}
