//! How an epoch falls into micro-batches and updates.

use crate::run::position::Position;
use fixtures::run::Settings;

/// The size of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSize {
    /// Images of an epoch.
    images: u64,
    /// Images of a micro-batch, on all processes.
    batch: u64,
    /// Micro-batches of an update.
    window: u64,
}

impl EpochSize {
    /// That of so many images.
    pub fn new(images: u64, settings: &Settings) -> Self {
        let &Settings { batchsize, world_size, micro_batches, .. } = settings;
        Self { images, batch: batchsize * world_size, window: micro_batches }
    }

    /// Micro-batches of an epoch; the last may be smaller.
    pub fn batches(self) -> u64 {
        self.images.div_ceil(self.batch)
    }

    /// Micro-batches of the update that begins with number `batch`; the last of an epoch may have
    /// fewer.
    pub fn window(self, batch: u64) -> u64 {
        self.window.min(self.batches() - batch)
    }

    /// Images in the first `batches` micro-batches of an epoch.
    pub fn images(self, batches: u64) -> u64 {
        (batches * self.batch).min(self.images)
    }

    /// Updates in so many epochs.
    pub fn updates(self, epochs: u64) -> u64 {
        epochs * self.batches().div_ceil(self.window)
    }

    /// Updates of the whole run that are done.
    pub fn updates_done(self, position: &Position) -> u64 {
        self.updates(position.epoch) + position.batch.div_ceil(self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_an_epoch_makes_a_smaller_batch_and_a_smaller_window() {
        let size = EpochSize { images: 50, batch: 7, window: 3 };
        assert_eq!(size.batches(), 8);
        assert_eq!([0, 3, 6].map(|batch| size.window(batch)), [3, 3, 2]);
        assert_eq!([0, 3, 7, 8].map(|batches| size.images(batches)), [0, 21, 49, 50]);
        assert_eq!(size.updates(4), 12);
        let at =
            |epoch, batch| size.updates_done(&Position { epoch, batch, ..Position::default() });
        assert_eq!([at(0, 0), at(0, 3), at(0, 8), at(1, 0), at(2, 6)], [0, 1, 3, 3, 8]);
    }

    /// The authors' ImageNet runs: 2502 batches of 2 · 256 images, four an update.
    #[test]
    fn an_epoch_of_imagenet_has_626_updates() {
        let size = EpochSize { images: 2502 * 512, batch: 512, window: 4 };
        assert_eq!((size.batches(), size.updates(1), size.window(2500)), (2502, 626, 2));
    }
}
