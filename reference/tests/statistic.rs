//! The fast statistic against its definition.

use fixtures::Conv2d;
use ndarray::{Array1, Array4, ArrayD, IxDyn};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::SeedableRng;
use rand::distr::{Distribution, Uniform};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use reference::statistic::{conv2d_mean_square, linear_mean_square, plain};

const SEED: u64 = 20_240_611;

/// Integers from −9 to 9: sums of their squares are exact in float64, in any order.
fn integers(shape: &[usize], seed: u64) -> ArrayD<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let uniform = Uniform::new_inclusive(-9_i32, 9).unwrap();
    ArrayD::from_shape_simple_fn(IxDyn(shape), || f64::from(uniform.sample(&mut rng)))
}

/// Reals of magnitudes from 1e-3 to 1e3.
fn reals(shape: &[usize], seed: u64) -> ArrayD<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (exponent, sign) = (Uniform::new(-3.0, 3.0).unwrap(), Uniform::new(-1.0, 1.0).unwrap());
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        10_f64.powf(exponent.sample(&mut rng)).copysign(sign.sample(&mut rng))
    })
}

fn images(x: ArrayD<f64>) -> Array4<f64> {
    x.into_dimensionality().unwrap()
}

/// A convolution along one axis.
#[derive(Clone, Copy, Debug)]
struct Axis {
    extent: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
}

/// Every small axis on which a window fits.
fn axes() -> Vec<Axis> {
    let mut axes = Vec::new();
    for extent in 1..=5 {
        for kernel in 1..=3 {
            for stride in 1..=3 {
                for padding in 0..=2 {
                    for dilation in 1..=2 {
                        let axis = Axis { extent, kernel, stride, padding, dilation };
                        if dilation * (kernel - 1) < extent + 2 * padding {
                            axes.push(axis);
                        }
                    }
                }
            }
        }
    }
    axes
}

fn convolution(y: Axis, x: Axis, channels: usize, groups: usize, bias: bool) -> Conv2d {
    Conv2d {
        name: "conv".to_owned(),
        in_channels: channels,
        out_channels: groups,
        kernel: [y.kernel, x.kernel],
        stride: [y.stride, x.stride],
        padding: [y.padding, x.padding],
        dilation: [y.dilation, x.dilation],
        groups,
        bias,
    }
}

/// Windows of all images together.
fn rows(y: Axis, x: Axis, batch: usize) -> usize {
    let outputs =
        |a: Axis| (a.extent + 2 * a.padding - a.dilation * (a.kernel - 1) - 1) / a.stride + 1;
    batch * outputs(y) * outputs(x)
}

#[test]
fn convolutions_of_every_small_geometry_are_exact_on_integers() {
    let axes = axes();
    // 270, less those without room for a window: 11 for each of the 3 strides.
    assert_eq!(axes.len(), 270 - 33);
    axes.par_iter().for_each(|&y| {
        for &x in &axes {
            let image = images(integers(&[2, 4, y.extent, x.extent], SEED));
            for (groups, bias) in
                [(1, false), (1, true), (2, false), (2, true), (4, false), (4, true)]
            {
                let layer = convolution(y, x, 4, groups, bias);
                let fast = conv2d_mean_square(&image.view(), &layer);
                let plain = plain::conv2d_mean_square(&image.view(), &layer);
                assert_eq!(fast, plain, "{layer:?} on {:?}, seed {SEED}", image.dim());
            }
        }
    });
}

#[test]
fn linear_layers_of_every_small_shape_are_exact_on_integers() {
    for width in 1..=7 {
        for leading in [&[1][..], &[2], &[5], &[2, 3], &[3, 1], &[2, 3, 4], &[1, 2, 1, 3]] {
            for bias in [false, true] {
                let shape = [leading, &[width]].concat();
                let x = integers(&shape, SEED);
                let fast = linear_mean_square(&x.view(), bias);
                let plain = plain::linear_mean_square(&x.view(), bias);
                assert_eq!(fast, plain, "{shape:?}, bias {bias}, seed {SEED}");
                assert_eq!(fast.len(), width + usize::from(bias));
            }
        }
    }
}

