//! Runs that nobody made, written as a training would leave them.

use fixtures::Dtype;
use fixtures::run::{Environment, Epoch, METRICS_FILE, Optim, Recipe, Run, Settings};
use paper::{Claims, Experiment};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A run of the recipe, to be changed and written.
#[derive(Clone)]
pub struct Synthetic {
    pub run: Run,
    pub epochs: Vec<Epoch>,
}

/// How well a synthetic run does.
#[derive(Clone, Copy)]
pub struct Quality {
    /// Test accuracy of the last epoch.
    pub accuracy: f64,
    /// Epochs that every loss is reached later than at 20, 40 and 60.
    pub delay: i64,
    /// Seconds of an epoch's training.
    pub seconds: f64,
}

/// What the others do that AdaAct is compared with.
pub const USUAL: Quality = Quality { accuracy: 90.0, delay: 0, seconds: 10.0 };

pub const RESNET20: &str = "cifar10 resnet20";

pub fn experiment(text: &str) -> Experiment {
    Experiment::try_from(text.to_owned()).unwrap()
}

impl Synthetic {
    /// A whole run over the published images with the recipe's settings.
    pub fn new(experiment: Experiment, optim: Optim, seed: u64, quality: Quality) -> Self {
        Self::over(200, experiment, optim, seed, quality)
    }

    /// The same with another schedule.
    pub fn over(
        length: u64,
        experiment: Experiment,
        optim: Optim,
        seed: u64,
        quality: Quality,
    ) -> Self {
        let settings = settings(length, experiment, optim, seed);
        let environment = Environment {
            version: "0.1.0".into(),
            commit: "unknown".into(),
            libtorch: "2.11.0".into(),
            machine: "an accelerator".into(),
        };
        let losses = losses(experiment);
        let epochs = (0..length).map(|epoch| line(epoch, length, &losses, quality)).collect();
        Self { run: Run { settings, environment }, epochs }
    }

    /// Changes the settings.
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.run.settings);
        self
    }

    /// Changes the epochs.
    pub fn with_epochs(mut self, change: impl FnOnce(&mut Vec<Epoch>)) -> Self {
        change(&mut self.epochs);
        self
    }

    /// The same on a stand-in.
    pub fn on_stand_in(self) -> Self {
        self.with(|settings| {
            settings.images = "cifar10-jpeg75".into();
            settings.images_sha256 = "cd".repeat(32);
        })
    }

    /// A run that ended with NaN after so many epochs.
    pub fn diverging_after(self, epochs: usize) -> Self {
        self.with_epochs(|lines| {
            lines.truncate(epochs);
            let last = lines.last_mut().unwrap();
            (last.train_loss, last.test_loss, last.test_accuracy) = (f64::NAN, f64::NAN, 10.0);
        })
    }

    pub fn write(&self, directory: &Path) {
        fs::create_dir_all(directory).unwrap();
        self.run.write(directory).unwrap();
        let lines = self.epochs.iter().map(|epoch| serde_json::to_string(epoch).unwrap() + "\n");
        fs::write(directory.join(METRICS_FILE), lines.collect::<String>()).unwrap();
    }
}

/// A directory with runs: each in `DATASET/MODEL/OPTIM-SEED`, or with a number if that is taken.
pub fn directory<'s>(runs: impl IntoIterator<Item = &'s Synthetic>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for run in runs {
        let Settings { images, model, optim, seed, .. } = &run.run.settings;
        let path = |again: usize| {
            let again = if again == 0 { String::new() } else { format!("-{again}") };
            folder.path().join(format!("{images}/{model}/{optim}-{seed}{again}"))
        };
        let free = (0..).map(path).find(|path| !path.exists()).unwrap();
        run.write(&free);
    }
    folder
}

/// Three runs of every optimizer, by which every claim is confirmed.
pub fn all_optimizers(experiment: Experiment) -> Vec<Synthetic> {
    all_optimizers_over(200, experiment)
}

