//! The settings of the runs that count.

use anyhow::{Result, ensure};
use fixtures::Dtype;
use fixtures::run::{self, MixedPrecision, Optim, Schedule, Settings};
use serde::Deserialize;

/// The recipe of the paper's CIFAR experiments.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Length of the schedule.
    pub epoch: u64,
    /// Images in a batch.
    pub batchsize: u64,
    /// The learning rate over the epochs.
    pub lr_scheduler: Schedule,
    /// Whether images are cropped and flipped at random.
    pub augment: bool,
    /// Whether every epoch has an order of its own.
    pub shuffle: bool,
    /// The dtype of every tensor.
    pub dtype: Dtype,
    /// Images of an epoch, of the published sets.
    pub images: u64,
    /// Hyperparameters of `adaact`.
    pub adaact: Averaging,
    /// Hyperparameters of `sgd`.
    pub sgd: Momentum,
    /// Hyperparameters of `adam`.
    pub adam: Averaging,
    /// Hyperparameters of `adamw`.
    pub adamw: Averaging,
}

/// Hyperparameters of an optimizer with two moving averages.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Averaging {
    /// Learning rate of the first epoch.
    pub lr: f64,
    /// Of the average of gradients.
    pub beta1: f64,
    /// Of the average of squares.
    pub beta2: f64,
    /// Beside the root.
    pub eps: f64,
    /// Coupled or decoupled, as the optimizer has it.
    pub weight_decay: f64,
}

/// Hyperparameters of SGD.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Momentum {
    /// Learning rate of the first epoch.
    pub lr: f64,
    /// Of the sum of gradients.
    pub momentum: f64,
    /// Coupled.
    pub weight_decay: f64,
}

/// A hyperparameter by the name that flags and files have for it.
pub type Hyperparameter = (&'static str, f64);

impl Recipe {
    /// The hyperparameters of an optimizer, in the order of its flags.
    #[must_use]
    pub fn hyperparameters(&self, optim: Optim) -> Vec<Hyperparameter> {
        match optim {
            Optim::Adaact => self.adaact.named(),
            Optim::Adam => self.adam.named(),
            Optim::Adamw => self.adamw.named(),
            Optim::Sgd => self.sgd.named(),
        }
    }

    /// What is not the recipe's in the settings of a run, such as `lr is 0.05, not 0.1`.
    ///
    /// `epoch` is the length asked for: the recipe's, or that of a rehearsal. What makes a run
    /// faster or repeatable is left open, and so is the device.
    #[must_use]
    pub fn differences(&self, settings: &Settings, epoch: u64) -> Vec<String> {
        let optim = settings.optim;
        let expected = self.hyperparameters(optim);
        let mut differences = Vec::new();
        for ((name, got), (_, expected)) in hyperparameters_of(settings).into_iter().zip(expected) {
            if !(got == expected) {
                differences.push(format!("{name} is {got:?}, not {expected:?}"));
            }
        }
        let mut hold = |name: &str, got: String, expected: String| {
            if got != expected {
                differences.push(format!("{name} is {got}, not {expected}"));
            }
        };
        hold("epoch", settings.epoch.to_string(), epoch.to_string());
        hold("batchsize", settings.batchsize.to_string(), self.batchsize.to_string());
        hold("micro_batches", settings.micro_batches.to_string(), "1".to_owned());
        hold("world_size", settings.world_size.to_string(), "1".to_owned());
        hold("lr_scheduler", settings.lr_scheduler.to_string(), self.lr_scheduler.to_string());
        let run::Recipe::Cifar { augment, shuffle } = settings.recipe;
        hold("augment", augment.to_string(), self.augment.to_string());
        hold("shuffle", shuffle.to_string(), self.shuffle.to_string());
        hold("dtype", settings.dtype.to_string(), self.dtype.to_string());
        let mixed = settings.mixed_precision.map_or("none", MixedPrecision::name);
        hold("mixed_precision", mixed.to_owned(), "none".to_owned());
        if settings.init_sha256.is_some() {
            differences.push("initial weights come from a file, not from the seed".to_owned());
        }
        differences
    }

    pub(super) fn check(&self) -> Result<()> {
        for (field, count) in
            [("epoch", self.epoch), ("batchsize", self.batchsize), ("images", self.images)]
        {
            ensure!(count > 0, "{field}: 0 is not valid; write at least 1");
        }
        for optim in Optim::ALL {
            for (name, value) in self.hyperparameters(optim) {
                let is_one = value.is_finite() && value >= 0.0;
                ensure!(
                    is_one,
                    "{optim}.{name}: {value} is not valid; write a finite number, at least 0"
                );
            }
        }
        Ok(())
    }
}

impl Averaging {
    fn named(self) -> Vec<Hyperparameter> {
        let Self { lr, beta1, beta2, eps, weight_decay } = self;
        let averages = [("beta1", beta1), ("beta2", beta2), ("eps", eps)];
        [&[("lr", lr)][..], &averages, &[("weight_decay", weight_decay)]].concat()
    }
}

impl Momentum {
    fn named(self) -> Vec<Hyperparameter> {
        let Self { lr, momentum, weight_decay } = self;
        vec![("lr", lr), ("momentum", momentum), ("weight_decay", weight_decay)]
    }
}

/// Those of a run that its optimizer uses, in the order of the recipe's.
fn hyperparameters_of(settings: &Settings) -> Vec<Hyperparameter> {
    let &Settings { lr, momentum, beta1, beta2, eps, weight_decay, .. } = settings;
    match settings.optim {
        Optim::Sgd => Momentum { lr, momentum, weight_decay }.named(),
        Optim::Adaact | Optim::Adam | Optim::Adamw => {
            Averaging { lr, beta1, beta2, eps, weight_decay }.named()
        }
    }
}
