//! What the drawings say, whatever the numbers are.

use super::*;
use fixtures::Dtype;
use fixtures::run::{
    Dataset, Environment, Epoch, METRICS_FILE, Model, Optim, Run, RunSchema, Schedule, Settings,
};
use std::fs;

/// A run of ResNet-20, of so many epochs.
fn run(optim: Optim, lr: f64, number: u64, epoch: u64) -> Run {
    let settings = Settings {
        dataset: Dataset::Cifar10,
        images: "cifar10".into(),
        images_sha256: "ab".repeat(32),
        model: Model::Resnet20,
        optim,
        lr,
        momentum: 0.9,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weight_decay: 0.002,
        epoch,
        batchsize: 128,
        lr_scheduler: Schedule::Cosine,
        run: number,
        seed: number,
        dtype: Dtype::Float32,
        device: "cpu".into(),
        threads: 2,
        augment: true,
        shuffle: true,
        init_sha256: None,
        channels_last: false,
        tf32: false,
        cudnn_benchmark: false,
        deterministic: true,
    };
    let environment = Environment {
        version: "0.1.0".into(),
        commit: "unknown".into(),
        libtorch: "2.11.0".into(),
        machine: "a processor".into(),
    };
    Run { schema: RunSchema::V1, settings, environment }
}
/// Puts a run with these losses into a directory.
fn put(directory: &Path, run: &Run, losses: &[f64]) {
    fs::create_dir_all(directory).unwrap();
    run.write(directory).unwrap();
    let line = |(epoch, &loss): (u64, &f64)| {
        let epoch = Epoch {
            epoch,
            lr: 0.1,
            train_loss: loss,
            train_accuracy: 100.0 / (1.0 + loss),
            test_loss: 1.1 * loss,
            test_accuracy: 90.0 / (1.0 + loss),
            train_seconds: 30.0,
            data_seconds: 1.0,
            test_seconds: 2.0,
            images: 50_000,
        };
        serde_json::to_string(&epoch).unwrap() + "\n"
    };
    let lines: String = (0..).zip(losses).map(line).collect();
    fs::write(directory.join(METRICS_FILE), lines).unwrap();
}

/// Both drawings of a run that lies alone in a directory.
fn alone(losses: &[f64]) -> [String; 2] {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("run");
    put(&directory, &run(Optim::Adaact, 0.1, 0, 200), losses);
    assert!(draw(&directory).unwrap().is_empty());
    [LOSS_FILE, ACCURACY_FILE].map(|file| fs::read_to_string(directory.join(file)).unwrap())
}

#[test]
fn any_numbers_can_be_drawn() {
    let (nan, infinite) = (f64::NAN, f64::INFINITY);
    for losses in [
        &[2.0, 1.0, 0.5][..],
        &[2.0],
        &[1.5, 1.5, 1.5],
        &[0.0, 0.0],
        &[2.0, nan, 1.0],
        &[nan, infinite],
        &[1e-300, 1e300],
    ] {
        for svg in alone(losses) {
            assert!(svg.contains("resnet20 on cifar10"), "{losses:?}: {svg}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{losses:?}: {svg}");
        }
    }
}

#[test]
fn nothing_is_drawn_before_an_epoch_is_finished() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), &run(Optim::Sgd, 0.1, 0, 200), &[]);
    assert!(draw(root.path()).unwrap().is_empty());
    assert!(!root.path().join(LOSS_FILE).exists());
}

#[test]
fn the_same_records_give_the_same_bytes() {
    assert_eq!(alone(&[2.0, 1.0]), alone(&[2.0, 1.0]));
}

#[test]
fn neighbours_on_other_images_or_of_another_model_are_left_out() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    put(&at("this"), &run(Optim::Adaact, 0.1, 0, 3), &[2.0, 1.0, 0.5]);
    put(&at("sgd"), &run(Optim::Sgd, 0.1, 0, 3), &[2.0, 1.2, 0.9]);
    let mut stand_in = run(Optim::Adam, 0.001, 0, 3);
    stand_in.settings.images = "cifar10-jpeg75".to_owned();
    put(&at("adam"), &stand_in, &[2.0, 1.0]);
    let mut deeper = run(Optim::Adamw, 0.001, 0, 3);
    deeper.settings.model = Model::Resnet32;
    put(&at("adamw"), &deeper, &[2.0, 1.0]);

    assert!(draw(at("this")).unwrap().is_empty());
    let svg = fs::read_to_string(at("this").join(LOSS_FILE)).unwrap();
    assert!(svg.contains("adaact") && svg.contains("sgd"), "{svg}");
    assert!(!svg.contains("adam"), "{svg}");
}

#[test]
fn a_neighbour_that_cannot_be_read_is_named_and_does_no_harm() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    put(&at("this"), &run(Optim::Adaact, 0.1, 0, 3), &[2.0, 1.0]);
    put(&at("broken"), &run(Optim::Sgd, 0.1, 0, 3), &[]);
    fs::write(at("broken").join(METRICS_FILE), "{}\n").unwrap();
    let problems = draw(at("this")).unwrap();
    assert!(problems[0].to_string().contains("broken"), "{problems:?}");
    assert!(at("this").join(LOSS_FILE).exists());
}
