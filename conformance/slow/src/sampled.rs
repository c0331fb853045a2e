//! Monte Carlo arithmetic: every result off by its rounding, at random.
//!
//! A computation repeated with different seeds gives a sample of what rounding makes of it,
//! whatever the order of its sums. (Parker, *Monte Carlo Arithmetic*, 1997.)

use crate::scalar::Scalar;
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A float64 that is perturbed after every operation as if it had `BITS` significant bits: 53 for
/// float64, 24 for float32.
///
/// A result `x` becomes `x + x·units·2⁻ᴮᴵᵀˢ·ξ` with `ξ` in `(−1, 1)`, with `units` of an
/// operation; `exp`, `ln`, `tanh` and `erf`, which libraries round less well, get four times as
/// much. `ξ` is a hash of the result and the seed, so that the same seed gives the same run.
/// Negation, magnitude and comparison are exact.
#[derive(Clone, Copy, Debug)]
pub struct Sampled<const BITS: u32> {
    value: f64,
    /// 0 for constants; a result has that of its operands.
    seed: u64,
}

/// Half the distance from 1 to the next number: the unit roundoff `2⁻ᴮᴵᵀˢ`.
const fn unit(bits: u32) -> f64 {
    f64::from_bits((1023 - bits as u64) << 52)
}

/// Units of an arithmetic operation: one, the bound of rounding to the nearest. With 53 bits two:
/// the moved result is itself rounded to a float64, whose neighbours may lie two units away, and a
/// move by less would be lost.
const fn units(bits: u32) -> f64 {
    if bits == 53 { 2.0 } else { 1.0 }
}

impl<const BITS: u32> Sampled<BITS> {
    /// A value that is read in the run with this seed.
    ///
    /// What the format holds is read exactly, as every float64 is; else a value is off by at most
    /// one rounding, `x·(1 + 2⁻²⁴·ξ)`.
    #[must_use]
    pub fn seeded(value: f64, seed: u64) -> Self {
        let exact = BITS == 53 || f64::from(value as f32) == value;
        if exact { Self { value, seed } } else { Self::perturbed(value, seed, unit(BITS)) }
    }

    /// The result of an operation.
    fn result(value: f64, seed: u64) -> Self {
        Self::perturbed(value, seed, units(BITS) * unit(BITS))
    }

    /// The result of a function.
    fn function(value: f64, seed: u64) -> Self {
        Self::perturbed(value, seed, 4.0 * units(BITS) * unit(BITS))
    }

    /// `x·(1 + amount·ξ)`; zero and non-finite values stay.
    fn perturbed(value: f64, seed: u64, amount: f64) -> Self {
        let moved =
            if value.is_finite() { value + value * (amount * xi(value, seed)) } else { value };
        Self { value: moved, seed }
    }
}

/// A hash of a value and a seed, as a number in `(−1, 1)`.
///
/// The hash is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn xi(value: f64, seed: u64) -> f64 {
    let mut z = value.to_bits().wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    // The upper 53 bits, odd multiples of 2⁻⁵³ around 0.
    let whole = (z >> 11) as f64;
    (2.0 * whole + 1.0) * unit(53) - 1.0
}

impl<const BITS: u32> Scalar for Sampled<BITS> {
    fn new(value: f64) -> Self {
        let value = if BITS == 24 { f64::from(value as f32) } else { value };
        Self { value, seed: 0 }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn sqrt(self) -> Self {
        Self::result(self.value.sqrt(), self.seed)
    }
    fn exp(self) -> Self {
        Self::function(self.value.exp(), self.seed)
    }
    fn ln(self) -> Self {
        Self::function(self.value.ln(), self.seed)
    }
    fn tanh(self) -> Self {
        Self::function(self.value.tanh(), self.seed)
    }
    fn erf(self) -> Self {
        Self::function(libm::erf(self.value), self.seed)
    }
    fn abs(self) -> Self {
        Self { value: self.value.abs(), seed: self.seed }
    }
    fn alike(self, value: f64) -> Self {
        Self::seeded(value, self.seed)
    }
    /// The power is off by a float64 rounding, whatever `BITS`.
    fn over_correction(self, beta: f64, t: u64) -> Self {
        let power = Self::perturbed(libm::pow(beta, t as f64), self.seed, unit(53));
        Self::result(self.value / (1.0 - power.value), self.seed)
    }
}

impl<const BITS: u32> Add for Sampled<BITS> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::result(self.value + other.value, self.seed | other.seed)
    }
}

impl<const BITS: u32> Sub for Sampled<BITS> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::result(self.value - other.value, self.seed | other.seed)
    }
}

impl<const BITS: u32> Mul for Sampled<BITS> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::result(self.value * other.value, self.seed | other.seed)
    }
}

impl<const BITS: u32> Div for Sampled<BITS> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::result(self.value / other.value, self.seed | other.seed)
    }
}

