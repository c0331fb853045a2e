//! The groups of flags; a field's documentation is its help.

use super::names::names;
use clap::{Args, ValueEnum};
use fixtures::Dtype;
use fixtures::run::{self, Optim};
use gpu::Device;
use std::path::PathBuf;

/// The optimizer with its hyperparameters.
#[derive(Args, Clone, Debug)]
pub struct Optimizer {
    /// The optimizer.
    #[arg(long, default_value = "sgd", value_parser = names::<Optim, _>(Optim::ALL.map(Optim::name)))]
    pub optim: Optim,
    /// Learning rate of the first epoch.
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    pub lr: f64,
    /// Momentum, of sgd; with Nesterov's for CIFAR-100.
    #[arg(long, default_value_t = 0.9, allow_negative_numbers = true)]
    pub momentum: f64,
    /// Decay of the average of gradients, of adaact, adam and adamw.
    #[arg(long, default_value_t = 0.9, allow_negative_numbers = true)]
    pub beta1: f64,
    /// Decay of the average of squares: of inputs in adaact, of gradients in adam and adamw.
    #[arg(long, default_value_t = 0.999, allow_negative_numbers = true)]
    pub beta2: f64,
    /// Added to the root of the average of squares.
    #[arg(long, default_value_t = 1e-8, allow_negative_numbers = true)]
    pub eps: f64,
    /// Weight decay on every parameter: decoupled in adaact and adamw, coupled in sgd and adam.
    #[arg(long = "weight_decay", default_value_t = 5e-4, allow_negative_numbers = true)]
    pub weight_decay: f64,
}

/// How long a run is, of which batches, which of several with the same settings it is, and whether
/// it is resumed.
#[derive(Args, Clone, Debug)]
pub struct Schedule {
    /// Number of epochs, and length of the cosine.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    pub epoch: u64,
    /// Images in a batch.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..))]
    pub batchsize: u64,
    /// The learning rate over the epochs: along a cosine to 0, or a tenth at 50, 100 and 150.
    #[arg(long = "lr_scheduler", default_value = "cosine",
          value_parser = names::<run::Schedule, _>(run::Schedule::ALL.map(run::Schedule::name)))]
    pub lr_scheduler: run::Schedule,
    /// Number of this run, in the name of its directory.
    #[arg(long, default_value_t = 0)]
    pub run: u64,
    /// Go on with a run that was stopped; without a checkpoint, it starts from the beginning.
    #[arg(long, short)]
    pub resume: bool,
}

/// Where a run lies, what it is computed on, where it begins and where it stops.
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// Directory of the runs; each has a directory in it.
    #[arg(long, value_name = "DIR", default_value = "./runs")]
    pub out: PathBuf,
    /// Seed of initial weights, order and augmentation; the number of the run by default.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Where to compute; cuda if there is one, by default.
    #[arg(long, value_enum)]
    pub device: Option<DeviceName>,
    /// What every tensor is held in.
    #[arg(long, value_enum, default_value_t = DtypeName::Float32)]
    pub dtype: DtypeName,
    /// Threads on the CPU; all cores by default. The last digits depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,

    /// Save a checkpoint after so many steps, too; without, at the end of every epoch.
    #[arg(long = "save_every", value_name = "STEPS",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub save_every: Option<u64>,
    /// Stop and save after so many steps, counted from the first.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Begin with these weights: a safetensors file with PyTorch's names.
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
}

/// What is written down beside the metrics.
#[derive(Args, Clone, Debug)]
pub struct Logging {
    /// Write every step's loss to a file, as JSON lines.
    #[arg(long = "log_steps", value_name = "FILE")]
    pub log_steps: Option<PathBuf>,
    /// Write a case and its trace for every N-th step, to be judged by `conformance check`.
    #[arg(long = "trace_every", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub trace_every: Option<u64>,
    /// Of these layers only, such as 'layer3_*' or linear; all by default.
    #[arg(long = "trace_layers", value_name = "GLOB", requires = "trace_every")]
    pub trace_layers: Option<String>,
}

/// How libtorch may compute.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Kernels {
    /// Let activations lie channel by channel in a pixel ("channels last").
    #[arg(long = "channels_last")]
    pub channels_last: bool,
    /// Let CUDA round the inputs of float32 products to ten bits of mantissa.
    #[arg(long)]
    pub tf32: bool,
    /// Let cuDNN time its algorithms and take the fastest; the authors' script does.
    #[arg(long = "cudnn_benchmark")]
    pub cudnn_benchmark: bool,
    /// Hold cuDNN to algorithms that give the same bits every time.
    #[arg(long)]
    pub deterministic: bool,
}

/// Names of devices.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(missing_docs, reason = "it would be part of the help")]
pub enum DeviceName {
    Cpu,
    Cuda,
}

/// Names of dtypes.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(missing_docs, reason = "it would be part of the help")]
pub enum DtypeName {
    Float64,
    Float32,
}

impl Run {
    /// The device that is asked for; otherwise CUDA's, if there is one.
    #[must_use]
    pub fn device(&self) -> Device {
        match self.device {
            Some(DeviceName::Cpu) => Device::Cpu,
            Some(DeviceName::Cuda) => Device::Cuda,
            None if Device::Cuda.open().is_ok() => Device::Cuda,
            None => Device::Cpu,
        }
    }

    /// What every tensor is held in.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        match self.dtype {
            DtypeName::Float64 => Dtype::Float64,
            DtypeName::Float32 => Dtype::Float32,
        }
    }

    /// Threads on the CPU: as asked for, or as many as there are cores.
    #[must_use]
    pub fn threads(&self) -> u64 {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        self.threads.unwrap_or_else(cores)
    }
}
