//! Medians with intervals, and what they were measured on.

use crate::Arguments;
use crate::contenders::{Contender, Times};
use std::process::Command;
use std::time::Duration;

/// Everything, for a person to read.
pub fn print(arguments: &Arguments, contenders: &[Contender]) {
    let Arguments { batch, dtype, threads, pairs, .. } = arguments;
    println!("ResNet-20, batch {batch}, {dtype:?}, {threads} threads");
    println!("machine: {}", machine());
    println!("commit: {}", commit().unwrap_or_else(|| "unknown".to_owned()));
    println!("command: cargo bench -p gpu --profile dev --bench step -- {}", flags());
    println!("{pairs} interleaved rounds: medians, and 95 % intervals of the medians of ratios\n");

    let base = &contenders[0];
    println!("{:24}{:>10}{:>12}{:>12}   step / {}", "", "step", "observing", "update", base.name);
    for contender in contenders {
        let of = |part: fn(&Times) -> Duration| {
            let times = contender.times.iter().map(|t| 1e3 * part(t).as_secs_f64());
            format!("{:.2} ms", Median::of(times.collect()).middle)
        };
        let ratio = contender.times.iter().zip(&base.times);
        let ratio = ratio.map(|(a, b)| a.step.as_secs_f64() / b.step.as_secs_f64());
        let Median { low, middle, high } = Median::of(ratio.collect());
        println!(
            "{:24}{:>10}{:>12}{:>12}   {middle:.3} [{low:.3}, {high:.3}]",
            contender.name,
            of(|t| t.step),
            of(|t| t.observing),
            of(|t| t.updating),
        );
    }
}

/// A median within its 95 % interval.
struct Median {
    low: f64,
    middle: f64,
    high: f64,
}

impl Median {
    /// The interval runs between order statistics: how many of `n` values lie below the true
    /// median is binomial, with mean n/2 and standard deviation √n/2.
    fn of(mut values: Vec<f64>) -> Self {
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

/// The command's flags, without the one that cargo adds.
fn flags() -> String {
    let flags = std::env::args().skip(1).filter(|flag| flag != "--bench");
    flags.collect::<Vec<_>>().join(" ")
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores", model.map_or("unknown processor", |(_, name)| name))
}

fn commit() -> Option<String> {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