impl<const BITS: u32> Neg for Sampled<BITS> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, seed: self.seed }
    }
}

impl<const BITS: u32> PartialEq for Sampled<BITS> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<const BITS: u32> PartialOrd for Sampled<BITS> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and largest magnitude of `(result − exact)/exact`, in units.
    fn statistics<const BITS: u32>(
        exact: f64,
        result: impl Fn(u64) -> Sampled<BITS>,
    ) -> (f64, f64) {
        const RUNS: u64 = 10_000;
        let off = |seed| (result(seed).value() - exact) / exact / unit(BITS);
        let mean = (1..=RUNS).map(off).sum::<f64>() / RUNS as f64;
        (mean, (1..=RUNS).map(|seed| off(seed).abs()).fold(0.0, f64::max))
    }

    /// `ξ` is uniform, its mean over 10000 runs within 4 of its deviations `1/√3/100` of 0.
    #[track_caller]
    fn assert_uniform((mean, largest): (f64, f64), units: f64) {
        assert!(mean.abs() < 4.0 * units / 3_f64.sqrt() / 100.0, "{mean}");
        assert!(largest > 0.95 * units && largest < 1.01 * units, "{largest}");
    }

    #[test]
    fn float32_is_off_by_one_unit() {
        let [x, y] = [1.75, 0.375]; // exact
        let x = |seed| Sampled::<24> { value: x, seed };
        let y = Sampled::<24>::new(y);
        assert_uniform(statistics(2.125, |seed| x(seed) + y), 1.0);
        assert_uniform(statistics(1.375, |seed| x(seed) - y), 1.0);
        assert_uniform(statistics(0.65625, |seed| x(seed) * y), 1.0);
        assert_uniform(statistics(1.75 / 0.375, |seed| x(seed) / y), 1.0);
        assert_uniform(statistics(1.75_f64.sqrt(), |seed| x(seed).sqrt()), 1.0);
        assert_uniform(statistics(1.75_f64.exp(), |seed| x(seed).exp()), 4.0);
        assert_uniform(statistics(1.7, |seed| Sampled::<24>::seeded(1.7, seed)), 1.0);
    }

    /// Here the perturbed result is itself rounded, to a half unit at 1.75.
    #[test]
    fn float64_is_off_by_two_units_and_a_rounding() {
        let x = |seed| Sampled::<53> { value: 1.75, seed };
        let (mean, largest) = statistics(2.0 * 1.75, |seed| x(seed) + x(seed));
        assert!(mean.abs() < 0.1, "{mean}");
        assert!(largest > 1.0 && largest <= 3.0, "{largest}");
        assert_eq!(Sampled::<53>::seeded(0.1, 7).value(), 0.1);
    }

    #[test]
    fn the_correction_is_computed_in_float64() {
        // 1 − β = 2⁻²⁰: a float64 rounding of β is 2⁻³³ of it, far below a float32 rounding.
        let beta = 1.0 - 2_f64.powi(-20);
        let one = |seed| Sampled::<24> { value: 1.0, seed };
        assert_uniform(statistics(2_f64.powi(20), |seed| one(seed).over_correction(beta, 1)), 1.0);
        let one = |seed| Sampled::<53> { value: 1.0, seed };
        let (_, largest) = statistics(2_f64.powi(20), |seed| one(seed).over_correction(beta, 1));
        assert!(largest > 0.5 * 2_f64.powi(20) && largest < 1.1 * 2_f64.powi(20), "{largest}");
    }

    #[test]
    fn a_run_is_the_same_again_and_another_seed_another_run() {
        let third = |seed| (Sampled::<24>::seeded(1.0, seed) / Sampled::new(3.0)).value();
        assert_eq!(third(5), third(5));
        assert_ne!(third(5), third(6));
    }

    #[test]
    fn what_float32_holds_is_read_exactly() {
        for value in [0.0, 1.0, -1.75, 2_f64.powi(-149), f64::INFINITY] {
            assert_eq!(Sampled::<24>::seeded(value, 3).value(), value);
        }
        assert_ne!(Sampled::<24>::seeded(0.1, 3).value(), 0.1);
    }

    #[test]
    fn what_is_read_beside_a_sample_belongs_to_its_run() {
        let beside = |seed| Sampled::<24>::seeded(0.5, seed).alike(0.1);
        assert_eq!(beside(5).value(), Sampled::<24>::seeded(0.1, 5).value());
        assert_ne!(beside(5).value(), beside(6).value());
        assert_eq!(beside(0).seed, 0);
    }

    #[test]
    fn zero_and_non_finite_results_stay() {
        let seeded = |x| Sampled::<53>::seeded(x, 3);
        assert_eq!((seeded(1.0) - seeded(1.0)).value(), 0.0);
        assert_eq!((seeded(1.0) / seeded(0.0)).value(), f64::INFINITY);
        assert!((seeded(0.0) / seeded(0.0)).value().is_nan());
    }
}
