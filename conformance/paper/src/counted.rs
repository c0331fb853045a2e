//! A run that counts, and what is read off it.

use super::experiment::Experiment;
use super::statistics::median;
use fixtures::run::{Epoch, Record, Settings};

/// A run with the recipe's settings, over its whole schedule or until it diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Its path below the directory that was searched.
    pub path: String,
    /// What it left.
    pub record: Record,
}

impl Counted {
    /// What decided its result.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.record.run.settings
    }

    /// Whether its images are the published ones, rather than a stand-in for them.
    #[must_use]
    pub fn is_of_published_images(&self) -> bool {
        self.settings().images == self.settings().dataset.name()
    }

    /// Whether a loss or an accuracy is not finite in some epoch.
    #[must_use]
    pub fn diverged(&self) -> bool {
        let sound = |epoch: &Epoch| {
            let Epoch { train_loss, train_accuracy, test_loss, test_accuracy, .. } = epoch;
            [train_loss, train_accuracy, test_loss, test_accuracy].iter().all(|x| x.is_finite())
        };
        !self.record.epochs.iter().all(sound)
    }

    /// Test accuracy of the last epoch in per cent: what is judged.
    ///
    /// An accuracy that is not a number is 0: no image was recognised.
    #[must_use]
    pub fn last_accuracy(&self) -> f64 {
        self.record.epochs.last().map_or(0.0, accuracy)
    }

    /// The best test accuracy of all epochs in per cent. It is shown and not judged, since the test
    /// images choose it.
    #[must_use]
    pub fn best_accuracy(&self) -> f64 {
        self.record.epochs.iter().map(accuracy).fold(0.0, f64::max)
    }

    /// Number of epochs until the training loss was at most `loss`.
    #[must_use]
    pub fn epochs_to(&self, loss: f64) -> Option<u64> {
        self.record
            .epochs
            .iter()
            .find(|epoch| epoch.train_loss <= loss)
            .map(|epoch| epoch.epoch + 1)
    }

    /// Median seconds that the training of an epoch took; NaN if one of them is no positive number.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        median(self.record.epochs.iter().map(|epoch| epoch.train_seconds))
    }

    /// Whether times of both can be compared: the same machine, used in the same way.
    #[must_use]
    pub fn is_timed_as(&self, other: &Self) -> bool {
        let how = |run: &Self| {
            let settings = run.settings();
            let numbers = (settings.threads, settings.dtype, settings.channels_last);
            let cuda = (settings.tf32, settings.cudnn_benchmark, settings.deterministic);
            (numbers, cuda)
        };
        let machine = |run: &Self| run.record.run.environment.machine.clone();
        how(self) == how(other)
            && machine(self) == machine(other)
            && self.settings().device == other.settings().device
    }

    /// Whether both are the same training.
    #[must_use]
    pub(super) fn is_again(&self, other: &Self) -> bool {
        let (ours, others) = (self.settings(), other.settings());
        Experiment::of(ours) == Experiment::of(others)
            && ours.images == others.images
            && (ours.optim, ours.seed) == (others.optim, others.seed)
    }
}

fn accuracy(epoch: &Epoch) -> f64 {
    if epoch.test_accuracy.is_finite() { epoch.test_accuracy } else { 0.0 }
}
