//! `A`, the mean square of every input column of a layer (S3–S5), without patches.
//!
//! A convolution's column `(c, ky, kx)` holds the pixels of channel `c` that the tap `(ky, kx)`
//! meets as the window moves. Which pixels these are does not depend on the sample, so the squares
//! are summed over the batch first. What is left is one image per channel, `S[c]`, and
//!
//! ```text
//! A[c, ky, kx] = 1/N · Σ_y Σ_x  Ry[ky, y] · S[c, y, x] · Rx[kx, x]
//! ```
//!
//! with `R[k, i] = 1` where tap `k` meets pixel `i` on that axis, else 0: two small products
//! instead of `kernel y × kernel x` copies of the input. Padding adds nothing to the sum and
//! counts in `N`.

use crate::backend;
use tch::{Device, Tensor};

/// How a layer reads its input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Geometry {
    /// Rows of features.
    Linear,
    /// Windows of a padded image; pairs are `[y, x]`.
    Conv2d { kernel: [i64; 2], stride: [i64; 2], padding: [i64; 2], dilation: [i64; 2] },
}

/// Computes `A` of one layer; keeps the matrices `R` of the last image size.
pub(crate) struct Statistic {
    geometry: Geometry,
    groups: i64,
    taps: Option<Taps>,
    /// The trailing 1 of every group (S5), `[groups, 1]`.
    one: Option<Tensor>,
}

/// Which pixels each tap of a kernel meets.
struct Taps {
    /// Pixels of the image, `[H, W]`.
    image: [i64; 2],
    /// Number of windows, `out_h · out_w`.
    windows: i64,
    /// `Ry`, `[ky, H]`.
    y: Tensor,
    /// `Rx` transposed, `[W, kx]`.
    x: Tensor,
}

impl Statistic {
    /// `like` gives dtype and device.
    pub fn new(geometry: Geometry, groups: i64, has_bias: bool, like: &Tensor) -> Self {
        let one = has_bias.then(|| Tensor::ones([groups, 1], (like.kind(), like.device())));
        Self { geometry, groups, taps: None, one }
    }

    /// `A` of one input, `[groups, columns]`.
    pub fn mean_square(&mut self, input: &Tensor) -> Tensor {
        let (sums, rows) = match self.geometry {
            Geometry::Linear => {
                let x = input.flatten(0, -2);
                (sum_squares(&x), x.size()[0])
            }
            Geometry::Conv2d { .. } => self.window_sums(input),
        };
        // [columns of all groups] → [groups, columns]
        let a = (sums / rows as f64).view([self.groups, -1]);
        match &self.one {
            Some(one) => Tensor::cat(&[&a, one], 1), // S5
            None => a,
        }
    }

    /// `N·A` and `N` of a convolution (S4).
    fn window_sums(&mut self, input: &Tensor) -> (Tensor, i64) {
        let [batch, c, h, w] = input.size()[..] else { unreachable!("images have four axes") };
        let taps = match self.taps.take() {
            Some(taps) if taps.image == [h, w] => taps,
            _ => Taps::new(self.geometry, [h, w], input),
        };
        let squares = sum_squares_of_images(input);
        // [C·H, W] · [W, kx] → [C, H, kx]
        let along_x = squares.view([c * h, w]).mm(&taps.x).view([c, h, -1]);
        // [ky, H] · [C, H, kx] → [C, ky, kx]
        let sums = taps.y.matmul(&along_x);
        let rows = batch * taps.windows;
        self.taps = Some(taps);
        (sums, rows)
    }
}

