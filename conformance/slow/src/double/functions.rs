//! `exp`, `ln`, `tanh` and `erf` to about 30 digits, each by argument reduction and a series.
//!
//! (The functions of `twofloat` itself stop at about 20.)

use super::number::Double;
use twofloat::consts;

/// A series ends with a term below this part of its sum.
const LAST: f64 = 1e-34;

fn one() -> Double {
    Double::from(1.0)
}

fn ln_2() -> Double {
    Double(consts::LN_2)
}

/// `eˣ = 2ᵏ·eʳ` with `|r| ≤ ln 2/2`.
pub(super) fn exp(x: Double) -> Double {
    let plain = x.hi().exp();
    if !plain.is_normal() {
        return Double::from(plain);
    }
    let k = (x.hi() / ln_2().hi()).round();
    let r = x - Double::from(k) * ln_2();
    // 2ᵏ in two factors: it overflows where the result need not.
    let half = (k / 2.0).floor();
    let power = |k: f64| Double::from(libm::exp2(k));
    (one() + exp_m1(r)) * power(half) * power(k - half)
}

/// `eˣ − 1 = x + x²/2! + x³/3! + …` for `|x|` below 1.
fn exp_m1(x: Double) -> Double {
    series(x, |term, n| term * x / Double::from(n + 1.0))
}

/// `ln x = 2·artanh z` with `z = (x−1)/(x+1)` near 1; elsewhere one step of Newton's method from
/// float64's: with `x = e^y·(1+d)`, `ln x = y + d − d²/2 + …`.
pub(super) fn ln(x: Double) -> Double {
    let y = x.hi().ln();
    if !y.is_finite() {
        return Double::from(y);
    }
    if (x.hi() - 1.0).abs() < 0.25 {
        let z = (x - one()) / (x + one());
        return Double::from(2.0) * artanh(z);
    }
    let d = x / exp(Double::from(y)) - one();
    Double::from(y) + d - d * d / Double::from(2.0)
}

/// `artanh z = z + z³/3 + z⁵/5 + …` for small `z`.
fn artanh(z: Double) -> Double {
    let odd = |n: f64| Double::from(2.0 * n + 1.0);
    // Every term from the one before: times z²·(2n−1)/(2n+1).
    series(z, |term, n| term * z * z * odd(n - 1.0) / odd(n))
}

/// `tanh x = e/(e+2)` with `e = e²ˣ − 1`, for `x > 0`; odd.
pub(super) fn tanh(x: Double) -> Double {
    if x.hi().is_nan() {
        return x;
    }
    if x.hi() < 0.0 {
        return -tanh(-x);
    }
    let twice = x + x;
    if twice.hi() > 0.5 {
        return one() - Double::from(2.0) / (exp(twice) + one());
    }
    let e = exp_m1(twice);
    e / (e + Double::from(2.0))
}

/// `erf x = 2/√π · e^(−x²) · Σ 2ⁿ·x^(2n+1)/(1·3·…·(2n+1))`, whose terms have one sign; from 6 on
/// `1 − erfc x`, where float64 knows `erfc x < 3·10⁻¹⁷` well enough.
pub(super) fn erf(x: Double) -> Double {
    if x.hi().is_nan() {
        return x;
    }
    if x.hi() < 0.0 {
        return -erf(-x);
    }
    if x.hi() > 6.0 {
        return one() - Double::from(libm::erfc(x.hi()));
    }
    let square = x * x;
    let sum = series(x, |term, n| term * square * Double::from(2.0) / Double::from(2.0 * n + 1.0));
    Double(consts::FRAC_2_SQRT_PI) * exp(-square) * sum
}