/// The same with another schedule.
pub fn all_optimizers_over(length: u64, experiment: Experiment) -> Vec<Synthetic> {
    let run = |seed: u64, optim| {
        let better = if optim == Optim::Adaact { 1.0 + seed as f64 / 10.0 } else { 0.0 };
        let quality = Quality { accuracy: USUAL.accuracy + better, ..USUAL };
        Synthetic::over(length, experiment, optim, seed, quality)
    };
    (0..3).flat_map(|seed| Optim::ALL.map(|optim| run(seed, optim))).collect()
}

/// Runs that have a little of everything: scatter, a stand-in, a run that diverged, one unfinished,
/// one of another recipe.
pub fn of_everything() -> Vec<Synthetic> {
    let (of, wide) = (experiment(RESNET20), experiment("cifar100 densenet121"));
    let mut runs = all_optimizers(of);
    for run in &mut runs {
        let seed = run.run.settings.seed as f64;
        match run.run.settings.optim {
            Optim::Sgd => run.epochs.iter_mut().for_each(|epoch| epoch.train_seconds += seed),
            Optim::Adam => run.epochs[199].test_accuracy += [0.0, 1.5, 0.6][seed as usize],
            Optim::Adamw => run.epochs[199].test_accuracy += 3.0 + 0.1 * (seed - 1.0).abs(),
            Optim::Adaact => {}
        }
    }
    runs.extend(all_optimizers(of).into_iter().take(2).map(Synthetic::on_stand_in));
    runs.push(Synthetic::new(wide, Optim::Adaact, 0, USUAL).diverging_after(20));
    runs.push(Synthetic::new(wide, Optim::Sgd, 0, USUAL).with_epochs(|epochs| epochs.truncate(90)));
    runs.push(Synthetic::new(of, Optim::Sgd, 8, USUAL).with(|settings| settings.lr = 0.2));
    runs
}

fn settings(epoch: u64, experiment: Experiment, optim: Optim, seed: u64) -> Settings {
    let (lr, weight_decay) = match optim {
        Optim::Adaact => (0.1, 0.002),
        Optim::Sgd => (0.1, 5e-4),
        Optim::Adam => (0.001, 5e-4),
        Optim::Adamw => (0.001, 0.5),
    };
    Settings {
        dataset: experiment.dataset,
        images: experiment.dataset.name().into(),
        images_sha256: "ab".repeat(32),
        model: experiment.model,
        recipe: Recipe::Cifar { augment: true, shuffle: true },
        optim,
        lr,
        momentum: 0.9,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weight_decay,
        epoch,
        batchsize: 128,
        micro_batches: 1,
        world_size: 1,
        lr_scheduler: fixtures::run::Schedule::Cosine,
        run: seed,
        seed,
        init_sha256: None,
        dtype: Dtype::Float32,
        mixed_precision: None,
        device: "cuda".into(),
        threads: 1,
        channels_last: true,
        tf32: true,
        cudnn_benchmark: true,
        deterministic: false,
    }
}

/// The losses that claims on the experiment name; any three if none does.
fn losses(experiment: Experiment) -> Vec<f64> {
    let claims = Claims::committed().unwrap();
    let claim = claims.of(experiment).find(|claim| !claim.losses.is_empty());
    claim.map_or_else(|| vec![3.0, 2.0, 1.0], |claim| claim.losses.clone())
}

fn line(epoch: u64, length: u64, losses: &[f64], quality: Quality) -> Epoch {
    let done = epoch as i64 + 1;
    let reached = |&(index, _): &(usize, &f64)| done >= 20 * (index as i64 + 1) + quality.delay;
    let train_loss = losses.iter().enumerate().filter(reached).map(|(_, loss)| *loss).next_back();
    // The best epoch is the last but one.
    let below = if epoch + 2 == length { -0.25 } else { (length - 1 - epoch) as f64 / 10.0 };
    Epoch {
        epoch,
        updates: Some(391 * (epoch + 1)),
        lr: 0.05,
        train_loss: train_loss.unwrap_or(2.0 * losses[0]),
        train_accuracy: 50.0,
        test_loss: 0.5,
        test_accuracy: quality.accuracy - below,
        train_seconds: quality.seconds,
        data_seconds: 0.5,
        test_seconds: 1.0,
        images: 50_000,
        input_mean_squares: BTreeMap::new(),
    }
}
