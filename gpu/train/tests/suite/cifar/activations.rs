//! The mean squares of the layers' inputs that every epoch is recorded with.

use super::program::{Workplace, ends_with};
use fixtures::model;
use fixtures::run::{Model, Record};
use std::fs;

/// Means and standard deviations of the authors' normalisation for CIFAR-10.
const NORMALISATION: [(f64, f64); 3] = [(0.4914, 0.2470), (0.4822, 0.2435), (0.4465, 0.2616)];

#[test]
fn an_epoch_has_the_mean_square_of_every_layers_input_on_the_test_images() {
    let place = Workplace::new();
    for optimizer in ["adaact", "adamw"] {
        ends_with(&mut place.cifar(optimizer, &format!("--epoch 2 --optim {optimizer}")), 0);
        let record = Record::read(place.run_directory(optimizer)).unwrap();
        let layers = Model::Resnet20.layers();
        let layers = model::preconditioned(&layers);
        for epoch in &record.epochs {
            assert_eq!(epoch.input_mean_squares.len(), layers.len());
            for layer in &layers {
                assert!(epoch.input_mean_squares[&layer.name] > 0.0, "{}", layer.name);
            }
            // The first layer's input is the images.
            let (found, expected) = (epoch.input_mean_squares["conv1"], of_images(&place));
            assert!((found - expected).abs() <= 1e-5 * expected, "{found} for {expected}");
        }
        let [before, after] = [0, 1].map(|epoch| &record.epochs[epoch].input_mean_squares);
        assert_ne!(before["linear"], after["linear"]);
    }
}

/// Mean square of all normalised pixels of the test images.
fn of_images(place: &Workplace) -> f64 {
    let mut squares = Vec::new();
    for class in fs::read_dir(place.path("tiny/test")).unwrap() {
        for file in fs::read_dir(class.unwrap().path()).unwrap() {
            let image = image::open(file.unwrap().path()).unwrap().to_rgb8();
            for pixel in image.pixels() {
                for (value, (mean, deviation)) in pixel.0.iter().zip(NORMALISATION) {
                    squares.push(((f64::from(*value) / 255.0 - mean) / deviation).powi(2));
                }
            }
        }
    }
    squares.iter().sum::<f64>() / squares.len() as f64
}
