//! A second training, of another kind: batches that are made as they come and kept nowhere, several
//! an update, with a learning rate that moves with every update.

use crate::generator;
use anyhow::Result;
use clap::{Args, Parser};
use fixtures::run::{Dataset, Model, Recipe, Record, Settings};
use fixtures::{Case, Trace};
use gpu::baselines::{Sgd, SgdHyperparameters};
use gpu::{Device, Network, Unobserved};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::{Path, PathBuf};
use tch::{Kind, Reduction, Tensor};
use train::archive::Archive;
use train::flags::{Flags, Own};
use train::initial::{self, Initial};
use train::{Batch, Batches, End, Interrupt, Machine, Moment, Run, Task, weights};

/// Images of an epoch: in batches of 4, windows of 3 and 2 micro-batches, the last of 2 images.
const IMAGES: u64 = 18;
const BATCHES: u64 = 5;
const WINDOWS: [u64; 2] = [3, 2];
const BATCH: u64 = 4;
const SEED: u64 = 5;

/// Images out of nothing.
struct Stream;

impl Stream {
    /// A micro-batch, from the seed and its place alone.
    fn batch(stream: u64, number: u64, size: u64) -> Batch {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        random.set_stream(1000 * stream + number);
        let mut draw = |_| random.random::<f64>();
        let pixels: Vec<f64> = (0..size * 3072).map(&mut draw).collect();
        let classes: Vec<i64> = (0..size).map(|at| (draw(at) * 10.0) as i64).collect();
        Batch {
            images: Tensor::from_slice(&pixels).view([-1, 3, 32, 32]),
            classes: Tensor::from_slice(&classes),
        }
    }
}

impl Task for Stream {
    fn images(&self) -> u64 {
        IMAGES
    }

    fn epoch(&self, epoch: u64, from: u64) -> Batches<'_> {
        let size = |number| BATCH.min(IMAGES - number * BATCH);
        let numbers = from..BATCHES;
        Box::new(numbers.map(move |number| Ok(Self::batch(epoch, number, size(number)))))
    }

    fn test_images(&self) -> u64 {
        6
    }

    fn evaluation(&self) -> Batches<'_> {
        Box::new([2, 4].into_iter().map(|size| Ok(Self::batch(99, size, size))))
    }

    fn lr(&self, at: Moment) -> f64 {
        0.01 / (at.update + 1) as f64
    }

    fn initial(&self) -> Result<Initial> {
        Ok(initial::draw(Model::Resnet20, SEED, Kind::Double))
    }
}

/// The library's flags without any of a program's own.
#[derive(Parser)]
struct Line<A: Args> {
    #[command(flatten)]
    flags: A,
}

fn parsed<A: Args>(line: &str) -> A {
    Line::parse_from(["stream"].into_iter().chain(line.split_whitespace())).flags
}

/// Trains with SGD and three micro-batches an update for two epochs, resuming what is there; at most
/// so many updates.
fn train(out: &Path, updates: Option<u64>) -> End {
    train_with("--optim sgd --momentum 0.9 --weight_decay 0.01", 3, out, updates, "")
}

fn train_with(
    optimizer: &str,
    micro_batches: u64,
    out: &Path,
    updates: Option<u64>,
    logging: &str,
) -> End {
    let steps = updates.map_or(String::new(), |steps| format!("--steps {steps}"));
    let run = format!("--device cpu --dtype float64 --threads 1 {steps} --out {}", out.display());
    let log = out.with_extension("jsonl");
    let flags = Flags {
        optimizer: &parsed(optimizer),
        schedule: &parsed(&format!("--epoch 2 --batchsize {BATCH} --resume")),
        run: &parsed(&run),
        logging: &parsed(&format!("--log_steps {} {logging}", log.display())),
        kernels: &parsed(""),
    };
    let own = Own {
        dataset: Dataset::Cifar10,
        images: "stream".to_owned(),
        images_sha256: "none".to_owned(),
        model: Model::Resnet20,
        recipe: Recipe::Cifar { augment: false, shuffle: false },
        micro_batches,
    };
    let settings: Settings = flags.settings(own, Device::Cpu).unwrap();
    let machine = Machine { device: Device::Cpu, place: tch::Device::Cpu };
    let run = Run::open(settings, flags, machine).unwrap();
    run.train(&Stream, Interrupt::default()).unwrap()
}

fn directory(out: &Path) -> PathBuf {
    fs::read_dir(out).unwrap().next().unwrap().unwrap().path()
}

