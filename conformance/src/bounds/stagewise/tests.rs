//! The forms that an honest implementation may take lie within the bounds, and mistakes do not.

use super::equations::{Derived, Direction, average, descend, scale, update};
use super::precision::{Precision, Roundings};
use super::step::worst;
use crate::compare::Average;
use fixtures::Dtype;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 11;
const DRAWS: usize = 20_000;

/// Rounds every result to the dtype.
#[derive(Clone, Copy)]
struct Rounding(Dtype);

impl Rounding {
    fn to(self, x: f64) -> f64 {
        match self.0 {
            Dtype::Float64 => x,
            Dtype::Float32 => f64::from(x as f32),
        }
    }

    fn precision(self) -> Precision {
        Precision::of(self.0)
    }

    /// A value of the dtype, of any size between 10⁻⁶ and 10⁶.
    fn draw(self, rng: &mut ChaCha8Rng) -> f64 {
        self.to(size(rng) * if rng.random::<bool>() { 1.0 } else { -1.0 })
    }
}

fn size(rng: &mut ChaCha8Rng) -> f64 {
    10.0_f64.powf(rng.random_range(-6.0..6.0))
}

/// The betas of the corpus and of the recipes, and others.
fn beta(rng: &mut ChaCha8Rng) -> f64 {
    [0.0, 0.3, 0.5, 0.9, 0.98, 0.999, 0.999_99][rng.random_range(0..7)]
}

fn exact(expected: f64) -> Derived {
    Derived { expected, bound: 0.0 }
}

/// Runs `forms` on random values, and asserts that each lies within the bound.
fn within(forms: impl Fn(&mut ChaCha8Rng, Rounding) -> (Derived, Vec<f64>)) {
    let rng = &mut ChaCha8Rng::seed_from_u64(SEED);
    for dtype in [Dtype::Float64, Dtype::Float32] {
        let mut worst: f64 = 0.0;
        for _ in 0..DRAWS {
            let (Derived { expected, bound }, got) = forms(rng, Rounding(dtype));
            for (form, got) in got.iter().enumerate() {
                let error = (got - expected).abs();
                assert!(error <= bound, "{dtype:?}, form {form}: {expected:e} and {got:e}");
                worst = worst.max(error / bound);
            }
        }
        // The counts are of what may happen: a bound that is never half used is a wrong count.
        println!("{dtype:?}: {worst:.2} of the bound");
        assert!(dtype == Dtype::Float64 || worst > 0.25, "{dtype:?}: {worst}");
    }
}

#[test]
fn averages_by_their_terms_or_by_a_difference() {
    within(|rng, r| {
        let (mean, x, beta) = (r.draw(rng), r.draw(rng), beta(rng));
        let (b, w) = (r.to(beta), r.to(1.0 - beta));
        let difference = r.to(x - mean);
        let terms = r.to(r.to(b * mean) + r.to(w * x));
        let fused = r.to(w.mul_add(x, r.to(b * mean)));
        let lerp = if w < 0.5 {
            r.to(mean + r.to(w * difference))
        } else {
            r.to(x - r.to(difference * r.to(1.0 - w)))
        };
        (average(exact(mean), x, beta, &r.precision()), vec![terms, fused, lerp])
    });
}

#[test]
fn averages_of_a_sum_divided_in_the_constant() {
    within(|rng, r| {
        let (mean, sum, beta) = (r.draw(rng).abs(), r.draw(rng).abs(), beta(rng));
        let n = f64::from(rng.random_range(1..5000_u32));
        let in_one = r.to(r.to(r.to(beta) * mean) + r.to(r.to((1.0 - beta) / n) * sum));
        (average(exact(mean), r.to(sum / n), beta, &r.precision()), vec![in_one])
    });
}

#[test]
fn scales_with_the_correction_under_the_root_or_beside_it() {
    within(|rng, r| {
        let (v, beta2, eps) = (r.draw(rng).abs(), beta(rng), size(rng) * 1e-4);
        let t = rng.random_range(1..400_u64);
        let powers: [f64; 2] = [beta2.powf(t as f64), (0..t).fold(1.0, |power, _| power * beta2)];
        let e = r.to(eps);
        let forms = powers.into_iter().flat_map(|power| {
            let c = 1.0 - power;
            let under = r.to(r.to(v / r.to(c)).sqrt());
            let beside = r.to(r.to(v.sqrt()) / r.to(c.sqrt()));
            [under, beside].map(|root| r.to(1.0 / r.to(root + e)))
        });
        (scale(v, t, beta2, eps, &r.precision()), forms.collect())
    });
}

