//! One training step of ResNet-20 with AdaAct against SGD with momentum and AdamW.
//!
//! Every round gives each contender one turn, in an order that is shuffled anew, so that whatever
//! else the machine does meets all alike. A ratio is that of two turns of one round; printed is the
//! median over the rounds with its 95 % interval. SGD stands against itself as a control.

mod contenders;
mod measure;
mod report;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use contenders::{Batch, Contender};
use gpu::backend::{self, Precision};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::io::IsTerminal;
use std::path::PathBuf;
use tch::Kind;

/// Times a training step of ResNet-20 with several optimizers, interleaved.
#[derive(Parser)]
struct Arguments {
    /// Rounds; each gives one pair of turns per comparison.
    #[arg(long, default_value_t = 60)]
    pairs: usize,
    /// Steps of a turn; several, where a step is shorter than the clock is good for.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Images in a batch.
    #[arg(long, default_value_t = 128)]
    batch: i64,
    /// Threads that libtorch computes with.
    #[arg(long, default_value_t = 2)]
    threads: i32,
    /// What every tensor is held in.
    #[arg(long, value_enum, default_value_t = Dtype::Float32)]
    dtype: Dtype,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
    device: DeviceName,
    /// Images pixel by pixel in memory, rather than channel by channel.
    #[arg(long)]
    channels_last: bool,
    /// Lets CUDA round the inputs of float32 products to ten bits of mantissa.
    #[arg(long)]
    tf32: bool,
    /// Lets cuDNN time its algorithms and take the fastest.
    #[arg(long)]
    cudnn_benchmark: bool,
    /// Leaves out AdaAct from patches, which takes longer than all others together.
    #[arg(long)]
    without_patches: bool,
    /// Writes the result as JSON as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Cargo passes this when it runs benches; without it, a short trial shows that all works.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Dtype {
    Float32,
    Float64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DeviceName {
    Cpu,
    Cuda,
}

/// Where and how tensors lie.
#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    device: tch::Device,
    channels_last: bool,
}

impl Place {
    /// Waits until all is computed.
    fn synchronize(self) {
        if let tch::Device::Cuda(index) = self.device {
            tch::Cuda::synchronize(index as i64);
        }
    }
}

/// Rounds that are not counted.
const WARM_UP: usize = 2;

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    if !arguments.bench {
        (arguments.pairs, arguments.batch) = (2, 4);
    }
    let place = Place {
        kind: match arguments.dtype {
            Dtype::Float32 => Kind::Float,
            Dtype::Float64 => Kind::Double,
        },
        device: arguments.device().open()?,
        channels_last: arguments.channels_last,
    };
    let Arguments { tf32, cudnn_benchmark, .. } = arguments;
    Precision { tf32, cudnn_benchmark, deterministic: false }.set()?;
    tch::set_num_threads(arguments.threads);
    backend::reuse_memory();
    let batches = Batch::several(arguments.batch, place);
    let mut contenders = Contender::all(place);
    contenders.retain(|contender| !(arguments.without_patches && contender.is_from_patches()));
    race(&mut contenders, &batches, &arguments, place);
    report::print(&arguments, &contenders);
    report::write(&arguments, &contenders)
}

fn race(contenders: &mut [Contender], batches: &[Batch], arguments: &Arguments, place: Place) {
    let &Arguments { pairs, steps, .. } = arguments;
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..WARM_UP + pairs {
        if std::io::stderr().is_terminal() {
            eprint!("\rround {} of {} ", round + 1, WARM_UP + pairs);
        }
        order.shuffle(&mut random);
        for &contender in &order {
            let times = contenders[contender].turn(&batches[round % batches.len()..], steps, place);
            if round >= WARM_UP {
                contenders[contender].times.push(times);
            }
        }
    }
    if std::io::stderr().is_terminal() {
        eprint!("\r{:40}\r", "");
    }
}

impl Arguments {
    fn device(&self) -> gpu::Device {
        match self.device {
            DeviceName::Cpu => gpu::Device::Cpu,
            DeviceName::Cuda => gpu::Device::Cuda,
        }
    }
}
