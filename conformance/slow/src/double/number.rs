//! The number itself: its parts, its operators and its order.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};
use twofloat::TwoFloat;

/// A number `hi + lo`, where `hi` is the nearest float64 and `lo` the rest.
///
/// Where there is no finite result, it is that of float64: `1/0 = ∞`, `0·∞` is NaN.
#[derive(Clone, Copy, Debug)]
pub struct Double(pub(super) TwoFloat);

impl Double {
    /// The nearest float64.
    #[must_use]
    pub fn hi(self) -> f64 {
        self.0.hi()
    }

    /// `(hi, lo)`.
    #[must_use]
    pub fn pair(self) -> (f64, f64) {
        (self.0.hi(), self.0.lo())
    }

    /// `√x`.
    #[must_use]
    pub fn sqrt(self) -> Self {
        Self::finite_or(self.0.sqrt(), self.hi().sqrt())
    }

    /// `exact`, or what float64 makes of the operands if that is not finite.
    fn finite_or(exact: TwoFloat, plain: f64) -> Self {
        if exact.hi().is_finite() && exact.lo().is_finite() {
            Self(exact)
        } else {
            Self::from(plain)
        }
    }
}

/// Exact.
impl From<f64> for Double {
    fn from(value: f64) -> Self {
        Self(TwoFloat::from_f64(value))
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::finite_or(self.0 + other.0, self.hi() + other.hi())
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::finite_or(self.0 - other.0, self.hi() - other.hi())
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::finite_or(self.0 * other.0, self.hi() * other.hi())
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::finite_or(quotient(self.0, other.0), self.hi() / other.hi())
    }
}

/// Long division, in three digits of 53 bits.
///
/// (The division of `twofloat` 0.8 rounds the remainder of its reciprocal to a float64, and is
/// hardly better than one.)
fn quotient(a: TwoFloat, b: TwoFloat) -> TwoFloat {
    let first = a.hi() / b.hi();
    let rest = a - b * first;
    let second = rest.hi() / b.hi();
    let rest = rest - b * second;
    let third = rest.hi() / b.hi();
    TwoFloat::new_add(first, second) + third
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl PartialEq for Double {
    fn eq(&self, other: &Self) -> bool {
        self.pair() == other.pair()
    }
}

impl PartialOrd for Double {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.pair().partial_cmp(&other.pair())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(x: f64) -> Double {
        Double::from(x)
    }

    #[test]
    fn arithmetic_keeps_a_hundred_bits() {
        let third = double(1.0) / double(3.0);
        let off = third * double(3.0) - double(1.0);
        assert!(off.hi().abs() < 1e-31, "{off:?}");
        let tiny = double(1.0) + double(1e-25) - double(1.0);
        assert!((tiny.hi() - 1e-25).abs() < 1e-31, "{tiny:?}");
        for x in [2.0, 1e-200, 1e200, 0.1] {
            let root = (double(x) + double(x * 1e-20)).sqrt();
            let off = (root * root / double(x) - double(1.0)) - double(1e-20);
            assert!(off.hi().abs() < 1e-30, "√{x}: {off:?}");
        }
    }

    #[test]
    fn the_difference_to_a_float64_is_exact() {
        let third = double(1.0) / double(3.0);
        // 1/3 = 0.333…33314829616256247… + 2⁻⁵⁴/3
        let off = third - double(1.0 / 3.0);
        assert!((off.hi() - 2_f64.powi(-54) / 3.0).abs() < 1e-32, "{off:?}");
    }

    #[test]
    fn non_finite_results_are_those_of_float64() {
        assert_eq!((double(1.0) / double(0.0)).hi(), f64::INFINITY);
        assert_eq!((double(1.0) / double(f64::INFINITY)).hi(), 0.0);
        assert!((double(0.0) * double(f64::INFINITY)).hi().is_nan());
        assert_eq!((double(1e200) * double(-1e200)).hi(), f64::NEG_INFINITY);
        assert_eq!((double(f64::INFINITY) + double(1.0)).hi(), f64::INFINITY);
        assert_eq!(double(0.0).sqrt().hi(), 0.0);
        assert!(double(-1.0).sqrt().hi().is_nan());
        assert_eq!(double(f64::INFINITY).sqrt().hi(), f64::INFINITY);
        assert_eq!(double(3e-310).hi() / 1e-310, (double(3e-310) / double(1e-310)).hi());
    }

    #[test]
    fn order_looks_at_both_parts() {
        let more = double(1.0) + double(1e-25);
        assert!(more > double(1.0) && double(1.0) < more && more == more);
        assert!(!(double(f64::NAN) <= double(0.0)) && !(double(f64::NAN) > double(0.0)));
    }
}
