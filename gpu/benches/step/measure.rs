//! A median with its interval.

/// A median within its 95 % interval.
pub struct Median {
    pub low: f64,
    pub middle: f64,
    pub high: f64,
}

impl Median {
    /// The interval runs between order statistics: how many of `n` values lie below the true
    /// median is binomial, with mean n/2 and standard deviation √n/2.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let reach = (1.96 * (n as f64).sqrt() / 2.0).ceil() as usize;
        Self {
            low: values[(n / 2).saturating_sub(reach)],
            middle: f64::midpoint(values[(n - 1) / 2], values[n / 2]),
            high: values[(n / 2 + reach).min(n - 1)],
        }
    }
}