#[test]
fn updates_in_any_order_of_their_factors() {
    within(|rng, r| {
        let (m, divisor, beta1) = (r.draw(rng), r.draw(rng).abs(), beta(rng));
        let t = rng.random_range(1..400_u64);
        let s = r.to(1.0 / divisor);
        let c = 1.0 - beta1.powf(t as f64);
        let divided = r.to(r.to(m / r.to(c)) * s);
        let inverted = r.to(r.to(m * r.to(1.0 / c)) * s);
        let scaled = r.to(m * r.to(s / r.to(c)));
        let without_scale = r.to(r.to(m / r.to(c)) / divisor);
        let forms = vec![divided, inverted, scaled, without_scale];
        (update(m, s, t, beta1, &r.precision()), forms)
    });
}

#[test]
fn parameters_with_the_decay_first_or_inside_and_without_a_stored_update() {
    within(|rng, r| {
        let (theta, m, s) = (r.draw(rng), r.draw(rng), r.draw(rng).abs());
        let (lr, decay) = (rng.random_range(0.0..4.0), rng.random_range(0.0..0.3));
        let c = rng.random_range(0.01..1.0);
        let u = r.to(r.to(m / r.to(c)) * s);
        let kept = r.to(theta * r.to(1.0 - lr * decay));
        let stored = r.to(kept - r.to(r.to(lr) * u));
        let inside = r.to(u + r.to(r.to(decay) * theta));
        let inside = r.to(theta - r.to(r.to(lr) * inside));
        let never_stored = r.to(kept + r.to(m * r.to(s * r.to(-lr / c))));
        let derived = descend(exact(theta), u, Direction::Update, (lr, decay), &r.precision());
        (derived, vec![stored, inside, never_stored])
    });
}

#[test]
fn a_given_value_may_be_rounded_once() {
    within(|rng, r| {
        let given = size(rng);
        let theta = Derived { expected: given, bound: given * r.precision().of_given() };
        let (u, lr, decay) = (r.draw(rng), rng.random_range(0.0..4.0), 0.01);
        let stored = r.to(r.to(r.to(given) * r.to(1.0 - lr * decay)) - r.to(r.to(lr) * u));
        let direction = Direction::PlainGradient;
        (descend(theta, u, direction, (lr, decay), &r.precision()), vec![stored])
    });
}

#[test]
fn constants_in_float32_are_beyond_the_bounds() {
    let float32 = Precision::of(Dtype::Float32);
    // S7: 1 − β is computed in float64.
    let Derived { expected, bound } = average(exact(0.0), 1.0, 0.999, &float32);
    assert!((f64::from(1.0 - 0.999_f32) - expected).abs() > bound);
    let Derived { expected, bound } = scale(1.0, 3, 0.999, 1e-8, &float32);
    let c = 1.0 - 0.999_f32.powf(3.0);
    assert!((f64::from(1.0 / (1.0 / c).sqrt()) - expected).abs() > bound);
}

#[test]
fn with_a_rate_of_zero_nothing_moves() {
    for dtype in [Dtype::Float64, Dtype::Float32] {
        let rates = (0.0, 0.1);
        let derived = descend(exact(1.5), 7.0, Direction::Update, rates, &Precision::of(dtype));
        assert_eq!(derived, exact(1.5)); // S16
    }
}

#[test]
fn a_flushed_average_may_have_the_scale_of_zero() {
    let float32 = Precision::of(Dtype::Float32);
    let Derived { expected, bound } = scale(1e-39, 1, 0.9, 1e-19, &float32);
    assert!(expected < 0.6e19 && (1e19 - expected).abs() <= bound);
    let Derived { bound, .. } = scale(1e-30, 1, 0.9, 1e-19, &float32);
    assert!(bound < 1e10);
    assert_eq!(scale(0.0, 1, 0.9, 0.0, &float32).expected, f64::INFINITY);
}

// ------------------------------------------------------------------ bounds by hand

/// Unit roundoffs, and what stands for the smallest normal number below, so that it shows.
const U32: f64 = 1.0 / (1 << 24) as f64;
const U64: f64 = 1.0 / (1_u64 << 53) as f64;