#[test]
fn views_of_any_layout_are_read_right() {
    let x = integers(&[3, 5, 2], SEED);
    let reversed = x.t();
    assert_eq!(
        linear_mean_square(&reversed, true),
        plain::linear_mean_square(&reversed.as_standard_layout().view(), true)
    );
    let image = images(integers(&[4, 3, 2, 5], SEED));
    let reversed = image.t();
    let axis = Axis { extent: 3, kernel: 2, stride: 1, padding: 1, dilation: 1 };
    let layer = convolution(axis, Axis { extent: 4, ..axis }, 2, 1, true);
    assert_eq!(
        conv2d_mean_square(&reversed, &layer),
        plain::conv2d_mean_square(&reversed.as_standard_layout().view(), &layer)
    );
}

/// Both are sums of at most `rows` squares, in some order, and a division.
///
/// With `u` the unit roundoff, a square, fewer than `rows` additions and a division are each off
/// by `u` of the result at most, since all terms are positive: `(rows + 1)·u` of either.
fn assert_close(fast: &Array1<f64>, plain: &Array1<f64>, rows: usize) {
    assert_eq!(fast.len(), plain.len());
    let bound = (rows + 1) as f64 * f64::EPSILON; // 2u
    for (column, (fast, plain)) in fast.iter().zip(plain).enumerate() {
        assert!((fast - plain).abs() <= bound * plain, "column {column}: {fast:e}, {plain:e}");
    }
}

fn any_axis() -> impl Strategy<Value = Axis> {
    (1..13_usize, 1..6_usize, 1..5_usize, 0..4_usize, 1..4_usize)
        .prop_map(|(extent, kernel, stride, padding, dilation)| Axis {
            extent,
            kernel,
            stride,
            padding,
            dilation,
        })
        .prop_filter("room for a window", |a| {
            a.dilation * (a.kernel - 1) < a.extent + 2 * a.padding
        })
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn convolutions_agree_within_rounding(
        y in any_axis(),
        x in any_axis(),
        batch in 1..5_usize,
        (groups, channels_of_a_group) in (1..4_usize, 1..4_usize),
        bias: bool,
        seed: u64,
    ) {
        let channels = groups * channels_of_a_group;
        let image = images(reals(&[batch, channels, y.extent, x.extent], seed));
        let layer = convolution(y, x, channels, groups, bias);
        assert_close(
            &conv2d_mean_square(&image.view(), &layer),
            &plain::conv2d_mean_square(&image.view(), &layer),
            rows(y, x, batch),
        );
    }

    #[test]
    fn linear_layers_agree_within_rounding(
        rows in 1..700_usize,
        width in 1..600_usize,
        bias: bool,
        seed: u64,
    ) {
        let x = reals(&[rows, width], seed);
        assert_close(
            &linear_mean_square(&x.view(), bias),
            &plain::linear_mean_square(&x.view(), bias),
            rows,
        );
    }
}

#[test]
fn the_number_of_threads_does_not_show() {
    // Wide enough to be shared out.
    let image = images(reals(&[5, 6, 33, 47], SEED));
    let axis = Axis { extent: 33, kernel: 3, stride: 2, padding: 1, dilation: 1 };
    let layer = convolution(axis, Axis { extent: 47, ..axis }, 6, 2, true);
    let tokens = reals(&[7, 50, 1_111], SEED);
    let statistics = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            (conv2d_mean_square(&image.view(), &layer), linear_mean_square(&tokens.view(), true))
        })
    };
    let expected = statistics(1);
    for threads in [2, 3, 8] {
        assert_eq!(statistics(threads), expected, "{threads} threads, seed {SEED}");
    }
}
