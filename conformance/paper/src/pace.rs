//! How long a training takes, from those that were made.

use super::experiment::Experiment;
use super::recipe::Recipe;
use super::runs::Found;
use fixtures::run::{Epoch, Optim, Settings};

/// Epochs that were timed.
#[derive(Debug)]
pub struct Pace<'r> {
    /// Those of the recipe's batches and dtype on one device, whatever else their runs' settings.
    epochs: Vec<(&'r Settings, &'r Epoch)>,
}

impl<'r> Pace<'r> {
    /// The epochs of all runs that can be read, finished or not, on a device.
    #[must_use]
    pub fn of(found: &'r [Found], recipe: &Recipe, device: &str) -> Self {
        let records = found.iter().flat_map(|found| &found.record);
        let epochs = records.flat_map(|record| {
            let settings = &record.run.settings;
            record.epochs.iter().map(move |epoch| (settings, epoch))
        });
        let counts = |(settings, epoch): &(&Settings, &Epoch)| {
            let alike = settings.batchsize == recipe.batchsize && settings.dtype == recipe.dtype;
            settings.device == device && alike && is_timed(epoch)
        };
        Self { epochs: epochs.filter(counts).collect() }
    }

    /// Seconds of an epoch with so many images, with its evaluation: of this optimizer, otherwise of
    /// all on the same network; none if that was never run.
    #[must_use]
    pub fn seconds(&self, experiment: Experiment, optim: Optim, images: u64) -> Option<f64> {
        let of = |accepts: &dyn Fn(&Settings) -> bool| {
            let epochs: Vec<_> = self
                .epochs
                .iter()
                .filter(|(settings, _)| settings.model == experiment.model && accepts(settings))
                .map(|(_, epoch)| *epoch)
                .collect();
            seconds(&epochs, images)
        };
        of(&|settings| settings.optim == optim).or_else(|| of(&|_| true))
    }
}

fn is_timed(epoch: &Epoch) -> bool {
    let sound = |seconds: f64| seconds.is_finite() && seconds > 0.0;
    epoch.images > 0 && sound(epoch.train_seconds) && sound(epoch.test_seconds)
}

/// `images / (images/s) + test_seconds`, with the means over epochs.
fn seconds(epochs: &[&Epoch], images: u64) -> Option<f64> {
    let sum = |of: fn(&Epoch) -> f64| epochs.iter().map(|epoch| of(epoch)).sum::<f64>();
    let per_second = sum(|epoch| epoch.images as f64) / sum(|epoch| epoch.train_seconds);
    let test = sum(|epoch| epoch.test_seconds) / epochs.len() as f64;
    (!epochs.is_empty()).then(|| images as f64 / per_second + test)
}