fn last(out: &Path) -> Archive {
    Archive::read(&directory(out).join("last.safetensors")).unwrap()
}

/// The same by hand: the mean of a window's losses, one step of SGD.
fn by_hand() -> (Network, Vec<f64>) {
    let Initial { parameters, buffers } = Stream.initial().unwrap();
    let trained = parameters.into_iter().map(|(name, p)| (name, p.set_requires_grad(true)));
    let mut network = Network::new(&Model::Resnet20.layers(), trained.collect(), buffers).unwrap();
    let hyper = SgdHyperparameters { momentum: 0.9, nesterov: false, weight_decay: 0.01 };
    let mut sgd = Sgd::new(&network, hyper);
    let mut losses = Vec::new();
    for epoch in 0..2 {
        let mut batches = Stream.epoch(epoch, 0).map(Result::unwrap);
        for window in WINDOWS {
            network.clear_gradients();
            let mut sum = 0.0;
            for Batch { images, classes } in batches.by_ref().take(window as usize) {
                let logits = network.train(&images, &mut Unobserved);
                let none = None::<&Tensor>;
                let loss = logits.cross_entropy_loss(&classes, none, Reduction::Mean, -1, 0.0);
                (&loss / window as f64).backward();
                sum += loss.double_value(&[]);
            }
            sgd.step(0.01 / (losses.len() + 1) as f64);
            losses.push(sum / window as f64);
        }
    }
    (network, losses)
}

#[test]
fn an_update_is_a_step_along_the_mean_of_its_micro_batches() {
    let _alone = generator::alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs");
    assert_eq!(train(&out, None), End::Finished);

    let (network, losses) = by_hand();
    let trained = last(&out).tensors;
    for (name, tensor) in weights::export(&network) {
        assert_eq!(trained[&name], tensor, "{name}");
    }
    let log = fs::read_to_string(out.with_extension("jsonl")).unwrap();
    let logged = log.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["loss"].as_f64().unwrap()
    });
    assert_eq!(logged.collect::<Vec<_>>(), losses);

    let record = Record::read(directory(&out)).unwrap();
    assert_eq!(record.run.settings.micro_batches, 3);
    let epochs = record.epochs.iter().map(|epoch| (epoch.updates, epoch.lr, epoch.images));
    let expected = [(Some(2), 0.01 / 2.0, IMAGES), (Some(4), 0.01 / 4.0, IMAGES)];
    assert_eq!(epochs.collect::<Vec<_>>(), expected);
}

#[test]
fn a_run_that_was_stopped_between_windows_ends_as_one_that_was_not() {
    let _alone = generator::alone();
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    assert_eq!(train(&whole, None), End::Finished);
    for updates in [1, 2, 3] {
        assert_eq!(train(&parts, Some(updates)), End::Steps);
    }
    assert_eq!(train(&parts, None), End::Finished);
    assert_eq!(last(&whole).tensors, last(&parts).tensors);
    let log = |out: &Path| fs::read_to_string(out.with_extension("jsonl")).unwrap();
    assert_eq!(log(&whole), log(&parts));
}

/// Powers of two divide without rounding, so that the case computes what the training did.
#[test]
fn a_window_that_is_written_down_is_a_case_of_as_many_forwards() {
    let _alone = generator::alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs");
    let traced = "--trace_every 2 --trace_layers layer3_2*";
    assert_eq!(train_with("--optim adaact", 2, &out, Some(2), traced), End::Steps);

    let file = |kind| directory(&out).join(format!("traces/resnet20-step-000002.{kind}.json"));
    let case = Case::read(file("case")).unwrap();
    let trace = Trace::read(file("trace"), &case).unwrap();
    let scales = case.steps[0].forwards.iter().map(|forward| forward.loss_scale);
    assert_eq!(scales.collect::<Vec<_>>(), [0.5, 0.5]);
    let again = gpu::trace(&case, gpu::Options::default()).unwrap();
    let [step, mut expected] = [&trace, &again].map(|trace| trace.steps[0].clone());
    assert_eq!(step.layers.keys().collect::<Vec<_>>().len(), 2);
    expected.layers.retain(|name, _| step.layers.contains_key(name));
    assert_eq!(step.layers, expected.layers);
    assert_eq!(step.losses, expected.losses);
    assert_eq!(step.parameters, expected.parameters);
    assert_eq!(step.buffers, expected.buffers);
}
