//! Runs a case on libtorch and writes its trace.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use fixtures::{Case, Dtype, corpus};
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
    #[arg(long, value_name = "CASE.json", required_unless_present = "corpus")]
    case: Option<PathBuf>,
    /// Instead of one case, all below a folder that is laid out like fixtures/corpus.
    #[arg(long, value_name = "FOLDER", conflicts_with = "case")]
    corpus: Option<PathBuf>,
    /// Where the trace goes; a file that is there is replaced once the trace is whole. With
    /// --corpus a folder, in which NAME.trace.json is made for each.
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
  tch-trace --corpus fixtures/corpus --device cuda --out traces
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
    let cases = match (&arguments.case, &arguments.corpus) {
        (Some(case), _) => vec![(case.clone(), arguments.out.clone())],
        (None, folder) => {
            let folder = folder.as_deref().expect("clap demands one of the two");
            let out = |name| arguments.out.join(format!("{name}.trace.json"));
            let entries = corpus::entries(folder)?.into_iter();
            entries.map(|entry| (entry.case_path, out(entry.name))).collect()
        }
    };
    options.device.open()?; // before any other use of libtorch
    if let Some(threads) = arguments.threads {
        tch::set_num_threads(threads);
    }
    for (path, out) in cases {
        let case = Case::read(&path)?;
        let trace = gpu::trace(&case, options).with_context(|| path.display().to_string())?;
        trace.write(&out)?;
    }
    Ok(())
}
