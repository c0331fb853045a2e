//! Means over seeds, and the test of paired differences.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The most pairs that [`pairs_needed`] asks for.
pub const MOST_PAIRS: usize = 100;

/// What is known of a quantity from several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Number of values.
    pub count: usize,
    /// Their mean; NaN without values.
    pub mean: f64,
    /// Their standard deviation, with `count − 1`; NaN for fewer than two.
    pub deviation: f64,
}

impl Sample {
    /// Mean and deviation of values; NaN if one of them is.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        let deviation = if values.len() < 2 { f64::NAN } else { (squares / (count - 1.0)).sqrt() };
        Self { count: values.len(), mean, deviation }
    }

    /// The sample as if it scattered by at least `floor`.
    #[must_use]
    pub fn scattering(self, floor: f64) -> Self {
        // Not `max`, which would take a number for NaN.
        let deviation = if self.deviation < floor { floor } else { self.deviation };
        Self { deviation, ..self }
    }
}

/// Student's t-test of a mean of paired differences against a bound, in both directions.
///
/// `t = (mean − bound) / (deviation/√count)` with `count − 1` degrees of freedom. All three are NaN
/// where there are fewer than two pairs, or a difference is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// The statistic.
    pub t: f64,
    /// Chance of such a mean or a larger one, if the true mean is the bound: small speaks for a mean
    /// above it.
    pub above: f64,
    /// Chance of such a mean or a smaller one: small speaks for a mean below the bound.
    pub below: f64,
}

impl TTest {
    /// Tests the mean of a sample of differences.
    #[must_use]
    pub fn new(sample: &Sample, bound: f64) -> Self {
        let t = (sample.mean - bound) / (sample.deviation / (sample.count as f64).sqrt());
        if sample.count < 2 || t.is_nan() {
            return Self { t: f64::NAN, above: f64::NAN, below: f64::NAN };
        }
        let student = student(sample.count);
        Self { t, above: student.sf(t), below: student.cdf(t) }
    }
}

/// How many pairs would show, with the chance `power`, a mean as far from the bound as this one, at
/// the level `significance`; at least one more than there are, none if more than [`MOST_PAIRS`].
///
/// Takes the observed mean and deviation for the true ones, and for the noncentral distribution the
/// sum of two quantiles of the central one: `|mean − bound|·√n / deviation ≥ t(1−α) + t(power)`.
#[must_use]
pub fn pairs_needed(sample: &Sample, bound: f64, significance: f64, power: f64) -> Option<usize> {
    let effect = (sample.mean - bound).abs() / sample.deviation;
    let enough = |&count: &usize| {
        let student = student(count);
        let quantiles = student.inverse_cdf(1.0 - significance) + student.inverse_cdf(power);
        effect * (count as f64).sqrt() >= quantiles
    };
    (sample.count.max(1) + 1..=MOST_PAIRS).find(enough)
}

fn student(count: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, count as f64 - 1.0).expect("at least two values")
}

/// The median; NaN without values, or if one of them is no positive number.
#[must_use]
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    if values.is_empty() || !values.iter().all(|x| x.is_finite() && *x > 0.0) {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// Additional hours of sleep with one drug rather than another (Student 1908): mean 1.58,
    /// t = 4.0621, and p = 0.002833 on two sides.
    #[test]
    fn students_own_example_comes_out_as_in_the_books() {
        let hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let sample = Sample::of(&hours);
        let test = TTest::new(&sample, 0.0);
        assert!((sample.mean - 1.58).abs() < 1e-12);
        assert!((sample.deviation - 1.229_995).abs() < 1e-6, "{sample:?}");
        assert!((test.t - 4.0621).abs() < 5e-5, "{test:?}");
        assert!((2.0 * test.above - 0.002_833).abs() < 5e-7, "{test:?}");
        assert!((test.above + test.below - 1.0).abs() < 1e-12);
    }

    /// Γ at multiples of a half, by its recurrence.
    fn gamma(x: f64) -> f64 {
        match x {
            0.5 => PI.sqrt(),
            1.0 => 1.0,
            _ => (x - 1.0) * gamma(x - 1.0),
        }
    }

    /// The density of Student's t, integrated from 0 to `t` by Simpson's rule.
    fn integrated(t: f64, freedom: f64) -> f64 {
        let height = gamma((freedom + 1.0) / 2.0) / ((freedom * PI).sqrt() * gamma(freedom / 2.0));
        let density = |x: f64| height * (1.0 + x * x / freedom).powf(-(freedom + 1.0) / 2.0);
        let parts = 20_000;
        let step = t / f64::from(parts);
        let weight = |i| if i == 0 || i == parts { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        (0..=parts).map(|i| weight(i) * density(f64::from(i) * step)).sum::<f64>() * step / 3.0
    }

    #[test]
    fn chances_are_the_integral_of_the_density() {
        for values in [&[0.4, 1.1, -0.2][..], &[2.0, 1.0, 2.5, 3.5], &[-1.0, 0.5, -2.0, -0.1, 0.3]]
        {
            for bound in [-0.5, 0.0, 1.0] {
                let test = TTest::new(&Sample::of(values), bound);
                let expected = 0.5 - integrated(test.t, values.len() as f64 - 1.0);
                assert!((test.above - expected).abs() < 1e-9, "{values:?} {bound} {test:?}");
            }
        }
    }

    #[test]
    fn nan_and_single_values_decide_nothing() {
        let alpha = 0.05;
        for values in [&[][..], &[9.0], &[9.0, f64::NAN, 9.0], &[9.0, f64::INFINITY, 9.0]] {
            let test = TTest::new(&Sample::of(values), 0.0);
            assert!(!(test.above < alpha) && !(test.below < alpha), "{values:?} {test:?}");
        }
        let test = TTest::new(&Sample::of(&[1.0, 1.0]), 1.0);
        assert!(test.above.is_nan() && test.below.is_nan());
        let single = Sample::of(&[1.0]).scattering(0.5);
        assert!(single.deviation.is_nan());
        assert!(median([1.0, f64::NAN].into_iter()).is_nan());
        assert!(median([1.0, 0.0].into_iter()).is_nan());
        assert!(median(std::iter::empty()).is_nan());
    }

    /// Equal differences show a mean with certainty, unless they are taken to scatter.
    #[test]
    fn a_floor_keeps_equal_differences_from_certainty() {
        let sample = Sample::of(&[0.0, 0.0, 0.0]);
        assert_eq!(TTest::new(&sample, -2.0).above, 0.0);
        let test = TTest::new(&sample.scattering(1.0), -2.0);
        assert!((test.t - 12f64.sqrt()).abs() < 1e-12);
        assert!((test.above - 0.0371).abs() < 5e-5, "{test:?}"); // (1 − t/√(2 + t²))/2
    }

    /// By the tables of t: with effect 1, n = 8 has √8 = 2.83 ≥ 1.895 + 0.896, n = 7 not.
    #[test]
    fn the_number_of_pairs_follows_from_effect_and_power() {
        let sample = |count, mean, deviation| Sample { count, mean, deviation };
        let needed = |sample: Sample| pairs_needed(&sample, -0.5, 0.05, 0.8);
        assert_eq!(needed(sample(3, 0.5, 1.0)), Some(8));
        assert_eq!(needed(sample(3, -1.5, 1.0)), Some(8));
        assert_eq!(needed(sample(9, 0.5, 1.0)), Some(10));
        assert_eq!(needed(sample(3, -0.5, 1.0)), None);
        assert_eq!(needed(sample(3, f64::NAN, 1.0)), None);
    }

    #[test]
    fn the_median_halves() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
