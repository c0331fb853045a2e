//! Runs a case on libtorch and writes its trace.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use fixtures::{Case, Dtype};
use gpu::{Device, Options};
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs a case of AdaAct on libtorch and writes what came out, step by step and stage by stage.
///
/// Needs libtorch and nothing else, so that it also runs on a machine that has only CUDA.
/// Compare the trace with the reference by `conformance check`.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    /// The case, in the format adaact.case/1.
    #[arg(long, value_name = "CASE.json")]
    case: PathBuf,
    /// Where the trace goes; a file that is there is replaced once the trace is whole.
    #[arg(long, value_name = "TRACE.json")]
    out: PathBuf,
    /// What to compute in; float32 never means TF32.
    #[arg(long, value_enum, default_value_t = DtypeName::Float64)]
    dtype: DtypeName,
    /// Where to compute; cuda is the first device of CUDA_VISIBLE_DEVICES.
    #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
    device: DeviceName,
    /// Threads that libtorch computes with on the CPU; its own choice if absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1024))]
    threads: Option<i32>,
}

const EXAMPLES: &str = "\
Examples:
  tch-trace --case fixtures/corpus/official/resnetlet.case.json --out trace.json
  tch-trace --case case.json --dtype float32 --device cuda --out trace.json
  LD_LIBRARY_PATH=/opt/libtorch-cuda/lib tch-trace --case case.json --device cuda --out trace.json

The last runs a program that was built against a libtorch for the CPU on a machine with CUDA.

Exit status: 0 if the trace is written, 2 if anything is refused; the reason is one line on stderr.";

#[derive(Clone, Copy, ValueEnum)]
enum DtypeName {
    Float64,
    Float32,
}

#[derive(Clone, Copy, ValueEnum)]
enum DeviceName {
    Cpu,
    Cuda,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tch-trace: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let options = Options {
        dtype: match arguments.dtype {
            DtypeName::Float64 => Dtype::Float64,
            DtypeName::Float32 => Dtype::Float32,
        },
        device: match arguments.device {
            DeviceName::Cpu => Device::Cpu,
            DeviceName::Cuda => Device::Cuda,
        },
    };
    let case = Case::read(&arguments.case)?;
    options.device.open()?; // before any other use of libtorch
    if let Some(threads) = arguments.threads {
        tch::set_num_threads(threads);
    }
    let trace = gpu::trace(&case, options).with_context(|| arguments.case.display().to_string())?;
    trace.write(&arguments.out)?;
    Ok(())
}
