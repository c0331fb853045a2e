//! What a person sees of a run.

use super::size::EpochSize;
use crate::run::position::Position;
use fixtures::run::{Epoch, Settings};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The bar of an epoch; hidden where no one looks.
pub struct Progress {
    bar: ProgressBar,
    size: EpochSize,
}

const TEMPLATE: &str = "{prefix} {wide_bar} {pos}/{len}  {msg}";

impl Progress {
    /// A bar over the micro-batches of an epoch.
    pub fn epoch(settings: &Settings, epoch: u64, size: EpochSize) -> Self {
        let style = ProgressStyle::with_template(TEMPLATE).expect("a valid template");
        let bar = ProgressBar::new(size.batches()).with_style(style);
        bar.set_prefix(format!("epoch {}/{}", epoch + 1, settings.epoch));
        Self { bar, size }
    }

    /// After an update; `left` is the time that the rest of the run will take at this pace.
    pub fn update(&self, position: &Position, loss: f64, left: Duration) {
        if self.bar.is_hidden() {
            return;
        }
        let images = self.size.images(position.batch) as f64;
        self.bar.set_position(position.batch);
        self.bar.set_message(format!(
            "{:.0} images/s  loss {loss:.3}  accuracy {:.1} %  {} left",
            images / position.train_seconds,
            100.0 * position.correct as f64 / images,
            indicatif::HumanDuration(left),
        ));
    }

    /// Before the test images.
    pub fn evaluating(&self) {
        self.bar.set_message("evaluating");
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// One line of a finished epoch.
pub fn line(settings: &Settings, epoch: &Epoch, is_best: bool) -> String {
    format!(
        "epoch {:>3}/{}  lr {:.4e}  train loss {:.4}, {:.2} %  test loss {:.4}, {:.2} %{}  \
         {:.1} s, {:.0} images/s",
        epoch.epoch + 1,
        settings.epoch,
        epoch.lr,
        epoch.train_loss,
        epoch.train_accuracy,
        epoch.test_loss,
        epoch.test_accuracy,
        if is_best { " best" } else { "" },
        epoch.train_seconds,
        epoch.images as f64 / epoch.train_seconds,
    )
}