/// `first + t₁ + t₂ + …` with `tₙ = next(tₙ₋₁, n)`.
fn series(first: Double, next: impl Fn(Double, f64) -> Double) -> Double {
    let (mut sum, mut term, mut n) = (first, first, 0.0);
    while term.hi().abs() > LAST * sum.hi().abs() {
        n += 1.0;
        term = next(term, n);
        sum = sum + term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    type Function = fn(Double) -> Double;

    fn double(x: f64) -> Double {
        Double::from(x)
    }

    #[track_caller]
    fn assert_near(got: Double, expected: Double, bound: f64) {
        let off = ((got - expected) / expected).hi().abs();
        assert!(off <= bound, "{got:?}, {expected:?}: off by {off:e}");
    }

    /// `0.1, 0.2, …` and larger, with 106 bits each.
    fn arguments() -> impl Iterator<Item = Double> {
        (1..400).map(|n| double(f64::from(n)) / double(40.0))
    }

    #[test]
    fn exp_and_its_inverse() {
        for x in arguments() {
            assert_near(exp(x) * exp(-x), one(), 1e-30);
            assert_near(exp(x + ln_2()), exp(x) + exp(x), 1e-30);
            assert_near(ln(exp(x)), x, 1e-29);
            assert_near(exp(ln(x)), x, 1e-30);
        }
        assert_near(exp(one()), Double(consts::E), 1e-31);
        assert_near(ln(double(10.0)), Double(consts::LN_10), 1e-31);
        assert_near(exp(double(600.0)) * exp(double(-600.0)), one(), 1e-28);
    }

    #[test]
    fn tanh_by_its_sum() {
        for x in arguments() {
            // tanh 2x = 2·tanh x/(1 + tanh² x)
            let t = tanh(x);
            assert_near(tanh(x + x), (t + t) / (one() + t * t), 1e-30);
            assert_eq!(tanh(-x), -t);
        }
        // tanh x = x − x³/3 + 2x⁵/15 − …
        let x = double(1e-4);
        let expected = x - x * x * x / double(3.0) + x * x * x * x * x * double(2.0) / double(15.0);
        assert_near(tanh(x), expected, 1e-24);
    }

    #[test]
    fn erf_by_its_derivative() {
        // Richardson's central difference of erf is 2/√π·exp(−x²), to h⁴.
        let h = double(1e-5);
        let slope = |x: Double, h: Double| (erf(x + h) - erf(x - h)) / (h + h);
        for x in arguments().filter(|x| x.hi() < 6.0) {
            let four = double(4.0);
            let got = (four * slope(x, h) - slope(x, h + h)) / double(3.0);
            let expected = Double(consts::FRAC_2_SQRT_PI) * exp(-(x * x));
            let off = (got - expected).hi().abs();
            assert!(off <= 1e-18, "{x:?}: off by {off:e}");
        }
    }

    /// `(function, x, hi, lo)`; the values are from a computation with 60 digits.
    #[test]
    fn values_of_every_function() {
        let table: [(Function, f64, f64, f64); 28] = [
            (exp, 0.03125, 1.0317434074991028, -8.944417741043132e-17),
            (exp, 0.3125, 1.3668379411737963, 5.1449446596411544e-17),
            (exp, 0.9375, 2.553589458062927, 6.431266858673776e-17),
            (exp, 1.5, 4.4816890703380645, 3.0481759556536343e-16),
            (exp, 3.25, 25.790339917193062, -2.0220949927714329e-16),
            (exp, 5.75, 314.1906602856942, -9.087484746164239e-15),
            (exp, 6.5, 665.1416330443618, 2.990469256473133e-14),
            (ln, 0.03125, -3.4657359027997265, -4.930038229799327e-18),
            (ln, 0.3125, -1.1631508098056809, 3.894435700703629e-20),
            (ln, 0.9375, -0.06453852113757118, 6.470486661692933e-18),
            (ln, 1.5, 0.4054651081081644, -2.8811380259626426e-18),
            (ln, 3.25, 1.1786549963416462, -4.893903378664688e-17),
            (ln, 5.75, 1.749199854809259, -3.062257640964281e-17),
            (ln, 6.5, 1.8718021769015913, 8.527373681433177e-17),
            (tanh, 0.03125, 0.031239831446031256, 5.446619868927016e-19),
            (tanh, 0.3125, 0.3027097293321085, -3.0759785809635975e-18),
            (tanh, 0.9375, 0.7340715196043415, 2.1218821924074105e-17),
            (tanh, 1.5, 0.9051482536448664, 4.1992024501810215e-17),
            (tanh, 3.25, 0.996997635486526, 3.760085786946725e-17),
            (tanh, 5.75, 0.9999797400180382, 8.758882883020326e-18),
            (tanh, 6.5, 0.9999954793514042, -1.1109306137016773e-17),
            (erf, 0.03125, 0.035250373867322826, -1.8378560755325555e-19),
            (erf, 0.3125, 0.341468633501595, -2.8675855696803948e-18),
            (erf, 0.9375, 0.8151024010343998, 1.1420613234291201e-17),
            (erf, 1.5, 0.9661051464753108, -3.3867031441680696e-17),
            (erf, 3.25, 0.9999956972205363, 5.224680575187069e-17),
            (erf, 5.75, 0.9999999999999996, 2.0875548107488853e-17),
            (erf, 6.5, 1.0, -3.8421483271206475e-20),
        ];
        for (f, x, hi, lo) in table {
            assert_near(f(double(x)), double(hi) + double(lo), 1e-30);
        }
    }

    #[test]
    fn agree_with_float64_and_its_limits() {
        for x in [-700.0, -3.0, -0.2, 0.0, 1e-300, 0.3, 2.0, 9.0, 720.0] {
            let near = |got: Double, expected: f64| {
                assert!(
                    got.hi() == expected || (got.hi() / expected - 1.0).abs() < 1e-15,
                    "{x}: {got:?}, {expected:?}"
                );
            };
            near(exp(double(x)), x.exp());
            near(tanh(double(x)), x.tanh());
            near(erf(double(x)), libm::erf(x));
            near(ln(double(x.abs())), x.abs().ln());
        }
        for x in [f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(exp(double(x)).hi(), x.exp());
            assert_eq!(tanh(double(x)).hi(), x.tanh());
            assert_eq!(erf(double(x)).hi(), x.signum());
        }
        let nan = double(f64::NAN);
        assert!([exp(nan), ln(nan), tanh(nan), erf(nan)].iter().all(|x| x.hi().is_nan()));
        assert_eq!(ln(double(0.0)).hi(), f64::NEG_INFINITY);
        assert!(ln(double(-1.0)).hi().is_nan());
    }
}