/// A precision whose smallest normal number is `tiny`.
fn precision(dtype: Dtype, tiny: f64) -> Precision {
    let mut precision = Precision::of(dtype);
    precision.tiny = tiny;
    precision
}

/// Holds what was derived against numbers worked out by hand: the expected value is exact, and the
/// bound lacks the `1/(1 − n·u)` of its roundings and, in float32, those of float64.
fn assert_derived(derived: Derived, expected: f64, bound: f64) {
    assert_eq!(derived.expected, expected);
    let near = (derived.bound - bound).abs() <= 1e-6 * bound;
    assert!(near, "{:e}, by hand {bound:e}", derived.bound);
}

#[test]
fn the_bound_of_an_average_by_hand() {
    let p = precision(Dtype::Float32, U32);
    // 3/4·8 carried along, 3 of |x̄| = 3, 5 of |x|/4 = 5/4, 4 flushed.
    let mean = Derived { expected: -3.0, bound: 8.0 * U32 };
    assert_derived(average(mean, -5.0, 0.75, &p), -3.5, (6.0 + 9.0 + 6.25 + 4.0) * U32);
    // What x̄ was off by counts as a part of it: 3 of 3 + 1, 5 of 5.
    let mean = Derived { expected: -3.0, bound: 1.0 };
    assert_derived(average(mean, -5.0, 0.0, &p), -5.0, (12.0 + 25.0 + 4.0) * U32);
}

#[test]
fn the_bound_of_a_scale_by_hand() {
    // c = 1 − (3/4)² = 7/16, V̂ = 9/4, s = 1/(3/2 + 1/2); 5 + 6 roundings, and of c by cancellation
    // half of 4·(9/16)/(7/16).
    let scale = |eps, tiny| scale(63. / 64., 2, 0.75, eps, &precision(Dtype::Float64, tiny));
    let relative = 11.0 + 18.0 / 7.0;
    assert_derived(scale(0.5, U64), 0.5, (0.5 * relative + 4.0) * U64);
    // V is taken for 0 only if it is below the smallest normal number: s = 1/ε = 2 then.
    assert_derived(scale(0.5, 63. / 64.), 0.5, 4.0 * 63. / 64.);
    assert_derived(scale(0.5, 2.0), 0.5, 1.5 + 8.0);
    // And only if there is an ε.
    assert_derived(scale(0.0, 2.0), 1.0 / 1.5, 8.0);
}

#[test]
fn the_bound_of_an_update_by_hand() {
    // c = 1 − (1/2)² = 3/4, U = −3/(3/4)·5; 4 + 5 roundings, of c by cancellation 4·(1/4)/(3/4);
    // what is flushed before the product with s/c.
    let derived = update(-3.0, 5.0, 2, 0.5, &precision(Dtype::Float64, U64));
    let relative = 9.0 + 4.0 / 3.0;
    assert_derived(derived, -20.0, (20.0 * relative + 4.0 * (1.0 + 20.0 / 3.0)) * U64);
}

#[test]
fn the_bound_of_a_parameter_by_hand() {
    // η·λ = 1/8: −3·7/8 − 5/2.
    let rates = (0.5, 0.25);
    let theta = |bound| Derived { expected: -3.0, bound };
    let p = precision(Dtype::Float32, U32);
    for (direction, of_step) in [(Direction::Update, 7.0), (Direction::PlainGradient, 4.0)] {
        // 9/8·8 carried along, 3 of 3, 6 of 3/8, of 5/2, flushed 4·3/2.
        let bound = 9.0 + 9.0 + 2.25 + of_step * 2.5 + 6.0;
        let derived = descend(theta(8.0 * U32), 5.0, direction, rates, &p);
        assert_derived(derived, -5.125, bound * U32);
    }
    // What θ was off by counts as a part of it: 9/8 carried along, 3 of 4, 6 of 4/8.
    let derived = descend(theta(1.0), 5.0, Direction::Update, rates, &p);
    let roundings = Derived { bound: derived.bound - 1.125, ..derived };
    assert_derived(roundings, -5.125, (12.0 + 3.0 + 17.5 + 6.0) * U32);
}