impl Taps {
    fn new(geometry: Geometry, image: [i64; 2], like: &Tensor) -> Self {
        let Geometry::Conv2d { kernel, stride, padding, dilation } = geometry else {
            unreachable!("only convolutions have taps")
        };
        let [(y, out_h), (x, out_w)] = [0, 1].map(|axis| {
            let [kernel, stride] = [kernel[axis], stride[axis]];
            let [padding, dilation] = [padding[axis], dilation[axis]];
            let extent = image[axis];
            let out = (extent + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
            let mut r = vec![0.0_f32; usize::try_from(kernel * extent).expect("fits memory")];
            for (k, row) in (0..).zip(r.chunks_exact_mut(extent as usize)) {
                for o in 0..out {
                    let pixel = o * stride + k * dilation - padding;
                    if (0..extent).contains(&pixel) {
                        row[pixel as usize] = 1.0;
                    }
                }
            }
            let r = Tensor::from_slice(&r).view([kernel, extent]);
            (r.to_kind(like.kind()).to_device(like.device()), out)
        });
        Self { image, windows: out_h * out_w, y, x: x.tr().contiguous() }
    }
}

/// `Σ x²` over the first axis.
fn sum_squares(x: &Tensor) -> Tensor {
    match x.device() {
        Device::Cpu => backend::sum_squares(&x.contiguous()),
        _ => sum_squares_plainly(x),
    }
}

/// As [`sum_squares`], in libtorch's own operations.
fn sum_squares_plainly(x: &Tensor) -> Tensor {
    Tensor::linalg_vecdot(x, x, 0)
}

/// `Σ_b x²` of images `[B, C, H, W]`, row-major or channels last: `[C, H, W]`.
fn sum_squares_of_images(x: &Tensor) -> Tensor {
    let channels_last = x.permute([0, 2, 3, 1]);
    if channels_last.is_contiguous() {
        sum_squares(&channels_last).permute([2, 0, 1]).contiguous()
    } else {
        sum_squares(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::values;
    use tch::Kind;

    /// `A` as the definition has it (S4): every window a row of its own.
    fn from_patches(input: &Tensor, geometry: Geometry, groups: i64) -> Tensor {
        let Geometry::Conv2d { kernel, stride, padding, dilation } = geometry else {
            unreachable!()
        };
        // [B, C, H, W] → [B, columns, windows] → [B·windows, columns]
        let patches = input.im2col(kernel, dilation, padding, stride);
        let rows = patches.transpose(1, 2).flatten(0, 1);
        let sums = rows.square().sum_dim_intlist([0].as_slice(), false, None::<Kind>);
        (sums / rows.size()[0] as f64).view([groups, -1])
    }

    /// Every pair of entries.
    fn pairs(of: &[i64]) -> Vec<[i64; 2]> {
        of.iter().flat_map(|&y| of.iter().map(move |&x| [y, x])).collect()
    }

    /// Every geometry of kernels to 3, strides to 3, paddings to 2 and dilations to 2 that fits
    /// 5 × 4 pixels. The pixels are small integers: every sum is exact in float32, too, and the
    /// one division rounds alike, so that the two ways must agree to the bit.
    #[test]
    fn equals_the_mean_square_of_patches_for_every_small_geometry() {
        tch::manual_seed(3);
        let image = [5, 4];
        let integers = Tensor::randint_low(-4, 5, [2, 4, 5, 4], (Kind::Double, Device::Cpu));
        let mut seen = 0;
        for kernel in pairs(&[1, 2, 3]) {
            for stride in pairs(&[1, 2, 3]) {
                for padding in pairs(&[0, 1, 2]) {
                    for dilation in pairs(&[1, 2]) {
                        let fits =
                            |i: usize| dilation[i] * (kernel[i] - 1) < image[i] + 2 * padding[i];
                        if !(fits(0) && fits(1)) {
                            continue;
                        }
                        let geometry = Geometry::Conv2d { kernel, stride, padding, dilation };
                        let groups = 1 + seen % 2;
                        for kind in [Kind::Double, Kind::Float] {
                            let x = integers.to_kind(kind);
                            let got = Statistic::new(geometry, groups, false, &x).mean_square(&x);
                            let expected = from_patches(&x, geometry, groups);
                            assert_eq!(got, expected, "{geometry:?}, {groups} groups, {kind:?}");
                        }
                        seen += 1;
                    }
                }
            }
        }
        // All 54 per axis, but for 3 taps at distance 2 across 4 pixels without padding.
        assert_eq!(seen, 54 * (54 - 3), "geometries that fit");
    }

    /// The fast sum against libtorch's, over numbers of any size: of blocks and parts of blocks, in
    /// one part and in several, in both orders of memory.
    #[test]
    fn sums_of_squares_are_libtorchs() {
        tch::manual_seed(5);
        let batches = [1, 15, 16, 17, 50];
        let sizes = [[1, 1, 1], [3, 5, 7], [2, 32, 16], [5, 31, 33]];
        for (batch, [c, h, w]) in batches.iter().flat_map(|b| sizes.map(|size| (*b, size))) {
            let x = Tensor::randn([batch, c, h, w], (Kind::Double, Device::Cpu));
            let channels_last = x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
            let expected = sum_squares_plainly(&x);
            for (x, kind, unit) in [
                (&x, Kind::Double, 2.0_f64.powi(-53)),
                (&channels_last, Kind::Double, 2.0_f64.powi(-53)),
                (&x, Kind::Float, 2.0_f64.powi(-24)),
                (&channels_last, Kind::Float, 2.0_f64.powi(-24)),
            ] {
                let got = sum_squares_of_images(&x.to_kind(kind));
                assert_eq!((got.size(), got.kind()), (vec![c, h, w], kind));
                let error = ((got.to_kind(Kind::Double) - &expected) / &expected).abs().max();
                // Reading, squaring, and two chains of at most 16 additions.
                let bound = 35.0 * unit;
                assert!(error.double_value(&[]) <= bound, "{kind:?} {batch} {c} {h} {w}");
            }
        }
    }

    #[test]
    fn the_image_may_change_size() {
        let options = (Kind::Double, Device::Cpu);
        let geometry =
            Geometry::Conv2d { kernel: [3, 2], stride: [2, 1], padding: [1, 0], dilation: [1, 2] };
        let mut statistic = Statistic::new(geometry, 1, false, &Tensor::zeros([0], options));
        for size in [[5, 4], [7, 3], [5, 4]] {
            let x = Tensor::arange(6 * size[0] * size[1], options).view([2, 3, size[0], size[1]]);
            assert_eq!(statistic.mean_square(&x), from_patches(&x, geometry, 1), "{size:?}");
        }
    }

    #[test]
    fn every_leading_axis_of_a_linear_input_counts_as_rows() {
        let x = Tensor::from_slice(&[1.0, 2.0, -3.0, 0.0, 5.0, 6.0, 7.0, -8.0]).view([2, 2, 2]);
        let a = Statistic::new(Geometry::Linear, 1, true, &x).mean_square(&x);
        assert_eq!(a.size(), [1, 3]);
        assert_eq!(values(&a), [84.0 / 4.0, 104.0 / 4.0, 1.0]); // S3, S5
    }

    #[test]
    fn a_bias_adds_a_one_to_every_group() {
        let x = Tensor::ones([1, 4, 2, 3], (Kind::Double, Device::Cpu)) * 3.0;
        let (one, zero) = ([1, 1], [0, 0]);
        let geometry = Geometry::Conv2d { kernel: one, stride: one, padding: zero, dilation: one };
        let a = Statistic::new(geometry, 2, true, &x).mean_square(&x);
        assert_eq!(values(&a), [9.0, 9.0, 1.0, 9.0, 9.0, 1.0]); // S5, per group
    }

    /// A float32 sum of positive numbers is off by at most (longest chain of additions)·2⁻²⁴ of
    /// itself. Here 16 + 16 over the batch in blocks, 64 + 32 over the pixels. Adding one by one
    /// would be off by some 2e-5 here, and by up to 3e-2.
    #[test]
    fn float32_sums_in_short_chains() {
        tch::manual_seed(4);
        let x = Tensor::rand([256, 2, 64, 32], (Kind::Float, Device::Cpu)) + 0.5;
        let geometry =
            Geometry::Conv2d { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
        let of = |x: &Tensor| values(&Statistic::new(geometry, 1, false, x).mean_square(x));
        for (got, exact) in of(&x).iter().zip(of(&x.to_kind(Kind::Double))) {
            let error = (got - exact).abs() / exact;
            assert!(error <= 128.0 * 2.0_f64.powi(-24), "{error:e}");
        }
    }
}
