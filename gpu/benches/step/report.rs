//! Medians with intervals, and what they were measured on.

use crate::contenders::{Contender, Times};
use crate::measure::Median;
use crate::{Arguments, DeviceName};
use anyhow::Result;
use gpu::backend::{commit, machine};
use serde_json::{Value, json};
use std::time::Duration;

/// Everything, for a person to read.
pub fn print(arguments: &Arguments, contenders: &[Contender]) {
    let Arguments { batch, dtype, threads, pairs, steps, .. } = arguments;
    println!("ResNet-20, batch {batch}, {dtype:?}, {threads} threads");
    println!("machine: {}", machine(arguments.device()));
    println!("commit: {}", commit());
    println!("command: cargo bench -p gpu --profile dev --bench step -- {}", flags());
    println!(
        "{pairs} interleaved rounds of {steps} steps: medians, and 95 % intervals of the medians \
         of ratios\n"
    );

    let base = &contenders[0];
    println!("{:24}{:>10}{:>12}{:>12}   step / {}", "", "step", "observing", "update", base.name);
    for contender in contenders {
        let of = |part: fn(&Times) -> Duration| match arguments.device {
            DeviceName::Cpu => format!("{:.2} ms", milliseconds(contender, part).middle),
            DeviceName::Cuda => String::new(),
        };
        let Median { low, middle, high } = ratio(contender, base);
        println!(
            "{:24}{:>10}{:>12}{:>12}   {middle:.3} [{low:.3}, {high:.3}]",
            contender.name,
            format!("{:.2} ms", milliseconds(contender, |t| t.step).middle),
            of(|t| t.observing),
            of(|t| t.updating),
        );
    }
}

/// The same for programs, into the file that was asked for.
pub fn write(arguments: &Arguments, contenders: &[Contender]) -> Result<()> {
    let Some(path) = &arguments.json else { return Ok(()) };
    let Arguments { batch, threads, pairs, steps, channels_last, tf32, cudnn_benchmark, .. } =
        arguments;
    let of_contender = |contender: &Contender| {
        json!({
            "name": contender.name,
            "step_ms": interval(&milliseconds(contender, |t| t.step)),
            "ratio": interval(&ratio(contender, &contenders[0])),
        })
    };
    let result = json!({
        "what": "a training step of ResNet-20: median with its 95 % interval, over interleaved rounds",
        "machine": machine(arguments.device()),
        "commit": commit(),
        "libtorch": gpu::LIBTORCH,
        "flags": flags(),
        "batch": batch,
        "dtype": format!("{:?}", arguments.dtype).to_lowercase(),
        "device": arguments.device().to_string(),
        "threads": threads,
        "channels_last": channels_last,
        "tf32": tf32,
        "cudnn_benchmark": cudnn_benchmark,
        "rounds": pairs,
        "steps": steps,
        "contenders": contenders.iter().map(of_contender).collect::<Vec<_>>(),
    });
    fixtures::write_whole(path, format!("{result:#}\n").as_bytes())?;
    Ok(())
}

fn interval(median: &Median) -> Value {
    json!({ "low": median.low, "median": median.middle, "high": median.high })
}

fn milliseconds(contender: &Contender, part: fn(&Times) -> Duration) -> Median {
    Median::of(contender.times.iter().map(|t| 1e3 * part(t).as_secs_f64()).collect())
}

/// Of the steps of two contenders, turn by turn.
fn ratio(contender: &Contender, base: &Contender) -> Median {
    let turns = contender.times.iter().zip(&base.times);
    Median::of(turns.map(|(a, b)| a.step.as_secs_f64() / b.step.as_secs_f64()).collect())
}

/// The command's flags, without the one that cargo adds.
fn flags() -> String {
    let flags = std::env::args().skip(1).filter(|flag| flag != "--bench");
    flags.collect::<Vec<_>>().join(" ")
}
