//! Linear layers, `y = x·Wᵀ + b`.

use crate::layer::{Backward, Forward, Layer, Names};
use crate::parallel::{chunk, shaped};
use crate::{Activations, statistic};
use fixtures::Mode;
use ndarray::linalg::general_mat_mul;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Ix1, Ix2};

/// A linear layer on the last axis of its input.
pub(crate) struct Linear {
    layer: fixtures::Linear,
    names: Names,
}

/// The input: the gradient of the weight is its product with `dy`.
pub(crate) struct Input(Activations);

impl Linear {
    pub fn new(layer: &fixtures::Linear, name: String) -> Self {
        Self { layer: layer.clone(), names: Names::new(name) }
    }
}

impl Layer for Linear {
    type Kept = Input;

    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Input) {
        let layer = &self.layer;
        if forward.mode == Mode::Train {
            let a = statistic::linear_mean_square(&x.view(), layer.bias); // S2, S3
            forward.observations.push((self.names.layer.clone(), a));
        }
        let w = weight(forward.parameters, &self.names);
        let mut shape = x.shape().to_vec();
        *shape.last_mut().expect("an axis of features") = layer.out_features;

        // [rows, in] · [out, in]ᵀ = [rows, out]
        let mut y = Array2::zeros((x.len() / layer.in_features, layer.out_features));
        if layer.bias {
            y += &forward.parameters[&self.names.bias].view().into_dimensionality::<Ix1>().unwrap();
        }
        add_product(&rows(&x, layer.in_features), &w.t(), &mut y.view_mut());
        (shaped(&shape, y.into_raw_vec_and_offset().0), Input(x))
    }

    fn backward(&self, Input(x): Input, dy: Activations, backward: &mut Backward) -> Activations {
        let w = weight(backward.parameters, &self.names);
        // [rows, out] · [out, in] = [rows, in]
        let mut dx = Array2::zeros((x.len() / self.layer.in_features, self.layer.in_features));
        add_product(&rows(&dy, self.layer.out_features), &w, &mut dx.view_mut());
        let shape = x.shape().to_vec();
        self.backward_parameters(Input(x), dy, backward);
        shaped(&shape, dx.into_raw_vec_and_offset().0)
    }

    fn backward_parameters(&self, Input(x): Input, dy: Activations, backward: &mut Backward) {
        let (x, dy) = (rows(&x, self.layer.in_features), rows(&dy, self.layer.out_features));
        // [rows, out]ᵀ · [rows, in] = [out, in]
        let mut dw = Array2::zeros((self.layer.out_features, self.layer.in_features));
        add_product(&dy.t(), &x, &mut dw.view_mut());
        backward.add(&self.names.weight, dw.into_dyn());
        if self.layer.bias {
            backward.add(&self.names.bias, dy.sum_axis(Axis(0)).into_dyn());
        }
    }
}

/// `[…, width]` as `[rows, width]`.
fn rows(x: &Activations, width: usize) -> ArrayView2<'_, f64> {
    x.view().into_shape_with_order((x.len() / width, width)).expect("row-major activations")
}

fn weight<'p>(parameters: &'p crate::TensorMap, names: &Names) -> ArrayView2<'p, f64> {
    parameters[&names.weight].view().into_dimensionality::<Ix2>().expect("a matrix")
}

/// `c ← c + a·b`, a chunk of rows at a time.
fn add_product(a: &ArrayView2<f64>, b: &ArrayView2<f64>, c: &mut ArrayViewMut2<f64>) {
    let rows = chunk(c.nrows(), a.ncols() * b.ncols() / 8).max(16);
    c.axis_chunks_iter_mut(Axis(0), rows)
        .into_par_iter()
        .zip(a.axis_chunks_iter(Axis(0), rows))
        .for_each(|(mut c, a)| general_mat_mul(1.0, &a, b, 1.0, &mut c));
}
