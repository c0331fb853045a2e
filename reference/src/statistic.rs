//! `A`: the mean square of every input column of a layer, over all rows (S3, S4, S5).
//!
//! A row is what one output is computed from. For a linear layer that is the last axis of its
//! input; for a convolution it is a patch, what one window covers of the zero-padded image. A
//! layer with a bias sees one more column, which is always 1.
//!
//! [`plain`] is the definition: all rows, written out. The functions of this file give the same
//! without ever holding a patch. Every window sums the same squares, so the batch is summed
//! first and the windows second:
//!
//! ```text
//! E_cyx    = Σ_b x_bcyx²                                           [channels, height, width]
//! A_c,k,l  = (1/N) Σ_p Σ_q E_c,(p·stride + k·dilation − padding),(q·stride + l·dilation − padding)
//! ```
//!
//! where pixels outside the image count as 0, and `N = batch · out_h · out_w` counts all windows.

use fixtures::Conv2d;
use ndarray::parallel::prelude::*;
use ndarray::{
    Array1, Array2, Array3, ArrayView2, ArrayView4, ArrayViewD, Axis, Slice, azip, concatenate,
};

pub mod plain;

/// Columns that one task sums. Long enough to be read at full speed, short enough to be many.
const COLUMNS: usize = 256;

/// `A_j = (1/N) Σ_n x_nj²`, over all axes but the last (S3), then a 1 if there is a bias (S5).
///
/// `x` is `[…, in]`, the result `[in]` or `[in + 1]`.
///
/// # Panics
/// If `x` has no axis or no row.
#[must_use]
pub fn linear_mean_square(x: &ArrayViewD<f64>, bias: bool) -> Array1<f64> {
    let width = *x.shape().last().expect("an axis of features");
    let rows = x.len() / width;
    assert!(rows > 0, "an input without rows, {:?}", x.shape());
    // […, in] → [rows, in]
    let x = x.to_shape((rows, width)).expect("as many values");
    let a = sum_of_squares(&x.view()) / rows as f64; // S3
    with_bias_column(a.insert_axis(Axis(0)), bias)
}

/// `A` of a convolution (S4): for every group its columns `(channel, ky, kx)`, then its 1 if there
/// is a bias (S5).
///
/// `x` is `[batch, channels, height, width]`, the result `[groups · columns]`.
///
/// # Panics
/// If `x` has no image, other channels than the layer, or no room for a window.
#[must_use]
pub fn conv2d_mean_square(x: &ArrayView4<f64>, layer: &Conv2d) -> Array1<f64> {
    let (batch, channels, height, width) = x.dim();
    let &Conv2d { groups, kernel: [ky, kx], .. } = layer;
    let [out_h, out_w] = windows(layer, [height, width]);
    let windows = batch * out_h * out_w;
    assert!(windows > 0, "an input without windows, {:?}", x.shape());

    // [batch, channels, height, width] → [batch, channels·height·width]
    let rows = x.to_shape((batch, channels * height * width)).expect("as many values");
    let energy = sum_of_squares(&rows.view());
    let energy = energy.into_shape_with_order((channels, height, width)).expect("as many values");

    let mut sums = Array3::zeros((channels, ky, kx));
    for k in 0..ky {
        // [channels, rows that this tap sees, width] → [channels, width]
        let energy = energy.slice_axis(Axis(1), seen(layer, 0, k, height, out_h)).sum_axis(Axis(1));
        for l in 0..kx {
            // [channels, columns that this tap sees] → [channels]
            let energy = energy.slice_axis(Axis(1), seen(layer, 1, l, width, out_w));
            sums.index_axis_mut(Axis(1), k).column_mut(l).assign(&energy.sum_axis(Axis(1)));
        }
    }
    let a = sums / windows as f64; // S4
    // [channels, ky, kx] → [groups, channels/groups · ky · kx]
    let a = a.into_shape_with_order((groups, channels / groups * ky * kx)).expect("whole groups");
    with_bias_column(a, layer.bias)
}

/// `Σ_n x_nj²` of `[rows, columns]`.
///
/// A column is summed in the order of its rows, so neither the number of threads nor the way
/// columns are shared out between them shows in the result.
fn sum_of_squares(x: &ArrayView2<f64>) -> Array1<f64> {
    let mut sums = Array1::zeros(x.ncols());
    sums.axis_chunks_iter_mut(Axis(0), COLUMNS)
        .into_par_iter()
        .zip(x.axis_chunks_iter(Axis(1), COLUMNS))
        .for_each(|(mut sums, x)| {
            for row in x.rows() {
                azip!((sum in &mut sums, &x in row) *sum += x * x);
            }
        });
    sums
}

