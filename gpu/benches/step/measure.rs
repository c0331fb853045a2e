//! A median with its interval, and what it was measured on.

use std::process::Command;

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

/// The processor, and how many cores of it.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores", model.map_or("unknown processor", |(_, name)| name))
}

/// The commit of the source, marked if it was changed since.
pub fn commit() -> Option<String> {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
