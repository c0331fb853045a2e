//! What one rounding costs.

use fixtures::Dtype;

/// Unit roundoff of float64, in which the judge computes.
const FLOAT64_UNIT: f64 = f64::EPSILON / 2.0;

/// The precision that a subject computes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Unit roundoff: a rounding changes a value by at most this share of it.
    unit: f64,
    /// The smallest normal number: what is smaller may be flushed to zero.
    pub tiny: f64,
    /// What is larger is infinite.
    pub largest: f64,
    dtype: Dtype,
}

/// The roundings that weigh on one term of a formula.
#[derive(Clone, Copy, Debug)]
pub struct Roundings {
    /// Those of a subject, in its dtype.
    pub subject: u32,
    /// Those in float64: the judge's, and the constants that S7 wants in float64.
    pub float64: u32,
}

impl Precision {
    /// The precision of a dtype.
    #[must_use]
    pub fn of(dtype: Dtype) -> Self {
        let (unit, tiny, largest) = match dtype {
            Dtype::Float64 => (FLOAT64_UNIT, f64::MIN_POSITIVE, f64::MAX),
            Dtype::Float32 => {
                (f64::from(f32::EPSILON) / 2.0, f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX))
            }
        };
        Self { unit, tiny, largest, dtype }
    }

    /// The largest relative error of so many roundings: `n·u / (1 − n·u)` of each kind.
    #[must_use]
    pub fn of_roundings(&self, roundings: Roundings) -> f64 {
        let gamma = |n: u32, unit: f64| f64::from(n) * unit / (1.0 - f64::from(n) * unit);
        gamma(roundings.subject, self.unit) + gamma(roundings.float64, FLOAT64_UNIT)
    }

    /// The relative error of a case's value, which is float64, in the subject's dtype.
    #[must_use]
    pub fn of_given(&self) -> f64 {
        match self.dtype {
            Dtype::Float64 => 0.0,
            Dtype::Float32 => self.unit,
        }
    }

    /// The relative error of `1 − βᵗ`, computed in float64 as S7 wants it, by its cancellation.
    ///
    /// A power by repeated multiplication has at most `t` roundings, one by `pow` fewer, and the
    /// judge's own at most 2: `(t + 2)·2⁻⁵³·βᵗ / (1 − βᵗ)`, largest at `t = 1`, where it is
    /// `3·2⁻⁵³·β/(1 − β)`.
    #[must_use]
    pub fn of_correction(&self, beta: f64, t: u64) -> f64 {
        let power = beta.powf(t as f64);
        (t as f64 + 2.0) * FLOAT64_UNIT * power / (1.0 - power)
    }

    /// Whether `got` is `value` rounded to the subject's dtype, to the bit.
    #[must_use]
    pub fn is_rounded(&self, value: f64, got: f64) -> bool {
        match self.dtype {
            Dtype::Float64 => got == value,
            Dtype::Float32 => got == f64::from(value as f32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_is_to_the_bit() {
        let float32 = Precision::of(Dtype::Float32);
        assert!(float32.is_rounded(0.1, f64::from(0.1_f32)));
        assert!(!float32.is_rounded(0.1, f64::from(0.1_f32.next_up())));
        assert!(!Precision::of(Dtype::Float64).is_rounded(0.1, f64::from(0.1_f32)));
        assert!(!float32.is_rounded(1.0, f64::NAN));
    }

    #[test]
    fn the_error_of_a_correction_is_largest_at_the_first_step() {
        let float64 = Precision::of(Dtype::Float64);
        for beta in [0.5, 0.9, 0.999, 0.999_999] {
            let at_first = float64.of_correction(beta, 1);
            assert!(at_first <= 3.0 * FLOAT64_UNIT * beta / (1.0 - beta) * (1.0 + 1e-9));
            assert!((2..100_000).all(|t| float64.of_correction(beta, t) <= at_first));
        }
        assert_eq!(float64.of_correction(0.0, 1), 0.0);
    }
}
