//! Convolutions, as matrix products with the patches of the image.
//!
//! Patches are taken a block of windows at a time, into a buffer that fits the cache; the
//! patches of a whole batch never exist. Images are viewed as `[batch, groups, channels of a
//! group, pixels]`, weights as `[groups, outputs of a group, columns]`.

use crate::layer::{Backward, Forward, Layer, Names, vector};
use crate::parallel::{chunk, shaped, sum, values};
use crate::windows::Windows;
use crate::{Activations, TensorMap, statistic};
use fixtures::Mode;
use ndarray::linalg::general_mat_mul;
use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array3, Array4, ArrayView3, ArrayView4, Axis, Ix4};

/// A convolution of a zero-padded image.
pub(crate) struct Conv2d {
    layer: fixtures::Conv2d,
    names: Names,
}

/// The input: the gradient of the weight is the product of its patches with `dy`.
pub(crate) struct Input(Activations);

impl Conv2d {
    pub fn new(layer: &fixtures::Conv2d, name: String) -> Self {
        Self { layer: layer.clone(), names: Names::new(name) }
    }

    fn windows(&self, x: &Activations) -> Windows {
        Windows::new(&self.layer, [x.shape()[2], x.shape()[3]])
    }

    /// `[out, in/groups, ky, kx]` → `[groups, out/groups, columns]`
    fn weights<'p>(&self, parameters: &'p TensorMap) -> ArrayView3<'p, f64> {
        let weight = &parameters[&self.names.weight];
        let out = self.layer.out_channels;
        let shape = (self.layer.groups, out / self.layer.groups, weight.len() / out);
        weight.view().into_shape_with_order(shape).expect("a weight of the layer's shape")
    }

    /// `[batch, channels, y, x]` → `[batch, groups, channels/groups, pixels]`
    fn grouped<'x>(&self, x: &'x Activations) -> ArrayView4<'x, f64> {
        let (batch, groups) = (x.shape()[0], self.layer.groups);
        let pixels = x.shape()[2] * x.shape()[3];
        let shape = (batch, groups, x.shape()[1] / groups, pixels);
        x.view().into_shape_with_order(shape).expect("row-major activations")
    }

    fn add_parameter_gradients(&self, dw: Array3<f64>, dy: &Activations, backward: &mut Backward) {
        let fixtures::Conv2d { in_channels, out_channels, groups, kernel, .. } = self.layer;
        let shape = [out_channels, in_channels / groups, kernel[0], kernel[1]];
        let dw = dw.into_shape_with_order(shape).expect("as many gradients as weights");
        backward.add(&self.names.weight, dw.into_dyn());
        if self.layer.bias {
            backward.add(&self.names.bias, sum_over_pixels(dy).into_dyn());
        }
    }
}

impl Layer for Conv2d {
    type Kept = Input;

    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Input) {
        if forward.mode == Mode::Train {
            let images = x.view().into_dimensionality::<Ix4>().expect("[batch, channel, y, x]");
            let a = statistic::conv2d_mean_square(&images, &self.layer); // S2, S4
            forward.observations.push((self.names.layer.clone(), a));
        }
        let windows = self.windows(&x);
        let mut y = convolve(&self.grouped(&x), &self.weights(forward.parameters), &windows);
        if self.layer.bias {
            let bias = vector(forward.parameters, &self.names.bias);
            let groups = self.layer.groups;
            // [out] → [groups, out/groups, 1], added to [batch, groups, out/groups, pixels]
            let bias = bias.into_shape_with_order((groups, bias.len() / groups, 1));
            y += &bias.expect("a bias of the layer's shape");
        }
        let [height, width] = windows.output;
        let shape = [x.shape()[0], self.layer.out_channels, height, width];
        (shaped(&shape, y.into_raw_vec_and_offset().0), Input(x))
    }

    fn backward(&self, Input(x): Input, dy: Activations, backward: &mut Backward) -> Activations {
        let (w, windows) = (self.weights(backward.parameters), self.windows(&x));
        let (images, gradients) = (self.grouped(&x), self.grouped(&dy));
        let (dx, dw) = match windows.transposed(w.dim().1) {
            Some(back) => gradients_by_windows_of_dy(&images, &gradients, &w, &back),
            None => (
                input_gradient(&gradients, &w, &windows),
                weight_gradient(&images, &gradients, &windows),
            ),
        };
        self.add_parameter_gradients(dw, &dy, backward);
        shaped(x.shape(), dx.into_raw_vec_and_offset().0)
    }

    fn backward_parameters(&self, Input(x): Input, dy: Activations, backward: &mut Backward) {
        let dw = weight_gradient(&self.grouped(&x), &self.grouped(&dy), &self.windows(&x));
        self.add_parameter_gradients(dw, &dy, backward);
    }
}

/// `y = W · patches(x)`.
fn convolve(x: &ArrayView4<f64>, w: &ArrayView3<f64>, windows: &Windows) -> Array4<f64> {
    let (batch, groups, ..) = x.dim();
    let mut y = Array4::zeros((batch, groups, w.dim().1, windows.count()));
    y.outer_iter_mut()
        .into_par_iter()
        .zip(x.outer_iter())
        .with_min_len(chunk(batch, work(w, windows)))
        .for_each_init(Vec::new, |buffer, (mut y, x)| {
            for ((mut y, x), w) in y.outer_iter_mut().zip(x.outer_iter()).zip(w.outer_iter()) {
                for block in windows.blocks() {
                    let patches = windows.patches(&x, block.clone(), buffer);
                    // [out, columns] · [columns, block] = [out, block]
                    general_mat_mul(
                        1.0,
                        &w,
                        &patches,
                        1.0,
                        &mut y.slice_axis_mut(Axis(1), block.into()),
                    );
                }
            }
        });
    y
}

