//! The statistic straight from its definition: every row written out, then the mean of squares.
//!
//! Slow, and what the fast functions are held to.

use super::windows;
use fixtures::Conv2d;
use ndarray::{Array1, Array2, ArrayView2, ArrayView4, ArrayViewD};

/// `A_j = (1/N) Σ_n x_nj²` over the rows of `[N, columns]`.
#[must_use]
pub fn mean_square(rows: &ArrayView2<f64>) -> Array1<f64> {
    let (n, columns) = rows.dim();
    Array1::from_shape_fn(columns, |j| {
        let mut sum = 0.0;
        for row in 0..n {
            sum += rows[[row, j]] * rows[[row, j]];
        }
        sum / n as f64
    })
}

/// `A` of a linear layer; see [`linear_mean_square`](super::linear_mean_square).
#[must_use]
pub fn linear_mean_square(x: &ArrayViewD<f64>, bias: bool) -> Array1<f64> {
    mean_square(&linear_rows(x, bias).view())
}

/// `A` of a convolution; see [`conv2d_mean_square`](super::conv2d_mean_square).
#[must_use]
pub fn conv2d_mean_square(x: &ArrayView4<f64>, layer: &Conv2d) -> Array1<f64> {
    let groups = 0..layer.groups;
    groups.flat_map(|group| mean_square(&patches(x, layer, group).view())).collect()
}

/// The rows that a linear layer observes: `[…, in]` → `[N, in]`, or `[N, in + 1]` with a bias
/// (S3, S5).
#[must_use]
pub fn linear_rows(x: &ArrayViewD<f64>, bias: bool) -> Array2<f64> {
    let width = *x.shape().last().expect("an axis of features");
    let n = x.len() / width;
    let x = x.to_shape((n, width)).expect("as many values");
    Array2::from_shape_fn((n, width + usize::from(bias)), |(row, j)| {
        if j == width { 1.0 } else { x[[row, j]] }
    })
}

/// The rows that one group of a convolution observes, `[N, columns]`, in the order
/// `(image, y, x)`; columns in the order `(channel, ky, kx)`, then 1 with a bias (S4, S5).
#[must_use]
pub fn patches(x: &ArrayView4<f64>, layer: &Conv2d, group: usize) -> Array2<f64> {
    let (batch, channels, height, width) = x.dim();
    let &Conv2d { kernel: [ky, kx], stride, padding, dilation, .. } = layer;
    let [out_h, out_w] = windows(layer, [height, width]);
    let channels = channels / layer.groups;
    let columns = channels * ky * kx;
    Array2::from_shape_fn((batch * out_h * out_w, columns + usize::from(layer.bias)), |(n, j)| {
        if j == columns {
            return 1.0; // S5
        }
        let (image, p, q) = (n / (out_h * out_w), n / out_w % out_h, n % out_w);
        let (channel, k, l) = (group * channels + j / (ky * kx), j / kx % ky, j % kx);
        let y = (p * stride[0] + k * dilation[0]).checked_sub(padding[0]);
        let x_ = (q * stride[1] + l * dilation[1]).checked_sub(padding[1]);
        match (y, x_) {
            (Some(y), Some(x_)) if y < height && x_ < width => x[[image, channel, y, x_]],
            _ => 0.0, // the zero padding
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, Axis};

    /// Every window written out in the order of the clause, without an index computed backwards.
    #[test]
    fn patches_are_what_the_windows_cover() {
        let x = Array4::from_shape_fn((2, 4, 6, 5), |(image, channel, y, x)| {
            (1000 * (image + 1) + 100 * channel + 10 * y + x) as f64
        });
        let mut layer = Conv2d {
            name: "conv".to_owned(),
            in_channels: 4,
            out_channels: 2,
            kernel: [2, 3],
            stride: [2, 3],
            padding: [1, 2],
            dilation: [3, 2],
            groups: 2,
            bias: true,
        };
        for (group, channels) in [(0, [0, 1]), (1, [2, 3])] {
            let mut values = Vec::new();
            for image in 0..2 {
                for y in [[-1, 2], [1, 4], [3, 6]] {
                    for x in [[-2, 0, 2], [1, 3, 5]] {
                        for channel in channels {
                            for y in y {
                                for x in x {
                                    let inside = (0..6).contains(&y) && (0..5).contains(&x);
                                    let pixel = 1000 * (image + 1) + 100 * channel + 10 * y + x;
                                    values.push(if inside { f64::from(pixel) } else { 0.0 });
                                }
                            }
                        }
                        values.push(1.0);
                    }
                }
            }
            layer.bias = true;
            let expected = Array2::from_shape_vec((12, 13), values).unwrap();
            assert_eq!(patches(&x.view(), &layer, group), expected);
            layer.bias = false;
            assert_eq!(patches(&x.view(), &layer, group), expected.view().split_at(Axis(1), 12).0);
        }
    }
}
