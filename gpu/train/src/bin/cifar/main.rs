//! The paper's CIFAR experiments: `cifar --help`.

mod recipe;

use anyhow::Result;
use clap::Parser;
use fixtures::run::{Model, Recipe};
use recipe::Cifar;
use std::process::ExitCode;
use train::data;
use train::flags::{self, Flags, Own, names};
use train::{End, Interrupt, Machine, Run};

/// Trains a network of the paper on CIFAR-10 or CIFAR-100, on the CPU or a CUDA device.
///
/// The flags of the authors' scripts have their names, meanings and defaults. A run has a directory
/// of its own, named after its settings, with metrics, plots and checkpoints. It may be stopped at
/// any time: Ctrl-C finishes the step and saves; --resume goes on, as if there had been no stop.
#[derive(Parser)]
#[command(name = "cifar", version, after_help = include_str!("examples.txt"))]
struct Arguments {
    /// The network: resnet20 and resnet32 for CIFAR-10, resnet34 and densenet121 for CIFAR-100.
    #[arg(long, default_value = "resnet20", value_parser = names::<Model, _>(Model::ALL.map(Model::name)))]
    model: Model,
    #[command(flatten)]
    optimizer: flags::Optimizer,
    #[command(flatten)]
    schedule: flags::Schedule,
    #[command(flatten)]
    data: data::Flags,
    #[command(flatten)]
    run: flags::Run,
    /// Take the images as they are, neither cropped nor flipped.
    #[arg(long = "no_augment")]
    no_augment: bool,
    /// Take the images in their given order, in every epoch.
    #[arg(long = "no_shuffle")]
    no_shuffle: bool,
    #[command(flatten)]
    logging: flags::Logging,
    #[command(flatten)]
    kernels: flags::Kernels,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    train::main("cifar", |interrupt| run(&arguments, interrupt))
}

fn run(arguments: &Arguments, interrupt: Interrupt) -> Result<End> {
    let model = arguments.model;
    let flags = Flags {
        optimizer: &arguments.optimizer,
        schedule: &arguments.schedule,
        run: &arguments.run,
        logging: &arguments.logging,
        kernels: &arguments.kernels,
    };
    let machine = Machine::open(flags.run, flags.kernels)?;
    let data = arguments.data.load(model)?;
    let own = Own {
        dataset: model.dataset(),
        images: data.label.clone(),
        images_sha256: data.sha256(),
        model,
        recipe: Recipe::Cifar { augment: !arguments.no_augment, shuffle: !arguments.no_shuffle },
        micro_batches: 1,
    };
    let settings = flags.settings(own, machine.device)?;
    let run = Run::open(settings.clone(), flags, machine)?;
    run.train(&Cifar::new(settings, &data, machine.place), interrupt)
}
