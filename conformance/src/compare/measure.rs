//! The distance of two arrays in a stage's measure, and where it is largest.

use super::stage::Measure;

/// The largest deviation between two arrays of the same length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Largest {
    /// The deviation in the measure; infinite where a value is non-finite and the other is not
    /// the same, or where anything stands against an expected zero that the measure divides by.
    pub error: f64,
    /// Its position.
    pub at: usize,
}

impl Measure {
    /// The largest deviation of `got` from `expected`; `None` for empty arrays.
    ///
    /// `columns` is needed by [`Measure::OfInputs`] only: which entries are input columns (the
    /// trailing 1 of a bias is none).
    ///
    /// Equal non-finite values conform, NaN with NaN included; NaN never conforms to a number.
    #[must_use]
    pub fn largest(
        self,
        expected: &[f64],
        got: &[f64],
        columns: impl Fn(usize) -> bool,
    ) -> Option<Largest> {
        assert_eq!(expected.len(), got.len(), "shapes are checked before values are compared");
        let unit = match self {
            Measure::OfItself => f64::NAN,
            Measure::OfLargest => largest_magnitude(expected.iter().copied()),
            Measure::OfInputs => {
                let inputs = expected.iter().enumerate().filter(|(j, _)| columns(*j));
                largest_magnitude(inputs.map(|(_, &a)| a)).sqrt()
            }
        };
        let error = |e: f64, g: f64| {
            if e == g || (e.is_nan() && g.is_nan()) {
                return 0.0;
            }
            let relative = match self {
                Measure::OfItself => (g - e).abs() / e.abs(),
                Measure::OfLargest => (g - e).abs() / unit,
                Measure::OfInputs => input_error(e, g) / unit,
            };
            // Not a number: one of the two values is not, and the other one differs.
            if relative.is_nan() { f64::INFINITY } else { relative }
        };
        let errors = expected.iter().zip(got).map(|(&e, &g)| error(e, g)).enumerate();
        errors
            .map(|(at, error)| Largest { error, at })
            .reduce(|worst, next| if next.error > worst.error { next } else { worst })
    }
}

/// `δ ≥ 0` with `|got − a| = 2·√a·δ + δ²`, that is `δ = Δ / (√a + √(a + Δ))`.
fn input_error(a: f64, got: f64) -> f64 {
    let delta = (got - a).abs();
    delta / (a.sqrt() + (a + delta).sqrt())
}

fn largest_magnitude(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::abs).filter(|x| x.is_finite()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(measure: Measure, expected: &[f64], got: &[f64]) -> f64 {
        measure.largest(expected, got, |_| true).unwrap().error
    }

    #[test]
    fn of_largest_divides_by_the_largest_expected_magnitude() {
        let largest = Measure::OfLargest.largest(&[1.0, -4.0, 2.0], &[1.5, -4.0, 3.0], |_| true);
        assert_eq!(largest, Some(Largest { error: 0.25, at: 2 }));
    }

    #[test]
    fn of_equal_deviations_the_first_is_the_largest() {
        let largest = Measure::OfItself.largest(&[2.0, -4.0, 1.0], &[2.5, -5.0, 1.25], |_| true);
        assert_eq!(largest, Some(Largest { error: 0.25, at: 0 }));
        assert_eq!(Measure::OfItself.largest(&[], &[], |_| true), None);
    }

    #[test]
    fn of_itself_is_not_blind_beside_a_large_entry() {
        assert_eq!(error(Measure::OfItself, &[1e8, 2.0], &[1e8, 3.0]), 0.5);
        assert!(error(Measure::OfLargest, &[1e8, 2.0], &[1e8, 3.0]) < 2e-8);
    }

    #[test]
    fn of_inputs_finds_the_input_error_behind_a_mean_square() {
        // Inputs of rms 3 and 0.5; the second one off by 0.25: A from 0.25 to 0.75² = 0.5625.
        let found = error(Measure::OfInputs, &[9.0, 0.25], &[9.0, 0.5625]);
        assert!((found - 0.25 / 3.0).abs() < 1e-16, "{found}");
        // A dead column gets δ² by an input error of δ.
        assert_eq!(error(Measure::OfInputs, &[4.0, 0.0], &[4.0, 0.0625]), 0.125);
    }

    #[test]
    fn of_inputs_ignores_the_bias_when_it_looks_for_the_unit() {
        let largest = Measure::OfInputs.largest(&[0.0, 0.01, 1.0], &[0.04, 0.01, 1.0], |j| j < 2);
        assert!((largest.unwrap().error - 2.0).abs() < 1e-15);
    }

    #[test]
    fn non_finite_values_conform_only_to_themselves() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        for measure in [Measure::OfLargest, Measure::OfItself, Measure::OfInputs] {
            assert_eq!(error(measure, &[nan, inf, -inf, 1.0], &[nan, inf, -inf, 1.0]), 0.0);
            for (expected, got) in [
                (nan, 1.0),
                (1.0, nan),
                (inf, 1.0),
                (1.0, inf),
                (inf, -inf),
                (inf, nan),
                (nan, inf),
            ] {
                let found = error(measure, &[2.0, expected], &[2.0, got]);
                assert_eq!(found, inf, "{measure:?}: {expected} and {got}");
            }
        }
    }

    #[test]
    fn nothing_but_zero_conforms_to_an_array_of_zeros() {
        for measure in [Measure::OfLargest, Measure::OfItself, Measure::OfInputs] {
            assert_eq!(error(measure, &[0.0, 0.0], &[0.0, -0.0]), 0.0);
            assert_eq!(error(measure, &[0.0, 0.0], &[0.0, 1e-300]), f64::INFINITY, "{measure:?}");
        }
    }
}
