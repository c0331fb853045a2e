//! Medians with intervals, and what they were measured on.

use crate::Arguments;
use crate::contenders::{Contender, Times};
use std::process::Command;
use std::time::Duration;

pub fn print(arguments: &Arguments, contenders: &[Contender]) {
    println!("ResNet-20, batch {}, {:?}, CPU", arguments.batch, arguments.dtype);
    println!("machine  {}, {} threads", processor(), arguments.threads);
    println!("commit   {}", commit().unwrap_or_else(|| "unknown".to_owned()));
    println!("command  {}", std::env::args().skip(1).collect::<Vec<_>>().join(" "));
    println!("medians of {} interleaved rounds; intervals at 95 %\n", arguments.pairs);

    let base = &contenders[0];
    println!("{:24}{:>10}{:>12}{:>12}   ratio to {}", "", "step", "observing", "update", base.name);
    for contender in contenders {
        let part = |of: fn(&Times) -> Duration| {
            let mut values: Vec<_> = contender.times.iter().map(|t| of(t).as_secs_f64()).collect();
            format!("{:.2} ms", 1e3 * median(&mut values)[1])
        };
        let (step, observing, update) = (part(|t| t.step), part(|t| t.observing), part(|t| t.updating));
        let pairs = contender.times.iter().zip(&base.times);
        let mut ratios: Vec<_> = pairs.map(|(a, b)| a.step.as_secs_f64() / b.step.as_secs_f64()).collect();
        let [low, middle, high] = median(&mut ratios);
        println!("{:24}{step:>10}{observing:>12}{update:>12}   {middle:.3} [{low:.3}, {high:.3}]", contender.name);
    }
}

/// The median between the ends of its 95 % interval.
///
/// The number of values below the true median is binomial(n, ½): mean n/2, deviation √n/2.
fn median(values: &mut [f64]) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let at = |rank: f64| values[(rank.round().max(0.0) as usize).min(values.len() - 1)];
    let reach = 1.96 * n.sqrt() / 2.0;
    let middle = (at((n - 1.0) / 2.0 - 0.25) + at((n - 1.0) / 2.0 + 0.25)) / 2.0;
    [at((n / 2.0 - reach).floor() - 1.0), middle, at((n / 2.0 + reach).ceil())]
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores", model.map_or("unknown", |(_, name)| name))
}

fn commit() -> Option<String> {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
