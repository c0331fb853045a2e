//! A run as it begins, or as its last checkpoint left it.

use crate::arguments::Arguments;
use crate::checkpoint::{self, Checkpoint, Lengths, Position};
use crate::directory::RunDirectory;
use crate::logs::Logs;
use crate::traces::Traces;
use crate::training::{Limits, Training};
use anyhow::{Context, Result};
use fixtures::Layer;
use fixtures::run::{Environment, Run, Settings};
use gpu::optimizer::Optimizer;
use gpu::{Device, Network, backend};
use tch::Kind;
use train::data::Data;
use train::images::{ImageSet, Normalisation};
use train::initial::{self, Initial};
use train::weights;

/// Everything that training needs, on the device.
pub fn prepare(
    arguments: &Arguments,
    settings: Settings,
    data: &Data,
    directory: RunDirectory,
    (device, place): (Device, tch::Device),
) -> Result<Training> {
    let saved = saved(arguments, &settings, &directory)?;
    let layers = settings.model.layers();
    let kind = gpu::kind(settings.dtype);
    let (initial, saved) = match saved {
        Some(Checkpoint { header, weights: tensors, optimizer }) => {
            let initial = weights::import(&layers, tensors, kind)
                .with_context(|| directory.last().display().to_string())?;
            (initial, Some((header, optimizer)))
        }
        None => (beginning(arguments, &settings, &layers, kind)?, None),
    };
    let network = network(&layers, initial, place)?;
    let mut optimizer = Optimizer::new(&network, &settings)?;
    let environment = environment(device);
    let (mut position, mut lengths) = (Position::default(), Lengths::default());
    if let Some((header, state)) = saved {
        (position, lengths) = (header.position, header.lengths);
        optimizer.restore(state).with_context(|| directory.last().display().to_string())?;
    } else {
        let (settings, environment) = (settings.clone(), environment.clone());
        Run { settings, environment }.write(directory.path())?;
    }
    let normalisation = Normalisation::of(settings.dataset);
    let set = |images| {
        let set = ImageSet::new(images, normalisation, kind, place);
        if settings.channels_last { set.channels_last() } else { set }
    };
    let traces = |every| {
        let layers = arguments.trace_layers.as_deref();
        Traces::new(every, layers, directory.traces(), &settings, device)
    };
    Ok(Training {
        environment,
        train: set(&data.train),
        test: set(&data.test),
        logs: Logs::open(arguments, &directory, lengths)?,
        traces: arguments.trace_every.map(traces).transpose()?,
        limits: Limits { steps: arguments.steps, save_every: arguments.save_every },
        network,
        optimizer,
        place,
        position,
        directory,
        settings,
    })
}

/// The checkpoint to go on from, if there is one.
fn saved(
    arguments: &Arguments,
    settings: &Settings,
    directory: &RunDirectory,
) -> Result<Option<Checkpoint>> {
    if !directory.holds_run {
        if arguments.resume {
            let path = directory.path().display();
            eprintln!("{path}: no checkpoint yet, so this begins from the start");
        }
        return Ok(None);
    }
    let path = directory.last();
    let saved = checkpoint::read(&path)?;
    checkpoint::check_settings(&path, &saved.header.settings, settings)?;
    Ok(Some(saved))
}

/// From `--init`, or drawn from the seed.
fn beginning(
    arguments: &Arguments,
    settings: &Settings,
    layers: &[Layer],
    kind: Kind,
) -> Result<Initial> {
    match &arguments.init {
        None => Ok(initial::draw(settings.model, settings.seed, kind)),
        Some(path) => weights::import(layers, checkpoint::read_weights(path)?, kind)
            .with_context(|| format!("{}: does not fit {}", path.display(), settings.model)),
    }
}

fn network(layers: &[Layer], initial: Initial, place: tch::Device) -> Result<Network> {
    let Initial { parameters, buffers } = initial;
    let parameters = parameters
        .into_iter()
        .map(|(name, tensor)| (name, tensor.to_device(place).set_requires_grad(true)))
        .collect();
    let buffers =
        buffers.into_iter().map(|(name, tensor)| (name, tensor.to_device(place))).collect();
    Ok(Network::new(layers, parameters, buffers)?)
}

fn environment(device: Device) -> Environment {
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: backend::commit(),
        libtorch: gpu::LIBTORCH.to_owned(),
        machine: backend::machine(device),
    }
}
