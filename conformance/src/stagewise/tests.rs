//! The forms that an honest implementation may take lie within the bounds, and mistakes do not.

use super::equations::{Derived, Direction, average, descend, scale, update};
use super::precision::Precision;
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
