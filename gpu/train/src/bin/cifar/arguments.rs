//! The command line: the authors' flags, and what makes a run repeatable.

use anyhow::{Result, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, ValueEnum};
use fixtures::Dtype;
use fixtures::run::{Dataset, Model, Optim, Recipe, Schedule, Settings};
use gpu::Device;
use gpu::backend::Precision;
use std::path::PathBuf;

/// Trains a network of the paper on CIFAR-10 or CIFAR-100, on the CPU or a CUDA device.
///
/// The flags of the authors' scripts have their names, meanings and defaults. A run has a directory
/// of its own, named after its settings, with metrics, plots and checkpoints. It may be stopped at
/// any time: Ctrl-C finishes the step and saves; --resume goes on, as if there had been no stop.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Arguments {
    /// The network: resnet20 and resnet32 for CIFAR-10, resnet34 and densenet121 for CIFAR-100.
    #[arg(long, default_value = "resnet20", value_parser = names::<Model, _>(Model::ALL.map(Model::name)))]
    pub model: Model,
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
    /// Number of epochs, and length of the cosine.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    pub epoch: u64,
    /// Images in a batch.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..))]
    pub batchsize: u64,
    /// The learning rate over the epochs: along a cosine to 0, or a tenth at 50, 100 and 150.
    #[arg(long = "lr_scheduler", default_value = "cosine",
          value_parser = names::<Schedule, _>(Schedule::ALL.map(Schedule::name)))]
    pub lr_scheduler: Schedule,
    /// Number of this run, in the name of its directory.
    #[arg(long, default_value_t = 0)]
    pub run: u64,
    /// Go on with a run that was stopped; without a checkpoint, it starts from the beginning.
    #[arg(long, short)]
    pub resume: bool,

    /// The images: a published archive, or train|test/CLASS/*.jpg|png of 32×32 pixels.
    ///
    /// The archives are cifar-10-binary.tar.gz and cifar-100-binary.tar.gz; one that is missing is
    /// downloaded to here. A directory of images is decoded once and labelled as a stand-in.
    #[arg(long = "data_dir", value_name = "DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// Where an archive that is missing is downloaded from.
    #[arg(long, value_name = "URL", default_value = train::data::PUBLISHED_AT)]
    pub mirror: String,
    /// The set of images; the network's by default.
    #[arg(long, value_parser = names::<Dataset, _>(Dataset::ALL.map(Dataset::name)))]
    pub dataset: Option<Dataset>,
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
    /// Take the images as they are, neither cropped nor flipped.
    #[arg(long = "no_augment")]
    pub no_augment: bool,
    /// Take the images in their given order, in every epoch.
    #[arg(long = "no_shuffle")]
    pub no_shuffle: bool,
    /// Write every step's loss to a file, as JSON lines.
    #[arg(long = "log_steps", value_name = "FILE")]
    pub log_steps: Option<PathBuf>,
    /// Write a case and its trace for every N-th step, to be judged by `conformance check`.
    #[arg(long = "trace_every", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub trace_every: Option<u64>,
    /// Of these layers only, such as 'layer3_*' or linear; all by default.
    #[arg(long = "trace_layers", value_name = "GLOB", requires = "trace_every")]
    pub trace_layers: Option<String>,

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

const EXAMPLES: &str = "\
Examples:
  The paper's run of ResNet-20 with AdaAct:
    cifar --model resnet20 --optim adaact --lr 0.1 --beta1 0.9 --beta2 0.999 --eps 1e-8 \\
          --weight_decay 0.002 --batchsize 128 --epoch 200 --run 0
  Its baselines:
    cifar --optim sgd --lr 0.1 --momentum 0.9 --weight_decay 5e-4
    cifar --optim adam --lr 0.001 --weight_decay 5e-4
    cifar --optim adamw --lr 0.001 --weight_decay 0.5
  On a directory of images, for three epochs:
    cifar --optim adaact --weight_decay 0.002 --epoch 3 --data_dir cifar10-jpeg75
  Go on with it after a stop:
    cifar --optim adaact --weight_decay 0.002 --epoch 3 --data_dir cifar10-jpeg75 --resume
  Thirty steps that another framework can repeat, loss by loss:
    cifar --optim adaact --dtype float64 --init weights.safetensors --no_augment --no_shuffle \\
          --steps 30 --log_steps losses.jsonl

