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
use crate::preconditioned::Geometry;
use tch::{Device, Tensor};

/// Computes `A` of one layer.
pub(crate) struct Statistic {
    rows: Rows,
    groups: i64,
    /// The trailing 1 of every group (S5), `[groups, 1]`.
    one: Option<Tensor>,
}

/// What a layer's outputs are computed from.
enum Rows {
    /// Rows of features.
    Features,
    /// Windows of an image, with the taps for the last image size.
    Windows(Window, Option<Taps>),
}

/// A convolution's window on the padded image; pairs are `[y, x]`.
#[derive(Clone, Copy, Debug)]
struct Window {
    kernel: [i64; 2],
    stride: [i64; 2],
    padding: [i64; 2],
    dilation: [i64; 2],
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
    /// For a layer whose `weight` fits its geometry; it gives the kernel, dtype and device.
    pub fn new(geometry: Geometry, weight: &Tensor, has_bias: bool) -> Self {
        let groups = geometry.groups();
        let rows = match geometry {
            Geometry::Linear => Rows::Features,
            Geometry::Conv2d { stride, padding, dilation, .. } => {
                let size = weight.size();
                let kernel = [size[2], size[3]];
                Rows::Windows(Window { kernel, stride, padding, dilation }, None)
            }
        };
        let one = has_bias.then(|| Tensor::ones([groups, 1], (weight.kind(), weight.device())));
        Self { rows, groups, one }
    }

    /// `A` of one input, `[groups, columns]`.
    pub fn mean_square(&mut self, input: &Tensor) -> Tensor {
        let (sums, rows) = match &mut self.rows {
            Rows::Features => {
                let x = input.flatten(0, -2);
                (sum_squares(&x), x.size()[0])
            }
            Rows::Windows(window, taps) => {
                let [batch, _, h, w] = input.size()[..] else { unreachable!("four axes") };
                let last = taps.take().filter(|taps| taps.image == [h, w]);
                let taps = taps.insert(last.unwrap_or_else(|| window.taps([h, w], input)));
                (taps.sums(input), batch * taps.windows)
            }
        };
        // [columns of all groups] → [groups, columns]
        let a = (sums / rows as f64).view([self.groups, -1]);
        match &self.one {
            Some(one) => Tensor::cat(&[&a, one], 1), // S5
            None => a,
        }
    }
}

impl Window {
    /// Which pixels of an image `[H, W]` the taps meet; `like` gives dtype and device.
    fn taps(&self, image: [i64; 2], like: &Tensor) -> Taps {
        let [(y, out_h), (x, out_w)] = [0, 1].map(|axis| {
            let (r, out) = self.taps_along(axis, image[axis]);
            (r.to_kind(like.kind()).to_device(like.device()), out)
        });
        Taps { image, windows: out_h * out_w, y, x: x.tr().contiguous() }
    }

    /// `R` of an axis with so many pixels, `[kernel, extent]`, and the number of windows along it.
    fn taps_along(&self, axis: usize, extent: i64) -> (Tensor, i64) {
        let [kernel, stride] = [self.kernel[axis], self.stride[axis]];
        let [padding, dilation] = [self.padding[axis], self.dilation[axis]];
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
        (Tensor::from_slice(&r).view([kernel, extent]), out)
    }
}

impl Taps {
    /// `N·A`, `[C, ky, kx]` (S4).
    fn sums(&self, input: &Tensor) -> Tensor {
        let (c, [h, w]) = (input.size()[1], self.image);
        let squares = sum_squares_of_images(input);
        // [C·H, W] · [W, kx] → [C, H, kx]
        let along_x = squares.view([c * h, w]).mm(&self.x).view([c, h, -1]);
        // [ky, H] · [C, H, kx] → [C, ky, kx]
        self.y.matmul(&along_x)
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

    /// A statistic of windows without a bias, for inputs like this one.
    fn of_windows(window: Window, groups: i64, input: &Tensor) -> Statistic {
        let Window { kernel: [ky, kx], stride, padding, dilation } = window;
        let weight = Tensor::zeros([groups, 1, ky, kx], (input.kind(), input.device()));
        let geometry = Geometry::Conv2d { stride, padding, dilation, groups };
        Statistic::new(geometry, &weight, false)
    }

    /// `A` as the definition has it (S4): every window a row of its own.
    fn from_patches(input: &Tensor, window: Window, groups: i64) -> Tensor {
        let Window { kernel, stride, padding, dilation } = window;
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
                        let window = Window { kernel, stride, padding, dilation };
                        let groups = 1 + seen % 2;
                        for kind in [Kind::Double, Kind::Float] {
                            let x = integers.to_kind(kind);
                            let got = of_windows(window, groups, &x).mean_square(&x);
                            let expected = from_patches(&x, window, groups);
                            assert_eq!(got, expected, "{window:?}, {groups} groups, {kind:?}");
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
        let window = Window { kernel: [3, 2], stride: [2, 1], padding: [1, 0], dilation: [1, 2] };
        let mut statistic = of_windows(window, 1, &Tensor::zeros([0], options));
        for size in [[5, 4], [7, 3], [5, 4]] {
            let x = Tensor::arange(6 * size[0] * size[1], options).view([2, 3, size[0], size[1]]);
            assert_eq!(statistic.mean_square(&x), from_patches(&x, window, 1), "{size:?}");
        }
    }

    #[test]
    fn every_leading_axis_of_a_linear_input_counts_as_rows() {
        let x = Tensor::from_slice(&[1.0, 2.0, -3.0, 0.0, 5.0, 6.0, 7.0, -8.0]).view([2, 2, 2]);
        let a = Statistic::new(Geometry::Linear, &x, true).mean_square(&x);
        assert_eq!(a.size(), [1, 3]);
        assert_eq!(values(&a), [84.0 / 4.0, 104.0 / 4.0, 1.0]); // S3, S5
    }

    #[test]
    fn a_bias_adds_a_one_to_every_group() {
        let x = Tensor::ones([1, 4, 2, 3], (Kind::Double, Device::Cpu)) * 3.0;
        let (one, zero) = ([1, 1], [0, 0]);
        let geometry = Geometry::Conv2d { stride: one, padding: zero, dilation: one, groups: 2 };
        let weight = Tensor::ones([2, 2, 1, 1], (Kind::Double, Device::Cpu));
        let a = Statistic::new(geometry, &weight, true).mean_square(&x);
        assert_eq!(values(&a), [9.0, 9.0, 1.0, 9.0, 9.0, 1.0]); // S5, per group
    }

    /// A float32 sum of positive numbers is off by at most (longest chain of additions)·2⁻²⁴ of
    /// itself. Here 16 + 16 over the batch in blocks, 64 + 32 over the pixels. Adding one by one
    /// would be off by some 2e-5 here, and by up to 3e-2.
    #[test]
    fn float32_sums_in_short_chains() {
        tch::manual_seed(4);
        let x = Tensor::rand([256, 2, 64, 32], (Kind::Float, Device::Cpu)) + 0.5;
        let window = Window { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
        let of = |x: &Tensor| values(&of_windows(window, 1, x).mean_square(x));
        for (got, exact) in of(&x).iter().zip(of(&x.to_kind(Kind::Double))) {
            let error = (got - exact).abs() / exact;
            assert!(error <= 128.0 * 2.0_f64.powi(-24), "{error:e}");
        }
    }
}