/// The pixels along one axis that place `tap` of the kernel sees as the window moves.
fn seen(layer: &Conv2d, axis: usize, tap: usize, extent: usize, windows: usize) -> Slice {
    let (stride, padding) = (layer.stride[axis], layer.padding[axis]);
    // Window o sees pixel o·stride + shift − padding, if that lies in the image.
    let shift = tap * layer.dilation[axis];
    let before = padding.saturating_sub(shift).next_multiple_of(stride);
    let first = before + shift - padding;
    let end = (shift + windows * stride).saturating_sub(padding).min(extent);
    Slice::from(first.min(end)..end).step_by(stride.cast_signed())
}

/// How many windows fit along y and x of the padded image.
fn windows(layer: &Conv2d, extent: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|axis| {
        let reach = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
        let room = (extent[axis] + 2 * layer.padding[axis]).checked_sub(reach);
        room.map_or(0, |room| room / layer.stride[axis] + 1)
    })
}

/// `[groups, columns]` as one row after the other, each ended by a 1 if there is a bias (S5).
fn with_bias_column(a: Array2<f64>, bias: bool) -> Array1<f64> {
    let a = match bias {
        false => a,
        true => concatenate![Axis(1), a, Array2::ones((a.nrows(), 1))],
    };
    a.flatten().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ArrayD, array};

    type OfLinear = fn(&ArrayViewD<f64>, bool) -> Array1<f64>;
    type OfConv2d = fn(&ArrayView4<f64>, &Conv2d) -> Array1<f64>;

    /// The fast statistics, and their definitions.
    const LINEAR: [OfLinear; 2] = [linear_mean_square, plain::linear_mean_square];
    const CONV2D: [OfConv2d; 2] = [conv2d_mean_square, plain::conv2d_mean_square];

    #[test]
    fn all_leading_axes_of_a_linear_input_are_rows() {
        // [2, 3, 2]: two sequences of three tokens of two features.
        let x = ArrayD::from_shape_vec(
            vec![2, 3, 2],
            vec![1., 0., 2., 3., -1., 0., 0., -3., 4., 0., 2., 6.],
        )
        .unwrap();
        // Column 0: (1 + 4 + 1 + 0 + 16 + 4)/6, column 1: (0 + 9 + 0 + 9 + 0 + 36)/6.
        for mean_square in LINEAR {
            assert_eq!(mean_square(&x.view(), false), array![26. / 6., 9.]);
            assert_eq!(mean_square(&x.view(), true), array![26. / 6., 9., 1.]);
        }
    }

    #[test]
    fn padding_gives_zeros_and_counts_as_rows() {
        // One image of 1×2 pixels, a 1×2 kernel, one pixel of padding left and right:
        // the windows are (0, 3), (3, 1), (1, 0).
        let x = Array4::from_shape_vec((1, 1, 1, 2), vec![3., 1.]).unwrap();
        let layer = Conv2d {
            name: "conv".to_owned(),
            in_channels: 1,
            out_channels: 1,
            kernel: [1, 2],
            stride: [1, 1],
            padding: [0, 1],
            dilation: [1, 1],
            groups: 1,
            bias: true,
        };
        for mean_square in CONV2D {
            assert_eq!(mean_square(&x.view(), &layer), array![10. / 3., 10. / 3., 1.]);
        }
    }

    #[test]
    fn every_group_has_its_columns_and_its_one() {
        // Two images of 2 channels of 2×1 pixels; a 1×1 kernel; every channel its own group.
        let x = Array4::from_shape_vec((2, 2, 2, 1), vec![1., 2., 5., 0., 3., 0., 1., 2.]).unwrap();
        let layer = Conv2d {
            name: "conv".to_owned(),
            in_channels: 2,
            out_channels: 4,
            kernel: [1, 1],
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 2,
            bias: true,
        };
        // Channel 0: (1 + 4 + 9 + 0)/4, channel 1: (25 + 0 + 1 + 4)/4.
        for mean_square in CONV2D {
            assert_eq!(mean_square(&x.view(), &layer), array![14. / 4., 1., 30. / 4., 1.]);
        }
    }
}