Exit status: 0 when the run is finished or has reached --steps, 1 if the loss is no longer finite,
2 if anything is refused, 130 after Ctrl-C.";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DeviceName {
    Cpu,
    Cuda,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DtypeName {
    Float64,
    Float32,
}

/// A parser of the names of a choice, which `--help` lists.
fn names<T, const N: usize>(names: [&'static str; N]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

impl Arguments {
    /// The set of images, which has to be the network's.
    pub fn dataset(&self) -> Result<Dataset> {
        let dataset = self.dataset.unwrap_or(self.model.dataset());
        ensure!(
            dataset == self.model.dataset(),
            "--dataset {dataset}: {} has classes for {}",
            self.model,
            self.model.dataset()
        );
        Ok(dataset)
    }

    /// Makes the device usable: before any other use of libtorch.
    pub fn open_device(&self) -> Result<(Device, tch::Device)> {
        let device = match self.device {
            Some(DeviceName::Cpu) => Device::Cpu,
            Some(DeviceName::Cuda) => Device::Cuda,
            None if Device::Cuda.open().is_ok() => Device::Cuda,
            None => Device::Cpu,
        };
        Ok((device, device.open()?))
    }

    pub fn dtype(&self) -> Dtype {
        match self.dtype {
            DtypeName::Float64 => Dtype::Float64,
            DtypeName::Float32 => Dtype::Float32,
        }
    }

    pub fn threads(&self) -> u64 {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        self.threads.unwrap_or_else(cores)
    }

    pub fn precision(&self) -> Precision {
        let &Self { tf32, cudnn_benchmark, deterministic, .. } = self;
        Precision { tf32, cudnn_benchmark, deterministic }
    }

    /// Everything that decides the result.
    pub fn settings(
        &self,
        data: &train::data::Data,
        device: Device,
        init_sha256: Option<String>,
    ) -> Result<Settings> {
        Ok(Settings {
            dataset: self.dataset()?,
            images: data.label.clone(),
            images_sha256: data.sha256(),
            model: self.model,
            recipe: Recipe::Cifar { augment: !self.no_augment, shuffle: !self.no_shuffle },
            optim: self.optim,
            lr: self.lr,
            momentum: self.momentum,
            beta1: self.beta1,
            beta2: self.beta2,
            eps: self.eps,
            weight_decay: self.weight_decay,
            epoch: self.epoch,
            batchsize: self.batchsize,
            micro_batches: 1,
            world_size: 1,
            lr_scheduler: self.lr_scheduler,
            run: self.run,
            seed: self.seed.unwrap_or(self.run),
            init_sha256,
            dtype: self.dtype(),
            mixed_precision: None,
            device: device.to_string(),
            threads: self.threads(),
            channels_last: self.channels_last,
            tf32: self.tf32,
            cudnn_benchmark: self.cudnn_benchmark,
            deterministic: self.deterministic,
        })
    }
}

/// The name of a run's directory: the authors', after the label of the images.
pub fn directory_name(settings: &Settings) -> String {
    let Settings { images, model, optim, lr, momentum, beta1, beta2, eps, .. } = settings;
    let Settings { weight_decay, lr_scheduler, batchsize, epoch, run, .. } = settings;
    let own = match optim {
        Optim::Sgd => format!("momentum{momentum:?}-wdecay{weight_decay:?}"),
        Optim::Adam | Optim::Adamw => {
            format!("betas{beta1:?}-{beta2:?}-wdecay{weight_decay:?}-eps{eps:?}")
        }
        Optim::Adaact => format!("betas{beta1:?}-{beta2:?}-eps{eps:?}-wdecay{weight_decay:?}"),
    };
    let rest = format!("lr_sched{lr_scheduler}-batchsize{batchsize}-epoch{epoch}-run{run}");
    format!("{images}-{model}-{optim}-lr{lr:?}-{own}-{rest}")
}
