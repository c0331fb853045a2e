//! Convolutions, as matrix products with the patches of the image.
//!
//! Images are viewed as `[batch, groups, channels of a group, pixels]`, weights as `[groups,
//! outputs of a group, columns]`.

mod products;

use crate::layer::{Backward, Forward, Layer, Names, vector};
use crate::parallel::{shaped, sum, values};
use crate::windows::Windows;
use crate::{Activations, TensorMap, statistic};
use fixtures::Mode;
use ndarray::{Array1, Array3, ArrayView3, ArrayView4, Ix4};
use products::{convolve, gradients_by_windows_of_dy, input_gradient, weight_gradient};

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

/// `Σ` over batch and pixels of every channel of `[batch, channels, y, x]`.
fn sum_over_pixels(dy: &Activations) -> Array1<f64> {
    let (channels, plane) = (dy.shape()[1], dy.shape()[2] * dy.shape()[3]);
    let mut total = Array1::zeros(channels);
    for (i, dy) in values(dy).chunks(plane).enumerate() {
        total[i % channels] += sum(plane, |p| dy[p]);
    }
    total
}