#[test]
fn roundings_and_cancellation_by_hand() {
    let float32 = Precision::of(Dtype::Float32);
    let of = |subject, float64| float32.of_roundings(Roundings { subject, float64 });
    assert_eq!(of(1 << 22, 0), 1.0 / 3.0); // (1/4)/(1 − 1/4)
    let half = 1.0 / (1_u64 << 22) as f64;
    assert_eq!(of(0, 1 << 31), half / (1.0 - half));
    assert_eq!(of(1 << 22, 1 << 31), of(1 << 22, 0) + of(0, 1 << 31));
    // (3 + 2)·u·(1/8)/(7/8), in either dtype.
    assert_eq!(float32.of_correction(0.5, 3), 5.0 * U64 * 0.125 / 0.875);
}

#[test]
fn averages_start_from_the_case_the_trace_or_zero() {
    let p = Precision::of(Dtype::Float32);
    let start = |average| Derived::start(average, 2, &p);
    assert_eq!(start(Average::Zero), Some(vec![exact(0.0); 2]));
    assert_eq!(start(Average::Own(&[-3.0, 5.0])), Some(vec![exact(-3.0), exact(5.0)]));
    let given = |expected: f64| Derived { expected, bound: expected.abs() * U32 };
    assert_eq!(start(Average::Given(&[-3.0, 5.0])), Some(vec![given(-3.0), given(5.0)]));
    assert_eq!(start(Average::Untold), None);
}

// ------------------------------------------------------------------ the worst of an array

/// The worst of values in float32, each with what is derived for it.
fn worst_of(values: &[(f64, f64, f64)]) -> Option<(usize, f64)> {
    let derived = values.iter().map(|&(expected, bound, _)| Derived { expected, bound });
    let got: Vec<f64> = values.iter().map(|&(_, _, got)| got).collect();
    worst(&derived.collect::<Vec<_>>(), &got, &Precision::of(Dtype::Float32))
}

#[test]
fn the_worst_is_largest_against_its_bound_and_the_first_of_equals() {
    assert_eq!(worst_of(&[]), None);
    assert_eq!(worst_of(&[(1.0, 0.5, 1.25), (1.0, 0.125, 1.125)]), Some((1, 0.125)));
    assert_eq!(worst_of(&[(1.0, 0.125, 1.125), (1.0, 0.5, 1.25)]), Some((0, 0.125)));
    assert_eq!(worst_of(&[(1.0, 0.5, 1.25), (1.0, 0.25, 1.125)]), Some((0, 0.25)));
    // What is equal needs no bound, and what has none must be equal.
    assert_eq!(worst_of(&[(2.0, 0.0, 2.0), (1.0, 1.0, 1.5)]), Some((1, 0.5)));
    assert_eq!(worst_of(&[(2.0, 0.5, 2.25), (2.0, 0.0, 2.125)]), Some((1, 0.125)));
    assert_eq!(worst_of(&[(1.0, 1.0, 1.5), (2.0, f64::NAN, 3.0)]), Some((1, 1.0)));
    assert_eq!(worst_of(&[(1.0, 1.0, 1.5), (2.0, f64::INFINITY, 3.0)]), Some((1, 1.0)));
}

#[test]
fn what_is_no_number_is_beyond_every_bound() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let conforming = (1.0, 1.0, 1.5);
    // An infinite expectation, as of an input that was never active with ε = 0, has no bound.
    for (expected, bound, got) in
        [(1.0, 1.0, nan), (nan, 1.0, 1.0), (nan, nan, 1.0), (inf, inf, nan), (inf, inf, 1.0)]
    {
        let found = worst_of(&[conforming, (expected, bound, got)]);
        assert_eq!(found, Some((1, inf)), "{expected} ± {bound} and {got}");
    }
    assert_eq!(worst_of(&[conforming, (nan, nan, nan), (inf, inf, inf)]), Some((0, 0.5)));
}

#[test]
fn only_what_is_too_large_for_the_dtype_is_infinite_there() {
    let (inf, largest) = (f64::INFINITY, f64::from(f32::MAX));
    let error = |expected, bound, got| worst_of(&[(expected, bound, got)]).unwrap().1;
    assert_eq!(error(1.5 * largest, 0.0, inf), 0.0);
    assert_eq!(error(-1.5 * largest, 0.0, -inf), 0.0);
    assert_eq!(error(-1.5 * largest, 0.0, inf), inf);
    assert_eq!(error(0.75 * largest, 0.5 * largest, inf), 0.0); // or may be
    assert_eq!(error(largest, 0.0, inf), inf);
    assert_eq!(error(1e30, 1e20, inf), inf);
    assert_eq!(error(1.5 * largest, 0.0, largest), 0.5 * largest);
}
