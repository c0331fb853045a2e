//! Medians with intervals, and what they were measured on.

use crate::Arguments;
use crate::contenders::{Contender, Times};
use crate::measure::Median;
use gpu::Device;
use gpu::backend::{commit, machine};
use std::time::Duration;

/// Everything, for a person to read.
pub fn print(arguments: &Arguments, contenders: &[Contender]) {
    let Arguments { batch, dtype, threads, pairs, .. } = arguments;
    println!("ResNet-20, batch {batch}, {dtype:?}, {threads} threads");
    println!("machine: {}", machine(Device::Cpu));
    println!("commit: {}", commit());
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

/// The command's flags, without the one that cargo adds.
fn flags() -> String {
    let flags = std::env::args().skip(1).filter(|flag| flag != "--bench");
    flags.collect::<Vec<_>>().join(" ")
}
