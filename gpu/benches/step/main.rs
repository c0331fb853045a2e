//! One training step of ResNet-20 with AdaAct against SGD with momentum, on the CPU.
//!
//! Every round runs each contender once, in an order that is shuffled anew, so that whatever else
//! the machine does meets all alike. A ratio is that of two steps of one round; printed is the
//! median over the rounds with its 95 % interval. SGD stands against itself as a control.

mod contenders;
mod measure;
mod report;
mod resnet20;

use clap::{Parser, ValueEnum};
use contenders::{Batch, Contender};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::io::IsTerminal;
use tch::Kind;

/// Times a training step of ResNet-20 with several optimizers, interleaved.
#[derive(Parser)]
struct Arguments {
    /// Rounds; each gives one pair of steps per comparison.
    #[arg(long, default_value_t = 60)]
    pairs: usize,
    /// Images in a batch.
    #[arg(long, default_value_t = 128)]
    batch: i64,
    /// Threads that libtorch computes with.
    #[arg(long, default_value_t = 2)]
    threads: i32,
    /// What every tensor is held in.
    #[arg(long, value_enum, default_value_t = Dtype::Float32)]
    dtype: Dtype,
    /// Leaves out AdaAct from patches, which takes longer than all others together.
    #[arg(long)]
    without_patches: bool,
    /// Cargo passes this when it runs benches; without it, a short trial shows that all works.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Dtype {
    Float32,
    Float64,
}

/// Rounds that are not counted.
const WARM_UP: usize = 2;

fn main() {
    let mut arguments = Arguments::parse();
    if !arguments.bench {
        (arguments.pairs, arguments.batch) = (2, 4);
    }
    tch::set_num_threads(arguments.threads);
    gpu::backend::reuse_memory();
    let kind = match arguments.dtype {
        Dtype::Float32 => Kind::Float,
        Dtype::Float64 => Kind::Double,
    };
    let batches = Batch::several(arguments.batch, kind);
    let mut contenders = Contender::all(kind);
    contenders.retain(|contender| !(arguments.without_patches && contender.is_from_patches()));
    race(&mut contenders, &batches, arguments.pairs);
    report::print(&arguments, &contenders);
}

fn race(contenders: &mut [Contender], batches: &[Batch], pairs: usize) {
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..WARM_UP + pairs {
        if std::io::stderr().is_terminal() {
            eprint!("\rround {} of {} ", round + 1, WARM_UP + pairs);
        }
        order.shuffle(&mut random);
        for &contender in &order {
            let times = contenders[contender].step(&batches[round % batches.len()]);
            if round >= WARM_UP {
                contenders[contender].times.push(times);
            }
        }
    }
    if std::io::stderr().is_terminal() {
        eprint!("\r{:40}\r", "");
    }
}
