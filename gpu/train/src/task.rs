//! What one training supplies.

use crate::batch::Batch;
use crate::initial::Initial;
use anyhow::Result;

/// Batches that are made as they are asked for.
pub type Batches<'t> = Box<dyn Iterator<Item = Result<Batch>> + 't>;

/// One training: its images, its initial values and its learning rates. [`Run`](crate::Run) has
/// the rest.
pub trait Task {
    /// Images of an epoch.
    fn images(&self) -> u64;

    /// The micro-batches of an epoch, from number `from` on: of `batchsize` images each, the last of
    /// what is left.
    ///
    /// A micro-batch depends on the settings, the epoch and its number alone, so that a resumed run
    /// meets those that it would have met.
    fn epoch(&self, epoch: u64, from: u64) -> Batches<'_>;

    /// Images of the evaluation.
    fn test_images(&self) -> u64;

    /// All images of the evaluation, once.
    fn evaluation(&self) -> Batches<'_>;

    /// The learning rate of an update.
    fn lr(&self, at: Moment) -> f64;

    /// What training begins with, unless a file of weights is given.
    fn initial(&self) -> Result<Initial>;
}

/// The place of an update in the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Updates of the whole run before this one.
    pub update: u64,
}
