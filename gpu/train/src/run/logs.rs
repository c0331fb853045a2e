//! The files of a run that grow, kept in step with its checkpoints.

use super::directory::RunDirectory;
use super::header::Lengths;
use super::lines::Lines;
use crate::events::EventsWriter;
use anyhow::{Context, Result};
use fixtures::run::Epoch;
use serde::Serialize;
use std::path::Path;
use std::time::SystemTime;

/// Metrics, TensorBoard's events, and the loss of every step if that is asked for.
pub struct Logs {
    metrics: Lines,
    events: EventsWriter,
    steps: Option<Lines>,
}

/// A line of `--log_steps`.
#[derive(Serialize)]
pub struct StepLoss {
    /// Counts from 0, over all epochs.
    pub step: u64,
    /// Counts from 0.
    pub epoch: u64,
    /// Mean cross-entropy over the update's images, before it; the shortest decimal that restores
    /// it.
    pub loss: f64,
}

impl Logs {
    /// Empty files, or those of a checkpoint, cut back to where it was saved.
    pub fn open(
        directory: &RunDirectory,
        lengths: Lengths,
        log_steps: Option<&Path>,
    ) -> Result<Self> {
        let events = directory.events();
        let opened = match lengths.events {
            0 => EventsWriter::create(&events, now()),
            length => EventsWriter::resume(&events, length),
        };
        // A file that the checkpoint does not know begins here.
        let steps = |path| Lines::open(path, lengths.steps.unwrap_or(0));
        Ok(Self {
            metrics: Lines::open(&directory.metrics(), lengths.metrics)?,
            events: opened.with_context(|| events.display().to_string())?,
            steps: log_steps.map(steps).transpose()?,
        })
    }

    /// Notes a step.
    pub fn step(&mut self, line: &StepLoss) -> Result<()> {
        self.steps.as_mut().map_or(Ok(()), |steps| steps.push(line))
    }

    /// Notes a finished epoch.
    pub fn epoch(&mut self, epoch: &Epoch, directory: &RunDirectory) -> Result<()> {
        self.metrics.push(epoch)?;
        let scalars = [
            ("loss/train", epoch.train_loss),
            ("loss/test", epoch.test_loss),
            ("accuracy/train", epoch.train_accuracy),
            ("accuracy/test", epoch.test_accuracy),
            ("lr", epoch.lr),
            ("images_per_second", epoch.images as f64 / epoch.train_seconds),
        ];
        let written = self.events.scalars(now(), epoch.epoch, &scalars);
        written.with_context(|| directory.events().display().to_string())
    }

    /// Brings everything to the disk; a checkpoint has to hold these lengths.
    pub fn sync(&mut self, directory: &RunDirectory) -> Result<Lengths> {
        let events = self.events.sync();
        Ok(Lengths {
            metrics: self.metrics.sync()?,
            events: events.with_context(|| directory.events().display().to_string())?,
            steps: self.steps.as_mut().map(Lines::sync).transpose()?,
        })
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
