//! A run as it begins, or as its last checkpoint left it.

use super::end::End;
use super::epochs::{Limits, Training};
use super::interrupt::Interrupt;
use super::learner::Learner;
use super::machine::Machine;
use super::size::EpochSize;
use super::traces::Traces;
use crate::flags::Flags;
use crate::initial::Initial;
use crate::run::checkpoint::{self, Checkpoint};
use crate::run::directory::{self, RunDirectory};
use crate::run::header::Lengths;
use crate::run::logs::Logs;
use crate::run::position::Position;
use crate::run::settings;
use crate::task::Task;
use crate::weights;
use anyhow::{Context, Result};
use fixtures::run::{self, Environment, Settings};
use gpu::backend;

/// A run whose directory is this process's.
pub struct Run<'f> {
    settings: Settings,
    flags: Flags<'f>,
    machine: Machine,
    directory: RunDirectory,
    saved: Option<Checkpoint>,
}

impl<'f> Run<'f> {
    /// Takes the directory of a run, and reads its last checkpoint, if there is one.
    ///
    /// # Errors
    /// If another process has the directory; if it holds a run and `--resume` is not given, or was
    /// saved with other settings.
    pub fn open(settings: Settings, flags: Flags<'f>, machine: Machine) -> Result<Self> {
        let path = flags.run.out.join(directory::name(&settings));
        let directory = RunDirectory::open(&path, flags.schedule.resume)?;
        let saved = saved(&directory, &settings, flags.schedule.resume)?;
        Ok(Self { settings, flags, machine, directory, saved })
    }

    /// Trains to the end of the schedule, or to whatever ends the run before.
    ///
    /// # Errors
    /// If a flag does not fit the run, a batch cannot be made, or something cannot be written.
    pub fn train(self, task: &dyn Task, interrupt: Interrupt) -> Result<End> {
        let Self { settings, flags, machine, directory, saved } = self;
        let environment = environment(machine);
        let is_new = saved.is_none();
        let (learner, position, lengths) = match saved {
            None => {
                let initial = beginning(&flags, &settings, task)?;
                let learner = Learner::new(&settings, initial, machine.place)?;
                (learner, Position::default(), Lengths::default())
            }
            Some(saved) => resumed(saved, &settings, machine)
                .with_context(|| directory.last().display().to_string())?,
        };
        if is_new {
            let (settings, environment) = (settings.clone(), environment.clone());
            run::Run { settings, environment }.write(directory.path())?;
        }
        let traces = |every| {
            let layers = flags.logging.trace_layers.as_deref();
            Traces::new(every, layers, directory.traces(), &settings, machine.device)
        };
        let training = Training {
            task,
            environment,
            learner,
            size: EpochSize::new(task.images(), &settings),
            position,
            logs: Logs::open(&directory, lengths, flags.logging.log_steps.as_deref())?,
            limits: Limits { steps: flags.run.steps, save_every: flags.run.save_every },
            traces: flags.logging.trace_every.map(traces).transpose()?,
            interrupt,
            directory,
            settings,
        };
        training.run()
    }
}

/// The checkpoint to go on from, if there is one.
fn saved(directory: &RunDirectory, asked: &Settings, resume: bool) -> Result<Option<Checkpoint>> {
    if !directory.holds_run {
        if resume {
            let path = directory.path().display();
            eprintln!("{path}: no checkpoint yet, so this begins from the start");
        }
        return Ok(None);
    }
    let path = directory.last();
    let saved = checkpoint::read(&path)?;
    settings::check(&path, &saved.header.settings, asked)?;
    Ok(Some(saved))
}

/// From `--init`, or as the training has it.
fn beginning(flags: &Flags, settings: &Settings, task: &dyn Task) -> Result<Initial> {
    let Some(path) = &flags.run.init else { return task.initial() };
    let (layers, kind) = (settings.model.layers(), gpu::kind(settings.dtype));
    weights::import(&layers, checkpoint::read_weights(path)?, kind)
        .with_context(|| format!("{}: does not fit {}", path.display(), settings.model))
}

/// As the checkpoint left it.
fn resumed(
    Checkpoint { header, weights: tensors, optimizer }: Checkpoint,
    settings: &Settings,
    machine: Machine,
) -> Result<(Learner, Position, Lengths)> {
    let (layers, kind) = (settings.model.layers(), gpu::kind(settings.dtype));
    let initial = weights::import(&layers, tensors, kind)?;
    let mut learner = Learner::new(settings, initial, machine.place)?;
    learner.optimizer.restore(optimizer)?;
    Ok((learner, header.position, header.lengths))
}

fn environment(machine: Machine) -> Environment {
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: backend::commit(),
        libtorch: gpu::LIBTORCH.to_owned(),
        machine: backend::machine(machine.device),
    }
}
