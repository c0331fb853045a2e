//! The port on libtorch: without a mistake it replays the corpus, with one it diverges.

#![cfg(feature = "tch")]

use conformance::{Bounds, bounds_of_corpus, judge_trajectory};
use fixtures::model::{Preconditioned, PreconditionedLayer};
use fixtures::{Case, Conv2d, Dtype, Trace, corpus};
use mistakes::port::{self, Definition, Rules};
use mistakes::{Kind, Mistake, named};
use tch::Tensor;

/// A case of the corpus, its golden trace and its bounds.
type Golden = (Case, Trace, Bounds);

fn corpus() -> Vec<Golden> {
    let read = |entry: &corpus::Entry| {
        let (case, golden) = entry.read().unwrap();
        let bounds = bounds_of_corpus(&case).unwrap();
        (case, golden, bounds)
    };
    corpus::entries(&corpus::root()).unwrap().iter().map(read).collect()
}

/// What is found wrong with the port's trace of a case.
fn fault((case, golden, bounds): &Golden, rules: &dyn Rules, dtype: Dtype) -> Option<String> {
    let trace = port::trace(case, rules, dtype).unwrap();
    trace.fits(case).unwrap();
    let judgement = judge_trajectory(case, golden, &trace, bounds);
    judgement.divergence.map(|judged| format!("{}: {judged}", case.name))
}

#[test]
fn without_a_mistake_the_port_replays_the_corpus() {
    for golden in corpus() {
        for dtype in [Dtype::Float64, Dtype::Float32] {
            let identity = named("identity").unwrap();
            for rules in [&Definition as &dyn Rules, identity] {
                assert_eq!(fault(&golden, rules, dtype), None, "{:?}", rules.mistake());
            }
        }
    }
}

/// In float64, where nothing hides behind rounding.
#[test]
fn with_a_mistake_the_port_diverges_somewhere() {
    let corpus = corpus();
    let survives = |mistake: &Mistake| {
        !corpus.iter().any(|golden| fault(golden, mistake, Dtype::Float64).is_some())
    };
    let survivors: Vec<_> =
        mistakes::all().filter(|m| m.kind.shows_in_cases() && survives(m)).collect();
    assert!(survivors.is_empty(), "{survivors:?}");
}

/// What no case can say makes no difference to a trace.
#[test]
fn a_mistake_beyond_cases_changes_nothing() {
    let golden = &corpus()[0];
    for mistake in mistakes::all().filter(|mistake| mistake.kind == Kind::Beyond) {
        assert_eq!(fault(golden, mistake, Dtype::Float64), None, "{mistake}");
    }
}

/// Kernels with the extents and padding given, a bias, and stride and dilation 1.
fn conv(kernel: [usize; 2], padding: [usize; 2], in_channels: usize) -> Conv2d {
    let (stride, dilation) = ([1, 1], [1, 1]);
    let name = "conv".to_owned();
    let (out_channels, groups, bias) = (1, 1, true);
    Conv2d { name, in_channels, out_channels, kernel, stride, padding, dilation, groups, bias }
}

/// `A` of an image that counts from 1.
fn a(rules: &dyn Rules, conv: &Conv2d, [height, width]: [i64; 2]) -> Vec<f64> {
    let shape = [1, i64::try_from(conv.in_channels).unwrap(), height, width];
    let count = shape.iter().product::<i64>();
    let x = Tensor::arange_start(1, count + 1, (tch::Kind::Double, tch::Device::Cpu)).view(shape);
    let layer = PreconditionedLayer::Conv2d(conv);
    port::mean_square(rules, &Preconditioned { name: conv.name.clone(), layer }, &x)
}

/// A kernel of two pixels along x over `1 2 / 3 4`, with one column of padding on each side.
#[test]
fn what_padding_holds_and_counts() {
    let of = |rules| a(rules, &conv([1, 2], [0, 1], 1), [2, 2]);
    let with = |name| of(named(name).unwrap());
    assert_eq!(of(&Definition), [30.0 / 6.0, 30.0 / 6.0, 1.0]);
    assert_eq!(with("padding-not-counted"), [30.0 / 4.0, 30.0 / 4.0, 1.0]);
    assert_eq!(with("padding-replicated"), [40.0 / 6.0, 50.0 / 6.0, 1.0]);
    assert_eq!(with("padding-ignored"), [10.0 / 2.0, 20.0 / 2.0, 1.0]);
    assert_eq!(with("channel-means"), [30.0 / 4.0, 30.0 / 4.0, 1.0]);
}

/// One pixel with a border of zeros: a tap that meets nothing else, a kernel that does not fit.
#[test]
fn columns_of_nothing_but_padding_are_zero() {
    let of = |rules| a(rules, &conv([1, 3], [0, 1], 1), [1, 1]);
    let with = |name| of(named(name).unwrap());
    assert_eq!(of(&Definition), [0.0, 1.0, 0.0, 1.0]);
    assert_eq!(with("padding-not-counted"), [0.0, 1.0, 0.0, 1.0]);
    assert_eq!(with("padding-ignored"), [0.0, 0.0, 0.0, 1.0]);
}

/// A single window: every column is the square of its pixel.
#[test]
fn orders_of_columns() {
    let of = |name| {
        let a = a(named(name).unwrap(), &conv([2, 3], [0, 0], 2), [2, 3]);
        a.into_iter().map(f64::sqrt).collect::<Vec<_>>()
    };
    let flipped = [6., 5., 4., 3., 2., 1., 12., 11., 10., 9., 8., 7., 1.];
    let channels_last = [1., 7., 2., 8., 3., 9., 4., 10., 5., 11., 6., 12., 1.];
    let transposed = [1., 4., 2., 5., 3., 6., 7., 10., 8., 11., 9., 12., 1.];
    let bias_first = [1., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.];
    assert_eq!(of("kernel-flipped"), flipped);
    assert_eq!(of("channels-last"), channels_last);
    assert_eq!(of("kernel-transposed"), transposed);
    assert_eq!(of("bias-column-first"), bias_first);
}
