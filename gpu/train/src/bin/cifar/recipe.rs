//! What CIFAR supplies: a whole set on the device, and PyTorch's initial values.

use anyhow::Result;
use fixtures::run::{Recipe, Settings};
use tch::Device;
use train::data::Data;
use train::images::{ImageSet, Sampling, View, Views};
use train::initial::{self, Initial};
use train::{Batches, Moment, Task, schedule};

/// Images of a batch of the evaluation.
const TEST_BATCH: usize = 500;

/// A training on CIFAR-10 or CIFAR-100.
pub struct Cifar {
    settings: Settings,
    train: ImageSet,
    test: ImageSet,
    place: Device,
}

impl Cifar {
    pub fn new(settings: Settings, data: &Data, place: Device) -> Self {
        let set = |images| ImageSet::of(images, &settings, place);
        Self { train: set(&data.train), test: set(&data.test), settings, place }
    }
}

impl Task for Cifar {
    fn images(&self) -> u64 {
        self.train.len() as u64
    }

    fn epoch(&self, epoch: u64, from: u64) -> Batches<'_> {
        let Settings { seed, batchsize, recipe, .. } = self.settings;
        let Recipe::Cifar { augment, shuffle } = recipe;
        let views = Sampling { seed, augment, shuffle }.views(epoch, self.train.len());
        let views = Views::new(views, self.place);
        Box::new(self.train.batches(views, batchsize as usize, from).map(Ok))
    }

    fn test_images(&self) -> u64 {
        self.test.len() as u64
    }

    fn evaluation(&self) -> Batches<'_> {
        let whole = (0..self.test.len()).map(View::whole).collect();
        Box::new(self.test.batches(Views::new(whole, self.place), TEST_BATCH, 0).map(Ok))
    }

    fn lr(&self, at: Moment) -> f64 {
        schedule::rate(&self.settings, at.epoch)
    }

    fn initial(&self) -> Result<Initial> {
        let Settings { model, seed, dtype, .. } = self.settings;
        Ok(initial::draw(model, seed, gpu::kind(dtype)))
    }
}