/// `dW = Σ dy · patches(x)ᵀ`, over blocks and images.
fn weight_gradient(x: &ArrayView4<f64>, dy: &ArrayView4<f64>, windows: &Windows) -> Array3<f64> {
    let (batch, groups, out, _) = dy.dim();
    let zero = Array3::zeros((groups, out, windows.columns()));
    let images = images_per_chunk(batch, &zero.view(), windows);
    let of_chunks: Vec<_> = dy
        .axis_chunks_iter(Axis(0), images)
        .into_par_iter()
        .zip(x.axis_chunks_iter(Axis(0), images))
        .map_init(Vec::new, |buffer, (dy, x)| {
            let mut dw = zero.clone();
            for (dy, x) in dy.outer_iter().zip(x.outer_iter()) {
                for ((mut dw, dy), x) in
                    dw.outer_iter_mut().zip(dy.outer_iter()).zip(x.outer_iter())
                {
                    for block in windows.blocks() {
                        let patches = windows.patches(&x, block.clone(), buffer);
                        // [out, block] · [columns, block]ᵀ = [out, columns]
                        let dy = dy.slice_axis(Axis(1), block.into());
                        general_mat_mul(1.0, &dy, &patches.t(), 1.0, &mut dw);
                    }
                }
            }
            dw
        })
        .collect();
    total(of_chunks)
}

/// `dx`, to which every window adds its column of `Wᵀ · dy`.
fn input_gradient(dy: &ArrayView4<f64>, w: &ArrayView3<f64>, windows: &Windows) -> Array4<f64> {
    let (batch, groups, ..) = dy.dim();
    let pixels = windows.input[0] * windows.input[1];
    let mut dx = Array4::zeros((batch, groups, windows.channels, pixels));
    dx.outer_iter_mut()
        .into_par_iter()
        .zip(dy.outer_iter())
        .with_min_len(chunk(batch, work(w, windows)))
        .for_each_init(Vec::new, |buffer, (mut dx, dy)| {
            for ((mut dx, dy), w) in dx.outer_iter_mut().zip(dy.outer_iter()).zip(w.outer_iter()) {
                for block in windows.blocks() {
                    let mut patches = windows.matrix(block.len(), buffer);
                    // [out, columns]ᵀ · [out, block] = [columns, block]
                    let dy = dy.slice_axis(Axis(1), block.clone().into());
                    general_mat_mul(1.0, &w.t(), &dy, 0.0, &mut patches);
                    windows.scatter(&patches.view(), block, &mut dx);
                }
            }
        });
    dx
}

/// `dx` and `dW` of a convolution of stride 1, from the same patches of `dy`; see
/// [`Windows::transposed`].
fn gradients_by_windows_of_dy(
    x: &ArrayView4<f64>,
    dy: &ArrayView4<f64>,
    w: &ArrayView3<f64>,
    back: &Windows,
) -> (Array4<f64>, Array3<f64>) {
    let turned = turn(w, back.kernel);
    let mut dx = Array4::zeros(x.dim());
    let images = images_per_chunk(x.dim().0, w, back);
    let of_chunks: Vec<_> = dx
        .axis_chunks_iter_mut(Axis(0), images)
        .into_par_iter()
        .zip(x.axis_chunks_iter(Axis(0), images))
        .zip(dy.axis_chunks_iter(Axis(0), images))
        .map_init(Vec::new, |buffer, ((mut dx, x), dy)| {
            let mut dw = Array3::zeros(turned.dim());
            for ((mut dx, x), dy) in dx.outer_iter_mut().zip(x.outer_iter()).zip(dy.outer_iter()) {
                for group in 0..turned.dim().0 {
                    let (x, dy) = (x.index_axis(Axis(0), group), dy.index_axis(Axis(0), group));
                    let mut dx = dx.index_axis_mut(Axis(0), group);
                    let mut dw = dw.index_axis_mut(Axis(0), group);
                    let w = turned.index_axis(Axis(0), group);
                    for block in back.blocks() {
                        let patches = back.patches(&dy, block.clone(), buffer);
                        // [in, columns] · [columns, block] = [in, block]
                        let mut dx = dx.slice_axis_mut(Axis(1), block.clone().into());
                        general_mat_mul(1.0, &w, &patches, 1.0, &mut dx);
                        // [in, block] · [columns, block]ᵀ = [in, columns]
                        let x = x.slice_axis(Axis(1), block.into());
                        general_mat_mul(1.0, &x, &patches.t(), 1.0, &mut dw);
                    }
                }
            }
            dw
        })
        .collect();
    (dx, turn(&total(of_chunks).view(), back.kernel))
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

/// `Σ` over batch and pixels of every channel of `[batch, channels, y, x]`.
fn sum_over_pixels(dy: &Activations) -> Array1<f64> {
    let (channels, plane) = (dy.shape()[1], dy.shape()[2] * dy.shape()[3]);
    let mut total = Array1::zeros(channels);
    for (i, dy) in values(dy).chunks(plane).enumerate() {
        total[i % channels] += sum(plane, |p| dy[p]);
    }
    total
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
fn total(parts: Vec<Array3<f64>>) -> Array3<f64> {
    parts.into_iter().reduce(|sum, part| sum + part).expect("a batch is not empty")
}
